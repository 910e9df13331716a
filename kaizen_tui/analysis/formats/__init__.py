"""The outputs of benchmarks and load tests as measurements: one reader a format, pure, for text that nobody trusts."""

from collections.abc import Callable

from kaizen_tui.analysis.formats import autocannon, hyperfine, k6, locust, plain, pyperf, pytest_benchmark
from kaizen_tui.analysis.formats.document import HINT, Node, read_document
from kaizen_tui.analysis.formats.measurement import MOST_METRICS, Measurement, distinct
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import quoted

MOST_RUNS = 10_000  # of one measurement that are compared

READERS: dict[str, Callable[[Node], list[tuple[str, Measurement]]]] = {
    "json": plain.read,
    "pytest-benchmark": pytest_benchmark.read,
    "hyperfine": hyperfine.read,
    "pyperf": pyperf.read,
    "k6": k6.read,
    "locust": locust.read,
    "autocannon": autocannon.read,
}


def measurements(data: bytes, form: str, source: str) -> tuple[Measurement, ...]:
    """What one run measured, each under a name of its own, at least one.

    data: the bytes of the output. form: a key of READERS. source: what to call the output in errors.
    Raises StoreError, which names the place in the document.
    """
    found = READERS[form](read_document(_last_line(data) if form == "json" else data, source))
    if not found:
        raise StoreError("it has no measurements", where=source, hint=HINT)
    if len(found) > MOST_METRICS:
        raise StoreError(f"it has more than {MOST_METRICS:,} measurements", where=source, hint="let it measure fewer")
    told_apart = distinct(found)
    names = [item.name for item in told_apart]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise StoreError(f"it measures {quoted(twice)} twice", where=source, hint="give each its own name")
    return told_apart


def guess_format(data: bytes, source: str) -> str:
    """The format of an output that is whole in a file, by the keys at its top. Raises StoreError for broken JSON."""
    top = read_document(_last_line(data), source).value
    if isinstance(top, list):
        return "locust"
    if not isinstance(top, dict):
        return "json"
    if isinstance(top.get("benchmarks"), list):
        return "pytest-benchmark" if "machine_info" in top or "commit_info" in top else "pyperf"
    if isinstance(top.get("results"), list):
        return "hyperfine"
    if isinstance(top.get("metrics"), dict) and ("root_group" in top or "state" in top):
        return "k6"
    return "autocannon" if isinstance(top.get("latency"), dict) and "connections" in top else "json"


def _last_line(data: bytes) -> bytes:
    """What a script printed last, where it printed more than its results; else all of it."""
    text = data.strip()
    line = text[text.rfind(b"\n") + 1 :]
    return line if line.startswith(b"{") and line.endswith(b"}") and not text.startswith((b"{", b"[")) else data
