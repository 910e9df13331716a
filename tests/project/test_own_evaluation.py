"""This repository's own evaluation: the component kaizen-tui, its benchmarks, and the score-card of KAIZ-031."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.cli.output import Painter
from kaizen_tui.cli.show_parts import card_lines
from kaizen_tui.core.component import Component
from kaizen_tui.core.evaluation import Evaluation
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.scorecard import ScoreCard
from kaizen_tui.store.reading import list_components
from kaizen_tui.store.workspace import Workspace

ROOT = Path(__file__).parents[2]
TICKET = "KAIZ-031"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    files, _ = list_components(Workspace(str(ROOT)))
    file = next(file for file in files if file.id == "kaizen-tui")
    found = Component.from_fields(file.fields, file.raw).evaluation
    assert found is not None
    return found


@pytest.fixture(scope="module")
def card() -> ScoreCard:
    return ScoreCard.parse((ROOT / f"tickets/{TICKET}/Score-card.json").read_bytes())


def git(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_it_runs_is_there(evaluation: Evaluation) -> None:
    assert evaluation.setup is not None
    assert evaluation.tests is not None
    commands = [evaluation.setup, evaluation.tests.command, *(one.command for one in evaluation.benchmarks)]
    scripts = [word for command in commands for word in command if word.endswith(".py")]
    assert len(scripts) >= 4
    assert [name for name in scripts if not (ROOT / name).is_file()] == []


def test_the_log_vouches_for_the_card(card: ScoreCard) -> None:
    folder = ROOT / "tickets" / TICKET
    log = read_log((folder / "Promotion-Log").read_bytes())
    assert log.problems == ()
    (entry,) = [row.entry for row in log.rows if isinstance(row.entry, LogEntry) and row.entry.event == "evaluate"]
    assert entry.text("score_card") == hashlib.sha256((folder / "Score-card.json").read_bytes()).hexdigest()
    assert entry.text("verdict") == card.verdict
    assert entry.text("candidate") == card.commits.candidate


def test_the_card_is_of_this_component(card: ScoreCard, evaluation: Evaluation) -> None:
    assert card.ticket == TICKET
    assert card.sandbox.kind == "bubblewrap"
    assert card.tests is not None
    assert card.tests.ok
    assert card.pairs == max(one.pairs for one in evaluation.benchmarks)
    measured = {name for one in evaluation.benchmarks for name in one.metrics.values()}
    assert {metric.name for metric in card.metrics} == measured


def test_its_table_fits_into_a_terminal(card: ScoreCard) -> None:
    lines = card_lines(card, Painter(on=False))
    head = next(place for place, line in enumerate(lines) if line.startswith("  metric "))
    table = lines[head : head + 1 + len(card.metrics)]
    assert max(map(len, table)) <= 80
    assert any("595 ms" in line for line in table)
    assert "  pass  list_cpu_s <= 1.05 * baseline  (success, measured 0.694 s against 0.716 s)" in lines


def test_it_compares_a_commit_of_this_repository_with_the_one_before(
    card: ScoreCard, require_program: Callable[[str], str]
) -> None:
    require_program("git")
    candidate, baseline = card.commits.candidate, card.commits.baseline
    if git("cat-file", "-e", f"{candidate}^{{commit}}").returncode or git("cat-file", "-e", baseline).returncode:
        pytest.skip("these files come without the history of their repository")
    assert git("rev-parse", f"{candidate}^").stdout.strip() == baseline


@pytest.mark.nightly
def test_the_benchmarks_measure_what_the_component_compares(evaluation: Evaluation) -> None:
    subprocess.run([sys.executable, "benchmarks/own_workspace.py"], cwd=ROOT, check=True)
    for benchmark in evaluation.benchmarks:
        command = [sys.executable, *benchmark.command[1:]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        assert set(found) == {name for name in benchmark.metrics if not name.endswith("_cpu_s")}
        assert all(0 < value < 60_000 for value in found.values())
