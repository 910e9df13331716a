"""A page in Chromium that stays open: its script's values and its picture, over the browser's debugging protocol."""

import asyncio
import base64
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.e2e.chromium import FLAGS

LOOKS = 2000


class OpenPage:
    """One tab."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = count(1)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Calls the browser and waits for its answer."""
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    async def value(self, script: str) -> Any:
        """What an expression is on the page."""
        return (await self.call("Runtime.evaluate", expression=script))["result"].get("value")

    async def until(self, script: str) -> None:
        """Waits until the expression is true."""
        for _ in range(LOOKS):
            if await self.value(script):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never came to be: {script}; the page: {await self.value('document.body.outerHTML')}")

    async def picture(self) -> bytes:
        """A PNG of what is visible."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def open_page(
    program: str, folder: Path, url: str, *, size: tuple[int, int] = (1600, 1000)
) -> AsyncIterator[OpenPage]:
    """Starts a browser with the page in it, and ends it."""
    profile = folder / "profile"
    port_file = profile / "DevToolsActivePort"
    words = [f"--user-data-dir={profile}", "--remote-debugging-port=0", f"--window-size={size[0]},{size[1]}", url]
    browser = subprocess.Popen([program, *FLAGS, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(LOOKS):
            if port_file.exists() and port_file.read_text().count("\n"):
                break
            assert browser.poll() is None, "the browser ended"
            await asyncio.sleep(0.01)
        port = port_file.read_text().split("\n")[0]
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = [tab for tab in await answer.json() if tab["type"] == "page"]
            async with session.ws_connect(tabs[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield OpenPage(socket)
    finally:
        browser.terminate()
        browser.wait()
