"""The six pages of a ticket, read in a worker in one go. What one page can't show is said there; the others stand."""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.unmet import Decision
from kaizen_tui.tui import words
from kaizen_tui.tui.ticket.card import heading
from kaizen_tui.tui.words import BAD, GOOD, MUTED, STRONG, WARN, text

if TYPE_CHECKING:
    from kaizen_tui.core.scorecard import ScoreCard
    from kaizen_tui.loop.canary_standing import Standing
    from kaizen_tui.store.workspace import Workspace
    from kaizen_tui.tui.desk import Desk
    from kaizen_tui.tui.detail import Measure

TABS: tuple[str, ...] = ("Ticket", "Patch spec", "Score-card", "Log", "Gates", "Canary")


class Pages(NamedTuple):
    """A ticket as its screen shows it.

    contents: of each tab; the score-card's and the canary's are drawn for a width, from `card` and `canary`, where
    there are any.
    stamp: equal for equal contents. marks: behind a tab's name, such as "✔" for a score-card that passes.
    """

    ticket_id: str
    title: str
    status: str
    contents: tuple[Content, ...]
    card: "ScoreCard | None"
    marks: tuple[str, ...]
    stamp: str
    canary: "Standing | None" = None


def read_pages(
    desk: "Desk",
    workspace: "Workspace",
    ticket_id: str,
    now: int,
    measure: "Measure | None" = None,
    *,
    quick: bool = False,
    stands: "Callable[[str, float], Standing | None] | None" = None,
) -> Pages:
    """Reads all pages. now: epoch seconds. Raises KaizenError when the ticket's own file can't be read.

    measure: what its criteria measure. quick: leaves out the gates and the measurements, which may wait for a server.
    stands: how its canary stands at an instant.
    """
    from kaizen_tui.store.reading import read_ticket_file
    from kaizen_tui.tui.detail import read_detail

    file = read_ticket_file(workspace, ticket_id)
    ticket = read_detail(workspace, ticket_id, now, None if quick else desk.decisions, None if quick else measure)
    card, card_words, verdict = _card(workspace, ticket_id)
    log, log_mark = _log(workspace, ticket_id, now)
    canary, canary_words = _canary(ticket_id, float(now), stands)
    contents = (
        ticket,
        _or_words(lambda: _spec(workspace, ticket_id)),
        card_words,
        log,
        text("asking …", MUTED) if quick else _or_words(lambda: _gates(desk, ticket_id)),
        canary_words,
    )
    stamp = sha256("\0".join(content.plain for content in contents).encode("utf-8", "replace"))
    if card is not None:
        stamp.update(card.to_json())
    marks = ("", "", verdict, log_mark, "", _CANARY_MARKS.get(canary.judged.answer, "") if canary is not None else "")
    return Pages(ticket_id, file.fields.title, file.fields.status, contents, card, marks, stamp.hexdigest(), canary)


_CANARY_MARKS = {"promote": "✔", "rollback": "✖", "hold": "⚠"}


def _canary(
    ticket_id: str, now: float, stands: "Callable[[str, float], Standing | None] | None"
) -> "tuple[Standing | None, Content]":
    """The canary, or in words why there is none."""
    try:
        found = stands(ticket_id, now) if stands is not None else None
    except (KaizenError, OSError) as error:
        return None, words.failure(error)
    if found is not None:
        return found, Content("")
    said = [
        text("No user has had this change yet.", STRONG),
        text(f"`kaizen deploy {ticket_id}` starts its canary.", MUTED),
    ]
    return None, words.lines(said)


def _or_words(page: Callable[[], Content]) -> Content:
    try:
        return page()
    except (KaizenError, OSError) as error:
        return words.failure(error)


def _spec(workspace: "Workspace", ticket_id: str) -> Content:
    from kaizen_tui.store.files import read_optional
    from kaizen_tui.tui.ticket.markdown import render_markdown

    data = read_optional(workspace.spec_path(ticket_id))
    if data is None:
        return text("There is no Patch-Spec.md yet: the gate into In review asks for it.", MUTED)
    return words.lines(render_markdown(data.decode("utf-8", "replace"))) or text("Patch-Spec.md is empty.", MUTED)


def _card(workspace: "Workspace", ticket_id: str) -> "tuple[ScoreCard | None, Content, str]":
    from kaizen_tui.core.scorecard import MAX_BYTES
    from kaizen_tui.loop.models import parse_score_card
    from kaizen_tui.store.files import read_optional
    from kaizen_tui.tui.ticket.card import VERDICT_SHAPES

    path = workspace.score_card_path(ticket_id)
    try:
        data = read_optional(path, MAX_BYTES)
    except (KaizenError, OSError) as error:
        return None, words.failure(error), "✖"
    if data is None:
        said = [
            text("Not evaluated yet.", STRONG),
            text(f"`kaizen evaluate {ticket_id}` writes the score-card.", MUTED),
        ]
        return None, words.lines(said), ""
    card, problems = parse_score_card(data, workspace.relative(path))
    if card is not None:
        return card, Content(""), VERDICT_SHAPES[card.verdict]
    said = [text("✖ The score-card can't be read.", BAD)]
    for problem in problems[:20]:
        said.append(Content.assemble(text("  ✖ ", BAD), text(f"{problem.where}: {problem.message}")))
        if problem.hint:
            said.append(text(f"    {problem.hint}", MUTED))
    return None, words.lines(said), "✖"


def _log(workspace: "Workspace", ticket_id: str, now: int) -> tuple[Content, str]:
    from kaizen_tui.loop.verify import read_proven
    from kaizen_tui.tui.ticket.history import log_page

    try:
        log = read_proven(workspace, ticket_id)
    except (KaizenError, OSError) as error:
        return words.failure(error), "✖"
    return words.lines(log_page(log, now)), "✖" if log.problems else ""


def _gates(desk: "Desk", ticket_id: str) -> Content:
    from kaizen_tui.loop.govern import why

    decisions = why(desk.session, ticket_id)
    if not decisions:
        return text("This state is final; nothing comes next.", MUTED)
    said: list[Content] = []
    for target, decision in decisions.items():
        said += _gate(ticket_id, target, decision)
    return words.lines([said[0][1:], *said[1:]])


def _gate(ticket_id: str, target: str, decision: Decision) -> list[Content]:
    from kaizen_tui.core import commands

    refused = words.without_reason(decision)
    state, style = ("shut", BAD) if refused else ("open, warns", WARN) if decision.warnings else ("open", GOOD)
    said = [Content.assemble(heading(f"INTO {words.title(target).upper()}"), "  ", text(state, f"{style} bold"))]
    for unmet in refused:
        said += words.condition(unmet, "✖", BAD)
    for unmet in decision.warnings:
        said += words.condition(unmet, "⚠", WARN)
    if not refused:
        move = commands.abort(ticket_id) if target == "aborted" else commands.move(ticket_id, target)
        said.append(text(f"   {move}", MUTED))
    return said
