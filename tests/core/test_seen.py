"""What an approver saw: frozen with a hash, and found when it was changed."""

import pytest

from kaizen_tui.core.promotion_log import EMPTY_LOG, make_entry, read_log
from kaizen_tui.core.promotion_log import entry_line as line_of
from kaizen_tui.core.seen import seen_fields, seen_problems

AT = "2025-06-01T12:00:00Z"
SHOWN = {"score_card": {"verdict": "pass", "ratio": [0.66, 0.72, 0.79]}, "criteria": []}


def log_with(fields: dict[str, object]) -> bytes:
    return line_of(make_entry(EMPTY_LOG, at=AT, actor="Mei", event="approve", fields=fields))


def test_nothing_shown_adds_nothing() -> None:
    assert seen_fields(None) == {}


def test_what_was_shown_is_proven() -> None:
    log = read_log(log_with(seen_fields(SHOWN)))
    assert not log.problems
    assert seen_problems(log) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {**seen_fields(SHOWN), "seen": {"score_card": {"verdict": "fail"}}},
        {"seen": SHOWN},
        {"seen_sha256": "0" * 64},
        {"seen": "not a picture", "seen_sha256": "0" * 64},
    ],
)
def test_a_picture_that_does_not_match_its_hash_is_named_with_line_and_entry(fields: dict[str, object]) -> None:
    log = read_log(log_with(fields))
    assert not log.problems
    (problem,) = seen_problems(log)
    assert (problem.line, problem.seq, problem.code) == (1, 1, "seen")


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r".*"):
        seen_fields({"ratio": float("nan")})
