"""`kaizen why`, `approve`, `reject`, `signoff`, `comment`."""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from kaizen_tui.cli.errors import EXIT_DONE
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import emit, emit_json, note, warn
from kaizen_tui.cli.parameters import TICKET_ID, known_ticket, ticket_argument
from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.core.criterion_text import Reading
    from kaizen_tui.core.facts import Facts
    from kaizen_tui.core.unmet import Decision, Unmet
    from kaizen_tui.loop.govern import Said
    from kaizen_tui.metrics.live import Live


@command("why", writes=True)
@ticket_argument()
def why(call: Call, ticket_id: str) -> int:
    """Says which gate holds the ticket where it is, in words, and the command that would open it."""
    from kaizen_tui.cli.decisions import decisions_json
    from kaizen_tui.loop.facts import gather
    from kaizen_tui.loop.govern import decisions

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    facts = gather(session, ticket_id)
    found = decisions(facts, session.actor)
    measured = _measured(call, facts, session.now().timestamp())
    standing = _standing(call, facts)
    if call.json:
        criteria = [_criterion_json(one, measured.live) for one in measured.criteria]
        more: dict[str, Any] = {"metrics_source": measured.source or None, "criteria": criteria}
        more["standing"] = standing._asdict() if standing is not None else None
        emit_json({**decisions_json(ticket_id, facts.ticket.status, found), **more})
    elif call.plain:
        for line in plain_lines(call, facts, found, measured):
            emit(line)
        if not found:
            note(f"kaizen: {ticket_id} is {facts.ticket.status}, which is final; nothing comes next")
        if standing is not None:
            emit("\t".join(map(safe, ("standing", standing.splitter, standing.words, standing.command))))
    else:
        emit("\n".join([*why_lines(call, facts, found), *_standing_lines(call, standing), *_now_lines(call, measured)]))
    return EXIT_DONE


class _Standing(NamedTuple):
    """A release whose share stands at its splitter still, and what takes it back. share: 0 to 1."""

    splitter: str
    share: float
    command: str

    @property
    def words(self) -> str:
        return f"the splitter {self.splitter} stands at {percent(self.share)} since this release"


def _standing(call: Call, facts: "Facts") -> _Standing | None:
    from kaizen_tui.core import commands
    from kaizen_tui.core.canary_state import canary_state
    from kaizen_tui.loop.canaries import released_at

    ticket = facts.ticket
    state = canary_state(facts.log) if ticket.status == "complete" else None
    if state is None or released_at(call.workspace, state.splitter) != ticket.id:
        return None
    return _Standing(state.splitter, state.share, commands.to_baseline(ticket.id))


def _standing_lines(call: Call, standing: _Standing | None) -> list[str]:
    if standing is None:
        return []
    words = f"But {standing.words}. Once the baseline's servers run it:"
    return ["", safe(words), f"  {call.paint(safe(standing.command), dim=True)}"]


class _Measured(NamedTuple):
    """A ticket's automatic criteria, each with whether it is one of abort, and what they measure now."""

    source: str
    criteria: "tuple[tuple[Reading, bool], ...]"
    live: "dict[str, Live]"


def _measured(call: Call, facts: "Facts", now: float) -> _Measured:
    """Asks the source once more, but for one that the gates just couldn't reach."""
    from kaizen_tui.core.criterion_text import read_criterion
    from kaizen_tui.loop.live import live_of

    ticket = facts.ticket
    metrics = facts.component.metric_fields if facts.component is not None else ()
    read = [(read_criterion(text, metrics), False) for text in ticket.success_criteria]
    read += [(read_criterion(text, metrics), True) for text in ticket.abort_criteria]
    criteria = tuple(one for one in read if one[0].kind == "automatic")
    if not criteria:
        return _Measured("", (), {})
    trouble = next((detail for state, detail in facts.metric_states.values() if state == "unreachable"), "")
    named = [one for one, _ in criteria]
    source, live = live_of(call.workspace, ticket.component, named, now, trouble, status=ticket.status)
    return _Measured(source, criteria, live)


def _criterion_json(one: "tuple[Reading, bool]", live: "dict[str, Live]") -> dict[str, Any]:
    from kaizen_tui.cli.criteria_now import now_json

    reading, abort = one
    return {"text": reading.text, "abort": abort, "now": now_json(reading, live, abort=abort)}


def _now_lines(call: Call, measured: _Measured) -> list[str]:
    """What each automatic criterion measures now; nothing where no server is configured."""
    from kaizen_tui.cli.criteria_now import now_text

    if not measured.live:
        return []
    head = "Criteria now (simulated):" if measured.source == "simulated" else "Criteria now:"
    lines = ["", head]
    for reading, abort in measured.criteria:
        text = now_text(reading, measured.live, call.paint, abort=abort)
        lines.append(f"  {'abort: ' if abort else ''}{safe(reading.text)}   {text}")
    return lines


def plain_lines(call: Call, facts: "Facts", found: "dict[str, Decision]", measured: _Measured) -> list[str]:
    """One record a line: the state, how its gate stands to it, what is unmet, the command about it.

    How: `refused` or `warning`, for each unmet condition; `open` with the command that moves it there; `later` for what
    the first gate that refuses will ask for beyond the next one. Behind them what the criteria measure: `now` or
    `simulated`, `success` or `abort`, the criterion, the value.
    """
    from kaizen_tui.cli.criteria_now import now_text
    from kaizen_tui.core.lifecycle import next_status

    records: list[tuple[str, str, str, str]] = []
    for target, decision in found.items():
        records += [(target, "refused", one.text, one.command) for one in decision.refused]
        records += [(target, "warning", one.text, one.command) for one in decision.warnings]
        if decision.allowed:
            records.append((target, "open", "", _move_command(facts, target)))
    following = next_status(facts.ticket.status)
    enforce_from = facts.config.governance.enforce_from
    if following is not None and _refuses_later(found[following], following, enforce_from):
        later = _unmet_later(facts, found[following], enforce_from)
        records += [(enforce_from, "later", one.text, one.command) for one in later]
    if measured.live:
        for reading, abort in measured.criteria:
            value = now_text(reading, measured.live, call.paint, abort=abort)
            source = "simulated" if measured.source == "simulated" else "now"
            records.append((source, "abort" if abort else "success", reading.text, value))
    return ["\t".join(map(safe, record)) for record in records]


def why_lines(call: Call, facts: "Facts", found: "dict[str, Decision]") -> list[str]:
    """The next move, what the first refusing gate beyond it asks for, and the other moves."""
    from kaizen_tui.core.lifecycle import next_status
    from kaizen_tui.core.unmet import title

    ticket, paint = facts.ticket, call.paint
    following = next_status(ticket.status)
    lines = [f"{paint(ticket.id, bold=True)} is {paint(title(ticket.status), bold=True)}: {safe(ticket.title)}"]
    if following is None:
        return [*lines, f"{title(ticket.status)} is final; nothing comes next."]
    decision = found[following]
    lines += ["", *_next_lines(call, facts, decision, following)]
    enforce_from = facts.config.governance.enforce_from
    if _refuses_later(decision, following, enforce_from):
        lines += _later_lines(call, facts, decision, enforce_from)
    others = [target for target in found if target != following]
    if others:
        lines += ["", "Also possible:"]
        lines += [f"  {title(target)}: {safe(_move_command(facts, target))}" for target in others]
    lines += ["", f"Its history: kaizen log {ticket.id}"]
    return lines


def _move_command(facts: "Facts", target: str) -> str:
    from kaizen_tui.core import commands

    ticket, component = facts.ticket, facts.component
    if target == "aborted":
        return commands.abort(ticket.id)
    if target == "canary" and (ticket.rollout is not None or (component is not None and component.rollout is not None)):
        return commands.deploy(ticket.id)  # with its first users
    return commands.move(ticket.id, target)


def _next_lines(call: Call, facts: "Facts", decision: "Decision", following: str) -> list[str]:
    from kaizen_tui.core.unmet import count, title

    paint, name = call.paint, title(following)
    if not decision.allowed:
        head = f"Next is {name}: shut, {count(len(decision.refused), 'condition')} unmet"
        return [paint(head, "red", bold=True), *condition_block(call, decision.refused)]
    move = f"  {safe(_move_command(facts, following))}"
    if decision.warnings:
        head = f"Next is {name}: open, though {count(len(decision.warnings), 'condition')} unmet (logged with the move)"
        return [paint(head, "yellow", bold=True), *condition_block(call, decision.warnings), "Move it:", move]
    return [paint(f"Next is {name}: open", "green", bold=True), move]


def _later_lines(call: Call, facts: "Facts", decision: "Decision", enforce_from: str) -> list[str]:
    """What the first gate that refuses will ask for, beyond what the next one names."""
    from kaizen_tui.core.unmet import title

    rest = _unmet_later(facts, decision, enforce_from)
    if not rest:
        return ["", f"From {title(enforce_from)} on the gates refuse; nothing else is unmet up to there."]
    head = f"From {title(enforce_from)} on the gates refuse. Up to there also unmet:"
    return ["", head, *condition_block(call, rest)]


def _refuses_later(decision: "Decision", following: str, enforce_from: str) -> bool:
    """Whether the first gate that refuses lies beyond the next one."""
    from kaizen_tui.core.lifecycle import order

    return not decision.enforced and order(enforce_from) > order(following)


def _unmet_later(facts: "Facts", decision: "Decision", enforce_from: str) -> "tuple[Unmet, ...]":
    from kaizen_tui.core.gates import unmet

    known = {condition.code for condition in decision.warnings}
    return tuple(condition for condition in unmet(facts, enforce_from) if condition.code not in known)


def condition_block(call: Call, conditions: "tuple[Unmet, ...]") -> list[str]:
    """Conditions, each with the command about it below."""
    lines = []
    for condition in conditions:
        lines.append(f"  - {safe(condition.text)}")
        if condition.command:
            lines.append("      " + call.paint(safe(condition.command), dim=True))
    return lines


_note = click.option("--note", default="", metavar="TEXT", help="A remark for the log.")
_sign = click.option("--sign", is_flag=True, help="Sign the entry with your SSH key, also where it isn't required.")


@command("approve", writes=True)
@ticket_argument()
@_note
@_sign
def approve(call: Call, ticket_id: str, note: str, sign: bool) -> int:
    """Approves what the ticket's status is about: the plan, the change in review, the promotion of the canary."""
    from kaizen_tui.loop import govern
    from kaizen_tui.loop.signing import signer_for

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    said = govern.approve(session, ticket_id, note, sign=signer_for(session, wanted=sign))
    _said(call, ticket_id, said, "approved")
    return EXIT_DONE


@command("reject", writes=True)
@ticket_argument()
@click.option("--note", required=True, metavar="TEXT", help="Why; it is shown to whoever meets the shut gate.")
@_sign
def reject(call: Call, ticket_id: str, note: str, sign: bool) -> int:
    """Says no, with the reason. The gate stays shut until you approve."""
    from kaizen_tui.loop import govern
    from kaizen_tui.loop.signing import signer_for

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    said = govern.reject(session, ticket_id, note, sign=signer_for(session, wanted=sign))
    _said(call, ticket_id, said, "rejected")
    return EXIT_DONE


@command("signoff", writes=True)
@ticket_argument()
@click.argument("criterion")
@_note
@_sign
def signoff(call: Call, ticket_id: str, criterion: str, note: str, sign: bool) -> int:
    """Signs off a manual success criterion.

    CRITERION is its number as `kaizen show` lists it, its text, or a part of the text that no other one has. In
    canary, `rollback` says that the rollback was executed and verified.
    """
    from kaizen_tui.loop import govern
    from kaizen_tui.loop.signing import signer_for

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    said = govern.sign_off(session, ticket_id, criterion, note, sign=signer_for(session, wanted=sign))
    _said(call, ticket_id, said, f"signed off `{said.subject}`")
    return EXIT_DONE


@command("comment", writes=True)
@click.argument("ticket_id", type=TICKET_ID, metavar="ID")
@click.argument("text")
def comment(call: Call, ticket_id: str, text: str) -> int:
    """Adds a comment to the ticket's log."""
    from kaizen_tui.loop import govern

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    _said(call, ticket_id, govern.comment(session, ticket_id, text), "commented")
    return EXIT_DONE


def _said(call: Call, ticket_id: str, said: "Said", what: str) -> None:
    if call.json:
        shown: dict[str, Any] = {"id": ticket_id, "entry": said.entry.as_dict(), "counts": not said.doubt}
        emit_json({**shown, "doubt": said.doubt or None})
    else:
        emit(safe(f"{ticket_id}: {what} by {said.entry.actor}"))
    if said.doubt:
        warn(f"it is logged, but doesn't count: {said.doubt}")
