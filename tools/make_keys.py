"""Writes the tables of keys in docs/board.md from the one registry of actions."""

import re
import sys
from pathlib import Path

from kaizen_tui.tui.actions import ACTIONS, show_key

PAGE = Path(__file__).resolve().parents[1] / "docs" / "board.md"
PLACE = re.compile(r"(<!-- keys: [^>]*-->\n).*?(<!-- /keys -->)", re.DOTALL)


def tables() -> str:
    """A table for each group of actions, in the order of the registry."""
    groups: dict[str, list[str]] = {}
    for action in ACTIONS:
        keys = " ".join(f"`{show_key(key)}`" for key in action.keys)
        row = f"| {keys} | `{action.id}` | {action.help.rstrip('.')} |"
        groups.setdefault(action.group, []).append(row)
    head = ["", "| key | action | |", "|---|---|---|"]
    return "\n".join("\n".join([f"### {title}", *head, *rows, ""]) for title, rows in groups.items())


def page(text: str) -> str:
    """The page with its tables made anew. Raises ValueError if it has no place for them."""
    made, count = PLACE.subn(lambda found: f"{found[1]}\n{tables()}\n{found[2]}", text)
    if count != 1:
        raise ValueError(f"{PAGE} has {count} places for the keys")
    return made


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit()
