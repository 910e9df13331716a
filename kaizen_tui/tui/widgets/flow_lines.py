"""The flow figures as lines: times, throughput, work in progress, failures; beside or below them the chart."""

from collections.abc import Mapping, Sequence

from kaizen_tui.core.flow import Flow, Spread
from kaizen_tui.core.numbers import human_percent
from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.core.times import age
from kaizen_tui.core.wip import over_limit
from kaizen_tui.tui.celltext import pad
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.flow_areas import Chart, area_lines
from kaizen_tui.tui.widgets.slo_lines import Piece, fit, fit_line

_LABEL = 18
_WIDE = 110


def flow_lines(
    flow: Flow, limits: Mapping[str, int], width: int, height: int, palette: Palette, chart: Chart
) -> list[Line]:
    """All of it, beside each other on a wide screen, the figures above the areas on a narrow one."""
    if width >= _WIDE:
        left = max(60, width * 2 // 5)
        figures = figure_lines(flow, limits, left - 2, height, palette)
        areas = area_lines(flow.cumulative, width - left - 2, height - 1, palette, chart)
        blank = fit([], left - 2, palette.normal.text)
        return [
            fit_line(
                [(*(figures[y] if y < len(figures) else blank),), fit([("  ", palette.rule)], 2, palette.normal.text),
                 areas[y] if y < len(areas) else ()],
                width,
                palette.normal.text,
            )
            for y in range(height)
        ]  # fmt: skip
    figures = figure_lines(flow, limits, width, height, palette, brief=True)
    return figures + area_lines(flow.cumulative, width, height - len(figures), palette, chart)


def _row(label: str, pieces: Sequence[Piece], width: int, palette: Palette) -> Line:
    """A label in capitals is the title of a part."""
    tones = palette.normal
    return fit(
        [(f" {pad(label, _LABEL)}", tones.accent if label.isupper() else tones.muted), *pieces], width, tones.text
    )


def _spread(spread: Spread, palette: Palette) -> list[Piece]:
    tones = palette.normal
    if not spread.n:
        return [("no ticket finished yet", tones.muted)]
    return [
        (f"{age(int(spread.median)):>7}", tones.text),
        (f"{age(int(spread.promise)):>10}", tones.text),
        (f"{spread.n:>10}", tones.muted),
    ]


def figure_lines(
    flow: Flow, limits: Mapping[str, int], width: int, height: int, palette: Palette, *, brief: bool = False
) -> list[Line]:
    """Times, throughput, work in progress, failures, the oldest."""
    blank = fit([], width, palette.normal.text)
    lines = [
        _row("TIMES", [(f"{'median':>7}{'85 %':>10}{'tickets':>10}", palette.heading)], width, palette),
        _row("lead time", _spread(flow.lead, palette), width, palette),
        _row("cycle time", _spread(flow.cycle, palette), width, palette),
    ]
    if not brief:
        titles = [(f"  {STATUS_TITLES[status].lower()}", spread) for status, spread in flow.in_status]
        lines += [_row(title, _spread(spread, palette), width, palette) for title, spread in titles]
        lines.append(blank)
    lines += [*_failures(flow, width, palette), *([] if brief else [blank])]
    lines += _throughput(flow, width, palette, tall=2 if brief else 4) + ([] if brief else [blank])
    lines += _wip(flow, limits, width, palette)
    oldest = _oldest(flow, width, palette)
    if not brief:
        lines += [blank, *oldest]
    return lines[:height]


def _failures(flow: Flow, width: int, palette: Palette) -> list[Line]:
    tones = palette.normal
    if flow.failure_rate is None:
        return [_row("change failures", [("no change reached users yet", tones.muted)], width, palette)]
    words = f"   {flow.failed} of {flow.released} releases rolled back"
    return [_row("change failures", [(f"{human_percent(flow.failure_rate):>7}", tones.text), (words, tones.muted)],
                 width, palette)]  # fmt: skip


def _throughput(flow: Flow, width: int, palette: Palette, *, tall: int) -> list[Line]:
    """Bars of what was finished per week, with numbers below them; ended without success is counted beside.

    Always all weeks: bars of one cell where there is no room for wider ones, of several weeks each where there is none
    for one a week.
    """
    tones = palette.normal
    room = max(1, width - _LABEL - 2)
    many = -(-len(flow.throughput) // room)
    done = [week.done for week in flow.throughput]
    sums = [sum(done[max(0, end - many) : end]) for end in range(len(done), 0, -many)][::-1]
    wide = 3 * len(sums) <= room
    most = max(sums, default=0) or 1
    lines: list[Line] = []
    for row in range(tall - 1, -1, -1):
        bars = " " * (not wide)
        for count in sums:
            filled = round(count / most * tall * 8) - row * 8
            shape = " " if filled <= 0 else "▁▂▃▄▅▆▇█"[min(8, filled) - 1]
            bars += f" {shape * 2}" if wide else shape
        every = "done per week" if many == 1 else f"done per {many} weeks"
        label = "THROUGHPUT" if row == tall - 1 else every if row == tall - 2 else ""
        lines.append(_row(label, [(bars, tones.success)], width, palette))
    numbers = "".join(f"{count:>3}" for count in sums) if wide else f" {most} at most, {sums[-1] if sums else 0} last"
    failed = sum(week.failed for week in flow.throughput)
    label = f"{sum(done)} done" + (f", {failed} aborted" if failed else "")
    lines.append(_row(label, [(numbers, tones.text)], width, palette))
    return lines


def _wip(flow: Flow, limits: Mapping[str, int], width: int, palette: Palette) -> list[Line]:
    """Tickets per active column against its limit, and since when the oldest of each stands."""
    tones = palette.normal
    eldest = {status: old for old, _, status in reversed(flow.oldest)}
    lines = [_row("IN PROGRESS", [(f"{'now':>7}{'limit':>10}{'oldest':>10}", palette.heading)], width, palette)]
    for status, count in flow.wip:
        limit = limits.get(status)
        too_many = over_limit(count, limit)
        pieces: list[Piece] = [
            (f"{count:>7}", tones.warning if too_many else tones.text),
            (f"{limit if limit is not None else '–':>10}", tones.muted),
            (f"{age(eldest[status]) if status in eldest else '–':>10}", tones.muted),
            ("  ! over" if too_many else "", tones.warning),
        ]
        lines.append(_row(STATUS_TITLES[status].lower(), pieces, width, palette))
    return lines


def _oldest(flow: Flow, width: int, palette: Palette) -> list[Line]:
    tones = palette.normal
    if not flow.oldest:
        return [_row("OLDEST", [("nothing is in progress", tones.muted)], width, palette)]
    return [
        _row("OLDEST" if not nth else "", [(f"{age(old):>7}", tones.text), (f"   {name}", tones.text),
             (f"  {STATUS_TITLES[status].lower()}", tones.muted)], width, palette)
        for nth, (old, name, status) in enumerate(flow.oldest)
    ]  # fmt: skip
