"""Odd things in tickets/: each is one problem with its path, and every other ticket loads."""

import os
from pathlib import Path

import pytest

from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.workspace import Workspace
from tests.store.index_worlds import errors, fresh, ids, put, settled, three_tickets, ticket_text


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return three_tickets(tmp_path)


class TestOddThingsInTickets:
    """Each is one problem with its path; the other tickets load, with and without an index."""

    def check(self, ws: Workspace, path: str, words: str, line: int = 0) -> None:
        for snapshot in (load_snapshot(ws), load_snapshot(ws), settled(ws), settled(ws), fresh(ws)):
            assert ids(snapshot) == ["KAIZ-001", "KAIZ-002", "KAIZ-010"]
            assert errors(snapshot) == [(path, line)]
            assert words in f"{snapshot.problems[0].message} {snapshot.problems[0].hint}"

    def test_bad_yaml(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005", "id: KAIZ-005\ntitle: [\n")
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "", line=2)

    def test_wrong_field(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005", ticket_text("KAIZ-005", status="drfat"))
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "draft", line=6)

    def test_id_of_another_folder(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005", ticket_text("KAIZ-001"))
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "KAIZ-005", line=1)

    def test_empty_folder(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").mkdir()
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "has no Kaizen-Tkt.yml")

    def test_fifo(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").mkdir()
        os.mkfifo(ws.ticket_path("KAIZ-005"))
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "pipe")

    def test_folder_in_place_of_the_file(self, ws: Workspace) -> None:
        Path(ws.ticket_path("KAIZ-005")).mkdir(parents=True)
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "folder")

    def test_link_in_place_of_the_file(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").mkdir()
        Path(ws.ticket_path("KAIZ-005")).symlink_to("../KAIZ-001/Kaizen-Tkt.yml")
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "link")

    def test_link_in_place_of_the_folder(self, ws: Workspace, tmp_path: Path) -> None:
        put(ws, "KAIZ-005").parent.rename(tmp_path / "elsewhere")
        Path(ws.tickets, "KAIZ-005").symlink_to(tmp_path / "elsewhere")
        self.check(ws, "tickets/KAIZ-005", "link")

    def test_a_folder_replaced_by_a_link_to_itself(self, ws: Workspace, tmp_path: Path) -> None:
        put(ws, "KAIZ-005")
        settled(ws)
        Path(ws.tickets, "KAIZ-005").rename(tmp_path / "elsewhere")
        Path(ws.tickets, "KAIZ-005").symlink_to(tmp_path / "elsewhere")
        self.check(ws, "tickets/KAIZ-005", "link")

    def test_file_in_place_of_the_folder(self, ws: Workspace) -> None:
        Path(ws.tickets, "KAIZ-005").write_text("")
        self.check(ws, "tickets/KAIZ-005", "not a folder")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_unreadable_file_and_folder(self, ws: Workspace) -> None:
        put(ws, "KAIZ-005").chmod(0)
        self.check(ws, "tickets/KAIZ-005/Kaizen-Tkt.yml", "permission")

    def test_it_is_mended(self, ws: Workspace) -> None:
        self.test_fifo(ws)
        os.unlink(ws.ticket_path("KAIZ-005"))
        put(ws, "KAIZ-005")
        assert errors(load_snapshot(ws)) == []
        assert "KAIZ-005" in ids(load_snapshot(ws))

    def test_a_log_or_score_card_that_is_odd_is_a_warning_only(self, ws: Workspace) -> None:
        os.mkfifo(ws.log_path("KAIZ-001"))
        Path(ws.score_card_path("KAIZ-002")).write_text("[" * 100_000)
        for snapshot in (load_snapshot(ws), settled(ws), settled(ws)):
            assert len(snapshot.rows) == 3
            assert [(problem.path, problem.level) for problem in snapshot.problems] == [
                ("tickets/KAIZ-001/Promotion-Log", "warning"),
                ("tickets/KAIZ-002/Score-card.json", "warning"),
            ]

    def test_hidden_things_and_files_are_nobodys_business_and_stray_folders_a_warning(self, ws: Workspace) -> None:
        Path(ws.tickets, ".tmp-1-x").mkdir()
        Path(ws.tickets, "README.md").write_text("")
        Path(ws.tickets, ".gitkeep").write_text("")
        Path(ws.tickets, "old\x1b[31m").mkdir()
        for snapshot in (load_snapshot(ws), settled(ws)):
            assert len(snapshot.rows) == 3
            assert [(problem.path, problem.level) for problem in snapshot.problems] == [
                ("tickets/old\x1b[31m", "warning")
            ]

    def test_a_file_from_the_far_future(self, ws: Workspace) -> None:
        os.utime(ws.ticket_path("KAIZ-001"), ns=(1 << 63, 1 << 63))
        assert len(settled(ws).rows) == len(settled(ws).rows) == 3
