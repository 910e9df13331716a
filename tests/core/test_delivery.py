"""When which event is sent again: a state machine against a plain list, and the limits."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kaizen_tui.core.delivery import LONGEST, LONGEST_ASKED, MAX_AGE, MOST, Delivery, Letter, backoff


def letter(number: int, created: float = 0.0) -> Letter:
    return Letter(f"{number:013d}", created)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_to_a_limit_and_vary_by_half(failures: int, chance: float) -> None:
    top = min(LONGEST, 2.0 ** min(failures - 1, 30))
    assert top / 2 <= backoff(failures, chance) <= top


class Deliveries(RuleBasedStateMachine):
    """Letters come in order; the receiver fails, refuses, takes; time goes by. Whatever happens nothing is lost,
    nothing sent twice, and once the receiver takes everything everything arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = Delivery(lambda: 0.5)
        self.number = 0
        self.now = 0.0
        self.put: list[Letter] = []
        self.taken: list[Letter] = []
        self.tries: dict[Letter, int] = {}

    @property
    def left(self) -> list[Letter]:
        return [one for one in self.put if one not in self.taken]

    @rule()
    def arrives(self) -> None:
        self.number += 1
        self.put.append(letter(self.number))
        self.delivery.keep(self.left)

    @rule(seconds=st.floats(0, 400))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def restarts(self) -> None:
        self.delivery = Delivery(lambda: 0.5)
        self.delivery.keep(self.left)
        self.tries = {}

    @rule(how=st.sampled_from(["take", "fail", "refuse", "ask"]))
    def is_tried(self, how: str) -> None:
        found = self.delivery.next(self.now)
        if found is None:
            pause = self.delivery.pause(self.now)
            longest = LONGEST_ASKED + 1e-9  # two sums of floats
            assert pause is None if not self.left else pause is not None and 0 < pause <= longest
            return
        assert found in self.left
        earlier = [one for one in self.left if one < found]
        assert all(self.tries.get(one, 0) > 0 for one in earlier), "the order of what happened"
        self.tries[found] = self.tries.get(found, 0) + 1
        if how == "take":
            self.delivery.delivered(found)
            self.taken.append(found)
        elif how == "refuse":
            self.delivery.refused(found, self.now, "no")
        else:
            self.delivery.unreachable(found, self.now, "away", 1e9 if how == "ask" else 0.0)
            assert self.delivery.next(self.now) is None, "a receiver that is away is left alone"

    @precondition(lambda self: self.left)
    @rule()
    def comes_back(self) -> None:
        while self.left:
            found = self.delivery.next(self.now)
            if found is None:
                pause = self.delivery.pause(self.now)
                assert pause is not None
                self.now += pause
                continue
            self.delivery.delivered(found)
            self.taken.append(found)

    @invariant()
    def knows_what_waits(self) -> None:
        assert len(self.delivery) == len(self.left)
        assert len(set(self.taken)) == len(self.taken)


TestDeliveries = Deliveries.TestCase


def test_one_that_is_refused_keeps_nobody_waiting() -> None:
    delivery = Delivery(lambda: 1.0)
    delivery.keep([letter(1), letter(2)])
    delivery.refused(letter(1), 0.0, "400")
    assert delivery.next(0.0) == letter(2)
    delivery.delivered(letter(2))
    assert delivery.next(0.0) is None
    assert delivery.next(1.0) == letter(1)


def test_one_that_always_fails_lets_the_others_pass_after_five_attempts() -> None:
    delivery, now = Delivery(lambda: 1.0), 0.0
    delivery.keep([letter(1), letter(2)])
    for _ in range(5):
        assert delivery.next(now) == letter(1)
        delivery.unreachable(letter(1), now, "exit 1")
        now += 600
    assert delivery.next(now) == letter(2)


def test_a_receiver_may_ask_for_more_time_but_not_for_any_time() -> None:
    delivery = Delivery(lambda: 0.0)
    delivery.keep([letter(1)])
    delivery.unreachable(letter(1), 0.0, "429", asked=90.0)
    assert delivery.pause(0.0) == 90.0
    delivery.unreachable(letter(1), 90.0, "429", asked=1e9)
    assert delivery.pause(90.0) == LONGEST_ASKED


@pytest.mark.parametrize(("count", "old"), [(3, 0), (MOST + 2, 0), (3, 2)])
def test_the_old_and_the_oldest_of_too_many_are_dropped(count: int, old: int) -> None:
    delivery = Delivery(lambda: 0.0)
    letters = [letter(one, 0.0 if one < old else MAX_AGE) for one in range(count)]
    delivery.keep(letters)
    assert delivery.outdated(MAX_AGE + 1) == letters[: max(old, count - MOST)]
