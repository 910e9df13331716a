"""`kaizen judge`: recorded observations through the canary judge, JSON Lines in and out."""

import gc
import sys
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_FAILED, EXIT_NO, EXIT_UNDECIDED, complain, error_line
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import note, warn
from kaizen_tui.core.errors import StoreError

if TYPE_CHECKING:
    from kaizen_tui.analysis.replay import Remark, Tally

_PORTION = 1 << 19
_MOST_REMARKS = 20


class _Chance(click.FloatRange):
    """A chance above 0 and below 1; NaN, which is in no range and passes for one, is none."""

    name = "chance"

    def __init__(self) -> None:
        super().__init__(1e-12, 1, max_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        chance = super().convert(value, param, ctx)
        if chance != chance:
            self.fail("NaN is no chance", param, ctx)
        return chance


_CHANCE = _Chance()


@command("judge", workspace=False)
@click.option("--input", "source", required=True, metavar="FILE|-", help="Configurations and observations; - is stdin.")
@click.option("--alpha", type=_CHANCE, metavar="P", help="Chance of a false roll-back, whatever the input says.")
@click.option("--beta", type=_CHANCE, metavar="P", help="Chance of a false promotion, whatever the input says.")
def judge(call: Call, source: str, alpha: float | None, beta: float | None) -> int:
    """Replays recorded observations through the canary judge.

    Reads and prints JSON Lines (docs/judge.md), with or without --json. Exit code: 6 when a line could not be taken,
    else 1 when a canary is to be rolled back, else 7 when one isn't decided, else 0.
    """
    from kaizen_tui.analysis.replay import Replay

    # Nothing that is made for an observation makes cycles, and looking for them takes a fifth of the time.
    gc.set_threshold(200_000, 50, 100)
    del call  # JSON Lines is the only form
    replay = Replay(alpha, beta)
    shown = "standard input" if source == "-" else source
    said, refused = 0, 0
    for lines, first in _portions(source, shown):
        verdicts = replay.feed(lines, first)
        if verdicts:
            sys.stdout.write("\n".join(verdicts) + "\n")
            sys.stdout.flush()
        for remark in replay.remarks:
            refused += remark.level == "error"
            said += 1
            if said <= _MOST_REMARKS:
                _say(remark, shown)
        replay.remarks.clear()
    if said > _MOST_REMARKS:
        note(f"kaizen: {said - _MOST_REMARKS} more messages of this kind are left out")
    if refused:
        complain(error_line(f"{refused} line{'' if refused == 1 else 's'} could not be taken", shown))
    return _exit_code(replay.tally, refused)


def _say(remark: "Remark", shown: str) -> None:
    where = f"{shown}:{remark.line}"
    if remark.level == "error":
        complain(error_line(remark.message, where, remark.hint))
    else:
        warn("; ".join(part for part in (remark.message, where, remark.hint) if part))


def _exit_code(tally: "Tally", refused: int) -> int:
    if refused:
        return EXIT_FAILED
    if tally.rollback:
        return EXIT_NO
    return EXIT_UNDECIDED if tally.wait or tally.hold or not tally.promote else EXIT_DONE


def _unreadable(error: OSError | ValueError, shown: str) -> StoreError:
    reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return StoreError(f"cannot read the file: {reason}", where=shown)


def _portions(source: str, shown: str) -> Iterator[tuple[list[bytes], int]]:
    """Whole lines as they come, with the number of the first: what stands in a pipe is judged at once."""
    from kaizen_tui.analysis.replay import LONGEST

    try:
        file: IO[bytes] = sys.stdin.buffer if source == "-" else open(source, "rb")  # noqa: SIM115
    except (OSError, ValueError) as error:  # a ValueError: a NUL in the name
        raise _unreadable(error, source) from error
    rest, first = b"", 1
    try:
        while True:
            try:
                data = file.read1(_PORTION)  # type: ignore[attr-defined]
            except OSError as error:
                raise _unreadable(error, shown) from error
            *lines, rest = (rest + data).split(b"\n") if data else [rest, b""]
            if lines:
                yield lines, first
                first += len(lines)
            if not data:
                return
            rest = rest[: LONGEST + 1]  # the line is refused; what else it has need not be kept
    finally:
        if source != "-":
            file.close()
