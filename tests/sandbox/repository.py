"""A small git repository."""

import subprocess
from pathlib import Path


class Repository:
    """Two commits of a file `version`; second adds a folder `docs`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Grace")
        self.git("config", "user.email", "grace@example.org")
        self.write(".gitignore", ".kaizen/\n")
        self.first = self.commit("version", "1\n")
        self.write("docs/guide.md", "read me\n")
        self.second = self.commit("version", "2\n")

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", "-C", str(self.root), *args], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, name: str, text: str) -> str:
        """Writes a file and commits everything; returns the hash."""
        self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"{name} is {text.strip()}")
        return self.git("rev-parse", "HEAD")

    def worktrees(self) -> int:
        """How many worktrees git knows, beside the repository itself."""
        return self.git("worktree", "list", "--porcelain").count("worktree ") - 1
