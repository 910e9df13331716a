"""What all tests share: one kind of environment whoever runs them, hypothesis profiles, programs that must be there."""

import os
import shutil
import signal
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from kaizen_tui.sandbox.protections import look_at_machine

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# Nothing of the person's own settings reaches a test, also not through the processes that a test starts.
for name in [name for name in os.environ if name.startswith("KAIZEN_") and name != "KAIZEN_KILLS"]:
    del os.environ[name]
for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "VISUAL", "EDITOR", "GIT_DIR", "GIT_WORK_TREE"):
    os.environ.pop(name, None)
os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
os.environ["GIT_CONFIG_NOSYSTEM"] = "1"

# A script that starts this in the background has it ignore Ctrl+C, and so would every process that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a test: no deadlines. CI must fail on the change and not on the dice: the same examples.
settings.register_profile("local", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if IN_CI else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI a test that drives real programs has a second try: other people's timing must not turn a good change away.

    A test of our own code alone has one, and so has every test outside of CI and in `make nightly`.
    """
    items[:] = spread(items)
    for item in items if IN_CI else []:
        fixtures = {*getattr(item, "fixturenames", ())}
        programs = item.get_closest_marker("e2e") or fixtures & {"require_program", "sandbox"}
        if programs and not item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files that drive real programs mostly wait. They come evenly among the first three quarters of the others: while
    one waits others compute, and none is left for the end, when the other workers have nothing to do any more."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.location[0], []).append(item)
    kinds: dict[bool, list[str]] = {True: [], False: []}
    for name, tests in files.items():
        kinds[tests[0].get_closest_marker("e2e") is not None].append(name)
    places = {name: 0.75 * nth / len(kinds[True]) for nth, name in enumerate(kinds[True])}
    places |= {name: nth / len(kinds[False]) for nth, name in enumerate(kinds[False])}
    return [item for name in sorted(files, key=places.__getitem__) for item in files[name]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A first try that failed is shown whole, so that somebody mends what made it fail."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"failed at its first try: {report.nodeid}", red=True)
        terminalreporter.write_line(str(report.longrepr))


@pytest.fixture(scope="session")
def require_program() -> Callable[[str], str]:
    """`require_program("tmux")` -> its path. Without it the test is skipped; in CI, which skips nothing, it fails."""

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None and IN_CI:
            pytest.fail(f"`{name}` is needed here and is not installed; .ci/packages should install it")
        if path is None:
            pytest.skip(f"`{name}` is not installed")
        return path

    return require


@pytest.fixture(scope="session")
def sandbox(require_program: Callable[[str], str]) -> None:
    """The sandbox works here. Without it the test is skipped; in CI it fails."""
    require_program("git")
    machine = look_at_machine()
    if not machine.usable and IN_CI:
        pytest.fail(f"{machine.fault}; {machine.remedy}")
    if not machine.usable:
        pytest.skip(machine.fault)
