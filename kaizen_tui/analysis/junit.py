"""JUnit's XML, as every test runner writes it: the cases are counted, what a file's own totals say is not believed."""

import math
from xml.parsers import expat

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.scorecard import TestResults

MAX_BYTES = 64 << 20
_DEEPEST = 50
_HINT = "write JUnit XML there, as `pytest --junitxml=FILE` does"


def read_junit(data: bytes, source: str) -> TestResults:
    """The counts of all cases in the report. source: what to call it in errors. Raises StoreError."""
    if len(data) > MAX_BYTES:
        raise StoreError(f"a test report of more than {MAX_BYTES >> 20} MiB", where=source, hint=_HINT)
    _refuse_hostile(data, source)
    try:
        report = JUnitXml.fromstring(data)
        suites = [report] if isinstance(report, TestSuite) else list(report)
        return _counted([case for suite in suites for case in suite])  # a suite gives those of its inner suites too
    except (JUnitXmlError, ValueError, TypeError, AttributeError) as error:
        raise StoreError(f"no JUnit XML: {error}", where=source, hint=_HINT) from None


def together(results: list[TestResults]) -> TestResults:
    """The counts of several reports."""
    return TestResults(
        passed=sum(one.passed for one in results),
        failed=sum(one.failed for one in results),
        errors=sum(one.errors for one in results),
        skipped=sum(one.skipped for one in results),
        duration_s=sum(one.duration_s for one in results),
    )


def _refuse_hostile(data: bytes, source: str) -> None:
    """No entities, no depth that a recursive reader would break on; broken XML is said with its line."""
    parser, depth = expat.ParserCreate(), 0

    def doctype(*_: object) -> None:
        raise StoreError("a test report with a DOCTYPE", where=source, hint=_HINT)

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise StoreError("a test report that is nested too deeply", where=source, hint=_HINT)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = doctype, start, end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        what = f"no XML: {expat.ErrorString(error.code)}"
        raise StoreError(what, where=f"{source}:{error.lineno}", hint=_HINT) from None
    except (ValueError, LookupError) as error:  # an encoding that the parser doesn't know
        raise StoreError(f"no XML: {error}", where=source, hint=_HINT) from None


def _counted(cases: list[TestCase]) -> TestResults:
    errors = failed = skipped = 0
    seconds = 0.0
    for case in cases:
        results = case.result
        if any(isinstance(one, Error) for one in results):
            errors += 1
        elif any(isinstance(one, Failure) for one in results):
            failed += 1
        elif any(isinstance(one, Skipped) for one in results):
            skipped += 1
        seconds += _seconds(case)
    passed = len(cases) - errors - failed - skipped
    return TestResults(passed=passed, failed=failed, errors=errors, skipped=skipped, duration_s=round(seconds, 6))


def _seconds(case: TestCase) -> float:
    """What the case says it took; 0 where that is no time."""
    try:
        time = float(case.time or 0.0)
    except ValueError:
        return 0.0
    return time if math.isfinite(time) and time > 0 else 0.0
