"""What `kaizen doctor` finds."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing about the workspace that is not as it should be.

    code:    which kind; the same for the same kind for ever.
    level:   "error" (something cannot be read or written, or is wrong) or "warning".
    message: what, in words (may quote hostile text: escape on output).
    where:   path relative to the workspace, with the line where there is one; or "".
    fix:     what `doctor.fix` does about it, or, when it is not fixable, what a person can do.
    fixable: `doctor.fix` mends it.
    subject: what it is about: a ticket's id, or the path of a folder; or "".
    renumber: the id that `renumber` should give a new number to, or "".
    """

    code: str
    level: str
    message: str
    where: str
    fix: str
    fixable: bool = False
    subject: str = ""
    renumber: str = ""
