"""Which entries of a log are news, in which words; whatever stands in them, what is sent is one JSON object."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.log_view import EMPTY_LOG, LogView
from kaizen_tui.core.notice import approval_needed, notices, roll_back_failed
from kaizen_tui.core.notice_text import Subject, payload, sentence
from kaizen_tui.core.promotion_log import make_entry
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import format_epoch

AT = 1_800_000_000
WEB = Subject("KAIZ-001", "Cap it", "web", "bob", "high")
SHARE = {"action": "set_share", "from": 0.0, "to": 0.05, "verified": True}


def log_of(*entries: tuple[str, dict[str, Any]], begun: bool = True) -> LogView:
    view = EMPTY_LOG
    first = [("status", {"from": "in_review", "to": "canary"})] if begun else []
    for number, (event, fields) in enumerate([*first, *entries]):
        view = view.plus(make_entry(view, at=format_epoch(AT + number), actor="ada", event=event, fields=fields))
    return view


def told(*entries: tuple[str, dict[str, Any]]) -> list[str]:
    return [sentence(one, WEB).removeprefix("KAIZ-001 Cap it: ") for one in notices(log_of(*entries))]


def test_what_is_news_and_in_which_words() -> None:
    assert told(
        ("rollout", SHARE),
        ("comment", {"text": "looks fine"}),
        ("verdict", {"verdict": "hold", "share": 0.05, "note": "both are bad"}),
        ("comment", {"text": "advice: conclude", "advice": {"kind": "conclude", "verdict": "promote"}}),
        ("comment", {"text": "advice: set share", "advice": {"kind": "set_share", "verdict": ""}}),
        ("rollout", {"action": "pause", "cause": "asked", "from": 0.05, "to": 0, "verified": False}),
        ("rollout", {"action": "resume", "from": 0, "to": 0.05, "verified": True}),
        ("verdict", {"verdict": "promote", "share": 0.05, "note": "each SLI is good"}),
        ("status", {"from": "canary", "to": "complete", "reason": "every gate is open"}),
    ) == [
        "the canary is held at 5 % of the users, a person has to look: both are bad",
        "advice, verdict promote: advice: conclude",
        "verdict promote at 5 % of the users: each SLI is good",
        "released to all users (once the baseline's servers run it: kaizen deploy KAIZ-001 --share 0)",
    ]


def test_a_pause_for_want_of_numbers_is_told_once_and_so_is_its_end() -> None:
    pause = {"action": "pause", "cause": "blind", "from": 0.05, "to": 0, "reason": "no numbers"}
    resume = {"action": "resume", "from": 0, "to": 0.05}
    assert told(
        ("rollout", SHARE), ("rollout", {**pause, "verified": False}), ("rollout", {**pause, "verified": True}),
        ("rollout", {**resume, "verified": False}), ("rollout", {**resume, "verified": True}),
    ) == ["the canary can't be judged: no numbers", "the canary can be judged again"]  # fmt: skip


def test_what_comes_and_goes_is_told_three_times_an_hour_and_a_roll_back_as_ever() -> None:
    def lost_at(*minutes: int) -> list[str]:
        view = log_of(("rollout", SHARE))
        for minute in minutes:
            for second, action in ((0, "lost"), (30, "found")):
                fields = {"action": action, "verified": False, "to": 0.05, "reason": "away" if action == "lost" else ""}
                at = format_epoch(AT + 60 * minute + second)
                view = view.plus(make_entry(view, at=at, actor="ada", event="rollout", fields=fields))
        return [f"{one.event} {one.phase} {one.reason}".strip() for one in notices(view)]

    both = ["lost begun away", "lost ended"]
    last = "lost begun away; 3 times within 1 h: its end and the next times are not told"
    assert lost_at(1, 2) == [*both, *both]
    assert lost_at(1, 2, 3) == [*both, *both, last]
    assert lost_at(1, 2, 3, 4, 5, 59) == [*both, *both, last]
    assert lost_at(1, 2, 3, 64, 65) == [*both, *both, last, *both, *both]
    back = ("rollout", {"action": "rollback", "from": 0.05, "to": 0, "verified": False, "reason": "away"})
    flapping = [("rollout", {"action": action, "verified": False, "to": 0.05}) for action in ("lost", "found") * 5]
    assert [one.event for one in notices(log_of(*flapping, back))][-2:] == ["lost", "rollback"]


def test_only_the_canary_that_was_entered_last_is_told_of() -> None:
    assert notices(log_of(("verdict", {"verdict": "promote"}), begun=False)) == ()
    back = ("status", {"from": "canary", "to": "in_review"})
    again = ("status", {"from": "in_review", "to": "canary"})
    assert told(("verdict", {"verdict": "promote"}), back, again) == []


def test_what_the_log_alone_does_not_say_needs_its_beginning_there() -> None:
    at = format_epoch(AT)
    begun = ("rollout", {"action": "rollback", "from": 0.05, "to": 0, "verified": False, "reason": "bad"})
    done = ("rollout", {"action": "rollback", "from": 0.05, "to": 0, "verified": True, "reason": "bad"})
    assert roll_back_failed(log_of(("rollout", SHARE)), "away", at) is None
    assert roll_back_failed(log_of(begun, done), "away", at) is None
    failed = roll_back_failed(log_of(begun), "away", at)
    assert failed is not None
    assert failed.id == getattr(roll_back_failed(log_of(begun), "still away", at), "id", "")
    assert failed.id != notices(log_of(begun))[0].id
    assert approval_needed(log_of(("verdict", {"verdict": "rollback"})), "x", at) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["verdict", "rollout", "comment", "status"]),
    st.dictionaries(
        st.sampled_from(["verdict", "note", "advice", "share", "from", "to", "action", "verified", "reason", "cause"])
        | st.text(),
        JSON | st.sampled_from(["rollback", "pause", "blind", "hold", "lost", "found"]),
        max_size=8,
    ),
    st.text(max_size=300),
)
def test_whatever_stands_in_an_entry_what_is_sent_is_plain(event: str, fields: dict[str, Any], title: str) -> None:
    fixed = {"seq", "at", "actor", "event", "prev", "hash"}
    log = log_of((event, {key: value for key, value in fields.items() if key not in fixed}))
    for one in notices(log):
        for chat in (False, True):
            body = json.loads(payload(one, WEB._replace(title=title), chat=chat))
            assert safe(body["text"]) == body["text"]
            assert not chat or not set("<>@") & set(body["text"])
            assert len(body["text"]) < 12_000
