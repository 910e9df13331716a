"""`kaizen list`: what it prints in each form, and that the way without click is the same as the one with it."""

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.cli import fast, listing
from kaizen_tui.cli.listing import Columns, columns_of_rows, cut, display_width, emit, plain_list, table
from kaizen_tui.cli.listing_json import json_list
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITIES, STATUSES
from tests.cli.world import Result, World

NOW = 1_750_000_000
DAY = 86400
HOSTILE = "\x1b[31mred\x07 \u202eevil\u200b [/] \x9b2J \x7f \udc80 \ue000 tab\there"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def row(number: int = 1, **more: object) -> TicketRow:
    fields = {
        "id": f"KAIZ-{number:03d}", "number": number, "title": "Cap the memory", "component": "pcc-main",
        "owner": "web-team", "severity": "high", "status": "planned", "since": NOW - 3 * DAY,
    }  # fmt: skip
    return TicketRow(**{**fields, **more})  # type: ignore[arg-type]


class Terminal(io.TextIOWrapper):
    """A stdout that says it is a terminal."""

    def __init__(self) -> None:
        self.raw_bytes = io.BytesIO()
        super().__init__(self.raw_bytes, encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The lines of a table on a terminal of so many columns."""

    def show(rows: list[TicketRow], width: int, *, colour: bool = False) -> list[str]:
        monkeypatch.setattr(sys, "stdout", Terminal())
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("NO_COLOR", "" if colour else "1")
        text = b"".join(table(columns_of_rows(rows), NOW)).decode()
        monkeypatch.undo()
        return text.splitlines()

    return show


def lines(pieces: Iterator[bytes]) -> list[str]:
    return b"".join(pieces).decode().splitlines()


class TestTable:
    def test_columns_are_aligned_and_numbers_are_right(self) -> None:
        rows = [
            row(1, since=NOW - 3 * DAY),
            row(20, status="in_progress", severity="critical", since=NOW - 59 * 60, title="Retry"),
            row(100_000, owner="", component="x", severity="low", since=0, title="Größe: 検索 ok"),
        ]
        assert lines(table(columns_of_rows(rows), NOW)) == [
            "planned      KAIZ-001     ◆ high      pcc-main  web-team     3 d  Cap the memory",
            "in_progress  KAIZ-020     ▲ critical  pcc-main  web-team  59 min  Retry",
            "planned      KAIZ-100000  · low       x                        -  Größe: 検索 ok",
        ]

    def test_a_terminal_gets_a_header_and_no_line_that_wraps(self, on_terminal: Callable[..., list[str]]) -> None:
        shown = on_terminal([row(1, title="A title that is far too long for this"), row(2, title="Short")], 80)
        assert shown == [
            "STATUS   ID        SEVERITY  COMPONENT  OWNER        AGE  TITLE",
            "planned  KAIZ-001  ◆ high    pcc-main   web-team     3 d  A title that is far t…",
            "planned  KAIZ-002  ◆ high    pcc-main   web-team     3 d  Short",
        ]

    def test_wide_characters_take_two_columns(self, on_terminal: Callable[..., list[str]]) -> None:
        shown = on_terminal([row(1, title="検索" * 20, owner="検索"), row(2, owner="e\u0301va")], 80)
        assert [display_width(line) for line in shown[1:2]] == [80]
        assert shown[1].endswith("…")
        assert len({display_width(line[: line.index("3 d")]) for line in shown[1:]}) == 1

    def test_long_owners_and_components_leave_room_for_the_title(self, on_terminal: Callable[..., list[str]]) -> None:
        shown = on_terminal([row(1, owner="o" * 100, component="c" * 60)], 120)
        assert "o…" in shown[1]
        assert "c…" in shown[1]
        assert "Cap the memory" in shown[1]

    def test_colour_is_never_alone_and_follows_no_color(self, on_terminal: Callable[..., list[str]]) -> None:
        rows = [row(1, severity="critical", status="canary"), row(2, severity="low")]
        coloured = on_terminal(rows, 100, colour=True)
        assert "\x1b[31m▲ critical" in coloured[1]
        assert re.sub("\x1b\\[[0-9]+m", "", "\n".join(coloured)) == "\n".join(on_terminal(rows, 100))
        assert all(line.count("\x1b[0m") * 2 == line.count("\x1b[") for line in coloured)

    @given(
        st.lists(
            st.builds(
                row,
                st.integers(1, 9999),
                title=st.text(st.characters(exclude_categories=[])) | st.just(HOSTILE),
                owner=st.text(max_size=30) | st.just(HOSTILE),
                component=st.text(max_size=30),
                severity=st.sampled_from(SEVERITIES),
                status=st.sampled_from(STATUSES),
                since=st.integers(-(10**10), 10**10),
            ),
            max_size=4,
        ),
        st.integers(1, 200),
    )
    def test_any_text_is_one_safe_line(self, rows: list[TicketRow], width: int) -> None:
        columns = columns_of_rows(rows)
        for shown in (lines(table(columns, NOW)), lines(plain_list(columns, NOW))):
            assert len(shown) == len(rows)
            assert not any(CONTROL.search(line.replace("\t", "")) for line in shown)
        assert all(line.count("\t") == 6 for line in lines(plain_list(columns, NOW)))
        text = b"".join(json_list(rows)).decode("ascii")
        assert not CONTROL.search(text)
        assert [one["title"] for one in json.loads(text)] == [one.title for one in rows]
        for one in rows:
            short = cut(listing._safe(one.title), width)
            assert display_width(short) <= width

    def test_what_index_and_rows_give_is_the_same(self, world: World) -> None:
        for title in ("Plain", "Größe", "検索 \\ ok"):
            world.new(title)
        from kaizen_tui.store.index_load import load_index

        index, _ = load_index(world.ws)
        columns = listing.columns_of_index(index)
        for form in (table, plain_list):
            assert list(form(columns, NOW)) == list(form(columns_of_rows(index.rows()), NOW))


class TestStdout:
    def show(self, monkeypatch: pytest.MonkeyPatch, encoding: str, data: bytes) -> bytes:
        stream = io.TextIOWrapper(raw := io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        emit(data)
        stream.flush()
        monkeypatch.undo()
        return raw.getvalue()

    def test_utf8_is_written_as_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.show(monkeypatch, "UTF-8", "▲ é\n".encode()) == "▲ é\n".encode()

    def test_what_another_encoding_lacks_is_escaped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.show(monkeypatch, "latin-1", "▲ é\n".encode()) == b"\\u25b2 \xe9\n"


class TestForms:
    def test_plain_has_seven_fields_a_line(self) -> None:
        rows = [row(1), row(2, owner="", since=0)]
        assert lines(plain_list(columns_of_rows(rows), NOW)) == [
            "KAIZ-001\tplanned\thigh\tpcc-main\tweb-team\t3 d\tCap the memory",
            "KAIZ-002\tplanned\thigh\tpcc-main\t\t-\tCap the memory",
        ]

    def test_json_is_one_object_a_line(self) -> None:
        one = row(
            1, title='Say "hi" \x7f ü', labels=("a", "b c"), created=NOW, updated=-1, since=0, warnings=2,
            overridden=True, uid="u1",
        )  # fmt: skip
        text = b"".join(json_list([one, row(2)])).decode("ascii")
        assert len(text.splitlines()) == 4
        assert json.loads(text)[0] == {
            "id": "KAIZ-001", "title": 'Say "hi" \x7f ü', "status": "planned", "severity": "high",
            "component": "pcc-main", "owner": "web-team", "labels": ["a", "b c"], "created_at": "2025-06-15T15:06:40Z",
            "updated_at": "1969-12-31T23:59:59Z", "status_since": None, "warnings": 2, "overridden": True, "uid": "u1",
        }  # fmt: skip
        assert "\x7f" not in text

    @pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1001, 2500])
    def test_no_row_is_lost_between_the_pieces(self, count: int) -> None:
        rows = [row(number) for number in range(1, count + 1)]
        assert [one["id"] for one in json.loads(b"".join(json_list(rows)))] == [one.id for one in rows]
        assert len(lines(table(columns_of_rows(rows), NOW))) == count
        assert len(lines(plain_list(columns_of_rows(rows), NOW))) == count


@pytest.mark.parametrize(
    ("words", "directory", "terms", "forms"),
    [
        ("list", None, [], ""),
        ("-C /x list", "/x", [], ""),
        ("--workspace=/x list", "/x", [], ""),
        ("list -C /x --json", "/x", [], "json"),
        ("list --plain mem -s draft -s planned", None, ["mem", "status:draft,planned"], "plain"),
        ("list --status=canary --owner me !label:x", None, ["!label:x", "status:canary", "owner:me"], ""),
        ("list -c pcc* severity>=high", None, ["severity>=high", "component:pcc*"], ""),
    ],
)
def test_plain_command_lines_need_no_click(words: str, directory: str | None, terms: list[str], forms: str) -> None:
    parsed = fast.parse(words.split())
    assert parsed is not None
    found, request = parsed
    assert (found, request.words, request.json, request.plain) == (directory, terms, "json" in forms, "plain" in forms)


@pytest.mark.parametrize(
    "words",
    [
        "", "show list", "new list", "list --help", "list -h", "list -x", "list -s", "list -sdraft", "list --debug",
        "--debug list", "list -- -x", "list -s -x", "list --status", "--json list", "-s draft list", "list --jsn",
        "list --actor Bob", "-C", "-C list", "list --json=1",
    ],
)  # fmt: skip
def test_the_rest_is_left_to_click(words: str) -> None:
    assert fast.parse(words.split()) is None


@pytest.mark.parametrize("value", ["Jane Doe", 'a "b" \\ c', "a,b c", "", "größe", "me:too", "!x", 'x" status:draft'])
def test_an_options_value_is_one_value_whatever_is_in_it(world: World, value: str) -> None:
    from kaizen_tui.core.query import parse_query

    query = parse_query([listing.term("owner", [value, "other"])])
    assert query.matches(row(owner=value), NOW, "")
    assert query.matches(row(owner="other"), NOW, "")
    assert not query.matches(row(owner=value + "x"), NOW, "")


def through_fast(world: World, capfdbinary: pytest.CaptureFixture[bytes], *words: str) -> Result | None:
    here = os.getcwd()
    code = fast.run(["-C", str(world.root), "list", *words], int(time.time()))
    sys.stdout.flush()
    sys.stderr.flush()
    assert os.getcwd() == here
    out, err = capfdbinary.readouterr()
    return None if code is None else Result(code, out.decode(), err.decode())


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--json",
        "--plain",
        "-s draft",
        "nothing-like-it",
        "severity>=high --json",
        "owner:me",
        "verdict:none",
        "-c p*",
    ],
)
def test_both_ways_print_the_same(world: World, capfdbinary: pytest.CaptureFixture[bytes], words: str) -> None:
    world.new("Cap the memory", "--severity", "high")
    world.new("Größe \\ [/] of $(it)", "--owner", "Ada")
    (Path(world.ws.tickets) / "KAIZ-007").mkdir()
    quick = through_fast(world, capfdbinary, *words.split())
    slow = world.cli("list", *words.split(), actor="")
    assert quick == slow
    assert quick is not None
    assert "tickets/KAIZ-007/Kaizen-Tkt.yml: error: the folder of KAIZ-007 has no Kaizen-Tkt.yml" in quick.err
    assert "1 ticket could not be loaded" in quick.err
    assert "KAIZ-007" not in quick.out


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (OSError(5, "Input/output error", "x.yml"), 6, "kaizen: error: Input/output error; x.yml\n"),
        (ZeroDivisionError("x"), 6, "this is a bug in kaizen"),
    ],
)
def test_whatever_happens_is_one_line_and_an_exit_code(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    words: str,
) -> None:
    world.new()

    def fail(*_args: object, **_more: object) -> int:
        raise error

    monkeypatch.setattr(fast, "list_tickets", fail)
    assert fast.run(["-C", str(world.root), "list"], NOW) == code
    complaint = capsys.readouterr().err
    assert words in complaint
    assert complaint.count("\n") == bool(words)


class TestAsAProcess:
    def test_hostile_text_never_reaches_the_terminal(self, world: World) -> None:
        world.new()
        path = world.ticket("KAIZ-001")
        title = r'title: "\e[31mred\a \u202eevil\u200b [/] \x9b2J \x7f"'
        path.write_text(re.sub("^title:.*$", lambda _: title, path.read_text(), flags=re.MULTILINE))
        (Path(world.ws.tickets) / "KAIZ-002").mkdir()
        world.ticket("KAIZ-002").write_bytes(b'id: "\\e]0;x\\a"\n')
        for form in ((), ("--plain",), ("--json",), ("red",)):
            result = world.process("list", *form)
            assert result.code == 0
            assert "red" in result.out
            assert not CONTROL.search(result.text.replace("\t", ""))

    def test_no_workspace_names_init(self, tmp_path: Path, world: World) -> None:
        result = world.process("list", cwd=tmp_path)
        assert (result.code, result.out) == (3, "")
        assert "kaizen init" in result.err

    def test_an_empty_workspace_says_so(self, world: World) -> None:
        for words in ((), ("--json",)):
            result = world.process("list", *words)
            assert (result.code, result.out) == (0, "[]\n" if words else "")
            assert "no tickets yet" in result.err
        world.new()
        assert "no ticket matches" in world.process("list", "zzz").err

    def test_a_wrong_status_suggests_the_nearest(self, world: World) -> None:
        world.new()
        for words in (("-s", "drfat"), ("status:drfat",)):
            result = world.process("list", *words)
            assert (result.code, result.out) == (2, "")
            assert "draft" in result.err

    def test_the_workspace_of_the_environment_and_of_both_options(self, world: World, tmp_path: Path) -> None:
        world.new()
        for words, env in (
            (("list",), {"KAIZEN_WORKSPACE": str(world.root)}),
            (("-C", world.root.name, "list"), {}),
            (("list", "--workspace", str(world.root)), {}),
        ):
            assert world.process(*words, cwd=tmp_path, env=env).out.count("KAIZ-001") == 1

    def test_a_reader_that_has_seen_enough_ends_it_quietly(self, world: World) -> None:
        world.new()
        for number in range(2, 1500):
            folder = Path(world.ws.tickets) / f"KAIZ-{number:03d}"
            folder.mkdir()
            text = world.ticket("KAIZ-001").read_text().replace("KAIZ-001", folder.name)
            (folder / "Kaizen-Tkt.yml").write_text(text)
        process = subprocess.Popen(
            [sys.executable, "-m", "kaizen_tui.cli.entry", "list"],
            cwd=world.root,
            env=world.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
        process.stderr.close()
        assert (process.wait(), complaint) == (141, b"")

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
    def test_a_full_disk_under_stdout_is_one_line(self, world: World) -> None:
        world.new()
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "kaizen_tui.cli.entry", "list"],
                cwd=world.root, env=world.environment(), stdout=full, stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        assert done.returncode == 6
        assert done.stderr == (
            b"kaizen: error: cannot write standard output: the disk is full; free some space and repeat the command\n"
        )

    def test_a_terminal_without_utf8_gets_escapes(self, world: World) -> None:
        world.new("Größe")
        result = world.process("list", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        assert result.code == 0
        assert "Gr\\xf6\\xdfe" in result.out
        assert "\\u25cf medium" in result.out

    def test_the_current_directory_may_be_gone(self, world: World, tmp_path: Path) -> None:
        world.new()
        gone = tmp_path / "gone"
        code = f"import os, sys; os.mkdir({str(gone)!r}); os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); "
        code += "sys.argv[1:] = ['list']; from kaizen_tui.cli.entry import main; main()"
        done = subprocess.run([sys.executable, "-c", code], env=world.environment(), capture_output=True, text=True)
        assert done.returncode == 6
        assert done.stderr.startswith("kaizen: error: the current directory is gone")
        assert done.stderr.count("\n") == 1


def test_columns_without_rows() -> None:
    columns = columns_of_rows([])
    assert isinstance(columns, Columns)
    assert lines(table(columns, NOW)) == []
    assert lines(plain_list(columns, NOW)) == []
