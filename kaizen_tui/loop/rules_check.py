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
    """The raw queries that the configured server refuses (errors) or doesn't answer (warnings), in its words;
    what a typed SLI compiles to is right. [] where there is none to ask.

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
        return [_finding("error", one, str(error), "rules with it are of no use: the server won't load or run them")]
    except QueryError as error:
        return [_finding("warning", one, str(error), "whether the server takes the query is not known")]
    return []


def _finding(level: str, one: Asked, words: str, fix: str) -> Finding:
    return Finding("metrics_query", level, f"{one.metric.name}: {words}", one.where, fix, subject=one.component.id)
