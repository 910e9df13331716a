"""RFC 3339 in and out agrees with the standard library."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.times import age, format_epoch, format_rfc3339, parse_rfc3339

MOMENTS = st.datetimes(
    datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))  # noqa: DTZ001, E501
)  # fmt: skip


@given(MOMENTS)
def test_parse_agrees_with_datetime(moment: datetime) -> None:
    assert parse_rfc3339(moment.isoformat()) == int(
        (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    ) or (
        moment.microsecond  # a fraction is cut off towards the past second written, also before 1970
        and parse_rfc3339(moment.replace(microsecond=0).isoformat()) == parse_rfc3339(moment.isoformat())
    )


@given(MOMENTS)
def test_format_agrees_with_datetime(moment: datetime) -> None:
    written = format_rfc3339(moment)
    assert datetime.fromisoformat(written) == moment.astimezone(UTC).replace(microsecond=0)
    assert format_epoch(parse_rfc3339(written)) == written


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_epoch_there_and_back(seconds: int) -> None:
    assert parse_rfc3339(format_epoch(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2025-05-18T08:30:00Z", 1747557000),
        ("2025-05-18t08:30:00z", 1747557000),
        ("2025-05-18 08:30:00Z", 1747557000),
        ("2025-05-18T08:30:00.999999Z", 1747557000),
        ("2025-05-18T10:30:00+02:00", 1747557000),
        ("1970-01-01T00:00:00Z", 0),
        ("2016-12-31T23:59:60Z", 1483228800),
        ("2017-01-01T05:29:60+05:30", 1483228800),
        ("2024-02-29T00:00:00Z", 1709164800),
    ],
)
def test_parse(text: str, seconds: int) -> None:
    assert parse_rfc3339(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "2025-05-18", "2025-05-18T08:30:00", "2025-05-18T08:30Z", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z",
     "2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z",
     "2025-01-01T00:00:61Z", "2025-01-01T12:00:60Z", "2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+00:60",
     "2025-01-01T00:00:00Z\n", " 2025-01-01T00:00:00Z", "٢٠٢٥-01-01T00:00:00Z", "1900-02-29T00:00:00Z", "now"],
)  # fmt: skip
def test_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)


@given(st.text(max_size=30))
def test_parse_raises_nothing_else(text: str) -> None:
    try:
        parse_rfc3339(text)
    except ValueError:
        return


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_rfc3339(datetime(2025, 1, 1))  # noqa: DTZ001


def test_an_epoch_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="year"):
        format_epoch(10**15)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86399, "23 h"),
     (86400, "1 d"), (200 * 86400, "200 d")],
)  # fmt: skip
def test_age(seconds: int, shown: str) -> None:
    assert age(seconds) == shown
