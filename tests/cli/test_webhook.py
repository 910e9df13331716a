"""`kaizen plan --listen` as a process: what it takes, what it refuses, how it ends."""

import http.client
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.alert import MAX_BYTES
from kaizen_tui.store.lock import Lock
from tests.cli.listener import Listener
from tests.cli.test_plan import payload, sent
from tests.cli.world import World

Listen = Callable[..., Listener]


@pytest.fixture
def listen(world: World) -> Iterator[Listen]:
    with ExitStack() as stack:
        yield lambda *words, **more: stack.enter_context(Listener(world, *words, **more))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_posted_becomes_a_ticket_and_it_ends_gently(listen: Listen, number: int, world: World) -> None:
    listener = listen()
    status, answer = listener.post(payload(sent()))
    assert (status, answer["alerts"][0]["act"], answer["alerts"][0]["ticket"]) == (200, "created", "KAIZ-001")
    assert listener.post(payload(sent()))[1]["alerts"][0]["act"] == "known"
    assert listener.post(payload(sent(status="resolved")))[1]["alerts"][0]["act"] == "noted"
    code, out, err = listener.end(number)
    assert (code, out) == (0, "")
    told = [line.split(" ", 2)[2] for line in err.splitlines()[:-1]]
    assert told == ["KAIZ-001  created  LatencyHigh", "KAIZ-001  noted: resolved  LatencyHigh"]
    assert err.endswith("kaizen: ended\n")
    assert [
        row["event"] for row in (row["entry"] for row in world.ok("log", "KAIZ-001", "--json").data["entries"])
    ] == [
        "created",
        "comment",
    ]


def test_json_lines_on_stdout(listen: Listen) -> None:
    listener = listen("--json")
    listener.post(payload(sent(), sent(fingerprint="f2")))
    listener.post(payload(sent()))
    assert listener.process.stdout is not None
    found = [json.loads(listener.process.stdout.readline()) for _ in range(3)]
    assert [(one["ticket"], one["act"]) for one in found] == [
        ("KAIZ-001", "created"),
        ("KAIZ-002", "created"),
        ("KAIZ-001", "known"),
    ]
    assert listener.end() == (0, "", "kaizen: ended\n")


def test_it_ends_when_nobody_reads_its_lines(listen: Listen) -> None:
    listener = listen("--json")
    assert listener.process.stdout is not None
    listener.process.stdout.close()
    assert listener.post(payload(sent()))[0] == 200
    assert listener.process.wait() == 141


def test_it_goes_on_when_nobody_reads_its_messages(listen: Listen) -> None:
    listener = listen()
    assert listener.process.stderr is not None
    listener.process.stderr.close()
    for fingerprint in ("f1", "f2"):
        assert listener.post(payload(sent(fingerprint=fingerprint)))[0] == 200
    listener.process.terminate()
    assert listener.process.wait() == 0


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        ({"path": "/"}, 404, "alerts are posted to /alerts"),
        ({"path": "/alerts/../x"}, 404, "alerts are posted to /alerts"),
        ({"method": "GET"}, 405, "only POST /alerts is answered here"),
        ({"method": "OPTIONS"}, 405, "only POST /alerts is answered here"),
        ({"Content_Type": "text/plain"}, 415, "the Content-Type must be application/json"),
        ({"Content_Type": ""}, 415, "the Content-Type must be application/json"),
        ({"Origin": "https://evil.example"}, 403, "a web page"),
        ({"Host": "evil.example:9099"}, 403, "a web page, or another name"),
        ({"Content_Length": str(MAX_BYTES + 1)}, 413, "more than 8 MiB"),
        ({"Content_Length": "9" * 5000}, 413, "more than 8 MiB"),
        ({"Content_Length": "-1"}, 411, "the request needs a Content-Length"),
        ({"Transfer_Encoding": "chunked"}, 411, "the request needs a Content-Length"),
        ({"body": "{"}, 400, "not JSON"),
        ({"body": b"\xff"}, 400, "not UTF-8"),
        ({"body": payload(sent(labels={"a": 1}))}, 400, "the request: alerts[0].labels.a"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused(listen: Listen, request_: dict[str, Any], status: int, said: str, world: World) -> None:
    listener = listen()
    found, answer = listener.post(**request_)
    assert found == status
    assert said in answer["error"]
    assert listener.post(payload(sent()))[0] == 200  # and it goes on
    code, _, err = listener.end()
    assert code == 0
    assert "Traceback" not in err
    assert err.startswith("kaizen: error: ") == (status == 400)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01 not http\r\n\r\n", b'{"error": "Bad request'),
        (b"POST /alerts HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
        (b"POST /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (
            b"POST /alerts HTTP/1.0\r\nContent-Type: application/json\r\nHost: localhost:%d\r\n"
            b"Content-Length: 9\r\n\r\n{",
            b"408",
        ),
        (b"", b""),
    ],
)
def test_broken_requests(listen: Listen, data: bytes, status: bytes) -> None:
    listener = listen()
    assert status in listener.raw(data.replace(b"%d", b"%d" % listener.port)).split(b"\n")[0]
    assert listener.post(payload(sent()))[0] == 200
    assert "Traceback" not in listener.end()[2]


def test_a_token_is_asked_for_when_there_is_one(listen: Listen, world: World) -> None:
    listener = listen(host="0.0.0.0", KAIZEN_WEBHOOK_TOKEN="s3cret")
    for given in ("", "Bearer s3cre", "Basic s3cret", "Bearer \xff"):
        assert listener.post(payload(sent()), Authorization=given)[0] == 401
    assert not Path(world.ws.tickets).exists()
    assert listener.post(payload(sent()), Authorization="Bearer s3cret", Host="kaizen.example")[0] == 200
    assert "s3cret" not in listener.end()[2]


def test_an_alert_of_no_component_is_no_reason_to_try_again(listen: Listen) -> None:
    listener = listen()
    status, answer = listener.post(payload(sent(labels={"component": ""})))
    assert (status, answer["alerts"][0]["act"]) == (200, "unplaced")
    assert "no ticket for LatencyHigh: it has no label `component`" in listener.end()[2]


def test_what_may_go_well_later_is_answered_so_that_it_is_sent_again(listen: Listen, world: World) -> None:
    listener = listen()
    path = Path(world.ws.component_path("pcc-main"))
    good = path.read_text()
    path.write_text("id: pcc-main\ntier: 9\n")
    status, answer = listener.post(payload(sent()))
    assert (status, answer["alerts"][0]["act"]) == (503, "failed")
    path.write_text(good)
    Path(world.ws.tickets).write_text("no folder")
    status, answer = listener.post(payload(sent()))
    assert status == 503
    assert "tickets" in answer["error"]
    Path(world.ws.tickets).unlink()
    assert listener.post(payload(sent()))[1]["alerts"][0]["act"] == "created"
    err = listener.end()[2]
    assert "registry/kaizen/components/pcc-main.yml:2" in err
    assert err.count("kaizen: error: ") == 2


def test_what_is_being_written_is_finished_first(listen: Listen, world: World) -> None:
    listener = listen()
    with Lock(world.ws):  # the request waits for it
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        connection.request("POST", "/alerts", payload(sent()), {"Content-Type": "application/json"})
        while len(os.listdir(f"/proc/{listener.process.pid}/task")) < 2:  # until a thread has it in hand
            assert listener.process.poll() is None
        listener.process.send_signal(signal.SIGTERM)
    assert connection.getresponse().status == 200
    connection.close()
    assert listener.process.wait() == 0
    assert world.ok("list", "--json").data[0]["id"] == "KAIZ-001"


def test_a_taken_port_and_a_folder_that_cannot_be_written_are_said_at_once(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = world.process("plan", "--listen", f"127.0.0.1:{port}")
    assert (done.code, done.out) == (6, "")
    assert (
        done.err == f"kaizen: error: cannot listen: Address already in use; 127.0.0.1:{port}; name another HOST:PORT\n"
    )
    Path(world.ws.state, "lock").unlink()
    Path(world.ws.state, ".gitignore").unlink()
    os.rmdir(world.ws.state)
    Path(world.ws.state).write_text("in the way")
    done = world.process("plan", "--listen", f"127.0.0.1:{port}")
    assert done.code == 6
    assert ".kaizen" in done.err
