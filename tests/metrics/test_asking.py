"""Many questions at once: in order, as many threads as help, the first error ends them."""

import itertools
import threading
from functools import partial

import pytest

from kaizen_tui.metrics.asking import FIRST, ask_all


def test_the_answers_come_in_the_order_of_the_questions() -> None:
    def question(number: int) -> int:
        return number * number

    found = ask_all(4, [partial(question, number) for number in range(50)])
    assert found == [number * number for number in range(50)]


def test_a_program_that_waits_for_its_server_asks_as_much_at_once_as_it_may() -> None:
    met = threading.Barrier(16, timeout=60)
    assert len(ask_all(16, [met.wait] * 16, computed=lambda: 0.0)) == 16


def test_a_program_that_computes_all_the_time_starts_no_more_threads() -> None:
    computed = itertools.count()  # a second of computing between any two looks
    looked = threading.Event()
    names: set[str] = set()

    def look() -> float:
        seconds = next(computed)
        if seconds >= 40:  # twenty looks, at each of which threads could have been started
            looked.set()
        return float(seconds)

    def question() -> int:
        names.add(str(threading.get_ident()))
        assert looked.wait(60)
        return 1

    assert ask_all(16, [question] * (4 * FIRST), computed=look) == [1] * (4 * FIRST)
    assert len(names) == FIRST


def test_the_first_error_ends_the_asking() -> None:
    asked: list[int] = []

    def wrong() -> int:
        raise ValueError("no")

    def question() -> int:
        asked.append(1)
        return 1

    with pytest.raises(ValueError, match="no"):
        ask_all(2, [wrong, wrong, *([question] * 1000)])
    assert len(asked) < 1000
