"""Patch-Spec.md: the template of a new one, and which of its sections still hold template text."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What the in_review gate looks at.
REQUIRED_SECTIONS: tuple[str, ...] = ("Summary", "Rollback Procedure")

TEMPLATE = """\
# Patch specification: {ticket}

## Summary

<!-- What changes and why, in a few sentences that a reviewer on another team understands. -->

## Design

<!-- How it works, what was considered and left out, what it touches. -->

## Test Plan

<!-- Which tests and benchmarks show that the success criteria hold. -->

## Rollout

<!-- Who gets it first, what is watched meanwhile, what would stop it. -->

## Rollback Procedure

<!-- The exact steps back to the last good version, and how to tell that they worked. -->
"""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"[ ]{0,3}(?:-{3,}|={3,}|\*{3,}|_{3,})[ \t]*")
# A line (or list item) that is nothing but a placeholder: TBD, [Describe the change], <describe>, {{summary}}, ...
_PLACEHOLDER = re.compile(
    r"(?:(?:[-*+>]|[0-9]+[.)])\s+)?(?:\*\*[^*]+\*\*:?\s*)?[*_`]*"
    r"(?:tbd|todo|fixme|to be (?:done|defined|determined|written)|\.\.\.|…|xxx+"
    r"|\[[^\[\]]{2,}\]|<[^<>:@]*>|\{\{.*\}\})[*_`]*[.:!]*",
    re.IGNORECASE,
)
_LONGEST_PLACEHOLDER = 300  # characters
_CODE = "(code)"  # stands for a line inside a code block: it is content, whatever it looks like


def template(ticket: str) -> str:
    """The Patch-Spec.md of a new ticket, `ticket` being its id and title in one line."""
    return TEMPLATE.replace("{ticket}", ticket)


def fill(text: str, sections: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text with content in those sections that hold the template's comment and nothing else, and their names.

    sections: heading -> Markdown. What a person wrote stays, also a comment of their own.
    """
    filled = []
    for name, content in sections.items():
        comment = re.search(rf"^## {re.escape(name)}\n\n(<!--.*?-->)\n", TEMPLATE, re.MULTILINE | re.DOTALL)
        if comment is None or not content.strip():
            continue
        empty = re.compile(
            rf"^(## {re.escape(name)}[ \t]*\r?\n\s*?){re.escape(comment[1])}(?=\s*?(?:^#|\Z))", re.MULTILINE
        )
        found = empty.search(text)
        if found is not None:
            text = text[: found.end(1)] + content.strip("\n") + text[found.end() :]
            filled.append(name)
    return text, tuple(filled)


def unfilled_sections(text: str) -> tuple[str, ...]:
    """The required sections that are missing, empty, or still hold template text, in order.

    Template text are HTML comments without anything else, and lines that are only a placeholder such as `TBD` or
    `[Describe the change]`. A section ends at the next heading of its level or higher.
    """
    sections = _sections(text)
    return tuple(name for name in REQUIRED_SECTIONS if not _is_filled(sections.get(name.casefold(), [])))


def _is_filled(lines: list[str]) -> bool:
    written = [line.strip() for line in lines if line.strip() and not _RULE.fullmatch(line)]
    return bool(written) and not any(_is_placeholder(line) for line in written)


def _is_placeholder(line: str) -> bool:
    return len(line) <= _LONGEST_PLACEHOLDER and _PLACEHOLDER.fullmatch(line) is not None


def _heading(line: str) -> tuple[int, str] | None:
    """Level and words of an ATX heading (`## Summary`)."""
    stripped = line.strip()
    words = stripped.lstrip("#")
    level = len(stripped) - len(words)
    if not 1 <= level <= 6 or (words and words[0] not in " \t") or line.startswith("    "):
        return None
    return level, words.strip().rstrip("#").strip()


def _sections(text: str) -> dict[str, list[str]]:
    """The lines under each heading, by the heading's folded words; those of sub-headings belong to both."""
    found: dict[str, list[str]] = {}
    open_sections: list[tuple[int, list[str]]] = []
    fence = ""
    for line in _COMMENT.sub("", text).splitlines():
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
            continue
        heading = None if fence else _heading(line)
        if heading is None:
            for _, lines in open_sections:
                lines.append(_CODE if fence and line.strip() else line)
            continue
        level, words = heading
        open_sections = [section for section in open_sections if section[0] < level]
        name = words.lstrip("0123456789.) ").strip(" :*_").casefold()
        open_sections.append((level, found.setdefault(name, [])))
    return found


def section_text(text: str, name: str) -> str:
    """What is written under a heading (any case), without comments, placeholders and code; "" when there is nothing."""
    lines = _sections(text).get(name.casefold(), [])
    return "\n".join(line for line in lines if line != _CODE and not _is_placeholder(line.strip())).strip()
