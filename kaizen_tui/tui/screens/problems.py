"""What is wrong with the workspace's files, each with its place."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from kaizen_tui.core.problem import Problem
from kaizen_tui.tui.screens.dialog import ReadingDialog
from kaizen_tui.tui.widgets.prose import Prose
from kaizen_tui.tui.words import BAD, MUTED, STRONG, WARN, lines, text

_MOST = 500


class ProblemsScreen(ReadingDialog):
    """Lists problems."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        title = "Files that need a look" if problems else "Every file is in order"
        super().__init__(Content(title), "Esc back   j k scroll   kaizen lint says the same in a shell")
        self._problems = problems

    def body(self) -> Iterable[Widget]:
        yield Prose(lines(problem_lines(self._problems)))


def problem_lines(problems: tuple[Problem, ...]) -> list[Content]:
    """Each problem: where, what, what to do."""
    said: list[Content] = []
    for problem in problems[:_MOST]:
        error = problem.level == "error"
        said.append(
            Content.assemble(text("✖ " if error else "⚠ ", BAD if error else WARN), text(problem.where, STRONG))
        )
        said.append(text(f"  {problem.message}"))
        if problem.hint:
            said.append(text(f"  {problem.hint}", MUTED))
    if len(problems) > _MOST:
        said.append(text(f"… and {len(problems) - _MOST:,} more: kaizen lint", MUTED))
    return said
