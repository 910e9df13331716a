"""What a person is shown before they approve, read in a worker in one go and never changed afterwards."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from kaizen_tui.core import governance
from kaizen_tui.core.actors import parse_actor, same_person
from kaizen_tui.core.conditions import is_about_canary, readings
from kaizen_tui.core.criterion_text import Reading
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.slo import STATE_WORDS
from kaizen_tui.core.states import FINAL
from kaizen_tui.core.times import age, parse_rfc3339
from kaizen_tui.core.unmet import title
from kaizen_tui.metrics.live import Judged, Live, judge, read_live
from kaizen_tui.metrics.panels import MetricPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaizen_tui.core.facts import Facts
    from kaizen_tui.loop.canary_standing import Standing
    from kaizen_tui.metrics.source import MetricSource
    from kaizen_tui.store.workspace import Workspace
    from kaizen_tui.tui.desk import Desk, Sheet

CriterionMark = Literal["met", "failed", "undecided", "open"]
_SHORTSTAT = re.compile(r"(\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?")


class Criterion(NamedTuple):
    """A criterion and how it stands. said: what was measured, or who signed; "" where there is nothing to say.

    later: manual, and only to be judged while the canary runs. live: of an automatic one, what is measured now.
    """

    text: str
    automatic: bool
    abort: bool
    mark: CriterionMark
    said: str
    measured: float | None = None
    later: bool = False
    live: Judged | None = None


class Budget(NamedTuple):
    """The component's metrics now. source: its name, "" without one. trouble: why there are none, in words."""

    source: str
    panels: tuple[MetricPanel, ...]
    trouble: str = ""


class Dossier(NamedTuple):
    """Everything on the approval screen.

    at: epoch seconds of the reading. summary: of Patch-Spec.md. diffstat: such as "3 files, +212 −87".
    card_trouble: why Score-card.json can't be read. stops: why an approval can't be given now, in words.
    given, against: approvals that count and rejections that stand. events: last rollout and verdict of the canary.
    canary: how it stands, None where no user ever had it.
    """

    sheet: "Sheet"
    actor: str
    at: int
    summary: str
    diffstat: str
    card_trouble: str
    criteria: tuple[Criterion, ...]
    budget: Budget
    given: tuple[LogEntry, ...]
    against: tuple[LogEntry, ...]
    needed: int
    events: tuple[LogEntry, ...]
    stops: tuple[str, ...]
    canary: "Standing | None" = None

    @property
    def facts(self) -> "Facts":
        return self.sheet.facts

    @property
    def evidence(self) -> tuple[str, str, str]:
        """What the approval is about: the same as long as it may be given on what was read."""
        facts = self.sheet.facts
        return facts.ticket.status, governance.evidence_hash(facts.ticket, facts.score_card_hash), self.verdict

    @property
    def verdict(self) -> str:
        """The canary's, as logged; "" outside of a canary."""
        return governance.last_verdict(self.facts) if self.facts.ticket.status == "canary" else ""


def read_dossier(
    desk: "Desk",
    workspace: "Workspace",
    ticket_id: str,
    now: int,
    source: "MetricSource | None" = None,
    stands: "Callable[[str, float], Standing | None] | None" = None,
) -> Dossier:
    """Reads it. now: epoch seconds. source: of the metrics, if it is known already. stands: how its canary stands at an
    instant. Raises KaizenError when the ticket itself can't be read."""
    from kaizen_tui.tui.canary.stops import canary_stops
    from kaizen_tui.tui.ticket.markdown import summary_of

    sheet = desk.sheet(ticket_id)
    facts, actor = sheet.facts, desk.session.actor
    purpose = governance.PURPOSES[facts.ticket.status]
    ticket = facts.ticket
    named = readings(facts, (*ticket.success_criteria, *ticket.abort_criteria))
    budget, live = read_budget(workspace, ticket.component, now, named, source, ticket.status)
    trouble = _card_trouble(workspace, facts)
    canary = stands(ticket_id, float(now)) if stands is not None and facts.ticket.status == "canary" else None
    against = governance.rejections(facts, purpose)
    given = tuple(approval.entry for approval in governance.approvals(facts, purpose))
    stops = [
        *_voice_stops(desk, sheet, given, against, now),
        *_evidence_stops(sheet, trouble),
        *_data_stops(facts, budget),
        *canary_stops(sheet, canary),
    ]
    return Dossier(
        sheet=sheet,
        actor=actor,
        at=now,
        summary=summary_of(facts.patch_spec or ""),
        diffstat=_diffstat(workspace, facts),
        card_trouble=trouble,
        criteria=criteria_of(facts, live),
        budget=budget,
        given=given,
        against=against,
        needed=governance.needed(facts, purpose),
        events=_canary_events(facts),
        stops=tuple(stops),
        canary=canary,
    )


def _voice_stops(
    desk: "Desk", sheet: "Sheet", given: tuple[LogEntry, ...], against: tuple[LogEntry, ...], now: int
) -> list[str]:
    """Why this person's yes would count for nothing."""
    ticket, actor = sheet.facts.ticket, desk.session.actor
    if ticket.status in FINAL:
        return [f"{ticket.id} is {title(ticket.status)}: there is nothing left to approve"]
    if ticket.status == "draft":
        return ["it is a draft: move it to Planned first, then its plan can be approved"]
    if sheet.why_not:
        return [f"your approval would not count: {sheet.why_not}"]
    mine = [entry for entry in given if same_person(entry.actor, actor)]
    if mine and not any(same_person(entry.actor, actor) for entry in against):
        return [f"you approved already, {age(max(0, now - parse_rfc3339(mine[-1].at)))} ago"]
    if sheet.facts.config.governance.require_signature and not desk.can_sign():
        return ["config.yml asks for signed approvals, and there is no SSH key to sign with"]
    return []


def _evidence_stops(sheet: "Sheet", trouble: str) -> list[str]:
    """Why what would be approved is not there, or is not what would be released."""
    facts = sheet.facts
    if sheet.purpose == "plan" or facts.ticket.status in FINAL:
        return []
    card = facts.score_card
    if card is None:
        if sheet.purpose != "canary":
            return []
        return [trouble or "there is no score-card yet: an approval now would be void as soon as there is one"]
    measured, candidate = card.commits.candidate, facts.candidate_commit
    if candidate and measured != candidate:
        return [f"the score-card is stale: it is of commit {measured[:8]}, the candidate is now {candidate[:8]}"]
    return []


def _data_stops(facts: "Facts", budget: Budget) -> list[str]:
    """Metrics that the criteria name and that have no fresh numbers, where numbers were promised."""
    ticket = facts.ticket
    if ticket.status not in ("in_review", "canary") or not budget.source:
        return []
    named = {one.metric for one in readings(facts, (*ticket.success_criteria, *ticket.abort_criteria)) if one.metric}
    stops = []
    for panel in budget.panels:
        if panel.name in named and panel.state in ("stale", "no_data"):
            old = f"{age(int(panel.age))} old" if panel.age is not None else (panel.error or STATE_WORDS[panel.state])
            stops.append(f"the numbers of {panel.name} are not fresh ({old})")
    return stops


def read_budget(
    workspace: "Workspace",
    component_id: str,
    now: int,
    criteria: Sequence[Reading] = (),
    source: "MetricSource | None" = None,
    status: str = "",
) -> tuple[Budget, Mapping[str, Live]]:
    """The component's metrics at one instant, and what a ticket's criteria measure. What can't be read is said, not
    raised."""
    from kaizen_tui.metrics.configured import NO_SERVER, configured_source
    from kaizen_tui.metrics.panels import Depth, read_component
    from kaizen_tui.store.reading import list_components, read_config_file

    try:
        files = list_components(workspace)[0]
        component = next((file.fields for file in files if file.id == component_id), None)
        if source is None:
            source = configured_source(read_config_file(workspace), files, folder=workspace.registry)
        if component is None:
            return Budget("", (), f"the registry has no component {component_id}"), {}
        if not source.name:
            return Budget("", (), NO_SERVER), {}
        panels = read_component(source, component, float(now), Depth(points=2)).metrics
        return Budget(source.name, panels), read_live(source, component, criteria, float(now), status=status)
    except (KaizenError, OSError) as error:
        return Budget("", (), str(error)), {}


def _card_trouble(workspace: "Workspace", facts: "Facts") -> str:
    """What is wrong with Score-card.json, in words; "" when it can be read or there is none."""
    if facts.score_card is not None or not facts.score_card_hash:
        return ""
    from kaizen_tui.core.scorecard import MAX_BYTES
    from kaizen_tui.loop.models import parse_score_card
    from kaizen_tui.store.files import read_optional

    path = workspace.score_card_path(facts.ticket.id)
    data = read_optional(path, MAX_BYTES)
    problems = parse_score_card(data, workspace.relative(path))[1] if data is not None else []
    if not problems:
        return "the score-card changed while it was read"
    first = problems[0]
    return f"the score-card can't be read: {first.message} ({first.where})"


def criteria_of(facts: "Facts", live: Mapping[str, Live] | None = None) -> tuple[Criterion, ...]:
    """Success criteria, then abort criteria, as they stand. live: what they measure now."""
    ticket = facts.ticket

    def seen(reading: Reading, *, abort: bool) -> Criterion:
        return _criterion(facts, reading, abort=abort)._replace(live=judge(reading, live or {}, abort=abort))

    success = [seen(reading, abort=False) for reading in readings(facts, ticket.success_criteria)]
    return (*success, *(seen(reading, abort=True) for reading in readings(facts, ticket.abort_criteria)))


def _criterion(facts: "Facts", reading: Reading, *, abort: bool) -> Criterion:
    text = reading.text
    if reading.kind != "automatic":
        if abort:
            return Criterion(text, False, True, "open", "a person watches it")
        later = is_about_canary(text) and facts.ticket.status != "canary"
        signed = [e for e in facts.log.events("signoff") if e.text("criterion") == text]
        if not governance.signed_off(facts, text):
            return Criterion(text, False, False, "open", "in the canary" if later else "", later=later)
        return Criterion(text, False, False, "met", f"signed off by {parse_actor(signed[-1].actor).shown}")
    kind = "abort" if abort else "success"
    card = facts.score_card
    found = next((one for one in card.criteria if one.kind == kind and one.text == text), None) if card else None
    if found is None:
        return Criterion(text, True, abort, "open", "not measured")
    if found.verdict == "canary":
        return Criterion(text, True, abort, "open", "in the canary", later=True)
    marks: dict[str, CriterionMark] = {"pass": "met", "fail": "failed", "inconclusive": "undecided"}
    said = card.measured(found) if card is not None else ""
    return Criterion(text, True, abort, marks[found.verdict], said or "not measured", found.measured)


def _canary_events(facts: "Facts") -> tuple[LogEntry, ...]:
    """The last rollout and the last verdict since the ticket came into canary."""
    since = governance.entries_into(facts, "canary")
    inside = facts.log.after(*since) if since else ()
    last = {entry.event: entry for entry in inside if entry.event in ("rollout", "verdict")}
    return tuple(last[event] for event in ("rollout", "verdict") if event in last)


def _diffstat(workspace: "Workspace", facts: "Facts") -> str:
    """What the candidate changes against what it branched from; "" when git can't say."""
    from kaizen_tui.store import git

    candidate = facts.candidate_commit
    if not candidate:
        return ""
    root, card = workspace.root, facts.score_card
    base = (git.rev_parse(root, card.commits.baseline) if card is not None else None) or git.rev_parse(root, "HEAD")
    forked = git.run(root, "merge-base", base, candidate) if base else None
    if not forked:
        return ""
    from_commit = forked.decode("ascii", "replace").split()[0]
    options = ("-r", "--shortstat", "--no-ext-diff", "--no-textconv")
    out = git.run(root, "diff-tree", *options, from_commit, candidate)
    found = _SHORTSTAT.search((out or b"").decode("utf-8", "replace"))
    if found is None:
        return "no file changed" if out == b"" else ""
    files, added, removed = (int(number or 0) for number in found.groups())
    return f"{files} file{'s' * (files != 1)}, +{added} −{removed}"
