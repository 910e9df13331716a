"""Debian's HAProxy in front of a baseline and a canary, configured by what `kaizen deploy --print-config` writes."""

import http.client
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from kaizen_tui.traffic.haproxy import HaproxyMaps, ask_socket
from kaizen_tui.traffic.haproxy_config import Site, haproxy_snippet
from tests.e2e.servers import free_port

_LOOKS, _WAIT = 3_000, 0.02


class Proxy:
    """`with Proxy(program, folder) as proxy:`. Without addresses of its own servers it answers itself, with the words
    `baseline` and `canary`."""

    def __init__(self, program: str, folder: Path, *, baseline: str = "", canary: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.program = program
        self.folder = folder
        self.port = free_port()
        self.site = Site("web", str(folder / "admin.sock"), str(folder / "limit.map"), str(folder / "salt.map"))
        Path(self.site.limit_map).write_text("# kept\nlimit 0\n")
        Path(self.site.salt_map).write_text("salt none\n")
        own = [("baseline", free_port()), ("canary", free_port())]
        addresses = {"BASELINE": baseline, "CANARY": canary}
        extra = []
        for name, port in own:
            addresses[name.upper()] = addresses[name.upper()] or f"127.0.0.1:{port}"
            extra += [f"frontend own_{name}", f"    bind 127.0.0.1:{port}"]
            extra += [f"    http-request return status 200 content-type text/plain string {name}", ""]
        config = haproxy_snippet(self.site)
        for name, address in addresses.items():
            config = config.replace(f"{name}_HOST:PORT", address)
        config = config.replace("frontend fe_web", f"frontend fe_web\n    bind 127.0.0.1:{self.port}")
        head = [
            "defaults",
            "    mode http",
            "    timeout client 10s",
            "    timeout server 10s",
            "    timeout connect 2s",
            "",
        ]
        (folder / "haproxy.cfg").write_text("\n".join([*head, config, *extra]))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def splitter(self) -> HaproxyMaps:
        """The splitter on this proxy."""
        site = self.site
        return HaproxyMaps(
            "edge", site.limit_map, site.salt_map, lambda text: ask_socket(site.socket, text), site.socket
        )

    def start(self) -> None:
        """Starts it and returns when it takes requests and commands."""
        log = (self.folder / "log").open("ab")
        with log:
            command = [self.program, "-db", "-f", str(self.folder / "haproxy.cfg")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(_LOOKS):
            with socket.socket() as probe, socket.socket(socket.AF_UNIX) as admin:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and admin.connect_ex(self.site.socket) == 0:
                    return
            try:
                code = self._process.wait(_WAIT)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"haproxy ended with {code}: {(self.folder / 'log').read_text()}")
        raise AssertionError("haproxy never listens")

    def stop(self) -> None:
        """Ends it by force."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def canary_users(self, users: Sequence[int]) -> set[int]:
        """The users whose request the canary answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        found = set()
        try:
            for user in users:
                connection.request("GET", "/", headers={"Cookie": f"uid={user}"})
                answer = connection.getresponse()
                text = answer.read()
                assert answer.status == 200, (answer.status, text)
                if text == b"canary":
                    found.add(user)
        finally:
            connection.close()
        return found
