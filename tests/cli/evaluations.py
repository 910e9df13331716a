"""A workspace in git whose component has a benchmark: a loop that counts, twenty times some 1 ms.

It gives the shortest, so that a verdict doesn't hang on what else the machine does.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.world import ADA, World

COMPONENT = """\
id: shop
name: Shop
tier: 3
owner: web
slo:
  metrics:
    - {{name: loop_ms, threshold: "30", abort_threshold: "1000"}}
rollback_plan: "git revert"
evaluation:
{evaluation}
"""
PLAIN = """\
  benchmarks:
    - {command: [python, bench.py, MARK], pairs: 20}
"""
BENCH = """\
import json, time
from work import N

def loop():
    began = time.perf_counter()
    x = 0
    for i in range(N): x += i * i
    return (time.perf_counter() - began) * 1000

print(json.dumps({"loop_ms": min(loop() for _ in range(20))}))
"""
N = 10_000


class Shop(World):
    """KAIZ-001 of the component shop, with a commit on main and another on the ticket's branch."""

    def __init__(self, root: Path, evaluation: str = PLAIN) -> None:
        super().__init__(root)
        self.mark = f"mark-{os.urandom(6).hex()}"  # by which its processes are known
        self.git("init", "-q", "-b", "main")
        self.write(".gitignore", ".kaizen/\n__pycache__/\n")
        self.configure(evaluation)
        self.write("bench.py", BENCH)
        self.write("work.py", f"N = {N}\n")
        self.ok("new", "Faster loop", "--component", "shop")
        self.commit("base")

    def configure(self, evaluation: str) -> None:
        text = COMPONENT.format(evaluation=evaluation.replace("MARK", self.mark))
        self.write("registry/kaizen/components/shop.yml", text)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, words: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", words)
        return self.git("rev-parse", "HEAD")

    def change(self, **files: str) -> str:
        """A commit on the ticket's branch, in which these files are others (`bench` is bench.py); back on main."""
        self.git("checkout", "-q", "-B", "kaizen/KAIZ-001")
        for name, text in files.items():
            self.write(f"{name}.py", text)
        commit = self.commit("change")
        self.git("checkout", "-q", "main")
        return commit

    @property
    def card(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(Path(self.ws.score_card_path("KAIZ-001")).read_bytes())
        return found

    def verdict(self, metric: str = "loop_ms") -> str:
        return next(str(one["verdict"]) for one in self.card["metrics"] if one["name"] == metric)

    def begin(self, *args: str) -> "subprocess.Popen[str]":
        """`kaizen evaluate KAIZ-001` as a process whose stderr can be read."""
        return subprocess.Popen(
            [sys.executable, "-m", "kaizen_tui.cli.entry", "evaluate", "KAIZ-001", *args],
            cwd=self.root,
            env=self.environment(ADA),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def leftovers(self) -> list[str]:
        """What an evaluation should not leave: worktrees, their folders, leases, half-written files, mounts, processes.

        Control groups: see `groups`.
        """
        found = [
            line for line in self.git("worktree", "list", "--porcelain").splitlines() if line.startswith("worktree")
        ]
        sandbox = self.root / ".kaizen/sandbox"
        found = found[1:] + [path.name for path in (sandbox.iterdir() if sandbox.exists() else ())]
        found += [path.name for path in self.root.glob("tickets/*/.*")]
        found += [path.name for path in self.root.glob(".kaizen/evaluations/.*")]
        found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f"{self.root}/" in line]
        ps = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        return found + re.findall(rf".*{re.escape(self.mark)}.*", ps)

    def groups(self) -> list[str]:
        """The folders of the control groups of evaluations that were killed and not yet cleaned up after."""
        lines = [line for path in self.root.glob(".kaizen/sandbox/*.lease") for line in path.read_bytes().splitlines()]
        entries = [json.loads(line) for line in lines]
        return [entry["value"] for entry in entries if entry["kind"] == "cgroup"]
