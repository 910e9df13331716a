"""`kaizen export`: files for Prometheus, Grafana and other SLO tools."""

from typing import TYPE_CHECKING, Any

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO
from kaizen_tui.cli.groups import Subcommands
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import note, warn
from kaizen_tui.cli.parameters import COMPONENT_ID, known_component
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.decorators import FC

    from kaizen_tui.core.component import Component


@click.command("export", cls=Subcommands, invoke_without_command=True)
@click.pass_context
def export(ctx: click.Context) -> int:
    """Writes files for other programs, made from the components' files."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return EXIT_DONE


def _components_argument() -> "Callable[[FC], FC]":
    return click.argument("wanted", type=COMPONENT_ID, metavar="[COMPONENT]...", nargs=-1)


def _output_option(**settings: Any) -> "Callable[[FC], FC]":
    return click.option("-o", "--output", default="-", show_default=True, **settings)


@command("rules", data=False)
@_components_argument()
@_output_option(metavar="FILE|DIR|-", help="Where to; a folder gets one file a component.")
def rules(call: Call, wanted: tuple[str, ...], output: str) -> int:
    """Prometheus rules: alerts and error ratios.

    Multiwindow burn-rate alerts for metrics with an objective, alerts on abort thresholds and on absent data.

    Of the components named, else of all. `promtool check rules FILE` checks the result. Exit 1: the configured server
    refuses a query that the rules are made of.
    """
    from kaizen_tui.export.destination import is_folder, put, put_in_folder
    from kaizen_tui.export.rules import component_rules, rules_file

    components = components_of(call, wanted)
    found = [component_rules(component) for component in components]
    for one in found:
        for warning in one.warnings:
            warn(warning)
    if not any(one.rules for one in found):
        note("kaizen: no metric says where its numbers come from (sli or query): there is nothing to alert on")
    if not is_folder(output):
        code = put(output, [rules_file(found, [shown_path(call, one.component) for one in found])])
        return code or _accepted(call, components)
    files = [
        (f"kaizen-{one.component}.rules.yml", rules_file([one], [shown_path(call, one.component)]))
        for one in found
        if one.rules
    ]
    put_in_folder(output, files)
    return told(output, [name for name, _ in files]) or _accepted(call, components)


def _accepted(call: Call, components: "Sequence[Component]") -> int:
    """What the configured server says of the queries that people wrote; the exit code."""
    from kaizen_tui.core.errors import KaizenError
    from kaizen_tui.loop.context import utc_now
    from kaizen_tui.loop.rules_check import refused_queries

    try:
        refused = refused_queries(call.workspace, components, utc_now().timestamp())
    except (KaizenError, OSError) as error:
        note(safe(f"kaizen: whether the server takes the queries is not known: {error}"))
        return EXIT_DONE
    for one in refused:
        note(safe(f"kaizen: {one.where}: {one.level}: {one.message}; {one.fix}"))
    return EXIT_NO if any(one.level == "error" for one in refused) else EXIT_DONE


@command("dashboard", data=False)
@_components_argument()
@_output_option(metavar="FILE|DIR|-", help="Where to; several components need a folder.")
def dashboard(call: Call, wanted: tuple[str, ...], output: str) -> int:
    """Grafana dashboards: values, budgets, versions.

    Of the components named, else of all; one each. Needs the extra kaizen-tui[dashboard].
    """
    import os

    from kaizen_tui.core.errors import UsageError
    from kaizen_tui.export.dashboard import dashboard_file
    from kaizen_tui.export.destination import is_folder, put, put_in_folder

    components = components_of(call, wanted)
    if len(components) == 1 and not is_folder(output):
        return put(output, [dashboard_file(components[0])])
    if output == "-" or (os.path.exists(output) and not is_folder(output)):
        raise UsageError(
            f"{len(components)} dashboards don't go into one file", hint="name one component, or a folder with -o"
        )
    files = [(f"kaizen-{component.id}.json", dashboard_file(component)) for component in components]
    put_in_folder(output, files)
    return told(output, [name for name, _ in files])


@command("openslo", data=False)
@_components_argument()
@_output_option(metavar="FILE|DIR|-", help="Where to; a folder gets one file a component.")
def openslo(call: Call, wanted: tuple[str, ...], output: str) -> int:
    """OpenSLO v1: services, SLIs and SLOs for other tools.

    Of the components named, else of all. `kaizen component --from-openslo FILE` reads it back.
    """
    from kaizen_tui.export.destination import is_folder, put, put_in_folder
    from kaizen_tui.export.openslo import component_openslo, openslo_file

    taken: set[str] = set()
    found = [component_openslo(component, taken) for component in components_of(call, wanted)]
    for one in found:
        for line in one.left_out:
            warn(f"left out: {line}")
    if not is_folder(output):
        return put(output, [openslo_file(found, [shown_path(call, one.component) for one in found])])
    files = [
        (f"kaizen-{one.component}.openslo.yml", openslo_file([one], [shown_path(call, one.component)])) for one in found
    ]
    put_in_folder(output, files)
    return told(output, [name for name, _ in files])


@command("board", data=False)
@_output_option(metavar="FILE|-", help="Where to.")
@click.option("--format", "chosen", default="", metavar="NAME", help="json yaml csv md html prom; else by the suffix.")
@click.option("--filter", "filter_text", default="", metavar="FILTER", help="Only these tickets (docs/filter.md).")
def board(call: Call, output: str, chosen: str, filter_text: str) -> int:
    """The board: json, yaml, csv, md, html, prom.

    Tickets with all their fields, and the states of the SLOs.
    The same file as `kaizen-tui --export` writes, which makes the board's picture (svg) as well.
    """
    import os

    from kaizen_tui.core.errors import UsageError
    from kaizen_tui.export.collect import collect
    from kaizen_tui.export.destination import put
    from kaizen_tui.export.formats import choose_format, export_time, render, unloaded
    from kaizen_tui.loop.context import resolve_actor

    form = choose_format(output, chosen)
    if form == "svg":
        raise UsageError("the picture is made by the board itself", hint="`kaizen-tui --export FILE.svg`")
    # Finding out who someone is may ask git: only where the filter may mean them.
    me = resolve_actor(None, os.environ, call.workspace.root) if "me" in filter_text else ""
    found = collect(call.workspace, export_time(os.environ), filter_text=filter_text, me=me)
    code = put(output, render(found, call.workspace, form))
    missing = unloaded(found)
    if missing and not code:
        note(f"kaizen: {missing}")
    return code


def components_of(call: Call, wanted: "Sequence[str]") -> "list[Component]":
    """The components named, in that order and each once, or all of them by id.

    Raises NotFoundError; YamlProblems where one can't be read, as a file without its alerts would take them away from
    a server; StoreError.
    """
    from kaizen_tui.core.errors import NotFoundError
    from kaizen_tui.loop.models import component_model
    from kaizen_tui.store.reading import list_components, read_component_file
    from kaizen_tui.store.yaml_reader import YamlProblems

    workspace = call.workspace
    if wanted:
        ids = [known_component(workspace, name) for name in dict.fromkeys(wanted)]
        return [component_model(workspace, read_component_file(workspace, name)) for name in ids]
    files, wrong = list_components(workspace)
    components, problems = [], [problem for problem in wrong if problem.level == "error"]
    for file in files:
        try:
            components.append(component_model(workspace, file))
        except YamlProblems as error:
            problems += error.problems
    if problems:
        note("kaizen: nothing was written; correct the files below, or name the components that you want")
        raise YamlProblems(problems)
    if not components:
        hint = 'kaizen component ID -n "…" -t 2 -o "…" -r "…"'
        raise NotFoundError("no components yet", where=workspace.relative(workspace.components), hint=hint)
    return components


def shown_path(call: Call, component_id: str) -> str:
    """The component's file, from the workspace's root."""
    return call.workspace.relative(call.workspace.component_path(component_id))


def told(folder: str, names: "Sequence[str]") -> int:
    """Says what was written into a folder; returns the exit code."""
    note(safe(f"kaizen: wrote {len(names)} file{'' if len(names) == 1 else 's'} into {folder}"))
    return EXIT_DONE


export.add_command(rules)
export.add_command(dashboard)
export.add_command(openslo)
export.add_command(board)
