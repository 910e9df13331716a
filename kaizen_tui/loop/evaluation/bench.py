"""Runs commands of an evaluation in the sandbox, and makes samples of what benchmarks measured."""

import os
import sys
from dataclasses import dataclass, replace
from typing import Literal

from kaizen_tui.analysis import formats
from kaizen_tui.analysis.formats.measurement import Measurement, metric_name
from kaizen_tui.analysis.series import placed
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.evaluation import Benchmark, SandboxLimits
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.scorecard import SandboxRecord
from kaizen_tui.sandbox.host import python_paths
from kaizen_tui.sandbox.inside import read_inside, remove_inside
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine
from kaizen_tui.sandbox.run import run
from kaizen_tui.sandbox.spec import Limits, Mode, Network, Outcome, Output, Spec
from kaizen_tui.sandbox.worktree import Worktree

Side = Literal["baseline", "candidate"]
SIDES: tuple[Side, Side] = ("baseline", "candidate")
_LINES, _CHARACTERS = 20, 4000  # shown of what a failed command printed
_LONGEST = 300  # characters of one of the lines: of bytes that are no text each is shown as four


class CommandError(StoreError):
    """A command of the evaluation failed. side: of which version. printed: the end of its output, hostile."""

    def __init__(self, what: str, side: Side, printed: str, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.side = side
        self.printed = printed


@dataclass(frozen=True)
class Bench:
    """Where commands run: the two worktrees, within which bounds. known: the component's metrics."""

    lease: Lease
    machine: Machine
    trees: dict[Side, Worktree]
    mode: Mode
    network: Network
    limits: Limits
    known: tuple[MetricFields, ...]

    def run(
        self,
        side: Side,
        argv: tuple[str, ...],
        name: str,
        *,
        stdin: bytes = b"",
        read_only: tuple[str, ...] = (),
        output: int | None = None,
    ) -> Outcome:
        """One command, to its end. read_only: paths that it sees besides. output: bytes kept of what it prints.

        Raises UsageError, StoreError.
        """
        limits = self.limits if output is None else replace(self.limits, output=output)
        spec = Spec(
            argv,
            self.trees[side].path,
            name=f"{name}-{side}",
            environment=python_environment(),
            stdin=stdin,
            read_only=(*python_paths(), *read_only),
            network=self.network,
            limits=limits,
            mode=self.mode,
        )
        return run(self.lease, spec, self.machine)

    def must(self, side: Side, argv: tuple[str, ...], name: str) -> Outcome:
        """The same, for what has to go well. Raises CommandError when it doesn't."""
        outcome = self.run(side, argv, name)
        if not outcome.ok:
            raise CommandError(
                f"{shown(argv)} of the {side} {how(outcome)}", side, tail(outcome), "run it there by hand to see why"
            )
        return outcome

    def sample(self, side: Side, benchmark: Benchmark, label: str) -> tuple[Measurement, ...]:
        """One run of a benchmark: what it measured, and its own CPU time and memory. Raises CommandError."""
        tree, output = self.trees[side].path, benchmark.output
        if output is not None:
            remove_inside(tree, output)
        outcome = self.must(side, benchmark.command, "benchmark")
        try:
            data = read_inside(tree, output) if output is not None else _whole(outcome.stdout)
            found = formats.measurements(data, benchmark.format, output or "its output")
            sample = placed((*found, *_of_run(outcome, label)), benchmark.metrics, self.known, output or "its output")
        except StoreError as error:
            what = f"{shown(benchmark.command)} of the {side}: {error.what} ({error.where})"
            raise CommandError(what, side, tail(outcome), error.hint) from error
        return tuple(replace(item, runs=()) for item in sample)

    def record(self, protections: tuple[str, ...]) -> SandboxRecord:
        """For the score-card. protections: those that held in every run."""
        limits = self.limits
        return SandboxRecord(
            kind=self.mode,
            protections=protections,
            memory_bytes=limits.memory,
            pids=limits.pids,
            time_s=limits.time,
            network=self.network,
        )


def limits_of(wanted: SandboxLimits) -> Limits:
    """The sandbox's own limits where the settings give none."""
    usual = Limits()
    return Limits(
        memory=wanted.memory or usual.memory,
        pids=wanted.pids or usual.pids,
        time=wanted.time or usual.time,
        disk=wanted.disk or usual.disk,
    )


def label_of(benchmark: Benchmark, others: int) -> str:
    """What a benchmark is called where it names its own CPU time: its script, or its program. others: before it of the
    same name."""
    words = [word for word in benchmark.command[1:] if _is_script(word)]
    name = os.path.splitext(os.path.basename((words or benchmark.command)[0]))[0]
    return metric_name(name, str(others + 1) if others else "")


def _is_script(word: str) -> bool:
    """A file's name with an ending, and no program text such as that of `sh -c`."""
    return not word.startswith("-") and " " not in word and "." in os.path.basename(word)


def _of_run(outcome: Outcome, label: str) -> tuple[Measurement, ...]:
    """The process' CPU time, compared by default, and the most memory that it had, which can be picked."""
    found = []
    if outcome.cpu is not None and outcome.cpu > 0:
        found.append(Measurement(metric_name(label, "cpu_s"), outcome.cpu, "s", decisive=False))
    if outcome.peak_memory:
        peak = float(outcome.peak_memory)
        found.append(Measurement(metric_name(label, "peak_memory_bytes"), peak, "B", by_default=False))
    return tuple(found)


def python_environment() -> dict[str, str]:
    """The Python that runs this comes first, so that `python` and the tools beside it are found."""
    own = os.path.join(sys.prefix, "bin")
    return {"PATH": f"{own}:/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": ""}


def _whole(output: Output) -> bytes:
    if output.truncated:
        raise StoreError(f"more than {output.size >> 20} MiB were printed", where="its output", hint="print less")
    return output.read()


def shown(argv: tuple[str, ...]) -> str:
    """A command for a message, bounded."""
    text = " ".join(argv)
    return f"`{text}`" if len(text) <= 80 else f"`{text[:79]}…`"


def how(outcome: Outcome) -> str:
    """ "ended with exit code 1", "took longer than 600 s and was ended"."""
    return "; ".join(outcome.troubles) if outcome.troubles else f"ended with exit code {outcome.exit_code}"


def tail(outcome: Outcome) -> str:
    """The end of what it said: of stderr, else of stdout; at most twenty lines, long ones cut."""
    for output in (outcome.stderr, outcome.stdout):
        text = output.read()[-_CHARACTERS:].decode("utf-8", "replace").strip()
        if text:
            lines = text.splitlines()[-_LINES:]
            return "\n".join(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines)
    return ""
