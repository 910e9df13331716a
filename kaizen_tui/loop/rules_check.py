"""Would a server take the queries that people wrote? A rule file with one that doesn't parse is refused as a whole."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kaizen_tui.core.component import Component
from kaizen_tui.loop.metrics_check import Asked, asked_of
from kaizen_tui.loop.models import load_config
from kaizen_tui.metrics.asking import ask_all
from kaizen_tui.metrics.source import QueryError, RefusedError
from kaizen_tui.store.finding import Finding
from kaizen_tui.store.reading import read_component_file
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.metrics.prometheus import PrometheusSource


def refused_queries(
    workspace: Workspace, components: Sequence[Component], now: float, env: Mapping[str, str] | None = None
) -> list[Finding]:
    """The components' raw queries that the configured server refuses, in its words; what a typed SLI compiles to is
    right. [] where there is none to ask.

    now: epoch seconds. Raises UnreachableError (or an OSError) when the server can't be asked, YamlProblems,
    StoreError.
    """
    settings = load_config(workspace).metrics
    files = [read_component_file(workspace, component.id) for component in components]
    asked = [one for file in files for one in asked_of(workspace, file) if one.metric.query is not None]
    if settings is None or settings.source != "prometheus" or not asked:
        return []
    from kaizen_tui.metrics.configured import connect
    from kaizen_tui.metrics.prometheus import PrometheusSource

    environment = os.environ if env is None else env
    source = PrometheusSource(components, lambda: connect(settings, workspace.registry, environment))

    def question(one: Asked) -> Callable[[], list[Finding]]:
        return lambda: _refused(source, one, now)

    return [found for part in ask_all(source.width, [question(one) for one in asked]) for found in part]


def _refused(source: "PrometheusSource", one: Asked, now: float) -> list[Finding]:
    query = source.query(one.component.id, one.metric.name)
    try:
        source.ask(query, now)
    except RefusedError as error:
        words, fix = f"{one.metric.name}: {error}", "rules with it are of no use: the server won't load or run them"
        return [Finding("metrics_query", "error", words, one.where, fix, subject=one.component.id)]
    except QueryError:  # it takes too long, or its answer is too large: the server took it
        return []
    return []
