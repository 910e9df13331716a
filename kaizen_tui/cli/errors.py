"""How a command ends: one line for an error, and the exit code of docs/cli.md. Light: no click, no pydantic."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from typing import TextIO

    import click

EXIT_DONE = 0
EXIT_NO = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_REFUSED = 4
EXIT_CONFLICT = 5
EXIT_FAILED = 6
EXIT_UNDECIDED = 7
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141

# Every file's fault comes in words (store.files). What arrives here without a file's name was met by what is printed.
_OF_A_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

BUG_HINT = "this is a bug in kaizen; KAIZEN_DEBUG=1 shows where"


def error_line(what: str, where: str = "", hint: str = "") -> str:
    """`kaizen: error: what; where; what to do`, safe for a terminal."""
    return "kaizen: error: " + "; ".join(safe(part) for part in (what, where, hint) if part)


def complain(line: str) -> None:
    """Writes one line to stderr; a stderr that is gone is no reason to fail twice."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def wants_debug(argv: Sequence[str]) -> bool:
    """True when a traceback is asked for. The environment's `0` and the empty text mean no."""
    return "--debug" in argv or os.environ.get("KAIZEN_DEBUG", "0") not in ("", "0")


def let_go(stream: "TextIO") -> None:
    """Points a stream at nothing, so that the interpreter's last flush doesn't complain about a closed pipe."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError, AttributeError):  # a replaced stream (tests) has no descriptor
        return


def guarded(body: Callable[[], int], *, debug: bool = False) -> int:
    """Runs `body` and turns whatever it raises into a line on stderr and an exit code.

    With `debug` the traceback is printed before the line.
    """
    try:
        code = body()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        let_go(sys.stdout)
        return EXIT_PIPE_CLOSED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a traceback unasked
        if debug:
            import traceback

            traceback.print_exc()
        return explain(error)
    finally:
        _end_messages()


def _end_messages() -> None:
    """A message that nobody reads decides no exit code: the last flush of Python 3.13 meets it again, with 120."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        let_go(sys.stderr)


def explain(error: Exception) -> int:
    """Prints the line (or lines) for `error`; returns its exit code."""
    if isinstance(error, KaizenError):
        problems = getattr(error, "problems", ())
        if problems:
            for problem in problems:
                complain(error_line(problem.message, problem.where, problem.hint))
        else:
            complain(error_line(error.what, error.where, error.hint))
        return error.exit_code
    if isinstance(error, MemoryError):
        complain(error_line("out of memory"))
        return EXIT_FAILED
    if isinstance(error, RecursionError):
        complain(error_line("the data is nested too deeply", hint=BUG_HINT))
        return EXIT_FAILED
    if isinstance(error, OSError) and error.errno in _OF_A_DISK and error.filename is None:
        from kaizen_tui.store.files import of_output

        return explain(of_output(error))
    if isinstance(error, OSError):
        complain(error_line(error.strerror or str(error), str(error.filename or "")))
        return EXIT_FAILED
    code = explain_click(error)
    if code is not None:
        return code
    complain(error_line(f"{type(error).__name__}: {error}", hint=BUG_HINT))
    return EXIT_FAILED


def explain_click(error: Exception) -> int | None:
    """The same for click's own exceptions; None when `error` isn't one."""
    if "click" not in sys.modules:
        return None
    import click

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        return EXIT_INTERRUPTED
    if isinstance(error, click.UsageError):
        complain(error_line(*usage_parts(error)))
        return EXIT_USAGE
    if isinstance(error, click.ClickException):
        complain(error_line(error.format_message()))
        return error.exit_code
    return None


def usage_parts(error: "click.UsageError") -> tuple[str, str, str]:
    """What, where, hint of a wrong command line, with the nearest option or command as the hint."""
    import click

    from kaizen_tui.core.ids import nearest

    ctx = error.ctx
    path = ctx.command_path if ctx is not None else "kaizen"
    hint = f"see `{path} --help`"
    what = error.format_message()
    if isinstance(error, click.NoSuchOption):
        what = f"no such option `{error.option_name}`"
        known = [opt for param in ctx.command.get_params(ctx) for opt in param.opts] if ctx is not None else []
        near = nearest(error.option_name, known)
        if near:
            hint = f"did you mean `{near}`? {hint}"
    elif isinstance(error, click.MissingParameter):
        what = missing_text(error)
    elif isinstance(error, click.BadParameter) and error.param is not None:
        what = f"{parameter_name(error.param)}: {error.message}"
    what = what.rstrip(". ")
    return what if what[:2].isupper() else what[:1].lower() + what[1:], "", hint  # `ID`, a name, stays


def parameter_name(param: "click.Parameter") -> str:
    """`--status` for an option, `ID` for an argument."""
    if param.param_type_name == "option":
        return max(param.opts, key=len)
    return (param.metavar or (param.name or "argument").upper()).strip("[]")


def missing_text(error: "click.MissingParameter") -> str:
    """What is missing, in the words of the help."""
    param = error.param
    if param is None:
        return error.format_message()
    return f"missing {param.param_type_name} {parameter_name(param)}"
