"""Runs one command in the sandbox, to its end or to its limits."""

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.sandbox import cgroup, limits, processes
from kaizen_tui.sandbox.bwrap import bwrap_argv, sandbox_environment
from kaizen_tui.sandbox.capture import Capture
from kaizen_tui.sandbox.host import refuse_wide
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import ISOLATION, Machine, bounds
from kaizen_tui.sandbox.reaping import Reaper
from kaizen_tui.sandbox.spec import Outcome, Spec
from kaizen_tui.sandbox.watch import PERIOD, DiskWatch, memory_exceeded

# The command waits here until its limits are set. Where this process dies before that, it reads an end and goes too.
_GATE = 'read -r go || exit 125; exec "$@" <"$0"'
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}")


def run(lease: Lease, spec: Spec, machine: Machine, *, clock: Callable[[], float] = time.monotonic) -> Outcome:
    """Runs `spec`; returns when nothing of it runs any more. Its output is in the lease's folder until that goes.

    clock: seconds, monotonic. Raises UsageError when the sandbox doesn't work here or would show too much, StoreError
    when the command can't be started.
    """
    _refuse(spec, machine)
    with contextlib.ExitStack() as stack:
        reaper = stack.enter_context(Reaper()) if spec.mode == "bubblewrap" else None
        attempt = _Run(lease, spec, machine, clock, reaper)
        stack.callback(attempt.close)
        attempt.start()
        attempt.wait()
        return attempt.outcome()


def _refuse(spec: Spec, machine: Machine) -> None:
    if not spec.argv or not os.path.isdir(spec.worktree) or _NAME.fullmatch(spec.name) is None:
        raise UsageError("nothing to run, no folder to run it in, or no name for its output", where=spec.worktree)
    if spec.mode != "bubblewrap":
        return
    if not machine.usable:
        raise UsageError(machine.fault, hint=machine.remedy)
    for path in (*spec.read_only, *((spec.sockets,) if spec.sockets is not None else ())):
        refuse_wide(path, os.path.expanduser("~"))


class _Run:
    """The parts of one run, which `close` brings to an end, however far it came."""

    def __init__(
        self, lease: Lease, spec: Spec, machine: Machine, clock: Callable[[], float], reaper: Reaper | None
    ) -> None:
        self._lease, self._spec, self._machine, self._clock = lease, spec, machine, clock
        self._reaper = reaper
        self._cpu = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._captures: list[Capture] = []
        self._gate = self._stdin = self._pidfd = -1
        self._timed_out = self._out_of_memory = self._disk_full = False
        self._pids_hit = 0
        self._began = self._wall = 0.0
        self._group = cgroup.Group(machine.places, f"{os.path.basename(lease.folder)}-{os.urandom(4).hex()}")
        self._disk = DiskWatch([folder for folder in (spec.worktree, spec.sockets) if folder is not None], spec.limits)

    def start(self) -> None:
        spec = self._spec
        for folder in self._group.folders:
            self._lease.record("cgroup", folder)
        self._group.make(memory=spec.limits.memory, pids=spec.limits.pids)
        self._captures = [
            Capture(f"{self._lease.folder}/{spec.name}.{end}", spec.limits.output) for end in ("out", "err")
        ]
        try:
            self._launch()
        except OSError as error:
            raise StoreError(f"cannot start the sandbox: {error.strerror}", where=spec.argv[0]) from error
        for capture in self._captures:
            capture.close_writer()
        if self._reaper is not None:
            self._reaper.close_writer()
        self._began = self._clock()
        os.write(self._gate, b"\n")

    def _launch(self) -> None:
        spec, has = self._spec, self._machine.places.has
        source = "/dev/null"
        if spec.stdin:
            self._stdin = os.memfd_create("stdin")
            with open(self._stdin, "wb", closefd=False) as file:
                file.write(spec.stdin)
            source = f"/dev/fd/{self._stdin}"
        gate, self._gate = os.pipe2(os.O_CLOEXEC)
        try:
            child = self._child = subprocess.Popen(
                ["/bin/sh", "-c", _GATE, source, *self._argv()],
                stdin=gate,
                stdout=self._captures[0].writer,
                stderr=self._captures[1].writer,
                pass_fds=[fd for fd in (self._stdin, self._info_fd) if fd >= 0],
                cwd=spec.worktree,
                env=sandbox_environment(spec.environment),
                start_new_session=True,
            )
        finally:
            os.close(gate)
        self._lease.record("process", [child.pid, processes.start_of(child.pid)])
        self._pidfd = os.pidfd_open(child.pid)
        limits.apply(child.pid, spec.limits, memory_group=has("memory"), pids_group=has("pids"))
        self._group.enter(child.pid)

    def _argv(self) -> list[str]:
        spec, machine = self._spec, self._machine
        if spec.mode != "bubblewrap":
            return list(spec.argv)
        has_git = os.path.lexists(f"{spec.worktree}/.git")
        return bwrap_argv(spec, machine.host, program=machine.bwrap, has_git=has_git, info_fd=self._info_fd)

    @property
    def _info_fd(self) -> int:
        return -1 if self._reaper is None else self._reaper.writer

    def wait(self) -> None:
        """Until the command ends, or has to."""
        assert self._child is not None
        deadline = self._began + self._spec.limits.time
        waiting = select.poll()
        waiting.register(self._pidfd, select.POLLIN)
        for capture in self._captures:
            waiting.register(capture.reader, select.POLLIN)
        look = self._began + PERIOD
        ended = False
        while not ended:
            now = self._clock()
            if now >= look:
                look = now + PERIOD
                self._look()
            self._timed_out = self._timed_out or now >= deadline
            if self._timed_out or self._out_of_memory or self._disk_full:
                break
            for fd, event in waiting.poll(max(0.0, min(look, deadline) - now) * 1000 + 1):
                ended = ended or fd == self._pidfd
                for capture in self._captures:
                    if capture.reader == fd and not capture.take() and event & select.POLLHUP:
                        waiting.unregister(fd)
        self._wall = self._clock() - self._began
        self._end()

    def _look(self) -> None:
        """What the system doesn't end by itself."""
        assert self._child is not None
        has_group = self._machine.places.has("memory")
        if has_group:
            self._out_of_memory = self._group.oom_kills() > 0
        else:
            self._out_of_memory = memory_exceeded(self._child.pid, self._spec.limits)
        self._disk_full = self._disk.exceeded(self._child.pid)

    def _end(self) -> None:
        """Ends all of it. bubblewrap's end is that of all that runs in it: the first of its namespace dies with it."""
        child = self._child
        if child is None or child.returncode is not None:
            return
        self._pids_hit = self._group.pids_hit()  # before it is ended: from then on every new process is refused
        if processes.start_of(child.pid) is not None:
            for pid in processes.descendants(child.pid)[::-1]:
                processes.end(pid)
        self._group.kill()
        if self._spec.mode != "bubblewrap":
            _end_session(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self._cpu = usage.ru_utime + usage.ru_stime + (self._reaper.seconds() if self._reaper is not None else 0.0)

    def outcome(self) -> Outcome:
        """After `wait`."""
        assert self._child is not None
        spec, machine, code = self._spec, self._machine, self._child.returncode
        used = self._group.cpu()
        isolation = (*ISOLATION, *(("no network",) if spec.network == "none" else ()))
        stdout, stderr = (capture.finish() for capture in self._captures)
        return Outcome(
            exit_code=code if code >= 0 else 128 - code,
            wall=self._wall,
            cpu=self._cpu if used is None else used,
            peak_memory=self._group.peak_memory(),
            timed_out=self._timed_out,
            out_of_memory=self._out_of_memory or self._group.oom_kills() > 0,
            disk_full=self._disk_full,
            pids_hit=self._pids_hit,
            stdout=stdout,
            stderr=stderr,
            mode=spec.mode,
            protections=(*(isolation if spec.mode == "bubblewrap" else ()), *bounds(machine, spec)),
            limits=spec.limits,
        )

    def close(self) -> None:
        """Ends and removes what is left of it; again does nothing."""
        try:
            self._end()
        finally:
            for fd in (self._gate, self._stdin, self._pidfd):
                if fd >= 0:
                    os.close(fd)
            self._gate = self._stdin = self._pidfd = -1
            for capture in self._captures:
                capture.close()
            self._group.remove()


def _end_session(leader: int) -> None:
    """Ends the process group of a run without bubblewrap; who left it and has no control group gets away."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
