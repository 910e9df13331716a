"""`kaizen evaluate` with `evaluation.replay`: real servers in the sandbox, over a unix socket and over TCP."""

import os
from base64 import b64encode
from pathlib import Path

import pytest

from tests.cli.evaluations import Shop
from tests.cli.replays import change, evaluated, report, shop
from tests.traffic.hars import entry, har


@pytest.mark.parametrize("where", ['--uds, "$SOCKET"', '--port, "$PORT"'])
def test_noise_of_each_request_is_no_difference(tmp_path: Path, where: str) -> None:
    made = shop(tmp_path / "w", where)
    _, reasons = evaluated(made, "")
    assert "answered otherwise" not in reasons
    found = report(made)
    assert (found["requests"], found["mismatches"]) == (22, 0)
    assert "body.trace" in str(found["noise"])
    names = {one["name"]: one["samples"] for one in made.card["metrics"]}
    assert names == {"replay_p50_ms": 2, "replay_p95_ms": 2, "replay_requests_per_s": 2}


@pytest.mark.parametrize(
    ("flaws", "said"),
    [
        ("field", ("2 of 22 recorded requests answered otherwise: GET /items/* differs at body.price (2)",)),
        ("missing", ("GET /items/* differs at body.shop (20)",)),
        (
            "status text redirect",
            (
                "4 of 22 recorded requests answered otherwise: GET /items/* status 200 became 500 (2)",
                "GET /page differs at text (1)",
                "GET /old differs at location (1)",
            ),
        ),
    ],
)
def test_planted_differences_are_found(tmp_path: Path, flaws: str, said: tuple[str, ...]) -> None:
    made = shop(tmp_path / "w")
    code, reasons = evaluated(made, flaws)
    assert (code, made.card["verdict"]) == (1, "fail")
    assert [one for one in said if one not in reasons] == []
    if flaws == "field":
        listed = report(made)["listed"]
        assert isinstance(listed, list)
        assert {'- "price": 10,', '+ "price": 11,'} <= {line.replace("  ", " ") for line in listed[0]["diff"]}


@pytest.mark.nightly  # what comes later is found by the test below, too
def test_a_fifth_more_latency_is_a_regression(tmp_path: Path) -> None:
    made = shop(tmp_path / "w", pairs=10, flaws="50ms", tolerance=5)
    code, reasons = evaluated(made, "60ms")
    assert (code, made.card["verdict"]) == (1, "fail")
    assert "replay_p50_ms regressed" in reasons
    assert report(made)["mismatches"] == 0


def test_answers_that_come_later_are_a_regression(tmp_path: Path) -> None:
    made = shop(tmp_path / "w", pairs=10)
    code, reasons = evaluated(made, "slow")
    assert (code, made.card["verdict"]) == (1, "fail")
    assert "replay_p50_ms regressed" in reasons
    assert "replay_requests_per_s regressed" in reasons
    assert report(made)["mismatches"] == 0


def test_an_expected_difference_does_not_fail(tmp_path: Path) -> None:
    made = shop(tmp_path / "w", more='    expect: ["GET /items/* body.price"]')
    _, reasons = evaluated(made, "field")
    assert "answered otherwise" not in reasons
    found = report(made)
    assert (found["mismatches"], found["unexpected"]) == (2, 0)


def test_a_candidate_whose_server_ends_fails(tmp_path: Path) -> None:
    code, reasons = evaluated(shop(tmp_path / "w"), "ends")
    assert code == 1
    assert "of the candidate ended while it was asked" in reasons


def test_a_replay_of_nothing_but_refusals_is_no_pass(tmp_path: Path) -> None:
    _, reasons = evaluated(shop(tmp_path / "w", status=401), "")
    assert "such as 200 for 401: the replay shows little" in reasons


def test_a_recording_that_was_not_imported_is_refused(tmp_path: Path) -> None:
    made = shop(tmp_path / "w")
    raw = (made.root / "traffic/shop.har").read_text(encoding="utf-8")
    made.write("traffic/shop.har", raw.replace('"kaizen"', '"WebInspector"'))
    made.commit("raw")
    change(made, "")
    result = made.cli("evaluate", "KAIZ-001")
    assert result.code == 2
    assert "it wasn't made by `kaizen replay`" in result.err


def test_a_recording_that_is_not_there_or_too_long_is_said_before_anything_runs(tmp_path: Path) -> None:
    made = shop(tmp_path / "w", more="  benchmarks: [{command: [python, -c, 'raise SystemExit(9)']}]")
    change(made, "")
    made.git("mv", "traffic/shop.har", "traffic/other.har")
    made.commit("moved")
    moved = made.cli("evaluate", "KAIZ-001", "--candidate", "main", "--baseline", "main~1")
    assert moved.code == 2
    assert "the candidate's commit has no such recording; traffic/shop.har; make it with `kaizen replay`" in moved.err
    made.configure("  replay: {har: traffic/other.har, serve: [python, x], speed: 0.0001}\n  sandbox: {time: 500s}\n")
    long = made.cli("evaluate", "KAIZ-001", "--candidate", "main", "--baseline", "main~1")
    assert long.code == 2
    assert "the recording takes 500 s to play, and a run may take 500 s" in long.err
    assert "evaluation.replay.speed" in long.err


def test_a_time_can_be_the_components_metric(tmp_path: Path) -> None:
    made = shop(tmp_path / "w", pairs=6, more="    metrics: {replay_p50_ms: loop_ms}", flaws="50ms")
    made.ok("update", "KAIZ-001", "--success-criteria", "loop_ms <= 0.9 * baseline")
    made.commit("criterion")
    code, _ = evaluated(made, "10ms")
    assert [one["name"] for one in made.card["metrics"]] == ["loop_ms"]
    assert (code, made.verdict()) == (0, "improved")
    assert [one["verdict"] for one in made.card["criteria"]] == ["pass"]
    made.configure("  replay: {har: a.har, serve: [x], metrics: {replay_p50: loop_ms}}")
    wrong = made.cli("evaluate", "KAIZ-001")
    assert wrong.code != 0
    assert "a replay doesn't measure `replay_p50`; it measures replay_p50_ms" in wrong.err


def test_a_benchmark_of_the_same_name(tmp_path: Path) -> None:
    bench = """  benchmarks: [{command: [python, -c, 'print("{\\"replay_p50_ms\\": 1}")'], pairs: 2}]"""
    made = shop(tmp_path / "w", more=bench)
    change(made, "")
    done = made.cli("evaluate", "KAIZ-001")
    assert done.code == 6
    assert "the replay measures `replay_p50_ms`, as a benchmark before it does" in done.err


SECRETS = {
    "Authorization": "Bearer tok-5f1f0c9ab37e",
    "Cookie": "JSESSIONID=7C1B88DEADBEEF07; theme=dark",
    "X-Api-Key": "k3y-91f2a7770be4",
    "X-CSRF-Token": "csrf-a05f8ee21c",
    "Accept": "application/json",
}
PLANTED = [
    "tok-5f1f0c9ab37e",
    "7C1B88DEADBEEF07",
    "k3y-91f2a7770be4",
    "csrf-a05f8ee21c",
    "pa55w0rd-d1",
    "acc-77e1f0",
    "hunter-2-2",
]


def test_no_credential_of_the_recording_is_in_any_file(tmp_path: Path) -> None:
    """Imported, replayed to a server that repeats what it is told, reported, and kept by a run that is killed."""
    made = shop(tmp_path / "w", more="    routes: {POST: [/echo/login]}")
    headers = tuple(SECRETS.items())
    raw = har(
        entry("https://ada:hunter-2-2@h/echo/one?access_token=acc-77e1f0&page=1", headers=headers),
        entry("https://h/echo/login", "POST", headers=headers, body='{"user": "ada", "password": "pa55w0rd-d1"}'),
        entry("https://h/echo/acc-77e1f0", headers=headers),
    )
    assert all(secret.encode() in raw for secret in PLANTED)
    (tmp_path / "raw.har").write_bytes(raw)
    made.ok("replay", "import", str(tmp_path / "raw.har"), "-o", "traffic/shop.har", "--force")
    made.commit("recorded")
    change(made, "echo")
    with made.begin("--pairs", "3") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "1 of 3 pairs" in line:
                process.kill()
    answers = made.root / ".kaizen/evaluations/KAIZ-001.answers.json"
    assert answers.exists()
    assert written(made, "redacted-1")
    assert written(made, *PLANTED) == []
    code, reasons = evaluated(made, "echo")
    assert code == 1
    assert "3 of 3 recorded requests answered otherwise" in reasons
    assert "redacted-" in str(report(made)["listed"])
    assert "redacted-" not in str(report(made)["noise"])
    assert written(made, *PLANTED) == []


def written(made: Shop, *words: str) -> list[str]:
    """The files of the workspace, git's included, that have one of the words, as it is or in base64."""
    found = []
    for folder, _, names in os.walk(made.root):
        for name in names:
            data = Path(folder, name).read_bytes()
            found += [f"{folder}/{name}: {word}" for word in words if any(form in data for form in forms(word))]
    return found


def forms(word: str) -> list[bytes]:
    """As it is, and in base64 wherever in a text it begins; there without what its neighbours have a part in."""
    raw = word.encode()
    return [raw, *(b64encode(b"." * before + raw)[4 if before else 0 : -4] for before in range(3))]
