"""Times as text: RFC 3339 in files, ages on the screen. Light: no datetime at import."""

import re
from functools import cache

TYPE_CHECKING = False  # importing typing costs 3 ms; mypy takes the name for what it says

if TYPE_CHECKING:
    from datetime import datetime

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?"
        r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))"
    )


def _days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, chrono-compatible date algorithms)."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def _civil_from_days(days: int) -> tuple[int, int, int]:
    days += 719468
    era = days // 146097
    doe = days - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    shifted = (5 * doy + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * shifted + 2) // 5 + 1


def parse_rfc3339(text: str) -> int:
    """Seconds since the epoch of an RFC 3339 time such as 2025-05-18T08:30:00Z; a fraction is cut off.

    An offset is required (RFC 3339, section 5.6). Raises ValueError for anything else and for dates that don't exist.
    """
    found = _pattern().fullmatch(text)
    if found is None:
        raise ValueError("not an RFC 3339 time such as 2025-05-18T08:30:00Z")
    year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] + leap):
        raise ValueError(f"no such date: {text[:10]}")
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"no such time of day: {text[11:19]}")
    seconds = _days_from_civil(year, month, day) * _DAY + hour * _HOUR + minute * _MINUTE + second
    if found.group(7) is None:
        offset_hour, offset_minute = int(found.group(9)), int(found.group(10))
        if offset_hour > 23 or offset_minute > 59:
            raise ValueError(f"no such offset: {text[-6:]}")
        offset = offset_hour * _HOUR + offset_minute * _MINUTE
        seconds += offset if found.group(8) == "-" else -offset
    if second == 60 and seconds % _DAY != 0:  # a leap second ends a UTC day
        raise ValueError(f"no such time of day: {text[11:19]}")
    return seconds


def format_rfc3339(now: "datetime") -> str:
    """2025-05-18T08:30:00Z for an aware datetime (whole seconds, cut off). Raises ValueError for a naive one."""
    if now.utcoffset() is None:
        raise ValueError("a time without a time zone")
    utc = now.utctimetuple()
    return f"{utc.tm_year:04d}-{utc.tm_mon:02d}-{utc.tm_mday:02d}T{utc.tm_hour:02d}:{utc.tm_min:02d}:{utc.tm_sec:02d}Z"


def format_epoch(seconds: int) -> str:
    """2025-05-18T08:30:00Z for seconds since the epoch. Raises ValueError outside the years 0..9999."""
    days, rest = divmod(seconds, _DAY)
    year, month, day = _civil_from_days(days)
    if not 0 <= year <= 9999:
        raise ValueError(f"no RFC 3339 time has the year {year}")
    return f"{year:04d}-{month:02d}-{day:02d}T{rest // _HOUR:02d}:{rest % _HOUR // _MINUTE:02d}:{rest % _MINUTE:02d}Z"


def age(seconds: int) -> str:
    """A span as a person says it, in one unit, cut off: "4 s", "5 min", "3 h", "2 d". A negative one is "0 s"."""
    if seconds < _MINUTE:
        return f"{max(seconds, 0)} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} d"
