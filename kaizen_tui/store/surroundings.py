"""What the workspace stands on: git's settings for it, the file system, the programs. For `kaizen doctor`."""

import os
import re
import shutil
from collections.abc import Iterator

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files, git, signing
from kaizen_tui.store.finding import Finding
from kaizen_tui.store.init import IGNORE_LINE, MERGE_DRIVER, MERGE_LINES
from kaizen_tui.store.workspace import Workspace

OLDEST_GIT = (2, 30)
_REMOTE = re.compile(r"nfs\d?|cifs|smb\w*|9p|afs|ceph|glusterfs|fuse\.(sshfs|rclone|s3fs|gcsfuse|davfs)|davfs|lustre")
_SAMPLE = "KAIZ-001"


def check_git(ws: Workspace) -> Iterator[Finding]:
    """In a checkout: that git ignores .kaizen/, and merges tickets and logs as it must."""
    if git.checkout_of(ws.root) is None:
        return
    version = git.version()
    if version is None:
        yield Finding("git", "warning", "git is not installed: ids on other branches are not seen", "", "install git")
        return
    if tuple(map(int, version.split(".")[:2])) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        yield Finding("git", "warning", f"git {version} is older than {oldest}", "", "install a newer git")
    if git.run(ws.root, "check-ignore", "--quiet", "--no-index", ".kaizen/index") is None:
        yield Finding(
            "ignore", "warning", "git does not ignore .kaizen/", ".gitignore", f"adds the line `{IGNORE_LINE}`", True
        )
    yield from _check_attributes(ws)
    yield from _check_driver(ws)


def _check_attributes(ws: Workspace) -> Iterator[Finding]:
    for pattern, attribute in MERGE_LINES:
        path = f"{os.path.relpath(ws.tickets, ws.root)}/{_SAMPLE}/{pattern.rpartition('/')[2]}"
        out = git.run(ws.root, "check-attr", "-z", "merge", "--", path)
        if out is not None and out.split(b"\0")[2:3] != [attribute.partition("=")[2].encode()]:
            yield Finding(
                "attributes",
                "warning",
                f"git does not merge {pattern} with {attribute}",
                ".gitattributes",
                f"adds the line `{pattern} {attribute}`",
                True,
                f"{pattern} {attribute}",
            )


def _check_driver(ws: Workspace) -> Iterator[Finding]:
    key, value = MERGE_DRIVER[1]
    found = git.run(ws.root, "config", "--get", key)
    if found is None:
        yield Finding(
            "driver",
            "warning",
            f"git does not know the merge driver: {key} is not set",
            "",
            f"sets it to `{value}`",
            True,
        )
        return
    program = (found.decode("utf-8", "replace").split() or [""])[0].strip("'\"")
    if shutil.which(program) is None:
        yield Finding(
            "driver_program",
            "warning",
            f"git will not find the merge driver's program: {program}",
            "",
            f"install kaizen where git finds it (PATH), or set {key} to its full path",
        )


def mend_git(ws: Workspace, finding: Finding) -> str:
    """Mends a finding of `check_git`; returns what was done. Raises StoreError."""
    if finding.code == "ignore":
        _add_line(f"{ws.root}/.gitignore", IGNORE_LINE)
        return f"added `{IGNORE_LINE}` to .gitignore"
    if finding.code == "attributes":
        _add_line(f"{ws.root}/.gitattributes", finding.subject)
        return f"added `{finding.subject}` to .gitattributes"
    for key, value in MERGE_DRIVER:
        if git.run(ws.root, "config", "--local", key, value) is None:
            raise StoreError(f"git could not set {key}", where=ws.root, hint=f"run: git config {key} '{value}'")
    return f"set {MERGE_DRIVER[1][0]}"


def _add_line(path: str, line: str) -> None:
    old = files.read_optional(path) or b""
    end = b"\r\n" if b"\r\n" in old else b"\n"
    joint = b"" if not old or old.endswith(b"\n") else end
    files.replace_file(path, old + joint + line.encode() + end)


def check_disk(ws: Workspace, mounts: str | None = None) -> Iterator[Finding]:
    """That the file system can be written to, and is one on which locks and fsync can be relied on.

    mounts: the text of Linux' /proc/self/mountinfo; None reads it. Elsewhere only writing is checked.
    """
    if os.path.islink(ws.tickets):
        what = "the folder is a symbolic link: tickets are read through it, but none can be made in it"
        yield Finding("symlink", "error", what, ws.relative(ws.tickets), "put the folder itself in its place")
    for path in (ws.root, ws.tickets):
        if os.path.isdir(path) and not os.access(path, os.W_OK | os.X_OK):
            shown = ws.relative(path) if path != ws.root else "."
            yield Finding("read_only", "error", "the folder cannot be written to", shown, "check its owner and mode")
    kind = _file_system(ws.root, _mountinfo() if mounts is None else mounts)
    if _REMOTE.fullmatch(kind):
        yield Finding(
            "remote",
            "warning",
            f"the workspace is on a network file system ({kind}): locks may not hold between machines",
            "",
            "let only one machine write at a time, or keep each checkout on a local disk and share by git",
        )


def _mountinfo() -> str:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # not Linux: nothing to say


def _file_system(path: str, mounts: str) -> str:
    real = os.path.realpath(path)
    best = kind = ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4])
        inside = point == "/" or real == point or real.startswith(point + "/")
        if inside and len(point) >= len(best):  # of two mounts on one point the later one counts
            best, kind = point, right.split(" ")[0]
    return kind


def check_programs(ws: Workspace, *, signatures: bool) -> Iterator[Finding]:
    """That ssh-keygen is there where signatures are wanted. signatures: `governance.require_signature`."""
    if signatures and not os.path.isfile(ws.signers_path):
        yield Finding(
            "signers",
            "error",
            "signatures are required, but nobody is listed who may sign",
            ws.relative(ws.signers_path),
            "list principals and their public keys there (ssh-keygen(1), ALLOWED SIGNERS)",
        )
    if (signatures or os.path.isfile(ws.signers_path)) and not signing.has_ssh_keygen():
        yield Finding(
            "ssh_keygen",
            "error" if signatures else "warning",
            "signatures cannot be checked: there is no ssh-keygen of OpenSSH 8.2 or later",
            "",
            "install OpenSSH (openssh-client)",
        )
