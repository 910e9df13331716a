"""One Prometheus server over HTTP, through prometheus-api-client, so that its faults don't show.

The client retries for half a minute by itself, follows redirects with every header, throws warnings away and tells a
person `HTTP Status Code 400 (b'…')`. Here a request has an end, an answer a size, and an error a sentence. Only
`custom_query` and `custom_query_range` are used: every other function of the client builds queries of its own.

Imported in a worker thread, when something is asked: requests is slow to import.
"""

import json
import math
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests
from prometheus_api_client.exceptions import PrometheusApiClientException
from prometheus_api_client.prometheus_connect import PrometheusConnect
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError
from urllib3.util.retry import Retry

from kaizen_tui import __version__
from kaizen_tui.core.text import safe
from kaizen_tui.metrics.ending import EndingAdapter
from kaizen_tui.metrics.source import QueryError, RefusedError, UnreachableError

WIDTH = 16  # requests under way at once
MAX_BYTES = 32 * 2**20  # of one answer
_CHUNK = 65536
_SAID = 300  # characters of what a server says that are passed on
# Of a proxy before the server, or of a server that starts: worth a second try at once.
_AGAIN = (502, 503, 504)
# What reading an answer raises that isn't the API's. RecursionError: JSON nested without end.
_GARBAGE = (requests.exceptions.JSONDecodeError, DecodeError, KeyError, TypeError, ValueError, AttributeError,
            RecursionError)  # fmt: skip


class ServerSettings(NamedTuple):
    """How a server is reached. token: a bearer token's value, called for each request so that a new one counts, or
    None. ca: path of a PEM file, "" for the system's. timeout: seconds that a request may take in all."""

    url: str
    headers: Mapping[str, str]
    token: Callable[[], str] | None
    ca: str
    timeout: float


class Sample(NamedTuple):
    """One series of an answer. points: (epoch seconds, value); one of them for an instant query."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class Answer(NamedTuple):
    """What a query came to. warning: what the server said beside it, or ""."""

    samples: tuple[Sample, ...]
    warning: str


class _Session(requests.Session):
    """A session whose requests end: after `seconds` in all, after MAX_BYTES, at a redirect. It keeps the thread's last
    response, of which the client hands on only a part."""

    def __init__(self, settings: ServerSettings, clock: Callable[[], float]) -> None:
        super().__init__()
        self.trust_env = False  # no proxy and no .netrc of the environment gets the token
        self.verify = settings.ca or True
        self._settings = settings
        self._clock = clock
        self._seen = threading.local()
        self._plain: dict[tuple[str, str], requests.PreparedRequest] = {}

    @property
    def response(self) -> requests.Response | None:
        """The last response in this thread."""
        return getattr(self._seen, "response", None)

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        self._seen.end = self._clock() + self._settings.timeout
        self._seen.response = None
        prepared = self._prepared(str(method), str(url), more.get("headers") or {}, more.get("params") or {})
        if self._settings.token is not None:
            prepared.headers["Authorization"] = f"Bearer {self._settings.token()}"
        # The adapter itself: no redirect is followed, no cookie kept.
        adapter = self.get_adapter(str(url))
        response = adapter.send(prepared, stream=True, timeout=self._settings.timeout, verify=self.verify)
        with response:
            response._content = self._body(response)  # what Response.content itself would keep
            response._content_consumed = True
        self._seen.response = response
        return response

    def _prepared(
        self, method: str, url: str, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """The request. What requests makes of address and headers is made once for each address: it takes a quarter of
        a small query's time."""
        plain = self._plain.get((method, url))
        if plain is None:
            plain = self.prepare_request(requests.Request(method, url, headers=dict(headers)))
            self._plain[method, url] = plain
        prepared = requests.PreparedRequest()
        prepared.method, prepared.hooks = plain.method, plain.hooks
        prepared.url = f"{plain.url}?{urlencode(params)}"
        prepared.headers = plain.headers.copy()
        return prepared

    def left(self) -> float:
        """Seconds that this thread's request still has."""
        end: float = self._seen.end
        return end - self._clock()

    def _body(self, response: requests.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise QueryError(f"the answer is larger than {MAX_BYTES // 2**20} MiB; aggregate the query")
        return b"".join(parts)


class Server:
    """Asks one server. May be used by several threads. clock: monotonic seconds.

    Raises QueryError for what the server says of one query (RefusedError: it is wrong), UnreachableError when it
    can't be asked.
    """

    def __init__(self, settings: ServerSettings, clock: Callable[[], float] = time.monotonic) -> None:
        if settings.ca:
            _check_ca(settings.ca)
        self._settings = settings
        self._session = _Session(settings, clock)
        self._late = 0
        headers = {"User-Agent": f"kaizen/{__version__}", **settings.headers}
        url = settings.url.rstrip("/")
        self._client = PrometheusConnect(url=url, headers=headers, retry=Retry(0), session=self._session)
        # Mounted after the client mounted its own, which would win. read=False: what fails while reading is raised as
        # it is.
        retry = Retry(
            total=1, connect=1, read=False, status=1, status_forcelist=_AGAIN, raise_on_status=False, backoff_factor=0,
            respect_retry_after_header=False,
        )  # fmt: skip
        self._session.mount(url, EndingAdapter(self._session.left, retry, WIDTH))

    @property
    def url(self) -> str:
        """The server's address as the settings give it, safe to show."""
        return safe(self._settings.url)

    def query(self, promql: str, at: float) -> Answer:
        """The query's value at an instant (epoch seconds)."""
        params = {"time": f"{at:.3f}", "timeout": f"{self._settings.timeout:g}s"}
        return self._ask(lambda: self._client.custom_query(promql, params=params))

    def query_range(self, promql: str, start: int, end: int, step: int) -> Answer:
        """The query's values from start to end (whole epoch seconds), one every `step` seconds."""
        moments = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        # VictoriaMetrics moves a long range to multiples of the step unless its cache is left out; others ignore it.
        params = {"timeout": f"{self._settings.timeout:g}s", "nocache": "1"}
        return self._ask(lambda: self._client.custom_query_range(promql, *moments, f"{step}s", params=params))

    def close(self) -> None:
        """Lets the idle connections go."""
        self._session.close()

    def _ask(self, ask: Callable[[], Any]) -> Answer:
        try:
            found = ask()
            answer = Answer(_samples(found), self._warning())
        except QueryError:
            raise
        except PrometheusApiClientException:
            raise self._refusal() from None
        except (requests.exceptions.Timeout, ReadTimeoutError):
            raise self._timed_out() from None
        except _GARBAGE as error:
            raise self._garbage() from error
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            hint = _hint(error) or self._tls_hint("RemoteDisconnected" in str(error))
            raise UnreachableError(_reason(error), where=self.url, hint=hint) from None
        self._late = 0
        return answer

    def _timed_out(self) -> Exception:
        """One query without an answer is a slow query; several in a row are a server that doesn't answer."""
        self._late += 1
        words = f"no answer within {self._settings.timeout:g} s"
        return QueryError(words) if self._late < 3 else UnreachableError(words, where=self.url)

    def _garbage(self) -> Exception:
        return UnreachableError(
            "the server's answer is none of Prometheus' API", where=self.url, hint="is metrics.url the right address?"
        )

    def _warning(self) -> str:
        """`warnings` and `infos` of the answer; the body is read again only where it has them."""
        response = self._session.response
        if response is None or not any(word in response.content for word in (b'"warnings"', b'"infos"')):
            return ""
        body = response.json()
        said = [*(body.get("warnings") or ()), *(body.get("infos") or ())]
        return _short("; ".join(text for text in said if isinstance(text, str)))

    def _refusal(self) -> Exception:
        """What an HTTP status that isn't 200 means."""
        response = self._session.response
        if response is None:
            return UnreachableError("the server's answer was lost", where=self.url)
        status, said = response.status_code, _said(response)
        words = f"{status} {safe(response.reason or '')}".strip()
        if said and (status in (400, 422) or (status == 503 and said.startswith("timeout"))):
            kind = QueryError if status == 503 else RefusedError
            return kind(f"the server refuses the query ({words}): {said}")
        detail = f": {said}" if said else ""
        if status in (401, 403):
            hint = "see metrics.bearer_token_env, bearer_token_file and headers in config.yml"
            return UnreachableError(f"the server refuses the access ({words}){detail}", where=self.url, hint=hint)
        if 300 <= status < 400:
            to = safe(response.headers.get("Location", "another address"))
            hint = "metrics.url must be the address itself"
            return UnreachableError(f"the server sends elsewhere ({words}, {to})", where=self.url, hint=hint)
        if status == 404:
            hint = "metrics.url is the part before /api/v1"
            return UnreachableError(f"there is no Prometheus API ({words})", where=self.url, hint=hint)
        return UnreachableError(
            f"the server answers {words}{detail}", where=self.url, hint=self._tls_hint(status == 400)
        )

    def _tls_hint(self, maybe: bool) -> str:
        """Of what servers do that are spoken to in plain HTTP and expect TLS."""
        plain = self._settings.url.lower().startswith("http:")
        return "metrics.url begins with http: is it https?" if maybe and plain else ""


def _check_ca(path: str) -> None:
    hint = "see metrics.ca in config.yml"
    if not os.path.isfile(path):
        raise UnreachableError(f"there is no CA file {safe(path)}", hint=hint)
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise UnreachableError("the CA file is no PEM file of certificates", where=safe(path), hint=hint) from None
    except OSError as error:
        words = f"the CA file can't be read: {error.strerror}"
        raise UnreachableError(words, where=safe(path), hint=hint) from None


def _causes(error: Exception) -> Iterator[BaseException]:
    """An error and what it was made of, the client's nest of representations taken apart."""
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        reason = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        inner = reason if isinstance(reason, BaseException) else inner.__cause__ or inner.__context__


def _reason(error: Exception) -> str:
    """A connection's failure in a few words."""
    for inner in _causes(error):
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"the server's certificate isn't trusted: {inner.verify_message}"
        if isinstance(inner, ssl.SSLError):
            return f"no TLS with the server: {(inner.reason or str(inner)).lower().replace('_', ' ')}"
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror[:1].lower() + inner.strerror[1:]
    text = str(error)
    known = {
        "NameResolutionError": "the name of the server can't be resolved",
        "Connection refused": "connection refused",
        "RemoteDisconnected": "the server closed the connection",
        "IncompleteRead": "the server closed the connection in the middle of its answer",
        "BadStatusLine": "the server's answer is no HTTP",
    }
    return next((words for sign, words in known.items() if sign in text), _short(text))


def _hint(error: Exception) -> str:
    if any(isinstance(inner, ssl.SSLError) for inner in _causes(error)):
        return "see metrics.url and metrics.ca in config.yml"
    return ""


def _said(response: requests.Response) -> str:
    """`errorType: error` of the API's answer, else ""."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return ""
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        return ""
    kind = body.get("errorType")
    return _short(f"{kind}: {body['error']}" if isinstance(kind, str) else body["error"])


def _short(text: str) -> str:
    words = safe(" ".join(text.split()))
    return words if len(words) <= _SAID else words[: _SAID - 1] + "…"


def _samples(result: Any) -> tuple[Sample, ...]:
    """The series of an answer's `result`: of type vector, matrix or scalar. Raises ValueError, TypeError, KeyError."""
    if not isinstance(result, list):
        raise TypeError("no list")
    if len(result) == 2 and not isinstance(result[0], dict):
        return (Sample({}, (_point(result),)),)
    return tuple(
        Sample(dict(item["metric"]), tuple(_point(pair) for pair in item.get("values") or (item["value"],)))
        for item in result
    )


def _point(pair: Any) -> tuple[float, float]:
    at, value = pair
    if not isinstance(value, str):
        raise TypeError("a sample's value is no text")
    moment = float(at)
    if not math.isfinite(moment):
        raise ValueError("a sample without a time")
    return moment, float(value)
