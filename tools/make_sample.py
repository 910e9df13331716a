"""Makes the sample workspace in registry/ and tickets/: a made-up platform, told by tools/sample/, and this repository.

Everything goes through the product's own functions, on a scripted clock and with seeded tokens: two runs give the same
bytes. Needs git. Tickets that are not part of the sample are left alone.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from sample import components, early, late, middle, own
from sample.play import Player

ROOT = Path(__file__).resolve().parents[1]
STORIES = (*early.STORIES, *middle.STORIES, *late.STORIES, *own.STORIES)


def build(root: Path) -> str:
    """Plays all stories into the empty folder `root`; the candidates' commits, for `git fast-import`."""
    for name, text in components.FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    player = Player(str(root))
    for story in STORIES:
        player.play(story)
    player.set_shares(str(root / components.FLAGS_FILE))
    return player.candidates()


def place(source: Path, target: Path) -> None:
    """Puts registry/kaizen and the tickets that were made into `target`, in the place of what stood there."""
    parts = [Path("registry/kaizen"), *(path.relative_to(source) for path in sorted(source.glob("tickets/*-*")))]
    for part in parts:
        shutil.rmtree(target / part, ignore_errors=True)
        shutil.copytree(source / part, target / part)


def main() -> int:
    parser = argparse.ArgumentParser(description="make the sample workspace anew")
    parser.add_argument("--to", type=Path, default=ROOT, metavar="DIR", help="where (default: this checkout)")
    target = parser.parse_args().to
    with tempfile.TemporaryDirectory() as folder:
        candidates = build(Path(folder))
        place(Path(folder), target)
    (target / "registry" / "kaizen" / "candidates.fast-export").write_text(candidates, encoding="utf-8")
    print(f"{len(STORIES)} tickets and {len(components.FILES) - 2} components in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
