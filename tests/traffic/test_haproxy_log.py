"""HAProxy's log: lines of its documentation, and a log that a real HAProxy writes."""

import http.client
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.traffic.haproxy_log import read_haproxy_log
from kaizen_tui.traffic.recording import RecordingError, Request

# As in docs/replay.md.
JSON_FORMAT = 'log-format \'{"time":"%t","method":"%HM","uri":"%[capture.req.uri,json(utf8s)]","status":%ST}\''
PLAIN = (
    b"Mar  2 11:00:00 lb haproxy[14389]: 10.0.1.2:33317 [02/Mar/2026:11:00:00.655] http-in~ static/srv1 10/0/30/69/109 "
    b'200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html?a=1 HTTP/1.1"\n'
)


def line(request: str, moment: str = "02/Mar/2026:11:00:00.655", status: str = "200") -> bytes:
    words = f"10.0.1.2:1 [{moment}] http-in static/srv1 10/0/30/69/109 {status} 27 - - ---- 1/1/1/1/0 0/0"
    return f'{words} "{request}"'.encode()


def read(*lines: bytes) -> tuple[Request, ...]:
    return read_haproxy_log(lines, "haproxy.log").requests


def test_the_http_format_with_what_syslog_writes_before() -> None:
    assert read(PLAIN) == (Request(0.0, "GET", "/index.html?a=1", (), b"", 200),)


def test_times_pace_the_replay_in_the_order_of_the_requests() -> None:
    """A log is in the order of the answers' ends; one line is of another zone."""
    requests = read(
        line("GET /late HTTP/1.1", "02/Mar/2026:11:00:01.500"),
        line("GET /first HTTP/1.1", "02/Mar/2026:11:00:00.250"),
        line("GET /zone HTTP/1.1", "02/Mar/2026:12:00:00.500 +0100"),
    )
    assert [(request.at, request.target) for request in requests] == [(0.0, "/first"), (0.25, "/zone"), (1.25, "/late")]


def test_json_lines_by_the_keys_that_people_use() -> None:
    requests = read(
        b'<134>1 2026-03-02T11:00:00Z lb haproxy 1 - - {"time":"02/Mar/2026:11:00:00.000","request":"GET /a HTTP/2.0"}',
        b'{"@timestamp":"2026-03-02T11:00:01.5Z","http_method":"GET","path":"/b","query":"?x=1","status_code":"404"}',
        b'{"ts":1772449202,"method":"GET","uri":"/c?y=2","status":200}',
        b'{"ts":"1772449203000","method":"GET","url":"https://h.example/d","status":-1}',
    )
    assert [(request.at, request.target, request.status) for request in requests] == [
        (0.0, "/a", 0),
        (1.5, "/b?x=1", 404),
        (2.0, "/c?y=2", 200),
        (3.0, "/d", 0),
    ]


@pytest.mark.parametrize(
    ("request_line", "why"),
    [
        ("POST /x HTTP/1.1", "another method than GET"),
        ("<BADREQ>", "a bad request"),
        ("GET x HTTP/1.1", "a bad request"),
        ("GET http:@evil/ HTTP/1.1", "a bad request"),
        ("GET /a#0D#0AX: y HTTP/1.1", "a bad request"),
        ("GET /ä HTTP/1.1", "a bad request"),
    ],
)
def test_what_is_no_get_is_counted(request_line: str, why: str) -> None:
    assert read_haproxy_log([line(request_line)], "x").left_out == {why: 1}


def test_a_line_that_was_cut_off_is_no_request() -> None:
    recording = read_haproxy_log([PLAIN, PLAIN[:-20], b"Mar  2 lb systemd: started\n"], "x")
    assert len(recording.requests) == 1
    assert recording.left_out == {"a request line that the log cut off": 1, "a line of another kind": 1}


def test_proxies_and_http2_write_the_whole_url() -> None:
    assert read(line("GET https://shop.example.org/a?b=1 HTTP/2.0"))[0].target == "/a?b=1"
    assert read(line("GET https://shop.example.org HTTP/2.0"))[0].target == "/"


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\n", b"{}", b"[" * 100_000, b'{"ts": NaN, "uri": "/", "method": "GET"}']
)
def test_another_file_is_said_in_a_sentence(data: bytes) -> None:
    with pytest.raises(RecordingError, match=r"no line of HAProxy's HTTP log"):
        read_haproxy_log([data], "x")


@given(st.lists(st.binary(max_size=80) | st.text("{}[]\"':/ 0123456789GETaMr.HTP", max_size=120).map(str.encode)))
def test_any_bytes_are_a_log_or_none(lines: list[bytes]) -> None:
    recording = read_haproxy_log([PLAIN, *lines], "x")
    assert len(recording.requests) + sum(recording.left_out.values()) == len(lines) + 1
    assert all(request.target.startswith("/") for request in recording.requests)


@pytest.mark.parametrize("log_format", ["option httplog", JSON_FORMAT], ids=["plain", "json"])
def test_a_log_that_haproxy_writes(tmp_path: Path, require_program: Callable[[str], str], log_format: str) -> None:
    haproxy = require_program("haproxy")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        # one thread: with more, the lines of two answers can change places
        f"global\n  nbthread 1\n  log stdout format raw local0\ndefaults\n  mode http\n  log global\n  {log_format}\n"
        "  timeout client 5s\n  timeout connect 5s\n  timeout server 5s\n"
        f"frontend web\n  bind 127.0.0.1:{port}\n  capture request header Host len 20\n"
        '  http-request return status 200 content-type text/plain string "ok"\n',
        encoding="utf-8",
    )
    log = tmp_path / "haproxy.log"
    with log.open("wb") as out:
        process = subprocess.Popen([haproxy, "-db", "-f", str(config)], stdout=out, stderr=subprocess.DEVNULL)
    try:
        for target in ("/", "/items?id=1&q=a%20b", '/quote?q="x"', "/x?q=%00%22"):
            ask(port, "GET", target)
        ask(port, "POST", "/cart")
        end = time.monotonic() + 30
        # not a count of lines: whoever else tries the port leaves a line of a bad request
        while not any(b"/cart" in row for row in log.read_bytes().split(b"\n")[:-1]) and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        process.terminate()
        process.wait()
    recording = read_haproxy_log(log.read_bytes().splitlines(keepends=True), "haproxy.log")
    targets = [request.target for request in recording.requests]
    assert targets == ["/", "/items?id=1&q=a%20b", '/quote?q="x"', "/x?q=%00%22"]
    assert {request.status for request in recording.requests} == {200}
    assert recording.requests[0].at == 0.0
    assert recording.left_out["another method than GET"] == 1


def ask(port: int, method: str, target: str) -> None:
    """One request, as soon as the server takes it."""
    end = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.putrequest(method, target, skip_host=False)
            connection.putheader("Content-Length", "0")
            connection.endheaders()
            assert connection.getresponse().read() == b"ok"
            return
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        finally:
            connection.close()
