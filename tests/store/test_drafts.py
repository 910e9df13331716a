"""Drafts on disk: written as a whole, read with suspicion, never leading out of their folder."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.store import drafts
from kaizen_tui.store.drafts import Draft
from kaizen_tui.store.workspace import Workspace

NOBODY = 2**22 + 7  # above the kernel's highest process id


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    (tmp_path / "registry" / "kaizen").mkdir(parents=True)
    return Workspace(str(tmp_path))


def draft(name: str = "new-1", saved: int = 1000, *, pid: int = 0, **values: str) -> Draft:
    return Draft(name, saved, values or {"title": "Trim payloads"}, {}, "", pid)


def test_a_draft_comes_back_as_it_was(ws: Workspace) -> None:
    written = Draft("KAIZ-031", 1000, {"title": "a\nb · ä 🎈"}, {"title": "a"}, "0123456789abcdef", 42)
    drafts.write_draft(ws, written)
    assert drafts.read_draft(ws, "KAIZ-031") == written


def test_no_draft_is_none(ws: Workspace) -> None:
    assert drafts.read_draft(ws, "new-1") is None
    assert drafts.offered_draft(ws, 1000) == ("new-1", None)
    drafts.remove_draft(ws, "new-1")
    drafts.tidy(ws)


def test_removed_is_gone(ws: Workspace) -> None:
    drafts.write_draft(ws, draft())
    drafts.remove_draft(ws, "new-1")
    assert os.listdir(drafts.drafts_folder(ws)) == []


@pytest.mark.parametrize("name", ["../lock", "new-0", "new-", "KAIZ-1", "new-1/../../x", "", "new-1\n", "kaiz-001"])
def test_no_name_leads_out_of_the_folder(ws: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        drafts.draft_path(ws, name)


def test_the_newest_draft_is_offered(ws: Workspace) -> None:
    drafts.write_draft(ws, draft("new-1", 1000, pid=NOBODY))
    drafts.write_draft(ws, draft("new-2", 2000, pid=NOBODY))
    drafts.write_draft(ws, draft("KAIZ-001", 3000))
    name, found = drafts.offered_draft(ws, 2001)
    assert (name, found and found.saved) == ("new-2", 2000)
    assert drafts.offered_draft(ws, 2001, prefer="new-1")[0] == "new-1"
    assert drafts.free_name(ws) == "new-3"


def test_what_another_program_types_now_is_left_to_it(ws: Workspace) -> None:
    drafts.write_draft(ws, draft("new-1", 1000, pid=os.getppid()))
    assert drafts.offered_draft(ws, 1005) == ("new-2", None)
    assert drafts.offered_draft(ws, 1000 + drafts.IN_USE)[0] == "new-1"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"null", b"[]", b"{}", b"[" * 100_000, b'{"schema": "kaizen.draft/1"}', b"NaN",
        b'{"schema": "kaizen.draft/2", "name": "new-1", "saved": 1, "values": {}}',
        b'{"schema": "kaizen.draft/1", "name": "new-2", "saved": 1, "values": {}}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": 1, "values": {"title": 7}}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": NaN, "values": {}}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": 1e999, "values": {}}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": true, "values": {}}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": 1, "values": {"title": "\\ud800"}}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": 1, "values": {}, "base": []}',
        b'{"schema": "kaizen.draft/1", "name": "new-1", "saved": ' + b"9" * 5000 + b', "values": {}}',
    ],
)  # fmt: skip
def test_what_is_no_draft_is_set_aside(ws: Workspace, data: bytes) -> None:
    drafts.write_draft(ws, draft())
    path = Path(drafts.draft_path(ws, "new-1"))
    path.write_bytes(data)
    assert drafts.read_draft(ws, "new-1") is None
    assert not path.exists()
    assert path.with_name("new-1.json.unreadable").read_bytes() == data
    drafts.write_draft(ws, draft())
    assert drafts.read_draft(ws, "new-1") == draft()


def test_links_pipes_and_giants_are_not_read(ws: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(json.dumps({"schema": drafts.SCHEMA, "name": "new-1", "saved": 1, "values": {}}))
    drafts.write_draft(ws, draft("KAIZ-001"))
    folder = Path(drafts.drafts_folder(ws))
    (folder / "new-1.json").symlink_to(secret)
    os.mkfifo(folder / "new-2.json")
    (folder / "new-3.json").write_bytes(b" " * (drafts.LIMIT + 1))
    (folder / "new-4.json").mkdir()
    assert drafts.offered_draft(ws, 1000) == ("new-1", None)
    assert secret.exists()
    drafts.write_draft(ws, draft("new-2"))
    assert stat.S_ISREG((folder / "new-2.json").lstat().st_mode)


def test_a_folder_that_is_a_link_is_refused(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Path(ws.state).mkdir()
    Path(drafts.drafts_folder(ws)).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        drafts.write_draft(ws, draft())
    assert os.listdir(tmp_path / "elsewhere") == []


def test_kept_texts_never_overwrite_each_other(ws: Workspace) -> None:
    first = drafts.keep_text(ws, "KAIZ-001", b"one")
    second = drafts.keep_text(ws, "KAIZ-001", b"two")
    assert Path(first).read_bytes() == b"one"
    assert Path(second).read_bytes() == b"two"
    assert drafts.new_drafts(ws) == []


def test_what_a_killed_program_left_is_swept(ws: Workspace) -> None:
    drafts.write_draft(ws, draft())
    left = Path(drafts.drafts_folder(ws)) / f".new-1.json.kz-{NOBODY}-abcdef"
    left.write_bytes(b"{")
    drafts.tidy(ws)
    assert os.listdir(drafts.drafts_folder(ws)) == ["new-1.json"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    values=st.dictionaries(TEXT, TEXT, max_size=5),
    base=st.dictionaries(TEXT, TEXT, max_size=5),
    saved=st.integers(0, 2**40),
)
def test_any_text_survives(values: dict[str, str], base: dict[str, str], saved: int) -> None:
    written = Draft("new-1", saved, values, base, "x", 1)
    data = json.dumps({"schema": drafts.SCHEMA, **written._asdict()}).encode()
    assert drafts.parse_draft(data, "new-1") == written


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert drafts.parse_draft(data, "new-1") is None
