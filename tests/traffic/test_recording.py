"""HAR files read and written: what browsers and mitmproxy write, what nobody should have written."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.traffic.recording import (
    MAX_BODY,
    MAX_BYTES,
    MAX_REQUESTS,
    RecordingError,
    Request,
    read_har,
    write_har,
)
from tests.traffic.hars import entry, har

# What mitmproxy 11 writes with `set hardump FILE.har`: offsets in place of Z, HTTP/2 names, params beside the text.
MITMPROXY = """
{"log": {"version": "1.2",
 "creator": {"name": "mitmproxy", "version": "11.0.2", "comment": ""},
 "pages": [],
 "entries": [
  {"startedDateTime": "2026-03-02T11:00:01.250000+01:00", "time": 31.1,
   "request": {"method": "POST", "url": "https://shop.example.org/cart?x=1%202&y=%C3%A4", "httpVersion": "HTTP/2.0",
    "cookies": [], "headers": [
     {"name": ":authority", "value": "shop.example.org"},
     {"name": "content-type", "value": "application/x-www-form-urlencoded"},
     {"name": "accept-encoding", "value": "br"},
     {"name": "content-length", "value": "9"},
     {"name": "accept", "value": "*/*"}],
    "queryString": [{"name": "x", "value": "1 2"}], "headersSize": 200, "bodySize": 9,
    "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "item=4711",
     "params": [{"name": "item", "value": "4711"}]}},
   "response": {"status": 201, "statusText": "", "httpVersion": "HTTP/2.0", "cookies": [], "headers": [],
    "content": {"size": 2, "compression": 0, "mimeType": "text/plain", "text": "ok"},
    "redirectURL": "", "headersSize": 10, "bodySize": 2},
   "cache": {}, "timings": {"connect": -1, "ssl": -1, "send": 0, "receive": 1, "wait": 30}, "serverIPAddress": "::1"},
  {"startedDateTime": "2026-03-02T10:00:01.000000+00:00", "time": 1,
   "request": {"method": "GET", "url": "http://shop.example.org:8080", "httpVersion": "HTTP/1.1", "cookies": [],
    "headers": [{"name": "Host", "value": "shop.example.org"}], "queryString": [], "headersSize": 1, "bodySize": 0},
   "response": {"status": 0, "statusText": "", "httpVersion": "", "headers": [], "cookies": [],
    "content": {}, "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": 0, "_error": null},
   "cache": {}, "timings": {}}
 ]}}
"""


def read(*entries: Any) -> tuple[Request, ...]:
    return read_har(har(*entries), "x.har").requests


def reason(one: Any) -> str:
    """Why this entry is passed over."""
    recording = read_har(har(one), "x.har")
    assert recording.requests == ()
    [(why, count)] = recording.left_out.items()
    assert count == 1
    return why


def test_what_mitmproxy_writes() -> None:
    recording = read_har(MITMPROXY.encode(), "flows.har")
    first, second = recording.requests
    assert first == Request(0.0, "GET", "/", (), b"", 0)
    assert second == Request(
        0.25,
        "POST",
        "/cart?x=1%202&y=%C3%A4",
        (("content-type", "application/x-www-form-urlencoded"), ("accept", "*/*")),
        b"item=4711",
        201,
    )
    assert (recording.creator, recording.hosts) == ("mitmproxy", {"shop.example.org": 2})


def test_a_browsers_recording_with_all_that_is_no_request_to_the_server() -> None:
    recording = read_har(
        b"\xef\xbb\xbf"
        + har(
            entry("https://shop.example.org/", at="2026-03-02T10:00:00.100Z"),
            entry("https://shop.example.org/logo.svg", _fromCache="memory"),
            entry("data:image/png;base64,AAAA"),
            entry("blob:https://shop.example.org/1-2"),
            entry("chrome-extension://abc/x.js"),
            entry("wss://shop.example.org/live", status=101, _webSocketMessages=[{"type": "send", "data": "hi"}]),
            entry("https://stats.example.net/collect?v=1"),
            entry("https://Shop.Example.org/items#top", at="2026-03-02T10:00:00.350Z"),
        ),
        "shop.har",
        {"shop.example.org"},
    )
    assert [(request.at, request.target) for request in recording.requests] == [
        (0.0, "/"),
        (pytest.approx(0.25), "/items"),
    ]
    assert recording.left_out == {
        "answered by the browser's cache": 1,
        "not HTTP (data:, blob:, chrome-extension: …)": 3,
        "WebSocket": 1,
        "another host": 1,
    }
    assert recording.hosts == {"shop.example.org": 2, "stats.example.net": 1}


def test_what_cannot_be_played_is_counted_with_its_reason() -> None:
    upgrade = entry("https://h/x", headers=(("Upgrade", "websocket"),), status=101)
    assert reason(upgrade) == "WebSocket"
    stream = entry("https://h/x")
    stream["response"]["content"]["mimeType"] = "text/event-stream; charset=utf-8"
    assert reason(stream) == "an answer that never ends"
    assert reason(entry("https://h/x", "CONNECT")) == "a method that isn't played"
    form = entry("https://h/x", "POST")
    form["request"]["postData"] = {"mimeType": "multipart/form-data", "params": [{"name": "f", "fileName": "a.png"}]}
    assert reason(form) == "a body that the recording does not hold"
    assert reason(entry("https://h/x", "PUT", body="x" * (MAX_BODY + 1))) == "a body of more than 1 MiB"
    binary = entry("https://h/x", "PUT", body="/w==")
    binary["request"]["postData"]["encoding"] = "base64"
    assert reason(binary) == "a body that is no text"
    assert reason(entry("https://h/x", "PUT", body="\ud800")) == "a body that is no text"


def test_a_body_in_base64_is_read() -> None:
    one = entry("https://h/x", "PUT", body="eyJhIjoxfQ==")
    one["request"]["postData"]["encoding"] = "base64"
    assert read(one)[0].body == b'{"a":1}'


@pytest.mark.parametrize(
    "url",
    [
        "http:@elsewhere.example/", "http:elsewhere", "http:///etc/passwd", "https://", "//h/x", "/x", "", "http://[::1/",
        "http://h/a b", "http://h/a\r\nX: y", "http://h/\x00", "http://h/ä", "http://h/\u202e", "http://h/\x7f",
        "file:///etc/passwd", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_no_url_leads_elsewhere_or_into_another_header(url: str) -> None:
    assert read(entry(url)) == ()


@pytest.mark.parametrize("url", ["http://h//evil.example/x", "http://user:pw@h/@evil.example:80/", "http://h?@evil/"])
def test_a_target_always_begins_with_a_slash(url: str) -> None:
    [request] = read(entry(url))
    assert request.target.startswith("/")
    assert "pw" not in request.target


@pytest.mark.parametrize("pair", [("X-A", "b\r\nEvil: 1"), ("X\r\nA", "b"), ("", "b"), ("X A", "b"), ("X-A", "b\x00")])
def test_a_header_with_controls_is_not_sent(pair: tuple[str, str]) -> None:
    assert reason(entry("https://h/x", headers=(pair,))) == "a header that no request can have"


@pytest.mark.parametrize("method", ["GE T", "", "GET\r\n", "GÉT"])
def test_a_method_is_a_word(method: str) -> None:
    assert reason(entry("https://h/x", method)) == "a method that isn't played"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no HAR file: it is no JSON"),
        (b"\xff\xfe", "no HAR file: it is no JSON"),
        (b"[" * 200_000, "no HAR file: it is no JSON"),
        (b'{"log": {"entries": [1' + b"0" * 5000 + b"]}}", "no HAR file: it is no JSON"),
        (b"[]", "no HAR file: it has no list log.entries"),
        (b'{"log": []}', "no HAR file: it has no list log.entries"),
        (b'{"log": {"entries": {}}}', "no HAR file: it has no list log.entries"),
        (b'{"log": {"entries": [NaN]}}', "entry 1: the entry is no object"),
        (b'{"log": {"entries": [null]}}', "entry 1: the entry is no object"),
        (har({}), "entry 1: request is no object"),
        (har(entry(), entry(at="yesterday")), "entry 2: startedDateTime is no time"),
        (har(entry(at="2026-03-02T10:00:00")), "entry 1: startedDateTime has no time zone"),
        (har(entry(at="0001-01-01T00:00:00Z")), "entry 1: startedDateTime is before 1970 or after 9998"),
        (har({**entry(), "startedDateTime": 1.5}), "entry 1: startedDateTime is no text"),
        (har({**entry(), "request": {**entry()["request"], "url": 1}}), "entry 1: request.url is no text"),
        (har({**entry(), "request": {**entry()["request"], "headers": {}}}), "entry 1: request.headers is no list"),
        (
            har({**entry(), "request": {**entry()["request"], "postData": "x"}}),
            "entry 1: request.postData is no object",
        ),
    ],
)
def test_no_har_is_said_in_a_sentence(data: bytes, what: str) -> None:
    with pytest.raises(RecordingError) as caught:
        read_har(data, "x.har")
    assert caught.value.what == what
    assert caught.value.where.startswith("x.har")
    assert caught.value.hint


def test_what_is_too_large_is_not_read() -> None:
    with pytest.raises(RecordingError, match="64 MiB"):
        read_har(b" " * (MAX_BYTES + 1), "x.har")
    many = b'{"log":{"entries":[' + b"0," * MAX_REQUESTS + b"0]}}"
    with pytest.raises(RecordingError, match="100,000 requests"):
        read_har(many, "x.har")


@pytest.mark.parametrize("response", [None, [], "x", {"status": float("nan")}, {"status": "200"}, {"status": 10**30}])
def test_a_response_of_any_kind_is_no_hindrance(response: Any) -> None:
    assert read({**entry(), "response": response})[0].status == 0


_KEYS = st.sampled_from(["log", "entries", "request", "response", "url", "headers", "name", "value", "postData"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner),
)


@given(_VALUES)
def test_anything_is_a_recording_or_a_recording_error(value: Any) -> None:
    for data in (json.dumps(value), json.dumps({"log": {"entries": [value, {**entry(), "request": value}]}})):
        with suppress(RecordingError):
            read_har(data.encode(), "x.har")


_NAMES = st.text("abcXYZ-_019", min_size=1, max_size=20).filter(lambda name: name.lower() not in ("te", "host"))
_REQUESTS = st.builds(
    Request,
    st.integers(0, 10**9).map(lambda micro: micro / 1e6),
    st.sampled_from(["GET", "POST", "PURGE"]),
    st.text("abc/?=&%20;@:+~", max_size=60).map("/".__add__),
    st.lists(st.tuples(_NAMES, st.text("aü\t \"\\;=,'€", max_size=20)), max_size=4).map(tuple),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.encode),
    st.sampled_from([0, 200, 404, 503]),
)


@given(st.lists(_REQUESTS, max_size=6))
def test_what_is_written_is_read_back(requests: list[Request]) -> None:
    requests.sort(key=lambda request: request.at)
    first = requests[0].at if requests else 0.0
    recording = read_har(write_har([r._replace(at=r.at - first) for r in requests], "1.0"), "x.har")
    assert recording.left_out == {}
    assert len(recording.requests) == len(requests)
    for back, request in zip(recording.requests, requests, strict=True):
        # A query that is empty is sent without its question mark.
        target = request.target.removesuffix("?") if request.target.count("?") == 1 else request.target
        assert back[1:] == request._replace(target=target)[1:]
        assert back.at == pytest.approx(request.at - first, abs=2e-6)


def test_a_written_har_has_what_the_format_asks_for() -> None:
    raw = json.loads(write_har([Request(1.5, "PUT", "/a?b=1", (("Content-Type", "a/b"),), b"{}", 204)], "1.0"))
    [one] = raw["log"]["entries"]
    assert one["request"]["url"] == "http://replay.invalid/a?b=1"
    assert one["request"]["postData"] == {"mimeType": "a/b", "text": "{}"}
    moment = datetime.fromisoformat(one["startedDateTime"])
    assert moment == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1.5)
    # HAR 1.2: the keys that a reader may count on.
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= one.keys()
    asked = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
    assert asked <= one["request"].keys()
    answered = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"}
    assert answered <= one["response"].keys()
