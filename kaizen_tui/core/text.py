"""Makes text from people and machines safe to show. Light: imported by every command that prints.

Titles, notes and file names are hostile: a raw ESC drives the terminal, a bidi control reorders what is read,
a zero-width character hides. All of them become visible escapes such as `\\x1b` or `\\u202e`.
"""

import re
from functools import cache

# Not printable in Unicode's own terms (Cc, Cf, Cs, Zl, Zp, noncharacters); written as parts of a character class.
# NUL..US, DEL, C1 | soft hyphen | Arabic letter mark | Mongolian vowel separator | zero width, LRM, RLM | LS, PS,
# bidi embeddings | word joiner .. nominal digit shapes (with bidi isolates) | BOM | interlinear annotation |
# surrogates | noncharacters | shorthand and musical format controls | tags and the rest of that block.
_CONTROLS = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_PLANE_ENDS = "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
# Printable to Unicode, yet nothing is seen (or the width is anyone's guess): combining grapheme joiner, Hangul
# fillers, Khmer inherent vowels, Mongolian and other variation selectors.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@cache
def _invisible() -> re.Pattern[str]:
    return re.compile(f"[{_INVISIBLE}]")


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(f"[{_CONTROLS}{_PLANE_ENDS}{_INVISIBLE}]")


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    named = _NAMED.get(char)
    if named is not None:
        return named
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe(text: str) -> str:
    """`text` as one line that is safe for a terminal and means what it looks like.

    Controls (with newline and tab), bidi controls, zero-width and other invisible characters, tags, variation
    selectors, lone surrogates and noncharacters become visible escapes; everything else is unchanged.
    """
    if text.isprintable() and (text.isascii() or _invisible().search(text) is None):
        return text
    return _unsafe().sub(_escape, text)


def safe_block(text: str) -> str:
    """The same for text of several lines: a newline stays (CR LF counts as one), a tab becomes four spaces."""
    if text.isprintable():
        return safe(text)
    return "\n".join(safe(line.replace("\t", "    ")) for line in text.replace("\r\n", "\n").split("\n"))


def csv_cell(text: str) -> str:
    """`text` for a CSV cell that no spreadsheet takes for a formula: a leading ' before = + - @ TAB CR."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
