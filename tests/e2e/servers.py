"""Prometheus, Alertmanager and VictoriaMetrics for tests, each alone on a free loopback port in its own folder."""

import http.client
import json
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

WAIT = 0.02  # seconds between two looks at a server that starts; its end is noticed at once
LOOKS = 3_000
LOG_SHOWN = 3_000  # characters of the log's end in a failure


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A program that serves HTTP. `with Server(...) as server:` starts it, waits until it answers, ends it after.

    program: its path (`require_program`). folder: made if absent; configuration, data and log are in it.
    config:  the text of its configuration file. more: further words of its command line.
    Between `stop` and `start` (or in `restart`) port and data stay.
    """

    ready_path = "/-/ready"
    ready_status = 200

    def __init__(self, program: str, folder: Path, config: str = "", *more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.program = program
        self.folder = folder
        self.port = free_port()
        self.config_path = folder / "config.yml"
        self.config_path.write_text(config)
        self.log_path = folder / "log"
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at its end."""
        return f"http://{self.address}"

    @property
    def log(self) -> str:
        """What the program has written so far, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def words(self) -> Sequence[str]:
        """The command line behind the program's name."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts it and returns when it is ready. AssertionError with the log's end when it isn't going to be."""
        with self.log_path.open("ab") as log:
            command = [self.program, *self.words(), *self._more]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        for _ in range(LOOKS):
            if self._answers():
                return
            try:
                code = self._process.wait(WAIT)
            except subprocess.TimeoutExpired:
                continue
            self._process = None
            raise AssertionError(f"{self.program} ended with {code}:\n{self.log[-LOG_SHOWN:]}")
        self.stop()
        raise AssertionError(f"{self.program} is never ready:\n{self.log[-LOG_SHOWN:]}")

    def stop(self) -> None:
        """Ends it, by force: nothing that a test asks for needs a server's farewell. Harmless when it doesn't run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Ends it and starts it again on the same port, with the configuration that the file now has."""
        self.stop()
        self.start()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """The JSON answer, or None for an empty one. body: sent as JSON. AssertionError for a status other than 2xx."""
        data = None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=data, headers={"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {text[:LOG_SHOWN]!r}"
        return json.loads(text) if text.strip() else None

    def _connection(self) -> http.client.HTTPConnection:
        """For the question whether it is ready."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def _answers(self) -> bool:
        connection = self._connection()
        try:
            connection.request("GET", self.ready_path)
            answer = connection.getresponse()
            answer.read()
        except OSError:
            return False
        finally:
            connection.close()
        return answer.status == self.ready_status

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Prometheus(Server):
    """Debian's `prometheus`. A rule file that the configuration names relatively is looked for in the folder."""

    def words(self) -> Sequence[str]:
        return (
            f"--config.file={self.config_path}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
        )


class Alertmanager(Server):
    """Debian's `prometheus-alertmanager`, without a cluster."""

    def words(self) -> Sequence[str]:
        return (
            f"--config.file={self.config_path}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
        )


class VictoriaMetrics(Server):
    """Debian's `victoria-metrics`. config: the scrape configuration, in Prometheus's format."""

    ready_path = "/health"

    def words(self) -> Sequence[str]:
        return (
            f"-promscrape.config={self.config_path}",
            f"-storageDataPath={self.folder / 'data'}",
            f"-httpListenAddr={self.address}",
            "-search.latencyOffset=0s",
        )
