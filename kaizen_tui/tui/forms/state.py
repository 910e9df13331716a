"""A form being filled in: what it began with, what stands in it, what is wrong, what saving would do. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.fields import DEFAULT_SEVERITY, TicketFields
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.loop.edit import Changes
from kaizen_tui.loop.plan import OBJECTIVE_TO_COME, NewTicket
from kaizen_tui.store.drafts import Draft
from kaizen_tui.tui.forms.checks import World, wrong_fields
from kaizen_tui.tui.forms.three_way import Clash, Merged, Pick, merge
from kaizen_tui.tui.forms.values import (
    FIELDS,
    Originals,
    Typed,
    Values,
    blank_values,
    join_labels,
    originals_of,
    safe_values,
    shown_values,
    typed,
)

PREFILLED = ("owner", "rollback_plan")


class Prefill(NamedTuple):
    """What a new ticket's form begins with; "" and () leave a field to the person (or to the component)."""

    title: str = ""
    component: str = ""
    severity: str = ""
    owner: str = ""
    objective: str = ""
    success_criteria: Sequence[str] = ()
    abort_criteria: Sequence[str] = ()
    rollback_plan: str = ""
    labels: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()

    def values(self) -> Values:
        """As it stands in the form."""
        return {
            "component": safe(self.component),
            "title": safe(self.title),
            "severity": self.severity or DEFAULT_SEVERITY,
            "owner": safe(self.owner),
            "objective": safe_block(self.objective),
            "success_criteria": "\n".join(map(safe, self.success_criteria)),
            "abort_criteria": "\n".join(map(safe, self.abort_criteria)),
            "rollback_plan": safe_block(self.rollback_plan),
            "labels": join_labels(map(safe, self.labels)),
            "links": "\n".join(f"{safe(name)} {safe(url)}" for name, url in self.links),
        }


class FormState:
    """One form. The screen tells it what is typed; it says what to show.

    ticket_id: of the ticket that is edited, "" for a new one. status: of that ticket.
    base:      what the form began with; a merge with the disk moves it on. values: what stands in it.
    etag:      of the file that `base` was read from.
    attempted: whether the person tried to save, so that empty fields are named as well.
    """

    def __init__(
        self, base: Mapping[str, str], world: World, *, ticket: TicketFields | None = None, etag: str = ""
    ) -> None:
        self.base: Values = dict(base)
        self.values: Values = dict(base)
        self.world = world
        self.etag = etag
        self.ticket_id = ticket.id if ticket is not None else ""
        self.status = ticket.status if ticket is not None else "draft"
        self.attempted = False
        self._clashes: tuple[Clash, ...] = ()
        self._originals: Originals = originals_of(ticket) if ticket is not None else {}
        self._labels: tuple[str, ...] = ticket.labels if ticket is not None else ()
        self._links: tuple[tuple[str, str], ...] = ticket.links if ticket is not None else ()

    @classmethod
    def for_new(cls, world: World, prefill: Prefill | None = None) -> "FormState":
        """The form of a new ticket."""
        return cls({**blank_values(), **(prefill or Prefill()).values()}, world)

    @classmethod
    def for_edit(cls, ticket: TicketFields, etag: str, world: World) -> "FormState":
        """The form of a ticket that stands on disk."""
        return cls(shown_values(ticket), world, ticket=ticket, etag=etag)

    @property
    def is_new(self) -> bool:
        """Whether saving makes a ticket."""
        return not self.ticket_id

    @property
    def said(self) -> Typed:
        """What the form says now."""
        return typed(self.values, self._originals, self._links)

    @property
    def changed(self) -> tuple[str, ...]:
        """The fields that are not as the form began with."""
        return tuple(field for field in FIELDS if self.values[field] != self.base[field])

    def placeholder(self, field: str) -> str:
        """What an empty field of a new ticket will be: the component's own. "" when nothing is known."""
        component = self.world.component(self.values["component"].strip())
        if not self.is_new or component is None or field not in PREFILLED:
            return ""
        return safe(component.owner) if field == "owner" else safe_block(component.rollback_plan)

    def problems(self) -> dict[str, str]:
        """Field -> what is wrong with it. A new form's untouched fields are not complained of before saving."""
        wrong = wrong_fields(self.said, self.world)
        if self.attempted or not self.is_new:
            return wrong
        return {field: text for field, text in wrong.items() if self.values[field] != self.base[field]}

    def new_ticket(self) -> NewTicket:
        """What saving makes of a new ticket's form."""
        said = self.said
        return NewTicket(
            title=said.title,
            component=said.component,
            owner=said.owner or None,
            severity=said.severity,
            objective=said.objective or OBJECTIVE_TO_COME,
            success_criteria=said.success_criteria,
            abort_criteria=said.abort_criteria,
            rollback_plan=said.rollback_plan or None,
            labels=said.labels,
            links=said.links,
        )

    def changes(self) -> Changes:
        """What saving changes in the ticket's file: only the fields that were changed here."""
        said, changed = self.said, self.changed
        picked: dict[str, object] = {
            field: getattr(said, field) for field in changed if field not in ("labels", "links")
        }
        if "labels" in changed:
            picked |= {"add_labels": said.labels, "remove_labels": self._labels}
        if "links" in changed:
            kept = dict(said.links)
            gone = [(name, "") for name, _ in self._links if name not in kept]
            picked["links"] = [*gone, *(link for link in said.links if link not in self._links)]
        return Changes(**picked)  # type: ignore[arg-type]

    # The disk

    @property
    def clashes(self) -> tuple[Clash, ...]:
        """Fields that the disk changed as well, until the person has picked; with what stands in the form now."""
        known = (clash._replace(mine=self.values[clash.field]) for clash in self._clashes)
        return tuple(clash for clash in known if clash.mine != clash.theirs)

    def meet(self, theirs: TicketFields, etag: str) -> Merged:
        """The ticket on disk is another now: what can be put together is; what clashes stays as typed, and is noted."""
        shown = shown_values(theirs)
        merged = merge(self.base, shown, self.values)
        new = {clash.field for clash in merged.clashes}
        old = [clash._replace(theirs=shown[clash.field]) for clash in self.clashes if clash.field not in new]
        self._clashes = (*merged.clashes, *(clash for clash in old if clash.field not in merged.combined))
        self.base, self.values, self.etag, self.status = shown, dict(merged.values), etag, theirs.status
        self._originals, self._labels, self._links = originals_of(theirs), theirs.labels, theirs.links
        return merged._replace(clashes=self.clashes)

    def settle(self, picks: Mapping[str, Pick]) -> None:
        """The person has picked a version of each clashing field; one without a pick stays as typed."""
        for clash in self.clashes:
            self.values[clash.field] = clash.of(picks.get(clash.field, "mine"))
        self._clashes = ()

    # Drafts

    def draft(self, name: str, saved: int, pid: int) -> Draft:
        """What to put on disk of it. saved: epoch seconds."""
        before = {clash.field: clash.base for clash in self.clashes}  # so that they clash again when it is restored
        return Draft(name, saved, dict(self.values), {} if self.is_new else {**self.base, **before}, self.etag, pid)

    def restore(self, draft: Draft) -> Merged | None:
        """Takes what was typed earlier. Returns the merge when the ticket has changed since, for the person to see.

        The values of clashing fields are what was typed.
        """
        values = safe_values(draft.values, self.values)
        base = safe_values(draft.base, self.base)
        if self.is_new or base == self.base:
            self.values = values
            return None
        merged = merge(base, self.base, values)
        self.values, self._clashes = dict(merged.values), merged.clashes
        return merged
