"""What docs/evaluate.md tells people to copy can be copied."""

import re
import subprocess
from pathlib import Path

import yaml

from kaizen_tui.analysis.formats import READERS
from kaizen_tui.core.evaluation import Evaluation

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


def test_every_format_is_described() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Formats")[2]
    assert all(f"| `{name}` |" in table for name in READERS)
