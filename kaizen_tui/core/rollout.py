"""`rollout:` of a component or a ticket: how a canary gets its users, step by step, and how it is judged."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from kaizen_tui.core.typed import Block, Flag, Number, Share, Span, Text

Chance = Annotated[Number, Field(ge=1e-12, lt=1)]


class Rollout(Block):
    """How a canary is rolled out.

    splitter: a name from config.yml's `splitters`, or one of their types. steps: shares of the users, rising.
    min_duration, max_duration: seconds in canary, None where nothing is said. look: seconds between two looks.
    slis: names of the component's metrics that decide; () is all of them. alpha, beta: error rates of the verdicts.
    auto: start by itself as soon as the gate is open. max_blind: seconds without data before the share returns to 0.
    """

    splitter: Text | None = None
    steps: Annotated[tuple[Annotated[Share, Field(gt=0)], ...], Field(min_length=1)] = (0.01, 0.05, 0.25, 1.0)
    min_duration: Span | None = None
    max_duration: Span | None = None
    look: Span = 15.0
    slis: tuple[Text, ...] = ()
    alpha: Chance = 0.05
    beta: Chance = 0.05
    auto: Flag = False
    max_blind: Span = 120.0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(later <= earlier for earlier, later in zip(self.steps, self.steps[1:], strict=False)):
            raise ValueError("each of the `steps` must be larger than the one before")
        if len(set(self.slis)) < len(self.slis):
            raise ValueError("`slis` names a metric twice")
        if self.min_duration is not None and self.max_duration is not None and self.min_duration > self.max_duration:
            raise ValueError("`min_duration` is longer than `max_duration`")
        return self
