"""Runs within a sandbox: starts a server, replays a recording to it, writes down what came back.

    python -P -m kaizen_tui.traffic.inside SERVER [ARG …]

On standard input: the plan in a line of JSON, then the recording. On standard output: the result as JSON; what the
server prints goes to standard error, so that the two don't mix. The server finds where to listen in $SOCKET (a unix
socket's path) and $PORT (of 127.0.0.1); it takes one of them. In its command, $SOCKET and $PORT are replaced. Needs the
extra `replay`.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from kaizen_tui.traffic.answers import answer_of_json, answer_to_json
from kaizen_tui.traffic.player import Played, Server, listens, play_fast, play_paced
from kaizen_tui.traffic.recording import Request, allowed, read_har

NEVER_LISTENED, ENDED = 3, 4  # exit codes
_GRACE = 5.0  # seconds that the server has to end by itself


@dataclass(frozen=True)
class Plan:
    """What is played: once at the recorded pace, then once at full speed.

    routes: method -> paths that may be played though they change things. speed: of the
    paced pass. at_once: requests under way at full speed. start: seconds the server has to come up.
    """

    routes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    speed: float = 1.0
    at_once: int = 8
    start: float = 30.0

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def parse(cls, text: str) -> "Plan":
        return cls(**json.loads(text))


def main(command: Sequence[str]) -> int:
    """Plays; returns the exit code: 0 done, 3 the server never listened, 4 it ended meanwhile."""
    if not command:
        raise SystemExit(2)
    plan = Plan.parse(sys.stdin.buffer.readline().decode())
    requests = allowed(read_har(sys.stdin.buffer.read(), "the recording").requests, plan.routes)
    with tempfile.TemporaryDirectory() as folder:
        result = _with_server(plan, requests, command, os.path.join(folder, "server.sock"))
    if result is None:
        return NEVER_LISTENED
    json.dump(result, sys.stdout)
    return ENDED if result["ended"] else 0


def _with_server(plan: Plan, requests: Sequence[Request], command: Sequence[str], path: str) -> dict[str, Any] | None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    argv = [word.replace("$SOCKET", path).replace("$PORT", port) for word in command]
    # A session of its own, so that what the server started goes with it.
    process = subprocess.Popen(
        argv,
        env={**os.environ, "SOCKET": path, "PORT": port},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        start_new_session=True,
    )
    try:
        places = (Server("http://localhost", path), Server(f"http://127.0.0.1:{port}"))
        return asyncio.run(_play(plan, requests, process, places))
    finally:
        _end(process)


async def _play(
    plan: Plan, requests: Sequence[Request], process: "subprocess.Popen[bytes]", places: Sequence[Server]
) -> dict[str, Any] | None:
    server = await _listening(plan.start, process, places)
    if server is None:
        return None
    paced = await play_paced(requests, server, speed=plan.speed)
    fast = await play_fast(requests, server, at_once=plan.at_once)
    return {"paced": _written(paced), "fast": _written(fast), "ended": process.poll() is not None}


async def _listening(seconds: float, process: "subprocess.Popen[bytes]", places: Sequence[Server]) -> Server | None:
    """The first that takes a connection; None when the time is over, or its process ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        for place in places:
            if await listens(place):
                return place
        await asyncio.sleep(0.01)
    return None


def _written(played: Played) -> dict[str, Any]:
    answers = [answer_to_json(answer) for answer in played.answers]
    return {"answers": answers, "seconds": played.seconds, "late": list(played.late), "cpu": played.cpu}


def read_result(data: bytes) -> tuple[Played, Played]:
    """The paced and the full-speed pass that `main` wrote down. Raises ValueError for anything else."""
    try:
        raw = json.loads(data)
        return _read(raw["paced"]), _read(raw["fast"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no result of a replay: {error}") from None


def _read(raw: Mapping[str, Any]) -> Played:
    answers = tuple(answer_of_json(one) for one in raw["answers"])
    return Played(answers, float(raw["seconds"]), tuple(map(float, raw["late"])), float(raw["cpu"]))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
