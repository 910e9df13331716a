"""Score-card.json: written and read back equal; anything doubtful is refused in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.fields import FieldErrors, Path
from kaizen_tui.core.scorecard import (
    Commits,
    CriterionResult,
    Machine,
    MetricResult,
    Ratio,
    SandboxRecord,
    ScoreCard,
    TestResults,
)

CARD = ScoreCard(
    ticket="KAIZ-014",
    created_at="2025-05-18T08:30:00Z",
    commits=Commits(baseline="a" * 40, candidate="b" * 40),
    pairs=24,
    metrics=(
        MetricResult(
            name="p95_latency_ms",
            unit="ms",
            direction="lower",
            samples=24,
            baseline=9.8,
            candidate=7.1,
            ratio=Ratio(point=0.72, low=0.66, high=0.79),
            verdict="improved",
        ),
        MetricResult(
            name="drops",
            direction="lower",
            samples=3,
            baseline=0.0,
            candidate=None,
            verdict="inconclusive",
            more_pairs=20,
        ),
    ),
    tests=TestResults(passed=212, failed=0, errors=0, skipped=3, duration_s=41.5),
    criteria=(
        CriterionResult(
            text="p95_latency_ms < 10", kind="success", metric="p95_latency_ms", measured=7.1, verdict="pass"
        ),
    ),
    machine=Machine(system="Linux 6.1", arch="x86_64", cpu="some", cores=4, memory_bytes=2**33, python="3.11.2"),
    sandbox=SandboxRecord(kind="bubblewrap", protections=("no network", "pids cgroup"), memory_bytes=2**29, pids=128),
    verdict="pass",
    reasons=("p95_latency_ms improved",),
)


def as_json(**changes: Any) -> bytes:
    return json.dumps({**json.loads(CARD.to_json()), **changes}).encode()


def errors_of(data: bytes) -> dict[Path, str]:
    with pytest.raises(FieldErrors) as caught:
        ScoreCard.parse(data)
    return {error.path: str(error) for error in caught.value.errors}


def test_there_and_back() -> None:
    assert ScoreCard.parse(CARD.to_json()) == CARD
    assert CARD.to_json().endswith(b"}\n")
    assert json.loads(CARD.to_json())["schema"] == "kaizen.scorecard/1"


def test_what_may_be_left_out() -> None:
    kept = ("schema", "ticket", "created_at", "commits", "pairs", "machine", "sandbox", "verdict")
    raw = {key: value for key, value in json.loads(CARD.to_json()).items() if key in kept}
    card = ScoreCard.parse(json.dumps(raw).encode())
    assert (card.tests, card.metrics, card.criteria, card.tolerance) == (None, (), (), 0.05)


def test_a_byte_order_mark_is_accepted() -> None:
    assert ScoreCard.parse(b"\xef\xbb\xbf" + CARD.to_json()) == CARD


@pytest.mark.parametrize(("kind", "counts"), [("bubblewrap", True), ("container", False), ("unsafe-local", False),
                                              ("external", False)])  # fmt: skip
def test_only_the_sandbox_opens_the_canary_gate(kind: str, counts: bool) -> None:
    assert ScoreCard.parse(as_json(sandbox={"kind": kind})).in_sandbox is counts


@pytest.mark.parametrize(
    ("changes", "path", "part"),
    [
        ({"schema": "kaizen.scorecard/2"}, ("schema",), 'this version reads "kaizen.scorecard/1"'),
        ({"schema": 1}, ("schema",), "schema is `1`"),
        ({"verdict": "passed"}, ("verdict",), "did you mean `pass`?"),
        ({"pairs": 2.5}, ("pairs",), "must be a whole number, not 2.5"),
        ({"pairs": "24"}, ("pairs",), "must be a whole number, not `24`"),
        ({"pairs": True}, ("pairs",), "must be a whole number"),
        ({"pairs": -1}, ("pairs",), "must be at least 0, not -1"),
        ({"created_at": "yesterday"}, ("created_at",), "RFC 3339"),
        ({"commits": {"baseline": "HEAD", "candidate": "b" * 40}}, ("commits", "baseline"), "pattern"),
        ({"commits": {"baseline": "a" * 40}}, ("commits",), "commits.candidate is missing"),
        ({"verdit": "pass"}, ("verdit",), "did you mean `verdict`?"),
        ({"sandbox": {"kind": "none"}}, ("sandbox", "kind"), "one of bubblewrap, container, unsafe-local"),
        (
            {"tests": {"passed": 1, "failed": 1, "errors": 0, "skipped": 0, "duration_s": 1}},
            (),
            "contradicts the failed",
        ),
        ({"metrics": {"a": 1}}, ("metrics",), "must be a list, not a mapping"),
        ({"machine": None}, ("machine",), "must be a mapping, not empty"),
    ],
)
def test_wrong(changes: dict[str, Any], path: Path, part: str) -> None:
    errors = errors_of(as_json(**changes))
    assert list(errors) == [path]
    assert part in errors[path]


def metric(**changes: Any) -> dict[str, Any]:
    base = {"name": "a", "direction": "lower", "samples": 1, "baseline": 1, "candidate": 1, "verdict": "unchanged"}
    return {**base, **changes}


@pytest.mark.parametrize(
    ("changes", "path", "part"),
    [
        ({"ratio": {"point": 2, "low": 3, "high": 4}}, ("ratio",), "low <= point <= high"),
        ({"ratio": {"point": -1, "low": -2, "high": 4}}, ("ratio", "point"), "at least 0"),
        ({"direction": "down"}, ("direction",), "one of lower, higher"),
        ({"baseline": "1"}, ("baseline",), "must be a number, not `1`"),
        ({"name": ""}, ("name",), "must not be empty"),
        ({"verdict": "pass"}, ("verdict",), "one of improved"),
    ],
)
def test_wrong_metric(changes: dict[str, Any], path: Path, part: str) -> None:
    errors = errors_of(as_json(metrics=[metric(**changes)]))
    assert ("metrics", 0, *path) in errors
    assert part in errors["metrics", 0, *path]


def test_two_results_for_one_metric() -> None:
    assert "two results for the metric `a`" in errors_of(as_json(metrics=[metric(), metric()]))[()]


@pytest.mark.parametrize("verdict", ["fail", "inconclusive"])
def test_a_pass_cannot_hide_a_criterion_that_did_not(verdict: str) -> None:
    result = {"text": "a < 1", "kind": "success", "metric": "a", "measured": None, "verdict": verdict}
    assert "contradicts the criterion" in errors_of(as_json(criteria=[result]))[()]
    assert ScoreCard.parse(as_json(criteria=[result], verdict="inconclusive")).verdict == "inconclusive"


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_no_number_that_is_none(constant: bytes) -> None:
    assert CARD.to_json().count(b"9.8") == 1
    assert errors_of(CARD.to_json().replace(b"9.8", constant))


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "a JSON object, not a list"),
        (b"null", "a JSON object, not empty"),
        (b'"x"', "a JSON object, not text"),
        (b"{}", "schema is missing"),
        (b'{"schema": 1, "schema": 2}', "stands twice"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "digits"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"schema": "kaizen.scorecard/1", "ticket": "\\ud800"}', "not JSON"),
    ],
)
def test_no_score_card(data: bytes, part: str) -> None:
    assert part in "; ".join(errors_of(data).values())


def test_a_syntax_error_has_its_line() -> None:
    with pytest.raises(FieldErrors) as caught:
        ScoreCard.parse(b'{\n"schema": "kaizen.scorecard/1",\n]')
    assert caught.value.errors[0].line == 3


def test_a_huge_file_is_refused() -> None:
    assert "more than 8 MiB" in errors_of(b" " * (8 * 2**20 + 1))[()]


def test_tests_are_ok_only_when_some_passed_and_none_failed() -> None:
    assert CARD.tests is not None
    assert CARD.tests.ok
    assert not CARD.tests.model_copy(update={"errors": 1}).ok
    assert not CARD.tests.model_copy(update={"passed": 0}).ok


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(json.loads(CARD.to_json()))), JSON, min_size=1, max_size=3))
def test_any_file_is_read_or_refused(changes: dict[str, Any]) -> None:
    try:
        card = ScoreCard.parse(as_json(**changes))
    except FieldErrors:
        return
    assert ScoreCard.parse(card.to_json()) == card


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    assert errors_of(data)
