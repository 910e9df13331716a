"""`--serve`: where it listens, and who may look: Host, Origin and token, on page and websocket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.place import Place, parse_place
from kaizen_tui.tui import serving
from kaizen_tui.tui.entry import parse_arguments
from kaizen_tui.tui.serving import BoardServer, visitor_command
from tests.tui.boards import Place as World

Start = Callable[..., Awaitable[str]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "ws<b>")
    world.ticket(1, title="Pool the sockets")
    return world


@pytest.fixture
async def start(world: World, unused_tcp_port: int) -> AsyncIterator[Start]:
    """`await start(token=…, writable=…)` serves on a free port; the address without the token."""
    runners: list[web.AppRunner] = []

    async def begin(token: str = "", *, writable: bool = False) -> str:
        place = Place("127.0.0.1", unused_tcp_port)
        command = visitor_command(str(world.root), writable=writable, theme=None, actor="ada")
        runner = web.AppRunner(BoardServer(place, command, "ws<b> - Kaizen", token).application())
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, place.host, place.port).start()
        return f"http://{place.host}:{place.port}"

    yield begin
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place("127.0.0.1", 8000)),
        ("localhost", Place("localhost", 8000)),
        (":9000", Place("127.0.0.1", 9000)),
        ("9000", Place("127.0.0.1", 9000)),
        ("0.0.0.0:80", Place("0.0.0.0", 80)),
        ("[::1]:9000", Place("::1", 9000)),
        ("::1", Place("::1", 8000)),
    ],
)
def test_addresses(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize("text", ["host:", ":0", "x:70000", "x:y", "[::1", "[::1]9", "http://x", "a b", "u@h:1"])
def test_wrong_addresses(text: str) -> None:
    if text == "host:":
        assert parse_place(text) == Place("host", 8000)
        return
    with pytest.raises(UsageError):
        parse_place(text)


def test_which_addresses_are_local() -> None:
    assert [Place(host).is_local for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "board.example")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_arguments() -> None:
    assert parse_arguments(["--serve"]).serve == ""
    assert parse_arguments(["--serve", ":9", "--read-only"]).serve == ":9"
    assert parse_arguments(["--serve", "--serve-writable"]).serve == ""
    assert parse_arguments(["--serve=h:1", "--serve-writable"]).serve_writable
    for words in (["--serve-writable"], ["--serve", "--serve-writable", "--read-only"]):
        with pytest.raises(UsageError):
            parse_arguments(words)


def test_a_visitor_may_only_look_unless_told_otherwise() -> None:
    assert "--read-only" in visitor_command("/w", writable=False, theme=None, actor=None)
    assert visitor_command("/w", writable=True, theme="x", actor="-a")[-2:] == ["--theme=x", "--actor=-a"]


@pytest.mark.parametrize(
    ("host", "writable", "needs"),
    [("127.0.0.1", False, False), ("127.0.0.1", True, True), ("0.0.0.0", False, True), ("0.0.0.0", True, True)],
)
def test_a_token_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str, writable: bool, needs: bool
) -> None:
    def run_app(_: web.Application, *, print: Callable[..., None], **__: object) -> None:  # noqa: A002
        print("as aiohttp would")

    monkeypatch.setattr(serving.web, "run_app", run_app)
    assert serving.serve("/w", f"{host}:8123", writable=writable, theme=None, actor=None) == 0
    captured = capsys.readouterr()
    address = captured.out.split()[3]
    assert address.startswith(f"http://{host}:8123/")
    assert ("?token=" in address) is needs
    assert not needs or len(address.partition("?token=")[2]) >= 32
    assert ("unencrypted" in captured.err) is (host == "0.0.0.0")


async def test_the_page_loads_nothing_from_elsewhere(start: Start) -> None:
    address = await start()
    async with ClientSession() as session, session.get(address) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "ws&lt;b&gt; - Kaizen" in page
        assert "//" not in page.replace(address.replace("http", "ws"), "")
    async with ClientSession() as session, session.get(address + "/static/js/textual.js") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1", "a b", ""])
async def test_under_another_name_nothing_is_served(start: Start, host: str) -> None:
    address = await start()
    named = host.format(port=address.rpartition(":")[2])
    async with ClientSession() as session:
        for path in ("/", "/ws", "/static/js/textual.js", "/download/x"):
            async with session.get(address + path, headers={"Host": named}) as answer:
                assert answer.status in (400, 403)
                assert "terminal" not in await answer.text()


async def test_another_page_gets_no_websocket(start: Start) -> None:
    address = await start()
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as caught:
            await session.ws_connect(address + "/ws", headers={"Origin": "http://evil.example"})
        assert caught.value.status == 403


async def test_without_the_token_neither_page_nor_websocket(start: Start) -> None:
    address = await start("right-token")
    async with ClientSession() as session:
        for path in ("/", "/?token=", "/?token=wrong", "/?token=right-toke", "/?token=%ff"):
            async with session.get(address + path) as answer:
                assert answer.status == 403
                assert "right-token" not in await answer.text()
        for path in ("/ws", "/ws/wrong", "/ws?token=wrong"):
            with pytest.raises(WSServerHandshakeError) as caught:
                await session.ws_connect(address + path)
            assert caught.value.status == 403
        async with session.get(address + "/?token=right-token") as answer:
            assert answer.status == 200
            assert "/ws/right-token" in await answer.text()


@pytest.mark.parametrize("size", ["width=0&height=24", "width=80&height=x", "width=99999&height=24"])
async def test_a_senseless_size_starts_nothing(start: Start, size: str) -> None:
    address = await start()
    async with ClientSession() as session, session.get(f"{address}/ws?{size}") as answer:
        assert answer.status == 400


async def test_no_more_visitors_than_the_machine_can_bear(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_VISITORS", 0)
    address = await start()
    async with ClientSession() as session, session.get(address + "/ws") as answer:
        assert answer.status == 503


async def _until(socket: object, wanted: str) -> str:
    """What the dashboard has drawn, when `wanted` is among it."""
    drawn = ""
    while wanted not in drawn:
        message = await asyncio.wait_for(socket.receive(), 60)  # type: ignore[attr-defined]
        assert message.type == WSMsgType.BINARY, message
        drawn += message.data.decode("utf-8", "replace")
    return drawn


@pytest.mark.e2e
async def test_the_board_comes_and_may_only_be_looked_at(start: Start, world: World) -> None:
    address = await start()
    async with ClientSession() as session, session.ws_connect(address + "/ws?width=120&height=36") as socket:
        assert "KAIZ-001" in await _until(socket, "KAIZ-001")
        await socket.send_str(json.dumps(["stdin", "n"]))
        await _until(socket, "this board is read-only")
    assert [path.name for path in (world.root / "tickets").iterdir()] == ["KAIZ-001"]


@pytest.mark.e2e
async def test_with_the_token_a_board_can_be_writable(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")  # a machine may have none
    address = await start("right-token", writable=True)
    url = address + "/ws/right-token?width=120&height=36"
    async with ClientSession() as session, session.ws_connect(url) as socket:
        drawn = await _until(socket, "KAIZ-001")
        assert "read-only" not in drawn
        await socket.send_str(json.dumps(["stdin", "E"]))  # there is no terminal to give to an editor
        await _until(socket, "an editor can't be opened here")
        await socket.send_str(json.dumps(["stdin", "?"]))
        await _until(socket, "Getting around")


@pytest.mark.e2e
@pytest.mark.parametrize("rubbish", ["{", "[]", "{}", '["resize", 1]', '["stdin", 1]', "7"])
async def test_rubbish_ends_that_visit_only(start: Start, rubbish: str) -> None:
    address = await start()
    async with ClientSession() as session:
        async with session.ws_connect(address + "/ws") as socket:
            await socket.send_str(rubbish)
            while (message := await socket.receive()).type == WSMsgType.BINARY:
                continue
            assert message.type == WSMsgType.CLOSE
            assert message.data == 1003
        async with session.get(address) as answer:
            assert answer.status == 200
