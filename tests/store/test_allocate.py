"""Which id comes next: of the folders alone; what branches add is in test_git.py."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.ids import is_ticket_id, number_of
from kaizen_tui.store.allocate import next_id
from kaizen_tui.store.workspace import Workspace
from tests.store.worlds import make_workspace, new_ticket

WS = Workspace("/nowhere")


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([], "KAIZ-001"),
        (["KAIZ-001", "KAIZ-003"], "KAIZ-004"),
        (["KAIZ-999"], "KAIZ-1000"),
        (["KAIZ-0005"], "KAIZ-006"),
        (["KAIZ-002.orig", "KAIZ-001"], "KAIZ-003"),
        ([".KAIZ-007.swp"], "KAIZ-008"),
        (["KAIZ-12", "KAIZ-", "kaiz-900", "notes", ".gitkeep", "KAIZ-\u0665\u0665\u0665"], "KAIZ-001"),
        (["OPS-010", "OPS-011", "KAIZ-500"], "OPS-012"),
        (["OPS-010", "KAIZ-002"], "KAIZ-003"),
        (["OPS-010.orig"], "KAIZ-001"),
        ([".tmp-12-ab"], "KAIZ-001"),
    ],
)
def test_the_next_id(names: list[str], wanted: str) -> None:
    assert next_id(WS, names, ask_git=False) == wanted


def test_the_last_number_is_said_to_be_the_last() -> None:
    with pytest.raises(StoreError, match="no id is left"):
        next_id(WS, ["KAIZ-999999999"], ask_git=False)


@given(st.lists(st.from_regex(r"(KAIZ|OPS|AB)-[0-9]{3,5}", fullmatch=True) | st.text(max_size=12)))
def test_the_next_id_is_new(names: list[str]) -> None:
    found = next_id(WS, names, ask_git=False)
    assert is_ticket_id(found)
    assert found not in names
    same = [name for name in names if is_ticket_id(name) and name.rpartition("-")[0] == found.rpartition("-")[0]]
    assert all(number_of(name) < number_of(found) for name in same)


def test_broken_and_empty_folders_count(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path)
    (tmp_path / "tickets" / "KAIZ-004").mkdir(parents=True)
    (tmp_path / "tickets" / "KAIZ-006").write_bytes(b"not even a folder")
    assert new_ticket(ws) == "KAIZ-007"
