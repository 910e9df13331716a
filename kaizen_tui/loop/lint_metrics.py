"""What is wrong or doubtful about metrics that read well: they would be measured, and mean another thing."""

from collections.abc import Callable, Iterator

from kaizen_tui.core.burn import BURN_PAIRS, DAY
from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.sli import RatioSli
from kaizen_tui.core.values import quoted
from kaizen_tui.metrics.promql import duration, unit_problem

UNIT_HINT = "change its unit or name, or the sli's series"


def is_upside_down(metric: Metric) -> bool:
    """A share of good events without a word on which way is better: it would be read as one of bad events."""
    good = isinstance(metric.sli, RatioSli) and metric.sli.good is not None
    return good and metric.abort_threshold in (None, metric.threshold)


def lint_metrics(component: Component, shown: str, line: Callable[..., int]) -> Iterator[Problem]:
    """Each finding with its line. line: from a field's path to its line."""
    for position, metric in enumerate(component.metrics):
        at = ("slo", "metrics", position)
        name = f"metric {quoted(metric.name)}"
        source = line(*at, "query" if metric.query is not None else "sli") if metric.has_source else 0
        if is_upside_down(metric):
            words = f"{name} counts good events, but nothing says that more of them is better"
            hint = f"set abort_threshold below {metric.threshold:g}; or give the `bad` events, with a target for those"
            yield Problem(shown, source, words, hint)
        problem = unit_problem(metric)
        if problem:
            yield Problem(shown, source, problem, UNIT_HINT)
        if metric.query is not None and component.versions is not None and "$selector" not in metric.query:
            words = f"the query of {name} has no $selector, so baseline and canary can't be told apart by it"
            yield Problem(shown, source, words, "put $selector between the braces of its series", "warning")
        if metric.objective is not None and metric.window is not None:
            words = _never_fires(metric.objective, metric.window)
            if words:
                hint = "a tighter objective or a shorter window can"
                yield Problem(shown, line(*at, "objective"), f"{name}: {words}", hint, "warning")


def _never_fires(objective: float, window: float) -> str:
    """What a budget this large, or over this long, can't do; "" where every severity can alert."""
    silent = [
        severity
        for severity in dict.fromkeys(pair.severity for pair in BURN_PAIRS)
        if not any(pair.can_fire(window, objective) for pair in BURN_PAIRS if pair.severity == severity)
    ]
    if silent:
        alerts = " nor ".join(f"a {severity}" for severity in silent)
        return f"not even an outage burns {objective:g} % over {duration(window)} fast enough for {alerts} alert"
    if window < DAY / 2:
        return f"a window of {duration(window)} is shorter than those that its alerts look at"
    return ""
