"""Ids are ASCII, bounded and safe as file names; a wrong word suggests the near one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.ids import did_you_mean, format_id, is_component_id, is_ticket_id, near_hint, nearest, number_of
from kaizen_tui.core.states import STATUSES


@pytest.mark.parametrize("text", ["KAIZ-001", "AB-999999999", "A1-123", "KAIZ-1000", "ABCDEFGHIJ-001"])
def test_ticket_ids(text: str) -> None:
    assert is_ticket_id(text)


@pytest.mark.parametrize(
    "text",
    ["", "KAIZ", "KAIZ-01", "kaiz-001", "K-001", "KAIZ-001\n", " KAIZ-001", "KAIZ-٠٠١", "KAIZ-1234567890",
     "../KAIZ-001", "KAIZ-001/..", "ABCDEFGHIJK-001", "1A-001", "KAIZ_001", "KAIZ-001x"],
)  # fmt: skip
def test_no_ticket_ids(text: str) -> None:
    assert not is_ticket_id(text)
    with pytest.raises(ValueError, match="not a ticket id"):
        number_of(text)


@pytest.mark.parametrize("text", ["pcc-main", "a", "0", "a.b_c-d", "a" * 63])
def test_component_ids(text: str) -> None:
    assert is_component_id(text)


@pytest.mark.parametrize("text", ["", ".", "..", "a..b", "-a", "A", "a/b", "a" * 64, "a\n", "ä", ".hidden"])
def test_no_component_ids(text: str) -> None:
    assert not is_component_id(text)


@given(st.integers(1, 999_999_999))
def test_a_number_survives_its_id(number: int) -> None:
    assert number_of(format_id(number)) == number
    assert is_ticket_id(format_id(number))


@pytest.mark.parametrize("number", [0, -1, 1_000_000_000])
def test_numbers_without_an_id(number: int) -> None:
    with pytest.raises(ValueError, match="no ticket id"):
        format_id(number)


def test_an_id_has_at_least_three_digits() -> None:
    assert format_id(7) == "KAIZ-007"
    assert format_id(31, "OPS") == "OPS-031"


@pytest.mark.parametrize(
    ("word", "near"), [("cnary", "canary"), ("DRAFT", "draft"), ("plan", "planned"), ("xyzzy", None)]
)
def test_nearest(word: str, near: str | None) -> None:
    assert nearest(word, STATUSES) == near


def test_a_hint_names_the_near_word_or_all() -> None:
    assert did_you_mean("cnary", STATUSES) == "did you mean `canary`?"
    assert did_you_mean("zzz", ("a", "b")) == "one of a, b"
    assert did_you_mean("zzz", ()) == ""
    assert near_hint("zzz", ("a", "b")) == ""


@pytest.mark.parametrize("word", ["2", "02", "KAIZ-2", "kaiz-02", "KAIZ-0002"])
def test_a_short_number_means_the_padded_id(word: str) -> None:
    assert nearest(word, ["KAIZ-025", "KAIZ-022", "KAIZ-002"]) == "KAIZ-002"
