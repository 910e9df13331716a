"""Who acts, where and when: what every act of the loop is given. Light."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.text import safe
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from datetime import datetime

    from kaizen_tui.core.log_view import LogEntry
    from kaizen_tui.loop.meter import Meter

MAX_ACTOR = 200  # characters; "Ada Lovelace <ada@example.org>" is 30


def _unheard(_wrote: "Wrote") -> None:
    """Nobody listens."""


class Wrote(NamedTuple):
    """One act on a ticket as written: what taking it back needs to know.

    before, after: the ticket's bytes. entries: what was added to the log, in its order.
    """

    ticket_id: str
    before: bytes
    after: bytes
    entries: "tuple[LogEntry, ...]"


class Session(NamedTuple):
    """One person (or program) at work in one workspace.

    actor: as it goes into the log, one printable line: see `resolve_actor`.
    now:   the present, an aware datetime in UTC. token: a fresh random text of hexadecimal digits.
    tell:  takes what the person should know though all went well: what a crash had left and was mended.
    wrote: hears of each act on an existing ticket once it is on disk.
    meter: what is known of metrics, for a moment; without one they are asked anew for each gate.
    """

    workspace: Workspace
    actor: str
    now: "Callable[[], datetime]"
    token: Callable[[], str]
    tell: Callable[[str], object] = str
    wrote: Callable[[Wrote], object] = _unheard
    meter: "Meter | None" = None

    def stamp(self) -> str:
        """The present as RFC 3339, UTC, whole seconds."""
        from kaizen_tui.core.times import format_rfc3339

        return format_rfc3339(self.now())


def utc_now() -> "datetime":
    """The clock of the programs; tests pass their own."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


def random_token() -> str:
    """16 hexadecimal digits from the system's random source."""
    return os.urandom(8).hex()


def open_session(
    workspace: Workspace,
    actor: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    tell: Callable[[str], object] = str,
) -> Session:
    """A session on the real clock. actor: as given on the command line, or None to find it. Raises UsageError."""
    found = resolve_actor(actor, os.environ if env is None else env, workspace.root)
    from kaizen_tui.loop.meter import Meter

    return Session(workspace, found, utc_now, random_token, tell, meter=Meter())


def quiet_session(workspace: Workspace) -> Session:
    """A session of nobody, for what only reads: no one is asked who they are."""
    return Session(workspace, "", utc_now, random_token)


def resolve_actor(explicit: str | None, env: Mapping[str, str], cwd: str) -> str:
    """Who acts: `explicit`, else `$KAIZEN_ACTOR`, else git's `user.name <user.email>`, else the login name.

    Raises UsageError for an empty name, one with control or invisible characters, what is no name, one of more than
    MAX_ACTOR.
    """
    if explicit is not None:
        return check_actor(explicit, "--actor")
    named = env.get("KAIZEN_ACTOR")
    if named:
        return check_actor(named, "$KAIZEN_ACTOR")
    from kaizen_tui.store.git import identity

    found = identity(cwd)
    if found:
        return check_actor(found, "git's user.name and user.email")
    return check_actor(_login(env), "the login name")


def check_actor(text: str, source: str) -> str:
    """`text` without blanks at its ends, if it can stand in the log as a name. source: for the message."""
    actor = text.strip()
    if not actor:
        raise UsageError(f"the actor is empty ({source})", hint='give a name: --actor "Ada <ada@example.org>"')
    if safe(actor) != actor:
        raise UsageError(
            f"the actor `{actor}` has control or invisible characters ({source})",
            hint='give a plain name: --actor "Ada <ada@example.org>"',
        )
    if not _names_somebody(actor):
        raise UsageError(f"the actor `{actor}` is no name ({source})", hint='give one: --actor "Ada <ada@example.org>"')
    if len(actor) > MAX_ACTOR:
        raise UsageError(f"the actor has {len(actor)} characters ({source})", hint=f"{MAX_ACTOR} at most")
    return actor


def _names_somebody(actor: str) -> bool:
    """A letter or digit at least, and brackets only around an address at the end: git takes others out of a name, and
    the author of a commit would be another person."""
    name, bracket, address = actor.partition("<")
    closed = address.endswith(">") and address.count(">") == 1 and "<" not in address
    return any(map(str.isalnum, actor)) and ">" not in name and (not bracket or closed)


def _login(env: Mapping[str, str]) -> str:
    """The name the person logged in with, as `getpass.getuser`, without importing it."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if env.get(name):
            return env[name]
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise StoreError("the system knows no name for this user", hint="give one with --actor") from error
