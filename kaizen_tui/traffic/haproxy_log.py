"""The GETs of HAProxy's HTTP log, as requests that can be replayed.

Two formats are read, also mixed, with or without what syslog puts before them: the one of `option httplog`, and JSON
objects with a key each for the time, the status and either the request line or method and path (docs/replay.md).
A log has neither headers nor bodies: requests that change things can't be made from it, and aren't.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kaizen_tui.traffic.recording import MAX_REQUESTS, Recording, RecordingError, Request, printable

LONGEST_LINE = 65_536  # bytes; HAProxy's own limit
# client [accept date] frontend backend/server timers status bytes … "request line"; a line may be cut at its end.
_HTTP = re.compile(
    r"\[(?P<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:.]{8,15}(?: [+-][0-9]{4})?)\] \S+ \S+ \S+ (?P<status>-?[0-9]+) "
    r"[^\"]*\"(?P<line>[^\"]*)(?P<whole>\"?)"
)
_ESCAPED = re.compile(r"#([0-9A-F]{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(\.\d{1,6})?(?: ([+-])(\d\d)(\d\d))?")
_TIMES = ("time", "timestamp", "@timestamp", "ts", "date", "accept_date", "time_iso8601")
_METHODS = ("method", "http_method", "request_method")
_PATHS = ("uri", "request_uri", "path", "http_uri", "url")
_LINES = ("request", "request_line", "http_request")
_STATUSES = ("status", "status_code", "http_status", "response_status")


class _Line(NamedTuple):
    """at: seconds. request: the request line. whole: False where the log cut it off."""

    at: float
    request: str
    status: int
    whole: bool


def read_haproxy_log(lines: Iterable[bytes], name: str) -> Recording:
    """The GETs of a log. name: as people are shown it. Raises RecordingError where no line is of HAProxy's HTTP log."""
    found: list[tuple[float, Request]] = []
    left_out: dict[str, int] = {}
    known = False
    for raw in lines:
        line = _line(raw[:LONGEST_LINE].decode("utf-8", "replace"))
        request = "a line of another kind" if line is None else _request(line)
        known = known or line is not None
        if not isinstance(request, str) and len(found) == MAX_REQUESTS:
            request = f"beyond the first {MAX_REQUESTS:,}"
        if isinstance(request, str):
            left_out[request] = left_out.get(request, 0) + 1
        else:
            found.append((line.at if line else 0.0, request))
    if not known:
        raise RecordingError(
            "no line of HAProxy's HTTP log", where=name, hint="`option httplog` or a JSON log-format (docs/replay.md)"
        )
    found.sort(key=lambda pair: pair[0])  # a log has the order of the answers' ends
    first = found[0][0] if found else 0.0
    return Recording(tuple(request._replace(at=at - first) for at, request in found), left_out, {}, "haproxy", ())


def _request(line: _Line) -> Request | str:
    """The request, or why it is left out."""
    if not line.whole:
        return "a request line that the log cut off"
    method, _, rest = line.request.partition(" ")
    target = _ESCAPED.sub(lambda hit: chr(int(hit[1], 16)), rest.rpartition(" ")[0] if " HTTP/" in rest else rest)
    if method != "GET":
        return "another method than GET" if method.isalpha() and method.isupper() else "a bad request"
    if not target.startswith("/"):  # HTTP/2 and proxies: with scheme and host
        try:
            url = urlsplit(target)
        except ValueError:
            return "a bad request"
        if url.scheme not in ("http", "https") or not url.netloc:
            return "a bad request"
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    if not printable(target) or "#" in target or not target.startswith("/"):
        return "a bad request"
    return Request(0.0, "GET", target, (), b"", line.status if 100 <= line.status <= 599 else 0)


def _line(text: str) -> _Line | None:
    brace = text.find("{")
    if brace >= 0:
        line = _from_json(text[brace:])
        if line is not None:
            return line
    hit = _HTTP.search(text)
    at = _moment(hit["time"]) if hit else None
    if hit is None or at is None:
        return None
    return _Line(at, hit["line"], int(hit["status"][:6]), bool(hit["whole"]))


def _from_json(text: str) -> _Line | None:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    at = _moment(_first(raw, _TIMES))
    request, method, path = _first(raw, _LINES), _first(raw, _METHODS), _first(raw, _PATHS)
    if not isinstance(request, str) and isinstance(method, str) and isinstance(path, str):
        query = _first(raw, ("query", "query_string"))
        more = query if isinstance(query, str) and "?" not in path else ""
        request = f"{method} {path}" + (f"?{more.removeprefix('?')}" if more.removeprefix("?") else "")
    if at is None or not isinstance(request, str):
        return None
    status = str(_first(raw, _STATUSES))
    return _Line(at, request, int(status) if re.fullmatch(r"[0-9]{3}", status) else 0, True)


def _first(raw: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((raw[name] for name in names if raw.get(name) is not None), None)


def _moment(value: Any) -> float | None:
    """Seconds of HAProxy's date, an ISO 8601 one, or a number of seconds, milliseconds or microseconds; None else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,20}(?:\.[0-9]{1,9})?", value):
        return _date(value)
    number = float(value)
    if not 0 <= number < 1e17:  # also NaN
        return None
    return number / (1e6 if number > 1e14 else 1e3 if number > 1e11 else 1)


def _date(text: str) -> float | None:
    hit = _DATE.fullmatch(text)
    try:
        if hit is None:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        day, month, year, hour, minute, second, part, sign, hours, minutes = hit.groups()
        date = (int(year), _MONTHS.index(month) + 1, int(day))
        moment = datetime(*date, int(hour), int(minute), int(second), tzinfo=UTC)
        away = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1) if sign else 0
        return moment.timestamp() + float(part or 0) - away
    except (ValueError, OverflowError):
        return None
