"""What is asked of git, against real repositories; and every way in which git can be of no help."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.store import branches, files, git
from kaizen_tui.store.branches import branch_numbers
from kaizen_tui.store.lock import ensure_state
from kaizen_tui.store.workspace import Workspace
from tests.store import checkout
from tests.store.checkout import commit
from tests.store.worlds import make_workspace, new_ticket


@pytest.fixture(autouse=True)
def _needs_git(require_program: Callable[[str], str]) -> None:
    require_program("git")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "r"
    checkout.start(root)
    return root


def add_folder(root: Path, name: str) -> None:
    (root / "tickets" / name).mkdir(parents=True)
    (root / "tickets" / name / "Kaizen-Tkt.yml").write_text("id: x\n")


def test_who_the_user_is(repository: Path) -> None:
    assert git.identity(str(repository)) == ""
    checkout.git(repository, "config", "user.name", "Ann Größe")
    assert git.identity(str(repository)) == "Ann Größe"
    checkout.git(repository, "config", "user.email", "ann@example.org")
    assert git.identity(str(repository)) == "Ann Größe <ann@example.org>"
    checkout.git(repository, "config", "--unset", "user.name")
    assert git.identity(str(repository)) == "<ann@example.org>"


def test_the_last_setting_counts(repository: Path) -> None:
    checkout.git(repository, "config", "user.name", "Old")
    checkout.git(repository, "config", "--add", "user.name", "New")
    assert git.identity(str(repository)) == "New"


def test_commits_and_their_authors(repository: Path) -> None:
    first = commit(repository)
    second = commit(repository, "text\n\nauthor Evil <evil@example.org> 1 +0000")
    assert git.rev_parse(str(repository), "HEAD") == second
    assert git.rev_parse(str(repository), "main~1") == first
    assert git.commit_author(str(repository), second) == "Ann <ann@example.org>"


@pytest.mark.parametrize("ref", ["nothing", "", "--help", "-n1", "HEAD:", "HEAD^{tree}", "a b", "\0", "HEAD\nmain"])
def test_what_names_no_commit(repository: Path, ref: str) -> None:
    commit(repository)
    assert git.rev_parse(str(repository), ref) is None
    assert git.commit_author(str(repository), ref) is None


def test_where_there_is_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.version() is None
    assert git.identity(str(tmp_path)) == ""
    assert git.rev_parse(str(tmp_path), "HEAD") is None
    (tmp_path / ".git").mkdir()
    assert branch_numbers(Workspace(str(tmp_path))) == {}


def test_a_folder_that_is_no_checkout(tmp_path: Path) -> None:
    assert git.checkout_of(str(tmp_path)) is None
    assert branch_numbers(Workspace(str(tmp_path))) == {}


@pytest.mark.parametrize("content", [None, "gitdir: /nowhere\n", ""])
def test_a_broken_repository(tmp_path: Path, content: str | None) -> None:
    ws = make_workspace(tmp_path)
    if content is None:
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_text(content)
    assert branch_numbers(ws) == {}
    assert new_ticket(ws) == "KAIZ-001"


def test_damaged_objects_are_no_obstacle(repository: Path) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-005")
    commit(repository)
    for path in (repository / ".git" / "objects").glob("??/*"):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    assert branch_numbers(ws) == {}
    assert new_ticket(ws) == "KAIZ-006"


def test_an_empty_repository(repository: Path) -> None:
    assert branch_numbers(make_workspace(repository)) == {}


def test_all_local_and_remote_tracking_branches_count(repository: Path, tmp_path: Path) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-002")
    commit(repository)
    checkout.git(repository, "checkout", "-q", "-b", "feature/one")
    add_folder(repository, "KAIZ-1007")
    add_folder(repository, "KAIZ-999")
    commit(repository)
    checkout.git(repository, "checkout", "-q", "main")
    assert branch_numbers(ws) == {"KAIZ": 1007}
    assert new_ticket(ws) == "KAIZ-1008"
    other = tmp_path / "other"
    checkout.git(tmp_path, "clone", "-q", str(repository), str(other))
    checkout.git(other, "checkout", "-q", "-b", "theirs")
    add_folder(other, "KAIZ-2000")
    add_folder(other, "OPS-003")
    commit(other)
    checkout.git(repository, "remote", "add", "other", str(other))
    checkout.git(repository, "fetch", "-q", "other")
    assert branch_numbers(ws) == {"KAIZ": 2000, "OPS": 3}
    checkout.git(repository, "pack-refs", "--all")
    checkout.git(repository, "gc", "-q")
    assert branch_numbers(ws) == {"KAIZ": 2000, "OPS": 3}


def test_tickets_that_only_branches_have_also_give_the_prefix(repository: Path) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "OPS-041")
    commit(repository)
    checkout.git(repository, "checkout", "-q", "--orphan", "empty")
    checkout.git(repository, "rm", "-rqf", ".")
    (repository / "registry" / "kaizen").mkdir(parents=True, exist_ok=True)
    assert new_ticket(ws) == "OPS-042"


def test_a_workspace_in_a_folder_of_the_checkout(repository: Path) -> None:
    ws = make_workspace(repository / "sub" / "platform")
    add_folder(repository / "sub" / "platform", "KAIZ-030")
    add_folder(repository, "KAIZ-900")  # another workspace's
    commit(repository)
    assert branch_numbers(ws) == {"KAIZ": 30}


def test_a_linked_worktree(repository: Path, tmp_path: Path) -> None:
    make_workspace(repository)
    add_folder(repository, "KAIZ-030")
    commit(repository)
    checkout.git(repository, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    assert branch_numbers(Workspace(str(tmp_path / "tree"))) == {"KAIZ": 30}


def test_files_named_like_tickets_do_not_count(repository: Path) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-003")
    (repository / "tickets" / "KAIZ-700").write_text("a file")
    (repository / "tickets" / "KAIZ-800").symlink_to("KAIZ-003")
    commit(repository)
    assert branch_numbers(ws) == {"KAIZ": 3}


def test_the_environment_of_a_hook_does_not_mislead(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-030")
    head = commit(repository)
    checkout.start(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert branch_numbers(ws) == {"KAIZ": 30}
    assert git.rev_parse(str(repository), "HEAD") == head


def test_no_hook_and_no_monitor_of_the_repository_runs(repository: Path, tmp_path: Path) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-030")
    commit(repository)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "credential.helper"):
        checkout.git(repository, "config", key, str(trap))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-index-change", "fsmonitor-watchman"):
        os.link(trap, hooks / name)
    checkout.git(repository, "config", "core.hooksPath", str(hooks))
    assert branch_numbers(ws) == {"KAIZ": 30}
    assert git.identity(str(repository)) == ""
    assert git.commit_author(str(repository), "HEAD") == "Ann <ann@example.org>"
    assert not (tmp_path / "sprung").exists()


def test_many_branches_that_share_their_tickets_are_read_once(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-030")
    head = commit(repository)
    lines = "".join(f"create refs/heads/b{number} {head}\n" for number in range(300))
    (repository / "refs.txt").write_text(lines)
    checkout.git(repository, "-c", "alias.up=!git update-ref --stdin < refs.txt", "up")
    asked: list[bytes] = []
    real = git.run

    def run(cwd: str, *args: str, stdin: bytes = b"", timeout: float = git.TIMEOUT) -> bytes | None:
        asked.append(stdin)
        return real(cwd, *args, stdin=stdin, timeout=timeout)

    monkeypatch.setattr(git, "run", run)
    assert branch_numbers(ws) == {"KAIZ": 30}
    assert [stdin.count(b"\n") for stdin in asked] == [0, 1, 1]

    asked.clear()
    assert branch_numbers(ws) == {"KAIZ": 30}
    assert [stdin.count(b"\n") for stdin in asked] == [0, 1, 1]  # .kaizen/ is absent: nothing could be kept
    ensure_state(ws)
    for processes in (3, 2, 2):
        asked.clear()
        assert branch_numbers(ws) == {"KAIZ": 30}
        assert len(asked) == processes


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"kaizen-branches 1\njunk\n", b"kaizen-branches 1\n" + b"0" * 40 + b" KAIZ-999\n"]
)
def test_what_was_kept_is_not_believed_when_it_is_damaged_or_out_of_date(repository: Path, content: bytes) -> None:
    ws = make_workspace(repository)
    add_folder(repository, "KAIZ-030")
    commit(repository)
    ensure_state(ws)
    Path(ws.state, "branches").write_bytes(content)
    assert branch_numbers(ws) == {"KAIZ": 30}


def test_a_branch_that_moves_on_is_read_again(repository: Path) -> None:
    ws = make_workspace(repository)
    ensure_state(ws)
    for number in (3, 5, 4):
        for old in (repository / "tickets").glob("*"):
            (old / "Kaizen-Tkt.yml").unlink()
            old.rmdir()
        add_folder(repository, f"KAIZ-{number:03d}")
        commit(repository)
        assert branch_numbers(ws) == {"KAIZ": number}
    kept = files.read_file(f"{ws.state}/branches")
    assert kept.count(b"\n") == 2  # of what no branch has any more, nothing is kept


def test_more_than_one_command_can_read_is_read_by_several(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = make_workspace(repository)
    ensure_state(ws)
    for number in range(1, 6):
        checkout.git(repository, "checkout", "-q", "-b", f"b{number}")
        add_folder(repository, f"KAIZ-{number:03d}")
        commit(repository)
    monkeypatch.setattr(branches, "MAX_TREE_BYTES", 1)
    seen = [branch_numbers(ws) for _ in range(6)]
    assert seen[-2:] == [{"KAIZ": 5}] * 2
    assert files.read_file(f"{ws.state}/branches").count(b"\n") == 6


def test_a_git_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "bin" / "git"
    hanging.parent.mkdir()
    hanging.write_text("#!/bin/sh\nexec sleep 1000\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{hanging.parent}:{os.environ['PATH']}")
    assert git.run(str(tmp_path), "version", timeout=0.05) is None
