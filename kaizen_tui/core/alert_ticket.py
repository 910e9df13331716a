"""What becomes of an alert: which ticket it belongs to, and what a new one says. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from kaizen_tui.core.alert import Alert, told, web_address
from kaizen_tui.core.fields import DEFAULT_SEVERITY, ComponentFields, MetricFields, TicketAlert
from kaizen_tui.core.metric_words import abort_of, bring_back, by_tier, success_of, target_words
from kaizen_tui.core.states import FINAL, SEVERITIES
from kaizen_tui.core.times import format_epoch

LABEL = "alert"  # of every ticket that an alert made
NO_DATA = "KaizenNoData"  # the alert that `kaizen export rules` writes for a metric without data
MAX_SUMMARY = 600  # characters
MAX_PART = 60
PAGE = ("critical", "high", "high", "high")  # by the component's tier, 0 to 3
_SEVERITY = {"error": "high", "ticket": "medium", "warning": "medium", "info": "low", "none": "low"}
# Link of the ticket -> the annotations in which the field keeps it.
_LINKS = {
    "dashboard": ("dashboard", "dashboard_url", "dashboardURL", "grafana_url"),
    "runbook": ("runbook_url", "runbook", "runbookURL"),
}


class AlertTicket(NamedTuple):
    """A ticket that an alert made. since: when it entered its status, epoch seconds."""

    id: str
    number: int
    status: str
    since: int

    @property
    def ended(self) -> bool:
        return self.status in FINAL


class Draft(NamedTuple):
    """What a new ticket says. doubts: what could not be filled in, in words."""

    title: str
    severity: str
    objective: str
    success: tuple[str, ...]
    abort: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    mark: TicketAlert
    doubts: tuple[str, ...]


def home_of(alert: Alert, tickets: Sequence[AlertTicket]) -> AlertTicket | None:
    """The ticket that this firing belongs to: the oldest that was open when it began, or is open now.

    tickets: of its fingerprint. None: it calls for a new one, since all of them had ended before it began.
    """
    ordered = sorted(tickets, key=lambda ticket: ticket.number)
    return next((ticket for ticket in ordered if not ticket.ended or alert.starts <= ticket.since), None)


def former_of(tickets: Sequence[AlertTicket]) -> str:
    """The id of the last ticket of a fingerprint, "" when there was none."""
    return max(tickets, key=lambda ticket: ticket.number).id if tickets else ""


def severity_of(label: str, tier: int) -> str:
    """The ticket's severity for an alert's `severity` label; medium for a word that nobody agreed on.

    page: critical at tier 0, else high. Kaizen's own words stand for themselves.
    """
    word = label.strip().casefold()
    if word == "page":
        return by_tier(PAGE, tier)
    return word if word in SEVERITIES else _SEVERITY.get(word, DEFAULT_SEVERITY)


def draft_of(alert: Alert, component: ComponentFields, former: str = "", sender: str = "") -> Draft:
    """The ticket for an alert. former: an ended ticket of the same alert. sender: the Alertmanager's URL, or ""."""
    named = alert.labels.get("slo", "")
    about = next((metric for metric in component.metrics if metric.name == named), None)
    metrics = component.metrics if about is None else (about,)
    doubts = []
    if named and about is None:
        doubts.append(f"{component.id} has no metric `{told(named, MAX_PART)}`, which the label `slo` names")
    if not metrics:
        doubts.append(f"{component.id} has no metrics to take criteria from")
    return Draft(
        _title(alert, component.id, about),
        severity_of(alert.labels.get("severity", ""), component.tier),
        _objective(alert, about, former),
        tuple(success_of(metric) for metric in metrics),
        tuple(line for line in map(abort_of, metrics) if line is not None),
        _links(alert, sender),
        TicketAlert(alert.fingerprint, alert.name, format_epoch(alert.starts), former),
        tuple(doubts),
    )


def note_words(alert: Alert) -> str:
    """What the ticket's log says when the alert is resolved, or fires again."""
    if alert.state == "resolved":
        return f"Alert resolved: {alert.name}, firing from {format_epoch(alert.starts)} to {format_epoch(alert.ends)}"
    return f"Alert fires again: {alert.name}, since {format_epoch(alert.starts)}"


def _title(alert: Alert, component: str, about: MetricFields | None) -> str:
    if about is None:
        return f"{alert.name} on {component}"
    return f"Measure {about.name} of {component} again" if alert.name == NO_DATA else bring_back(about.name, component)


def _objective(alert: Alert, about: MetricFields | None, former: str) -> str:
    said = (told(alert.annotations.get(key, ""), MAX_SUMMARY) for key in ("summary", "description", "message"))
    parts = [next((text for text in said if text), f"{alert.name} fires").rstrip(".")]
    if about is not None:
        up = about.direction == "higher"
        parts.append(target_words(about.threshold, about.shown_unit, higher_is_better=up))
    if former:
        parts.append(f"it fired before: {former}")
    return "; ".join(parts) + "."


def _links(alert: Alert, sender: str) -> tuple[tuple[str, str], ...]:
    found = {"alert": alert.url}
    for name, keys in _LINKS.items():
        found[name] = next(filter(None, (web_address(alert.annotations.get(key, "")) for key in keys)), "")
    found["alertmanager"] = sender
    return tuple((name, url) for name, url in found.items() if url)
