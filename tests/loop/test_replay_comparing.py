"""What a replay makes of both versions' answers."""

import pytest

from kaizen_tui.loop.evaluation.comparing import Comparison
from kaizen_tui.traffic.answers import Answer
from kaizen_tui.traffic.player import Played
from kaizen_tui.traffic.recording import Request

REQUESTS = tuple(Request(0.0, "GET", f"/items/{nth}", (), b"", 200) for nth in range(2))


def played(*statuses: int) -> Played:
    answers = tuple(Answer(status, "text/plain", "", b"x", "", 0.01) for status in statuses)
    return Played(answers, 1.0, (0.0,) * len(answers), 0.1)


@pytest.mark.parametrize(
    ("second", "expect", "doubted"),
    [(503, [], True), (200, [], False), (503, ["GET /items/*"], False), (503, ["GET /items/* status"], False)],
)
def test_where_the_baselines_status_changes_the_candidates_says_nothing(
    second: int, expect: list[str], doubted: bool
) -> None:
    comparison = Comparison(REQUESTS)
    for status in (200, second):
        comparison.add("baseline", (played(200, 200), played(200, status)))
        comparison.add("candidate", (played(200, 200), played(200, 200)))
    result = comparison.result(expect, "report.json")
    assert result.failures == ()
    said = "the baseline itself answers GET /items/* with now one status, now another"
    assert result.doubts == ((said,) if doubted else ())
