"""What docs/evaluate.md tells people to copy can be copied."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaizen_tui.analysis.formats import READERS
from kaizen_tui.core.evaluation import Evaluation
from tests.cli.evaluations import Shop

PAGE = Path(__file__).resolve().parents[2] / "docs/evaluate.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_settings_are_settings() -> None:
    raw = yaml.load(BLOCKS[0], Loader=yaml.BaseLoader)
    evaluation = Evaluation.read(raw["evaluation"])
    assert evaluation.unknown() == ()
    assert evaluation.benchmarks[1].metrics == {"test_encode_s": "encode_ms"}


def test_the_workflow_is_one() -> None:
    workflow = yaml.safe_load(BLOCKS[1])
    assert set(workflow) == {"name", True, "permissions", "jobs"}  # YAML 1.1 reads `on` as true, as GitHub knows
    steps = workflow["jobs"]["evaluate"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    # Texts that others choose reach a shell only as variables: a branch may be called `$(reboot)`.
    scripts = "".join(step.get("run", "") for step in steps)
    assert "github.head_ref" not in scripts
    for step in steps:
        if "run" in step:
            script = re.sub(r"\$\{\{.*?\}\}", "0", step["run"])
            assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0


@pytest.mark.usefixtures("sandbox")
def test_the_workflows_steps_do_what_they_say(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "  benchmarks:\n    - {command: [python, bench.py], pairs: 2}\n")
    base = shop.git("rev-parse", "HEAD")
    head = shop.change(work="N = 1\n")
    # As actions/checkout leaves it: no branch, and nothing says which one is the default.
    job = tmp_path / "job"
    shop.git("clone", "-q", "--no-checkout", str(shop.root), str(job))
    for command in (["checkout", "-q", "--detach", head], ["remote", "set-head", "origin", "--delete"]):
        subprocess.run(["git", "-C", str(job), *command], check=True)
    workflow = yaml.safe_load(BLOCKS[1])["jobs"]["evaluate"]
    evaluate = next(step["run"] for step in workflow["steps"] if step.get("id") == "evaluate")
    score = next(step["run"] for step in yaml.safe_load(BLOCKS[2]))
    (job / "junit.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    for name in ("old1", "new1", "old2", "new2"):
        (job / f"{name}.json").write_text('{"loop_ms": 5}')
    environment: dict[str, Any] = {
        **shop.environment("ci"),
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        "BRANCH": "kaizen/KAIZ-001", "BASE": base, "HEAD": head,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output"),
    }  # fmt: skip
    for script in (evaluate, score):
        subprocess.run(["bash", "-e", "-c", script], cwd=job, env=environment, check=True, capture_output=True)
        assert json.loads((job / "card.json").read_bytes())["verdict"] == "inconclusive"
        assert (job / "card.md").read_text().startswith("### ❔ KAIZ")
    assert (tmp_path / "output").read_text() == "code=7\n" * 2
    assert (tmp_path / "summary.md").read_text().count("### ❔ KAIZ") >= 2


def test_every_format_is_described() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Formats")[2]
    assert all(f"| `{name}` |" in table for name in READERS)
