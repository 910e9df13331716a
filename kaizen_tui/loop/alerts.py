"""Alerts into tickets: one draft for each fingerprint, never two, and a note where an alert ends or comes back."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from kaizen_tui.core.alert import Alert, Payload, told
from kaizen_tui.core.alert_ticket import (
    LABEL,
    MAX_PART,
    AlertTicket,
    draft_of,
    former_of,
    home_of,
    note_words,
)
from kaizen_tui.core.errors import NotFoundError, StoreError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.ids import is_component_id
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.times import format_epoch
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.glance import log_lines
from kaizen_tui.loop.plan import NewTicket, alert_mark, new_ticket
from kaizen_tui.store.alert_tickets import AlertTickets
from kaizen_tui.store.reading import read_component_file, read_ticket_file
from kaizen_tui.store.records import NewEvent
from kaizen_tui.store.yaml_reader import YamlProblems

Act = Literal["created", "known", "noted", "ended", "ignored", "unplaced", "failed"]


class Outcome(NamedTuple):
    """What became of one alert. All texts are hostile: escape on output.

    act:      created (a ticket), known (it has one already), noted (on its ticket: resolved, or firing again),
              ended (its ticket ended while it fired, and it still does), ignored (nothing to be done),
              unplaced (no component: nothing was made), failed (a file that it needs is wrong: nothing was made).
    ticket:   the id, or "". why: in words, "" where the act says it all. hint: what to do, or "".
    warnings: what a person should look at.
    """

    alert: Alert
    act: Act
    ticket: str = ""
    component: str = ""
    why: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()


class _KnownError(Exception):
    """Somebody else made the ticket meanwhile."""

    def __init__(self, ticket: AlertTicket) -> None:
        super().__init__(ticket.id)
        self.ticket = ticket


class _HiddenError(StoreError):
    """The alert's ticket is there, but does not load."""


def plan_from_alerts(session: Session, payload: Payload, default: str | None = None) -> Iterator[Outcome]:
    """Does what each alert calls for, one after the other, and tells of it when it is on disk.

    default: the component of alerts whose label names none of the registry.
    Raises StoreError at an alert that cannot be written down, as then the next ones cannot; those told of are done,
    and doing all of them again makes nothing twice.
    """
    tickets = AlertTickets(session.workspace)
    places = _Places(session, default)
    for alert in payload.alerts:
        try:
            yield _one(session, alert, tickets, places, payload.url)
        except YamlProblems as error:
            first = error.problems[0]
            yield Outcome(alert, "failed", why=f"{first.where}: {first.message}", hint=first.hint)
        except _HiddenError as error:
            yield Outcome(alert, "failed", why=error.what, hint=error.hint)


def _one(session: Session, alert: Alert, tickets: AlertTickets, places: "_Places", sender: str) -> Outcome:
    known = tickets.of(alert.fingerprint)
    home = home_of(alert, known)
    if alert.state == "silenced":
        return Outcome(alert, "ignored", home.id if home else "", why="silenced")
    if alert.state == "resolved":
        home = home or (known[-1] if known else None)
        if home is None:
            return Outcome(alert, "ignored", why="resolved, and it has no ticket")
        return _noted(session, alert, home)
    if home is None and known and _is_same_firing(session, alert, known[-1]):
        home = known[-1]
    if home is not None:
        return _at_home(session, alert, home)
    component, why, hint = places.of(alert)
    if component is None:
        return Outcome(alert, "unplaced", why=why, hint=hint)
    return _created(session, alert, component, tickets, sender)


def _created(session: Session, alert: Alert, component: ComponentFields, tickets: AlertTickets, sender: str) -> Outcome:
    draft = draft_of(alert, component, former_of(tickets.of(alert.fingerprint)), sender)
    new = NewTicket(
        draft.title,
        component.id,
        severity=draft.severity,
        objective=draft.objective,
        success_criteria=draft.success,
        abort_criteria=draft.abort,
        labels=(LABEL,),
        links=draft.links,
        alert=draft.mark,
    )

    def unless() -> None:
        tickets.look_again()
        home = home_of(alert, tickets.of(alert.fingerprint))
        if home is not None:
            raise _KnownError(home)
        broken = tickets.unreadable_with(alert.fingerprint)
        if broken:
            why = f"{broken} holds its fingerprint and can't be read"
            raise _HiddenError(why, hint=f"mend it: `kaizen lint {broken}`")

    try:
        made = new_ticket(session, new, unless=unless)
    except _KnownError as found:
        return _at_home(session, alert, found.ticket)
    tickets.look_again()
    return Outcome(alert, "created", made.id, component.id, warnings=(*draft.doubts, *made.warnings))


def _at_home(session: Session, alert: Alert, home: AlertTicket) -> Outcome:
    """A firing alert that has its ticket."""
    if home.ended:
        why = f"{home.id} is {home.status}, and the alert that it was about still fires"
        return Outcome(alert, "ended", home.id, why=why, hint="its next firing makes a new ticket")
    return _noted(session, alert, home)


def _noted(session: Session, alert: Alert, home: AlertTicket) -> Outcome:
    """The end of a firing, or its coming back, in the ticket's log: once. Most alerts are told again without news:
    for them nobody waits for the lock."""
    mark = alert_mark(alert.fingerprint, alert.state, format_epoch(alert.starts))
    known = Outcome(alert, "known", home.id)
    lines = log_lines(session.workspace, home.id)
    if not _is_news(mark, ((line.entry or {}).get("alert") for line in lines)):
        return known
    with opened(session, home.id) as tx:
        if not _is_news(mark, (entry.fields.get("alert") for entry in tx.log.entries if isinstance(entry, LogEntry))):
            return known
        event = NewEvent(session.actor, "comment", {"text": note_words(alert), "alert": mark})
        tx.commit(data=None, events=[event], at=session.now())
    return Outcome(alert, "noted", home.id, why="resolved" if alert.state == "resolved" else "fires again")


def _is_news(mark: dict[str, str], noted: Iterable[object]) -> bool:
    """Whether the log, which has these marks, should say so. A firing is no news unless one ended since."""
    own = [found for found in noted if isinstance(found, dict) and found.get("fingerprint") == mark["fingerprint"]]
    if mark["state"] == "resolved":
        return mark not in own
    ended = any(found.get("state") == "resolved" for found in own)
    return ended and all(found.get("starts_at") != mark["starts_at"] for found in own)


def _is_same_firing(session: Session, alert: Alert, ended: AlertTicket) -> bool:
    """Whether an ended ticket was made from this very firing: where clocks differ, its times don't say so."""
    mark = read_ticket_file(session.workspace, ended.id).fields.alert
    return mark is not None and mark.starts_at == format_epoch(alert.starts)


class _Places:
    """Finds the component of an alert; each is read once."""

    def __init__(self, session: Session, default: str | None) -> None:
        self._session = session
        self._default = default
        self._read: dict[str, ComponentFields | None] = {}

    def of(self, alert: Alert) -> tuple[ComponentFields | None, str, str]:
        """The component; where there is none, why, and what to do. Raises StoreError."""
        named = alert.labels.get("component", "")
        found = self._component(named)
        if found is None and self._default is not None:
            found = self._component(self._default)
        if found is not None:
            return found, "", ""
        if not named:
            why = "it has no label `component`"
        else:
            why = f"its label `component` is `{told(named, MAX_PART)}`, which is no component of the registry"
        return None, why, "add the label to its rule, or give a default: --component ID"

    def _component(self, component_id: str) -> ComponentFields | None:
        if not is_component_id(component_id):
            return None
        if component_id not in self._read:
            try:
                self._read[component_id] = read_component_file(self._session.workspace, component_id).fields
            except NotFoundError:
                self._read[component_id] = None
        return self._read[component_id]
