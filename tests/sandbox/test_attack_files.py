"""Attacks on what lies outside: the attack runs inside, the outside is looked at."""

import os
import socket
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.sandbox.host import python_paths
from kaizen_tui.sandbox.inside import read_inside
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine
from kaizen_tui.sandbox.worktree import Worktree
from tests.sandbox.conftest import Attack, printed
from tests.sandbox.repository import Repository

SECRET = "hunter2-do-not-tell"

# Tries to write a file in each folder that it is given, and says where it could.
WRITE = """
import sys
for folder in {folders!r}:
    try:
        with open(folder + "/planted-by-sandbox", "w") as file:
            file.write("x")
    except OSError:
        continue
    print(folder)
"""
# Looks for a text in each readable file below /, but for the system's own and Python's, and in the environment of each
# process.
SEARCH = """
import os
wanted = {secret!r}[::-1].encode()
for top, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(top, name) not in {known!r}]
    for name in files:
        path = os.path.join(top, name)
        if top.startswith("/proc") and name not in ("environ", "cmdline", "mounts", "comm"):
            continue
        if not os.path.isfile(path):
            continue
        try:
            with open(path, "rb") as file:
                if wanted in file.read(1 << 20):
                    print("FOUND in", path)
        except OSError:
            pass
print("searched", sum(1 for name in os.listdir("/proc") if name.isdigit()), "processes")
"""


def test_writes_outside(attack: Attack, repository: Repository, tmp_path: Path) -> None:
    folders = [
        "/",
        "/usr",
        "/etc",
        "/dev",
        "/bin",
        "/proc",
        "/proc/sys/kernel",
        "/sys",
        "/root",
        "/home",
        "/var",
        "/run",
    ]
    folders += [str(Path.home()), str(tmp_path), str(repository.root), "/usr/local", os.getcwd()]
    assert attack(WRITE.format(folders=folders)).stdout.read() == b""
    for folder in folders:
        assert not os.path.exists(f"{folder}/planted-by-sandbox")
    # What it may write to, so that the refusals above say something.
    assert printed(attack(WRITE.format(folders=["/src", "/tmp", "/dev/shm"]))) == "/src\n/tmp\n/dev/shm\n"


def test_what_it_writes_is_the_worktree_and_only_that(
    attack: Attack, worktree: Worktree, repository: Repository
) -> None:
    assert attack("open('/src/version', 'w').write('9')").ok
    assert Path(worktree.path, "version").read_text() == "9"
    assert (repository.root / "version").read_text() == "2\n"


def test_a_worktree_that_it_may_only_read(attack: Attack, worktree: Worktree) -> None:
    assert attack(WRITE.format(folders=["/src"]), writable=False).stdout.read() == b""
    assert not Path(worktree.path, "planted-by-sandbox").exists()


def test_settings_of_the_system(attack: Attack) -> None:
    """To the kernel, root in a sandbox is the owner of these files."""
    files = ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/proc/mtrr"]
    assert printed(attack(f"import os; print([one for one in {files!r} if os.access(one, os.W_OK)])")) == "[]\n"


def test_secrets_in_files_and_environments(
    attack: Attack, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROM_TOKEN", SECRET)
    (tmp_path / "token").write_text(SECRET)
    repository.git("config", "remote.origin.url", f"https://grace:{SECRET}@example.org/x.git")
    (repository.root / ".env").write_text(SECRET)
    search = SEARCH.format(secret=SECRET[::-1], known=("/usr", *python_paths()))
    said = printed(attack(search))
    assert "FOUND" not in said
    assert "searched" in said
    # The search finds one that is there to be found.
    assert "FOUND in /tmp/here" in printed(attack(f"open('/tmp/here', 'w').write({SECRET!r})\n" + search))


def test_the_environment_is_the_chosen_one(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    said = printed(
        attack("sh", "-c", "env; cat /proc/1/environ | tr '\\0' '\\n'", environment={"KAIZEN_TICKET_ID": "KAIZ-001"})
    )
    names = {line.partition("=")[0] for line in said.splitlines()}
    assert names == {"HOME", "KAIZEN_TICKET_ID", "LANG", "PATH", "PWD", "TMPDIR"}


def test_the_home_folder(attack: Attack) -> None:
    # Of a Python in the home folder its own folder is seen, and nothing beside it.
    look = """
import os
for folder, folders, files in os.walk({home!r}):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in {known!r}]
    print(*(os.path.join(folder, name) for name in files), sep="\\n", end="")
"""
    assert printed(attack(look.format(home=os.path.expanduser("~"), known=python_paths()))) == ""


def test_git_of_the_workspace(attack: Attack, worktree: Worktree, repository: Repository) -> None:
    before = repository.git("rev-parse", "main")
    git_file = Path(worktree.path, ".git").read_text()
    steps = ["cat .git", "echo 'gitdir: /tmp' > .git", "rm -f .git", "mv .git away", "git log", "ln -sf /tmp .git"]
    steps += [f"ls {repository.root}/.git", f"echo x > {repository.root}/.git/hooks/post-checkout"]
    said = attack("sh", "-c", "\n".join(f"{step} && echo DONE: {step}" for step in steps) + "\ntrue")
    assert "DONE" not in printed(said)
    assert Path(worktree.path, ".git").read_text() == git_file
    assert repository.git("rev-parse", "main") == before


def test_links_that_lead_out(attack: Attack, worktree: Worktree, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    code = f"""
import os
os.symlink({str(tmp_path / "secret")!r}, "/src/junit.xml")
os.symlink({str(tmp_path)!r}, "/src/reports")
os.symlink("/", "/src/root")
"""
    assert attack(code).ok
    for path in ("junit.xml", "reports/secret", "root/etc/passwd"):
        with pytest.raises(StoreError, match="link is in the way"):
            read_inside(worktree.path, path)


def test_links_that_lead_out_are_not_followed_when_removed(
    attack: Attack, worktree: Worktree, lease: Lease, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    assert attack(f"import os\nos.symlink({str(precious)!r}, '/src/away')\nos.rename('/src/docs', '/src/d')").ok
    lease.close()
    assert (precious / "file").read_text() == "kept"
    assert not os.path.lexists(worktree.path)


def test_what_is_hard_to_remove_is_removed(attack: Attack, worktree: Worktree, lease: Lease) -> None:
    code = """
import os
os.makedirs("/src/closed/inner"); os.chmod("/src/closed/inner", 0); os.chmod("/src/closed", 0)
for _ in range(3000):
    os.mkdir("deeper-and-deeper"); os.chdir("deeper-and-deeper")
"""
    assert attack(code).ok
    lease.close()
    assert not os.path.lexists(worktree.path)


def test_unix_sockets_only_in_the_folder_that_is_shown(attack: Attack, tmp_path: Path) -> None:
    hidden, shown = tmp_path / "hidden.sock", tmp_path / "sockets"
    shown.mkdir()
    code = """
import socket
for path in {0!r}:
    try:
        socket.socket(socket.AF_UNIX).connect(path)
    except OSError:
        continue
    print(path.replace("\\0", "@"))
"""
    with (
        socket.socket(socket.AF_UNIX) as one,
        socket.socket(socket.AF_UNIX) as two,
        socket.socket(socket.AF_UNIX) as three,
    ):
        one.bind(str(hidden))
        two.bind(str(shown / "app.sock"))
        three.bind("\0kaizen-test-abstract-" + tmp_path.name)
        for server in (one, two, three):
            server.listen()
        paths = [str(hidden), "/run/kaizen/app.sock", "\0kaizen-test-abstract-" + tmp_path.name]
        assert printed(attack(code.format(paths), sockets=str(shown))) == "/run/kaizen/app.sock\n"


@pytest.mark.parametrize("path", ["/", "/etc", "/root", "/home", "/var", "~", "/none", "relative"])
def test_what_it_will_not_show(attack: Attack, path: str, machine: Machine) -> None:
    with pytest.raises(UsageError, match=r"the sandbox (won't|can't) show"):
        attack("sh", "-c", "true", sockets=os.path.expanduser(path))
