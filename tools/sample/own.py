"""KAIZ-031: a change of this repository, measured by `kaizen evaluate` on two of its commits (docs/evaluate.md)."""

from sample.people import MAINTAINERS
from sample.script import Comment, MeasuredCard, Move, Spec, Story

BOARD_EVALUATES = Story(
    created="11-24 19:16",
    by=MAINTAINERS,
    component="kaizen-tui",
    title="Start evaluations from the board, and start no slower",
    objective="v on the board evaluates a change and shows how far it is; list and first paint stay as fast",
    success=("list_cpu_s <= 1.05 * baseline", "start_cpu_s <= 1.05 * baseline"),
    abort=("list_cpu_s > 1.2 * baseline", "start_cpu_s > 1.2 * baseline"),
    labels=("board",),
    acts=(
        Move("11-24 19:17", MAINTAINERS, "planned"),
        Move("11-24 19:18", MAINTAINERS, "in_progress"),
        Spec("11-24 19:58", MAINTAINERS),
        Move("11-24 19:59", MAINTAINERS, "in_review"),
        Comment(
            "11-24 20:12",
            MAINTAINERS,
            "A first evaluation asked for wall-clock times, on two busy cores (load 8): list_ms 1.24 [1.05, 1.43] and so "
            "a fail, while its processor time was 1.00 [0.99, 1.01]. `kaizen list` runs nothing of this change. Criteria are on "
            "processor time now, and all is measured anew.",
        ),
        MeasuredCard("11-24 20:13", MAINTAINERS),
    ),
)

STORIES = (BOARD_EVALUATES,)
