"""What a word that is being typed probably goes on to be: metrics, bounds, owners, components. Pure."""

from collections.abc import Iterable, Sequence

from kaizen_tui.core.criterion_text import OPERATORS
from kaizen_tui.core.fields import ComponentFields, MetricFields


def complete_criterion(text: str, metrics: Sequence[MetricFields], *, abort: bool = False) -> str:
    """The line with the next word or words added, or "" when nothing is known to follow.

    The name of a metric; behind it the bound that the component gives (its target, or where an abort criterion is
    written its abort threshold); behind an operator and a factor the word baseline.
    """
    lead = text[: len(text) - len(text.lstrip())]
    body = text[len(lead) :]
    if not body:
        return ""
    metric = next((metric for metric in metrics if body.rstrip() == metric.name), None)
    if metric is not None:
        return _with_bound(lead, body, metric, abort=abort)
    name = next((metric.name for metric in metrics if _begins(metric.name, body)), "")
    if name:
        return lead + name
    return _baseline(text, body, metrics)


def _begins(name: str, typed: str) -> bool:
    return len(name) > len(typed) and name.casefold().startswith(typed.casefold())


def _with_bound(lead: str, body: str, metric: MetricFields, *, abort: bool) -> str:
    bound = metric.abort_threshold if abort else metric.threshold
    if bound is None:
        return ""
    op = "<=" if (metric.direction == "lower") != abort else ">="
    if abort:
        op = op[0]  # beyond the abort threshold, not at it
    unit = metric.shown_unit
    gap = "" if body.endswith(" ") else " "
    return f"{lead}{body}{gap}{op} {bound:g}{' ' if unit else ''}{unit}"


def _baseline(text: str, body: str, metrics: Sequence[MetricFields]) -> str:
    metric = next((metric for metric in metrics if body.startswith(f"{metric.name} ")), None)
    if metric is None:
        return ""
    rest = body[len(metric.name) :].strip()
    op = next((op for op in sorted(OPERATORS, key=len, reverse=True) if rest.startswith(op)), "")
    behind = rest[len(op) :].strip()
    if not op or not behind:
        return ""
    last = behind.rpartition("*")[2] if "*" in behind else behind
    word = last.strip()
    if "*" in behind and not word:
        return f"{text}{'' if text.endswith(' ') else ' '}baseline"
    return text[: len(text) - len(word)] + "baseline" if word and _begins("baseline", word) else ""


def complete_word(text: str, words: Iterable[str]) -> str:
    """The first of `words` that begins with `text` and is longer, or ""."""
    return next((word for word in words if text and _begins(word, text)), "")


def find_components(text: str, components: Sequence[ComponentFields]) -> list[ComponentFields]:
    """The components that `text` may mean, best first: the id itself, ids that begin so, ids and names with it in.

    Several words must all be found. An empty text finds all.
    """
    words = text.casefold().split()
    ranked = []
    for component in components:
        place = f"{component.id} {component.name} {component.owner}".casefold()
        if all(word in place for word in words):
            ranked.append((_rank(component, text.strip().casefold()), component.id, component))
    return [component for _, _, component in sorted(ranked, key=lambda found: found[:2])]


def _rank(component: ComponentFields, text: str) -> int:
    if component.id == text:
        return 0
    if component.id.startswith(text):
        return 1
    return 2 if text in component.id else 3
