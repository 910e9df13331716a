"""Sparklines keep gaps, spikes and the scale."""

from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.slo import Target
from kaizen_tui.core.sparkline import chart, resample, row_of, scale_of, sparkline

LOW = Target(10.0, 15.0, False)
HIGH = Target(200.0, 150.0, True)
VALUES = st.lists(st.one_of(st.none(), st.floats(width=32)), max_size=200)


def text(runs: list[tuple[str, str]]) -> str:
    return "".join(part for part, _ in runs)


def test_a_flat_line_and_a_crash_look_different() -> None:
    assert text(sparkline([7.0] * 5, 5, LOW)) != text(sparkline([0.0] * 5, 5, LOW))
    assert text(sparkline([250.0] * 5, 5, HIGH)) != text(sparkline([0.0] * 5, 5, HIGH))


def test_gaps_stay_gaps() -> None:
    assert text(sparkline([7.0, None, 7.0, float("nan")], 4, LOW))[1::2] == "··"


def test_a_value_beyond_target_and_abort_is_told_by_kind() -> None:
    assert [kind for _, kind in sparkline([7.0, 12.0, 16.0], 3, LOW)] == ["ok", "missed", "abort"]
    assert [kind for _, kind in sparkline([220.0, 180.0, 100.0], 3, HIGH)] == ["ok", "missed", "abort"]


def test_a_single_spike_survives_resampling() -> None:
    values: list[float | None] = [5.0] * 500
    values[250] = 20.0
    assert 20.0 in resample(values, 20, LOW)
    dip: list[float | None] = [220.0] * 500
    dip[123] = 10.0
    assert 10.0 in resample(dip, 20, HIGH)


def test_target_and_abort_lines_stand_in_a_tall_chart() -> None:
    rows = chart([1.0] * 10, 10, 4, LOW)
    kinds = {kind for row in rows for _, kind in row}
    assert {"target_line", "abort_line"} <= kinds


def test_where_one_row_is_both_lines_it_is_the_targets() -> None:
    rows = chart([1.0] * 10, 10, 2, LOW)
    assert row_of(LOW.threshold, 2, LOW) == row_of(LOW.abort or 0, 2, LOW) == 0
    assert [kind for _, kind in rows[0]] == ["target_line"]


def test_the_scale_depends_on_the_slo_alone() -> None:
    low, high = scale_of(LOW)
    assert low == 0
    assert low < LOW.threshold < high
    low, high = scale_of(HIGH)
    assert low < 150 < 200 < high


@given(VALUES, st.integers(0, 80), st.integers(1, 8), st.sampled_from([LOW, HIGH, Target(0.0, None, False)]))
def test_every_row_has_the_width_asked_for(values: list[float | None], width: int, height: int, target: Target) -> None:
    rows = chart(values, width, height, target)
    assert len(rows) == height
    assert all(len(text(row)) == width for row in rows)
