"""What a score-card says of a ticket's automatic criteria, for worlds where nothing is measured."""

from collections.abc import Sequence

from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.scorecard import CriterionResult
from kaizen_tui.core.ticket import Ticket


def all_hold(ticket: Ticket, metrics: Sequence[MetricFields]) -> tuple[CriterionResult, ...]:
    """Each of them passes. metrics: the component's."""
    found = []
    of_kinds = (("success", ticket.success_criteria), ("abort", ticket.abort_criteria))
    for kind, text in ((kind, text) for kind, criteria in of_kinds for text in criteria):
        reading = read_criterion(text, tuple(metrics))
        if reading.kind == "automatic":
            result = {"text": text, "kind": kind, "metric": reading.metric, "measured": 1.0, "verdict": "pass"}
            found.append(CriterionResult.model_validate(result))
    return tuple(found)
