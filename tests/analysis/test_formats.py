"""The outputs of benchmarks: each tool's real file read as measurements, and whatever else stands there refused."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.analysis.formats import READERS, guess_format, measurements
from kaizen_tui.analysis.formats.measurement import Measurement, direction_for, metric_name
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.evaluation import BENCHMARK_FORMATS
from kaizen_tui.core.fields import is_metric_name

OUTPUTS = Path(__file__).parent / "outputs"


def output(name: str) -> bytes:
    """What a tool wrote. k6's is after its documentation, the others were made by the tools."""
    return (OUTPUTS / f"{name}.json").read_bytes()


def read(form: str, data: object) -> dict[str, Measurement]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {item.name: item for item in measurements(raw, form, "out.json")}


def by_default(found: dict[str, Measurement]) -> dict[str, float]:
    return {name: item.value for name, item in found.items() if item.by_default}


def test_every_format_of_the_settings_has_a_reader() -> None:
    assert set(READERS) == set(BENCHMARK_FORMATS)


@pytest.mark.parametrize(
    ("name", "form"),
    [("pytest-benchmark", "pytest-benchmark"), ("hyperfine", "hyperfine"), ("pyperf", "pyperf"),
     ("pyperf-timeit", "pyperf"), ("k6", "k6"), ("locust", "locust"), ("autocannon", "autocannon")],
)  # fmt: skip
def test_a_file_says_itself_of_which_tool_it_is(name: str, form: str) -> None:
    assert guess_format(output(name), name) == form


def test_json() -> None:
    found = read("json", {"p95_latency_ms": 9.5, "msgs": {"value": 210, "unit": "/s"}, "x": {"value": 1}})
    assert found["p95_latency_ms"] == Measurement("p95_latency_ms", 9.5, "ms", "lower")
    assert found["msgs"] == Measurement("msgs", 210.0, "/s", "higher")
    assert found["x"].direction == "lower"
    assert read("json", {"score": {"value": 1, "direction": "higher"}})["score"].direction == "higher"


def test_json_as_the_last_of_several_lines() -> None:
    assert read("json", b'warming up\n{not it}\n{"a_s": 2}\n')["a_s"].value == 2.0


def test_pytest_benchmark() -> None:
    found = read("pytest-benchmark", output("pytest-benchmark"))
    assert by_default(found) == {"test_sum_s": 1.2818999948649434e-05, "test_sort_s": 2.253000275231898e-06}
    assert found["test_sum_s"].unit == "s"
    assert len(found["test_sum_s"].runs) == 6


def test_hyperfine() -> None:
    found = read("hyperfine", output("hyperfine"))
    assert found["sleep_0.01_s"].value == pytest.approx(0.01127, rel=1e-3)
    assert len(found["sleep_0.01_s"].runs) == 5
    assert found["sleep_0.01_cpu_s"].value == pytest.approx(0.001186, rel=1e-3)


def test_a_command_that_failed_is_no_measurement() -> None:
    data = json.loads(output("hyperfine"))
    data["results"][0]["exit_codes"][2] = 1
    with pytest.raises(StoreError, match="failed in some of its runs"):
        read("hyperfine", data)


def test_pyperf() -> None:
    found = read("pyperf", output("pyperf"))
    assert by_default(found) == {"sum_s": pytest.approx(1.1969e-05, rel=1e-3), "sort_s": pytest.approx(5.418e-06, 1e-3)}
    assert len(found["sum_s"].runs) == 6  # two processes of three values; the run that calibrates has none
    assert list(read("pyperf", output("pyperf-timeit"))) == ["timeit_s"]


def test_k6() -> None:
    found = read("k6", output("k6"))
    assert by_default(found) == {
        "http_req_duration_p50_ms": 9.82,
        "http_req_duration_p95_ms": 31.2,
        "requests_per_s": 49.93,
        "failures_pct": pytest.approx(0.1996, rel=1e-3),
        "cart_total_ms_p50_ms": 40.1,
        "cart_total_ms_p95_ms": 55.5,
        "cache_hits": pytest.approx(0.5988, rel=1e-3),
    }
    assert found["http_req_waiting_p90_ms"].value == 24.0  # can be picked
    assert found["cache_hits"].direction == "higher"
    assert found["requests_per_s"].direction == "higher"


def test_k6_as_its_script_gets_the_summary() -> None:
    plain = json.loads(output("k6"))
    values = {
        "metrics": {name: {"type": "x", "contains": "time", "values": item} for name, item in plain["metrics"].items()},
        "state": {},
    }
    assert read("k6", values) == read("k6", plain)


def test_locust() -> None:
    found = read("locust", output("locust"))
    assert by_default(found) == {
        "latency_p50_ms": 3.0,
        "latency_p95_ms": 5.0,
        "requests_per_s": pytest.approx(914.73, rel=1e-3),
        "failures_pct": pytest.approx(49.28, rel=1e-3),
    }
    assert found["GET_nope_failures_pct"].value == 100.0
    assert found["GET_pb.json_p95_ms"].value == 6.0


def test_autocannon() -> None:
    found = read("autocannon", output("autocannon"))
    assert by_default(found) == {
        "latency_p50_ms": 583.0,
        "latency_p97.5_ms": 794.0,
        "requests_per_s": 789.5,
        "failures_pct": 0.0,
    }
    data = json.loads(output("autocannon"))
    data.update(errors=1579, timeouts=1579)  # timeouts are errors, and answers are not among them
    assert read("autocannon", data)["failures_pct"].value == 50.0


def test_two_names_that_come_to_the_same_are_told_apart() -> None:
    one = {"name": "test_a", "stats": {"median": 1.0}}
    found = read(
        "pytest-benchmark", {"benchmarks": [{**one, "fullname": "x.py::test_a"}, {**one, "fullname": "y.py::a"}]}
    )
    assert len(found) == 2
    assert all(name.startswith("test_a_s_") for name in found)


def test_the_same_twice_is_an_error() -> None:
    one = {"name": "test_a", "fullname": "x.py::test_a", "stats": {"median": 1.0}}
    with pytest.raises(StoreError, match="twice"):
        read("pytest-benchmark", {"benchmarks": [one, one]})


WRONG: list[tuple[str, Any, str]] = [
    ("json", b"", "no results were written"),
    ("json", b"\xff\xfe", "not UTF-8"),
    ("json", b'{"a": NaN}', "NaN is no number"),
    ("json", b'{"a": 1e999}', "no finite number"),
    ("json", b'{"a": -1e308}', "is no measurement: -1e+308"),
    ("json", b'{"a": 1e-308}', "is no measurement"),
    ("json", b'{"a": 1, "a": 2}', "stands twice"),
    ("json", b'{"a": ' + b"9" * 5000 + b"}", "integer"),
    ("json", b"[" * 100_000, "nested too deeply"),
    ("json", {"a": True}, "must be a number"),
    ("json", {"a": "1"}, "must be a number, not text"),
    ("json", {"a\x1b[2J": 1}, "is no name of a metric"),
    ("json", {"a": {"value": 1, "units": "ms"}}, "unknown key `units`"),
    ("json", {"a": {"value": 1, "direction": "up"}}, "must be lower or higher"),
    ("json", {}, "no measurements"),
    ("json", {f"m{nth}": 1 for nth in range(3000)}, "more than 2,000"),
    ("json", [1], "must be an object"),
    ("pytest-benchmark", {"benchmarks": [{"name": "a", "stats": {"median": -1}}]}, "negative"),
    ("pytest-benchmark", {"benchmarks": {}}, "must be a list"),
    ("hyperfine", {"results": [{"command": "x", "times": [], "user": 0, "system": 0}]}, "is empty"),
    ("pyperf", {"benchmarks": [{"runs": [{"warmups": []}]}]}, "only calibrated"),
    ("k6", {"metrics": {}}, "no measurements"),
    ("locust", [{"name": "/", "method": "GET", "num_requests": 1, "num_failures": 0, "start_time": 0,
                 "response_times": {"soon": 1}}], "no time in milliseconds"),
    ("autocannon", {"latency": {}}, "has no `requests`"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "data", "says"), WRONG)
def test_what_is_wrong_is_said_with_its_place(form: str, data: Any, says: str) -> None:
    with pytest.raises(StoreError) as error:
        read(form, data)
    assert says in error.value.what
    assert error.value.where.startswith("out.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.sampled_from(sorted(READERS)), JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_garbage_is_refused_in_words(form: str, data: bytes) -> None:
    check(form, data)


@given(st.data(), st.sampled_from(sorted(path.stem for path in OUTPUTS.glob("*.json"))))
def test_a_damaged_file_of_a_tool_is_read_or_refused(draw: st.DataObject, name: str) -> None:
    document = json.loads(output(name))
    place: Any = document
    while True:  # to some place in the document, whose value is replaced by another
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = draw.draw(st.sampled_from(list(keys)))
        if isinstance(place[key], dict | list) and place[key] and draw.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw.draw(JSON)
        break
    check(name.removesuffix("-timeit"), json.dumps(document).encode())


def check(form: str, data: bytes) -> None:
    """Read as good measurements, or refused with a StoreError."""
    try:
        found = measurements(data, form, "out.json")
    except StoreError:
        return
    assert found
    assert len({item.name for item in found}) == len(found)
    for item in found:
        assert is_metric_name(item.name)
        assert math.isfinite(item.value)


@given(st.text())
def test_any_text_becomes_a_metrics_name(text: str) -> None:
    assert is_metric_name(metric_name(text, "s"))


@pytest.mark.parametrize(
    ("name", "unit", "direction"),
    [
        ("p95_latency_ms", "", "lower"),
        ("error_rate", "", "lower"),
        ("cache_miss_rate", "", "lower"),
        ("message_broadcast_rate", "", "higher"),
        ("throughput", "", "higher"),
        ("speed", "MB/s", "higher"),
        ("speed", "req/s", "higher"),
        ("requests_per_s", "", "higher"),
        ("dropped_per_s", "", "lower"),
        ("memory_mb", "", "lower"),
        ("duration_rating", "", "lower"),
    ],
)
def test_which_way_is_better(name: str, unit: str, direction: str) -> None:
    assert direction_for(name, unit) == direction
