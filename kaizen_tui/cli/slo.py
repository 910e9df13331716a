"""`kaizen slo`: how the components' metrics stand, once or again and again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_FAILED, EXIT_NO, EXIT_UNDECIDED
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import emit, emit_json, note, problem_line
from kaizen_tui.cli.parameters import COMPONENT_ID, known_component
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.text import safe
from kaizen_tui.metrics.source import UnreachableError

if TYPE_CHECKING:
    from kaizen_tui.core.problem import Problem
    from kaizen_tui.metrics.platform import Platform, PlatformReader
    from kaizen_tui.store.reading import ComponentFile

NO_SERVER_HINT = "set metrics.source and metrics.url in registry/kaizen/config.yml; see docs/config.md"


@command("slo")
@click.argument("components", nargs=-1, type=COMPONENT_ID, metavar="[COMPONENT…]")
@click.option("-w", "--watch", is_flag=True, help="Read again and again (metrics.refresh), until Ctrl+C.")
def slo(call: Call, components: tuple[str, ...], watch: bool) -> int:
    """Shows value, target, the last hour, error budget and burn rate of each metric, worst first.

    Exit 0: each metric is within its target. 1: one is breached. 7: none is known to be, but of some there are no
    fresh numbers. 6: the server can't be asked.
    """
    if watch:
        from kaizen_tui.cli.slo_watch import watch_slo

        return watch_slo(call, components)
    from kaizen_tui.loop.context import utc_now

    files, problems = chosen(call, components)
    now = utc_now().timestamp()
    platform = read_once(call, files, now)
    if call.json:
        from kaizen_tui.cli.slo_json import platform_json

        emit_json(platform_json(platform))
    else:
        from kaizen_tui.cli.slo_table import shown

        for line in shown(call, platform, now):
            emit(line)
    for problem in problems:
        note(problem_line(problem))
    return verdict(platform, broken=bool(problems))


def chosen(call: Call, wanted: Sequence[str]) -> "tuple[list[ComponentFile], list[Problem]]":
    """The components named, or all of them, and what is wrong with those that can't be read.

    Raises NotFoundError, and for a named one YamlProblems.
    """
    from kaizen_tui.store.reading import list_components, read_component_file

    if not wanted:
        return list_components(call.workspace)
    ids = dict.fromkeys(known_component(call.workspace, name) for name in wanted)
    return [read_component_file(call.workspace, name) for name in ids], []


def reader_of(call: Call, files: "Sequence[ComponentFile]") -> "PlatformReader":
    """Reads these components from the source that the settings name. Raises YamlProblems, and UsageError where they
    name none."""
    from kaizen_tui.loop.models import load_config
    from kaizen_tui.metrics.configured import configured_source
    from kaizen_tui.metrics.platform import PlatformReader
    from kaizen_tui.store.reading import list_components, read_config_file

    if load_config(call.workspace).metrics is None:
        raise UsageError("no metrics server configured", hint=NO_SERVER_HINT)
    every = list_components(call.workspace)[0]  # the simulated platform is one of all components
    reader = PlatformReader(lambda config, _: configured_source(config, every, folder=call.workspace.registry))
    reader.configure(read_config_file(call.workspace), files)
    return reader


def read_once(call: Call, files: "Sequence[ComponentFile]", now: float) -> "Platform":
    """One reading. Raises UnreachableError when the source can't be asked."""
    from kaizen_tui.metrics.platform import Looked

    platform = reader_of(call, files).read(now, looked=Looked(burns=True))
    if platform.connection != "connected":
        hint = "`kaizen doctor` looks into it"
        raise UnreachableError(f"the metrics server can't be asked: {platform.trouble}", hint=hint)
    if not any(panel.metrics for panel in platform.components):
        note(safe("kaizen: no metrics to read; `kaizen component ID --from-prometheus` proposes some"))
    return platform


def verdict(platform: "Platform", *, broken: bool) -> int:
    """The exit code: see `slo`. broken: a component's file could not be read, so it was not judged."""
    if platform.connection != "connected":
        return EXIT_FAILED
    states = {metric.state for panel in platform.components for metric in panel.metrics}
    if "breached" in states:
        return EXIT_NO
    if broken:
        return EXIT_FAILED
    return EXIT_DONE if states and states <= {"ok", "at_risk"} else EXIT_UNDECIDED
