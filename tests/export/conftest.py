"""A small workspace with every status, hostile texts and one broken file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.states import STATUSES
from kaizen_tui.store.workspace import Workspace

HOSTILE = r"""=HYPERLINK("http://x")\e[31m [/] <script>alert(1)</script> | `x` "q\" \u202e"""
NOW = 1_790_000_000


def write_ticket(root: Path, number: int, status: str, title: str = "Trim payloads", **extra: str) -> Path:
    folder = root / "tickets" / f"KAIZ-{number:03d}"
    folder.mkdir(parents=True)
    more = "".join(f"{key}: {value}\n" for key, value in extra.items())
    text = (
        f"id: KAIZ-{number:03d}\ntitle: {title}\ncomponent: pcc-main\nowner: backend-team\nseverity: high\n"
        'objective: "Less"\nsuccess_criteria:\n  - "p95_latency_ms < 10"\nabort_criteria:\n  - "+1"\n'
        f'rollback_plan: "undo"\nlinks: {{repository: "https://example.org/x"}}\nlabels: [a, "b,c"]\nstatus: {status}\n'
        f'created_at: "2026-01-01T00:00:00Z"\nupdated_at: "2026-01-02T00:00:00Z"\n{more}'
    )
    (folder / "Kaizen-Tkt.yml").write_text(text, encoding="utf-8")
    return folder / "Kaizen-Tkt.yml"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    registry = tmp_path / "work" / "registry" / "kaizen" / "components"
    registry.mkdir(parents=True)
    (registry / "pcc-main.yml").write_text(
        "id: pcc-main\nname: PCC\ntier: 0\nowner: backend-team\nslo:\n  metrics:\n"
        '    - {name: p95_latency_ms, threshold: "10", abort_threshold: "15", unit: ms}\n'
        '    - {name: rate, threshold: "200", abort_threshold: "150"}\n',
        encoding="utf-8",
    )
    (registry.parent / "config.yml").write_text("metrics: {source: simulated}\n", encoding="utf-8")
    for number, status in enumerate(STATUSES, 1):
        write_ticket(tmp_path / "work", number, status)
    quoted = HOSTILE.replace('"q\\"', "'q'").replace('"http://x"', "'http://x'").replace(r"\e[", r"\x1b[")
    write_ticket(tmp_path / "work", 8, "draft", f'"{quoted}"')
    broken = tmp_path / "work" / "tickets" / "KAIZ-009"
    broken.mkdir()
    (broken / "Kaizen-Tkt.yml").write_text("id: KAIZ-009\ntitle: [\n", encoding="utf-8")
    return Workspace(str(tmp_path / "work"))


@pytest.fixture
def add_ticket() -> Callable[..., Path]:
    return write_ticket
