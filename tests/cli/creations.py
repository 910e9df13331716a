"""A workspace in git with a generator: a script of the repository, which the test writes."""

import os
import subprocess
from pathlib import Path

from tests.cli.world import World

COMPONENT = """\
id: shop
name: Shop
tier: 3
owner: web
generator: propose
slo:
  metrics: []
rollback_plan: "git revert HEAD"
"""
GENERATORS = """\
generators:
  propose: {command: [python, tools/propose.py]%s}
"""


class Forge(World):
    """KAIZ-001 of the component shop; `propose(code)` says what the generator does, in Python."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.git("init", "-q", "-b", "main")
        self.write(".gitignore", ".kaizen/\n*.tmp\n")
        self.write("registry/kaizen/components/shop.yml", COMPONENT)
        self.write("app.py", "N = 1\n")
        self.write("docs/guide.md", "read me\n")
        self.propose("pass")
        self.settings()
        self.ok(
            "new", "Count to two", "--component", "shop", "--objective", "N is two", "--success", "It counts to two"
        )
        self.commit("base")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, words: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", words)
        return self.git("rev-parse", "HEAD")

    def settings(self, more: str = "") -> None:
        """Settings of the generator, trusted. more: its further keys, with a comma in front."""
        self.config(GENERATORS % more)
        self.ok("trust")

    def propose(self, code: str) -> None:
        """What the generator of the next commit does."""
        self.write("tools/propose.py", "import json, os, sys\n" + code + "\n")

    def proposes(self, code: str) -> str:
        """The same, committed."""
        self.propose(code)
        return self.commit("generator")

    @property
    def branch(self) -> str:
        """The head of the ticket's branch, or ""."""
        return self.git("for-each-ref", "--format=%(objectname)", "refs/heads/kaizen/KAIZ-001")

    @property
    def tree(self) -> Path:
        return self.root / ".kaizen/worktrees/KAIZ-001"

    @property
    def spec(self) -> str:
        return Path(self.ws.spec_path("KAIZ-001")).read_text(encoding="utf-8")

    def everything(self) -> dict[str, bytes]:
        """What must not change when nothing is to be made: refs, worktrees, index, tickets, objects."""
        found = {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and "/.kaizen/" not in str(path)
        }
        kept = sorted(str(path.relative_to(self.root)) for path in (self.root / ".kaizen").glob("[rw]*/*"))
        return {**found, ".kaizen": "\n".join(kept).encode(), "worktrees": self.git("worktree", "list").encode()}

    def leftovers(self) -> list[str]:
        """What a killed or ended run should not leave in the sandbox's folder."""
        sandbox = self.root / ".kaizen/sandbox"
        found = [path.name for path in (sandbox.iterdir() if sandbox.exists() else ())]
        return found + [line for line in self.git("worktree", "list").splitlines() if "/sandbox/" in line]


def processes_named(mark: str) -> list[str]:
    ps = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in ps.splitlines() if mark in line and f" {os.getpid()}" not in line]
