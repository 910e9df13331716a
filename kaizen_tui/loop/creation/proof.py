"""Whether the tests that a fix adds fail without it: then, and only then, do they show the fault."""

from typing import Literal, NamedTuple

from kaizen_tui.analysis.junit import read_junit
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.evaluation import Evaluation, SuiteCommand
from kaizen_tui.loop.evaluation.bench import SIDES, Bench, CommandError, Side, how, limits_of, shown
from kaizen_tui.sandbox.inside import read_inside, remove_inside
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine
from kaizen_tui.sandbox.spec import Mode, Network
from kaizen_tui.sandbox.worktree import add_worktree

FIX_LABELS = frozenset({"fix", "bug", "bugfix", "regression"})


class Proof(NamedTuple):
    """state: of the tests that were added. text: in words, one line."""

    state: Literal["no_fix", "no_tests", "fail_on_base", "pass_on_base", "unknown"]
    text: str


NO_FIX = Proof("no_fix", "")
NO_TESTS = Proof("no_tests", "it is a fix, and adds no test that shows the fault")


def is_fix(labels: tuple[str, ...]) -> bool:
    return not FIX_LABELS.isdisjoint(label.casefold() for label in labels)


def prove(
    lease: Lease, machine: Machine, root: str, base: str, with_tests: str, evaluation: Evaluation, mode: Mode,
    network: Network,
) -> Proof:  # fmt: skip
    """Runs the component's tests on the base with the added tests, then, where they fail, without.

    with_tests: the commit that adds nothing but them to `base`. Raises UsageError, StoreError.
    """
    suite = evaluation.tests
    if suite is None:
        return Proof("unknown", "nothing says how tests are run (`evaluation.tests`), so the added ones were not tried")
    commits: dict[Side, str] = {"baseline": base, "candidate": with_tests}
    trees = {side: add_worktree(lease, root, f"proof-{side}", commits[side]) for side in SIDES}
    bench = Bench(lease, machine, trees, mode, network, limits_of(evaluation.sandbox), ())
    try:
        if evaluation.setup is not None:
            for side in SIDES:
                bench.must(side, evaluation.setup, "setup")
        new = _failures(bench, "candidate", suite)
        old = _failures(bench, "baseline", suite) if new else 0
    except (CommandError, StoreError) as error:
        return Proof("unknown", f"the tests could not be tried on the base: {error.what}")
    if new == 0:
        return Proof("pass_on_base", "the tests that it adds pass without the change: they don't show the fault")
    if new <= old:
        return Proof("unknown", "the base's own tests fail, so the added ones show nothing")
    return Proof("fail_on_base", "the tests that it adds fail without the change")


def _failures(bench: Bench, side: Side, suite: SuiteCommand) -> int:
    """How many tests fail; without a report 1 when the command does."""
    tree = bench.trees[side].path
    if suite.junit is not None:
        remove_inside(tree, suite.junit)
    outcome = bench.run(side, suite.command, "tests")
    if outcome.troubles:
        raise StoreError(f"{shown(suite.command)} {how(outcome)}")
    if suite.junit is None:
        return 0 if outcome.ok else 1
    found = read_junit(read_inside(tree, suite.junit), suite.junit)
    return found.failed + found.errors or (0 if outcome.ok else 1)
