"""The player against a real server, over TCP and over a unix socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kaizen_tui.traffic import player
from kaizen_tui.traffic.player import Played, Server, listens, play_fast, play_paced
from kaizen_tui.traffic.recording import Request, allowed, read_har
from tests.traffic.hars import entry, har
from tests.traffic.shop_server import made


def get(target: str, at: float = 0.0, method: str = "GET", body: bytes = b"", **headers: str) -> Request:
    return Request(at, method, target, tuple(headers.items()), body, 200)


@pytest.fixture(params=["tcp", "unix"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    runner = web.AppRunner(made())
    await runner.setup()
    if request.param == "unix":
        await web.UnixSite(runner, str(tmp_path / "s")).start()
        yield Server("http://localhost", str(tmp_path / "s"))
    else:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield Server(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


def value(played: Played, nth: int = 0) -> Any:
    return json.loads(played.answers[nth].body)


async def test_requests_arrive_as_they_were_recorded(server: Server) -> None:
    target = "/echo/a%2Fb/../c;v=1?q=caf%C3%A9+x&&y=%7e&z"
    request = get(target, method="PUT", body=b'{"a": 1}', Accept="text/x", Cookie="", Referer="http://x/")
    [asked] = read_har(har(entry(f"http://h{target}", "PUT", headers=request.headers, body='{"a": 1}')), "x").requests
    got = value(await play_paced([asked], server))
    assert (got["method"], got["raw"], got["body"]) == ("PUT", target, '{"a": 1}')
    names = [name for name, _ in got["headers"]]
    assert [name for name in names if name not in ("host", "accept-encoding", "content-length")] == [
        "accept", "content-type", "cookie", "referer",
    ]  # fmt: skip


@pytest.mark.parametrize("play", [play_paced, play_fast])
async def test_answers_are_in_the_order_of_the_requests(server: Server, play: Any) -> None:
    requests = [get(f"/items/{n}") for n in range(30)] + [get("/nothing"), get("/old")]
    played = await play(requests, server)
    assert [answer.status for answer in played.answers] == [200] * 30 + [404, 302]
    assert played.answers[-1].location == "/page"
    assert all(0 < answer.latency <= played.seconds for answer in played.answers)
    if play is play_paced:
        assert [value(played, n)["id"] for n in range(30)] == [str(n) for n in range(30)]
        assert len(played.late) == 32
    else:
        assert {answer.body for answer in played.answers} == {b""}


async def test_a_request_waits_for_its_moment_and_not_for_answers(server: Server) -> None:
    played = await play_paced([get("/items/1"), get("/items/2", 0.1), get("/items/3", 0.4)], server, speed=2)
    assert played.seconds >= 0.2
    assert all(late >= -0.001 for late in played.late)


async def test_no_server_is_an_answer_of_its_own(tmp_path: Path) -> None:
    nowhere = Server("http://localhost", str(tmp_path / "nothing"))
    assert not await listens(nowhere)
    [answer] = (await play_fast([get("/")], nowhere)).answers
    assert answer.status == 0
    assert "nothing" in answer.error


async def test_nothing_to_play(server: Server) -> None:
    assert (await play_paced([], server)).answers == (await play_fast([], server)).answers == ()
    assert await listens(server)


async def test_a_server_that_speaks_no_http_ends_mid_answer_or_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "TIMEOUT", 0.3)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readuntil(b"\r\n")
        if b"/cut" in line:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        elif b"/junk" in line:
            writer.write(b"\x00\xff junk\r\n\r\n")
        elif b"/hang" in line:
            await reader.read()
        writer.close()

    path = str(tmp_path / "s")
    async with await asyncio.start_unix_server(answer, path):
        played = await play_paced([get("/cut"), get("/junk"), get("/hang"), get("/close")], Server("http://h", path))
    assert [one.status for one in played.answers] == [0, 0, 0, 0]
    assert played.answers[2].error == "no answer within 0.3 s"
    assert all(one.error for one in played.answers)


async def test_large_answers_are_kept_in_part(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    big = get("/echo", method="POST", body=b"x" * 300_000)
    played = await play_paced([big, get("/echo?small")], server)
    assert (len(played.answers[0].body), len(played.answers[0].digest)) == (1024, 64)
    assert (played.answers[1].digest, value(played, 1)["target"]) == ("", "/echo?small")
    monkeypatch.setattr(player, "LONGEST_BODY", 1000)
    assert (await play_paced([big], server)).answers[0].error == "an answer of more than 0 MiB"
    monkeypatch.setattr(player, "LONGEST_BODY", 10**6)
    monkeypatch.setattr(player, "KEPT", len(played.answers[1].body) + 10)
    kept = [bool(one.digest) for one in (await play_paced([get("/echo?1"), get("/echo?2")], server)).answers]
    assert sorted(kept) == [False, True]


def test_only_safe_methods_unless_a_route_is_allowed_by_name() -> None:
    requests = [get("/a", method=method) for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE")]
    requests += [get("/search?q=1", method="POST"), get("/search/x", method="POST"), get("/search", method="PUT")]
    assert [(r.method, r.target) for r in allowed(requests, {"POST": ["/search"]})] == [
        ("GET", "/a"), ("HEAD", "/a"), ("OPTIONS", "/a"), ("POST", "/search?q=1"),
    ]  # fmt: skip
