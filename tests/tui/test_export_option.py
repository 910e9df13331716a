"""`kaizen-tui --export` as people run it: no terminal, no Textual, whole files, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaizen_tui.core.errors import UsageError
from kaizen_tui.export.destination import EXIT_PIPE_CLOSED
from kaizen_tui.export.formats import export_time
from kaizen_tui.tui.entry import parse_arguments
from kaizen_tui.tui.exporting import picture_size
from tests.tui.boards import HOSTILE, Place

NOW = "1750000000"
MODULES = """
import os, sys
leave = os._exit
def report(code):
    sys.stderr.write("\\nMODULES " + " ".join(sorted(sys.modules)))
    sys.stderr.flush()
    leave(code)
os._exit = report
from kaizen_tui.tui.entry import main
main()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "ws")
    place.ticket(1)
    place.ticket(2, "canary", severity="critical", title=HOSTILE[0])
    return place


def run(place: Place, *words: str, code: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """Runs it with no terminal anywhere, at a fixed time."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    start = ["-c", code] if code else ["-m", "kaizen_tui.tui.entry"]
    return subprocess.run(
        [sys.executable, *start, *words],
        cwd=place.root,
        env={**kept, "SOURCE_DATE_EPOCH": NOW, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["json", "yaml", "csv", "md", "html", "prom"])
def test_no_format_but_svg_imports_textual(place: Place, name: str) -> None:
    done = run(place, "--export", "-", "--format", name, code=MODULES)
    assert done.returncode == 0, done.stderr.decode()
    modules = set(done.stderr.decode().rpartition("MODULES ")[2].split())
    assert "kaizen_tui.export.collect" in modules
    assert not {"textual", "rich", "pydantic", "numpy", "scipy", "requests", "plotext", "asyncio"} & modules
    assert b"KAIZ-002" in done.stdout or name == "prom"


def test_a_file_is_made_and_replaced_and_its_suffix_tells_the_format(place: Place) -> None:
    target = place.root / "board.csv"
    for _ in range(2):
        done = run(place, "--export", "board.csv")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert target.read_bytes().startswith(b"id,status,severity")
    assert [path.name for path in place.root.iterdir() if ".kz-" in path.name] == []


def test_stdout_and_file_and_a_pipe_get_the_same_bytes(place: Place) -> None:
    shown = run(place, "--export", "-").stdout
    run(place, "--export=board.json")
    assert (place.root / "board.json").read_bytes() == shown
    assert run(place, "--export", "/dev/stdout", "--format", "json").stdout == shown
    assert json.loads(shown)["generated_at"] == "2025-06-15T15:06:40Z"


def test_through_a_link_the_file_it_leads_to_is_replaced(place: Place) -> None:
    (place.root / "real.json").write_text("old", encoding="utf-8")
    (place.root / "link.json").symlink_to("real.json")
    assert run(place, "--export", "link.json").returncode == 0
    assert (place.root / "link.json").is_symlink()
    assert json.loads((place.root / "real.json").read_bytes())["schema"] == "kaizen.export/1"


def test_a_filter_selects(place: Place) -> None:
    done = run(place, "--export", "-", "--filter", "status:canary")
    assert [ticket["id"] for ticket in json.loads(done.stdout)["tickets"]] == ["KAIZ-002"]
    mine = run(place, "--export", "-", "--filter", "owner:me", KAIZEN_ACTOR="backend-team")
    assert len(json.loads(mine.stdout)["tickets"]) == 2


def test_files_that_did_not_load_are_counted_on_stderr(place: Place) -> None:
    (place.root / "tickets/KAIZ-002/Kaizen-Tkt.yml").write_text("id: [", encoding="utf-8")
    done = run(place, "--export", "-")
    assert done.returncode == 0
    assert done.stderr == b"kaizen-tui: 1 file could not be loaded and is not in the export; `kaizen lint` says why\n"
    assert json.loads(done.stdout)["problems"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--export", "-", "--format", "jsn"), 2, "did you mean json"),
        (("--export", "board.txt"), 2, "does not tell the format"),
        (("--export",), 2, "--export needs a value"),
        (("--export", ""), 2, "--export needs a file name"),
        (("--export", "-", "--filter", "statsu:canary"), 2, "status"),
        (("--format", "json"), 2, "--format goes with --export"),
        (("--filter", "x"), 2, "--filter goes with --export"),
        (("--export", "x.svg", "--size", "huge"), 2, "is no size"),
        (("-C", "/", "--export", "-"), 3, "kaizen init"),
        (("--export", "no/such/folder/board.json"), 6, "no/such/folder; make it first"),
        (("--export", "tickets", "--format", "json"), 6, "a folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_exit_code(
    place: Place, words: tuple[str, ...], code: int, said: str
) -> None:
    done = run(place, *words)
    assert done.returncode == code, done.stderr.decode()
    assert done.stderr.startswith(b"kaizen-tui: error: ")
    assert done.stderr.count(b"\n") == 1
    assert said in done.stderr.decode()
    assert done.stdout == b""


def test_a_wrong_time_is_said(place: Place) -> None:
    done = run(place, "--export", "-", SOURCE_DATE_EPOCH="yesterday")
    assert done.returncode == 2
    assert b"SOURCE_DATE_EPOCH" in done.stderr
    with pytest.raises(UsageError):
        export_time({"SOURCE_DATE_EPOCH": "-1"})
    assert export_time({"SOURCE_DATE_EPOCH": "12"}) == 12


def test_a_reader_that_leaves_is_no_error(place: Place) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.tui.entry", "-C", str(place.root), "--export", "-"],
        stdin=subprocess.DEVNULL, stdout=write, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(write)
    assert process.communicate()[1] == b""
    assert process.returncode == EXIT_PIPE_CLOSED


def test_a_broken_config_is_named_with_its_line(place: Place) -> None:
    (place.root / "registry/kaizen/config.yml").write_text("metrics: {source: [}\n", encoding="utf-8")
    done = run(place, "--export", "-")
    assert done.returncode == 6
    assert b"config.yml:1" in done.stderr


def test_read_only_leaves_no_index_behind(place: Place) -> None:
    assert run(place, "--read-only", "--export", "-").returncode == 0
    assert not (place.root / ".kaizen").exists()


def test_the_picture_is_the_same_every_time_and_loads_nothing(place: Place) -> None:
    first, second = (run(place, "--export", "-", "--format", "svg", "--size", "120x36") for _ in range(2))
    assert first.returncode == 0, first.stderr.decode()
    assert first.stdout == second.stdout
    text = first.stdout.decode()
    assert text.startswith("<svg")
    assert "KAIZ-002" in text
    assert "http" not in text.replace("http://www.w3.org/", "").replace("https://www.textualize.io", "")
    assert "font-face" not in text
    assert first.stderr == b""


def test_the_picture_takes_filter_and_theme(place: Place) -> None:
    text = run(place, "--export", "-", "--format", "svg", "--filter", "status:canary").stdout.decode()
    assert "KAIZ-002" in text
    assert "KAIZ-001" not in text
    light = run(place, "--export", "-", "--format", "svg", "--theme", "kaizen-light")
    assert light.returncode == 0
    assert light.stdout.decode() != text


@pytest.mark.parametrize("text", ["", "160", "0x4", "501x4", "axb", "1x2x3", "-1x4", "٣x4"])
def test_a_wrong_size(text: str) -> None:
    with pytest.raises(UsageError):
        picture_size(text)


def test_arguments() -> None:
    found = parse_arguments(["--export", "-", "--format=csv", "--filter", "a b", "-C.", "--size", "80x24"])
    assert (found.export, found.format, found.filter, found.workspace, found.size) == ("-", "csv", "a b", ".", "80x24")
    assert picture_size("80x24") == (80, 24)
