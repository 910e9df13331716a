"""A running `kaizen plan --listen`, and what is posted to it."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from typing import Any, Self

from tests.cli.world import World


class Listener:
    """Listens on a free port when it is made. Use it with `with`. words: more of the command line."""

    def __init__(self, world: World, *words: str, host: str = "127.0.0.1", **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kaizen_tui.cli.entry", "plan", "--listen", f"{host}:{self.port}", *words],
            cwd=world.root,
            env=world.environment(env=env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        first = self.process.stderr.readline()
        assert first == f"kaizen: listening on http://{host}:{self.port}/alerts (Ctrl+C ends it)\n", first

    def event(self) -> dict[str, Any]:
        """The next JSON line (`--json`)."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def post(
        self, body: str | bytes = "", path: str = "/alerts", method: str = "POST", **headers: str
    ) -> tuple[int, Any]:
        """Status and answer. headers: `_` for `-`; an empty one is left out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        data = body.encode() if isinstance(body, str) else body
        try:
            connection.request(method, path, data, {name: text for name, text in given.items() if text})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """What it says to these bytes, after which the client says no more."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as link:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: link.recv(65536), b""))

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, and what was printed since the first line."""
        self.process.send_signal(number)
        out, err = self.process.communicate()
        return self.process.returncode, out, err
