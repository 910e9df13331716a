"""Chromium without a window, for pages that Kaizen makes: its DOM as text, or a picture."""

import subprocess
from pathlib import Path

# Of these only --headless and --no-sandbox (CI runs as root) matter to the page; the others keep it off the network.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip


class Chromium:
    """Runs the program at `path`; each page gets a new, empty profile under `folder`."""

    def __init__(self, path: str, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._count = 0

    def _run(self, *words: str) -> bytes:
        self._count += 1
        profile = self._folder / f"profile-{self._count}"
        done = subprocess.run(
            [self._path, *FLAGS, f"--user-data-dir={profile}", *words], capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def dom(self, url: str, *, budget: int = 0) -> str:
        """The page as the browser understood it. budget: milliseconds of the page's own time to let scripts run."""
        more = [f"--virtual-time-budget={budget}"] if budget else []
        return self._run("--dump-dom", *more, url).decode("utf-8")

    def picture(self, url: str, target: Path, *, size: tuple[int, int] = (1600, 1000)) -> bytes:
        """A PNG of the page."""
        self._run(f"--screenshot={target}", f"--window-size={size[0]},{size[1]}", url)
        return target.read_bytes()
