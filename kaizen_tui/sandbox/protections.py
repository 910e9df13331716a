"""Which protections hold on this machine: found out by trying, in some 50 ms."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox import cgroup
from kaizen_tui.sandbox.bwrap import OLDEST, bwrap_argv
from kaizen_tui.sandbox.host import Host, look_at_host
from kaizen_tui.sandbox.spec import Spec

_SECONDS = 20.0  # for bubblewrap to start


@dataclass(frozen=True, slots=True)
class Machine:
    """What runs here have to contain them.

    bwrap: the program's path, "" where there is none. fault: why the sandbox doesn't work here, in words, or "";
    remedy: what to do about it. places: where control groups can be made; without_group: why one can't, in words.
    """

    host: Host
    bwrap: str
    fault: str
    remedy: str
    places: cgroup.Places
    without_group: str = ""

    @property
    def usable(self) -> bool:
        """Runs in the sandbox are possible."""
        return not self.fault

    @property
    def protections(self) -> tuple[str, ...]:
        """Those of a sandboxed run without network, in words."""
        if self.fault:
            return ()
        return (*ISOLATION, "no network", *bounds(self, Spec(argv=("true",), worktree="/")))

    @property
    def missing(self) -> tuple[str, ...]:
        """Which bounds are weaker here than they could be, in words."""
        has, root = self.places.has, self.host.root
        said = []
        if not has("memory"):
            said.append("memory of many processes together is only checked 20 times a second")
        if not has("pids") and not root:
            said.append("the number of processes counts your other processes as well (RLIMIT_NPROC)")
        if not has("cpuacct"):
            said.append("processor time leaves out what still ran when the command ended")
        return tuple(said)


ISOLATION = (
    "own files",
    "own processes",
    "no capabilities",
    "clean environment",
)


def bounds(machine: Machine, spec: Spec) -> tuple[str, ...]:
    """Which limits a run has, in words, whatever its mode."""
    has = machine.places.has
    found = ["memory cgroup" if has("memory") else "memory rlimit and watch"]
    if has("pids"):
        found.append("pids cgroup")
    elif not machine.host.root:
        found.append("process rlimit")
    return (*found, "disk watch", "time limit")


def look_at_machine() -> Machine:
    """The machine as it is. Starts bubblewrap once and makes and removes a control group."""
    host, program = look_at_host(), shutil.which("bwrap") or ""
    places, without = _try_group(cgroup.find_places())
    fault, remedy = _try_bwrap(program, host)
    if not fault and host.root and not places.has("pids"):
        fault = "as root only a pids cgroup bounds the number of processes, and none can be made here"
        remedy = "run kaizen as an ordinary user, or where /sys/fs/cgroup can be written to"
    return Machine(host, program, fault, remedy, places, without)


def _try_group(places: cgroup.Places) -> tuple[cgroup.Places, str]:
    if not places.folders:
        return places, "no control group here can be written to"
    group = cgroup.Group(places, f"probe-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        group.make(memory=1 << 26, pids=8)
        group.remove()
    except StoreError as error:
        return cgroup.Places(), error.what
    return places, ""


def _try_bwrap(program: str, host: Host) -> tuple[str, str]:
    """(why not, what to do), both "" when it works."""
    if sys.platform != "linux":
        return "the sandbox needs Linux", "evaluate on a Linux machine, such as in CI"
    if not program:
        return "bubblewrap is not installed", "install it (Debian, Ubuntu: apt-get install bubblewrap)"
    version = re.search(r"\d+(\.\d+)+", _said([program, "--version"])[1])
    if version and tuple(map(int, version.group().split(".")[:2])) < OLDEST:
        return f"bubblewrap {version.group()} is too old", f"install {'.'.join(map(str, OLDEST))} or later"
    probe = bwrap_argv(Spec(argv=("true",), worktree="/usr", writable=False), host, program=program, has_git=False)
    code, said = _said(probe)
    if code == 0:
        return "", ""
    last = (said.strip().splitlines() or [f"exit code {code}"])[-1]
    return (
        f"bubblewrap does not work here: {last.removeprefix('bwrap: ')[:200]}",
        "allow unprivileged user namespaces (Ubuntu 24.04: an AppArmor profile for bwrap; in a container: its security "
        "options), or set `sandbox: {mode: container}` where the container is thrown away afterwards",
    )


def _said(argv: list[str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, errors="replace", check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, done.stdout + done.stderr
