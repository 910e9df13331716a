"""Makes docs/images/: pictures of the real board on the sample workspace, at a fixed time.

The pictures are SVG, as Textual draws them; nothing else is installed or started.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot

from kaizen_tui.loop.context import Session, random_token
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp, Options

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ACTOR = "Seun Adeyemi <seun.adeyemi@kestrel.example>"
# Fonts from the network: a picture should need none.
FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
# Name -> size in columns and lines, and the keys pressed before the picture is taken.
PICTURES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "board": ((160, 42), ("5", "j")),
    "detail": ((160, 42), ("5", "j", "enter")),
    "move": ((160, 42), ("4", "j", "j", "j", "m")),
    "approve": ((160, 42), ("4", "j", "a")),
    "components": ((160, 42), ("c",)),
}


async def picture(root: Path, name: str) -> None:
    size, keys = PICTURES[name]
    workspace = Workspace(str(root))
    app = KaizenApp(
        workspace,
        Options(watch=False, read_only=False),
        lambda: Session(workspace, ACTOR, lambda: NOW, random_token),
        now=NOW.timestamp,
    )
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for key in keys:
            await pilot.press(key)
        await settle(app, pilot)
        await pilot.pause()
        IMAGES.mkdir(parents=True, exist_ok=True)
        svg = FONT_FACE.sub("", app.export_screenshot(title="kaizen-tui"))
        (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")
        app.exit(0)


async def settle(app: KaizenApp, pilot: Pilot[int]) -> None:
    """Waits until no job of the app is under way and everything that they posted is shown."""
    for _ in range(5):  # a job's message may start the next job
        await app.jobs.settled()
        await pilot.pause()


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "platform-sample"
        for part in ("registry", "tickets"):
            shutil.copytree(ROOT / part, root / part)
        for name in PICTURES:
            asyncio.run(picture(root, name))
            print(f"docs/images/{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
