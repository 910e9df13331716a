"""The checks of single fields of tickets and components: one rule, one place. Light.

The quick reader of `kaizen list` uses them as they are; the pydantic models are built from what they return.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple

from kaizen_tui.core.checker import Checker as Checker
from kaizen_tui.core.checker import FieldError as FieldError
from kaizen_tui.core.checker import FieldErrors as FieldErrors
from kaizen_tui.core.checker import Path as Path
from kaizen_tui.core.ids import did_you_mean, is_component_id, is_ticket_id
from kaizen_tui.core.states import SEVERITIES, STATUSES, TIERS
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.core.units import parse_duration, unit_of_name
from kaizen_tui.core.values import Value, kind_of, quoted

TICKET_KEYS = (
    "id", "title", "component", "owner", "severity", "objective", "success_criteria", "abort_criteria",
    "rollback_plan", "links", "status", "created_at", "updated_at", "uid", "labels", "alert", "evaluation", "rollout",
)  # fmt: skip
COMPONENT_KEYS = (
    "id", "name", "tier", "owner", "description", "links", "slo", "selector", "versions", "rollback_plan",
    "evaluation", "rollout", "generator",
)  # fmt: skip
METRIC_KEYS = ("name", "threshold", "abort_threshold", "unit", "description", "query", "sli", "objective", "window")
DEFAULT_SEVERITY = "medium"
DEFAULT_WINDOW = "30d"


# How a metric is measured: "latency" is a quantile, "slower" the share above a threshold, "query" is PromQL as written,
# "" where the file doesn't say.
SliKind = Literal["", "ratio", "latency", "slower", "gauge", "rate", "query"]


class TicketAlert(NamedTuple):
    """The alert that a ticket was made from. Texts are as in the file; "" where it doesn't say.

    fingerprint: Alertmanager's, the same whenever an alert with these labels fires. name: its alertname.
    starts_at: RFC 3339, since when it fired. former: the ticket of an earlier firing, which had ended by then.
    """

    fingerprint: str
    name: str = ""
    starts_at: str = ""
    former: str = ""


class TicketFields(NamedTuple):
    """A ticket's fields, checked. Texts are as in the file; "" and () where the file doesn't say.

    created_at, updated_at: RFC 3339. unknown: the names of keys that the format doesn't know (kept in the file).
    """

    id: str
    title: str
    component: str
    owner: str
    severity: str
    objective: str
    success_criteria: tuple[str, ...]
    abort_criteria: tuple[str, ...]
    rollback_plan: str
    links: tuple[tuple[str, str], ...]
    status: str
    created_at: str
    updated_at: str
    uid: str
    labels: tuple[str, ...]
    unknown: tuple[str, ...]
    alert: TicketAlert | None = None


class MetricFields(NamedTuple):
    """A component's metric, checked.

    threshold: the target. abort_threshold: roll back beyond it. unit: as the file says, or "".
    has_source: the file says where its numbers come from. objective: percent of good events. window: such as 30d, the
    span of the error budget ("" without an objective). kind: the type of its SLI, as SliKind says. quantile: of a
    latency that is read as one.
    """

    name: str
    threshold: float
    abort_threshold: float | None = None
    unit: str = ""
    description: str = ""
    has_source: bool = False
    objective: float | None = None
    window: str = ""
    kind: SliKind = ""
    quantile: float | None = None

    @property
    def direction(self) -> str:
        """ "lower" or "higher": which way is better; see direction_of."""
        return direction_of(self.threshold, self.abort_threshold)

    @property
    def shown_unit(self) -> str:
        """The unit that the file gives, else the one that the name says (`_ms`, `_pct`), else ""."""
        return self.unit or unit_of_name(self.name)


class ComponentFields(NamedTuple):
    """A component's fields, checked. Texts are as in the file; name is the id where the file gives none.

    versioned: the file says how its two versions are told apart. generator: which one of config.yml proposes changes.
    """

    id: str
    name: str
    tier: int
    owner: str
    metrics: tuple[MetricFields, ...]
    rollback_plan: str
    description: str
    unknown: tuple[str, ...]
    versioned: bool = False
    generator: str = ""


def direction_of(threshold: float, abort_threshold: float | None) -> str:
    """Which way is better: "higher" when the abort threshold lies below the target, else "lower".

    Without an abort threshold, or with one equal to the target, the two say nothing; "lower" (latency, errors,
    memory) is then the rule, and `kaizen lint` can point it out.
    """
    return "higher" if abort_threshold is not None and abort_threshold < threshold else "lower"


@cache
def _metric_name() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,126}")


@cache
def _uid() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z0-9._-]{1,64}")


@cache
def _fingerprint() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z0-9._:-]{1,64}")


def is_fingerprint(text: str) -> bool:
    """True for what can be an alert's fingerprint: 1-64 of A-Z a-z 0-9 . _ : -"""
    return _fingerprint().fullmatch(text) is not None


def is_metric_name(text: str) -> bool:
    """True for what may stand on the left of a criterion: a letter or _, then letters, digits, _ . : -"""
    return _metric_name().fullmatch(text) is not None


def check_status(text: str) -> str:
    """`text` when it is a status; else FieldError with the nearest one."""
    if text not in STATUSES:
        raise FieldError(("status",), f"{quoted(text)} is no status", did_you_mean(text, STATUSES))
    return text


def check_severity(text: str) -> str:
    """`text` when it is a severity; else FieldError with the nearest one."""
    if text not in SEVERITIES:
        raise FieldError(("severity",), f"{quoted(text)} is no severity", did_you_mean(text, SEVERITIES))
    return text


def check_component_id(text: str) -> str:
    """`text` when it is a component's id; else FieldError."""
    if not is_component_id(text):
        raise FieldError(("component",), f"{quoted(text)} is no component id", "use a-z 0-9 . _ - as in `pcc-main`")
    return text


def check_time(text: str, key: str) -> str:
    """`text` when it is an RFC 3339 time; else FieldError."""
    try:
        parse_rfc3339(text)
    except ValueError as error:
        hint = 'write it as "2025-05-18T08:30:00Z"'
        raise FieldError((key,), f"{key} is {quoted(text)}: {error}", hint) from None
    return text


def check_uid(text: str) -> str:
    """`text` when it can be a uid; else FieldError."""
    if _uid().fullmatch(text) is None:
        raise FieldError(("uid",), f"uid is {quoted(text)}", "use 1-64 of A-Z a-z 0-9 . _ -")
    return text


def check_tier(text: str) -> int:
    """The tier; else FieldError."""
    if text not in {str(tier) for tier in TIERS}:
        raise FieldError(("tier",), f"{quoted(text)} is no tier", "0 mission-critical, 1, 2, or 3 experimental")
    return int(text)


def _unknown(raw: Mapping[str, Value], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(key for key in raw if key not in known)


def _check_id(check: Checker, expected: str, valid: bool, what: str) -> str:
    found = check.text("id", required=True)
    if found.strip() and found != expected:
        place = "folder" if what == "ticket" else "file"
        check.wrong(("id",), f"id is {quoted(found)} but the {place} is {quoted(expected)}", "make them agree")
    elif found and not valid:
        check.wrong(("id",), f"{quoted(found)} is no {what} id")
    return found


def _check_alert(check: Checker) -> TicketAlert | None:
    found = dict(check.pairs("alert"))
    fingerprint = found.get("fingerprint", "")
    if not is_fingerprint(fingerprint):
        if isinstance(check.raw["alert"], dict):
            message = f"alert.fingerprint is {quoted(fingerprint)}" if fingerprint else "alert has no fingerprint"
            check.wrong(("alert",), message, "give 1-64 of A-Z a-z 0-9 . _ : - or remove `alert`")
        return None
    return TicketAlert(fingerprint, *(found.get(key, "") for key in TicketAlert._fields[1:]))


def check_ticket(raw: Mapping[str, Value], folder_id: str) -> TicketFields:
    """The fields of a ticket that lies in the folder `folder_id`. Raises FieldErrors naming every wrong field."""
    check = Checker(raw)
    fields = TicketFields(
        id=_check_id(check, folder_id, is_ticket_id(folder_id), "ticket"),
        title=check.text("title", required=True),
        component=check.checked("component", check_component_id, required=True),
        owner=check.text("owner"),
        severity=check.checked("severity", check_severity, default=DEFAULT_SEVERITY),
        objective=check.text("objective"),
        success_criteria=check.texts("success_criteria"),
        abort_criteria=check.texts("abort_criteria"),
        rollback_plan=check.text("rollback_plan"),
        links=check.pairs("links"),
        status=check.checked("status", check_status, required=True),
        created_at=check.checked("created_at", lambda text: check_time(text, "created_at")),
        updated_at=check.checked("updated_at", lambda text: check_time(text, "updated_at")),
        uid=check.checked("uid", check_uid),
        labels=check.texts("labels"),
        unknown=_unknown(raw, TICKET_KEYS),
        alert=_check_alert(check) if raw.get("alert") is not None else None,
    )
    for key in ("evaluation", "rollout"):
        check.mapping(key)
    check.finish()
    return fields


def _check_window(text: str) -> str:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise FieldError(("window",), f"window is {quoted(text)}: {error}") from None
    if seconds <= 0:
        raise FieldError(("window",), "window must be longer than nothing")
    return text


def _check_metric(raw: Value, at: Path, errors: list[FieldError]) -> MetricFields:
    if not isinstance(raw, dict):
        errors.append(FieldError(at, f"a metric must be a mapping, not {kind_of(raw)}", "begin with `- name: …`"))
        return MetricFields("", 0.0)
    check = Checker(raw, at, errors)
    name = check.text("name", required=True)
    if name and not is_metric_name(name):
        check.wrong(("name",), f"{quoted(name)} is no metric name", "use letters, digits, _ . : -, no spaces")
    query = check.text("query")
    sli = check.mapping("sli")
    if query.strip() and sli:
        check.wrong(("sli",), f"metric {quoted(name)} has both a query and an sli", "keep one of them")
    objective = check.number("objective")
    if objective is not None and not 0 < objective < 100:
        check.wrong(
            ("objective",), f"objective must lie between 0 and 100 percent, not {quoted(str(raw['objective']))}"
        )
    threshold = check.number("threshold", required=True)
    return MetricFields(
        name=name,
        threshold=0.0 if threshold is None else threshold,
        abort_threshold=check.number("abort_threshold"),
        unit=check.text("unit"),
        description=check.text("description"),
        has_source=bool(query.strip() or sli),
        objective=objective,
        window=check.checked("window", _check_window, default="" if objective is None else DEFAULT_WINDOW),
        kind=_kind(query, sli),
        quantile=_quantile(sli),
    )


def _kind(query: str, sli: Mapping[str, Value]) -> SliKind:
    """What the file says of it; what is wrong with an sli, its model says."""
    kinds: dict[str, SliKind] = {"ratio": "ratio", "gauge": "gauge", "rate": "rate"}
    named = sli.get("type")
    if named == "latency":
        return "slower" if sli.get("threshold") is not None else "latency"
    if isinstance(named, str):
        return kinds.get(named, "")
    return "query" if query.strip() else ""


def _quantile(sli: Mapping[str, Value]) -> float | None:
    try:
        found = float(str(sli.get("quantile")))
    except ValueError:
        return None
    return found if 0.0 < found < 1.0 else None


def _check_metrics(check: Checker) -> tuple[MetricFields, ...]:
    value = check.mapping("slo").get("metrics")
    if value is None:
        return ()
    if not isinstance(value, list):
        check.wrong(
            ("slo", "metrics"), f"slo.metrics must be a list, not {kind_of(value)}", "begin each with `- name:`"
        )
        return ()
    metrics = tuple(
        _check_metric(item, ("slo", "metrics", position), check.errors) for position, item in enumerate(value)
    )
    first: dict[str, int] = {}
    for position, metric in enumerate(metrics):
        if metric.name and first.setdefault(metric.name, position) != position:
            check.wrong(("slo", "metrics", position, "name"), f"a second metric named {quoted(metric.name)}")
    return metrics


def check_component(raw: Mapping[str, Value], file_id: str) -> ComponentFields:
    """The fields of a component whose file is named `file_id`.yml. Raises FieldErrors naming every wrong field."""
    check = Checker(raw)
    tier = check.checked("tier", lambda text: str(check_tier(text)), required=True)
    fields = ComponentFields(
        id=_check_id(check, file_id, is_component_id(file_id), "component"),
        name=check.text("name") or file_id,
        tier=int(tier) if tier in ("0", "1", "2", "3") else 0,
        owner=check.text("owner"),
        metrics=_check_metrics(check),
        rollback_plan=check.text("rollback_plan"),
        description=check.text("description"),
        unknown=_unknown(raw, COMPONENT_KEYS),
        versioned=isinstance(raw.get("versions"), dict),
        generator=check.text("generator"),
    )
    for key in ("links", "selector", "versions"):
        check.pairs(key)
    for key in ("evaluation", "rollout"):
        check.mapping(key)
    check.finish()
    return fields
