"""Plays recorded requests again: at their recorded pace, or as fast as the server answers.

aiohttp, because it costs least: 6,400 requests per second of CPU time where httpx does 300. The schedule is absolute:
a slow answer delays no later request, and how far the sending was off is in the result. Needs the extra `replay`.
"""

import asyncio
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import aiohttp
from yarl import URL

from kaizen_tui.traffic.answers import Answer
from kaizen_tui.traffic.recording import Request

KEPT_BODY = 256 * 1024  # bytes of an answer's body that are kept for comparison
KEPT = 24 * 2**20  # bytes of all of them; of later answers, only a digest
LONGEST_BODY = 64 * 2**20
TIMEOUT = 30.0  # seconds for one answer
_MOST_OPEN = 500  # requests under way at recorded pace


class Server(NamedTuple):
    """Where requests go. socket: path of a unix socket, "" for TCP. url: scheme, host and port, no slash at its end."""

    url: str
    socket: str = ""


class Played(NamedTuple):
    """What a replay came to.

    answers: in the order of the requests. seconds: from the first request to the last answer. late: by how much each
    request was sent after its moment, in seconds; () at full speed. cpu: seconds of this process.
    """

    answers: tuple[Answer, ...]
    seconds: float
    late: tuple[float, ...]
    cpu: float


async def play_paced(requests: Sequence[Request], server: Server, *, speed: float = 1.0) -> Played:
    """Each request at its moment. speed: 2 plays twice as fast."""
    asker = _Asker(requests, server, keep=True)
    late = [0.0] * len(requests)
    gate = asyncio.Semaphore(_MOST_OPEN)
    loop = asyncio.get_running_loop()
    cpu = time.process_time()
    async with asker.session(_MOST_OPEN) as session, asyncio.TaskGroup() as group:
        begin = loop.time()

        async def send(nth: int, moment: float) -> None:
            async with gate:
                late[nth] = loop.time() - moment
                await asker.ask(session, nth)

        for nth, request in enumerate(requests):
            moment = begin + request.at / speed
            await asyncio.sleep(moment - loop.time())
            group.create_task(send(nth, moment))
    return Played(asker.answers(), asker.ended - begin, tuple(late), time.process_time() - cpu)


async def play_fast(requests: Sequence[Request], server: Server, *, at_once: int = 8) -> Played:
    """All requests in their order, `at_once` under way at any time. Bodies are read and thrown away."""
    asker = _Asker(requests, server, keep=False)
    waiting = iter(range(len(requests)))
    cpu = time.process_time()
    async with asker.session(at_once) as session, asyncio.TaskGroup() as group:
        begin = asyncio.get_running_loop().time()

        async def work() -> None:
            for nth in waiting:
                await asker.ask(session, nth)

        for _ in range(min(at_once, len(requests))):
            group.create_task(work())
    return Played(asker.answers(), asker.ended - begin, (), time.process_time() - cpu)


async def listens(server: Server) -> bool:
    """Whether it takes connections."""
    try:
        if server.socket:
            _, writer = await asyncio.open_unix_connection(server.socket)
        else:
            host, _, port = server.url.partition("://")[2].rpartition(":")
            _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


class _Asker:
    """Asks one request after the other, and holds the answers."""

    def __init__(self, requests: Sequence[Request], server: Server, *, keep: bool) -> None:
        self._requests = requests
        self._socket = server.socket
        # As it was recorded, byte for byte.
        self._urls = [URL(server.url + request.target, encoded=True) for request in requests]
        self._answers: dict[int, Answer] = {}
        self._room = KEPT if keep else 0
        self._clock = asyncio.get_running_loop().time
        self.ended = self._clock()

    def session(self, connections: int) -> aiohttp.ClientSession:
        connector: aiohttp.BaseConnector
        if self._socket:
            connector = aiohttp.UnixConnector(self._socket, limit=connections)
        else:
            connector = aiohttp.TCPConnector(limit=connections)
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
        )

    def answers(self) -> tuple[Answer, ...]:
        return tuple(self._answers[nth] for nth in range(len(self._requests)))

    async def ask(self, session: aiohttp.ClientSession, nth: int) -> None:
        request = self._requests[nth]
        begin = self._clock()
        try:
            async with session.request(
                request.method,
                self._urls[nth],
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
            ) as response:
                body = await _read(response)
                self.ended = self._clock()
                headers = response.headers
                kind, location = headers.get("Content-Type", ""), headers.get("Location", "")
                kept, digest = self._kept(body)
                answer = Answer(response.status, kind, location, kept, digest, self.ended - begin)
        except TimeoutError:
            answer = self._none(begin, f"no answer within {TIMEOUT:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            answer = self._none(begin, str(error) or type(error).__name__)
        self._answers[nth] = answer

    def _none(self, begin: float, error: str) -> Answer:
        self.ended = self._clock()
        return Answer(0, "", "", b"", "", self.ended - begin, error[:200])

    def _kept(self, body: bytes) -> tuple[bytes, str]:
        """The body, or its beginning and the digest of all of it."""
        if not self._room or not body:
            return b"", ""
        if len(body) <= min(KEPT_BODY, self._room - 1):
            self._room -= len(body)
            return body, ""
        return body[:1024], sha256(body).hexdigest()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises ValueError for one that has no end in sight."""
    length = response.content_length
    if length is not None and length <= LONGEST_BODY and "Content-Encoding" not in response.headers:
        return await response.read()
    pieces, size = [], 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > LONGEST_BODY:
            raise ValueError(f"an answer of more than {LONGEST_BODY // 2**20} MiB")
        pieces.append(piece)
    return b"".join(pieces)
