"""What the story tells arrives as it was told."""

import io
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.demo.playing import line_of
from kaizen_tui.demo.telling import Kind, Teller, Told, read_told

TOLD = st.builds(
    Told, st.sampled_from(get_args(Kind)), st.text(), st.integers(0, 99), st.integers(0, 99), st.text(), st.text(),
    st.integers(0, 255),
)  # fmt: skip


@given(TOLD)
def test_a_line_there_and_back(told: Told) -> None:
    assert "\n" not in told.line
    assert read_told(told.line) == told


@pytest.mark.parametrize("line", ["", "x", "[]", "{}", '{"kind": "shout"}', '{"kind": "say", "loud": 1}'])
def test_other_lines_are_no_part_of_it(line: str) -> None:
    with pytest.raises(ValueError):
        read_told(line)


@given(TOLD)
def test_people_get_no_control_characters(told: Told) -> None:
    line = line_of(told)
    assert line is None or not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", line)


def test_a_report_of_several_lines() -> None:
    stream = io.StringIO()
    Teller(stream).report("a\n\nb")
    assert [read_told(line).text for line in stream.getvalue().splitlines()] == ["a", "", "b"]


def test_a_listener_who_is_gone_is_no_trouble() -> None:
    stream = io.StringIO()
    stream.close()
    Teller(stream).say("is anybody there?")
