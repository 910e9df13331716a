"""What all load tests report, under the same names whichever tool measured it."""

from kaizen_tui.analysis.formats.measurement import Measurement, metric_name


def quantile(name: str, percent: str, value_ms: float, *, by_default: bool = True) -> Measurement:
    """A quantile of a time in milliseconds: `latency_p95_ms`."""
    return Measurement(metric_name(name, f"p{percent}", "ms"), value_ms, "ms", "lower", (), by_default)


def throughput(name: str, per_second: float, *, by_default: bool = True) -> Measurement:
    """`requests_per_s`."""
    return Measurement(metric_name(name, "per_s"), per_second, "/s", "higher", (), by_default)


def failures(name: str, share: float, *, by_default: bool = True) -> Measurement:
    """`failures_pct`. share: of all requests, 0 to 1."""
    return Measurement(metric_name(name, "pct"), 100.0 * share, "%", "lower", (), by_default)
