"""Text from people and machines never reaches the terminal raw, and no bracket in a title crashes a command."""

import json
from pathlib import Path

import pytest

from tests.cli.world import World

HOSTILE = [
    "[/]",
    "[@click=app.bell]x[/]",
    "\x1b[31mred\x1b]0;title\x07",
    "a\nb\rc\td",
    "\u202eesrever\u2066",
    "zero\u200bwidth\u2060",
    "\x9b31m C1",
    "tag\U000e0041",
    "%s %(x)s {0}",
    "\" \\ ' : # - {",
    "=cmd|' /C calc'!A0",
    "- dash: colon #",
]


def unsafe(text: str) -> list[str]:
    """The characters that must not be printed. Tabs stand between the columns of plain lists."""
    return [char for char in text if not char.isprintable() and char not in "\n\t"] + [
        c for c in text if c in "\u200b\u2060"
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_everywhere_it_is_shown(world: World, text: str) -> None:
    ticket = world.ok(
        "new", "-c", "pcc-main", "--owner", text, "--objective", text, "--success", text, "--abort", text,
        "--rollback-plan", text, "--label", text, "--", text,
    ).out.strip()  # fmt: skip
    assert ticket == "KAIZ-001"
    world.ok("comment", ticket, "--", text)
    world.ok("update", ticket, "--note", text, "--link", f"docs={text}", "-s", "planned")
    world.ok("reject", ticket, "--note", text)
    world.ok("signoff", ticket, "1", "--note", text)
    for words in (
        ("list",), ("list", "--plain"), ("show", ticket), ("show", ticket, "--plain"), ("why", ticket), ("log", ticket),
        ("log", ticket, "--plain"), ("show", ticket, "--log", "--patch-spec"), ("lint",), ("components",), ("verify",),
        ("doctor",),
    ):  # fmt: skip
        result = world.cli(*words)
        assert result.code in (0, 1), (words, result)
        assert unsafe(result.text) == [], words
        if words == ("log", ticket, "--plain"):
            assert {line.count("\t") for line in result.out.splitlines()} == {4}
        else:
            assert "\t" not in result.text or words[0] == "list", words


@pytest.mark.parametrize("text", HOSTILE)
def test_json_gives_it_back_whole_and_in_ascii(world: World, text: str) -> None:
    ticket = world.ok("new", "-c", "pcc-main", "--json", "--", text).data["id"]
    out = world.ok("show", ticket, "--json").out
    assert out.isascii()
    assert unsafe(out) == []
    assert json.loads(out)["title"] == text
    assert world.ok("list", "--json").data[0]["title"] == text


def test_hostile_files_are_shown_safely(world: World) -> None:
    ticket = world.new()
    Path(world.ws.spec_path(ticket)).write_bytes(b"# Spec\n\x1b[2J\ttab \xff\xe2\x80\xae\n")
    log = Path(world.ws.log_path(ticket))
    log.write_bytes(b"2025-05-19T09:15:00Z - \x1b[31mchanged\n" + log.read_bytes() + b'{"x":"\x1b"}\n\x1b]0;t\x07\n')
    for words in (
        ("show", ticket, "--patch-spec", "--log"),
        ("log", ticket),
        ("verify",),
        ("log", ticket, "--json"),
        ("show", ticket),
    ):
        result = world.cli(*words)
        assert unsafe(result.text) == [], words


def test_hostile_keys_and_folders(world: World) -> None:
    ticket = world.new()
    path = world.ticket(ticket)
    path.write_text(path.read_text(encoding="utf-8") + '"titel\\e[31m": x\n', encoding="utf-8")
    (world.root / "tickets/\x1b[31m").mkdir()
    for words in (("lint",), ("list",), ("doctor",), ("show", ticket)):
        assert unsafe(world.cli(*words).text) == [], words


@pytest.mark.parametrize("actor", ["Ada\x1b[31m", "Ada\nBob", "Ada\u202e", "", "  ", "x" * 500])
def test_actors_that_are_none(world: World, actor: str) -> None:
    result = world.cli("new", "T", "-c", "pcc-main", "--actor", actor)
    assert result.code == 2
    assert unsafe(result.err) == []
    assert result.err.count("\n") == 1


def test_bytes_that_are_no_text(world: World) -> None:
    result = world.process("new", "a\udcff", "-c", "pcc-main")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert not Path(world.ws.ticket_path("KAIZ-001")).exists()
