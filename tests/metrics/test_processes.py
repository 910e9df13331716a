"""Series of events, added up by process."""

from typing import NamedTuple

from kaizen_tui.core.sli import RatioSli
from kaizen_tui.metrics.processes import Counted, Part, process_names
from kaizen_tui.metrics.processes import ratio_counters as added_up
from kaizen_tui.metrics.source import Counter

SLI = RatioSli(type="ratio", bad='requests_total{code=~"5..",path!="/x"}', total="requests_total")


class Series(NamedTuple):
    part: Part
    labels: dict[str, str]
    value: float


def series(part: Part, value: float, **labels: str) -> Series:
    return Series(part, {"__name__": "requests_total", **labels}, value)


def ratio_counters(sli: RatioSli, found: list[Series]) -> tuple[Counter, ...]:
    names = process_names(sli, [one.labels for one in found])
    return added_up(sli, [Counted(one.part, name, one.value) for name, one in zip(names, found, strict=True)])


def test_status_codes_and_routes_are_no_processes() -> None:
    found = [
        series("total", 90, pod="a", code="200", route="/"),
        series("total", 10, pod="a", code="500", route="/"),
        series("total", 50, pod="b", code="200", route="/"),
        series("bad", 10, pod="a", code="500", route="/"),
    ]
    a, b = '{"pod":"a","route":"/"}', '{"pod":"b","route":"/"}'
    assert ratio_counters(SLI, found) == (
        Counter("total", a, 100),
        Counter("bad", a, 10),
        Counter("total", b, 50),
        Counter("bad", b, 0.0),
    )


def test_bad_events_with_a_reason_are_those_of_their_process() -> None:
    sli = RatioSli(type="ratio", bad="failures_total", total="requests_total")
    found = [
        series("total", 100, pod="a"),
        series("bad", 1, pod="a", reason="x"),
        series("bad", 2, pod="a", reason="y"),
    ]
    assert ratio_counters(sli, found) == (Counter("total", '{"pod":"a"}', 100), Counter("bad", '{"pod":"a"}', 3))


def test_bad_events_alone_are_nothing() -> None:
    assert ratio_counters(SLI, [series("bad", 1, pod="a", code="500")]) == ()
    assert ratio_counters(SLI, []) == ()
