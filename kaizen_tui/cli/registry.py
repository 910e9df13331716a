"""`kaizen component` and `kaizen components`."""

from typing import TYPE_CHECKING, Any

import click

from kaizen_tui.cli.errors import EXIT_DONE
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import columns, emit, emit_json, note, problem_line
from kaizen_tui.cli.parameters import COMPONENT_ID
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.core.fields import ComponentFields
    from kaizen_tui.loop.registry import Registered


@command("component", writes=True)
@click.argument("component_id", type=COMPONENT_ID, metavar="ID", required=False)
@click.option("-n", "--name", metavar="TEXT", help="Its name; else the id.")
@click.option("-t", "--tier", type=click.IntRange(0, 3), metavar="0..3", help="0 mission-critical … 3 experimental.")
@click.option("-o", "--owner", metavar="NAME", help="Who owns it, and by default its tickets.")
@click.option("-r", "--rollback-plan", metavar="TEXT", help="How to go back; the default of its tickets.")
@click.option("--metric", "metrics", multiple=True, metavar='"NAME TARGET ABORT"', help="An SLO metric (repeatable).")
@click.option("--from-openslo", metavar="FILE|-", help="Take components and metrics from an OpenSLO v1 file.")
@click.option("--force", is_flag=True, help="With --from-openslo: put metrics in the place of others of their name.")
@click.option("--from-prometheus", is_flag=True, help="Propose metrics from the series that the server has.")
@click.option("--pick", multiple=True, metavar="N|NAME,…", help="With --from-prometheus: add these to the file.")
@click.option("--all", "everything", is_flag=True, help="With --from-prometheus: the language's runtime as well.")
def component(
    call: Call,
    component_id: str | None,
    name: str | None,
    tier: int | None,
    owner: str | None,
    rollback_plan: str | None,
    metrics: tuple[str, ...],
    from_openslo: str | None,
    force: bool,
    from_prometheus: bool,
    pick: tuple[str, ...],
    everything: bool,
) -> int:
    """Makes a component, or changes the given fields of one that is there; the rest of its file stays as it is.

    With --from-openslo ID may be left out: then every service of the file is taken. With --from-prometheus nothing is
    written but what --pick names, and no metric that is there is changed.
    """
    from kaizen_tui.core.errors import UsageError
    from kaizen_tui.loop.registry import ComponentGiven, read_metric, set_component

    given = ComponentGiven(name, tier, owner, rollback_plan, tuple(read_metric(text) for text in metrics))
    if from_openslo is not None:
        if from_prometheus or pick or everything:
            raise UsageError("--from-openslo and --from-prometheus exclude each other")
        from kaizen_tui.cli.from_openslo import take_openslo

        return take_openslo(call, from_openslo, component_id, given._replace(replace=force))
    if component_id is None:
        raise UsageError("missing argument ID", hint="see `kaizen component --help`")
    if from_prometheus:
        from kaizen_tui.cli.from_prometheus import propose

        if given != ComponentGiven():
            raise UsageError("--from-prometheus goes with --pick and --all only", hint="change the fields on their own")
        return propose(call, component_id, pick, everything=everything)
    if pick or everything:
        raise UsageError("--pick and --all are only for --from-prometheus")
    if force:
        raise UsageError("--force is only for --from-openslo", hint="--metric changes a metric that is there")
    done = set_component(call.session(), component_id, given)
    if call.json:
        emit_json(registered_json(done))
    else:
        tell_registered(call, done)
    return EXIT_DONE


def registered_json(done: "Registered") -> dict[str, Any]:
    """What `kaizen component --json` prints for one component."""
    return {**component_json(done.fields, done.path), "created": done.created, "changed": done.changed}


def tell_registered(call: Call, done: "Registered") -> None:
    """Says what became of a component's file."""
    shown = call.workspace.relative(done.path)
    if done.created:
        emit(safe(f"made {shown}"))
    elif done.changed:
        emit(safe(f"changed {shown}"))
    else:
        note(safe(f"{shown}: nothing to change"))


@command("components")
def components(call: Call) -> int:
    """Lists the components with tier, owner, and how many metrics and tickets they have."""
    from collections import Counter

    from kaizen_tui.store.index import load_snapshot
    from kaizen_tui.store.reading import list_components

    files, problems = list_components(call.workspace)
    rows = load_snapshot(call.workspace).rows
    tickets = Counter(row.component for row in rows)
    still_open = Counter(row.component for row in rows if row.status not in ("complete", "aborted"))
    if call.json:
        emit_json(
            [
                {
                    **component_json(file.fields, file.path),
                    "tickets": tickets[file.id],
                    "open_tickets": still_open[file.id],
                }
                for file in files
            ]
        )
    else:
        lines = [
            (
                safe(file.id),
                f"tier {file.fields.tier}",
                safe(file.fields.owner) or "-",
                _count(len(file.fields.metrics), "metric"),
                f"{_count(tickets[file.id], 'ticket')} ({still_open[file.id]} open)",
                safe(file.fields.name),
            )
            for file in files
        ]
        for line in ["\t".join(cells) for cells in lines] if call.plain else columns(lines):
            emit(line)
        if not files:
            note('kaizen: no components yet; `kaizen component ID -n "…" -t 2 -o "…" -r "…"` makes one')
    for problem in problems:
        note(problem_line(problem))
    return EXIT_DONE


def component_json(fields: "ComponentFields", path: str) -> dict[str, Any]:
    """The `Component` object of docs/json.md."""
    return {
        "id": fields.id,
        "name": fields.name,
        "tier": fields.tier,
        "owner": fields.owner,
        "description": fields.description,
        "rollback_plan": fields.rollback_plan,
        "metrics": [
            {
                "name": metric.name,
                "threshold": metric.threshold,
                "abort_threshold": metric.abort_threshold,
                "direction": metric.direction,
                "unit": metric.shown_unit,
                "has_source": metric.has_source,
                "objective": metric.objective,
            }
            for metric in fields.metrics
        ],
        "path": path,
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
