"""What README and docs tell people to type exists, and what exists is in the docs."""

import re
import shlex
from pathlib import Path

import click
import pytest

from kaizen_tui.cli.app import COMMANDS, group
from kaizen_tui.tui.actions import ACTIONS, show_key

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"\bkaizen (?!evaluate\b)([a-z][a-z-]*)([^\n`|·]*)")


def commands_of(page: Path) -> list[tuple[str, str]]:
    """The `kaizen NAME …` of a page's code: fenced blocks (continued lines joined) and inline code."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ").replace("\\|", "/")
    blocks = re.findall(r"^```(?:console|sh|bash|)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    typed = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    inline = re.findall(r"`(kaizen [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [found for line in (*typed, *inline) for found in COMMAND.findall(line.partition("  #")[0])]


def options_of(name: str, words: list[str]) -> set[str]:
    """The options of a command, or of the one in a group that the first word names."""
    command = group.get_command(click.Context(group), name)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"kaizen {name} {words[0]}"
        command = command.commands[words[0]]
    assert command is not None
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    wrong = []
    for name, rest in commands_of(page):
        if name not in COMMANDS:
            wrong.append(f"kaizen {name}")
            continue
        words = shlex.split(rest.replace("…", " "), posix=False)
        known = options_of(name, words) | {"--help"}
        wrong += [f"kaizen {name} {w}" for w in words if re.match(r"--?[a-z]", w) and w.partition("=")[0] not in known]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`?\bmake ([a-z]+)`", page.read_text(encoding="utf-8"))}
    assert named
    assert named <= targets


def test_every_command_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name, entry in COMMANDS.items() if entry.summary and f"`kaizen {name}" not in text] == []


def test_every_key_of_the_board_is_in_the_docs() -> None:
    """docs/board.md has a row for each action: its keys, its id, its help. After a change: `make docs`."""
    text = (ROOT / "docs" / "board.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| (.*?) \| `([a-z0-9_.]+)` \| (.*?) \|$", text, re.MULTILINE))
    assert rows == {
        (" ".join(f"`{show_key(key)}`" for key in action.keys), action.id, action.help.rstrip("."))
        for action in ACTIONS
    }
