"""Typed service level indicators: where a metric's numbers come from. One serves panel, gate, alert and verdict."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from kaizen_tui.core.typed import Number, StrictBlock, Text
from kaizen_tui.core.values import quoted

# A Prometheus series: a metric name, or one with label matchers in braces.
_SERIES = re.compile(
    r"[a-zA-Z_:][a-zA-Z0-9_:]*"
    r"""(?:\{(?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\})?"""
)


def _series(text: str) -> str:
    if _SERIES.fullmatch(text.strip()) is None:
        raise ValueError(f'{quoted(text)} is no series such as http_requests_total{{code=~"5.."}}')
    return text.strip()


Series = Annotated[Text, AfterValidator(_series)]


class RatioSli(StrictBlock):
    """Bad (or good) events over all events; exactly one of `bad` and `good`."""

    type: Literal["ratio"]
    bad: Series | None = None
    good: Series | None = None
    total: Series

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.bad is None) == (self.good is None):
            raise ValueError("needs `bad` or `good`, one of them")
        return self


class LatencySli(StrictBlock):
    """A histogram read as a quantile (in the histogram's unit, seconds) or as the share slower than `threshold`."""

    type: Literal["latency"]
    histogram: Series
    quantile: Annotated[Number, Field(gt=0, lt=1)] | None = None
    threshold: Annotated[Number, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.quantile is None) == (self.threshold is None):
            raise ValueError("needs `quantile` or `threshold`, one of them")
        return self


class GaugeSli(StrictBlock):
    """A gauge, aggregated over the component's instances."""

    type: Literal["gauge"]
    metric: Series
    aggregate: Literal["avg", "max", "min", "sum"] = "avg"


class RateSli(StrictBlock):
    """How fast a counter grows, per second, summed over the component's instances."""

    type: Literal["rate"]
    counter: Series


Sli = Annotated[RatioSli | LatencySli | GaugeSli | RateSli, Field(discriminator="type")]


def counts_events(sli: RatioSli | LatencySli | GaugeSli | RateSli) -> bool:
    """True for an SLI that tells good events from bad ones, so that an objective gives it an error budget."""
    return isinstance(sli, RatioSli) or (isinstance(sli, LatencySli) and sli.threshold is not None)
