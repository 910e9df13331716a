"""JUnit XML: cases counted however runners nest them, and hostile or broken files refused in words."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.analysis.junit import read_junit, together
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.scorecard import TestResults

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1"
failures="1" skipped="1" tests="4" time="0.029" timestamp="2026-11-24T16:10:02.1+00:00" hostname="runner">
<testcase classname="test_x" name="test_ok" time="0.001" />
<testcase classname="test_x" name="test_bad" time="0.002"><failure message="assert 0">def: ...</failure></testcase>
<testcase classname="test_x" name="test_skip" time="0"><skipped type="pytest.skip" message="x">y</skipped></testcase>
<testcase classname="test_x" name="test_err" time="0.003"><error message="failed on setup">boom</error></testcase>
</testsuite></testsuites>"""


def test_what_pytest_writes() -> None:
    assert read_junit(PYTEST, "j.xml") == TestResults(passed=1, failed=1, errors=1, skipped=1, duration_s=0.006)


def test_nested_suites_and_a_suite_at_the_top() -> None:
    inner = "<testsuite><testcase name='n'/><testsuite><testcase name='m' time='2'/></testsuite></testsuite>"
    expected = TestResults(passed=2, failed=0, errors=0, skipped=0, duration_s=2.0)
    assert read_junit(inner.encode(), "j") == expected
    assert read_junit(f"<testsuites>{inner}</testsuites>".encode(), "j") == expected


def test_totals_that_lie_are_not_believed() -> None:
    lying = b'<testsuite tests="9" failures="0"><testcase name="a"><failure/></testcase></testsuite>'
    assert read_junit(lying, "j").failed == 1


def test_a_case_that_failed_and_broke_counts_once() -> None:
    both = b'<testsuite><testcase name="a" time="nan"><failure/><error/></testcase></testsuite>'
    assert read_junit(both, "j") == TestResults(passed=0, failed=0, errors=1, skipped=0, duration_s=0)


def test_several_reports() -> None:
    one = read_junit(PYTEST, "j.xml")
    assert together([one, one]).errors == 2


BOMB = b'<!DOCTYPE t [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><testsuite name="&b;"/>'


@pytest.mark.parametrize(
    ("data", "says", "where"),
    [
        (b"", "no XML", "j.xml:1"),
        (b"<html/>", "no JUnit XML", "j.xml"),
        (b"<testsuite>\n<testcase>\n</testsuite>", "no XML: mismatched tag", "j.xml:3"),
        (BOMB, "DOCTYPE", "j.xml"),
        (BOMB.decode().encode("utf-16"), "DOCTYPE", "j.xml"),
        (b"<testsuite>" * 5000, "nested too deeply", "j.xml"),
        (b'<?xml version="1.0" encoding="no-such"?><testsuite/>', "no XML", "j.xml"),
    ],
)
def test_what_is_no_report(data: bytes, says: str, where: str) -> None:
    with pytest.raises(StoreError) as error:
        read_junit(data, "j.xml")
    assert says in error.value.what
    assert error.value.where == where


@given(st.binary() | st.text().map(lambda text: f"<testsuite><testcase time='{text}'/></testsuite>".encode()))
def test_garbage_is_refused_or_counted(data: bytes) -> None:
    with contextlib.suppress(StoreError):
        assert read_junit(data, "j.xml").duration_s >= 0
