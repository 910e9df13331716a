"""What a server does wrong, and how it is said: each answer ends and has a size, and none is a traceback."""

from collections.abc import Iterator
from itertools import count

import pytest

from kaizen_tui.metrics.server import MAX_BYTES, Server, ServerSettings
from kaizen_tui.metrics.source import QueryError, UnreachableError
from tests.e2e.faulty import CUT, HANG, Dribble, Faulty, Mode, answer, api_answer, api_error

NOW = 1_790_000_000.0
VECTOR = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with Faulty() as found:
        yield found


def server(faulty: Faulty, timeout: float = 20.0) -> Server:
    return Server(ServerSettings(faulty.url, {}, None, "", timeout))


def vector(value: object) -> bytes:
    return api_answer({"resultType": "vector", "result": [{"metric": {}, "value": value}]})


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (api_error("400 Bad Request", "bad_data", "parse error"), "bad_data: parse error"),
        (api_error("422 Unprocessable Entity", "execution", "many-to-many"), "(422 Unprocessable Entity): execution"),
        (api_error("503 Service Unavailable", "timeout", "query timed out"), "timeout: query timed out"),
        (api_error("400 Bad Request", "bad_data", "\x1b[2J[bold]" + "x" * 5000), "…"),
    ],
    ids=count(),
)
def test_what_is_wrong_with_one_query(faulty: Faulty, mode: Mode, words: str) -> None:
    faulty.mode = mode
    with pytest.raises(QueryError) as said:
        server(faulty).query("up", NOW)
    assert words in str(said.value)
    assert "\x1b" not in str(said.value)
    assert len(str(said.value)) < 400


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (answer("401 Unauthorized", "no entry"), "the server refuses the access (401 Unauthorized)"),
        (answer("403 Forbidden", "<html>"), "the server refuses the access (403 Forbidden)"),
        (answer("404 Not Found", "404 page not found"), "there is no Prometheus API (404 Not Found)"),
        (answer("400 Bad Request", "<html>plain HTTP sent to HTTPS</html>"), "the server answers 400 Bad Request"),
        (answer("302 Found", "", "Location: https://login.example/?a=b"), "elsewhere (302 Found, https://login.exa"),
        (answer("500 Internal Server Error", "oops"), "the server answers 500 Internal Server Error"),
        (answer("503 Service Unavailable", "<html>"), "the server answers 503 Service Unavailable"),
        (answer("429 Too Many Requests", "slow down"), "the server answers 429 Too Many Requests"),
        (answer("200 OK", "<html>login</html>"), "none of Prometheus' API"),
        (answer("200 OK", ""), "none of Prometheus' API"),
        (answer("200 OK", '{"status": "success", "data": {"resultTy'), "none of Prometheus' API"),
        (answer("200 OK", "[" * 100_000), "none of Prometheus' API"),
        (answer("200 OK", "[]"), "none of Prometheus' API"),
        (answer("200 OK", '{"status": "success", "data": null}'), "none of Prometheus' API"),
        (answer("200 OK", "{}", "Content-Encoding: gzip"), "none of Prometheus' API"),
        (vector([1, 2]), "none of Prometheus' API"),
        (vector(["NaN", "1"]), "none of Prometheus' API"),
        (vector([1]), "none of Prometheus' API"),
        (vector(None), "none of Prometheus' API"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}", "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the server's answer is no HTTP"),
        (CUT, "closed the connection"),
    ],
    ids=count(),
)
def test_what_is_wrong_with_the_server(faulty: Faulty, mode: Mode, words: str) -> None:
    faulty.mode = mode
    with pytest.raises(UnreachableError) as said:
        server(faulty).query("up", NOW)
    assert words in str(said.value)
    assert "Traceback" not in str(said.value)
    assert "object at" not in str(said.value)


@pytest.mark.parametrize(
    "mode",
    [
        HANG,
        Dribble(b"", b"H"),
        Dribble(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"s"),
        Dribble(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        Dribble(VECTOR.encode(), b"1\r\n \r\n"),
    ],
)
def test_a_slow_answer_ends(faulty: Faulty, mode: Mode) -> None:
    """One is a slow query, three in a row are a slow server."""
    faulty.mode = mode
    asked = server(faulty, 0.2)
    for _ in range(2):
        with pytest.raises(QueryError, match=r"no answer within 0\.2 s"):
            asked.query("up", NOW)
    with pytest.raises(UnreachableError, match=r"no answer within 0\.2 s"):
        asked.query("up", NOW)


def test_a_huge_answer_ends(faulty: Faulty) -> None:
    faulty.mode = Dribble(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b" " * 2**20, 0.0)
    with pytest.raises(QueryError, match=f"larger than {MAX_BYTES // 2**20} MiB"):
        server(faulty).query("up", NOW)


def test_it_recovers_by_itself(faulty: Faulty) -> None:
    asked = server(faulty)
    for mode in (CUT, answer("503 Service Unavailable", ""), answer("200 OK", "<html>")):
        faulty.mode = mode
        with pytest.raises(UnreachableError):
            asked.query("up", NOW)
        faulty.mode = vector([NOW, "7"])
        assert asked.query("up", NOW).samples[0].points == ((NOW, 7.0),)


def test_a_503_is_asked_once_more_and_a_400_is_not(faulty: Faulty) -> None:
    for mode, times in ((answer("503 Service Unavailable", ""), 2), (api_error("400 Bad Request", "bad", "x"), 1)):
        faulty.mode = mode
        faulty.requests.clear()
        with pytest.raises((UnreachableError, QueryError)):
            server(faulty).query("up", NOW)
        assert len(faulty.requests) == times


def test_warnings_stand_beside_the_answer(faulty: Faulty) -> None:
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [NOW, "1"]}]}
    faulty.mode = api_answer(data, warnings=["no answer of \x1b[1mshard 2"], infos=["not a counter"])
    said = server(faulty).query("up", NOW).warning
    assert "shard 2" in said
    assert "not a counter" in said
    assert "\x1b" not in said


def test_every_kind_of_number(faulty: Faulty) -> None:
    for text, value in (("1e3", 1000.0), ("+Inf", float("inf")), ("-Inf", float("-inf"))):
        faulty.mode = vector([NOW, text])
        assert server(faulty).query("up", NOW).samples[0].points[0][1] == value
    faulty.mode = api_answer({"resultType": "scalar", "result": [NOW, "4"]})
    assert server(faulty).query("4", NOW).samples[0].points == ((NOW, 4.0),)


def test_nobody_listens() -> None:
    with Faulty() as gone:
        asked = server(gone)
    with pytest.raises(UnreachableError, match="connection refused"):
        asked.query("up", NOW)
