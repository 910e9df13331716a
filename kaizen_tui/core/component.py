"""A component of the platform: who owns it, how critical it is, what it promises (pydantic)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kaizen_tui.core.checker import FieldError, FieldErrors, Path
from kaizen_tui.core.evaluation import Evaluation
from kaizen_tui.core.fields import COMPONENT_KEYS, METRIC_KEYS, ComponentFields, MetricFields, SliKind, direction_of
from kaizen_tui.core.ids import near_hint
from kaizen_tui.core.rollout import Rollout
from kaizen_tui.core.sli import LatencySli, Sli, counts_events
from kaizen_tui.core.typed import AnyModel, Number, Span, StrictBlock, Text, validated
from kaizen_tui.core.units import parse_duration
from kaizen_tui.core.values import Value, quoted

_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def _label(text: str) -> str:
    if _LABEL.fullmatch(text) is None:
        raise ValueError(f"{quoted(text)} is no label of Prometheus; use letters, digits and _")
    return text


class Versions(StrictBlock):
    """How two versions are told apart in Prometheus: the label, and its value for each."""

    label: Annotated[Text, AfterValidator(_label)]
    baseline: Text
    canary: Text


class Metric(BaseModel):
    """One SLO metric.

    threshold: the target, in the metric's unit. abort_threshold: roll back beyond it. objective: percent of good
    events. window: seconds of the error budget, None without an objective. query and sli: at most one of them.
    extra: keys that the format doesn't know.
    """

    model_config = _FROZEN

    name: str
    threshold: Number
    abort_threshold: Number | None = None
    unit: str = ""
    description: str = ""
    query: str | None = None
    sli: Sli | None = None
    objective: Annotated[Number, Field(gt=0, lt=100)] | None = None
    window: Span | None = None
    extra: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.query is not None and self.sli is not None:
            raise ValueError("has both a query and an sli; keep one of them")
        if self.objective is not None and self.has_source and not (self.sli and counts_events(self.sli)):
            raise ValueError("an objective needs events: an sli of type ratio, or latency with a threshold")
        return self

    @property
    def direction(self) -> Literal["lower", "higher"]:
        """Which way is better; see fields.direction_of."""
        return "higher" if direction_of(self.threshold, self.abort_threshold) == "higher" else "lower"

    @property
    def has_source(self) -> bool:
        """True when the file says where the numbers come from."""
        return self.query is not None or self.sli is not None

    @property
    def shown_unit(self) -> str:
        """The unit that the file gives, else the one that the name says, else ""."""
        return self.fields.shown_unit

    @property
    def fields(self) -> MetricFields:
        """The metric as the light modules know it."""
        window = "" if self.window is None else f"{self.window:g}s"
        return MetricFields(
            self.name, self.threshold, self.abort_threshold, self.unit, self.description, self.has_source,
            self.objective, window, self._kind, getattr(self.sli, "quantile", None),
        )  # fmt: skip

    @property
    def _kind(self) -> SliKind:
        if self.sli is None:
            return "query" if self.query is not None else ""
        return "slower" if isinstance(self.sli, LatencySli) and self.sli.threshold is not None else self.sli.type


class Component(BaseModel):
    """A component. links: (name, URL). selector: label -> value, common to its metrics. generator: of config.yml, which
    proposes changes to it, or "". extra: unknown keys, kept."""

    model_config = _FROZEN

    id: str
    name: str = ""
    tier: Annotated[int, Field(ge=0, le=3, strict=True)]
    owner: str = ""
    metrics: tuple[Metric, ...] = ()
    rollback_plan: str = ""
    description: str = ""
    links: tuple[tuple[str, str], ...] = ()
    selector: dict[str, str] = Field(default_factory=dict)
    versions: Versions | None = None
    evaluation: Evaluation | None = None
    rollout: Rollout | None = None
    generator: str = ""
    extra: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def from_fields(cls, fields: ComponentFields, raw: Mapping[str, Value]) -> Self:
        """The component whose checked `fields` came from `raw`. Raises FieldErrors for what check_component leaves:
        slis, versions, evaluation, rollout."""
        errors: list[FieldError] = []
        metrics = [
            _collected(errors, Metric, _metric_data(metric, item), ("slo", "metrics", position))
            for position, (metric, item) in enumerate(zip(fields.metrics, _metric_items(raw), strict=True))
        ]
        versions = block_of(errors, Versions, raw, "versions")
        evaluation = block_of(errors, Evaluation, raw, "evaluation")
        rollout = block_of(errors, Rollout, raw, "rollout")
        selector = _texts(raw, "selector")
        for label in selector:
            if _LABEL.fullmatch(label) is None:
                what = f"selector: {quoted(label)} is no label of Prometheus"
                errors.append(FieldError(("selector", label), what, "use letters, digits and _"))
        if errors:
            raise FieldErrors(errors)
        return cls(
            id=fields.id,
            name=fields.name,
            tier=fields.tier,
            owner=fields.owner,
            metrics=tuple(metric for metric in metrics if metric is not None),
            rollback_plan=fields.rollback_plan,
            description=fields.description,
            links=tuple(_texts(raw, "links").items()),
            selector=selector,
            versions=versions,
            evaluation=evaluation,
            rollout=rollout,
            generator=fields.generator.strip(),
            extra={key: raw[key] for key in fields.unknown},
        )

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or None."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    @property
    def metric_fields(self) -> tuple[MetricFields, ...]:
        """The metrics as the light modules know them (for read_criterion)."""
        return tuple(metric.fields for metric in self.metrics)

    @property
    def unknown(self) -> tuple[tuple[Path, str], ...]:
        """Every key that the format doesn't know: (path, hint "did you mean …?" or "")."""
        found: list[tuple[Path, str]] = [((key,), near_hint(key, COMPONENT_KEYS)) for key in self.extra]
        for position, metric in enumerate(self.metrics):
            found += [(("slo", "metrics", position, key), near_hint(key, METRIC_KEYS)) for key in metric.extra]
        return (*found, *unknown_in(self.evaluation, self.rollout))


def unknown_in(evaluation: Evaluation | None, rollout: Rollout | None) -> tuple[tuple[Path, str], ...]:
    """The unknown keys of the two blocks that components and tickets share."""
    found = () if evaluation is None else evaluation.unknown(("evaluation",))
    return found if rollout is None else (*found, *rollout.unknown(("rollout",)))


def _collected(errors: list[FieldError], model: type[AnyModel], raw: object, at: Path) -> AnyModel | None:
    try:
        return validated(model, raw, at)
    except FieldErrors as found:
        errors.extend(found.errors)
        return None


def block_of(errors: list[FieldError], model: type[AnyModel], raw: Mapping[str, Value], key: str) -> AnyModel | None:
    """The block at `key` of a file; None when it is absent or wrong, and `errors` then say how."""
    return _collected(errors, model, raw[key], (key,)) if raw.get(key) is not None else None


def _texts(raw: Mapping[str, Value], key: str) -> dict[str, str]:
    value = raw.get(key)
    return {name: item for name, item in value.items() if isinstance(item, str)} if isinstance(value, dict) else {}


def _metric_items(raw: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    slo = raw.get("slo")
    items = slo.get("metrics") if isinstance(slo, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _metric_data(metric: MetricFields, raw: Mapping[str, Value]) -> dict[str, Any]:
    query = raw.get("query")
    return {
        "name": metric.name,
        "threshold": metric.threshold,
        "abort_threshold": metric.abort_threshold,
        "unit": metric.unit,
        "description": metric.description,
        "query": query if isinstance(query, str) and query.strip() else None,
        "sli": raw.get("sli") or None,
        "objective": metric.objective,
        "window": parse_duration(metric.window) if metric.window else None,
        "extra": {key: value for key, value in raw.items() if key not in METRIC_KEYS},
    }
