"""A criterion as a model, for what stores and shows it; the reading itself is criterion_text's."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from kaizen_tui.core.component import Component
from kaizen_tui.core.criterion_text import Reading, explain, holds, read_criterion


class Criterion(BaseModel):
    """One line of success_criteria or abort_criteria, as read against the ticket's component; see Reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    text: str
    kind: Literal["automatic", "manual"]
    metric: str = ""
    op: str = ""
    value: float | None = None
    factor: float | None = None
    tolerance: float | None = None
    unit: str = ""
    looks_automatic: bool = False
    problem: str = ""

    @classmethod
    def read(cls, text: str, component: Component | None) -> Self:
        """What `text` says about the component's metrics; without a component every line is manual. Never raises."""
        return cls(**read_criterion(text, component.metric_fields if component is not None else ())._asdict())

    @property
    def automatic(self) -> bool:
        """True when a machine can decide it."""
        return self.kind == "automatic"

    @property
    def reading(self) -> Reading:
        """The same as the light modules know it."""
        return Reading(**self.model_dump())

    @property
    def explanation(self) -> str:
        """In words: "automatic: p95_latency_ms below 10 ms", "manual: needs sign-off"."""
        return explain(self.reading)

    def holds(self, measured: float, baseline: float | None = None) -> bool | None:
        """Whether it holds for what was measured; None where that can't be said. See criterion_text.holds."""
        return holds(self.reading, measured, baseline)
