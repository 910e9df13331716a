"""kaizen edit: what was typed is taken or kept, never lost."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.loop import editor as editors
from kaizen_tui.store.reading import read_ticket_file
from tests.cli.world import ADA, Result, World


def editor(tmp_path: Path, script: str) -> str:
    """An editor that runs a piece of Python on the text: `text` in, `text` out; `path` is the file."""
    program = tmp_path / "my editor.py"  # with a blank: $EDITOR is split as a shell would, and no shell is run
    program.write_text(
        "import pathlib, sys, os\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        "text = path.read_text(encoding='utf-8')\n"
        f"{script}\n"
        "path.write_text(text, encoding='utf-8') if path.parent.exists() else None\n",
        encoding="utf-8",
    )
    return f"{sys.executable} '{program}'"


def edit(world: World, tmp_path: Path, script: str, *args: str, actor: str = ADA) -> Result:
    env = {"EDITOR": editor(tmp_path, script)}
    return world.process("edit", "KAIZ-001", *args, actor=actor, env=env)


def kept(result: Result) -> Path:
    """The file that the message names."""
    found = re.search(r"your text is kept in (\S+)", result.err)
    assert found, result
    return Path(found[1])


@pytest.fixture
def ticket(world: World) -> str:
    return world.new("Old title")


def copies(world: World) -> list[Path]:
    return list((world.root / ".kaizen/edits").glob("*"))


def test_an_edit_is_taken_with_comments_and_all(world: World, ticket: str, tmp_path: Path) -> None:
    result = edit(world, tmp_path, "text = text.replace('Old title', 'New title') + '# a remark\\n'")
    assert (result.code, result.out) == (0, "KAIZ-001: title\n")
    assert read_ticket_file(world.ws, ticket).fields.title == "New title"
    assert world.ticket(ticket).read_text(encoding="utf-8").endswith("# a remark\n")
    assert "edit  title: Old title -> New title" in world.ok("log", ticket).out
    assert copies(world) == []


def test_nothing_changed(world: World, ticket: str, tmp_path: Path) -> None:
    before = Path(world.ws.log_path(ticket)).read_bytes()
    result = edit(world, tmp_path, "pass")
    assert (result.code, result.err) == (0, "kaizen: KAIZ-001: nothing changed\n")
    assert Path(world.ws.log_path(ticket)).read_bytes() == before
    assert copies(world) == []


def test_a_wrong_text_is_kept_and_its_line_named(world: World, ticket: str, tmp_path: Path) -> None:
    before = world.ticket(ticket).read_bytes()
    result = edit(world, tmp_path, "text = text.replace('severity: medium', 'severity: mid')")
    assert result.code == 2
    assert "tickets/KAIZ-001/Kaizen-Tkt.yml:5: error: `mid` is no severity" in result.err
    assert "severity: mid" in kept(result).read_text(encoding="utf-8")
    assert world.ticket(ticket).read_bytes() == before


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("import re; text = re.sub('uid: .*', 'uid: other', text)", "uid can't change"),
        ("text = text.replace('uid: ', '# uid: ')", "uid can't change"),
        ("text = text.replace('created_at: \"2', 'created_at: \"1')", "created_at can't change"),
        ("text = text.replace('id: KAIZ-001', 'id: KAIZ-002')", "id is `KAIZ-002` but the folder is `KAIZ-001`"),
        ("text += 'rollout: {steps: much}\\n'", "rollout"),
        ("text += 'title: twice\\n'", "title"),
        ("text += '\\tx'", "error"),
        ("text = ''", "error"),
    ],
)
def test_what_may_not_be(world: World, ticket: str, tmp_path: Path, script: str, says: str) -> None:
    result = edit(world, tmp_path, script)
    assert result.code == 2
    assert says in result.err
    assert kept(result).exists()
    assert read_ticket_file(world.ws, ticket).fields.title == "Old title"


def test_a_status_typed_in_passes_the_gates(world: World, ticket: str, tmp_path: Path) -> None:
    result = edit(world, tmp_path, "text = text.replace('status: draft', 'status: canary')")
    assert result.code == 4
    assert "canary is entered only from in review" in result.err
    assert "status: canary" in kept(result).read_text(encoding="utf-8")
    assert read_ticket_file(world.ws, ticket).fields.status == "draft"

    result = edit(world, tmp_path, "text = text.replace('status: draft', 'status: planned')")
    assert result.code == 0
    assert "with 3 unmet conditions" in result.err
    assert "status  draft -> planned" in world.ok("log", ticket).out


def test_a_ticket_that_changed_meanwhile(world: World, ticket: str, tmp_path: Path) -> None:
    other = world.ticket(ticket)
    script = (
        f"text = text.replace('medium', 'low'); other = pathlib.Path({str(other)!r})\n"
        "other.write_text(other.read_text().replace('Old', 'Their'))"
    )
    result = edit(world, tmp_path, script)
    assert result.code == 5
    assert "changed since it was read" in result.err
    assert "severity: low" in kept(result).read_text(encoding="utf-8")
    assert read_ticket_file(world.ws, ticket).fields.title == "Their title"


def test_an_editor_that_fails(world: World, ticket: str, tmp_path: Path) -> None:
    result = edit(world, tmp_path, "path.write_text(text + '# mine\\n'); sys.exit(3)")
    assert result.code == 6
    assert "the editor failed (exit 3)" in result.err
    assert kept(result).read_text(encoding="utf-8").endswith("# mine\n")
    result = edit(world, tmp_path, "sys.exit(3)")
    assert result.code == 6
    assert "kept" not in result.err


def test_an_editor_that_is_not_there(world: World, ticket: str, tmp_path: Path) -> None:
    result = world.process("edit", ticket, env={"EDITOR": "/nonexistent/vim -x"})
    assert result.code == 6
    assert "the editor can't be started" in result.err
    assert copies(world) == []


def test_no_editor_at_all(world: World, ticket: str, tmp_path: Path) -> None:
    result = world.cli("edit", ticket, env={"PATH": str(tmp_path), "EDITOR": ""})
    assert (result.code, result.out, result.err) == (
        6, "", "kaizen: error: there is no editor; set $EDITOR, for example to `nano`\n"
    )  # fmt: skip
    assert copies(world) == []


def test_an_editor_that_removes_the_file(world: World, ticket: str, tmp_path: Path) -> None:
    result = edit(world, tmp_path, "path.unlink(); path.parent.rmdir()")
    assert result.code == 6
    assert "can't be read" in result.err


def test_visual_goes_before_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "ed")
    assert editors.editor_command() == ["ed"]
    monkeypatch.setenv("VISUAL", "code --wait '/a b'")
    assert editors.editor_command() == ["code", "--wait", "/a b"]
    monkeypatch.setenv("VISUAL", "code 'unbalanced")
    with pytest.raises(UsageError, match="VISUAL"):
        editors.editor_command()
    monkeypatch.delenv("VISUAL")
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(StoreError, match="no editor"):
        editors.editor_command()


def test_a_broken_ticket_can_be_mended_but_not_moved(world: World, ticket: str, tmp_path: Path) -> None:
    path = world.ticket(ticket)
    path.write_text(path.read_text(encoding="utf-8").replace("severity:", "\tseverity:"), encoding="utf-8")
    result = edit(world, tmp_path, "text = text.replace('\\t', '').replace('status: draft', 'status: complete')")
    assert result.code == 4
    result = edit(world, tmp_path, "text = text.replace('\\t', '')")
    assert result.code == 0, result
    assert read_ticket_file(world.ws, ticket).fields.title == "Old title"
    assert world.ok("verify").code == 0


def test_new_with_edit(world: World, tmp_path: Path) -> None:
    env = {"EDITOR": editor(tmp_path, "text = text.replace('\"TBD\"', '\"Less\"')")}
    result = world.process("new", "T", "-c", "pcc-main", "--edit", env=env)
    assert (result.code, result.out) == (0, "KAIZ-001\nKAIZ-001: objective\n")
    assert read_ticket_file(world.ws, "KAIZ-001").fields.objective == "Less"


def at_terminal(world: World, tmp_path: Path, script: str, answers: str) -> tuple[int, str]:
    """`kaizen edit` with a person at the terminal, who types `answers` one after the other at the questions."""
    person, terminal = os.openpty()
    env = {"EDITOR": editor(tmp_path, script)}
    process = subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.cli.entry", "edit", "KAIZ-001"],
        cwd=world.root, env=world.environment(ADA, env), stdin=terminal, stdout=terminal, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    seen, left = "", list(answers)
    while True:
        try:
            piece = os.read(person, 4096).decode()
        except OSError:  # the last end of the terminal was closed
            break
        if not piece:
            break
        seen += piece
        while left and seen.count("iscard it?") > len(answers) - len(left):
            os.write(person, f"{left.pop(0)}\n".encode())
    os.close(person)
    return process.wait(), seen


# Breaks the text the first time, mends it the second.
BREAK = """
again = path.parent / "again"
text = text.replace("mid", "low") if again.exists() else text.replace("medium", "mid")
again.touch()
"""


def test_asked_to_edit_again(world: World, ticket: str, tmp_path: Path) -> None:
    code, seen = at_terminal(world, tmp_path, BREAK, "e")
    assert code == 0, seen
    assert "`mid` is no severity" in seen
    assert read_ticket_file(world.ws, ticket).fields.severity == "low"


def test_asked_to_keep_or_discard(world: World, ticket: str, tmp_path: Path) -> None:
    script = "text = text.replace('medium', 'mid')"
    code, seen = at_terminal(world, tmp_path, script, "k")
    assert code == 2
    assert "your text is kept in" in seen
    assert len(copies(world)) == 1
    code, seen = at_terminal(world, tmp_path, script, "?d")
    assert code == 2
    assert "kept" not in seen.rpartition("iscard it?")[2]
    assert len(copies(world)) == 1
    assert read_ticket_file(world.ws, ticket).fields.severity == "medium"
