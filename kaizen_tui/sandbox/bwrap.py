"""The command line of bubblewrap. Pure: what it says is what tests look at."""

from collections.abc import Mapping

from kaizen_tui.sandbox.host import Host
from kaizen_tui.sandbox.spec import Spec

SOURCE = "/src"
SOCKETS = "/run/kaizen"
OLDEST = (0, 7)  # the first with --size
_SHM = 64 << 20  # bytes of /dev/shm
_ISOLATED = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
    "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox",
)  # fmt: skip


def sandbox_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """All that a sandboxed command finds in its environment."""
    basic = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108
    return {**basic, **environment}


def bwrap_argv(spec: Spec, host: Host, *, program: str, has_git: bool, info_fd: int = -1) -> list[str]:
    """program: bwrap's path. has_git: the worktree has a `.git`. info_fd: to which bubblewrap writes
    the id of its first process; -1 for none."""
    words = [program, *_ISOLATED]
    if info_fd >= 0:
        words += ["--info-fd", str(info_fd)]
    if spec.network == "none":
        words.append("--unshare-net")
    words += _system(spec, host)
    words += ["--bind" if spec.writable else "--ro-bind", spec.worktree, SOURCE]
    if spec.mask_git and has_git:
        words += ["--ro-bind", "/dev/null", f"{SOURCE}/.git"]
    for path in spec.read_only:
        words += ["--ro-bind", path, path]
    if spec.sockets is not None:
        words += ["--bind", spec.sockets, SOCKETS]
    # Last: bubblewrap makes mount points until here. Its own / and /dev are memory that nothing bounds.
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", SOURCE, "--clearenv"]
    for name, value in sandbox_environment(spec.environment).items():
        words += ["--setenv", name, value]
    return [*words, "--", *spec.argv]


def _system(spec: Spec, host: Host) -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name, target in host.links:
        words += ["--symlink", target, f"/{name}"]
    for name in host.folders:
        words += ["--ro-bind", f"/{name}", f"/{name}"]
    for name in (*host.etc, *(host.etc_network if spec.network == "host" else ())):
        words += ["--ro-bind", f"/etc/{name}", f"/etc/{name}"]
    words += ["--proc", "/proc"]
    if host.root:
        # To the kernel the sandbox's root is root: without capabilities, but the owner of /proc/sys and sysrq-trigger.
        words += ["--remount-ro", "/proc"]
    size = spec.limits.memory // 2 if spec.limits.tmp is None else spec.limits.tmp
    words += ["--dev", "/dev", "--size", str(min(_SHM, size)), "--tmpfs", "/dev/shm"]  # noqa: S108
    return [*words, "--size", str(size), "--tmpfs", "/tmp"]  # noqa: S108
