"""Large charts, drawn by plotext. Slow (tens of milliseconds) and global: in a worker, behind a lock."""

import threading
from collections.abc import Sequence

from kaizen_tui.core.numbers import human_number
from kaizen_tui.core.slo import Target
from kaizen_tui.core.sparkline import scale_of

_LOCK = threading.Lock()
TARGET_WORD, ABORT_WORD = "target", "abort"
SECOND = "•"
MARK_LINE = "┊"
_EDGES = "┼┤│├"
# Lines and cells from which on an axis has a tick in its middle.
_TALL, _BROAD = 9, 44


def draw_plot(
    values: Sequence[float | None],
    target: Target,
    width: int,
    height: int,
    times: tuple[str, str, str],
    second: Sequence[float | None] = (),
) -> tuple[str, ...]:
    """`height` lines of plain text, `width` cells wide, with the target and the abort threshold as dotted lines.

    values: evenly spaced, oldest first; None is a gap and stays one. times: of the first, the middle, the last value.
    second: another curve over the same span, drawn with SECOND where the first is a thin line.
    """
    import plotext

    low, high = _range([*values, *second], target)
    marks = {target.threshold: TARGET_WORD}
    if target.abort is not None and target.abort != target.threshold:
        marks[target.abort] = ABORT_WORD
    ticks = [low, *marks]
    labels = [human_number(low), *(f"{human_number(level)} {word}" for level, word in marks.items())]
    with _LOCK:
        figure = plotext.figure
        figure.clear()
        plotext.terminal.limit(False, False)
        figure.plot_size(max(20, width), max(5, height))
        for level in marks:
            figure.line(level, style="dotted")
        for xs, ys in _pieces(values):
            signal = figure.signal(xs, ys, marker="braille")
            if len(xs) > 1:
                signal.lines()
            figure.draw(signal)
        for xs, ys in _pieces(second):
            figure.draw(figure.signal(xs, ys, marker=SECOND))
        last = max(1, len(values) - 1)
        figure.ruler("y").lim(low, high).ticks(ticks, labels)
        figure.ruler("x").lim(0, last).ticks([0, last / 2, last], list(times))
        figure.axes(False, side=1)
        drawn = figure.build().string(colorless=True)
        figure.clear()
    return tuple(line.rstrip() for line in drawn.rstrip("\n").split("\n"))


def draw_areas(
    layers: Sequence[tuple[str, Sequence[int]]], width: int, height: int, times: tuple[str, str, str]
) -> tuple[str, ...]:
    """`height` lines of plain text: counts stacked on each other, each layer filled with a character of its own.

    layers: the lowest first, (character, count at each of evenly spaced instants, oldest first); all of one length, and
    one count at least is not 0. times: of the first, the middle and the last instant.
    """
    import plotext

    stack: list[tuple[str, list[int]]] = []
    for character, counts in layers:
        below = stack[-1][1] if stack else [0] * len(counts)
        stack.append((character, [under + count for under, count in zip(below, counts, strict=True)]))
    top, last = max(stack[-1][1]), max(1, len(stack[-1][1]) - 1)
    with _LOCK:
        figure = plotext.figure
        figure.clear()
        plotext.terminal.limit(False, False)
        figure.plot_size(max(20, width), max(5, height))
        # From the top down: what lies lower covers the foot of what stands on it.
        for character, heights in reversed(stack):
            for xs, ys in _pieces([float(level) if level else None for level in heights]):
                signal = figure.signal(xs, ys, marker=character).fillx()
                if len(xs) > 1:
                    signal.lines()
                figure.draw(signal)
        levels = sorted({0, top // 2, top} if height >= _TALL else {0, top})
        figure.ruler("y").lim(0, top).ticks(levels, [str(level) for level in levels])
        places, labels = ([0, last / 2, last], list(times)) if width >= _BROAD else ([0, last], [times[0], times[2]])
        figure.ruler("x").lim(0, last).ticks(places, labels)
        figure.axes(False, side=1)
        drawn = figure.build().string(colorless=True)
        figure.clear()
    return tuple(line.rstrip() for line in drawn.rstrip("\n").split("\n"))


def edge_of(line: str) -> int:
    """Where the axis stands in a line of a chart, -1 in one below it."""
    return max(line.find(edge) for edge in _EDGES)


def with_marks(lines: Sequence[str], width: int, marks: Sequence[tuple[float, str]]) -> tuple[str, ...]:
    """The chart with a line down at each mark, where nothing else is drawn, and its letter on top.

    width: of the chart. marks: (share of the span, 0 to 1; a letter).
    """
    drawn = []
    top = True
    for line in lines:
        edge = edge_of(line)
        if edge < 0:
            drawn.append(line)
            continue
        cells = list(line.ljust(width))
        room = width - edge - 1
        for share, letter in marks:
            place = edge + 1 + round(min(1.0, max(0.0, share)) * (room - 1))
            if top:
                cells[place] = letter
            elif cells[place] in " ┈":
                cells[place] = MARK_LINE
        top = False
        drawn.append("".join(cells).rstrip())
    return tuple(drawn)


def _range(values: Sequence[float | None], target: Target) -> tuple[float, float]:
    """The SLO's own range, widened by what lies outside: here a person looks at how bad it was."""
    low, high = scale_of(target)
    known = [value for value in values if value is not None and value == value and abs(value) != float("inf")]
    if known:
        low, high = min(low, *known), max(high, *(value * 1.02 for value in known))
    return low, high


def _pieces(values: Sequence[float | None]) -> list[tuple[list[int], list[float]]]:
    """The runs between the gaps."""
    pieces: list[tuple[list[int], list[float]]] = []
    run: tuple[list[int], list[float]] = ([], [])
    for place, value in enumerate(values):
        if value is None or value != value or abs(value) == float("inf"):
            if run[0]:
                pieces.append(run)
            run = ([], [])
            continue
        run[0].append(place)
        run[1].append(value)
    if run[0]:
        pieces.append(run)
    return pieces
