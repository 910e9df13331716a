"""The flow figures as lines: times, throughput, work in progress, failures; the cumulative flow as stacked areas."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.style import Style

from kaizen_tui.core.flow import Flow, Spread
from kaizen_tui.core.numbers import human_percent
from kaizen_tui.core.states import STATUS_TITLES, STATUSES
from kaizen_tui.core.times import age, format_epoch
from kaizen_tui.core.wip import over_limit
from kaizen_tui.tui.celltext import pad
from kaizen_tui.tui.tokens import Palette
from kaizen_tui.tui.widgets.cards import Line
from kaizen_tui.tui.widgets.slo_lines import Piece, fit, fit_line

# From the bottom of the stack up: what is done lies below, what has just come in on top.
STACK: tuple[tuple[str, str], ...] = (
    ("complete", "█"), ("aborted", "×"), ("canary", "▓"), ("in_review", "▒"), ("in_progress", "░"), ("planned", ":"),
    ("draft", "·"),
)  # fmt: skip
_LABEL = 18
_WIDE = 110


def _style(status: str, palette: Palette) -> Style:
    tones = palette.normal
    return {
        "complete": tones.success,
        "aborted": tones.error,
        "canary": tones.warning,
        "in_review": tones.accent,
        "in_progress": tones.text,
    }.get(status, tones.muted)


def flow_lines(flow: Flow, limits: Mapping[str, int], width: int, height: int, palette: Palette) -> list[Line]:
    """All of it, beside each other on a wide screen, the figures above the areas on a narrow one."""
    if width >= _WIDE:
        left = max(60, width * 2 // 5)
        figures = figure_lines(flow, limits, left - 2, height, palette)
        areas = area_lines(flow.cumulative, width - left - 2, height - 1, palette)
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
    room = height - len(figures)
    return figures + (area_lines(flow.cumulative, width, room, palette) if room >= 6 else [])


def _row(label: str, pieces: Sequence[Piece], width: int, palette: Palette) -> Line:
    return fit([(f" {pad(label, _LABEL)}", palette.normal.muted), *pieces], width, palette.normal.text)


def _head(words: str, width: int, palette: Palette) -> Line:
    return fit([(f" {words}", palette.normal.title + Style(bold=True))], width, palette.normal.text)


def _spread(spread: Spread, palette: Palette) -> list[Piece]:
    tones = palette.normal
    if not spread.n:
        return [("no ticket finished yet", tones.muted)]
    return [
        (f"{age(int(spread.median)):>7}", tones.text),
        (f"{age(int(spread.promise)):>10}", tones.text),
        (f"{spread.n:>8}", tones.muted),
    ]


def figure_lines(
    flow: Flow, limits: Mapping[str, int], width: int, height: int, palette: Palette, *, brief: bool = False
) -> list[Line]:
    """Times, throughput, work in progress, failures, the oldest."""
    blank = fit([], width, palette.normal.text)
    lines = [
        _row("TIMES", [(f"{'median':>7}{'85 %':>10}{'tickets':>8}", palette.heading)], width, palette),
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
    lines = [_row("IN PROGRESS", [(f"{'now':>7}{'limit':>10}{'oldest':>8}", palette.heading)], width, palette)]
    for status, count in flow.wip:
        limit = limits.get(status)
        too_many = over_limit(count, limit)
        pieces: list[Piece] = [
            (f"{count:>7}", tones.warning if too_many else tones.text),
            (f"{limit if limit is not None else '–':>10}", tones.muted),
            (f"{age(eldest[status]) if status in eldest else '–':>8}", tones.muted),
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


def area_lines(days: Sequence[tuple[int, tuple[int, ...]]], width: int, height: int, palette: Palette) -> list[Line]:
    """The cumulative flow: how many tickets were in each status at each day's end, stacked, oldest day first.

    Each status has a shape as well as a colour; the areas' heights are shares of the most tickets of any day.
    """
    tones = palette.normal
    most = max((sum(counts) for _, counts in days), default=0)
    lines = [_head("CUMULATIVE FLOW", width, palette)]
    tall = height - 4
    if not most or tall < 2:
        return [*lines, fit([(" no tickets yet", tones.muted)], width, tones.text)]
    across = max(10, width - 7)
    columns = [days[min(len(days) - 1, x * len(days) // across)][1] for x in range(across)]
    order = [STATUSES.index(status) for status, _ in STACK]
    stacks = [_edges([counts[nth] for nth in order], most, tall) for counts in columns]
    for row in range(tall - 1, -1, -1):
        label = f"{most:>5} " if row == tall - 1 else f"{0:>5} " if not row else " " * 6
        pieces: list[Piece] = [(label, tones.muted)]
        for edges in stacks:
            nth = next((nth for nth, edge in enumerate(edges) if row < edge), None)
            char, style = (" ", tones.text) if nth is None else (STACK[nth][1], _style(STACK[nth][0], palette))
            if pieces[-1][1] is style:
                pieces[-1] = (pieces[-1][0] + char, style)
            else:
                pieces.append((char, style))
        lines.append(fit(pieces, width, tones.text))
    first, last = format_epoch(days[0][0])[:10], format_epoch(days[-1][0])[:10]
    gap = " " * max(1, across - len(first) - len(last))
    lines.append(fit([(f"      {first}{gap}{last}", tones.muted)], width, tones.text))
    return [*lines, *_legend(width, palette)]


def _edges(counts: Sequence[int], most: int, tall: int) -> list[int]:
    """The upper edge of each layer in rows, rounded so that the whole is never higher than its sum."""
    edges, total = [], 0
    for count in counts:
        total += count
        edges.append(round(total / most * tall))
    return edges


def _legend(width: int, palette: Palette) -> list[Line]:
    """Shape, colour and name of each status, top of the stack first, in as many lines as it takes (two at most)."""
    lines: list[list[Piece]] = [[("      ", palette.normal.text)]]
    used = 6
    for status, shape in reversed(STACK):
        name = f" {STATUS_TITLES[status].lower()}  "
        need = 2 + cell_len(name)
        if used + need > width and len(lines) == 1:
            lines.append([("      ", palette.normal.text)])
            used = 6
        lines[-1] += [(shape * 2, _style(status, palette)), (name, palette.normal.muted)]
        used += need
    return [fit(line, width, palette.normal.text) for line in lines]
