"""The options that every command shares, and what a command's function is given of them. Light."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from kaizen_tui.cli.output import Painter, wants_colour, warn

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session
    from kaizen_tui.store.workspace import Workspace

P = ParamSpec("P")


class Call:
    """One run of a command: where, who, and how to print.

    directory: of -C, before or after the subcommand, or None. json, plain: as asked. paint: styles safe text.
    """

    __slots__ = ("_workspace", "actor", "directory", "json", "paint", "plain")

    def __init__(self, directory: str | None, actor: str | None, *, json: bool = False, plain: bool = False) -> None:
        self.directory = directory
        self.actor = actor
        self.json = json
        self.plain = plain
        self.paint = Painter(wants_colour(plain=plain or json))
        self._workspace: Workspace | None = None

    @property
    def workspace(self) -> "Workspace":
        """The workspace; raises NotFoundError, which names `kaizen init`."""
        if self._workspace is None:
            from kaizen_tui.store.workspace import find_workspace

            self._workspace = find_workspace(self.directory, os.environ, working_directory(self.directory))
        return self._workspace

    def session(self) -> "Session":
        """The workspace with the actor and the real clock."""
        from kaizen_tui.loop.context import open_session

        return open_session(self.workspace, self.actor, tell=warn)


def working_directory(named: str | None) -> str:
    """The present directory; StoreError when it was removed, unless an absolute path makes it unimportant.

    named: the workspace as given on the command line, else $KAIZEN_WORKSPACE counts.
    """
    from kaizen_tui.core.errors import StoreError

    try:
        return os.getcwd()
    except OSError as error:
        if os.path.isabs(os.environ.get("KAIZEN_WORKSPACE", "") if named is None else named):
            return os.sep
        raise StoreError("the current directory is gone", hint="change to another one, or name one with -C") from error


def command(
    name: str, *, writes: bool = False, data: bool = True, workspace: bool = True, hidden: bool = False, **settings: Any
) -> Callable[[Callable[Concatenate[Call, P], int]], click.Command]:
    """Declares a subcommand whose function takes a Call first and returns the exit code.

    writes: it takes --actor. data: it prints data, and takes --json and --plain. workspace: it takes -C.
    """

    def decorate(function: Callable[Concatenate[Call, P], int]) -> click.Command:
        def callback(*args: Any, **values: Any) -> int:
            ctx = click.get_current_context()
            values.pop("debug", None)
            own = values.pop("workspace", None)
            call = Call(
                directory_of(ctx) if own is None else own,
                values.pop("actor", None),
                json=values.pop("json", False),
                plain=values.pop("plain", False),
            )
            return function(call, *args, **values)

        declared: list[click.Parameter] = list(reversed(getattr(function, "__click_params__", [])))
        return click.Command(
            name,
            callback=callback,
            params=declared + shared_options(writes, data, workspace),
            help=help_text(function.__doc__),
            hidden=hidden,
            **settings,
        )

    return decorate


def help_text(text: str | None) -> str:
    """A docstring as the help of a command: its margin cut, as `inspect.cleandoc` does."""
    from inspect import cleandoc

    return cleandoc(text or "")


def directory_of(ctx: click.Context) -> str | None:
    """The -C that stands before the subcommand."""
    found = ctx.find_root().params.get("workspace")
    return found if isinstance(found, str) else None


def shared_options(writes: bool, data: bool, workspace: bool) -> list[click.Parameter]:
    """The options at the end of each command's help."""
    options: list[click.Parameter] = []
    if writes:
        options.append(
            click.Option(
                ["--actor"], metavar="NAME", help="Who acts; else $KAIZEN_ACTOR, git's user.name, the login name."
            )
        )
    if data:
        options.append(click.Option(["--json"], is_flag=True, help="Print JSON (docs/json.md)."))
        options.append(click.Option(["--plain"], is_flag=True, help="No colour, no boxes, one record a line."))
    if workspace:
        options.append(click.Option(["-C", "--workspace"], metavar="DIR", help="The workspace."))
    options.append(click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."))
    return options


def is_interactive() -> bool:
    """A person sits at both ends: stdin and stderr are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()
