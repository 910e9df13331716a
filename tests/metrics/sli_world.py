"""Components with SLIs, written as a person writes them."""

from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.fields import check_component
from kaizen_tui.store.yaml_reader import parse_yaml

HEAD = """\
id: web
tier: 1
owner: web-team
"""


def component_of(*metrics: str, more: str = "") -> Component:
    """A component with these metrics, each the text between its braces. more: further keys."""
    lines = [f"    - {{{metric}}}" for metric in metrics]
    text = "\n".join([HEAD + more, "slo:", "  metrics:", *lines, ""])
    raw = parse_yaml(text.encode(), "web.yml").value
    return Component.from_fields(check_component(raw, "web"), raw)


def metric_of(text: str, more: str = "") -> tuple[Component, Metric]:
    """A component with one metric, and that metric."""
    component = component_of(text, more=more)
    return component, component.metrics[0]


ERRORS = """name: errors, threshold: "0.1", abort_threshold: "1", unit: "%", objective: 99.9, window: 30d,
       sli: {type: ratio, bad: 'requests_total{code=~"5.."}', total: requests_total}"""
SUCCESS = """name: success, threshold: "99.9", abort_threshold: "99", unit: "%",
       sli: {type: ratio, good: 'requests_total{code="200"}', total: requests_total}"""
SLOW = """name: slow, threshold: "0.05", abort_threshold: "0.2", objective: 95, window: 7d,
       sli: {type: latency, histogram: duration_seconds, threshold: 0.5}"""
P90 = """name: p90_ms, threshold: "400", abort_threshold: "800",
       sli: {type: latency, histogram: duration_seconds, quantile: 0.9}"""
MEMORY = """name: memory_mb, threshold: "200", abort_threshold: "300",
       sli: {type: gauge, metric: resident_bytes, aggregate: max}"""
RATE = """name: sent_rate, threshold: "10", abort_threshold: "5", unit: /s, sli: {type: rate, counter: sent_total}"""
RAW = """name: raw, threshold: "10", query: 'sum(rate(sent_total{$selector}[$window]))'"""
ALL = (ERRORS, SUCCESS, SLOW, P90, MEMORY, RATE, RAW)
