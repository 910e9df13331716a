"""`kaizen-tui --serve`: the board in a browser, one process of the dashboard for each visitor.

Who may look is decided here, for every request: the Host header must be one of ours (a page that has been made to
resolve to this machine has another), a websocket must come from our own page, and where a board can be changed, or
be reached from other machines, the address must hold the token.
"""

import asyncio
import hmac
import html
import logging
import os
import re
import secrets
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.place import Place, parse_place

try:
    from aiohttp import WSCloseCode, web
    from textual_serve.app_service import AppService
    from textual_serve.server import Server
except ImportError as missing:
    raise StoreError(
        f"--serve needs packages that are not installed ({missing.name})",
        hint='install the extra: pip install "kaizen-tui[serve]"',
    ) from missing

# Each visitor is a process of some 80 MB.
MOST_VISITORS = 8
_WIDEST, _TALLEST = 500, 300
_PATIENCE = 5.0  # seconds that a dashboard has to end when asked to
_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Decides who may look. token: "" where none is needed."""

    def __init__(self, place: Place, token: str) -> None:
        self.token = token
        self._hosts = place.hosts

    def refusal(self, request: web.Request) -> str:
        """Why this request is refused, or ""."""
        host = request.headers.get("Host", "").lower()
        if not _HOST.fullmatch(host):
            return "the request names no host"
        # Reached under any name from other machines, the token alone decides.
        if self._hosts and host not in self._hosts:
            return "this address is not one that the board is served under"
        if request.path.startswith("/static/"):
            return ""
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            return "another page asked for the board"
        given = (request.match_info.get("token") or request.query.get("token", "")).encode("utf-8", "replace")
        if self.token and not hmac.compare_digest(given, self.token.encode()):
            return "the address lacks the token that was printed when the board was served"
        return ""


class BoardServer(Server):
    """textual-serve's websocket and scripts, behind the guard and on a page of ours that loads nothing from elsewhere.

    command: of one visitor's process, as words. title: of the page.
    """

    def __init__(self, place: Place, command: Sequence[str], title: str, token: str) -> None:
        super().__init__(f"exec {shlex.join(command)}", place.host, place.port, title)
        self.guard = Guard(place, token)
        self._sockets: set[web.WebSocketResponse] = set()

    def application(self) -> web.Application:
        """The web application."""

        @web.middleware
        async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
            reason = self.guard.refusal(request)
            if reason:
                return web.Response(status=403, text=f"kaizen-tui: {reason}\n")
            return await handler(request)

        application = web.Application(middlewares=[guarded])
        application.on_shutdown.append(self._close)
        application.add_routes(
            [
                web.get("/", self.handle_page),
                web.get("/ws", self.handle_visitor),
                web.get("/ws/{token}", self.handle_visitor),
                web.static("/static", self.statics_path),
            ]
        )
        return application

    async def handle_page(self, request: web.Request) -> web.Response:
        """The page with the terminal."""
        template = files("kaizen_tui.tui").joinpath("serve.html").read_text("utf-8")
        scheme = "wss" if request.headers.get("X-Forwarded-Proto") == "https" else "ws"
        # textual-serve's script appends `?width=…`, so that the token can't stand there.
        socket = f"{scheme}://{request.host}/ws" + (f"/{self.guard.token}" if self.guard.token else "")
        page = template.replace("{title}", html.escape(self.title)).replace("{socket}", html.escape(socket))
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            f"font-src 'self' data:; connect-src {scheme}://{request.host}; frame-ancestors 'none'; base-uri 'none'"
        )
        return web.Response(
            text=page,
            content_type="text/html",
            headers={
                "Content-Security-Policy": policy,
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )

    async def handle_visitor(self, request: web.Request) -> web.StreamResponse:
        """The websocket of one browser: a dashboard of its own."""
        sides = ((request.query.get("width", "80"), _WIDEST), (request.query.get("height", "24"), _TALLEST))
        if not all(side.isascii() and side.isdigit() and 0 < int(side) <= most for side, most in sides):
            return web.Response(status=400, text="kaizen-tui: no such size\n")
        if len(self._sockets) >= MOST_VISITORS:
            return web.Response(status=503, text=f"kaizen-tui: {MOST_VISITORS} browsers look at the board already\n")
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=1 << 20)

        async def leave() -> None:
            await socket.close()

        self._sockets.add(socket)
        try:
            await socket.prepare(request)
            visitor = Visitor(
                self.command,
                write_bytes=socket.send_bytes,
                write_str=socket.send_str,
                close=leave,
                download_manager=self.download_manager,
            )
            await visitor.start(int(request.query.get("width", "80")), int(request.query.get("height", "24")))
            try:
                await self._process_messages(socket, visitor)
            except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
                # Not what textual-serve's own script sends.
                await socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
            finally:
                await visitor.end()
        finally:
            self._sockets.discard(socket)
        return socket

    async def _close(self, _: web.Application) -> None:
        """Ends every visitor's dashboard; aiohttp would wait for them to leave by themselves."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)


class Visitor(AppService):
    """One visitor's process."""

    async def end(self) -> None:
        """Ends the process and waits for it: gently first."""
        process = self._process
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.stop()
        except TimeoutError:
            if process is not None:
                process.kill()
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()


def visitor_command(root: str, *, writable: bool, theme: str | None, actor: str | None) -> list[str]:
    """The words that start one visitor's dashboard."""
    words = [sys.executable, "-m", "kaizen_tui.tui.entry", "-C", root]
    if not writable:
        words.append("--read-only")
    if theme is not None:
        words.append(f"--theme={theme}")
    if actor is not None:
        words.append(f"--actor={actor}")
    return words


def serve(root: str, text: str, *, writable: bool, theme: str | None, actor: str | None) -> int:
    """Serves until Ctrl+C; returns the exit code. Raises UsageError (address), StoreError (port taken)."""
    place = parse_place(text)
    token = secrets.token_urlsafe(24) if writable or not place.is_local else ""
    logging.basicConfig(level=logging.WARNING, format="kaizen-tui: %(message)s", stream=sys.stderr)
    title = f"{os.path.basename(root) or '/'} - Kaizen"
    server = BoardServer(place, visitor_command(root, writable=writable, theme=theme, actor=actor), title, token)

    def ready(*_: object, **__: object) -> None:
        address = f"http://{place.shown_host}:{place.port}/" + (f"?token={token}" if token else "")
        sys.stdout.write(f"{'writable' if writable else 'read-only'} board on {address}\n")
        if not place.is_local:
            sys.stderr.write("kaizen-tui: other machines can reach this, unencrypted: put a proxy with TLS before it\n")
        sys.stdout.write("Ctrl+C ends it\n")
        sys.stdout.flush()

    try:
        # A log of requests would hold the token.
        web.run_app(server.application(), host=place.host, port=place.port, print=ready, access_log=None)
    except OSError as error:
        raise StoreError(
            f"cannot listen on {place.shown_host}:{place.port}: {os.strerror(error.errno) if error.errno else error}",
            hint="choose another one: --serve HOST:PORT",
        ) from error
    return 0
