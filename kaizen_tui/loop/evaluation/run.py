"""An evaluation from its two commits to the score-card in the ticket."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kaizen_tui import __version__
from kaizen_tui.analysis.junit import read_junit
from kaizen_tui.analysis.scoring import Evidence, Setting, score
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.evaluation import Evaluation, SuiteCommand
from kaizen_tui.core.scorecard import Commits, TestResults
from kaizen_tui.loop.cards import Saved, Subject, save, subject_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.evaluation.bench import SIDES, Bench, CommandError, Side, how, limits_of, shown, tail
from kaizen_tui.loop.evaluation.kept import Kept, key_of, only_one
from kaizen_tui.loop.evaluation.meter import Meter
from kaizen_tui.loop.evaluation.pairs import Measured, Measuring, Plan, plan_of
from kaizen_tui.loop.evaluation.progress import Listener, Silence, Step
from kaizen_tui.loop.evaluation.replaying import Replayed, Replaying
from kaizen_tui.loop.machine import this_machine
from kaizen_tui.loop.models import load_config
from kaizen_tui.loop.score import fresh_seed
from kaizen_tui.sandbox.inside import read_inside, remove_inside
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.sandbox.spec import Mode, Network
from kaizen_tui.sandbox.worktree import add_worktree
from kaizen_tui.store import git
from kaizen_tui.store.trust import need_trust


class Wish(NamedTuple):
    """pairs: of every benchmark, None for what each says. fresh: pairs that an interrupted run left don't count."""

    pairs: int | None = None
    fresh: bool = False


_AS_SET = Wish()


def evaluate(
    session: Session,
    ticket_id: str,
    commits: Commits,
    wish: Wish = _AS_SET,
    listener: Listener | None = None,
    *,
    env: Mapping[str, str] = os.environ,
    seed: Callable[[], int] = fresh_seed,
) -> Saved:
    """Tests the candidate, measures it against the baseline, writes the score-card.

    env: for the trust in config.yml. seed: of the order and the statistics, unless an interrupted run left one.
    Raises NotFoundError, RefusedError, UsageError, ConflictError, UntrustedError, StoreError; CommandError when a
    command fails that has to go well.
    """
    subject = subject_of(session, ticket_id)
    _refuse_empty(session, subject)
    mode, network = modes_of(session, subject.evaluation, env)
    machine = look_at_machine()
    if mode == "bubblewrap" and not machine.usable:
        raise UsageError(f"no sandbox: {machine.fault}", hint=machine.remedy)
    with only_one(session.workspace):
        key = _key(subject, commits, mode, network)
        kept = Kept(session.workspace, ticket_id, key, seed(), fresh=wish.fresh)
        with Lease(f"{session.workspace.state}/sandbox") as lease:
            work = _Work(session, subject, commits, kept, listener or Silence())
            saved = work.through(lease, machine, mode, network, wish.pairs)
        kept.forget()
    return saved


def _refuse_empty(session: Session, subject: Subject) -> None:
    evaluation = subject.evaluation
    if evaluation.tests is None and not evaluation.benchmarks and evaluation.replay is None:
        where = session.workspace.relative(session.workspace.ticket_path(subject.promise.ticket))
        raise UsageError(
            "nothing says how this change is tested or measured: its component has no `evaluation:`",
            where=where,
            hint="write one (docs/evaluate.md), or score results that you have: `kaizen score`",
        )


def modes_of(session: Session, evaluation: Evaluation, env: Mapping[str, str]) -> tuple[Mode, Network]:
    """What runs are contained in. Whatever weakens it stands in config.yml, and a person trusted that file here."""
    config = load_config(session.workspace).sandbox
    if config.mode != "bubblewrap":
        need_trust(session.workspace, env, f"an evaluation without the sandbox (`sandbox.mode: {config.mode}`)")
    if evaluation.sandbox.network == "host":
        if config.network != "host":
            raise UsageError(
                "`evaluation.sandbox.network: host` asks for the network, and config.yml doesn't allow it",
                hint="allow it there: `sandbox: {network: host}`, then `kaizen trust`",
            )
        need_trust(session.workspace, env, "an evaluation with the network (`sandbox.network: host`)")
    return config.mode, evaluation.sandbox.network


def _key(subject: Subject, commits: Commits, mode: Mode, network: Network) -> str:
    """Pairs belong together when they were measured of the same commits, by the same settings, on the same machine."""
    settings = subject.evaluation.model_dump(mode="json")
    for benchmark in settings["benchmarks"]:
        del benchmark["pairs"]  # more of the same
    if settings["replay"] is not None:
        del settings["replay"]["pairs"], settings["replay"]["expect"]
    del settings["tolerance"]
    return key_of(
        {
            "commits": commits.model_dump(),
            "settings": settings,
            "metrics": [tuple(metric) for metric in subject.promise.metrics],
            "machine": this_machine().model_dump(),
            "sandbox": [mode, network],
            "kaizen": __version__,
        }
    )


class _Work:
    """The evaluation, step by step."""

    def __init__(self, session: Session, subject: Subject, commits: Commits, kept: Kept, listener: Listener) -> None:
        self._session, self._promise, self._evaluation = session, subject.promise, subject.evaluation
        self._commits, self._kept, self._listener = commits, kept, listener
        self._failures: list[str] = []

    def through(self, lease: Lease, machine: Machine, mode: Mode, network: Network, pairs: int | None) -> Saved:
        plan = plan_of(self._evaluation.benchmarks, self._evaluation.replay, pairs)
        if self._kept.resumed:
            self._listener.step(Step(f"going on: {self._kept.pairs} finished pairs were kept"))
        self._listener.step(Step("worktrees of both commits"))
        commits: dict[Side, str] = {"baseline": self._commits.baseline, "candidate": self._commits.candidate}
        root = self._session.workspace.root
        trees = {side: add_worktree(lease, root, side, commits[side]) for side in SIDES}
        limits = limits_of(self._evaluation.sandbox)
        bench = Bench(lease, machine, trees, mode, network, limits, self._promise.metrics)
        replaying = self._replaying(bench, plan)
        tests, measured, replayed = None, Measured((), (), ()), Replayed()
        if self._set_up(bench):
            tests = self._tests(bench)
            measured = Measuring(bench, plan, self._kept, self._listener).measure()
            if replaying is not None:
                replayed = replaying.replay(measured.series)
                self._kept.put_report(replayed.report)
        self._listener.step(Step("statistics"))
        failures = (*self._failures, *measured.failures)
        evidence = Evidence(
            (*measured.series, *replayed.series),
            tests,
            (*failures, *replayed.failures),
            (*measured.doubts, *replayed.doubts),
            (*self._notes(), *replayed.notes),
        )
        protections = machine.protections if mode == "bubblewrap" else ()
        if network == "host":
            protections = tuple(one for one in protections if one != "no network")
        record = bench.record(protections)
        setting = Setting(self._session.stamp(), self._commits, this_machine(), record, self._kept.seed)
        return save(self._session, score(self._promise, evidence, setting))

    def _notes(self) -> tuple[str, ...]:
        """Whether the change touches what measures it: then the two numbers may not be of the same thing."""
        words = [word for benchmark in self._evaluation.benchmarks for word in benchmark.command]
        paths = [word for word in dict.fromkeys(words) if _is_path(word)]
        root, commits = self._session.workspace.root, self._commits
        changed = git.changed_paths(root, commits.baseline, commits.candidate, paths)
        if not changed:
            return ()
        return (f"the change touches what measures it: {', '.join(changed)}; look whether both measure the same",)

    def _set_up(self, bench: Bench) -> bool:
        """False when the candidate can't be set up, where the baseline could: then there is nothing to test."""
        command = self._evaluation.setup
        if command is None:
            return True
        for side in SIDES:
            self._listener.step(Step(f"setup of the {side}"))
            try:
                bench.must(side, command, "setup")
            except CommandError as error:
                if side == "baseline":
                    raise
                self._fail(error.what, error.printed)
                return False
        return True

    def _replaying(self, bench: Bench, plan: Plan) -> Replaying | None:
        """Before anything else is run: what is wrong with the recording is said at once."""
        self._kept.put_report(None)
        if self._evaluation.replay is None:
            return None
        meter = Meter(len(plan.benchmarks), plan.pairs, self._kept, self._listener)
        shown_path = self._session.workspace.relative(self._kept.report_path)
        return Replaying(bench, self._evaluation.replay, self._kept, meter, shown_path)

    def _fail(self, what: str, printed: str) -> None:
        self._listener.output(what, printed)
        self._failures.append(what)

    def _tests(self, bench: Bench) -> TestResults | None:
        suite = self._evaluation.tests
        if suite is None:
            return None
        if self._kept.tests is None:
            self._listener.step(Step("tests of the candidate"))
            found = self._run_tests(bench, suite)
            if not self._failures:  # else their reasons would be lost with the next run
                self._kept.add_tests(found)
            return found
        return self._kept.tests

    def _run_tests(self, bench: Bench, suite: SuiteCommand) -> TestResults:
        """Without a report the exit code counts as one test."""
        tree = bench.trees["candidate"].path
        if suite.junit is not None:
            remove_inside(tree, suite.junit)
        outcome = bench.run("candidate", suite.command, "tests")
        said = f"{shown(suite.command)} {how(outcome)}"
        if suite.junit is None:
            if not outcome.ok:
                self._listener.output(said, tail(outcome))
            passed = 1 if outcome.ok else 0
            return TestResults(passed=passed, failed=1 - passed, errors=0, skipped=0, duration_s=round(outcome.wall, 3))
        try:
            found = read_junit(read_inside(tree, suite.junit), suite.junit)
        except StoreError as error:
            self._fail(f"{said}: {error.what} ({error.where})", tail(outcome))
            return TestResults(passed=0, failed=0, errors=1, skipped=0, duration_s=round(outcome.wall, 3))
        if not outcome.ok and not found.failed and not found.errors:
            self._fail(f"{said}, though its report names no failed test", tail(outcome))
        elif not outcome.ok:
            self._listener.output(said, tail(outcome))
        return found


def _is_path(word: str) -> bool:
    """Whether a word of a command can name something in the checkout."""
    return bool(word) and not word.startswith(("-", "/")) and ".." not in word.split("/")
