"""A finding about a file: where, what, what to do. Light: no imports beyond typing."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One finding of the strict reader or of `kaizen lint`.

    path:    path as shown to the user (relative to the workspace where it is inside).
    line:    1-based line, or 0 for the file as a whole.
    message: what is wrong, in words (may quote hostile text: escape on output).
    hint:    what to do, or "".
    level:   "error" (the file is not loaded) or "warning".
    """

    path: str
    line: int
    message: str
    hint: str = ""
    level: str = "error"

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path
