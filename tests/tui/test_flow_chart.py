"""The cumulative flow as it is drawn: every status where it is and as high as it is, and none that is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.states import STATUSES
from kaizen_tui.tui.plot import draw_areas, edge_of
from kaizen_tui.tui.widgets.flow_areas import STACK, area_lines, layers_of
from tests.tui.test_board_parts import palette_of

TIMES = ("2025-05-01", "2025-05-15", "2025-05-30")
counts = st.lists(st.integers(0, 40), min_size=len(STACK), max_size=len(STACK))


def inner(lines: tuple[str, ...], width: int) -> list[str]:
    """What stands right of the axis, line by line, the uppermost first."""
    return [line.ljust(width)[edge_of(line) + 1 :] for line in lines if edge_of(line) >= 0]


def day(**of: int) -> tuple[int, ...]:
    return tuple(of.get(status, 0) for status in STATUSES)


@given(counts.filter(any), st.integers(40, 100), st.integers(8, 40))
def test_what_stays_the_same_is_drawn_as_bands_of_its_shares(many: list[int], width: int, height: int) -> None:
    layers = [(shape, [count] * 30) for (_, shape), count in zip(STACK, many, strict=True)]
    rows = inner(draw_areas(layers, width, height, TIMES), width)
    last = [row.rstrip()[-1:] for row in rows][::-1]
    assert all(len(set(row.rstrip())) == 1 for row in rows)
    total, shown = sum(many), "".join(last)
    order = [shape for _, shape in STACK]
    assert [*shown] == sorted(shown, key=order.index)
    for shape, count in zip(order, many, strict=True):
        share = shown.count(shape) / len(shown)
        assert count or not share
        assert abs(share - count / total) <= 2.5 / len(shown)


@pytest.mark.parametrize("width", [20, 40, 78, 150])
@pytest.mark.parametrize("height", [5, 12, 40])
def test_it_keeps_its_size(width: int, height: int) -> None:
    days = [(nth * 86400, day(draft=nth % 5, complete=nth)) for nth in range(366)]
    lines = draw_areas(layers_of(days), width, height, TIMES)
    assert len(lines) == height
    assert max(map(len, lines)) <= width
    assert str(max(sum(counts) for _, counts in days)) in lines[0]
    assert TIMES[0] in lines[-1]


def test_a_status_that_came_late_has_no_place_before() -> None:
    days = [(nth * 86400, day(planned=10, complete=10 if nth >= 20 else 0)) for nth in range(40)]
    rows = inner(draw_areas(layers_of(days), 60, 20, TIMES), 60)
    foot = rows[-1]
    assert foot.startswith(":::")
    assert foot.rstrip().endswith("███")
    assert foot.index("█") > len(foot.rstrip()) // 3


def test_one_day_is_a_chart_too() -> None:
    rows = inner(draw_areas(layers_of([(0, day(canary=3))]), 40, 10, TIMES), 40)
    assert {*"".join(rows)} == {" ", "▓"}


def test_no_chart_is_asked_for_without_tickets_or_without_room() -> None:
    def never(width: int, height: int) -> tuple[str, ...]:
        raise AssertionError((width, height))

    palette = palette_of("kaizen-dark")
    assert len(area_lines([(0, day())], 60, 30, palette, never)) == 2
    assert area_lines([(0, day(draft=1))], 60, 7, palette, never) == []
