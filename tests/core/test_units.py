"""Numbers and units as people write them, strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.units import (
    UNITS,
    convert,
    is_ambiguous,
    is_known,
    parse_duration,
    parse_fraction,
    parse_integer,
    parse_number,
    parse_size,
    unit_of_name,
)


@pytest.mark.parametrize(
    ("text", "value"), [("10", 10), ("-0.5", -0.5), ("+3", 3), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1E-3", 0.001)]
)
def test_number(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1_000", "inf", "nan", "-inf", "1e999", "0x10", "1,5", "١", "1\n", "--1", "e5", "."]
)
def test_no_number(text: str) -> None:
    with pytest.raises(ValueError):
        parse_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_back(value: float) -> None:
    assert parse_number(repr(value)) == value


@pytest.mark.parametrize("text", ["", "0755", "1.0", "1_0", "٣", "1e3", "-", "9" * 19, " 1", "1\n"])
def test_no_whole_number(text: str) -> None:
    with pytest.raises(ValueError):
        parse_integer(text)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_whole_number_is_read_back(value: int) -> None:
    assert parse_integer(str(value)) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3s", 3), ("15 s", 15), ("10min", 600), ("10m", 600), ("1h", 3600), ("30d", 2592000), ("2w", 1209600),
     ("500ms", 0.5), ("1.5h", 5400), ("0s", 0)],
)  # fmt: skip
def test_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "3", "s", "3S", "-3s", "3 s s", "1e308d", "3y", "1h30min", "inf s"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "size"), [("512MiB", 536870912), ("200MB", 200_000_000), ("64kB", 64000), ("1B", 1)])
def test_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["512", "", "5s", "-1MB", "1XB", "1e999MB", "MB"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("100 %", 1), ("1", 1), ("0", 0), ("1%", 0.01)]
)
def test_share(text: str, share: float) -> None:
    assert parse_fraction(text) == share


@pytest.mark.parametrize("text", ["5", "101%", "-1%", "", "x", "5 percent", "5ms"])
def test_no_share(text: str) -> None:
    with pytest.raises(ValueError, match="share"):
        parse_fraction(text)


@pytest.mark.parametrize(
    ("value", "unit", "into", "result"),
    [(10, "ms", "s", 0.01), (0.3, "s", "ms", 300), (1, "GB", "MB", 1000), (1, "GiB", "MiB", 1024),
     (5, "%", "ratio", 0.05), (0.05, "ratio", "pct", 5), (60, "rpm", "rps", 1),
     (8, "Mbit/s", "MB/s", 1), (3, "requests", "requests", 3),
     (1, "s", "MB", None), (1, "cores", "requests", None), (1, "ms", "requests", None), (200, "Hz", "/s", 200),
     (7, "µs", "us", 7)],
)  # fmt: skip
def test_convert(value: float, unit: str, into: str, result: float | None) -> None:
    assert convert(value, unit, into) == (None if result is None else pytest.approx(result, rel=1e-12))


@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.floats(-1e6, 1e6))
def test_there_and_back(one: str, other: str, value: float) -> None:
    there = convert(value, one, other)
    assert (there is None) == (UNITS[one][0] != UNITS[other][0])
    if there is not None:
        assert convert(there, other, one) == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("p95_latency_ms", "ms"), ("drop_rate_pct", "%"), ("memory_usage_mb", "MB"), ("error_ratio", "ratio"),
     ("lag_seconds", "s"), ("cpu_seconds_total", "s"), ("requests_per_second", "/s"), ("message_broadcast_rate", ""),
     ("latency_min", ""), ("ms", ""), ("items", ""), ("size_bytes", "B"), ("startup_s", "s"), ("checkout_rps", "rps")],
)  # fmt: skip
def test_unit_of_a_name(name: str, unit: str) -> None:
    assert unit_of_name(name) == unit
    assert not unit or is_known(unit)


def test_megabits_and_megabytes_are_not_confused() -> None:
    assert is_ambiguous("Mb")
    assert not is_known("Mb")
    assert not is_ambiguous("MB")
    assert is_known("mb")
