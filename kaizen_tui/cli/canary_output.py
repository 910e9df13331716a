"""How looks at a canary are shown, and the exit codes that they mean."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_FAILED, EXIT_NO, EXIT_REFUSED, EXIT_UNDECIDED
from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.output import emit, emit_json, warn
from kaizen_tui.core.canary_state import CanaryState
from kaizen_tui.core.commands import to_baseline
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import format_epoch
from kaizen_tui.loop.driver import Report
from kaizen_tui.loop.observing import Seen

_SHARE = "{:.4g} %"


def observed(seen: Seen) -> int:
    """The exit code of a look."""
    return {"promote": EXIT_DONE, "rollback": EXIT_NO}.get(seen.judged.answer, EXIT_UNDECIDED)


def report_exit(report: Report) -> int:
    """The exit code of `kaizen learn`."""
    if report.status == "complete":
        return EXIT_DONE
    rolling = report.state is not None and report.state.ending is not None
    if report.status == "aborted" or rolling:
        return EXIT_NO
    if report.undriven:
        return EXIT_FAILED
    promoted = report.state is not None and report.state.verdict == "promote"
    return EXIT_REFUSED if promoted else EXIT_UNDECIDED


def _standing(one: Seen | Report) -> dict[str, Any]:
    """What a look and a report have in common."""
    state = one.state
    return {
        "id": one.id,
        "status": one.status,
        "share": state.wanted if state is not None else 0.0,
        "step": state.share if state is not None else 0.0,
        "verdict": one.judged.answer,
    }


def _where(one: Seen | Report) -> str:
    """Id, status and share."""
    return f"{one.id} {one.status} {_SHARE.format((one.state.wanted if one.state is not None else 0.0) * 100)}"


def _told(one: Seen | Report) -> None:
    """Says what went wrong, and lets a pipe have it all at once."""
    if one.trouble:
        warn(f"{one.id}: {one.trouble}")
    sys.stdout.flush()


def seen_json(seen: Seen) -> dict[str, Any]:
    """The `Look` object of docs/json.md."""
    return {
        **_standing(seen),
        "why": seen.judged.why,
        "traffic": seen.traffic,
        "paused": seen.state.pause.reason if seen.state is not None and seen.state.pause is not None else None,
        "data_at": None if seen.data_at is None else format_epoch(int(seen.data_at)),
        "slis": [
            {
                "name": one.name,
                "evidence_rollback": one.rollback,
                "evidence_promote": one.promote,
                "ratio": list(one.ratio),
                "looks": one.looks,
                "events": one.events,
                "skipped": one.skipped,
                "dispersion": one.dispersion,
                "block": one.block,
                "history": one.history,
            }
            for one in seen.slis
        ],
        "needed_rollback": seen.needed_rollback,
        "needed_promote": seen.needed_promote,
        "driven_by": seen.driven_by,
        "trouble": seen.trouble,
    }


def _paused(state: CanaryState | None) -> str:
    pause = state.pause if state is not None else None
    return "" if pause is None else f"paused{': ' * bool(pause.reason)}{pause.reason}; "


def _looks(count: int) -> str:
    return "1 look" if count == 1 else f"{count} looks"


def shown_look(call: Call, seen: Seen, *, whole: bool = False) -> None:
    """One look: of --follow a line (with --json an object a line), else all that is known."""
    if call.json:
        emit_json(seen_json(seen)) if whole else _line(seen_json(seen))
        return
    words = f": {seen.judged.why}" if seen.judged.why else ""
    emit(f"{_where(seen)}: {safe(_paused(seen.state) + seen.judged.answer + words)}")
    for one in seen.slis:
        low, high = one.ratio
        between = f"{low:.3g} to {high:.3g}" if low is not None and high is not None else "not known yet"
        promote = "" if one.promote is None else f"; for it {one.promote:.3g} of {seen.needed_promote:g}"
        emit(
            f"  {safe(one.name)}: canary over baseline {between} after {_looks(one.looks)}; evidence against it "
            f"{one.rollback:.3g} of {seen.needed_rollback:g}{promote}" + (f" ({safe(one.skipped)})" * bool(one.skipped))
        )
        if one.history and whole:
            emit(f"    baseline before: {safe(one.history)}")
    if seen.driven_by and whole:
        emit(f"  {safe(seen.driven_by)} drives it")
    _told(seen)


def report_json(report: Report) -> dict[str, Any]:
    """The `Report` object of docs/json.md."""
    return {
        **_standing(report),
        "acts": [
            {"act": one.kind, "share": one.share, "reason": one.reason, **({"cause": one.cause} if one.cause else {})}
            for one in report.acts
        ],
        "trouble": report.trouble,
    }


def shown_report(call: Call, report: Report, *, stream: bool = False, advise: bool = False) -> None:
    """What a look led to. stream: of many; with --json an object a line. advise: nothing of it was done."""
    if call.json:
        _line(report_json(report)) if stream else emit_json(report_json(report))
        return
    at = time.strftime("%H:%M:%S ") if stream else ""
    said = "; ".join(_act(one.kind, one.reason, one.share) for one in report.acts)
    answer = "its canary has ended" if report.ended else report.judged.answer
    advice = "advice: " if advise and any(one.kind != "wait" for one in report.acts) else ""
    emit(f"{at}{_where(report)}: {advice}{safe(said or answer)}")
    if report.status == "complete" and any(one.kind == "complete" for one in report.acts):
        emit(f"  once the baseline's servers run it: `{to_baseline(report.id)}`")
    _told(report)


def _act(kind: str, reason: str, share: float) -> str:
    words = f"set share {_SHARE.format(share * 100)}" if kind == "set_share" else kind.replace("_", " ")
    return f"{words} ({reason})" if reason else words


def _line(value: dict[str, Any]) -> None:
    emit(json.dumps(value, allow_nan=False).replace("\x7f", "\\u007f"))
    sys.stdout.flush()


@contextmanager
def waiting() -> Iterator[Callable[[float], object]]:
    """How to wait between looks; SIGTERM and SIGHUP end it as Ctrl+C does, with their own exit codes."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield time.sleep
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
