"""A real small HTTP server that takes webhooks, refuses them, sends them elsewhere, or doesn't answer for a while."""

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

PATIENCE = 60.0  # seconds until a test that waits in vain fails


class Got(NamedTuple):
    """One request. event: its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def what(self) -> str:
        return f"{self.event['event']} {self.event['phase']}".strip()

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Hook:
    """status: of the answers from now on. answers: of the next ones. open: while clear, requests wait unanswered."""

    def __init__(self) -> None:
        self.status = 204
        self.answers: list[int] = []
        self.more: dict[str, str] = {}
        self.open = threading.Event()
        self.open.set()
        self.got: list[Got] = []
        self.taken: list[Got] = []
        self._change = threading.Condition()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook._answer(self, Got(self.path, {key.lower(): value for key, value in self.headers.items()}, body))

            def do_GET(self) -> None:
                hook._answer(self, Got(self.path, {}, b"{}"))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class' name)
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/kaizen"

    def _answer(self, handler: BaseHTTPRequestHandler, got: Got) -> None:
        with self._change:
            self.got.append(got)
            self._change.notify_all()
        self.open.wait(PATIENCE)
        with self._change:
            status = self.answers.pop(0) if self.answers else self.status
            if 200 <= status < 300:
                self.taken.append(got)
                self._change.notify_all()
        try:
            handler.send_response(status)
            for name, value in self.more.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        except OSError:
            pass  # whoever asked has gone

    def wait(self, count: int) -> list[Got]:
        """Until so many were taken."""
        with self._change:
            assert self._change.wait_for(lambda: len(self.taken) >= count, PATIENCE), [one.what for one in self.taken]
            return list(self.taken)

    def wait_asked(self, count: int) -> list[Got]:
        """Until so many requests came, whatever became of them."""
        with self._change:
            assert self._change.wait_for(lambda: len(self.got) >= count, PATIENCE), len(self.got)
            return list(self.got)

    def __enter__(self) -> "Hook":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def is_signed(got: Got, secret: str) -> bool:
    """As a receiver checks it that knows nothing of Kaizen's code: standardwebhooks.com, `Verifying signatures`."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = b".".join([got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body])
    mac = base64.standard_b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
    return any(hmac.compare_digest(f"v1,{mac}", one) for one in got.headers["webhook-signature"].split(" "))
