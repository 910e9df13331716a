"""JSON Lines through the judge: what is taken, what is refused, and what comes out."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen_tui.analysis.replay import LONGEST, Remark, Replay, Tally

CONFIG: dict[str, Any] = {
    "type": "config",
    "stream": "*",
    "alpha": 0.05,
    "beta": 0.05,
    "counters": "delta",
    "emit": "all",
    "slis": [
        {
            "name": "errors",
            "kind": "ratio",
            "rollback_ratio": 1.0,
            "promote_ratio": 2.0,
            "weight": 1.0,
            "dispersion": 1.0,
        }
    ],
}


def obs(stream: str, t: float, baseline: tuple[int, int], canary: tuple[int, int]) -> dict[str, Any]:
    """baseline, canary: all events, and the bad ones."""
    arms = [{"errors": {"good": total - bad, "total": total}} for total, bad in (baseline, canary)]
    return {"type": "obs", "stream": stream, "t": t, "baseline": arms[0], "canary": arms[1]}


def run(lines: list[Any], portion: int = 10_000, **options: float) -> tuple[list[dict[str, Any]], list[Remark], Tally]:
    """Lines that aren't text are written as JSON first."""
    replay = Replay(**options)
    out: list[str] = []
    data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    for start in range(0, len(data), portion):
        out += replay.feed(data[start : start + portion], start + 1)
    assert all(line.isascii() and line.isprintable() for line in out)
    return [json.loads(line) for line in out], replay.remarks, replay.tally


def story(stream: str, looks: int, bad: int) -> list[dict[str, Any]]:
    return [obs(stream, 60.0 * (at + 1), (59_400, 297), (600, bad)) for at in range(looks)]


def test_a_verdict_for_each_observation() -> None:
    out, remarks, tally = run([CONFIG, *story("bad", 8, 15), *story("good", 8, 3)])
    assert remarks == []
    assert tally == Tally(1, 1, 0, 0)
    assert [one["stream"] for one in out] == ["bad"] * 8 + ["good"] * 8
    first = out[0]
    assert list(first) == ["stream", "t", "verdict", "log_e_rollback", "log_e_promote", "ratio", "sli"]
    assert (first["t"], first["verdict"]) == (60.0, "wait")
    assert first["sli"]["errors"]["baseline"] == {"total": 59400, "bad": 297}
    last = out[7]
    assert last["verdict"] == "rollback"
    low, high = last["ratio"]["errors"]
    assert 1 < low < 5 < high
    assert "errors" in last["why"]
    assert out[-1]["verdict"] == "promote"


def test_only_changes_when_asked() -> None:
    lines = [CONFIG | {"emit": "changes"}, *story("bad", 8, 15), *story("good", 8, 3), *story("open", 1, 3)]
    out, _, tally = run(lines, portion=3)
    assert [(one["stream"], one["verdict"]) for one in out] == [("bad", "rollback"), ("good", "promote")]
    assert tally == Tally(1, 1, 1, 0)


def test_a_stream_of_its_own_configuration_and_one_without() -> None:
    own = CONFIG | {"stream": "mine", "slis": [{"name": "errors", "kind": "ratio", "promote_ratio": None}]}
    out, remarks, _ = run([own, *story("mine", 1, 3), *story("other", 1, 3), CONFIG, *story("other", 1, 3)])
    assert [(one["stream"], one["log_e_promote"] is None) for one in out] == [("mine", True), ("other", False)]
    assert [(one.line, one.message) for one in remarks] == [(3, "no configuration for stream `other`")]


def test_a_configuration_stays_once_a_stream_has_observations() -> None:
    _, remarks, _ = run([CONFIG, *story("s", 1, 3), CONFIG | {"stream": "s"}])
    assert [one.line for one in remarks] == [3]
    assert "stays" in remarks[0].message


def test_other_error_rates_than_those_that_were_recorded() -> None:
    lines = [CONFIG, *story("s", 30, 7)]
    strict, loose = run(lines, alpha=1e-6)[0], run(lines, alpha=0.3)[0]
    times = [next(one["t"] for one in out if one["verdict"] == "rollback") for out in (loose, strict)]
    assert times[0] < times[1]


def test_totals_say_the_same_as_increments() -> None:
    rng = random.Random(3)
    rows = [
        ((rng.randint(50_000, 60_000), rng.randint(200, 400)), (rng.randint(500, 700), rng.randint(0, 9)))
        for _ in range(40)
    ]
    delta = [CONFIG, *(obs("s", at + 1.0, *row) for at, row in enumerate(rows))]
    total = [[0, 0], [0, 0]]
    lines: list[Any] = [CONFIG | {"counters": "cumulative"}, obs("s", 0.0, (0, 0), (0, 0))]
    for at, row in enumerate(rows):
        if at == 20:
            total = [[0, 0], [0, 0]]  # both restart right after a scrape
        total = [[a + b for a, b in zip(old, new, strict=True)] for old, new in zip(total, row, strict=True)]
        lines.append(obs("s", at + 1.0, (total[0][0], total[0][1]), (total[1][0], total[1][1])))
    assert run(lines)[0][1:] == run(delta)[0]


def test_late_duplicate_torn_and_missing_observations_change_nothing() -> None:
    good = story("s", 2, 3)
    torn = obs("s", 180.0, (100, 0), (10, 0))
    torn["canary"]["errors"]["good"] = 11
    out, remarks, _ = run(
        [CONFIG, *good, good[0], torn, {"type": "obs", "stream": "s", "t": 240, "baseline": good[0]["baseline"]}]
    )
    assert remarks == []
    assert [one["sli"]["errors"].get("skipped") for one in out] == [None, None, "late or duplicate", "torn", "no data"]
    assert {one["log_e_rollback"] for one in out[1:]} == {out[1]["log_e_rollback"]}


def test_a_late_observation_of_totals_is_no_starting_point() -> None:
    lines = [
        CONFIG | {"counters": "cumulative"},
        obs("s", 60.0, (1000, 10), (100, 1)),
        obs("s", 30.0, (500, 5), (50, 0)),
        obs("s", 120.0, (2000, 20), (200, 2)),
    ]
    assert run(lines)[0][-1]["sli"]["errors"]["baseline"] == {"total": 1000, "bad": 10}


def test_histograms_and_gauges() -> None:
    slis = [
        {"name": "latency", "kind": "histogram", "rollback_ratio": 1.0, "promote_ratio": 1.5},
        {"name": "memory", "kind": "gauge", "rollback_ratio": 1.1, "weight": 0.1, "limit": 400, "block": 2},
    ]

    def look(t: int, scale: float) -> dict[str, Any]:
        counts = ([50_000, 8000, 2000], 1.0), ([round(500 / scale), round(80 * scale), round(20 * scale)], scale)
        arms = [{"latency": {"le": [0.1, 0.5], "counts": c}, "memory": {"value": 200 * k}} for c, k in counts]
        return {"type": "obs", "stream": "s", "t": t, "baseline": arms[0], "canary": arms[1]}

    out, remarks, _ = run([CONFIG | {"slis": slis}, *(look(t, 1.8) for t in range(1, 9))])
    assert remarks == []
    assert out[-1]["verdict"] == "rollback"
    assert out[-1]["sli"]["latency"]["bound"] == 0.5
    assert out[-1]["ratio"]["memory"] == [0.0, None]
    assert out[0]["sli"]["memory"]["looks"] == 1


def test_a_step_opens_a_promoted_stream_again() -> None:
    first, second = story("s", 8, 3), story("s", 30, 3)[10:]
    step = {"type": "step", "stream": "s", "promote_ratio": {"errors": 1.2}}
    out, remarks, tally = run([CONFIG, *first, step, *second])
    assert remarks == []
    assert [out[7]["verdict"], out[8]["verdict"]] == ["promote", "wait"]
    assert tally == Tally(0, 0, 1, 0)
    _, remarks, _ = run(
        [CONFIG, *story("s", 8, 20), step, step | {"stream": "none"}, step | {"promote_ratio": {"x": 1}}]
    )
    assert len(remarks) == 3


def test_a_promoted_stream_that_stays_is_judged_on() -> None:
    good, bad = story("s", 4, 3), story("s", 60, 30)[4:]
    out, remarks, tally = run([CONFIG, *good, *bad])
    assert (remarks, tally, out[-1]["verdict"]) == ([], Tally(1, 0, 0, 0), "promote")
    out, remarks, tally = run([CONFIG, *good, {"type": "stay", "stream": "s"}, *bad])
    assert (remarks, tally) == ([], Tally(0, 1, 0, 0))
    assert [line["verdict"] for line in out[3:5]] == ["promote", "wait"]
    # Nothing begins anew: the evidence is that of a canary which was never promoted.
    never = CONFIG | {"slis": [sli | {"promote_ratio": None} for sli in CONFIG["slis"]]}
    plain, _, _ = run([never, *good, *bad])
    assert [line["log_e_rollback"] for line in out] == [line["log_e_rollback"] for line in plain]
    _, remarks, _ = run([CONFIG, {"type": "stay", "stream": "none"}])
    assert len(remarks) == 1


def test_what_a_promoted_stream_sees_counts_at_its_next_step_in_whatever_portions_it_comes() -> None:
    config = CONFIG | {"slis": [*CONFIG["slis"], {"name": "memory", "kind": "gauge", "promote_ratio": 50}]}

    def with_memory(line: dict[str, Any]) -> dict[str, Any]:
        return line | {arm: line[arm] | {"memory": 2.0} for arm in ("baseline", "canary")}

    looks = [with_memory(one) for one in [*story("s", 12, 3), *story("s", 16, 12)[12:], *story("s", 20, 3)[16:]]]
    step = {"type": "step", "stream": "s", "promote_ratio": {"errors": 1.2}}
    lines = [config, *looks[:18], step, *looks[18:]]
    out, remarks, _ = run(lines)
    assert remarks == []
    assert (out[17]["verdict"], out[18]["verdict"]) == ("promote", "wait")
    assert run(lines, portion=1)[0] == out
    never = [sli | {"promote_ratio": None} for sli in config["slis"]]
    whole, _, _ = run([config | {"slis": never}, *looks])
    assert out[18]["log_e_rollback"] == whole[18]["log_e_rollback"]
    assert out[18]["sli"]["errors"]["looks"] == 19


def test_what_stays_is_promoted_as_long_as_its_evidence_suffices() -> None:
    out, remarks, _ = run([CONFIG, *story("s", 4, 3), {"type": "stay", "stream": "s"}, *story("s", 40, 3)[4:]])
    assert remarks == []
    assert {line["verdict"] for line in out[3:]} == {"promote"}
    gathered = [line["log_e_promote"] for line in out[3:]]
    assert gathered == sorted(set(gathered))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "a line is a JSON object"),
        (b'{"type":"obs","stream":"s","t":NaN}', "NaN is no JSON"),
        (b'{"type":"obs","stream":"s","t":-Infinity}', "no JSON"),
        (b'{"type":"obs","stream":"s","t":1e999}', "too large"),
        (b'{"type":"obs","stream":"s","t":true}', "`t` is a number"),
        (b'{"type":"obs","stream":"s"}', "`t` is a number"),
        (b'{"type":"obs","t":1}', "`stream` is missing"),
        (b'{"type":"obs","stream":7,"t":1}', "`stream` is a text"),
        (b'{"type":"obs","stream":"s","t":90,"canary":[]}', "`canary` is an object"),
        (b'{"type":"obs","stream":"s","t":90,"canary":{"errors":{"good":-1,"total":2}}}', "`errors` is"),
        (b'{"type":"obs","stream":"s","t":90,"canary":{"errors":{"good":1,"total":1e300}}}', "`errors` is"),
        (b'{"type":"obs","stream":"s","t":90,"canary":{"errors":{"good":"1","total":2}}}', "`errors` is"),
        (b'{"type":"obs","stream":"s","t":90,"canary":{"errors":{"good":true,"total":2}}}', "`errors` is"),
        (b'{"type":"obs","stream":"s","t":90,"canary":{"errors":[1,2]}}', "`errors` is"),
        (b'{"type":"obs","stream":"s","t":90,"canary":{"errors":"x"}}', "`errors` is"),
        (b'{"type":"other"}', "`type` is"),
        (b'{"type":["obs"]}', "`type` is"),
        (b"\xff", "not UTF-8"),
        (b"1" * 5000, "too many digits"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * LONGEST + b"{}", "longer than 1 MiB"),
        (b'{"type":"config","slis":[]}', "`slis` is a list"),
        (b'{"type":"config","slis":[{"name":"a"},{"name":"a"}]}', "same name"),
        (b'{"type":"config","slis":[{"name":"a","kind":"x"}]}', "`kind` of `a`"),
        (b'{"type":"config","slis":[{"name":"a","weight":0}]}', "`weight` lies between"),
        (b'{"type":"config","slis":[{"name":"a","weight":5e-324},{"name":"b"}]}', "`weight` lies between"),
        (b'{"type":"obs","stream":"s","t":90,"share":0}', "`share` is above 0 and below 1"),
        (b'{"type":"obs","stream":"s","t":90,"share":1.0}', "`share` is above 0 and below 1"),
        (b'{"type":"obs","stream":"s","t":90,"share":-0.1}', "`share` is above 0 and below 1"),
        (b'{"type":"obs","stream":"s","t":90,"share":5e-324}', "`share` is above 0 and below 1"),
        (b'{"type":"config","slis":[{"name":"a"}],"alpha":2}', "`alpha` lies between"),
        (b'{"type":"config","slis":[{"name":"a"}],"planned_looks":1.5}', "whole number"),
        (b'{"type":"config","slis":[{"name":"a"}],"counters":"x"}', "`counters` is"),
        (b'{"type":"config","slis":[{"name":"a"}],"emit":[]}', "`emit` is"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_the_others_count(line: bytes, words: str) -> None:
    good = story("s", 3, 3)
    out, remarks, _ = run([CONFIG, good[0], line, good[1]])
    assert len(out) == 2
    assert [(one.line, one.level) for one in remarks] == [(3, "error")]
    assert words in remarks[0].message


def test_an_unknown_key_is_named_and_the_line_taken() -> None:
    out, remarks, _ = run([CONFIG | {"slis": [{"name": "errors", "promote_ration": 2.0}]}, *story("s", 1, 3)])
    assert len(out) == 1
    assert [(one.line, one.level, one.hint) for one in remarks] == [(1, "warning", "did you mean `promote_ratio`?")]


def test_empty_lines_and_windows_line_ends() -> None:
    out, remarks, _ = run([json.dumps(CONFIG).encode() + b"\r", b"", b"  ", *story("s", 1, 3)])
    assert (len(out), remarks) == (1, [])


def test_a_share_of_the_traffic_at_any_edge_is_tested_or_refused() -> None:
    for share in (1e-9, 0.49999999999999994, 0.5, 0.999999):
        out, remarks, _ = run([CONFIG, story("s", 1, 3)[0] | {"share": share}])
        assert (len(out), remarks) == (1, []), share


@pytest.mark.filterwarnings("error")
def test_an_objective_whose_budget_hardly_burns_so_fast() -> None:
    for objective in (1 - 1 / 14.4, 0.9305556, 1 - 2**-53):
        sli = CONFIG["slis"][0] | {"objective": objective}
        out, remarks, _ = run([CONFIG | {"slis": [sli]}, *story("s", 3, 3)])
        assert (len(out), remarks) == (3, [])


def test_huge_counts_have_finite_answers() -> None:
    huge = 2**53
    rows = [((huge, huge), (huge, huge)), ((huge, 0), (huge, huge)), ((10**9, 10**9), (1, 0)), ((1, 0), (huge, 0))]
    out, remarks, _ = run([CONFIG, *(obs("s", float(at), *row) for at, row in enumerate(rows * 5))])
    assert (len(out), remarks) == (20, [])
    assert all(abs(one["log_e_rollback"]) < 1e19 for one in out)


def test_names_of_streams_are_written_safely() -> None:
    out, _, _ = run([CONFIG, *story('s"\x1b[2J\u202e\x7fü', 1, 3)])
    assert out[0]["stream"] == 's"\x1b[2J\u202e\x7fü'


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["obs", "config", "*"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "stream",
                    "t",
                    "baseline",
                    "canary",
                    "errors",
                    "good",
                    "total",
                    "slis",
                    "name",
                    "kind",
                    "le",
                    "alpha",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.one_of(junk, st.binary(max_size=20), st.just(CONFIG), st.just(story("s", 1, 3)[0])), max_size=8))
def test_no_input_is_a_traceback(lines: list[Any]) -> None:
    run(lines)


def test_looks_before_the_first_usable_bound_say_the_same_in_whatever_portions_they_come() -> None:
    config = CONFIG | {"slis": [{"name": "latency", "kind": "histogram", "promote_ratio": 2.0}]}

    def at(t: float, slow: int) -> dict[str, Any]:
        arm = {"latency": {"le": [0.1, 0.5], "counts": [900 - slow, slow, slow // 4]}}
        return {"type": "obs", "stream": "s", "t": t, "baseline": arm, "canary": arm}

    lines = [config, at(1.0, 0), at(2.0, 0), at(3.0, 90), at(4.0, 90)]
    out, remarks, _ = run(lines)
    assert remarks == []
    assert ["bound" in line["sli"]["latency"] for line in out] == [False, False, True, True]
    assert run(lines, portion=1)[0] == out


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30), st.booleans()), max_size=60),
    st.integers(1, 20),
    st.sampled_from(["all", "changes"]),
    st.sampled_from(["delta", "cumulative"]),
)
def test_portions_and_other_streams_change_nothing(
    rows: list[tuple[int, int, bool]], portion: int, emit: str, counters: str
) -> None:
    lines = [
        obs(f"s{stream}", float(at), (60_000 * (at + 1), 300 * (at + 1)), (600 * (at + 1), bad * (at + 1)))
        for at, (stream, bad, _) in enumerate(rows)
    ]
    config = CONFIG | {"emit": emit, "counters": counters}
    together = run([config, *lines], portion)[0]
    for stream in range(5):
        alone = run([config, *(line for line in lines if line["stream"] == f"s{stream}")])[0]
        assert [one for one in together if one["stream"] == f"s{stream}"] == alone
