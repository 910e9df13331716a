"""A small instrumented service for tests: Prometheus scrapes it, and the test says what happens in it.

    with Service() as service:
        a, b = service.pod("a", "one"), service.pod("b", "two")
        with Prometheus(program, folder, service.scrape_config()) as prometheus:
            a.serve(20, code="200", seconds=0.3)
            service.until(lambda: ...)

Each pod is a target of its own, with the labels `job`, `pod` and `version`. It exports, in the exposition format:
`requests_total{code}` and the histogram `duration_seconds` (one observation a request), `sent_total` (messages),
`resident_bytes` (a gauge); further gauges by `set`. history.py writes what pods did before the test began.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self

BOUNDS = (0.1, 0.25, 0.5, 1.0, math.inf)  # of the histogram, seconds
CODES = ("200", "404", "500")  # there from the start, at 0, as a good client library has them
JOB = "web"
METRICS = "/metrics/{}"
_PATIENCE = 60.0  # seconds without a scrape after which a test is lost


class Value(NamedTuple):
    """One series at this moment, without the labels that a target gives it. labels: inside the braces, or ""."""

    name: str
    labels: str
    number: str


class Pod:
    """One process of the service. Everything may be called while it is scraped."""

    def __init__(self, name: str, version: str, codes: Iterable[str] = CODES, job: str = JOB) -> None:
        self.name = name
        self.version = version
        self.job = job
        self.silent = False  # answers every scrape with 503: what a target that is gone looks like
        self.passed_on = False  # each sample has its time beside it: what a server that asks another one sees
        self._stuck = ""
        self._codes = tuple(codes)
        self._lock = threading.Lock()
        self._gauges: dict[str, float] = {"resident_bytes": 100e6}
        self._begin()

    def _begin(self) -> None:
        self._requests = dict.fromkeys(self._codes, 0)
        self._buckets = [0] * len(BOUNDS)
        self._seconds = 0.0
        self._sent = 0

    def serve(self, count: int, *, code: str = "200", seconds: float = 0.2) -> None:
        """`count` requests end now, each with this status after so long."""
        with self._lock:
            self._requests[code] = self._requests.get(code, 0) + count
            for place, bound in enumerate(BOUNDS):
                self._buckets[place] += count if seconds <= bound else 0
            self._seconds += count * seconds

    def send(self, count: int) -> None:
        """`count` messages are sent now."""
        with self._lock:
            self._sent += count

    def set(self, gauge: str, value: float) -> None:
        """A gauge from now on; NaN and infinities as they are."""
        with self._lock:
            self._gauges[gauge] = value

    def drop(self, gauge: str) -> None:
        """The gauge is exported no longer."""
        with self._lock:
            del self._gauges[gauge]

    def restart(self) -> None:
        """The process begins anew: its counters are 0, its gauges stay."""
        with self._lock:
            self._begin()

    def stick(self, stuck: bool) -> None:
        """It goes on answering with the samples of this moment, and their time: no new ones come in."""
        self._stuck = self.exposition() if stuck else ""

    def values(self) -> list[Value]:
        """Every series at this moment; of a histogram, the cumulative buckets."""
        with self._lock:
            return list(self._values())

    def _values(self) -> Iterator[Value]:
        for code, count in self._requests.items():
            yield Value("requests_total", f'code="{code}"', str(count))
        for bound, count in zip(BOUNDS, self._buckets, strict=True):
            yield Value("duration_seconds_bucket", f'le="{_number(bound)}"', str(count))
        yield Value("duration_seconds_sum", "", f"{self._seconds:g}")
        yield Value("duration_seconds_count", "", str(self._buckets[-1]))
        yield Value("sent_total", "", str(self._sent))
        for gauge, value in self._gauges.items():
            yield Value(gauge, "", _number(value))

    def exposition(self) -> str:
        """What it exports at this moment, in Prometheus's text format."""
        stamp = f" {int(time.time() * 1000)}" if self.passed_on else ""
        return self._stuck or "".join(f"{name}{{{labels}}} {number}{stamp}\n" for name, labels, number in self.values())


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


class Service:
    """All pods behind one loopback port, each under `/metrics/NAME`."""

    def __init__(self) -> None:
        self.pods: dict[str, Pod] = {}
        self._scraped = threading.Condition()
        self._scrapes = 0
        self._by_path: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def pod(self, name: str, version: str = "one", codes: Iterable[str] = CODES, job: str = JOB) -> Pod:
        """A further pod; before the server that scrapes it starts. codes: the status codes it exports before it has
        counted any."""
        self.pods[name] = Pod(name, version, codes, job)
        return self.pods[name]

    def scrape_config(self, interval: str = "250ms") -> str:
        """The configuration of a Prometheus (or VictoriaMetrics) that scrapes every pod."""
        lines = [
            f"global: {{scrape_interval: {interval}, scrape_timeout: {interval}}}",
            "scrape_configs:",
            "  - job_name: pods",
            "    static_configs:",
        ]
        for pod in self.pods.values():
            labels = (
                f"__metrics_path__: {METRICS.format(pod.name)}, job: {pod.job}, pod: {pod.name}, version: {pod.version}"
            )
            lines.append(f'      - {{targets: ["{self.address}"], labels: {{{labels}}}}}')
        return "\n".join(lines) + "\n"

    def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Returns when the condition holds; looks again at each scrape. AssertionError when nobody scrapes any more.

        Between two events that a query should tell apart there must be a scrape: `until` is also how to wait for it.
        """
        while not condition():
            with self._scraped:
                seen = self._scrapes
                came = self._scraped.wait_for(lambda: self._scrapes > seen, _PATIENCE)  # noqa: B023 - waited for here
            assert came, f"no scrape came{what and ' while waiting for: '}{what}"

    def labels(self, pod: Pod) -> str:
        """The labels that a target gives the series of this pod, as between braces."""
        return f'instance="{self.address}",job="{pod.job}",pod="{pod.name}",version="{pod.version}"'

    def scraped(self, times: int = 2) -> None:
        """Returns after so many further scrapes of every pod. After two of them a Prometheus has stored what was there
        at the call."""
        wanted = {path: self._by_path.get(path, 0) + times for path in map(METRICS.format, self.pods)}
        self.until(
            lambda: all(self._by_path.get(path, 0) >= count for path, count in wanted.items()), "further scrapes"
        )

    def answer(self, path: str) -> tuple[int, str]:
        """Status and text for a request."""
        pod = self.pods.get(path.removeprefix("/metrics/"))
        with self._scraped:
            self._scrapes += 1
            self._by_path[path] = self._by_path.get(path, 0) + 1
            self._scraped.notify_all()
        if pod is None or pod.silent:
            return 503, "nobody is here\n"
        return 200, pod.exposition()

    def stop(self) -> None:
        """Ends it; its port refuses from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self.stop()


def _handler_of(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = service.answer(self.path)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Says nothing: a test reads the server's log, not this one."""

    return Handler
