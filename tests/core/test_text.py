"""Hostile text never reaches the terminal as it is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.text import csv_cell, safe, safe_block

HIDDEN = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0xAD,
    0x034F,
    0x061C,
    0x115F,
    0x1160,
    0x17B4,
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0x3164,
    *range(0xFE00, 0xFE10),
    0xFEFF,
    0xFFA0,
    *range(0xFFF9, 0xFFFC),
    0xFFFE,
    0xFFFF,
    0xFDD0,
    0xD800,
    0xDFFF,
    0x1D173,
    0x1FFFE,
    0xE0001,
    0xE0041,
    0xE0100,
    0x10FFFF,
]
CLEAN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))).filter(
    lambda text: not any(ord(char) in HIDDEN or 0xFE00 <= ord(char) <= 0xFE0F for char in text)
)


@pytest.mark.parametrize("code", HIDDEN)
def test_every_hidden_character_becomes_a_visible_escape(code: int) -> None:
    shown = safe(f"a{chr(code)}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert shown.startswith("a\\")
    assert shown.endswith("b")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("café – Größe 測試 🚀", "café – Größe 測試 🚀"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("invoice\u202egpj.exe", "invoice\\u202egpj.exe"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud83d", "\\ud83d"),
        ("[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


def is_dangerous(char: str) -> bool:
    code = ord(char)
    return code in HIDDEN or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or 0xE0000 <= code <= 0xE0FFF


@given(st.text(st.characters(codec=None)))
def test_nothing_dangerous_is_left(text: str) -> None:
    shown = safe(text)
    assert not any(is_dangerous(char) for char in shown)
    assert safe(shown) == shown


@given(CLEAN)
def test_clean_text_is_unchanged(text: str) -> None:
    assert safe(text) == text
    assert safe_block(text) == text


def test_every_code_point_is_decided_the_same_on_the_fast_and_the_slow_path() -> None:
    for start in range(0, 0x110000, 0x40):
        for code in range(start, start + 0x40):
            char = chr(code)
            # A BEL forces the slow path.
            assert safe(char + "\x07") == safe(char) + "\\x07"


def test_a_block_keeps_its_lines() -> None:
    assert safe_block("# Summary\r\n\tx\x1b[0m\n\nend\n") == "# Summary\n    x\\x1b[0m\n\nend\n"


@given(st.text(st.characters(codec=None)))
def test_a_block_has_newlines_and_nothing_dangerous_else(text: str) -> None:
    assert not any(is_dangerous(char) for char in safe_block(text) if char != "\n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_no_formula_in_csv(start: str) -> None:
    assert csv_cell(f"{start}1+1") == f"'{start}1+1"


def test_other_csv_cells_are_unchanged() -> None:
    assert csv_cell("a=1") == "a=1"
    assert csv_cell("") == ""
