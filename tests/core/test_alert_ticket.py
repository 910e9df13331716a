"""Where an alert belongs, and what its ticket says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.alert import Alert
from kaizen_tui.core.alert_ticket import AlertTicket, draft_of, former_of, home_of, severity_of
from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.states import SEVERITIES

LATENCY = MetricFields("p95_latency_ms", 10, 15)
RATE = MetricFields("broadcast_rate", 200, 150, unit="messages per fortnight")
PLAIN = MetricFields("queue", 7)


def component(*metrics: MetricFields, tier: int = 0) -> ComponentFields:
    return ComponentFields("pcc-main", "PCC", tier, "team", metrics, "", "", ())


def alert(starts: int = 100, annotations: dict[str, str] | None = None, url: str = "", **labels: str) -> Alert:
    return Alert("f1", "firing", {"alertname": "Slow", **labels}, annotations or {}, starts, url=url)


def ticket(number: int, status: str = "draft", since: int = 0) -> AlertTicket:
    return AlertTicket(f"KAIZ-{number:03d}", number, status, since)


@pytest.mark.parametrize(
    ("tickets", "starts", "home"),
    [
        ([], 100, None),
        ([ticket(1)], 100, "KAIZ-001"),
        ([ticket(1, "complete", 150)], 100, "KAIZ-001"),  # it fired before its ticket ended
        ([ticket(1, "complete", 100)], 100, "KAIZ-001"),
        ([ticket(1, "complete", 99)], 100, None),  # it fires anew
        ([ticket(1, "aborted", 99)], 100, None),
        ([ticket(2), ticket(1, "complete", 50)], 100, "KAIZ-002"),
        ([ticket(2), ticket(1, "complete", 50)], 40, "KAIZ-001"),  # late news of the first firing
        ([ticket(3), ticket(2)], 100, "KAIZ-002"),  # doubled by a merge of two branches
    ],
)
def test_a_firing_belongs_to_the_ticket_that_was_open_when_it_began(
    tickets: list[AlertTicket], starts: int, home: str | None
) -> None:
    found = home_of(alert(starts), tickets)
    assert (found.id if found else None) == home


def test_the_former_ticket_is_the_last_one() -> None:
    assert former_of([]) == ""
    assert former_of([ticket(2, "aborted"), ticket(10, "complete"), ticket(3)]) == "KAIZ-010"


@pytest.mark.parametrize(
    ("word", "tier", "severity"),
    [
        ("page", 0, "critical"), ("page", 1, "high"), ("page", 3, "high"), ("ticket", 0, "medium"),
        ("PAGE ", 0, "critical"), ("critical", 3, "critical"), ("warning", 0, "medium"), ("low", 0, "low"),
        ("info", 1, "low"), ("", 0, "medium"), ("P1", 0, "medium"),
    ],
)  # fmt: skip
def test_severities(word: str, tier: int, severity: str) -> None:
    assert severity_of(word, tier) == severity


@given(st.text(), st.integers(-1, 5))
def test_every_word_is_some_severity(word: str, tier: int) -> None:
    assert severity_of(word, tier) in SEVERITIES


def test_the_slo_gives_title_criteria_and_target() -> None:
    said = draft_of(
        alert(slo="p95_latency_ms", severity="page", annotations={"summary": "p95 is slow."}),
        component(LATENCY, RATE),
        former="KAIZ-007",
    )
    assert said.title == "Bring p95_latency_ms of pcc-main back within its target"
    assert (said.success, said.abort) == (("p95_latency_ms <= 10 ms",), ("p95_latency_ms > 15 ms",))
    assert said.objective == "p95 is slow; the target is at most 10 ms; it fired before: KAIZ-007."
    assert said.severity == "critical"
    assert said.mark == ("f1", "Slow", "1970-01-01T00:01:40Z", "KAIZ-007")
    assert said.doubts == ()


def test_without_a_metric_of_the_slo_all_metrics_give_criteria() -> None:
    said = draft_of(alert(slo="p95_latncy"), component(LATENCY, RATE, PLAIN))
    assert said.title == "Slow on pcc-main"
    assert said.success == ("p95_latency_ms <= 10 ms", "broadcast_rate >= 200", "queue <= 7")
    assert said.abort == ("p95_latency_ms > 15 ms", "broadcast_rate < 150")
    assert said.objective == "Slow fires."
    assert said.doubts == ("pcc-main has no metric `p95_latncy`, which the label `slo` names",)
    readings = [read_criterion(text, (LATENCY, RATE, PLAIN)).kind for text in (*said.success, *said.abort)]
    assert readings == ["automatic"] * 5


def test_a_component_without_metrics_gives_none() -> None:
    said = draft_of(alert(), component())
    assert (said.success, said.abort) == ((), ())
    assert said.doubts == ("pcc-main has no metrics to take criteria from",)


def test_only_addresses_become_links() -> None:
    annotations = {"dashboard": "javascript:alert(1)", "dashboard_url": "https://g/d", "runbook_url": "http://r b"}
    said = draft_of(alert(annotations=annotations, url="http://prom/"), component(), sender="http://am")
    assert said.links == (("alert", "http://prom/"), ("dashboard", "https://g/d"), ("alertmanager", "http://am"))


def test_hostile_and_endless_words_become_one_short_line() -> None:
    said = draft_of(alert(annotations={"summary": "a\n\x1b[31m\u202eb " + "x" * 100_000}), component(LATENCY))
    assert said.objective.startswith("a \\x1b[31m\\u202eb xxx")
    assert len(said.objective) < 700


def test_a_metric_without_data_is_not_said_to_miss_its_target() -> None:
    silent = alert(slo="p95_latency_ms", alertname="KaizenNoData")
    assert draft_of(silent, component(LATENCY)).title == "Measure p95_latency_ms of pcc-main again"
