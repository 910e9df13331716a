"""The present values of automatic criteria, as `kaizen show --now` and `kaizen why` print them."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kaizen_tui.cli.output import Painter
from kaizen_tui.core.criterion_text import Reading
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import format_epoch
from kaizen_tui.metrics.live import Live, LiveMark, judge

if TYPE_CHECKING:
    from kaizen_tui.metrics.source import Instant

_COLOURS: dict[LiveMark, str] = {"met": "green", "missed": "red", "stale": "yellow", "unknown": "bright_black"}


def now_text(reading: Reading, live: Mapping[str, Live], paint: Painter, *, abort: bool) -> str:
    """`now 7.4 ms ✔`, safe for a terminal; "" for a criterion that nobody measured."""
    judged = judge(reading, live, abort=abort)
    return "" if judged is None else paint(safe(judged.words), _COLOURS[judged.mark])


def now_json(reading: Reading, live: Mapping[str, Live], *, abort: bool) -> dict[str, Any] | None:
    """The `Now` object of docs/json.md; None for a criterion that nobody measured."""
    judged = judge(reading, live, abort=abort)
    if judged is None:
        return None
    known = live[reading.metric]
    return {
        "value": _value(known.now),
        "baseline": _value(known.baseline) if reading.value is None else None,
        "unit": reading.unit,
        "at": None if known.now.at is None else format_epoch(int(known.now.at)),
        "verdict": judged.mark,
        "text": judged.words,
    }


def _value(instant: "Instant | None") -> float | None:
    value = None if instant is None else instant.value
    return value if value is not None and math.isfinite(value) else None
