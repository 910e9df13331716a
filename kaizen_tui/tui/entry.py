"""`kaizen-tui`: options, then the dashboard. Textual is imported only when there is something to show."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from kaizen_tui.core.errors import KaizenError, NotFoundError, UsageError
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from kaizen_tui.demo.playing import Which
    from kaizen_tui.loop.context import Session
    from kaizen_tui.store.workspace import Workspace
    from kaizen_tui.tui.app import Options

USAGE = """\
Usage: kaizen-tui [OPTIONS]

The board: every ticket of a workspace in its column, and everything that may be done to it.

Options:
  -C, --workspace DIR  The workspace; else $KAIZEN_WORKSPACE, else the nearest directory at or above this one.
  --read-only          Look, but change nothing.
  --no-drive           Leave canaries alone that nobody drives (docs/canary.md).
  --theme NAME         kaizen-dark, kaizen-light, or another theme of Textual; else the one of config.yml.
  --actor NAME         Who acts; else $KAIZEN_ACTOR, git's user.name, the login name.
  --debug              Show the traceback of an error.
  --version            Show the version.
  --help               Show this page.

Without a terminal (docs/export.md):
  --export FILE|-      Write the board to a file, or to standard output, and exit.
  --format FORMAT      json, yaml, csv, md, html, svg or prom; else what FILE ends in; json for -.
  --filter FILTER      Only the tickets that match, such as 'status:canary severity>=high'.
  --size WxH           Columns and lines of the svg picture; else 160x48.

In a browser (docs/serve.md; needs the extra kaizen-tui[serve]):
  --serve [HOST:PORT]  Serve the board, to look at only; else on 127.0.0.1:8000.
  --serve-writable     Let who has the printed address, with its token, change it.

To see it work (docs/demo.md):
  --demo [STORY]       The whole loop, played while you watch: real, with HAProxy and Prometheus on this machine (the
                       default), or simulated, the sample workspace with made-up numbers, which needs nothing. Its
                       workspace is removed at the end; -C names a new folder for one that stays.
  --unattended         Without you and without a terminal: a made-up person gives the last approval.

On the board, ? shows every key and q leaves.
"""
_STORIES: "tuple[Which, ...]" = ("real", "simulated")
_FLAGS = {
    "--read-only": "read_only",
    "--no-drive": "no_drive",
    "--serve-writable": "serve_writable",
    "--unattended": "unattended",
    "--debug": "debug",
    "--version": "version",
    "--help": "help",
    "-h": "help",
}
_VALUES = {"-C": "workspace", "--workspace": "workspace", "--theme": "theme", "--actor": "actor"}
_EXPORT_VALUES = {"--format": "format", "--filter": "filter", "--size": "size"}
_VALUES |= {"--export": "export", **_EXPORT_VALUES}


class Arguments(NamedTuple):
    """The command line. None where nothing was said."""

    workspace: str | None = None
    theme: str | None = None
    actor: str | None = None
    export: str | None = None
    format: str | None = None
    filter: str | None = None
    size: str | None = None
    serve: str | None = None
    demo: str | None = None
    read_only: bool = False
    no_drive: bool = False
    serve_writable: bool = False
    unattended: bool = False
    debug: bool = False
    version: bool = False
    help: bool = False


def parse_arguments(words: Sequence[str]) -> Arguments:
    """Reads the command line. Raises UsageError naming the wrong word and the nearest right one."""
    found: dict[str, str | bool] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word in _FLAGS:
            found[_FLAGS[word]] = True
        elif name == "--serve":
            following = rest[:1] if not equals else []
            found["serve"] = value if equals else "".join(word for word in following if not word.startswith("-"))
            rest = rest[1:] if found["serve"] and not equals else rest
        elif name == "--demo":
            story = value if equals else rest.pop(0) if rest and rest[0] in _STORIES else _STORIES[0]
            if story not in _STORIES:
                raise UsageError(f"--demo plays {' or '.join(_STORIES)}, not {story}", hint="see kaizen-tui --help")
            found["demo"] = story
        elif name in _VALUES and (equals or rest):
            found[_VALUES[name]] = value if equals else rest.pop(0)
        elif word.startswith("-C") and len(word) > 2:
            found["workspace"] = word[2:]
        elif name in _VALUES:
            raise UsageError(f"{name} needs a value", hint="see kaizen-tui --help")
        else:
            raise UsageError(f"unknown argument {word}", hint=_suggestion(name))
    for option, name in _EXPORT_VALUES.items():
        if name in found and "export" not in found:
            raise UsageError(f"{option} goes with --export", hint="see kaizen-tui --help")
    if "serve_writable" in found and ("serve" not in found or "read_only" in found):
        raise UsageError("--serve-writable goes with --serve, and not with --read-only", hint="see kaizen-tui --help")
    if "demo" in found and {"export", "serve", "read_only"} & found.keys():
        raise UsageError("--demo goes without --export, --serve and --read-only", hint="see kaizen-tui --help")
    if "unattended" in found and "demo" not in found:
        raise UsageError("--unattended goes with --demo", hint="see kaizen-tui --help")
    return Arguments(**found)  # type: ignore[arg-type]


def _suggestion(word: str) -> str:
    from kaizen_tui.core.ids import nearest

    near = nearest(word, [*_FLAGS, *_VALUES, "--serve", "--demo"])
    return f"did you mean {near}?" if near else "see kaizen-tui --help"


def main() -> NoReturn:
    """The console script."""
    words = sys.argv[1:]
    if not any(word.startswith("--export") for word in words):
        sys.exit(run(words))
    # Nothing here makes cycles, and nobody waits for 10,000 tickets to be taken apart before the process ends.
    gc.disable()
    code = run(words)
    try:
        sys.stderr.flush()
    finally:
        os._exit(code)


def run(words: Sequence[str]) -> int:
    """Runs the command; returns its exit code (docs/cli.md)."""
    debug = "--debug" in words or os.environ.get("KAIZEN_DEBUG", "0") not in ("", "0")
    try:
        return _run(parse_arguments(words))
    except KaizenError as error:
        if debug:
            raise
        parts = "; ".join(safe(part) for part in (error.what, error.where, error.hint) if part)
        sys.stderr.write(f"kaizen-tui: error: {parts}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _run(arguments: Arguments) -> int:
    if arguments.help:
        sys.stdout.write(USAGE)
        return 0
    if arguments.version:
        from kaizen_tui import __version__

        sys.stdout.write(f"kaizen-tui {__version__}\n")
        return 0
    from kaizen_tui.store.workspace import find_workspace

    if arguments.export is not None:
        return _export(arguments)
    if arguments.serve is not None:
        from kaizen_tui.tui.serving import serve

        root, writable = find_workspace(arguments.workspace, os.environ, _here()).root, arguments.serve_writable
        return serve(root, arguments.serve, writable=writable, theme=arguments.theme, actor=arguments.actor)
    if arguments.demo is not None:
        return _demonstrate(arguments)
    try:
        workspace = find_workspace(arguments.workspace, os.environ, _here())
    except NotFoundError:
        if not _may_offer(arguments):
            raise
        if not _offer_workspace(arguments):
            return NotFoundError.exit_code
        workspace = find_workspace(None, {}, _here())
    _need_terminal()
    return _open(workspace, arguments)


def _open(workspace: "Workspace", arguments: Arguments) -> int:
    # Starting makes hardly any garbage; the app enables collection when its first tickets are shown.
    gc.disable()
    from kaizen_tui.tui.app import run as run_app

    options, open_session = board_options(workspace, arguments)
    drive = not (arguments.read_only or arguments.no_drive or _served())
    return run_app(workspace, options._replace(drive=drive), open_session)


def board_options(
    workspace: "Workspace", arguments: Arguments, actor: str | None = None
) -> "tuple[Options, Callable[[], Session]]":
    """How the board is to be started. actor: who acts, where the command line names nobody.

    Raises UsageError for a theme that there isn't.
    """
    from kaizen_tui.tui.app import Options
    from kaizen_tui.tui.settings import read_settings
    from kaizen_tui.tui.tokens import DEFAULT_THEME, theme_named

    settings = read_settings(workspace)
    theme, problems = settings.theme, list(settings.problems)
    if arguments.theme is not None:
        theme = theme_named(arguments.theme)
    elif theme:
        try:
            theme = theme_named(theme)
        except UsageError as error:
            problems.append(settings.problem(str(error)))
            theme = ""

    def open_session() -> "Session":
        from kaizen_tui.loop.context import open_session

        return open_session(workspace, arguments.actor or actor)

    return Options(arguments.read_only, theme or DEFAULT_THEME, settings.keys, tuple(problems)), open_session


def _demonstrate(arguments: Arguments) -> int:
    from kaizen_tui.demo.playing import Wish, play_unattended

    story: Which = "simulated" if arguments.demo == "simulated" else "real"
    wish = Wish(story, arguments.unattended, arguments.workspace or "")
    if wish.unattended:
        return play_unattended(wish, sys.stdout)
    if not _has_terminal():
        raise UsageError("the board needs a terminal", hint="`kaizen-tui --demo --unattended` plays it without one")
    _need_unicode()
    from kaizen_tui.tui.demonstration import watch

    return watch(wish, lambda workspace, actor: board_options(workspace, arguments, actor or None))


def _export(arguments: Arguments) -> int:
    from kaizen_tui.export.formats import choose_format
    from kaizen_tui.store.workspace import find_workspace
    from kaizen_tui.tui.exporting import PICTURE_SIZE, Wanted, export, picture_size

    target = arguments.export or ""
    if not target:
        raise UsageError("--export needs a file name, or - for standard output", hint="see kaizen-tui --help")
    wanted = Wanted(
        target,
        choose_format(target, arguments.format or ""),
        arguments.filter or "",
        picture_size(arguments.size) if arguments.size is not None else PICTURE_SIZE,
        arguments.actor,
        not arguments.read_only,
        arguments.theme or "",
    )
    return export(find_workspace(arguments.workspace, os.environ, _here()), wanted)


def _may_offer(arguments: Arguments) -> bool:
    """Whether to offer a workspace here: not where one was named, which is a slip of the pen, and not to a script."""
    named = arguments.workspace is not None or os.environ.get("KAIZEN_WORKSPACE")
    return not named and _has_terminal() and not _served()


def _offer_workspace(arguments: Arguments) -> bool:
    from kaizen_tui.tui.first_run import offer_workspace
    from kaizen_tui.tui.tokens import DEFAULT_THEME, theme_named

    theme = theme_named(arguments.theme) if arguments.theme is not None else DEFAULT_THEME
    return offer_workspace(_here(), read_only=arguments.read_only, theme=theme)


def _here() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        from kaizen_tui.core.errors import StoreError

        raise StoreError("the current directory is gone", hint="change to another one, or name one with -C") from error


def _served() -> bool:
    """A browser is the terminal: `--serve` started this process."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def _need_terminal() -> None:
    """The dashboard reads stdin and draws on stderr, as Textual does, so that stdout may be a pipe."""
    if _served():
        return
    if _has_terminal():
        _need_unicode()
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("the board needs a terminal", hint="`kaizen list` prints the tickets without one")
    raise UsageError("this terminal can't draw a board (TERM is dumb or not set)", hint="use `kaizen list`")


def _need_unicode() -> None:
    encoding = sys.stderr.encoding.lower().replace("-", "").replace("_", "")
    if encoding != "utf8":
        raise UsageError(
            f"the board needs UTF-8, and this terminal's encoding is {sys.stderr.encoding}",
            hint="set LC_ALL=C.UTF-8, or use `kaizen list`",
        )


if __name__ == "__main__":
    main()
