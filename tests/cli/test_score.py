"""`kaizen score`: results of a CI job as a score-card, its exit codes, its summary; nothing half-written."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.store import files
from tests.cli.world import World

JUNIT = '<testsuites><testsuite><testcase name="a" time="0.5"/>{more}</testsuite></testsuites>'


def commit(world: World, words: str) -> None:
    world.git("add", "-A")
    world.git("commit", "-q", "-m", words)


@pytest.fixture
def repo(world: World) -> World:
    """A workspace in git with a ticket whose branch is a commit ahead."""
    world.git("init", "-q", "-b", "main")
    world.new("Cut the latency", "--success", "p95_latency_ms < 10ms", "--success", "p95_latency_ms <= 0.9 * baseline")
    commit(world, "a ticket")
    world.git("checkout", "-q", "-b", "kaizen/KAIZ-001")
    (world.root / "code.py").write_text("fast = True\n", encoding="utf-8")
    commit(world, "faster")
    return world


def results(world: World, name: str, *values: float) -> list[str]:
    """A file for each sample; the options that name them."""
    option = "--baseline-benchmark" if name == "old" else "--benchmark"
    words = []
    for nth, value in enumerate(values):
        path = world.root / f"{name}{nth}.json"
        path.write_text(json.dumps({"p95_latency_ms": value}), encoding="utf-8")
        words += [option, str(path)]
    return words


def junit(world: World, more: str = "") -> list[str]:
    path = world.root / "junit.xml"
    path.write_text(JUNIT.format(more=more), encoding="utf-8")
    return ["--junit", str(path)]


OLD = (9.9, 10.1, 10.0, 9.8, 10.2, 10.0, 9.9, 10.1)
NEW = (8.0, 8.1, 7.9, 8.2, 8.0, 8.1, 7.9, 8.0)


def card_of(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(world.ws.score_card_path("KAIZ-001")).read_bytes())
    return found


def test_a_pass(repo: World) -> None:
    before = repo.ticket("KAIZ-001").read_bytes()
    done = repo.ok(
        "score", "KAIZ-001", *junit(repo), *results(repo, "old", *OLD), *results(repo, "new", *NEW), "--json"
    )
    card = card_of(repo)
    assert done.data["score_card"] == card
    assert card["verdict"] == done.data["verdict"] == "pass"
    assert card["commits"]["candidate"] == repo.git("rev-parse", "kaizen/KAIZ-001").strip()
    assert card["commits"]["baseline"] == repo.git("rev-parse", "main").strip()
    assert card["metrics"][0]["verdict"] == "improved"
    assert [one["verdict"] for one in card["criteria"]] == ["pass", "pass"]
    assert "doesn't open the canary's gate" in done.err
    raw = Path(repo.ws.score_card_path("KAIZ-001")).read_bytes()
    log = repo.ok("log", "KAIZ-001", "--json").data["entries"]
    assert done.data["sha256"] == sha256(raw).hexdigest() == log[-1]["entry"]["score_card"]
    assert log[-1]["entry"]["event"] == "evaluate"
    assert repo.ticket("KAIZ-001").read_bytes() != before  # `updated_at`: by it others see that there is a card
    assert repo.ok("verify").code == 0


def test_the_gate_says_that_it_was_no_sandbox(repo: World) -> None:
    repo.ok("score", "KAIZ-001", *junit(repo), *results(repo, "old", *OLD), *results(repo, "new", *NEW))
    for status in ("planned", "in_progress", "in_review"):
        repo.cli("update", "KAIZ-001", "--status", status)
    refused = repo.cli("update", "KAIZ-001", "--status", "canary")
    assert refused.code == 4
    assert "was not measured in a sandbox" in refused.text


def test_a_failed_test_fails_it(repo: World) -> None:
    done = repo.cli("score", "KAIZ-001", *junit(repo, '<testcase name="b"><failure/></testcase>'))
    assert done.code == 1
    assert "1 failed test" in done.out


def test_too_few_samples_are_inconclusive(repo: World) -> None:
    done = repo.cli("score", "KAIZ-001", *results(repo, "old", 10.0), *results(repo, "new", 8.0))
    assert done.code == 7
    assert "1 pair is too few for an interval" in done.out
    assert card_of(repo)["metrics"][0]["more_pairs"] == 4


def test_runs_within_one_file_of_each_side_are_samples(repo: World) -> None:
    for name, times in (("old", OLD), ("new", NEW)):
        shown = {"results": [{"command": "x", "times": list(times), "user": 1, "system": 1}]}
        (repo.root / f"{name}.json").write_text(json.dumps(shown), encoding="utf-8")
    words = ["--benchmark", "new.json", "--baseline-benchmark", "old.json", "--metric", "x_s=wall_s"]
    repo.cli("score", "KAIZ-001", *words)
    (metric,) = card_of(repo)["metrics"]
    assert (metric["name"], metric["samples"], metric["verdict"]) == ("wall_s", 8, "improved")


def test_each_evaluation_is_seen_in_the_list_at_once(repo: World) -> None:
    repo.cli("score", "KAIZ-001", *junit(repo, '<testcase name="b"><failure/></testcase>'))
    assert len(repo.ok("list", "verdict:fail", "--json").data) == 1
    repo.cli("score", "KAIZ-001", *results(repo, "old", *OLD), *results(repo, "new", *NEW))
    assert len(repo.ok("list", "verdict:pass", "--json").data) == 1


def test_the_summary_of_a_github_job(repo: World, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    evil = '<testcase name="<script>"><failure/></testcase>'
    repo.cli("score", "KAIZ-001", *junit(repo, evil.replace("<script>", "x")), *results(repo, "new", *NEW),
             env={"GITHUB_STEP_SUMMARY": str(summary)})  # fmt: skip
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("### ❌ KAIZ&#45;001: fail\n")
    assert "| ❔ | p95&#95;latency&#95;ms |" in text
    unwritable = repo.cli("score", "KAIZ-001", *junit(repo), env={"GITHUB_STEP_SUMMARY": "/nowhere/at/all"})
    assert "the summary can't be written" in unwritable.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "there are no results to score"),
        (["--junit", "nothing.xml"], 6, "cannot read: No such file"),
        (["--benchmark", "bad.json"], 6, "not JSON"),
        (["--benchmark", "good.json", "--metric", "p95"], 6, "measured no `p95`"),
        (["--benchmark", "good.json", "--metric", "a b=c"], 2, "is not NAME=METRIC"),
        (["--benchmark", "good.json", "--format", "k7"], 2, "unknown format `k7`"),
        (["--baseline-benchmark", "good.json"], 2, "alone say nothing"),
        (["--benchmark", "good.json", "--candidate", "no-such"], 2, "knows no commit"),
        (["--benchmark", "good.json", "--candidate", "main"], 2, "nothing to compare"),
        (["--benchmark", "good.json", "--benchmark", "good.json", "--baseline-benchmark", "good.json"], 2, "1 results"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(repo: World, words: list[str], code: int, says: str) -> None:
    (repo.root / "bad.json").write_text("{", encoding="utf-8")
    (repo.root / "good.json").write_text('{"p95_latency_ms": 9}', encoding="utf-8")
    done = repo.cli("score", "KAIZ-001", *words)
    assert done.code == code, done
    assert says in done.err
    assert not Path(repo.ws.score_card_path("KAIZ-001")).exists()


def test_no_such_ticket(repo: World) -> None:
    assert repo.cli("score", "KAIZ-009", *junit(repo)).code == 3


def test_a_final_ticket_keeps_its_evidence(repo: World) -> None:
    repo.cli("update", "KAIZ-001", "--status", "aborted", "--note", "no")
    assert repo.cli("score", "KAIZ-001", *junit(repo)).code == 4


def test_an_interrupted_write_leaves_the_old_card(repo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.cli("score", "KAIZ-001", *junit(repo))
    old = Path(repo.ws.score_card_path("KAIZ-001")).read_bytes()
    ticket, log = (Path(repo.ws.ticket_path("KAIZ-001")), Path(repo.ws.log_path("KAIZ-001")))
    before = (ticket.read_bytes(), log.read_bytes())
    real = files.sys.rename

    def interrupted(source: Any, target: Any, **where: Any) -> None:
        if str(target).endswith("Kaizen-Tkt.yml"):
            raise KeyboardInterrupt
        real(source, target, **where)

    monkeypatch.setattr(files.sys, "rename", interrupted)
    assert repo.cli("score", "KAIZ-001", *results(repo, "new", *NEW)).code == 130
    assert Path(repo.ws.score_card_path("KAIZ-001")).read_bytes() == old
    assert (ticket.read_bytes(), log.read_bytes()) == before
