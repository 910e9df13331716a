"""What is asked of the sandbox, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["bubblewrap", "container", "unsafe-local"]
Network = Literal["none", "host"]
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take.

    memory: bytes, of all its processes together; tmp: bytes in /tmp, within `memory`; None is half of `memory`.
    pids: processes and threads at once. time: seconds of wall clock.
    disk: bytes that it may add to its worktree and its folder for sockets; also the size of its largest file.
    files: how many files it may add there.
    output: bytes kept of stdout, and of stderr; the rest is read and thrown away.
    """

    memory: int = 2 * GIB
    tmp: int | None = None
    pids: int = 256
    time: float = 600.0
    disk: int = 2 * GIB
    files: int = 200_000
    open_files: int = 4096
    output: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Spec:
    """One command in one worktree.

    argv:       no shell reads it; a bare name is looked up in the PATH of `environment`.
    worktree:   the folder that the command sees as /src, in which it starts (`unsafe-local`, `container`: as itself).
    name:       of the files for its output, such as "setup" or "pair-03-candidate".
    writable:   it may change the worktree.
    mask_git:   it sees an empty file in the place of the worktree's `.git`, which it can neither read nor replace.
    environment: set on top of PATH, HOME, LANG and TMPDIR; nothing else of this process' own reaches the command.
    stdin:      what it reads.
    read_only:  absolute paths outside that it sees under the same name, such as the Python that runs it.
    sockets:    a folder outside that it sees as /run/kaizen, for unix sockets; may be written to.
    """

    argv: tuple[str, ...]
    worktree: str
    name: str = "run"
    writable: bool = True
    mask_git: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    read_only: tuple[str, ...] = ()
    sockets: str | None = None
    network: Network = "none"
    limits: Limits = Limits()
    mode: Mode = "bubblewrap"


@dataclass(frozen=True, slots=True)
class Output:
    """What a command printed. path: of the file that holds its first bytes; size: bytes printed in all."""

    path: str
    size: int
    truncated: bool

    def read(self) -> bytes:
        """What was kept of it. Raises OSError."""
        with open(self.path, "rb") as file:
            return file.read()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went.

    exit_code:   of the command; 128 + N for signal N.
    wall:        seconds, from the command's start to its end, the sandbox's own start (about 15 ms) included.
    cpu:         user and system seconds of all processes, the sandbox's own start (some 10 ms) included. Without a
                 control group not of those that still ran when the command ended.
    peak_memory: bytes, of all processes together; None where this machine can't tell.
    timed_out, out_of_memory, disk_full: it was ended for that. out_of_memory also when only a child was killed,
    whatever the exit code says.
    pids_hit:    how often a process or thread was refused; the command went on.
    protections: the measures that were in force, for the score-card.
    """

    exit_code: int
    wall: float
    cpu: float
    peak_memory: int | None
    timed_out: bool
    out_of_memory: bool
    disk_full: bool
    pids_hit: int
    stdout: Output
    stderr: Output
    mode: Mode
    protections: tuple[str, ...]
    limits: Limits

    @property
    def ok(self) -> bool:
        """It ended by itself, with exit code 0, within its limits."""
        return self.exit_code == 0 and not self.troubles

    @property
    def troubles(self) -> tuple[str, ...]:
        """Which limits it met, in words; empty for a run whose exit code can be trusted."""
        limits = self.limits
        said = [
            (self.timed_out, f"took longer than {limits.time:g} s and was ended"),
            (self.out_of_memory, f"ran out of its {limits.memory / 2**20:.0f} MiB of memory and was ended"),
            (self.disk_full, f"wrote more than {limits.disk / 2**20:.0f} MiB or {limits.files} files and was ended"),
            (self.pids_hit > 0, f"wanted more than {limits.pids} processes and was refused"),
        ]
        return tuple(text for holds, text in said if holds)
