"""The sample workspace: made by its script, sound, and showing what there is to show."""

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaizen_tui.core.component import Component
from kaizen_tui.core.config import Config
from kaizen_tui.core.patch_spec import unfilled_sections
from kaizen_tui.core.scorecard import ScoreCard
from kaizen_tui.core.states import STATUSES, TIERS
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.lint import lint
from kaizen_tui.loop.verify import verify
from kaizen_tui.store.index import Snapshot, load_snapshot
from kaizen_tui.store.reading import list_components, read_config_file
from kaizen_tui.store.workspace import Workspace

ROOT = Path(__file__).parents[2]


def files_of(root: Path) -> dict[str, bytes]:
    paths = [*root.glob("registry/kaizen/**/*"), *root.glob("tickets/*-*/*")]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, made anew."""
    target = tmp_path_factory.mktemp("sample")
    script = ROOT / "tools" / "make_sample.py"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, "--to", target],
        env=env,
        cwd=tmp_path_factory.mktemp("cwd"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def session(made: Path) -> Session:
    return Session(Workspace(str(made)), "Test", lambda: datetime(2026, 11, 25, tzinfo=UTC), lambda: "0" * 16)


@pytest.fixture(scope="module")
def snapshot(session: Session) -> Snapshot:
    return load_snapshot(session.workspace)


@pytest.fixture(autouse=True)
def _needs_git(require_program: Callable[[str], str]) -> None:
    require_program("git")


def test_the_script_makes_what_is_in_the_repository(made: Path) -> None:
    ours, theirs = files_of(made), files_of(ROOT)
    assert set(ours) == set(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_it_is_believable_in_size(snapshot: Snapshot) -> None:
    columns = Counter(row.status for row in snapshot.rows)
    assert set(columns) == set(STATUSES)
    assert 20 <= sum(columns.values()) <= 35
    assert snapshot.problems == []
    first = snapshot.rows[0]
    assert (first.id, first.component) == ("KAIZ-001", "pcc-main")
    assert first.title == "Optimize MCP server for 200Hz throughput"


def test_the_components_cover_all_tiers(session: Session) -> None:
    files, problems = list_components(session.workspace)
    assert problems == []
    assert {file.fields.tier for file in files} == set(TIERS)
    for file in files:
        component = Component.from_fields(file.fields, file.raw)
        assert all(metric.abort_threshold is not None for metric in component.metric_fields)
        # What nobody runs as a service has its benchmarks instead.
        assert all(metric.has_source for metric in component.metric_fields) or component.id == "kaizen-tui"
    assert {"higher", "lower"} == {metric.direction for file in files for metric in file.fields.metrics}


def test_its_settings_are_valid(session: Session) -> None:
    config = Config.from_raw(read_config_file(session.workspace))
    assert config.metrics is not None
    assert config.metrics.source == "simulated"


def test_every_log_verifies(session: Session, snapshot: Snapshot) -> None:
    proofs = verify(session, [row.id for row in snapshot.rows])
    assert [proof for proof in proofs if not proof.ok or proof.proven != proof.entries] == []


def test_lint_finds_nothing(session: Session) -> None:
    assert lint(session, []) == []


def test_score_cards_and_patch_specs_are_there_when_due(session: Session, snapshot: Snapshot) -> None:
    for row in snapshot.rows:
        if row.status in ("in_review", "canary", "complete"):
            card = ScoreCard.parse(Path(session.workspace.score_card_path(row.id)).read_bytes())
            assert card.ticket == row.id
            assert unfilled_sections(Path(session.workspace.spec_path(row.id)).read_text(encoding="utf-8")) == ()


def test_it_shows_the_rare_things_too(snapshot: Snapshot) -> None:
    rows = snapshot.rows
    assert any(row.overridden for row in rows)
    assert any(row.warnings for row in rows)
    assert {row.verdict for row in rows} == {"pass", "fail", "inconclusive", ""}
    assert {row.severity for row in rows} == {"critical", "high", "medium", "low"}


def test_the_script_refuses_a_story_that_the_gates_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample can't show what the product wouldn't allow."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "tools" / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    script = sys.modules["sample.script"]
    story = script.Story(
        "11-20 09:00", "Ana <ana@kestrel.example>", "pcc-main", "Too eager",
        acts=(script.Move("11-20 09:01", "Ana <ana@kestrel.example>", "canary"),),
    )  # fmt: skip
    monkeypatch.setattr(module, "STORIES", (story,))
    with pytest.raises(RuntimeError, match="can't move from draft to canary"):
        module.build(tmp_path)
