"""What can go wrong, for people: what, where, what to do. Light: imported by the start-up path of every command."""


class KaizenError(Exception):
    """An error shown to the user in one line: `what; where; what to do`.

    what:  what happened, one clause, no trailing full stop.
    where: `path:line` or another place, or "".
    hint:  what to do about it, or "".
    The exit code is the one of docs/cli.md for the class.
    """

    exit_code = 6

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return "; ".join(part for part in (self.what, self.where, self.hint) if part)


class UsageError(KaizenError):
    """The words of a command, a filter or a setting are wrong."""

    exit_code = 2


class NotFoundError(KaizenError):
    """No such ticket, component or workspace."""

    exit_code = 3


class ConflictError(KaizenError):
    """The file changed since the caller read it. Nothing was written."""

    exit_code = 5


class StoreError(KaizenError):
    """A file could not be read or written, or an external program failed."""

    exit_code = 6
