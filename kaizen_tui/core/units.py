"""Numbers, units, durations, sizes and percents as people write them. Light.

Every parser raises ValueError with a message that says what was expected. Digits are 0-9 only; no `1_000`, no inf,
no nan.
"""

import re
from functools import cache

# Unit (casefolded) -> (dimension, size in the dimension's base unit).
UNITS: dict[str, tuple[str, float]] = {
    "ns": ("time", 1e-9),
    "us": ("time", 1e-6),
    "µs": ("time", 1e-6),  # micro sign U+00B5 ...
    "μs": ("time", 1e-6),  # ... and Greek mu, which casefold() makes of it
    "ms": ("time", 1e-3),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "d": ("time", 86400.0),
    "b": ("bytes", 1.0),
    "kb": ("bytes", 1e3),
    "mb": ("bytes", 1e6),
    "gb": ("bytes", 1e9),
    "tb": ("bytes", 1e12),
    "kib": ("bytes", 2.0**10),
    "mib": ("bytes", 2.0**20),
    "gib": ("bytes", 2.0**30),
    "tib": ("bytes", 2.0**40),
    "%": ("fraction", 0.01),
    "ratio": ("fraction", 1.0),
    "hz": ("rate", 1.0),
    "khz": ("rate", 1e3),
    "/s": ("rate", 1.0),
    "/min": ("rate", 1 / 60),
    "b/s": ("throughput", 1.0),
    "kb/s": ("throughput", 1e3),
    "mb/s": ("throughput", 1e6),
    "gb/s": ("throughput", 1e9),
    "kib/s": ("throughput", 2.0**10),
    "mib/s": ("throughput", 2.0**20),
    "gib/s": ("throughput", 2.0**30),
    "bit/s": ("throughput", 1 / 8),
    "kbit/s": ("throughput", 1e3 / 8),
    "mbit/s": ("throughput", 1e6 / 8),
    "gbit/s": ("throughput", 1e9 / 8),
}
_ALIASES = {
    "nanoseconds": "ns",
    "microseconds": "us",
    "milliseconds": "ms",
    "millisecond": "ms",
    "msec": "ms",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
    "byte": "b",
    "bytes": "b",
    "kilobytes": "kb",
    "megabytes": "mb",
    "gigabytes": "gb",
    "kibibytes": "kib",
    "mebibytes": "mib",
    "gibibytes": "gib",
    "pct": "%",
    "percent": "%",
    "fraction": "ratio",
    "rps": "/s",
    "qps": "/s",
    "tps": "/s",
    "req/s": "/s",
    "msg/s": "/s",
    "ops/s": "/s",
    "1/s": "/s",
    "per_second": "/s",
    "per_s": "/s",
    "rpm": "/min",
    "per_minute": "/min",
    "bps": "bit/s",
    "kbps": "kbit/s",
    "mbps": "mbit/s",
    "gbps": "gbit/s",
}
# What the end of a metric's name says of its unit. Not `_min` (a minimum), `_h`, `_d`, `_b`: they say too little.
_SUFFIXES = {
    "ns": "ns",
    "nanoseconds": "ns",
    "us": "µs",
    "microseconds": "µs",
    "ms": "ms",
    "milliseconds": "ms",
    "s": "s",
    "sec": "s",
    "seconds": "s",
    "minutes": "min",
    "hours": "h",
    "days": "d",
    "bytes": "B",
    "kb": "kB",
    "mb": "MB",
    "gb": "GB",
    "tb": "TB",
    "kib": "KiB",
    "mib": "MiB",
    "gib": "GiB",
    "tib": "TiB",
    "pct": "%",
    "percent": "%",
    "ratio": "ratio",
    "fraction": "ratio",
    "hz": "Hz",
    "khz": "kHz",
    "rps": "rps",
    "qps": "qps",
    "tps": "tps",
    "rpm": "rpm",
    "per_second": "/s",
    "per_s": "/s",
    "per_minute": "/min",
    "bps": "bit/s",
    "kbps": "kbit/s",
    "mbps": "Mbit/s",
    "gbps": "Gbit/s",
}
_DURATIONS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


@cache
def _number() -> re.Pattern[str]:
    return re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def parse_number(text: str) -> float:
    """A finite number. Raises ValueError for anything else."""
    if _number().fullmatch(text) is None:
        raise ValueError("not a number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("too large for a number")
    return value


def parse_integer(text: str) -> int:
    """A whole number of at most 18 digits; a leading zero is refused, since 0755 means different things."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise ValueError("not a whole number")
    if len(digits) > 1 and digits[0] == "0":
        raise ValueError("a whole number with a leading zero")
    return int(text)


def _split(text: str) -> tuple[float, str]:
    found = _number().match(text)
    if found is None:
        raise ValueError("no number")
    return parse_number(found.group()), text[found.end() :].strip()


def parse_duration(text: str) -> float:
    """Seconds of a span such as 500ms, 3s, 10min (or 10m), 1h, 30d, 2w. The unit is required; not negative."""
    try:
        value, unit = _split(text)
        seconds = value * _DURATIONS[unit]
    except (ValueError, KeyError):
        raise ValueError("not a duration such as 500ms, 3s, 10min, 1h or 30d") from None
    if value < 0 or seconds == float("inf"):
        raise ValueError("a duration can't be negative or endless")
    return seconds


def parse_size(text: str) -> int:
    """Bytes of a size such as 512MiB, 200MB, 64kB or 1048576B. The unit is required; not negative."""
    try:
        value, unit = _split(text)
        dimension, factor = UNITS[_canonical(unit)]
        size = round(value * factor)
    except (ValueError, KeyError, OverflowError):
        raise ValueError("not a size such as 512MiB or 200MB") from None
    if dimension != "bytes" or value < 0:
        raise ValueError("not a size such as 512MiB or 200MB")
    return size


def parse_fraction(text: str) -> float:
    """0.05 of `5%` or of `0.05`: from 0 to 1. A bare number above 1 is refused, since 5 may mean 5 %."""
    try:
        value, unit = _split(text)
    except ValueError:
        raise ValueError("not a share such as 5% or 0.05") from None
    if unit == "%":
        value /= 100
    elif unit:
        raise ValueError("not a share such as 5% or 0.05")
    if not 0 <= value <= 1:
        raise ValueError("a share lies between 0% and 100%; write percents with the sign, as in 5%")
    return value


def _canonical(unit: str) -> str:
    folded = unit.casefold()
    return _ALIASES.get(folded, folded)


def is_known(unit: str) -> bool:
    """True for a unit of the table, in any of its spellings. `Mb` is none: megabit and megabyte differ by eight."""
    return not is_ambiguous(unit) and _canonical(unit) in UNITS


def is_ambiguous(unit: str) -> bool:
    """True for Kb, Mb, Gb, Tb (and .../s), which some read as bits and some as bytes."""
    stem = unit.removesuffix("/s")
    return len(stem) == 2 and stem[0] in "KMGT" and stem[1] == "b"


def convert(value: float, unit: str, into: str) -> float | None:
    """`value` of `unit`, in the unit `into`; None where they measure different things.

    Units that the table doesn't know (requests, cores) agree when they are the same word.
    """
    here, there = _canonical(unit), _canonical(into)
    if here == there:
        return value
    if here not in UNITS or there not in UNITS or UNITS[here][0] != UNITS[there][0]:
        return None
    ratio = UNITS[here][1] / UNITS[there][1]
    # Dividing by a whole number keeps 10 ms = 0.01 s exact where multiplying by 0.001 may not.
    inverse = UNITS[there][1] / UNITS[here][1]
    return value / round(inverse) if inverse > 1 and abs(inverse - round(inverse)) < 1e-12 * inverse else value * ratio


def unit_of_name(name: str) -> str:
    """The unit that the end of a metric's name says: "ms" of p95_latency_ms, "%" of drop_rate_pct, else ""."""
    stem = name.casefold().removesuffix("_total")
    parts = stem.rsplit("_", 2)
    for suffix in ("_".join(parts[-2:]), parts[-1]):
        if len(suffix) < len(stem) and suffix in _SUFFIXES:
            return _SUFFIXES[suffix]
    return ""
