"""`kaizen init`: makes a workspace, or completes one. Adds what is missing, never changes what is there."""

import os
import stat
from typing import NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files, git
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.workspace import Workspace

IGNORE_LINE = ".kaizen/"
# Pattern and attribute of each line that .gitattributes needs.
MERGE_LINES = (
    ("tickets/*/Kaizen-Tkt.yml", "merge=kaizen"),
    ("tickets/*/Promotion-Log", "merge=union"),
)
MERGE_DRIVER = (
    ("merge.kaizen.name", "Kaizen ticket, field by field"),
    ("merge.kaizen.driver", "kaizen merge-driver %O %A %B %P"),
)

CONFIG = """\
# Settings of this workspace. Every key is optional; what stands here are the defaults.

governance:
  enforce_from: canary        # from this state on an unmet condition refuses; before it, it warns
  approvals: {0: 2, 1: 1, 2: 1, 3: 1}   # how many people a canary of each tier needs
  owner_may_approve: [3]      # tiers where the owner's own approval counts
  approvers: ["*"]            # whose approvals count: patterns for name, e-mail or login
  require_signature: false    # true: only approvals signed by someone in allowed_signers

# theme: kaizen-dark
# keys: {ticket.approve: "A"}         # remap a key of the board; docs/board.md lists the action ids
"""

EXAMPLE = """\
# An example to copy: one file per component, named after its id.
id: example-service
name: Example Service
tier: 2                       # 0 mission-critical … 3 experimental
owner: example-team
slo:
  metrics:
    - name: p95_latency_ms    # what the criteria of tickets refer to: "p95_latency_ms < 200"
      threshold: "200"        # the target
      abort_threshold: "400"  # roll back beyond this; above the target, so lower is better
      unit: ms
      sli: {type: latency, histogram: http_request_duration_ms, quantile: 0.95}
    - name: error_ratio_pct
      threshold: "0.5"
      abort_threshold: "2"
      unit: "%"
      sli: {type: ratio, bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
      objective: 99.5         # percent of good events: gives the metric an error budget
      window: 30d             # of that budget
rollback_plan: "systemctl restart example-service@stable"
"""


class InitReport(NamedTuple):
    """What `kaizen init` did.

    created: what is new, as paths relative to the workspace; `PATH: line` for a line or setting that was added.
    kept:    what was there already, likewise.
    """

    created: list[str]
    kept: list[str]


def init_workspace(root: str) -> InitReport:
    """Makes `root` a workspace, together with `root` itself and folders above it where they are missing.

    Files that exist stay as they are, byte for byte; .gitignore and .gitattributes only grow, by the lines that they
    lack. In a git checkout the merge driver is put into its configuration, unless one of that name is there already.
    Doing it again changes nothing. Raises StoreError, before anything is written, if a symbolic link or anything but
    a plain file or folder stands where the workspace has one.
    """
    # The workspace may be reached through a link; within it none is followed.
    ws = Workspace(os.path.realpath(root))
    _check_places(ws)
    report = InitReport([], [])
    for folder in (ws.root, ws.components, ws.tickets):
        _make_folder(folder)
    with Lock(ws):
        _put(ws, ws.config_path, CONFIG, report)
        if not _holds_component(ws):
            _put(ws, ws.component_path("example-service"), EXAMPLE, report)
        if not os.listdir(ws.tickets):
            _put(ws, f"{ws.tickets}/.gitkeep", "", report)
        _add_lines(ws, ".gitignore", (IGNORE_LINE,), report)
        _add_lines(ws, ".gitattributes", tuple(" ".join(line) for line in MERGE_LINES), report)
    _configure_git(ws, report)
    return report


def _check_places(ws: Workspace) -> None:
    """Raises StoreError for the first place that is not what it should be."""
    folders = (ws.root, os.path.dirname(ws.registry), ws.registry, ws.components, ws.tickets, ws.state)
    plain = (ws.config_path, ws.component_path("example-service"), f"{ws.root}/.gitignore", f"{ws.root}/.gitattributes")
    for paths, is_right, name in ((folders, stat.S_ISDIR, "folder"), (plain, stat.S_ISREG, "file")):
        for path in paths:
            try:
                mode = os.lstat(path).st_mode
            except FileNotFoundError:
                continue
            except OSError as error:
                raise files.in_words(error, "cannot look at", path) from error
            if not is_right(mode):
                found = "a symbolic link" if stat.S_ISLNK(mode) else f"not a {name}"
                raise StoreError(f"{ws.relative(path)} is {found}", where=path, hint=f"put a plain {name} in its place")


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise files.in_words(error, "cannot make the folder", path) from error


def _holds_component(ws: Workspace) -> bool:
    return any(name.endswith((".yml", ".yaml")) and not name.startswith(".") for name in os.listdir(ws.components))


def _put(ws: Workspace, path: str, text: str, report: InitReport) -> None:
    if os.path.lexists(path):
        report.kept.append(ws.relative(path))
        return
    files.replace_file(path, text.encode())
    report.created.append(ws.relative(path))


def _add_lines(ws: Workspace, name: str, wanted: tuple[str, ...], report: InitReport) -> None:
    """Appends the lines that say something about a pattern that the file does not mention yet."""
    path = f"{ws.root}/{name}"
    old = files.read_optional(path) or b""
    present = {_subject(line) for line in old.decode("utf-8", "replace").splitlines()}
    missing = [line for line in wanted if _subject(line) not in present]
    if missing:
        end = b"\r\n" if b"\r\n" in old else b"\n"
        joint = b"" if not old or old.endswith(b"\n") else end
        files.replace_file(path, old + joint + b"".join(line.encode() + end for line in missing))
    for line in wanted:
        (report.created if line in missing else report.kept).append(f"{name}: {line}")


def _subject(line: str) -> tuple[str, str]:
    """What a line of .gitignore or .gitattributes decides: its pattern, and `merge` where it sets that attribute."""
    words = line.split()
    if not words or words[0].startswith("#"):
        return ("", "")
    decides = any(word.lstrip("-!").partition("=")[0] == "merge" for word in words[1:])
    return (words[0].strip("/"), "merge" if decides else "")


def _configure_git(ws: Workspace, report: InitReport) -> None:
    if git.checkout_of(ws.root) is None or git.version() is None:
        return
    if git.run(ws.root, "config", "--get", MERGE_DRIVER[1][0]) is not None:
        report.kept.append(f"git config: {MERGE_DRIVER[1][0]}")
        return
    for key, value in MERGE_DRIVER:
        if git.run(ws.root, "config", "--local", key, value) is None:
            raise StoreError(
                f"git could not set {key}", where=ws.root, hint=f"run it yourself: git config {key} '{value}'"
            )
    report.created.append(f"git config: {MERGE_DRIVER[1][0]}")
