"""How values are written down in YAML: scalars, lists, a whole new ticket. Light: needs no `yaml`.

The style is the one of docs/formats.md: words (ids, statuses, names) plain, sentences in double quotes, criteria as
block lists, labels and links in one line. Whatever is written here reads back identically.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kaizen_tui.core.errors import UsageError

# The keys of a ticket in the order in which they are written; what isn't here comes at the end.
TICKET_ORDER = (
    "id",
    "title",
    "component",
    "owner",
    "severity",
    "objective",
    "success_criteria",
    "abort_criteria",
    "rollback_plan",
    "links",
    "labels",
    "alert",
    "evaluation",
    "rollout",
    "status",
    "created_at",
    "updated_at",
    "uid",
)
# Written plain when they can be.
_WORD_KEYS = frozenset({"id", "component", "owner", "severity", "status", "uid"})
# Lists written in one line.
_FLOW_KEYS = frozenset({"labels"})

_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\0": "\\0",
    "\x07": "\\a",
    "\x08": "\\b",
    "\x1b": "\\e",
}

# Plain texts that YAML 1.1 or 1.2 tools take for something else than text.
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "=", "<<"})
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./@+-]*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_FIRST_RESERVED = frozenset("-?:,[]{}#&*!|>'\"%@`")


def quote(text: str) -> str:
    r"""A double-quoted YAML scalar, on one line, that reads back as exactly `text`.

    Whatever isn't printable (control, bidi and zero-width characters, unusual spaces) is written as an escape, so that
    it shows in a review. Raises UsageError for lone surrogates: they stand for bytes that aren't UTF-8.
    """
    if text.isprintable() and "\\" not in text and '"' not in text:
        return f'"{text}"'
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise UsageError(
            f"the text holds a byte that isn't UTF-8 (0x{code - 0xDC00:02x})"
            if 0xDC80 <= code <= 0xDCFF
            else f"the text holds half of a character (U+{code:04X})",
            hint="give it as UTF-8",
        )
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def single_quoted(text: str) -> str | None:
    """A single-quoted scalar on one line, or None when the text needs escapes."""
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else None


def looks_typed(text: str) -> bool:
    """Would another YAML tool read this plain scalar as a number, a date, a boolean or null?"""
    return text.casefold() in _RESERVED or not text or text[0] in "0123456789+-."


def plain(text: str, *, in_flow: bool, typed_ok: bool = False) -> str | None:
    """The text as a plain scalar, or None when it can't be one.

    in_flow: inside of [ ] or { }. typed_ok: accept what other tools would read as a number (the old value was such).
    """
    if (
        not text.isprintable()
        or not text.strip()
        or text != text.strip()
        or text[0] in _FIRST_RESERVED
        or text.startswith("...")
        or ": " in text
        or " #" in text
        or text.endswith(":")
        or text in ("~", "null", "<<", "=")
    ):
        return None
    if in_flow and any(char in ",[]{}?:" for char in text):
        return None
    return None if looks_typed(text) and not typed_ok else text


def literal(text: str, indent: str, newline: str) -> tuple[str, str] | None:
    """(header, body) of a literal block: `|` or `|-`, and the indented lines each ended by `newline`.

    None when the text can't be read back from such a block without an indentation indicator or trailing blank lines.
    """
    body = text.removesuffix("\n")
    lines = body.split("\n")
    if not lines[0] or lines[0][0] in " \t" or not lines[-1].strip():
        return None
    if not all(line.replace("\t", "").isprintable() for line in lines) or any(
        line and not line.strip() for line in lines
    ):
        return None
    header = "|" if text.endswith("\n") else "|-"
    return header, "".join((indent + line if line else "") + newline for line in lines)


def key_text(key: str) -> str:
    """A mapping key as written."""
    return key if _KEY.fullmatch(key) and key.casefold() not in _RESERVED else quote(key)


def flow_list(items: Sequence[str]) -> str:
    """`["a", "b"]`"""
    return "[" + ", ".join(quote(item) for item in items) + "]"


def flow_mapping(items: Mapping[str, str]) -> str:
    """`{key: "text", other: "text"}`"""
    return "{" + ", ".join(f"{key_text(key)}: {quote(text)}" for key, text in items.items()) + "}"


def list_in_one_line(key: str) -> bool:
    """Is the list under this key written as `[a, b]`?"""
    return key in _FLOW_KEYS


def new_scalar(key: str, text: str) -> str:
    """The value of a field that is written for the first time, on one line."""
    if key in _WORD_KEYS and _WORD.fullmatch(text) and text.casefold() not in _RESERVED:
        return text
    return quote(text)


def field_lines(key: str, value: str | Sequence[str] | Mapping[str, str], indent: str, newline: str) -> str:
    """The lines `key: value` of a field that is written for the first time, each ended by `newline`."""
    start = f"{indent}{key_text(key)}:"
    if isinstance(value, str):
        block = literal(value, indent + "  ", newline) if "\n" in value else None
        if block:
            return f"{start} {block[0]}{newline}{block[1]}"
        return f"{start} {new_scalar(key, value)}{newline}"
    if isinstance(value, Mapping):
        return f"{start} {flow_mapping(value)}{newline}"
    if list_in_one_line(key) or not value:
        return f"{start} {flow_list(value)}{newline}"
    return start + newline + "".join(f"{indent}  - {quote(item)}{newline}" for item in value)


def rank(key: str) -> int:
    """Where a key belongs in a ticket; unknown keys come last."""
    return TICKET_ORDER.index(key) if key in TICKET_ORDER else len(TICKET_ORDER)


def render_ticket(fields: Sequence[tuple[str, str | Sequence[str] | Mapping[str, str]]]) -> bytes:
    """A whole new Kaizen-Tkt.yml in the order of docs/formats.md, whatever the order of `fields`.

    Raises UsageError for text that isn't Unicode.
    """
    ordered = sorted(fields, key=lambda field: rank(field[0]))
    return "".join(field_lines(key, value, "", "\n") for key, value in ordered).encode()
