"""What doctor finds and mends, and how tickets get new ids."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.errors import NotFoundError, StoreError
from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.store import records, recovery, surroundings
from kaizen_tui.store.doctor import Finding, examine, fix, renumber
from kaizen_tui.store.init import init_workspace
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.renumber import split_conflict
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import YamlProblems
from tests.store import checkout
from tests.store.worlds import (
    NOW,
    assert_sound,
    builder,
    log_of,
    make_workspace,
    new_ticket,
    set_owner,
    ticket_bytes,
)

DEAD = 99_999_999


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    ws = make_workspace(tmp_path / "w")
    new_ticket(ws)
    return ws


def codes(ws: Workspace) -> list[str]:
    return [finding.code for finding in examine(ws)]


def the(ws: Workspace, code: str) -> Finding:
    (found,) = [finding for finding in examine(ws) if finding.code == code]
    return found


def mended(ws: Workspace, code: str) -> str:
    """Fixes the one finding of this code, and looks again."""
    said = fix(ws, the(ws, code))
    assert code not in codes(ws)
    return said


def test_a_healthy_workspace_has_no_findings_and_is_not_touched(ws: Workspace) -> None:
    before = sorted(os.walk(ws.root))
    assert examine(ws) == []
    assert sorted(os.walk(ws.root)) == before


def test_an_empty_workspace_has_no_findings(tmp_path: Path) -> None:
    assert examine(make_workspace(tmp_path)) == []


def test_left_overs_are_found_everywhere_and_removed(ws: Workspace) -> None:
    places = [ws.root, ws.state, ws.registry, ws.components, ws.tickets, ws.ticket_dir("KAIZ-001")]
    for place in places:
        Path(place, f".file.kz-{DEAD}-ab").write_bytes(b"x")
    Path(ws.tickets, f".tmp-{DEAD}-ab").mkdir()
    found = [finding for finding in examine(ws) if finding.code == "left_over"]
    assert [finding.subject for finding in found] == places
    for finding in found:
        fix(ws, finding)
    assert examine(ws) == []


def test_left_overs_of_living_processes_are_theirs(ws: Workspace) -> None:
    Path(ws.tickets, f".tmp-{os.getpid()}-ab").mkdir()
    assert examine(ws) == []


def test_a_torn_log(ws: Workspace) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"actor":"ann')
    assert the(ws, "torn_log").where == "tickets/KAIZ-001/Promotion-Log:2"
    assert '{"actor":"ann' in mended(ws, "torn_log")
    assert path.read_bytes() == whole


def test_an_interrupted_change(ws: Workspace) -> None:
    Path(recovery.intent_path(ws)).write_bytes(b"torn")
    mended(ws, "intent")


def test_a_damaged_index(ws: Workspace) -> None:
    path = Path(ws.state, "index")
    path.write_bytes(b"damaged")
    mended(ws, "index")
    assert not path.exists()


def test_a_state_folder_that_git_would_see(ws: Workspace) -> None:
    Path(ws.state, ".gitignore").unlink()
    mended(ws, "state")


def test_a_status_edited_by_hand_is_reported_and_not_mended(ws: Workspace) -> None:
    path = Path(ws.ticket_path("KAIZ-001"))
    path.write_bytes(path.read_bytes().replace(b"status: draft", b"status: complete"))
    finding = the(ws, "status")
    assert "the file says complete, the log says draft" in finding.message
    assert not finding.fixable
    with pytest.raises(ValueError, match="status"):
        fix(ws, finding)


def test_unreadable_files_are_named_with_their_lines(ws: Workspace) -> None:
    Path(ws.ticket_path("KAIZ-001")).write_bytes(b"id: KAIZ-001\ntitle: [\n")
    new_ticket(ws)
    Path(ws.config_path).write_bytes(b"goverance: {}\n")
    found = {finding.code: finding for finding in examine(ws)}
    assert set(found) == {"ticket", "settings"}
    assert found["ticket"].where.startswith("tickets/KAIZ-001/Kaizen-Tkt.yml:")
    assert found["settings"].where == "registry/kaizen/config.yml:1"
    assert "governance" in str(found["settings"])


def test_a_log_that_cannot_be_read(ws: Workspace) -> None:
    path = Path(ws.log_path("KAIZ-001"))
    path.unlink()
    os.mkfifo(path)
    assert "log" in codes(ws)


def test_signatures_that_nobody_can_make(ws: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path(ws.config_path).write_bytes(b"governance: {require_signature: true}\n")
    assert codes(ws) == ["signers"]
    Path(ws.signers_path).write_bytes(b"")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert codes(ws) == ["ssh_keygen"]


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /mnt/team\\040files rw - nfs4 server:/x rw
41 22 0:41 / /mnt rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("root", "wanted"),
    [("/mnt/team files/w", ["remote"]), ("/mnt/team filesystem", []), ("/mnt/w", []), ("/home/w", [])],
)
def test_a_network_file_system_is_warned_of(root: str, wanted: list[str]) -> None:
    assert [finding.code for finding in surroundings.check_disk(Workspace(root), MOUNTS)] == wanted


def test_a_folder_of_tickets_that_is_a_link(ws: Workspace) -> None:
    os.rename(ws.tickets, f"{ws.root}/elsewhere")
    os.symlink("elsewhere", ws.tickets)
    found = the(ws, "symlink")
    assert (found.level, found.where) == ("error", "tickets")


def test_a_folder_that_cannot_be_written_to(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != ws.tickets)
    assert the(ws, "read_only").where == "tickets"


class TestInACheckout:
    @pytest.fixture
    def ws(self, tmp_path: Path, require_program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Workspace:
        require_program("git")
        program = tmp_path / "bin" / "kaizen"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "{DRIVER}" "$@"\n'.replace("PACKAGE", str(Path(__file__).parents[2]))
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        checkout.start(tmp_path / "w")
        return make_workspace(tmp_path / "w")

    def test_what_init_sets_up_is_all_that_doctor_asks_for(self, ws: Workspace) -> None:
        assert sorted(codes(ws)) == ["attributes", "attributes", "driver", "ignore"]
        init_workspace(ws.root)
        assert examine(ws) == []

    def test_each_of_it_is_mended(self, ws: Workspace) -> None:
        Path(ws.root, ".gitattributes").write_bytes(b"*.png binary")
        for finding in examine(ws):
            fix(ws, finding)
        assert examine(ws) == []
        assert Path(ws.root, ".gitattributes").read_bytes().startswith(b"*.png binary\ntickets/")
        assert not Path(ws.config_path).exists()

    def test_a_workspace_in_a_subfolder(self, ws: Workspace) -> None:
        inner = make_workspace(Path(ws.root, "a", "b"))
        for finding in examine(inner):
            fix(inner, finding)
        assert examine(inner) == []

    def test_a_driver_that_git_will_not_find(self, ws: Workspace) -> None:
        init_workspace(ws.root)
        checkout.git(Path(ws.root), "config", "merge.kaizen.driver", "'/no/where/kaizen' merge-driver %O %A %B %P")
        assert codes(ws) == ["driver_program"]

    def test_two_branches_that_made_one_id_are_taken_apart(self, ws: Workspace) -> None:
        root = Path(ws.root)
        init_workspace(ws.root)
        new_ticket(ws)
        checkout.commit(root)
        checkout.git(root, "checkout", "-q", "-b", "side")
        theirs = make_late(ws, uid="uid-theirs", owner="their-team")
        set_owner(ws, theirs, "their-new-team")
        their_log = Path(ws.log_path(theirs)).read_bytes()
        checkout.commit(root)
        checkout.git(root, "checkout", "-q", "main")
        shutil.rmtree(ws.ticket_dir(theirs), ignore_errors=True)
        ours = make_early(ws, theirs)
        our_files = {name: Path(ws.ticket_dir(ours), name).read_bytes() for name in os.listdir(ws.ticket_dir(ours))}
        checkout.commit(root)
        checkout.git(root, "merge", "-q", "side", check=False)

        finding = the(ws, "two_in_one")
        assert (finding.renumber, finding.where) == (ours, f"tickets/{ours}/Kaizen-Tkt.yml")
        done = renumber(ws, finding.renumber, actor="ann", at=NOW, token=lambda: "unused")
        assert (done.old, done.new) == ("KAIZ-002", "KAIZ-003")
        for name, content in our_files.items():
            assert Path(ws.ticket_dir(ours), name).read_bytes() == content
        file = read_ticket_file(ws, "KAIZ-003")
        assert (file.fields.uid, file.fields.owner) == ("uid-theirs", "their-new-team")
        log = log_of(ws, "KAIZ-003")
        assert log.problems == ()
        assert Path(ws.log_path("KAIZ-003")).read_bytes().startswith(their_log)
        assert log.events("edit")[-1].fields["changes"] == {"id": {"from": "KAIZ-002", "to": "KAIZ-003"}}
        assert examine(ws) == []
        checkout.git(root, "add", *done.paths)
        checkout.git(root, "commit", "-q", "-m", "merged")

    def test_taking_apart_goes_on_where_a_crash_ended_it(self, ws: Workspace) -> None:
        both = two_in_one(ws)
        first = renumber(ws, both, actor="ann", at=NOW, token=lambda: "unused")
        clean = Path(ws.ticket_path(both)).read_bytes()
        two_in_one(ws, only_ticket=True)  # the crash came before the ticket's own file was put right
        again = renumber(ws, both, actor="ann", at=NOW, token=lambda: "unused")
        assert again.new == first.new
        assert Path(ws.ticket_path(both)).read_bytes() == clean
        assert sorted(filter(is_ticket_id, os.listdir(ws.tickets))) == [both, first.new]


DRIVER = """
import sys; sys.path.insert(0, 'PACKAGE')
from kaizen_tui.store.merge import merge_ticket
base, ours, theirs = (open(p, 'rb').read() for p in sys.argv[2:5])
data, conflict = merge_ticket(base, ours, theirs)
open(sys.argv[3], 'wb').write(data); sys.exit(conflict)
"""


def make_late(ws: Workspace, *, uid: str, owner: str) -> str:
    def build(ticket_id: str) -> records.NewTicketFiles:
        made = builder(uid=uid, owner=owner)(ticket_id)
        late = made.ticket.replace(b'created_at: "2025-05-18', b'created_at: "2025-06-01')
        return made._replace(ticket=late, spec=b"# Patch spec of theirs\n\ncommon\n")

    return records.create_ticket(ws, build=build, at=NOW)


def make_early(ws: Workspace, ticket_id: str) -> str:
    """As on a machine that has not fetched the other branch."""
    assert records.create_ticket(ws, build=builder(uid="uid-ours"), at=NOW, ask_git=False) == ticket_id
    set_owner(ws, ticket_id, "our-team")
    return ticket_id


def two_in_one(ws: Workspace, *, only_ticket: bool = False) -> str:
    """The folder as a merge leaves it, without git."""
    early = ticket_bytes("KAIZ-001", uid="uid-ours")
    late = ticket_bytes("KAIZ-001", uid="uid-theirs").replace(b"2025-05-18", b"2025-06-01")
    if not only_ticket:
        records.create_ticket(ws, build=builder(uid="uid-ours"), at=NOW)
        ours = Path(ws.log_path("KAIZ-001")).read_bytes()
        shutil.rmtree(ws.ticket_dir("KAIZ-001"))
        records.create_ticket(ws, build=builder(uid="uid-theirs"), at=NOW)
        log = Path(ws.log_path("KAIZ-001"))
        log.write_bytes(ours + log.read_bytes())
    merged = b"<<<<<<< ours (two tickets)\n" + early + b"=======\n" + late + b">>>>>>> theirs\n"
    Path(ws.ticket_path("KAIZ-001")).write_bytes(merged)
    return "KAIZ-001"


def test_a_copied_folder_becomes_a_ticket_of_its_own(ws: Workspace) -> None:
    shutil.copytree(ws.ticket_dir("KAIZ-001"), ws.ticket_dir("KAIZ-002"))
    path = Path(ws.ticket_path("KAIZ-002"))
    path.write_bytes(path.read_bytes().replace(b"id: KAIZ-001", b"id: KAIZ-002"))
    Path(ws.ticket_dir("KAIZ-002"), "notes.txt").write_bytes(b"mine")
    finding = the(ws, "same_uid")
    assert finding.renumber == "KAIZ-002"
    done = renumber(ws, finding.renumber, actor="ann", at=NOW, token=lambda: "fresh")
    assert done.new == "KAIZ-003"
    assert done.paths == ("tickets/KAIZ-002", "tickets/KAIZ-003")
    assert sorted(os.listdir(ws.tickets)) == ["KAIZ-001", "KAIZ-003"]
    file = read_ticket_file(ws, "KAIZ-003")
    assert (file.id, file.fields.uid) == ("KAIZ-003", "fresh")
    assert b"# what it is about" in file.data
    assert Path(ws.ticket_dir("KAIZ-003"), "notes.txt").read_bytes() == b"mine"
    assert examine(ws) == []


def test_a_folder_whose_ticket_names_another_id(ws: Workspace) -> None:
    os.rename(ws.ticket_dir("KAIZ-001"), ws.ticket_dir("KAIZ-009"))
    assert "ticket" in codes(ws)
    done = renumber(ws, "KAIZ-009", actor="ann", at=NOW, token=lambda: "unused")
    assert done.new == "KAIZ-010"
    assert read_ticket_file(ws, "KAIZ-010").fields.uid == "uid-KAIZ-001"
    assert_sound(ws)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            b"# Patch specification: KAIZ-001\n\nAfter KAIZ-001.\n",
            b"# Patch specification: KAIZ-002\n\nAfter KAIZ-001.\n",
        ),
        (b"# Patch specification: KAIZ-0012\n", None),
        (b"What KAIZ-001 was\n\n# KAIZ-001\n", None),
        (b"", None),
    ],
)
def test_the_heading_of_the_spec_has_the_new_id(ws: Workspace, before: bytes, after: bytes | None) -> None:
    Path(ws.ticket_dir("KAIZ-001"), "Patch-Spec.md").write_bytes(before)
    done = renumber(ws, "KAIZ-001", actor="ann", at=NOW, token=lambda: "unused")
    assert done.new == "KAIZ-002"
    assert Path(ws.ticket_dir(done.new), "Patch-Spec.md").read_bytes() == (before if after is None else after)


def test_what_cannot_be_renumbered_stays_where_it_is(ws: Workspace) -> None:
    with pytest.raises(NotFoundError):
        renumber(ws, "KAIZ-404", actor="ann", at=NOW, token=lambda: "x")
    Path(ws.ticket_path("KAIZ-001")).write_bytes(b"id: [\n")
    with pytest.raises(YamlProblems):
        renumber(ws, "KAIZ-001", actor="ann", at=NOW, token=lambda: "x")
    assert os.listdir(ws.tickets) == ["KAIZ-001"]


def test_a_second_ticket_without_a_beginning_in_the_log_is_not_guessed_at(ws: Workspace) -> None:
    two_in_one(ws, only_ticket=True)
    with pytest.raises(StoreError, match="names no beginning"):
        renumber(ws, "KAIZ-001", actor="ann", at=NOW, token=lambda: "x")


def test_a_conflict_within_one_ticket_is_not_two_tickets(ws: Workspace) -> None:
    path = Path(ws.ticket_path("KAIZ-001"))
    mine = path.read_bytes()
    other = mine.replace(b"backend-team", b"other-team")
    path.write_bytes(b"<<<<<<< ours\n" + mine + b"=======\n" + other + b">>>>>>> theirs\n")
    assert codes(ws) == ["ticket"]
    with pytest.raises(YamlProblems):
        renumber(ws, "KAIZ-001", actor="ann", at=NOW, token=lambda: "x")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a\n", None),
        (b"", None),
        (b"a\n<<<<<<< x\nb\n=======\nc\n>>>>>>> y\nd\n", (b"a\nb\nd\n", b"a\nc\nd\n")),
        (b"<<<<<<< x\r\nb\r\n||||||| base\r\nz\r\n=======\r\n>>>>>>> y\r\n", (b"b\r\n", b"")),
        (b"<<<<<<< x\nb\n=======\nheading\n=======\n>>>>>>> y", (b"b\n", b"heading\n=======\n")),
        (b"heading\n=======\ntext\n", None),
        (b"<<<<<<< x\nb\n", None),
        (b"<<<<<<< x\nb\n=======\n", None),
        (b"<<<<<<<< x\nb\n=======\nc\n>>>>>>> y\n", None),
    ],
)
def test_the_sides_of_a_conflict(data: bytes, wanted: tuple[bytes, bytes] | None) -> None:
    assert split_conflict(data) == wanted
