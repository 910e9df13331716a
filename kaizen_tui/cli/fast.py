"""`kaizen list` without click: click's import alone costs as much as listing 10,000 tickets.

Whatever isn't a plain `list` with options known to listing.py is left to click, and so is every error: there is one
place that words them.
"""

import os
import sys

from kaizen_tui.cli.listing import FILTER_OPTIONS, JSON_FLAG, PLAIN_FLAG, WORKSPACE_FLAGS, Request, list_tickets

TYPE_CHECKING = False  # importing typing costs a list 3 ms; mypy takes the name for what it says
if TYPE_CHECKING:
    from collections.abc import Sequence

    from kaizen_tui.store.workspace import Workspace

_O_PATH = getattr(os, "O_PATH", os.O_RDONLY)
_TAKES_VALUE = {flag: name for name, (flags, _, _) in FILTER_OPTIONS.items() for flag in flags}


def parse(argv: "Sequence[str]") -> tuple[str | None, Request] | None:
    """The directory of -C (or None) and the request in a command line; None for anything that click should look at."""
    directory: str | None = None
    options: dict[str, list[str]] = {name: [] for name in FILTER_OPTIONS}
    words: list[str] = []
    seen_list = False
    forms = dict.fromkeys((JSON_FLAG, PLAIN_FLAG), False)
    rest = iter(argv)
    for word in rest:
        flag, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-"):
            if seen_list:
                words.append(word)
            elif word != "list":
                return None
            seen_list = True
        elif flag in WORKSPACE_FLAGS or (seen_list and flag in _TAKES_VALUE):
            value = value if equals else next(rest, "-")
            if value.startswith("-"):
                return None
            if flag in WORKSPACE_FLAGS:
                directory = value
            else:
                options[_TAKES_VALUE[flag]].append(value)
        elif seen_list and word in forms:
            forms[word] = True
        else:
            return None
    return (directory, Request(words, options, json=forms[JSON_FLAG], plain=forms[PLAIN_FLAG])) if seen_list else None


def run(argv: "Sequence[str]", now: int) -> int | None:
    """Runs a plain `kaizen list`; returns its exit code, or None when click has to do it, with nothing printed yet.

    now: seconds since the epoch.
    """
    parsed = parse(argv) if "_KAIZEN_COMPLETE" not in os.environ else None
    if parsed is None:
        return None
    directory, request = parsed
    from kaizen_tui.core.errors import KaizenError
    from kaizen_tui.store.workspace import find_workspace

    try:
        ws = find_workspace(directory, os.environ, os.getcwd())
        here = os.open(".", _O_PATH)
    except (KaizenError, OSError):
        return None
    try:
        return _list(ws, request, now)
    finally:
        os.fchdir(here)
        os.close(here)


def _list(ws: "Workspace", request: Request, now: int) -> int | None:
    from kaizen_tui.core.errors import KaizenError

    try:
        os.chdir(ws.tickets)  # 10,000 short paths are found 4 ms sooner than 10,000 long ones
    except OSError:  # no tickets yet, or worse
        return None
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        code = list_tickets(ws, request, now=now, me=lambda: _me(ws.root), at="")
        sys.stdout.flush()
    except KaizenError:
        return None
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - as click's way does: nobody is shown a traceback
        return _explained(error)
    return code


def _explained(error: BaseException) -> int:
    """What the commands of click say and return for an error; a reader of a pipe that has seen enough is none."""
    from kaizen_tui.cli.errors import guarded, let_go, wants_debug

    def again() -> int:
        raise error

    let_go(sys.stdout)  # it may be what failed, and what it still holds can't be written
    return guarded(again, debug=wants_debug(sys.argv))


def _me(root: str) -> str:
    from kaizen_tui.loop.context import resolve_actor

    return resolve_actor(None, os.environ, root)
