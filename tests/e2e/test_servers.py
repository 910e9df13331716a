"""The servers that other tests start: they answer, come back with their port and data, and are gone afterwards."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.servers import Alertmanager, Prometheus, Server, VictoriaMetrics

pytestmark = pytest.mark.e2e

ALERTS = "route: {receiver: none}\nreceivers: [{name: none}]\n"
SCRAPE = "global: {scrape_interval: 1s}\n"


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("kind", "program", "config", "asked"),
    [
        (Prometheus, "prometheus", SCRAPE, "/api/v1/query?query=vector(42)"),
        (Alertmanager, "prometheus-alertmanager", ALERTS, "/api/v2/status"),
        (VictoriaMetrics, "victoria-metrics", SCRAPE, "/api/v1/query?query=vector(42)"),
    ],
)
def test_a_server_answers_restarts_on_its_port_and_ends(
    kind: type[Server],
    program: str,
    config: str,
    asked: str,
    tmp_path: Path,
    require_program: Callable[[str], str],
) -> None:
    with kind(require_program(program), tmp_path / "server", config) as server:
        port = server.port
        assert server.request("GET", asked)
        server.restart()
        assert server.port == port
        assert server.request("GET", asked)
        server.stop()
        assert not taken(port)
        server.start()
        assert taken(port)
    assert not taken(port)


def test_a_broken_configuration_shows_the_servers_own_words(
    tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    server = Alertmanager(require_program("prometheus-alertmanager"), tmp_path / "server", "route: 7\n")
    with pytest.raises(AssertionError, match="cannot unmarshal"):
        server.start()
    assert not taken(server.port)
