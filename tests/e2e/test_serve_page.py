"""`kaizen-tui --serve` as started by a person, in a real browser."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.e2e.devtools import open_page
from tests.tui.boards import Place

pytestmark = pytest.mark.e2e


@pytest.fixture
async def address(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[str]:
    """Serves a small workspace; the address that was printed."""
    place = Place(tmp_path / "ws")
    place.ticket(1)
    words = ["-C", str(place.root), "--serve", f"127.0.0.1:{unused_tcp_port}", "--serve-writable"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.tui.entry", *words],
        env={**os.environ, "KAIZEN_ACTOR": "ada"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        yield process.stdout.readline().split()[-1]
        process.terminate()
        process.wait()


async def test_the_browser_shows_the_terminal(
    address: str, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    program = require_program("chromium")
    assert "?token=" in address
    async with open_page(program, tmp_path / "with", address) as page:
        await page.until("document.body.classList.contains('-first-byte')")
        assert await page.value("document.title") == "ws - Kaizen"
        assert await page.value("document.querySelectorAll('#terminal .xterm canvas').length") > 0
        assert (await page.picture()).startswith(b"\x89PNG")
    async with open_page(program, tmp_path / "without", address.partition("?")[0]) as page:
        await page.until("document.readyState == 'complete' && document.body.innerText.length > 0")
        assert "lacks the token" in await page.value("document.body.innerText")
        assert await page.value("document.querySelector('#terminal')") is None
