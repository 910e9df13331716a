"""Which status may follow which, in words."""

import itertools

import pytest

from kaizen_tui.core.lifecycle import EDGES, check_move, gates_up_to, next_status
from kaizen_tui.core.states import FINAL, STATUSES

# docs/cli.md, written out by hand.
ALLOWED = {
    ("draft", "planned"), ("draft", "in_progress"), ("draft", "in_review"), ("draft", "aborted"),
    ("planned", "draft"), ("planned", "in_progress"), ("planned", "in_review"), ("planned", "aborted"),
    ("in_progress", "in_review"), ("in_progress", "aborted"),
    ("in_review", "in_progress"), ("in_review", "canary"), ("in_review", "aborted"),
    ("canary", "complete"), ("canary", "aborted"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), list(itertools.product(STATUSES, STATUSES)))
def test_the_lifecycle_has_exactly_the_edges_of_the_table(old: str, new: str) -> None:
    assert (check_move(old, new) is None) == (old == new or (old, new) in ALLOWED)


def test_what_is_final_has_no_way_out() -> None:
    assert all(EDGES[status] == () for status in FINAL)
    refusal = check_move("complete", "canary")
    assert refusal is not None
    assert refusal.text == "complete is final: the ticket can't move any more; open a new one"
    assert not refusal.overridable


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            "draft",
            "canary",
            "canary is entered only from in review; from draft the ticket can go to "
            "planned, in progress, in review or aborted",
        ),
        (
            "in_review",
            "complete",
            "complete is entered only from canary; from in review the ticket can go to canary, in progress or aborted",
        ),
        ("canary", "draft", "canary never goes to draft; from canary the ticket can go to complete or aborted"),
        ("draft", "plannd", "there is no status `plannd`; did you mean `planned`?"),
        (
            "draft",
            "zzz",
            "there is no status `zzz`; one of draft, planned, in_progress, in_review, canary, complete, aborted",
        ),
    ],
)
def test_a_wrong_edge_says_what_is_possible(old: str, new: str, text: str) -> None:
    refusal = check_move(old, new)
    assert refusal is not None
    assert (refusal.code, refusal.text, refusal.overridable) == ("edge", text, False)


def test_gates_are_cumulative_and_aborted_stands_alone() -> None:
    assert gates_up_to("draft") == ()
    assert gates_up_to("in_review") == ("planned", "in_progress", "in_review")
    assert gates_up_to("complete") == ("planned", "in_progress", "in_review", "canary", "complete")
    assert gates_up_to("aborted") == ("aborted",)


def test_the_next_state_forward() -> None:
    following = {status: next_status(status) for status in STATUSES}
    assert following == {
        "draft": "planned",
        "planned": "in_progress",
        "in_progress": "in_review",
        "in_review": "canary",
        "canary": "complete",
        "complete": None,
        "aborted": None,
    }
