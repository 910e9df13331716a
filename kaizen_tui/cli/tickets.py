"""`kaizen new`, `list`, `show`, `update`. Each imports what it needs when it runs."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_REFUSED
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.listing import FILTER_OPTIONS
from kaizen_tui.cli.output import emit, emit_json, note, warn
from kaizen_tui.cli.parameters import (
    COMPONENT_ID,
    SEVERITY,
    STATUS,
    known_component,
    known_ticket,
    ticket_argument,
)
from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from click.decorators import FC

    from kaizen_tui.loop.edit import Updated
    from kaizen_tui.loop.glance import TicketGlance
    from kaizen_tui.metrics.live import Live


@command("new", writes=True)
@click.argument("title")
@click.option("-c", "--component", type=COMPONENT_ID, required=True, metavar="ID", help="The component it changes.")
@click.option("-o", "--owner", metavar="NAME", help="Who owns it; else the component's owner.")
@click.option("-s", "--severity", type=SEVERITY, metavar="WORD", help="critical, high, medium (default) or low.")
@click.option("--objective", metavar="TEXT", help="What shall be reached; TBD until it is given.")
@click.option("--success-criteria", metavar='"A;B"', help="Success criteria, with `;` between them.")
@click.option("--success", multiple=True, metavar="TEXT", help="One success criterion (repeatable).")
@click.option("--abort-criteria", metavar='"A;B"', help="Abort criteria, with `;` between them.")
@click.option("--abort", multiple=True, metavar="TEXT", help="One abort criterion (repeatable).")
@click.option("--rollback-plan", metavar="TEXT", help="How to go back; else the component's.")
@click.option("--label", "labels", multiple=True, metavar="TEXT", help="A label (repeatable).")
@click.option("-e", "--edit", "then_edit", is_flag=True, help="Open the new ticket in your editor.")
def new(
    call: Call,
    title: str,
    component: str,
    owner: str | None,
    severity: str | None,
    objective: str | None,
    success_criteria: str | None,
    success: tuple[str, ...],
    abort_criteria: str | None,
    abort: tuple[str, ...],
    rollback_plan: str | None,
    labels: tuple[str, ...],
    then_edit: bool,
) -> int:
    """Makes a ticket with all its files and prints its id.

    Owner and rollback plan come from the component where they are not given.
    """
    from kaizen_tui.loop.plan import OBJECTIVE_TO_COME, NewTicket, new_ticket, split_criteria

    session = call.session()
    created = new_ticket(
        session,
        NewTicket(
            title=title,
            component=known_component(call.workspace, component),
            owner=owner,
            severity=severity or "medium",
            objective=OBJECTIVE_TO_COME if objective is None else objective,
            success_criteria=(*split_criteria(success_criteria or ""), *success),
            abort_criteria=(*split_criteria(abort_criteria or ""), *abort),
            rollback_plan=rollback_plan,
            labels=tuple(dict.fromkeys(labels)),
        ),
    )
    if call.json:
        emit_json({"id": created.id, "path": created.path, "warnings": list(created.warnings)})
    else:
        emit(created.id)
    for warning in created.warnings:
        warn(warning)
    if not then_edit:
        if not call.json and not call.plain:
            path = call.workspace.relative(created.path)
            note(
                f"made {path}; next: `kaizen edit {created.id}`, and `kaizen why {created.id}` says what it still needs"
            )
        return EXIT_DONE
    from kaizen_tui.cli.editing import edit_ticket

    sys.stdout.flush()
    return edit_ticket(call, session, created.id)


def _filters(function: "FC") -> "FC":
    """The options that listing.py knows, so that both ways to `list` take the same ones."""
    kinds = {"status": STATUS, "component": COMPONENT_ID, "severity": SEVERITY}
    for name, (flags, metavar, text) in reversed(FILTER_OPTIONS.items()):
        kind = kinds.get(name)
        function = click.option(
            *flags,
            name,
            multiple=True,
            metavar=metavar,
            help=text,
            shell_complete=kind.shell_complete if kind else None,
        )(function)
    return function


@command("list", writes=True)
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@_filters
def list_(call: Call, /, words: tuple[str, ...], **options: Sequence[str]) -> int:
    """Lists tickets.

    FILTER is the board's language: words of the title, status:canary,draft component:pcc* severity>=high owner:me
    age>7d label:x id:KAIZ-001, and `!` before a term for its opposite.
    """
    import time

    from kaizen_tui.cli.listing import Request, list_tickets

    request = Request(words, options, json=call.json, plain=call.plain)
    return list_tickets(call.workspace, request, now=int(time.time()), me=lambda: call.session().actor)


@command("show")
@ticket_argument()
@click.option("--log", "log", is_flag=True, help="Its Promotion-Log.")
@click.option("--patch-spec", is_flag=True, help="Its Patch-Spec.md.")
@click.option("--score-card", is_flag=True, help="Its Score-card.json, as a table.")
@click.option("--now", "measured", is_flag=True, help="Ask what its automatic criteria measure now.")
def show(call: Call, ticket_id: str, log: bool, patch_spec: bool, score_card: bool, measured: bool) -> int:
    """Shows one ticket on one screen; with options its log, patch spec or score-card instead."""
    from kaizen_tui.cli import show as views
    from kaizen_tui.loop.glance import glance

    workspace = call.workspace
    seen = glance(workspace, known_ticket(workspace, ticket_id))
    parts = [name for name, wanted in (("log", log), ("patch_spec", patch_spec), ("score_card", score_card)) if wanted]
    if parts:
        from kaizen_tui.cli.show_parts import show_parts

        return show_parts(call, seen, parts)
    source, live = _live(call, seen) if measured else ("", None)
    if call.json:
        more = {"metrics_source": source or None} if measured else {}
        emit_json({**views.ticket_json(seen, live), **more})
    else:
        lines = views.plain_lines(seen, live) if call.plain else views.ticket_lines(workspace, seen, call.paint, live)
        emit("\n".join(lines))
    return EXIT_DONE


def _live(call: Call, seen: "TicketGlance") -> "tuple[str, dict[str, Live]]":
    """The source, and what the ticket's criteria measure now; that nothing can be asked is said."""
    import time

    from kaizen_tui.loop.live import live_of

    fields, criteria = seen.file.fields, (*seen.success, *seen.abort)
    source, live = live_of(call.workspace, fields.component, criteria, time.time(), status=fields.status)
    if not source:
        warn("no metrics server configured, so nothing is measured; see metrics in registry/kaizen/config.yml")
    elif source == "simulated":
        warn("the numbers are simulated: no metrics server is connected")
    return source, live


@command("update", writes=True)
@ticket_argument()
@click.option("-t", "--title", metavar="TEXT")
@click.option("-s", "--status", type=STATUS, metavar="STATUS", help="Move it; its gates are asked.")
@click.option("-o", "--owner", metavar="NAME")
@click.option("--severity", type=SEVERITY, metavar="WORD")
@click.option("--objective", metavar="TEXT")
@click.option("--success-criteria", metavar='"A;B"', help="All success criteria anew, with `;` between them.")
@click.option("--abort-criteria", metavar='"A;B"', help="All abort criteria anew, with `;` between them.")
@click.option("--rollback-plan", metavar="TEXT")
@click.option("--label", "labels", multiple=True, metavar="TEXT", help="Add a label (repeatable).")
@click.option("--no-label", "no_labels", multiple=True, metavar="TEXT", help="Remove a label (repeatable).")
@click.option("--link", "links", multiple=True, metavar="NAME=URL", help="Set a link; NAME= removes it (repeatable).")
@click.option("--note", "note_text", default="", metavar="TEXT", help="Why, for the log; an abort needs it.")
@click.option(
    "--override", default="", metavar="REASON", help="Pass an enforced gate; not for the owner, never silent."
)
@click.option("--if-match", metavar="ETAG", help="Only if the file is still the one of `show --json` (else exit 5).")
def update(
    call: Call,
    ticket_id: str,
    title: str | None,
    status: str | None,
    owner: str | None,
    severity: str | None,
    objective: str | None,
    success_criteria: str | None,
    abort_criteria: str | None,
    rollback_plan: str | None,
    labels: tuple[str, ...],
    no_labels: tuple[str, ...],
    links: tuple[str, ...],
    note_text: str,
    override: str,
    if_match: str | None,
) -> int:
    """Changes fields of a ticket, touching nothing else in its file. A new status passes its gates first."""
    from kaizen_tui.loop import edit
    from kaizen_tui.loop.plan import split_criteria

    changes = edit.Changes(
        title=title,
        status=status,
        owner=owner,
        severity=severity,
        objective=objective,
        success_criteria=None if success_criteria is None else split_criteria(success_criteria),
        abort_criteria=None if abort_criteria is None else split_criteria(abort_criteria),
        rollback_plan=rollback_plan,
        add_labels=labels,
        remove_labels=no_labels,
        links=tuple(_link(text) for text in links),
    )
    if override and status is None:
        raise click.UsageError("--override passes a gate, so it needs --status", click.get_current_context())
    if changes == edit.Changes() and not note_text:
        raise click.UsageError("nothing to change", click.get_current_context())
    workspace = call.workspace
    done = edit.update(
        call.session(), known_ticket(workspace, ticket_id), changes, note_text, override=override, if_match=if_match
    )
    if status is not None and done.decision is None and not done.written:
        note(f"{done.id} is already {STATUS_TITLES[status].lower()}; nothing to change")
        if not call.json:
            return EXIT_DONE
    return report_update(call, done)


def _link(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not name.strip() or not equals:
        raise click.UsageError(f"can't read the link `{text}`: write NAME=URL", click.get_current_context())
    return name.strip(), url.strip()


def report_update(call: Call, done: "Updated") -> int:
    """Says what changed, and what the gates said; returns the exit code."""
    from kaizen_tui.cli.decisions import decision_json, print_refusal, print_warnings

    decision = done.decision
    refused = decision is not None and not decision.allowed
    if call.json:
        shown = decision_json(done.id, decision) if decision is not None else None
        if refused:
            emit_json(shown)
        else:
            emit_json({"id": done.id, "changed": list(done.changed), "decision": shown, "etag": done.etag})
    if decision is not None and refused:
        print_refusal(decision)
        return EXIT_REFUSED
    if decision is not None:
        print_warnings(decision)
    if not call.json:
        what = [safe(key.replace("_", " ")) for key in done.changed]
        if decision is not None:
            what.append(f"status {decision.current} -> {decision.target}")
        if what:
            emit(f"{done.id}: {', '.join(what)}")
        else:
            note(f"{done.id}: {'noted' if done.written else 'nothing to change'}")
    return EXIT_DONE
