"""A server that speaks Prometheus' HTTP API and answers what a test says, on a free loopback port."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

Labels = Mapping[str, str]


class Refusal(NamedTuple):
    """An answer that isn't a result: as the server would send it."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = {}


# What a query comes to: samples of (labels, value), one number for a single sample without labels, or a refusal.
Found = Sequence[tuple[Labels, float]] | float | Refusal


class Double:
    """`with Double(answer) as server:` answers each query with `answer(query)`. asked: the queries so far; instants: at
    which the instant queries among them were asked, epoch seconds.

    A range query has that value at each of its steps.
    """

    def __init__(self, answer: Callable[[str], Found]) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.instants: list[float] = []
        self.headers: list[Mapping[str, str]] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Tests print nothing."""

            def do_GET(self) -> None:
                double.reply(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.01), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, request: BaseHTTPRequestHandler) -> None:
        address = urlsplit(request.path)
        given = {name: values[0] for name, values in parse_qs(address.query).items()}
        query = given.get("query", "")
        self.asked.append(query)
        if "time" in given:
            self.instants.append(float(given["time"]))
        self.headers.append(dict(request.headers.items()))
        found = self.answer(query) if address.path.startswith("/api/v1/query") else Refusal(404, "not here")
        if isinstance(found, Refusal):
            status, body, headers = found.status, found.body, dict(found.headers)
        else:
            status, headers = 200, {"Content-Type": "application/json"}
            body = json.dumps({"status": "success", "data": _data(found, given)})
        data = body.encode()
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def refusal(status: int, kind: str, words: str) -> Refusal:
    """An error as Prometheus words it."""
    return Refusal(status, json.dumps({"status": "error", "errorType": kind, "error": words}))


def now_or(query: str, value: Found) -> Found:
    """`value`, but the present for a question about the age of samples."""
    return time.time() if "timestamp(" in query else value


def _data(found: Sequence[tuple[Labels, float]] | float, given: Mapping[str, str]) -> dict[str, Any]:
    samples = [({}, found)] if isinstance(found, float | int) else found
    if "step" in given:
        start, end = float(given["start"]), float(given["end"])
        step = float(given["step"].removesuffix("s"))
        times = [start + place * step for place in range(int((end - start) / step) + 1)]
        result = [{"metric": dict(labels), "values": [[at, _text(value)] for at in times]} for labels, value in samples]
        return {"resultType": "matrix", "result": result}
    at = float(given.get("time", "0"))
    result = [{"metric": dict(labels), "value": [at, _text(value)]} for labels, value in samples]
    return {"resultType": "vector", "result": result}


def _text(value: float) -> str:
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(str(float(value)), repr(float(value)))
