"""Recorded requests: what of a HAR file (HTTP Archive 1.2) is played again. Strict and bounded; credentials don't pass.

A recording comes from a browser, mitmproxy or a log of HAProxy. What is kept of it is what a replay needs: the request
without its credentials, when it was sent, and the status it got. Answers are not kept: both versions answer anew.
"""

import json
from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kaizen_tui.core.errors import KaizenError

MAX_BYTES = 64 * 2**20
MAX_REQUESTS = 100_000
MAX_BODY = 2**20
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CREATOR = "kaizen"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHENCE = "browsers and mitmproxy save HAR files"
# What belongs to one connection (RFC 9110, section 7.6.1), or is the client library's to say.
_HOPS = frozenset({
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "host",
    "content-length", "accept-encoding", "expect", "http2-settings",
})  # fmt: skip
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class RecordingError(KaizenError):
    """The file is no recording as Kaizen reads it. where: the file."""


class Request(NamedTuple):
    """One recorded request.

    at: seconds after the first one. target: path and query, as sent; begins with a slash. headers: without those of the
    connection. body: UTF-8. status: that the recording's answer had, 0 where it says none.
    """

    at: float
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


class Recording(NamedTuple):
    """Requests in the order they were sent.

    left_out: how many entries were passed over, by reason. hosts: how many requests each host got, before any was left
    out for its host. creator: the program that wrote the file. raw: the entries as they stand in the file.
    """

    requests: tuple[Request, ...]
    left_out: Mapping[str, int]
    hosts: Mapping[str, int]
    creator: str
    raw: Sequence[Any]


class _LeftOut(Exception):  # noqa: N818 - no error: the entry is passed over and counted
    """Why an entry can't be played."""


def read_har(data: bytes, name: str, hosts: Collection[str] = ()) -> Recording:
    """The requests of a HAR file. name: as people are shown it. hosts: only requests to these; () for all.

    Nothing is redacted here: see redact.py. What can't be played is passed over and counted. Raises RecordingError.
    """
    entries, creator = _entries(data, name)
    found: list[tuple[float, Request]] = []
    left_out: dict[str, int] = {}
    seen: dict[str, int] = {}
    for place, entry in enumerate(entries, 1):
        try:
            host, at, request = _request(entry)
            seen[host] = seen.get(host, 0) + 1
            if hosts and host not in hosts:
                raise _LeftOut("another host")
            found.append((at, request))
        except _LeftOut as reason:
            left_out[str(reason)] = left_out.get(str(reason), 0) + 1
        except RecordingError as error:
            raise RecordingError(f"entry {place}: {error.what}", where=name, hint="export the recording anew") from None
    found.sort(key=lambda pair: pair[0])
    first = found[0][0] if found else 0.0
    requests = tuple(request._replace(at=at - first) for at, request in found)
    return Recording(requests, left_out, seen, creator, entries)


def _entries(data: bytes, name: str) -> tuple[Sequence[Any], str]:
    if len(data) > MAX_BYTES:
        raise RecordingError(
            f"a recording of more than {MAX_BYTES // 2**20} MiB", where=name, hint="record less, or without the answers"
        )
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise RecordingError("no HAR file: it is no JSON", where=f"{name}{line}", hint=_WHENCE) from None
    log = raw.get("log") if isinstance(raw, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise RecordingError("no HAR file: it has no list log.entries", where=name, hint=_WHENCE)
    if len(entries) > MAX_REQUESTS:
        raise RecordingError(f"a recording of more than {MAX_REQUESTS:,} requests", where=name, hint="record less")
    creator = log.get("creator") if isinstance(log, dict) else None
    program = creator.get("name") if isinstance(creator, dict) else None
    return entries, program if isinstance(program, str) else ""


def _request(entry: Any) -> tuple[str, float, Request]:
    """The host, when it was sent (epoch seconds), and the request. Raises _LeftOut, RecordingError."""
    entry = _object(entry, "the entry")
    raw = _object(entry.get("request"), "request")
    at = _moment(entry.get("startedDateTime"))
    answer = entry.get("response")
    answer = answer if isinstance(answer, dict) else {}
    method = _text(raw.get("method"), "request.method").upper()
    host, target = _url(_text(raw.get("url"), "request.url"))
    names, headers = _headers(raw.get("headers"))
    _playable(entry, answer, method, names)
    body = _body(raw.get("postData"))
    status = answer.get("status")
    known = status if isinstance(status, int) and 100 <= status <= 599 else 0
    return host, at, Request(0.0, method, target, headers, body, known)


def _playable(entry: Mapping[str, Any], answer: Mapping[str, Any], method: str, names: Collection[str]) -> None:
    """Raises _LeftOut for what a server can't be asked again, or never was asked."""
    if not method or not set(method) <= _TOKEN or method in ("CONNECT", "TRACE"):
        raise _LeftOut("a method that isn't played")
    if "upgrade" in names and answer.get("status") == 101:
        raise _LeftOut("WebSocket")
    if entry.get("_fromCache") or entry.get("_fetchedViaServiceWorker"):
        raise _LeftOut("answered by the browser's cache")
    content = answer.get("content")
    kind = content.get("mimeType") if isinstance(content, dict) else None
    if isinstance(kind, str) and kind.lower().startswith("text/event-stream"):
        raise _LeftOut("an answer that never ends")


def _url(text: str) -> tuple[str, str]:
    """Host and target."""
    if not printable(text):
        raise _LeftOut("a URL that no request line can have")
    try:
        url = urlsplit(text)
        host = url.hostname
    except ValueError:
        raise _LeftOut("a URL that no request line can have") from None
    if url.scheme in ("ws", "wss"):
        raise _LeftOut("WebSocket")
    if url.scheme not in ("http", "https"):
        raise _LeftOut("not HTTP (data:, blob:, chrome-extension: …)")
    # Without a host, the path could become one: http:@elsewhere/
    if not host or url.path[:1] not in ("", "/"):
        raise _LeftOut("a URL without a host")
    return host, (url.path or "/") + (f"?{url.query}" if url.query else "")


def printable(text: str) -> bool:
    """Whether a request line can have this text: ASCII without blanks and controls."""
    return text.isascii() and text.isprintable() and " " not in text


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RecordingError(f"{name} is no object")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise RecordingError(f"{name} is no text")
    return value


def _headers(raw: Any) -> tuple[Collection[str], tuple[tuple[str, str], ...]]:
    """All names in lower case, and what is sent again."""
    if not isinstance(raw, list):
        raise RecordingError("request.headers is no list")
    pairs = []
    for item in raw:
        header = _object(item, "a header")
        pairs.append((_text(header.get("name"), "a header's name"), _text(header.get("value"), "a header's value")))
    kept = []
    for name, value in pairs:
        if name.startswith(":") or name.lower() in _HOPS:
            continue  # HTTP/2 writes its request line as headers
        if not name or not set(name) <= _TOKEN or not all(char == "\t" or char.isprintable() for char in value):
            raise _LeftOut("a header that no request can have")
        kept.append((name, value))
    return frozenset(name.lower() for name, _ in pairs), tuple(kept)


def _body(raw: Any) -> bytes:
    if raw is None:
        return b""
    data = _object(raw, "request.postData")
    if data.get("text") is None:
        if data.get("params"):
            raise _LeftOut("a body that the recording does not hold")
        return b""
    text = _text(data.get("text"), "request.postData.text")
    try:
        body = b64decode(text, validate=True) if data.get("encoding") == "base64" else text.encode()
        body.decode()
    except ValueError:
        raise _LeftOut("a body that is no text") from None
    if len(body) > MAX_BODY:
        raise _LeftOut(f"a body of more than {MAX_BODY // 2**20} MiB")
    return body


def _moment(value: Any) -> float:
    text = _text(value, "startedDateTime")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RecordingError("startedDateTime is no time") from None
    if moment.tzinfo is None:
        raise RecordingError("startedDateTime has no time zone")
    if not 1970 <= moment.year < 9999:
        raise RecordingError("startedDateTime is before 1970 or after 9998")
    return (moment - _EPOCH).total_seconds()


def allowed(requests: Sequence[Request], routes: Mapping[str, Sequence[str]]) -> tuple[Request, ...]:
    """The requests that may be played. routes: method -> exact paths. Safe methods are those of RFC 9110, 9.2.1."""
    return tuple(
        request
        for request in requests
        if request.method in SAFE_METHODS or request.path in routes.get(request.method, ())
    )


def write_har(requests: Sequence[Request], version: str) -> bytes:
    """The recording as a HAR file, one entry a line so that a change of one is a line in a review.

    Only distances in time matter: the first request is at the epoch. The host is not kept: a replay has its own.
    version: of Kaizen.
    """
    head = {"version": "1.2", "creator": {"name": CREATOR, "version": version}}
    lines = [json.dumps(_entry(request), ensure_ascii=True, separators=(",", ":")) for request in requests]
    body = ",\n".join(lines)
    return f'{{"log":{json.dumps(head)[:-1]}, "entries":[\n{body}\n]}}}}\n'.encode()


def _entry(request: Request) -> dict[str, Any]:
    moment = _EPOCH + timedelta(seconds=request.at)
    raw: dict[str, Any] = {
        "method": request.method,
        "url": f"http://replay.invalid{request.target}",
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": name, "value": value} for name, value in request.headers],
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
        raw["postData"] = {"mimeType": kind, "text": request.body.decode()}
    content = {"size": 0, "mimeType": ""}
    response = {
        "status": request.status, "statusText": "", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [],
        "content": content, "redirectURL": "", "headersSize": -1, "bodySize": -1,
    }  # fmt: skip
    return {
        "startedDateTime": moment.isoformat(timespec="microseconds"),
        "time": 0,
        "request": raw,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }
