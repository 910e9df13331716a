"""`kaizen-tui` before the board: options, exit codes, what is imported, settings read early."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaizen_tui.core.errors import UsageError
from kaizen_tui.tui import entry
from kaizen_tui.tui.entry import Arguments, parse_arguments, run
from kaizen_tui.tui.settings import read_settings
from tests.tui.boards import Place


def test_options() -> None:
    assert parse_arguments([]) == Arguments()
    assert parse_arguments(["-C", "a", "--read-only", "--theme", "nord"]) == Arguments("a", "nord", read_only=True)
    assert parse_arguments(["-Cb", "--actor=Ann"]) == Arguments("b", actor="Ann")
    assert parse_arguments(["--workspace=c", "--debug"]) == Arguments("c", debug=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--read-onyl"], "did you mean --read-only"), (["-C"], "needs a value"), (["x"], "unknown argument x")],
)
def test_wrong_options(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        parse_arguments(words)
    assert run(words) == 2
    assert said in capsys.readouterr().err


def test_no_workspace_says_how_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(tmp_path)]) == 3
    assert "kaizen init" in capsys.readouterr().err


def test_no_terminal_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Place(tmp_path / "ws")
    assert run(["-C", str(tmp_path / "ws")]) == 2
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("encoding", "code", "said"),
    [
        ("iso8859-1", 2, "the board needs UTF-8, and this terminal's encoding is iso8859-1; set LC_ALL=C.UTF-8"),
        ("UTF-8", 0, ""),
    ],
)
def test_a_terminal_without_utf8_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, code: int, said: str
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    Terminal.encoding = encoding  # type: ignore[assignment]
    place, terminal = Place(tmp_path / "ws"), Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(entry, "_open", lambda _workspace, _arguments: 0)
    assert run(["-C", str(place.root)]) == code
    assert said in terminal.getvalue()


def test_help_and_version_import_neither_textual_nor_pydantic(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("kaizen-tui ")
    code = (
        "import sys; from kaizen_tui.tui.entry import run; code = run(['--help']);"
        "heavy = {'textual', 'rich', 'pydantic', 'yaml'} & set(sys.modules); sys.exit(len(heavy) or code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--read-only" in done.stdout


def test_starting_the_board_imports_nothing_that_a_worker_can_import_later() -> None:
    code = (
        "import sys; import kaizen_tui.tui.app;"
        "sys.exit(str({'pydantic', 'yaml', 'watchfiles', 'numpy', 'requests', 'plotext'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"


def test_theme_and_keys_come_from_the_settings(tmp_path: Path) -> None:
    place = Place(tmp_path / "ws")
    assert read_settings(place.workspace).theme == ""
    config = place.root / "registry/kaizen/config.yml"
    config.write_text("theme: nord\nkeys: {ticket.move: M}\n", encoding="utf-8")
    settings = read_settings(place.workspace)
    assert (settings.theme, settings.keys) == ("nord", (("ticket.move", "M"),))
    config.write_text("theme: [\n", encoding="utf-8")
    assert read_settings(place.workspace).theme == ""  # reported with the other broken files
    os.remove(config)
    assert read_settings(place.workspace).keys == ()
