"""A server before the server, on loopback: passes requests on, or answers as broken ones do."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

EMPTY: dict[str, object] = {"status": "success", "data": {"resultType": "vector", "result": []}}


def answer(status: str, body: str, *headers: str) -> bytes:
    """A whole answer. status: such as `200 OK`."""
    data = body.encode()
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + data


def api_error(status: str, kind: str, words: str) -> bytes:
    """An error as Prometheus' API puts it."""
    return answer(status, json.dumps({"status": "error", "errorType": kind, "error": words}))


def api_answer(data: object, **more: object) -> bytes:
    """A success of the API."""
    return answer("200 OK", json.dumps({**EMPTY, "data": data, **more}))


class Dribble:
    """Sends `head`, then `drop` again and again, a little at a time, until the client goes."""

    def __init__(self, head: bytes, drop: bytes, pause: float = 0.01) -> None:
        self.head, self.drop, self.pause = head, drop, pause


PASS = "pass"  # what the real server answers
HANG = "hang"  # reads the request, says nothing
CUT = "cut"  # closes the connection after the request
Mode = str | bytes | Dribble


class Faulty:
    """Listens on a free port. mode: what is done with each request from now on. token: who asks without it as a bearer
    token is refused with 401. tls: what it speaks, None for plain HTTP.

    requests: (path, headers) of all requests, oldest first. heard: called at each of them, before it is answered.
    """

    def __init__(self, upstream: int | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.mode: Mode = PASS
        self.token = ""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.heard: Callable[[], object] = list
        self._upstream = upstream
        self._tls = tls
        self._end = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Its address, without a slash at its end."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._listening.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            plain.settimeout(60)
            with self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as connection:
                self._answer(connection, *_request(connection))
        except OSError:
            plain.close()  # the client has gone, or didn't like the certificate: that is its matter

    def _answer(self, connection: socket.socket, path: str, headers: dict[str, str]) -> None:
        self.requests.append((path, headers))
        self.heard()
        mode = self.mode
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            connection.sendall(answer("401 Unauthorized", "no entry"))
        elif isinstance(mode, bytes):
            connection.sendall(mode)
        elif isinstance(mode, Dribble):
            connection.sendall(mode.head)
            while not self._end.wait(mode.pause):
                connection.sendall(mode.drop)
        elif mode == HANG:
            while not self._end.is_set() and connection.recv(1):
                pass
        elif mode == PASS:
            connection.sendall(self._passed(path))

    def _passed(self, path: str) -> bytes:
        assert self._upstream is not None
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=60)
        try:
            upstream.request("GET", path)
            found = upstream.getresponse()
            return answer(f"{found.status} {found.reason}", found.read().decode())
        except ConnectionError:
            return answer("502 Bad Gateway", "<html>no upstream</html>")
        finally:
            upstream.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


def _request(connection: socket.socket) -> tuple[str, dict[str, str]]:
    """Path and headers (names in small letters) of a GET."""
    text = b""
    while b"\r\n\r\n" not in text:
        part = connection.recv(65536)
        if not part:
            raise ConnectionResetError
        text += part
    first, *lines = text.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return first.split(" ")[1], {name.lower(): value for name, value in headers.items()}
