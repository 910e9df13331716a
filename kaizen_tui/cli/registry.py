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


@command("component", writes=True)
@click.argument("component_id", type=COMPONENT_ID, metavar="ID")
@click.option("-n", "--name", metavar="TEXT", help="Its name; else the id.")
@click.option("-t", "--tier", type=click.IntRange(0, 3), metavar="0..3", help="0 mission-critical … 3 experimental.")
@click.option("-o", "--owner", metavar="NAME", help="Who owns it, and by default its tickets.")
@click.option("-r", "--rollback-plan", metavar="TEXT", help="How to go back; the default of its tickets.")
@click.option("--metric", "metrics", multiple=True, metavar='"NAME TARGET ABORT"', help="An SLO metric (repeatable).")
def component(
    call: Call,
    component_id: str,
    name: str | None,
    tier: int | None,
    owner: str | None,
    rollback_plan: str | None,
    metrics: tuple[str, ...],
) -> int:
    """Makes a component, or changes the given fields of one that is there; the rest of its file stays as it is."""
    from kaizen_tui.loop.registry import ComponentGiven, read_metric, set_component

    given = ComponentGiven(name, tier, owner, rollback_plan, tuple(read_metric(text) for text in metrics))
    done = set_component(call.session(), component_id, given)
    shown = call.workspace.relative(done.path)
    if call.json:
        emit_json({**component_json(done.fields, done.path), "created": done.created, "changed": done.changed})
    elif done.created:
        emit(safe(f"made {shown}"))
    elif done.changed:
        emit(safe(f"changed {shown}"))
    else:
        note(safe(f"{shown}: nothing to change"))
    return EXIT_DONE


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
