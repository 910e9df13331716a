"""Reading one ticket, one component, the settings: what comes out, and what is said when it can't."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from kaizen_tui.core.errors import NotFoundError, StoreError, UsageError
from kaizen_tui.core.problem import Problem
from kaizen_tui.store.reading import (
    component_ids,
    list_components,
    read_component_file,
    read_config_document,
    read_config_file,
    read_ticket_file,
)
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import YamlProblems
from tests.store.worlds import make_workspace, ticket_bytes

COMPONENT = """\
id: {id}
name: PCC State Broadcaster   # what people call it
tier: 0
owner: backend-team
slo:
  metrics:
    - name: p95_latency_ms
      threshold: "10"
      abort_threshold: "15"
"""


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path)
    for ticket_id in ("KAIZ-001", "KAIZ-012"):
        Path(made.ticket_dir(ticket_id)).mkdir(parents=True)
        Path(made.ticket_path(ticket_id)).write_bytes(ticket_bytes(ticket_id))
    Path(made.component_path("pcc-main")).write_text(COMPONENT.format(id="pcc-main"))
    return made


def put_ticket(ws: Workspace, data: bytes) -> None:
    Path(ws.ticket_path("KAIZ-001")).write_bytes(data)


class TestTicket:
    def test_everything_of_one_moment(self, ws: Workspace) -> None:
        found = read_ticket_file(ws, "KAIZ-001")
        data = ticket_bytes("KAIZ-001")
        assert (found.id, found.path, found.data) == ("KAIZ-001", ws.ticket_path("KAIZ-001"), data)
        assert found.etag == sha256(data).hexdigest()[:16]
        assert found.raw["created_at"] == "2025-05-18T08:30:00Z"
        assert found.fields.success_criteria == ("p95_latency_ms < 10",)

    def test_unknown_keys_are_kept_and_everything_is_text(self, ws: Workspace) -> None:
        put_ticket(ws, ticket_bytes("KAIZ-001") + b"branch: on\nmode: 0755\nnothing:\n")
        found = read_ticket_file(ws, "KAIZ-001")
        assert (found.raw["branch"], found.raw["mode"], found.raw["nothing"]) == ("on", "0755", None)
        assert found.fields.unknown == ("branch", "mode", "nothing")

    @pytest.mark.parametrize(
        ("data", "line", "words"),
        [
            (ticket_bytes("KAIZ-002"), 1, "KAIZ-002"),
            (ticket_bytes("KAIZ-001", status="drfat"), 9, "drfat"),
            (ticket_bytes("KAIZ-001") + b"labels: [a, {b: c}]\n", 13, "label"),
            (b"id: KAIZ-001\ntitle: *x\n", 2, "alias"),
            (b"", 1, "empty"),
            (b"id: KAIZ-001\n<<<<<<< ours\n", 2, "conflict"),
        ],
    )
    def test_what_is_wrong_has_path_and_line(self, ws: Workspace, data: bytes, line: int, words: str) -> None:
        put_ticket(ws, data)
        with pytest.raises(YamlProblems) as caught:
            read_ticket_file(ws, "KAIZ-001")
        first = caught.value.problems[0]
        assert (first.path, first.line) == ("tickets/KAIZ-001/Kaizen-Tkt.yml", line)
        assert words in f"{first.message} {first.hint}"

    def test_every_wrong_field_is_named(self, ws: Workspace) -> None:
        put_ticket(ws, b"id: KAIZ-001\ntitle: [x]\ncomponent: ../x\nseverity: huge\nstatus: draft\n")
        with pytest.raises(YamlProblems) as caught:
            read_ticket_file(ws, "KAIZ-001")
        assert [problem.line for problem in caught.value.problems] == [2, 3, 4]

    @pytest.mark.parametrize("wrong", ["KAIZ-0012", "KAIZ-0120"])
    def test_no_such_ticket_suggests_the_nearest(self, ws: Workspace, wrong: str) -> None:
        with pytest.raises(NotFoundError, match=f"no ticket {wrong}.*did you mean KAIZ-012"):
            read_ticket_file(ws, wrong)

    def test_no_such_ticket_in_an_empty_workspace(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="kaizen list"):
            read_ticket_file(make_workspace(tmp_path / "new"), "KAIZ-001")

    def test_a_folder_without_its_ticket_says_so(self, ws: Workspace) -> None:
        os.unlink(ws.ticket_path("KAIZ-001"))
        with pytest.raises(StoreError, match=r"has no Kaizen-Tkt\.yml"):
            read_ticket_file(ws, "KAIZ-001")

    @pytest.mark.parametrize("wrong", ["../../etc", "KAIZ-1", "kaiz-001", "", "KAIZ-001\n"])
    def test_what_is_no_id_never_becomes_a_path(self, ws: Workspace, wrong: str) -> None:
        with pytest.raises(UsageError):
            read_ticket_file(ws, wrong)

    def test_links_are_not_followed(self, ws: Workspace, tmp_path: Path) -> None:
        os.unlink(ws.ticket_path("KAIZ-001"))
        Path(ws.ticket_path("KAIZ-001")).symlink_to(ws.ticket_path("KAIZ-012"))
        with pytest.raises(StoreError, match="link"):
            read_ticket_file(ws, "KAIZ-001")
        Path(ws.ticket_dir("KAIZ-012")).rename(tmp_path / "away")
        Path(ws.ticket_dir("KAIZ-012")).symlink_to(tmp_path / "away")
        with pytest.raises(StoreError, match="link"):
            read_ticket_file(ws, "KAIZ-012")

    def test_a_pipe_is_not_waited_for(self, ws: Workspace) -> None:
        os.unlink(ws.ticket_path("KAIZ-001"))
        os.mkfifo(ws.ticket_path("KAIZ-001"))
        with pytest.raises(StoreError, match="pipe"):
            read_ticket_file(ws, "KAIZ-001")


class TestComponents:
    def test_one(self, ws: Workspace) -> None:
        found = read_component_file(ws, "pcc-main")
        assert (found.fields.name, found.fields.tier) == ("PCC State Broadcaster", 0)
        assert found.fields.metrics[0].abort_threshold == 15.0
        assert found.etag == sha256(found.data).hexdigest()[:16]

    def test_no_such_component_suggests_the_nearest(self, ws: Workspace) -> None:
        with pytest.raises(NotFoundError, match="did you mean pcc-main"):
            read_component_file(ws, "pcc-mian")
        with pytest.raises(NotFoundError, match="kaizen component billing"):
            read_component_file(ws, "billing")

    def test_all_that_can_be_read_and_what_is_wrong_with_the_others(self, ws: Workspace) -> None:
        folder = Path(ws.components)
        (folder / "a.yml").write_text(COMPONENT.format(id="a"))
        (folder / "b.yml").write_text(COMPONENT.format(id="c"))
        (folder / "Capital.yml").write_text(COMPONENT.format(id="Capital"))
        (folder / "d.yaml").write_text(COMPONENT.format(id="d"))
        os.mkfifo(folder / "e.yml")
        (folder / ".f.yml.swp").write_text("")
        (folder / ".g.yml").write_text("")
        (folder / "README.md").write_text("")
        found, problems = list_components(ws)
        assert [component.id for component in found] == ["a", "pcc-main"]
        assert [(os.path.basename(problem.path), problem.line, problem.level) for problem in problems] == [
            ("Capital.yml", 0, "error"),
            ("b.yml", 1, "error"),
            ("d.yaml", 0, "warning"),
            ("e.yml", 0, "error"),
        ]
        assert all(problem.path.startswith("registry/kaizen/components/") for problem in problems)
        assert component_ids(ws) == ["a", "b", "e", "pcc-main"]

    def test_no_folder_is_no_components(self, tmp_path: Path) -> None:
        ws = Workspace(str(tmp_path))
        assert list_components(ws) == ([], [])
        assert component_ids(ws) == []

    def test_a_file_in_place_of_the_folder_is_an_error(self, tmp_path: Path) -> None:
        ws = Workspace(str(tmp_path))
        Path(ws.registry).mkdir(parents=True)
        Path(ws.components).write_text("")
        with pytest.raises(StoreError):
            list_components(ws)


class TestConfig:
    @pytest.mark.parametrize("text", [None, "", "# nothing yet\n\n  # really\n", "\ufeff# a comment\r\n"])
    def test_none_or_only_comments(self, ws: Workspace, text: str | None) -> None:
        if text is not None:
            Path(ws.config_path).write_text(text, newline="")
        assert read_config_document(ws) is None
        assert read_config_file(ws) == {}

    def test_values_and_lines(self, ws: Workspace) -> None:
        Path(ws.config_path).write_text("theme: kaizen-dark\ngovernance: {approvals: {0: 2}}\n")
        assert read_config_file(ws) == {"theme": "kaizen-dark", "governance": {"approvals": {"0": "2"}}}
        document = read_config_document(ws)
        assert document is not None
        assert document.line("governance", "approvals") == 2

    def test_what_is_wrong_has_path_and_line(self, ws: Workspace) -> None:
        Path(ws.config_path).write_text("theme: a\ntheme: b\n")
        with pytest.raises(YamlProblems) as caught:
            read_config_file(ws)
        assert isinstance(caught.value.problems[0], Problem)
        assert caught.value.problems[0].where == "registry/kaizen/config.yml:2"
