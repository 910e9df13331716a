"""How a server is reached: TLS with an authority of one's own, passwords, tokens from a variable or a file, headers."""

import base64
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizen_tui.metrics.configured import configured_source
from kaizen_tui.metrics.prometheus import PrometheusSource
from kaizen_tui.metrics.source import UnreachableError
from tests.e2e.certificates import Certificates, certificates
from tests.e2e.faulty import Faulty
from tests.e2e.scraped import KINDS
from tests.e2e.secure import KINDS as SECURE
from tests.e2e.servers import Prometheus, Server

pytestmark = pytest.mark.e2e

NOW = 1_790_000_000.0
TOKEN = "s3cret-t0ken"


def source(folder: Path, env: dict[str, str] | None = None, **metrics: object) -> PrometheusSource:
    config = {"metrics": {"source": "prometheus", "timeout": "30s", **metrics}}
    found = configured_source(config, [], folder=str(folder), env=env or {})  # type: ignore[arg-type]
    assert isinstance(found, PrometheusSource)
    return found


def answer(asked: PrometheusSource) -> float:
    return asked.ask("vector(42)", NOW).samples[0].points[0][1]


def refused(asked: PrometheusSource) -> str:
    with pytest.raises(UnreachableError) as said:
        answer(asked)
    return f"{said.value} {said.value.hint}"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory, require_program: Callable[[str], str]) -> Certificates:
    return certificates(require_program("openssl"), tmp_path_factory.mktemp("keys") / "ours")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, require_program: Callable[[str], str]) -> Certificates:
    return certificates(require_program("openssl"), tmp_path_factory.mktemp("keys") / "other")


@pytest.mark.parametrize("kind", SECURE)
def test_tls_and_a_password_of_the_server_itself(
    kind: str, keys: Certificates, other: Certificates, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    with SECURE[kind](require_program(kind), tmp_path / "server", "scrape_configs: []\n", keys) as server:
        folder = keys.ca.parent
        login = {"Authorization": "Basic " + base64.b64encode(b"admin:test").decode()}
        assert answer(source(folder, url=server.url, ca="ca.pem", headers=login)) == 42

        words = refused(source(folder, url=server.url, ca="ca.pem"))
        assert "the server refuses the access (401 Unauthorized)" in words
        assert "headers in config.yml" in words
        for ca in ({}, {"ca": str(other.ca)}):
            words = refused(source(folder, url=server.url, headers=login, **ca))
            assert "certificate" in words.lower()
            assert "metrics.ca" in words
            assert "object at" not in words
        words = refused(source(folder, url=server.url, ca="nowhere.pem", headers=login))
        assert "there is no CA file" in words
        (tmp_path / "no.pem").write_text("this is no certificate\n")
        words = refused(source(tmp_path, url=server.url, ca="no.pem", headers=login))
        assert "no.pem" in words
        # Spoken to in plain HTTP, Prometheus answers 400 and VictoriaMetrics nothing.
        assert "is it https?" in refused(source(folder, url=server.url.replace("https", "http"), headers=login))


@pytest.fixture(scope="module", params=KINDS)
def plain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, require_program: Callable[[str], str]
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with KINDS[request.param](require_program(request.param), folder, "scrape_configs: []\n") as server:
        yield server


@pytest.fixture
def guarded(plain: Server) -> Iterator[Faulty]:
    with Faulty(plain.port) as proxy:
        proxy.token = TOKEN
        yield proxy


def test_a_token_from_a_variable(guarded: Faulty, tmp_path: Path) -> None:
    settings = {"url": guarded.url, "bearer_token_env": "OUR_TOKEN"}
    assert answer(source(tmp_path, {"OUR_TOKEN": f"{TOKEN}\n"}, **settings)) == 42
    words = refused(source(tmp_path, {"OUR_TOKEN": "wrong"}, **settings))
    assert "401" in words
    assert "bearer_token_env" in words
    assert "$OUR_TOKEN is not set" in refused(source(tmp_path, **settings))
    assert "more than one line" in refused(source(tmp_path, {"OUR_TOKEN": "a\nX-Evil: b"}, **settings))
    assert all(TOKEN not in path for path, _ in guarded.requests)


def test_a_token_from_a_file_may_be_renewed(guarded: Faulty, tmp_path: Path) -> None:
    file = tmp_path / "token"
    asked = source(tmp_path, url=guarded.url, bearer_token_file="token")
    assert str(file) in refused(asked)
    file.write_text("an old one\n")
    assert "401" in refused(asked)
    file.write_text(f"{TOKEN}\n")
    assert answer(asked) == 42
    assert TOKEN not in repr(asked)


def test_headers_go_along_and_a_redirect_gets_nothing(guarded: Faulty, tmp_path: Path) -> None:
    settings = {"url": guarded.url, "headers": {"X-Scope-OrgID": "team-a"}, "bearer_token_env": "T"}
    assert answer(source(tmp_path, {"T": TOKEN}, **settings)) == 42
    assert guarded.requests[-1][1]["x-scope-orgid"] == "team-a"
    with Faulty() as elsewhere:
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
        guarded.mode = head.encode()
        assert elsewhere.url in refused(source(tmp_path, {"T": TOKEN}, **settings))
        assert elsewhere.requests == []


def test_no_proxy_of_the_environment_gets_the_token(
    guarded: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Faulty() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert answer(source(tmp_path, {"T": TOKEN}, url=guarded.url, bearer_token_env="T")) == 42
        assert proxy.requests == []


def test_tls_before_the_server_with_a_token(keys: Certificates, plain: Server, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys.certificate, keys.key)
    with Faulty(plain.port, context) as proxy:
        proxy.token = TOKEN
        settings = {"url": proxy.url, "bearer_token_env": "T", "ca": str(keys.ca)}
        assert answer(source(tmp_path, {"T": TOKEN}, **settings)) == 42
        assert "401" in refused(source(tmp_path, {"T": "wrong"}, **settings))


def test_what_stands_beside_an_answer(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    """Prometheus asks a second store that isn't there: it answers with what it has, and says so."""
    with Faulty() as gone:
        url = gone.url
    config = f"scrape_configs: []\nremote_read: [{{url: '{url}/read', read_recent: true}}]\n"
    with Prometheus(require_program("prometheus"), tmp_path / "server", config) as server:
        found = source(tmp_path, url=server.url).ask("absent(nothing)", NOW)
        assert [sample.points[0][1] for sample in found.samples] == [1]
        assert "connection refused" in found.warning
