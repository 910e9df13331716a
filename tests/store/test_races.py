"""Many at once: ids stay distinct, and of two writers that saw the same version exactly one wins."""

from pathlib import Path

from kaizen_tui.core.errors import ConflictError
from tests.store.test_kill import arena


def test_eight_processes_that_make_a_hundred_tickets_each_get_800_ids(tmp_path: Path) -> None:
    result = arena("number", tmp_path / "w", 100)
    assert result["statuses"] == [0] * 8
    assert len(set(result["ids"])) == 800
    assert result["folders"] == ["KAIZ-001", *sorted(result["ids"])]
    assert sorted(result["ids"]) == [f"KAIZ-{number:03d}" for number in range(2, 802)]


def test_of_two_writers_exactly_one_wins_500_times(tmp_path: Path) -> None:
    assert ConflictError.exit_code == 5
    result = arena("race", tmp_path / "w", 500)
    assert result["wrong"] == []
    assert result["outcomes"] == [["conflict", "won"]] * 500
    assert result["statuses"] == [0, 0]
