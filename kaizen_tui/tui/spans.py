"""The spans over which metrics are looked at; the same keys choose them on every screen."""

from typing import NamedTuple


class Span(NamedTuple):
    """name: as on its key. words: in a sentence. first, middle: what stands below the left and middle of a chart."""

    name: str
    seconds: float
    words: str
    first: str
    middle: str


SPANS: tuple[Span, ...] = (
    Span("1h", 3600.0, "last hour", "-1 h", "-30 min"),
    Span("6h", 6 * 3600.0, "last 6 hours", "-6 h", "-3 h"),
    Span("1d", 86400.0, "last day", "-24 h", "-12 h"),
    Span("7d", 7 * 86400.0, "last week", "-7 d", "-3.5 d"),
    Span("30d", 30 * 86400.0, "last 30 days", "-30 d", "-15 d"),
)


def short_span(seconds: float) -> str:
    """`5m`, `6h`, `3d`: as the tables of burn rates name their windows."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
