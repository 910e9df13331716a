"""A ticket as a model (pydantic): one change, from its objective to its end."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from kaizen_tui.core.canonical import sha256_hex
from kaizen_tui.core.checker import FieldError, FieldErrors, Path
from kaizen_tui.core.component import Component, block_of, unknown_in
from kaizen_tui.core.criterion import Criterion
from kaizen_tui.core.evaluation import Evaluation
from kaizen_tui.core.fields import (
    DEFAULT_SEVERITY,
    TICKET_KEYS,
    TicketAlert,
    TicketFields,
    check_severity,
    check_status,
)
from kaizen_tui.core.ids import near_hint
from kaizen_tui.core.rollout import Rollout
from kaizen_tui.core.values import Value


def _pairs(value: object) -> object:
    return tuple(value.items()) if isinstance(value, dict) else value


class Ticket(BaseModel):
    """A ticket. Texts are as in the file (hostile: escape on output); see TicketFields.

    links: (name, URL). evaluation, rollout: the ticket's own, which win over its component's. extra: unknown keys.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str
    title: str
    component: str
    owner: str = ""
    severity: Annotated[str, AfterValidator(check_severity)] = DEFAULT_SEVERITY
    objective: str = ""
    success_criteria: tuple[str, ...] = ()
    abort_criteria: tuple[str, ...] = ()
    rollback_plan: str = ""
    links: Annotated[tuple[tuple[str, str], ...], BeforeValidator(_pairs)] = ()
    status: Annotated[str, AfterValidator(check_status)] = "draft"
    created_at: str = ""
    updated_at: str = ""
    uid: str = ""
    labels: tuple[str, ...] = ()
    alert: TicketAlert | None = None
    evaluation: Evaluation | None = None
    rollout: Rollout | None = None
    extra: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def from_fields(cls, fields: TicketFields, raw: Mapping[str, Value]) -> Self:
        """The ticket whose checked `fields` came from `raw`. Raises FieldErrors for what check_ticket leaves:
        evaluation and rollout."""
        errors: list[FieldError] = []
        evaluation = block_of(errors, Evaluation, raw, "evaluation")
        rollout = block_of(errors, Rollout, raw, "rollout")
        if errors:
            raise FieldErrors(errors)
        data = fields._asdict()
        unknown = data.pop("unknown")
        return cls(**data, evaluation=evaluation, rollout=rollout, extra={key: raw[key] for key in unknown})

    def governed_hash(self) -> str:
        """SHA-256 (hex) of what an approval of the plan approves: component, objective, criteria, rollback plan.

        Over their canonical JSON (RFC 8785), so that it doesn't depend on how the file is laid out.
        """
        governed = {
            "component": self.component,
            "objective": self.objective,
            "success_criteria": list(self.success_criteria),
            "abort_criteria": list(self.abort_criteria),
            "rollback_plan": self.rollback_plan,
        }
        return sha256_hex(governed)

    def success(self, component: Component | None) -> tuple[Criterion, ...]:
        """The success criteria, read against `component`."""
        return tuple(Criterion.read(text, component) for text in self.success_criteria)

    def abort(self, component: Component | None) -> tuple[Criterion, ...]:
        """The abort criteria, read against `component`."""
        return tuple(Criterion.read(text, component) for text in self.abort_criteria)

    @property
    def unknown(self) -> tuple[tuple[Path, str], ...]:
        """Every key that the format doesn't know: (path, hint "did you mean …?" or "")."""
        found = [((key,), near_hint(key, TICKET_KEYS)) for key in self.extra]
        return (*found, *unknown_in(self.evaluation, self.rollout))
