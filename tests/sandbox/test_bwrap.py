"""The command line of bubblewrap says what the design says."""

import pytest

from kaizen_tui.sandbox.bwrap import bwrap_argv
from kaizen_tui.sandbox.host import Host
from kaizen_tui.sandbox.spec import Limits, Spec

HOST = Host((("bin", "usr/bin"),), ("lib64",), ("passwd",), ("resolv.conf",), root=False)
ROOT = Host((), (), (), (), root=True)


def words(host: Host = HOST, *, has_git: bool = True, **more: object) -> list[str]:
    spec = Spec(("python3", "bench.py", "--fast"), "/w/candidate", **more)
    return bwrap_argv(spec, host, program="/usr/bin/bwrap", has_git=has_git)


def has(argv: list[str], *wanted: str) -> bool:
    return any(tuple(argv[at : at + len(wanted)]) == wanted for at in range(len(argv)))


def test_every_namespace_and_no_capability() -> None:
    argv = words()
    assert argv[0] == "/usr/bin/bwrap"
    wanted = {"user", "ipc", "pid", "uts", "cgroup-try", "net"}
    assert {word.removeprefix("--unshare-") for word in argv if word.startswith("--unshare-")} == wanted
    assert {"--die-with-parent", "--new-session", "--clearenv"} <= set(argv)
    assert has(argv, "--cap-drop", "ALL")
    assert argv[-4:] == ["--", "python3", "bench.py", "--fast"]


def test_what_can_be_written_to() -> None:
    argv = words()
    assert [argv[at + 1 : at + 3] for at, word in enumerate(argv) if word == "--bind"] == [["/w/candidate", "/src"]]
    assert has(argv, "--remount-ro", "/")
    assert has(argv, "--remount-ro", "/dev")
    assert has(argv, "--size", str(1 << 30), "--tmpfs", "/tmp")
    assert has(words(limits=Limits(memory=64 << 20, tmp=1 << 20)), "--size", str(1 << 20), "--tmpfs", "/tmp")
    assert has(words(writable=False), "--ro-bind", "/w/candidate", "/src")
    assert "--bind" not in words(writable=False)


def test_git_is_masked_where_there_is_one() -> None:
    mask = ("--ro-bind", "/dev/null", "/src/.git")
    assert has(words(), *mask)
    assert not has(words(has_git=False), *mask)
    assert not has(words(mask_git=False), *mask)


def test_the_system_is_read_only() -> None:
    argv = words()
    assert has(argv, "--ro-bind", "/usr", "/usr")
    assert has(argv, "--symlink", "usr/bin", "/bin")
    assert has(argv, "--ro-bind", "/lib64", "/lib64")
    assert has(argv, "--ro-bind", "/etc/passwd", "/etc/passwd")
    assert "/etc/resolv.conf" not in argv


def test_the_network_only_when_asked_for() -> None:
    argv = words(network="host")
    assert "--unshare-net" not in argv
    assert has(argv, "--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf")


def test_root_owns_no_settings_of_the_system() -> None:
    argv = words(ROOT)
    assert argv.index("--proc") < argv.index("/proc", argv.index("--proc") + 2)
    assert has(argv, "--remount-ro", "/proc")
    assert not has(words(), "--remount-ro", "/proc")


def test_more_that_is_shown() -> None:
    argv = words(read_only=("/opt/python",), sockets="/w/sockets")
    assert has(argv, "--ro-bind", "/opt/python", "/opt/python")
    assert has(argv, "--bind", "/w/sockets", "/run/kaizen")


@pytest.mark.parametrize("value", ["", "--bind", "a b\n", "$(id)"])
def test_the_environment_is_words(value: str) -> None:
    argv = words(environment={"KAIZEN_TICKET_ID": value})
    assert has(argv, "--setenv", "KAIZEN_TICKET_ID", value)
    assert has(argv, "--setenv", "HOME", "/tmp")
