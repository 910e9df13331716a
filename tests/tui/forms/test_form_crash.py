"""What a person typed survives the program's death: a real process, killed without a chance to say goodbye."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from kaizen_tui.store import drafts
from tests.tui.forms.form_world import make_workspace

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import asyncio, os, signal, sys
from kaizen_tui.store.workspace import Workspace
from tests.tui.forms.form_world import form_of, make_app

async def main():
    app = make_app(Workspace(sys.argv[1]))
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("n", *"Typed before the crash"):
            await pilot.press(key)
            await app.jobs.settled()
            await pilot.pause()
        while not os.path.exists(sys.argv[1] + "/.kaizen/drafts/new-1.json"):
            await asyncio.sleep(0.01)
        form_of(app).keep()
        await app.jobs.settled()
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_killed_program_leaves_the_draft(tmp_path: Path) -> None:
    ws = make_workspace(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), ws.root],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    name, draft = drafts.offered_draft(ws, drafts.read_draft(ws, "new-1").saved + 1)  # type: ignore[union-attr]
    assert name == "new-1"
    assert draft is not None
    typed = draft.values["title"] + draft.values["component"]
    assert typed.endswith("yped before the crash")
