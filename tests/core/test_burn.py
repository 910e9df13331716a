"""The table of burn rates, and when a budget runs out."""

import pytest

from kaizen_tui.core.burn import BURN_PAIRS, DAY, Burn, BurnPair, alerting, burn_windows, time_to_exhaustion


def test_the_factors_of_a_thirty_day_budget_are_those_of_the_workbook() -> None:
    assert [pair.factor(30 * DAY) for pair in BURN_PAIRS] == pytest.approx([14.4, 6, 3, 1])
    assert [(pair.severity, pair.long, pair.short) for pair in BURN_PAIRS] == [
        ("page", 3600, 300),
        ("page", 6 * 3600, 1800),
        ("ticket", DAY, 7200),
        ("ticket", 3 * DAY, 6 * 3600),
    ]


def test_another_window_scales_them() -> None:
    assert [pair.factor(28 * DAY) for pair in BURN_PAIRS] == pytest.approx([13.44, 5.6, 2.8, 28 / 30])


def test_a_factor_that_all_bad_events_do_not_reach_can_never_fire() -> None:
    assert BURN_PAIRS[0].can_fire(30 * DAY, 99.9)
    assert not BURN_PAIRS[0].can_fire(30 * DAY, 90.0)  # 14.4 x 10 % is more than all
    assert BURN_PAIRS[3].can_fire(30 * DAY, 90.0)


def test_an_alert_needs_both_windows() -> None:
    pair = BURN_PAIRS[0]

    def burn(long: float | None, short: float | None, of: BurnPair = pair) -> Burn:
        return Burn(of, of.factor(30 * DAY), long, short)

    assert burn(20, 20).firing
    assert not burn(20, 2).firing  # over: it no longer goes on
    assert not burn(2, 20).firing  # too short to matter
    assert not burn(None, 20).firing
    assert alerting((burn(2, 2), burn(5, 5, BURN_PAIRS[2]))) == "ticket"
    assert alerting((burn(5, 5, BURN_PAIRS[2]), burn(20, 20))) == "page"
    assert alerting((burn(2, 2),)) is None


def test_all_windows() -> None:
    assert burn_windows() == (300, 1800, 3600, 7200, 21600, 86400, 3 * 86400)


def test_exhaustion() -> None:
    assert time_to_exhaustion(0.5, 1.0, 30 * DAY) == 15 * DAY
    assert time_to_exhaustion(0.5, 10.0, 30 * DAY) == 1.5 * DAY
    assert time_to_exhaustion(-0.1, 2.0, 30 * DAY) == 0
    assert time_to_exhaustion(0.5, 0.0, 30 * DAY) is None
    assert time_to_exhaustion(None, 1.0, 30 * DAY) is None
