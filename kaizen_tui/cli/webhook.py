"""The server behind `kaizen plan --listen`: takes what Alertmanager's webhook posts, and nothing else.

Who may post is decided before a byte of the body is read. On this machine: no browser's page can, since it would have
to ask for leave first (the type is JSON), and a name made to resolve here is not ours. From others: who has the token.
"""

import hmac
import json
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kaizen_tui.core.alert import MAX_BYTES, Payload, PayloadError, read_payload
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.place import Place

PATH = "/alerts"
MOST_AT_ONCE = 32  # connections
STALLED = 5.0  # seconds without a byte
LONGEST = 30.0  # seconds that a request may take to arrive
# Does what the payload calls for, and returns what is answered. Raises KaizenError.
Take = Callable[[Payload], dict[str, Any]]


class Webhook(ThreadingHTTPServer):
    """Bound when it is made, so that a taken port is an OSError at once.

    token: "" where none is asked for. take: is called by one thread at a time. tell: hears of what went wrong.
    """

    daemon_threads = False  # whoever ends the server waits for what is being written
    request_queue_size = 64

    def __init__(self, place: Place, token: str, take: Take, tell: Callable[[KaizenError], object]) -> None:
        import socket

        self.address_family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        self.place = place
        self.token = token
        self.tell = tell
        self._take = take
        self._turn = threading.Lock()
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__((place.host, place.port), _Request)

    def server_bind(self) -> None:
        """Without the look-up of the host's full name, which may take a name server's time-out."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.place.host, self.place.port

    def take(self, payload: Payload) -> dict[str, Any]:
        """One payload at a time."""
        with self._turn:
            return self._take(payload)

    def stop(self) -> None:
        """Ends `serve_forever`; may be called in a signal's handler."""
        threading.Thread(target=self.shutdown, daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)  # Alertmanager tries again
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is the client's affair: it will try again."""


class _Request(BaseHTTPRequestHandler):
    server: Webhook
    timeout = STALLED
    server_version = "kaizen"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self._deadline = threading.Timer(LONGEST, self._cut)
        self._deadline.daemon = True
        self._deadline.start()

    def finish(self) -> None:
        self._deadline.cancel()
        super().finish()

    def _cut(self) -> None:
        import socket

        try:
            self.connection.shutdown(socket.SHUT_RD)
        except OSError:  # gone already
            return

    def do_POST(self) -> None:
        refused = self._refused()
        if refused is not None:
            self._answer(*refused)
            return
        data = self._body()
        if data is None:
            return
        self._deadline.cancel()
        try:
            done = self.server.take(read_payload(data, "the request"))
        except PayloadError as error:
            self.server.tell(error)
            self._answer(400, str(error))
        except KaizenError as error:  # Alertmanager tries again after a 5xx, and only then
            self.server.tell(error)
            self._answer(503, str(error))
        except Exception as error:  # noqa: BLE001 - the server goes on, and says so
            self.server.tell(KaizenError(f"{type(error).__name__}: {error}", hint="this is a bug in kaizen"))
            self._answer(500, "this is a bug in kaizen; its own messages say more")
        else:
            self._answer(503 if done.get("failed") else 200, done)

    def _refused(self) -> tuple[int, str] | None:
        """Why this request is not taken, before its body is read."""
        server, headers = self.server, self.headers
        given = headers.get("Authorization", "").encode("utf-8", "replace")
        if server.token and not hmac.compare_digest(given, f"Bearer {server.token}".encode()):
            return 401, "the request has no Authorization header with the right bearer token"
        hosts = server.place.hosts
        if "Origin" in headers or (hosts and not server.token and headers.get("Host", "").lower() not in hosts):
            return 403, "a web page, or another name than this server's, asked"
        if self.path != PATH:
            return 404, f"alerts are posted to {PATH}"
        if headers.get_content_type() != "application/json":
            return 415, "the Content-Type must be application/json"
        return None

    def _body(self) -> bytes | None:
        """The whole body; None when it can't be had, which is answered."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self._answer(411, "the request needs a Content-Length")
        elif len(length) > 12 or int(length) > MAX_BYTES:
            self._answer(413, f"more than {MAX_BYTES >> 20} MiB; set max_alerts in Alertmanager")
        else:
            try:
                data = self.rfile.read(int(length))
            except TimeoutError:
                data = b""
            if len(data) == int(length):
                return data
            self._answer(408, "the request broke off")
        return None

    def _answer(self, code: int, what: str | dict[str, Any]) -> None:
        body = json.dumps({"error": what} if isinstance(what, str) else what).encode() + b"\n"
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if code == 405:
            self.send_header("Allow", "POST")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library itself refuses, in our shape; 501 is what it says of any method but ours."""
        if code == 501:
            self._answer(405, f"only POST {PATH} is answered here")
        else:
            self._answer(int(code), message or explain or "the request can't be read")

    def log_message(self, *_: Any) -> None:
        """The events are told elsewhere; request lines are hostile text."""
