"""`kaizen evaluate` with `evaluation.replay`: real servers in the sandbox, over a unix socket and over TCP."""

import json
from pathlib import Path

import pytest

from kaizen_tui.sandbox.protections import look_at_machine
from kaizen_tui.traffic.recording import Request, write_har
from tests.cli.evaluations import Shop
from tests.conftest import IN_CI
from tests.traffic import shop_server

SERVER = Path(shop_server.__file__).read_text(encoding="utf-8")
EVALUATION = """\
  tolerance: 10%
  replay:
    har: traffic/shop.har
    serve: [python, server.py, {where}, MARK]
    pairs: {pairs}
{more}
"""
REQUESTS = [Request(n * 0.002, "GET", f"/items/{n % 10}", (), b"", 200) for n in range(20)]
REQUESTS += [Request(0.05, "GET", "/page", (), b"", 200), Request(0.05, "GET", "/old", (), b"", 302)]


def shop(path: Path, where: str = '--uds, "$SOCKET"', more: str = "", status: int = 200, pairs: int = 2) -> Shop:
    """A component whose server is the shop; the flaws of a version are in its flaws.txt.

    pairs: two are enough for what compares answers; too few for a verdict on times, so that none hangs on the machine.
    """
    machine = look_at_machine()
    if not machine.usable:
        (pytest.fail if IN_CI else pytest.skip)(machine.fault)
    made = Shop(path, EVALUATION.format(where=where, pairs=pairs, more=more))
    # The server's own flaws come from a file of the commit, so that the command is the same.
    made.write("server.py", SERVER.replace("*place.flaws", "*open('flaws.txt').read().split()"))
    made.write("flaws.txt", "")
    (made.root / "traffic").mkdir()
    requests = [request._replace(status=status) for request in REQUESTS]
    (made.root / "traffic/shop.har").write_bytes(write_har(requests, "1"))
    made.commit("a server")
    made.git("checkout", "-q", "-B", "kaizen/KAIZ-001")
    return made


def evaluated(made: Shop, flaw: str) -> tuple[int, str]:
    made.write("flaws.txt", flaw)
    made.commit("change")
    made.git("checkout", "-q", "main")
    result = made.cli("evaluate", "KAIZ-001")
    assert (made.root / "tickets/KAIZ-001/Score-card.json").exists(), result.text
    assert made.leftovers() == []
    return result.code, " ".join(made.card["reasons"])


def report(made: Shop) -> dict[str, object]:
    found: dict[str, object] = json.loads((made.root / ".kaizen/evaluations/KAIZ-001.replay.json").read_bytes())
    return found


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
    ("flaw", "said"),
    [
        ("status", "2 of 22 recorded requests answered otherwise: GET /items/* status 200 became 500 (2)"),
        ("field", "2 of 22 recorded requests answered otherwise: GET /items/* differs at body.price (2)"),
        ("missing", "GET /items/* differs at body.shop (20)"),
        ("text", "GET /page differs at text (1)"),
        ("redirect", "GET /old differs at location (1)"),
    ],
)
def test_planted_differences_are_found(tmp_path: Path, flaw: str, said: str) -> None:
    made = shop(tmp_path / "w")
    code, reasons = evaluated(made, flaw)
    assert (code, made.card["verdict"]) == (1, "fail")
    assert said in reasons
    if flaw == "field":
        listed = report(made)["listed"]
        assert isinstance(listed, list)
        assert {'- "price": 10,', '+ "price": 11,'} <= {line.replace("  ", " ") for line in listed[0]["diff"]}


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
    made.git("checkout", "-q", "main")
    result = made.cli("evaluate", "KAIZ-001")
    assert result.code == 2
    assert "it wasn't made by `kaizen replay`" in result.err
