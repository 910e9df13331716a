"""States, trends, budgets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.numbers import human_number, human_percent, with_unit
from kaizen_tui.core.slo import Target, budget_left, burn_rate, slo_state, time_to_limit, worst

LOW = Target(10.0, 15.0, False)
HIGH = Target(200.0, 150.0, True)


@pytest.mark.parametrize(
    ("value", "target", "state"),
    [
        (7.4, LOW, "ok"),
        (9.8, LOW, "at_risk"),
        (10.0, LOW, "at_risk"),
        (10.1, LOW, "breached"),
        (16.0, LOW, "breached"),
        (240.0, HIGH, "ok"),
        (201.0, HIGH, "at_risk"),
        (199.0, HIGH, "breached"),
        (None, LOW, "no_data"),
        (float("nan"), LOW, "no_data"),
    ],
)
def test_state_of_a_fresh_value(value: float | None, target: Target, state: str) -> None:
    assert slo_state(value, 5.0, target, stale_after=300) == state


def test_an_old_value_is_stale_whatever_it_says() -> None:
    assert slo_state(1.0, 301.0, LOW, stale_after=300) == "stale"
    assert slo_state(99.0, 301.0, LOW, stale_after=300) == "stale"


def test_a_burning_budget_or_a_near_limit_is_a_risk() -> None:
    assert slo_state(5.0, 1.0, LOW, stale_after=300, burn_rate=1.5) == "at_risk"
    assert slo_state(5.0, 1.0, LOW, stale_after=300, burn_rate=0.5) == "ok"
    assert slo_state(5.0, 1.0, LOW, stale_after=300, limit_in=3600) == "at_risk"
    assert slo_state(5.0, 1.0, LOW, stale_after=300, limit_in=86400) == "ok"


def test_abort_lies_beyond_the_target_in_the_metrics_own_direction() -> None:
    assert LOW.beyond_abort(15.1)
    assert not LOW.beyond_abort(15.0)
    assert HIGH.beyond_abort(149.0)
    assert not HIGH.beyond_abort(150.0)
    assert not Target(10.0, None, False).beyond_abort(1e9)


def test_a_rising_line_says_when_it_reaches_the_target() -> None:
    values = [5.0 + 0.05 * minute for minute in range(60)]  # 7.95 now, 3 per hour
    ahead = time_to_limit(values, 60.0, LOW)
    assert ahead is not None
    assert ahead == pytest.approx((10 - 7.95) / 0.05 * 60, rel=0.02)


def test_a_spike_a_flat_line_and_a_falling_line_promise_nothing() -> None:
    assert time_to_limit([5.0] * 30 + [14.0] + [5.0] * 29, 60.0, LOW) is None
    assert time_to_limit([5.0] * 60, 60.0, LOW) is None
    assert time_to_limit([9.0 - 0.05 * i for i in range(60)], 60.0, LOW) is None
    assert time_to_limit([5.0, None, 5.1], 60.0, LOW) is None


def test_budget_and_burn() -> None:
    assert budget_left(0, 1000, 99.9) == pytest.approx(1.0)
    assert budget_left(1, 1000, 99.9) == pytest.approx(0.0)
    assert budget_left(2, 1000, 99.9) == pytest.approx(-1.0)
    assert burn_rate(14.4, 1000, 99.9) == pytest.approx(14.4)
    assert budget_left(0, 0, 99.9) is None
    assert burn_rate(0, 0, 99.9) is None


def test_a_group_is_as_bad_as_its_worst() -> None:
    assert worst(["ok", "at_risk", "breached"]) == "breached"
    assert worst(["ok", "stale"]) == "stale"
    assert worst([]) == "no_data"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.4, "7.4"),
        (196, "196"),
        (0.31, "0.31"),
        (0, "0"),
        (1234.4, "1234"),
        (12345, "12.3k"),
        (1_200_000, "1.2M"),
        (0.00012, "0.00012"),
        (999.96, "1000"),
        (-7.25, "-7.25"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_for_people(value: float, text: str) -> None:
    assert human_number(value) == text


def test_units_and_percents() -> None:
    assert with_unit(7.4, "ms") == "7.4 ms"
    assert with_unit(7.4, "") == "7.4"
    assert with_unit(0.00001262, "s") == "12.6 µs"
    assert with_unit(-2.5e-8, "s") == "-25 ns"
    assert [with_unit(0.0, "s"), with_unit(0.001, "s")] == ["0 s", "0.001 s"]
    assert human_percent(0.91) == "91 %"
    assert human_percent(-0.04) == "-4 %"
    assert human_percent(0.0004) == "<0.1 %"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_is_short_and_close(value: float) -> None:
    text = human_number(value)
    assert len(text.lstrip("-").rstrip("kMG")) <= 12 or abs(value) > 1e12
    factor = {"k": 1e3, "M": 1e6, "G": 1e9}.get(text[-1], 1.0)
    assert float(text.rstrip("kMG")) * factor == pytest.approx(value, rel=0.006, abs=1e-9)


def test_a_share_near_a_hundred_is_not_always_at_risk() -> None:
    share = Target(98.5, 97.0, True)
    assert not share.near(99.0)
    assert share.near(98.6)
    assert Target(10.0, 15.0, False).near(9.6)
    assert not Target(10.0, None, False).near(9.4)
    assert not Target(0.0, 1.0, False).near(0.0)
