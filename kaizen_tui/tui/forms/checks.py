"""What a form says beside its fields: what is wrong by the store's own rules, and how criteria are read. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from kaizen_tui.core.criterion_text import explain, read_criterion
from kaizen_tui.core.fields import ComponentFields, FieldErrors, MetricFields, check_ticket
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.values import Value, quoted
from kaizen_tui.metrics.live import Live, judge
from kaizen_tui.tui.forms.values import Typed, split_link

Tone = Literal["plain", "good", "warn", "bad", "about"]


class Note(NamedTuple):
    """A word beside a field or a line (hostile: escape on output)."""

    text: str
    tone: Tone


NO_NOTE = Note("", "plain")


class World(NamedTuple):
    """What forms know of the workspace. owners, labels: in use, most used first."""

    components: tuple[ComponentFields, ...] = ()
    owners: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def component(self, name: str) -> ComponentFields | None:
        """The component of this id, if there is one."""
        return next((component for component in self.components if component.id == name), None)

    def metrics(self, name: str) -> tuple[MetricFields, ...]:
        """The metrics of a component; () for one that isn't there."""
        component = self.component(name)
        return component.metrics if component is not None else ()


def wrong_fields(said: Typed, world: World) -> dict[str, str]:
    """Field -> what is wrong with it, in words. The rules are those by which the store takes a ticket."""
    raw: dict[str, Value] = {
        "id": "KAIZ-001",
        "status": "draft",
        "title": said.title,
        "component": said.component,
        "severity": said.severity,
        "owner": said.owner,
        "objective": said.objective,
        "success_criteria": list(said.success_criteria),
        "abort_criteria": list(said.abort_criteria),
        "rollback_plan": said.rollback_plan,
        "labels": list(said.labels),
        "links": dict(said.links),
    }
    wrong: dict[str, str] = {}
    try:
        check_ticket(raw, "KAIZ-001")
    except FieldErrors as errors:
        for error in errors.errors:
            wrong.setdefault(str(error.path[0]) if error.path else "title", str(error))
    if "component" not in wrong and world.component(said.component) is None:
        known = [component.id for component in world.components]
        hint = did_you_mean(said.component, known) or "`kaizen component ID --name …` makes one"
        wrong["component"] = f"there is no component {quoted(said.component)}; {hint}"
    problem = _wrong_links(said.links)
    if problem:
        wrong.setdefault("links", problem)
    return wrong


def _wrong_links(links: Sequence[tuple[str, str]]) -> str:
    names = set()
    for name, url in links:
        if not url:
            return f"{quoted(name)} has no address; write a name and an address on one line"
        if name in names:
            return f"a second link named {quoted(name)}"
        names.add(name)
    return ""


def criterion_note(
    line: str, metrics: Sequence[MetricFields], live: Mapping[str, Live] | None = None, *, abort: bool = False
) -> Note:
    """How one criterion is read: "automatic: p95_latency_ms below 10 ms", "manual: needs sign-off"; and what it
    measures now, where that is known."""
    if not line.strip():
        return NO_NOTE
    reading = read_criterion(line.strip(), metrics)
    tone: Tone = "good" if reading.kind == "automatic" else "warn" if reading.looks_automatic else "plain"
    judged = judge(reading, live or {}, abort=abort)
    return Note(explain(reading) + (f" · {judged.words}" if judged is not None else ""), tone)


def link_note(line: str) -> Note:
    """What one line of the links says."""
    if not line.strip():
        return NO_NOTE
    name, url = split_link(line)
    if not url:
        return Note("write a name and an address: pull_request https://…", "bad")
    return Note(f"{name} → {url}", "about")


def summary(said: Typed, world: World) -> str:
    """ "3 criteria, 2 automatic": what the whole comes to."""
    metrics = world.metrics(said.component)
    lines = [*said.success_criteria, *said.abort_criteria]
    automatic = sum(read_criterion(line, metrics).kind == "automatic" for line in lines)
    noun = "criterion" if len(lines) == 1 else "criteria"
    return f"{len(lines)} {noun}, {automatic} automatic" if lines else "no criteria yet"
