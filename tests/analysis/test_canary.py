"""The judge: verdicts of one canary and of many, whatever the order, the gaps and the restarts."""

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen_tui.analysis.canary import Canary
from kaizen_tui.analysis.counters import GAP, LATE, TORN
from kaizen_tui.analysis.judging import judge
from kaizen_tui.analysis.measures import Histogram, Look, Measure, Ratio
from kaizen_tui.analysis.parts import NO_BOUND, NO_CANARY, OTHER_BOUNDS
from kaizen_tui.analysis.settings import Settings, Sli
from kaizen_tui.analysis.verdict import Verdict

ERRORS = Sli("errors", promote_ratio=2.0)
BAD = (Ratio(59_400.0, 297.0), Ratio(600.0, 12.0))
GOOD = (Ratio(59_400.0, 297.0), Ratio(600.0, 3.0))


def look(at: float, pair: tuple[Measure, Measure] | None, name: str = "errors") -> Look:
    return Look(at, {} if pair is None else {name: pair[0]}, {} if pair is None else {name: pair[1]})


def until_final(canary: Canary, pair: tuple[Measure, Measure], most: int = 200, name: str = "errors") -> Verdict:
    for at in range(1, most):
        verdict = canary.look(look(float(at), pair, name))
        if verdict.final:
            break
    return verdict


def test_a_bad_canary_is_rolled_back_and_a_good_one_promoted() -> None:
    bad = until_final(Canary(Settings((ERRORS,))), BAD)
    assert (bad.answer, bad.evidence[0].low > 1) == ("rollback", True)
    assert bad.log_e_rollback >= math.log(20)
    assert "errors" in bad.why
    good = until_final(Canary(Settings((ERRORS,))), GOOD)
    assert (good.answer, good.evidence[0].high < 2.5) == ("promote", True)
    assert good.log_e_promote is not None
    assert good.log_e_promote >= math.log(20)


def test_one_look_never_decides_however_bad_it_is() -> None:
    canary = Canary(Settings((ERRORS, Sli("share", objective=0.999, promote_ratio=2.0))))
    awful = (Ratio(59_400.0, 10.0), Ratio(600.0, 600.0))
    first = canary.look(Look(1.0, {"errors": awful[0], "share": awful[0]}, {"errors": awful[1], "share": awful[1]}))
    assert first.answer == "wait"


def test_a_final_verdict_stays() -> None:
    canary = Canary(Settings((ERRORS,)))
    final = until_final(canary, BAD)
    later = canary.look(look(1000.0, GOOD))
    assert later == final._replace(at=1000.0)


def test_never_promoted_without_a_limit_and_never_without_each_sli() -> None:
    both = Settings((ERRORS, Sli("more")))
    canary = Canary(both)
    for at in range(60):
        verdict = canary.look(
            Look(float(at), {"errors": GOOD[0], "more": GOOD[0]}, {"errors": GOOD[1], "more": GOOD[1]})
        )
    assert (verdict.answer, verdict.log_e_promote) == ("wait", None)
    silent = Canary(Settings((ERRORS, Sli("more", promote_ratio=2.0))))
    for at in range(60):
        verdict = silent.look(look(float(at), GOOD))
    assert (verdict.answer, verdict.log_e_promote) == ("wait", 0.0)


def test_slis_are_averaged_by_weight_and_never_multiplied() -> None:
    weights = (3.0, 1.0)
    slis = tuple(Sli(name, weight=weight) for name, weight in zip("ab", weights, strict=True))
    canary, alone = Canary(Settings(slis)), [Canary(Settings((sli,), alpha=1e-9)) for sli in slis]
    pairs = {"a": GOOD, "b": BAD}
    verdict = canary.look(Look(1.0, {n: p[0] for n, p in pairs.items()}, {n: p[1] for n, p in pairs.items()}))
    singles = [one.look(look(1.0, pairs[n], n)).log_e_rollback for one, n in zip(alone, "ab", strict=True)]
    expected = math.log(0.75 * math.exp(singles[0]) + 0.25 * math.exp(singles[1]))
    assert verdict.log_e_rollback == pytest.approx(expected)


def test_why_a_look_did_not_count() -> None:
    canary = Canary(Settings((ERRORS,)))
    canary.look(look(1.0, GOOD))
    before = canary.look(look(2.0, GOOD))
    for at, pair, why in (
        (2.0, GOOD, LATE),
        (1.5, BAD, LATE),
        (3.0, None, GAP),
        (4.0, (Ratio(10.0, 11.0), GOOD[1]), TORN),
        (5.0, (GOOD[0], Ratio(0.0, 0.0)), NO_CANARY),
        (6.0, (GOOD[0], Ratio(math.inf, 0.0)), TORN),
        (7.0, (GOOD[0], Ratio(math.nan, 0.0)), TORN),
    ):
        verdict = canary.look(look(at, pair))
        assert verdict.evidence[0].skipped == why
        assert verdict.log_e_rollback == before.log_e_rollback
        assert verdict.evidence[0].counted == before.evidence[0].counted


def test_the_guard_rolls_back_what_burns_the_budget() -> None:
    sli = Sli("errors", objective=0.999, rollback_ratio=50.0)  # by the ratio nothing would happen
    verdict = until_final(Canary(Settings((sli,))), (Ratio(59_400.0, 59.0), Ratio(600.0, 24.0)))
    assert (verdict.answer, verdict.at <= 6) == ("rollback", True)
    assert "burns the error budget" in verdict.why


def test_when_both_burn_alike_a_person_is_told_and_it_goes_on() -> None:
    sli = Sli("errors", objective=0.999, promote_ratio=2.0)
    canary = Canary(Settings((sli,)))
    burning = (Ratio(59_400.0, 2_970.0), Ratio(600.0, 30.0))
    answers = [canary.look(look(float(at), burning)).answer for at in range(1, 8)]
    assert answers[-1] == "hold"
    assert "promote" not in answers[answers.index("hold") :]
    worse = (Ratio(59_400.0, 2_970.0), Ratio(600.0, 300.0))
    verdict = [canary.look(look(float(at), worse)) for at in range(8, 20)][-1]
    assert verdict.answer == "rollback"


def test_a_canary_that_burns_less_than_its_baseline_is_not_sent_back_to_it() -> None:
    canary = Canary(Settings((Sli("errors", objective=0.999),)))
    better = (Ratio(59_400.0, 5_940.0), Ratio(600.0, 30.0))
    verdicts = [canary.look(look(float(at), better)) for at in range(40)]
    assert verdicts[-1].evidence[0].high < 1
    assert [verdicts[-1].answer, "rollback" in {one.answer for one in verdicts}] == ["hold", False]


CALM, BURNING = (Ratio(14_850.0, 15.0), Ratio(150.0, 0.0)), (Ratio(14_850.0, 594.0), Ratio(150.0, 6.0))


@pytest.mark.parametrize("before", [0, 4, 40])
def test_an_incident_of_both_versions_holds_the_canary_and_ends_without_a_roll_back(before: int) -> None:
    """The canary's few events forget it slower than the baseline's many, and saw less of the calm before it."""
    canary = Canary(Settings((Sli("errors", objective=0.999, promote_ratio=1.01),)))
    pairs = [*[CALM] * before, *[BURNING] * 40, *[CALM] * 60]
    answers = [canary.look(look(float(at), pair)).answer for at, pair in enumerate(pairs)]
    assert "rollback" not in answers
    assert set(answers[before + 12 : before + 40]) == {"hold"}
    assert set(answers[before + 42 :]) == {"wait"}


def test_what_burns_when_an_incident_is_over_is_rolled_back() -> None:
    sli = Sli("errors", objective=0.999, rollback_ratio=50.0)  # by the ratio nothing would happen
    canary = Canary(Settings((sli,)))
    for at in range(40):
        assert canary.look(look(float(at), BURNING)).answer in ("wait", "hold")
    answers = [canary.look(look(float(at), (CALM[0], Ratio(150.0, 9.0)))).answer for at in range(40, 60)]
    assert answers[-1] == "rollback"


def test_a_gauge_beyond_its_limit() -> None:
    sli = Sli("memory", "gauge", limit=200.0)
    canary = Canary(Settings((sli,)))
    answers = [canary.look(look(float(at), (150.0, 250.0), "memory")).answer for at in range(1, 4)]
    assert answers == ["wait", "wait", "rollback"]
    held = Canary(Settings((sli,)))
    answers = [held.look(look(float(at), (250.0, 250.0), "memory")).answer for at in range(1, 5)]
    assert answers == ["wait", "wait", "hold", "hold"]
    assert held.look(look(9.0, (250.0, 150.0), "memory")).answer == "wait"


def test_a_gauge_whose_baseline_falls_below_the_limit_first_has_three_looks_to_follow() -> None:
    canary = Canary(Settings((Sli("memory", "gauge", limit=200.0),)))
    for at in range(1, 10):
        verdict = canary.look(look(float(at), (250.0, 250.0), "memory"))
    assert (verdict.answer, verdict.why) == ("hold", "`memory` is above its limit, and so was the baseline's")
    after = [canary.look(look(float(at), (150.0, 250.0), "memory")).answer for at in range(10, 13)]
    assert after == ["hold", "hold", "rollback"]


def test_a_slow_canary_by_its_histogram() -> None:
    le = (0.1, 0.2, 0.4, 0.8)
    fast = Histogram(le, (30_000.0, 24_000.0, 5_000.0, 300.0, 10.0))
    slow = Histogram(le, (200.0, 250.0, 120.0, 25.0, 5.0))
    canary = Canary(Settings((Sli("latency", "histogram", promote_ratio=1.5),)))
    verdict = until_final(canary, (fast, slow), name="latency")
    assert (verdict.answer, verdict.evidence[0].bound) == ("rollback", 0.2)
    same = Histogram(le, tuple(count / 100 for count in fast.counts))
    verdict = until_final(Canary(canary.settings), (fast, same), name="latency")
    assert verdict.answer == "promote"
    one = Canary(canary.settings)
    assert one.look(look(1.0, (Histogram(le, (0.0,) * 5), same), "latency")).evidence[0].skipped == NO_BOUND
    one.look(look(2.0, (fast, same), "latency"))
    other = Histogram((0.1, 0.3), (1.0, 1.0, 1.0))
    assert one.look(look(3.0, (fast, other), "latency")).evidence[0].skipped == OTHER_BOUNDS


def test_the_next_step_keeps_the_evidence_against_and_tests_promotion_anew() -> None:
    canary = Canary(Settings((ERRORS,)))
    first = until_final(canary, GOOD)
    assert first.answer == "promote"
    following = canary.next_step({"errors": 1.5})
    verdict = following.look(look(first.at + 1, GOOD))
    assert verdict.answer == "wait"
    assert verdict.evidence[0].looks == first.evidence[0].looks + 1
    whole = Canary(Settings((Sli("errors"),)))
    for at in range(1, int(first.at) + 2):
        last = whole.look(look(float(at), GOOD))
    assert verdict.log_e_rollback == last.log_e_rollback
    assert (verdict.evidence[0].low, verdict.evidence[0].high) == (last.evidence[0].low, last.evidence[0].high)
    fresh = Canary(Settings((Sli("errors", promote_ratio=1.5),))).look(look(1.0, GOOD))
    assert verdict.log_e_promote == fresh.log_e_promote


def test_the_share_of_the_traffic_is_tested() -> None:
    canary = Canary(Settings((Sli("errors"),)))
    for at in range(1, 6):
        verdict = canary.look(look(float(at), GOOD)._replace(share=0.05))
    assert verdict.traffic == "too little"
    canary = Canary(Settings((Sli("errors"),)))
    for at in range(1, 60):
        verdict = canary.look(look(float(at), GOOD)._replace(share=0.01))
    assert verdict.traffic == ""


def test_traffic_that_goes_astray_after_hours_holds_what_would_be_promoted_and_is_believed_again() -> None:
    canary = Canary(Settings((Sli("errors", promote_ratio=1.02),), planned_looks=1440))
    at = 0.0

    def looks(share: float, most: int, until: str) -> Verdict:
        nonlocal at
        for _ in range(most):
            at += 60.0
            verdict = canary.look(look(at, GOOD)._replace(share=share))
            if verdict.answer == until:
                return verdict
        raise AssertionError(verdict)

    for _ in range(200):
        at += 60.0
        assert canary.look(look(at, GOOD)._replace(share=0.01)).answer == "wait"
    held = looks(0.05, 12, "hold")
    assert (held.traffic, "less than half" in held.why) == ("too little", True)
    assert looks(0.01, 12, "wait").traffic == ""
    assert "more than double" in looks(0.002, 12, "hold").why
    promoting = canary.next_step({"errors": 50.0})
    for _ in range(30):
        at += 60.0
        verdict = promoting.look(look(at, GOOD)._replace(share=0.002))
    assert verdict.answer == "hold"
    assert verdict.log_e_promote is not None
    assert verdict.log_e_promote > math.log(20)


def test_what_is_worse_goes_back_wherever_the_traffic_goes() -> None:
    canary = Canary(Settings((ERRORS,)))
    for at in range(1, 9):
        held = canary.look(look(float(at), GOOD)._replace(share=0.05))
    for at in range(9, 60):
        verdict = canary.look(look(float(at), BAD)._replace(share=0.05))
    assert (held.answer, verdict.answer) == ("hold", "rollback")


pair = st.tuples(st.integers(1, 60_000), st.integers(0, 1500), st.integers(0, 3000), st.integers(0, 300)).map(
    lambda row: (
        Ratio(float(row[0]), float(min(row[0], row[1]))),
        Ratio(float(row[2]), float(min(row[2], row[3]))),
    )
)
streams = st.lists(st.lists(st.one_of(pair, st.none()), min_size=1, max_size=12), min_size=1, max_size=6)
POSSIBLE = (
    Settings((ERRORS,)),
    Settings((ERRORS, Sli("errors2", weight=2.0, objective=0.99, promote_ratio=1.5, promote_below=0.001))),
    Settings((Sli("errors", dispersion=2.0, promote_ratio=1.2),), cap=None, late_start=0.0, planned_looks=3),
)


@settings(deadline=None, max_examples=60)
@given(streams, st.randoms(use_true_random=False), st.integers(1, 9), st.sampled_from(POSSIBLE))
def test_verdicts_do_not_depend_on_how_streams_interleave(
    many: list[list[Any]], order: random.Random, portion: int, chosen: Settings
) -> None:
    def looks(one: list[Any]) -> list[Look]:
        names = [sli.name for sli in chosen.slis]
        return [
            Look(
                float(at),
                {} if pair is None else dict.fromkeys(names, pair[0]),
                {} if pair is None else dict.fromkeys(names, pair[1]),
            )
            for at, pair in enumerate(one)
        ]

    single = []
    for one in many:
        canary = Canary(chosen)
        single.append([canary.look(look) for look in looks(one)])
    canaries = [Canary(chosen) for _ in many]
    places = [place for place, one in enumerate(many) for _ in one]
    order.shuffle(places)
    queues = [iter(looks(one)) for one in many]
    batch = [(canaries[place], next(queues[place])) for place in places]
    together: list[list[Verdict]] = [[] for _ in many]
    for start in range(0, len(batch), portion):
        for nth, verdict in judge(batch[start : start + portion]):
            together[places[start + nth]].append(verdict)
    assert together == single


@settings(deadline=None, max_examples=60)
@given(streams, st.sampled_from(POSSIBLE))
def test_one_final_verdict_at_most_and_counts_only_grow(many: list[list[Any]], chosen: Settings) -> None:
    for one in many:
        canary = Canary(chosen)
        before: Verdict | None = None
        for at, pair in enumerate(one):
            verdict = canary.look(look(float(at), pair))
            for now in verdict.evidence:
                assert now.low <= now.high
                assert now.low < math.inf
            if before is not None:
                assert before.answer == verdict.answer or not before.final
                for then, now in zip(before.evidence, verdict.evidence, strict=True):
                    assert then.looks <= now.looks
                    if then.counted is not None and now.counted is not None:
                        assert all(a <= b for a, b in zip(then.counted, now.counted, strict=True))
            before = verdict


@settings(deadline=None, max_examples=40)
@given(streams)
def test_changes_are_what_all_verdicts_say(many: list[list[Any]]) -> None:
    for one in many:
        looks = [look(float(at), pair) for at, pair in enumerate(one)]
        every, some = Canary(POSSIBLE[0]), Canary(POSSIBLE[0])
        verdicts = judge([(every, look) for look in looks])
        changed = [
            item for item, answer in zip(verdicts, ["wait", *(v.answer for _, v in verdicts)], strict=False)
            if item[1].answer != answer
        ]  # fmt: skip
        assert judge([(some, look) for look in looks], changes=True) == changed


@pytest.mark.parametrize(
    "wrong",
    [
        {"rollback_ratio": 0.0},
        {"promote_ratio": math.nan},
        {"weight": 0.0},
        {"weight": math.inf},
        {"dispersion": 0.5},
        {"objective": 1.0},
        {"promote_below": -1.0},
        {"block": 0},
        {"block": 2},
        {"limit": math.inf, "kind": "gauge"},
        {"kind": "histogram", "objective": 0.99},
    ],
)
def test_an_sli_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Sli("errors", **wrong)


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0.0}, {"beta": 1.0}, {"cap": 0.0}, {"late_start": 1.0}, {"planned_looks": 0}, {"slis": ()}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Settings(**{"slis": (ERRORS,), **wrong})
