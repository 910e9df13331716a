"""Everything that a gate looks at, gathered beforehand: the gates themselves read no file and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from kaizen_tui.core.log_view import EMPTY_LOG, LogView

if TYPE_CHECKING:
    from kaizen_tui.core.component import Component
    from kaizen_tui.core.config import Config
    from kaizen_tui.core.scorecard import ScoreCard
    from kaizen_tui.core.ticket import Ticket

MetricState = Literal[
    "fresh", "no_source", "no_server", "unreachable", "stale", "no_number", "unknown_metric", "unchecked"
]


@dataclass(frozen=True)
class Facts:
    """What is known of one ticket.

    component:        of the registry, None when it has no such component.
    log:              as read; only its proven entries count.
    score_card:       None when there is none or it can't be read; score_card_hash: SHA-256 (hex) of the file's bytes,
                      "" when there is no file.
    patch_spec:       text of Patch-Spec.md, None when there is none.
    candidate_commit: the commit that would be released, full hex, None when unknown. candidate_author: `Name <e-mail>`.
    metric_states:    metric's name -> (state, detail in words); a metric that is absent is "unchecked".
    owner_before:     where the facts are of an edit not yet written: the owner as the file still has it, else "".
    """

    ticket: Ticket
    component: Component | None
    config: Config
    log: LogView = EMPTY_LOG
    score_card: ScoreCard | None = None
    score_card_hash: str = ""
    patch_spec: str | None = None
    candidate_commit: str | None = None
    candidate_author: str | None = None
    metric_states: Mapping[str, tuple[MetricState, str]] = field(default_factory=dict)
    owner_before: str = ""

    @cached_property
    def former_owners(self) -> tuple[str, ...]:
        """Who owned the ticket since it last came into review, by the log's `edit` entries, and `owner_before`."""
        reviews = self.log.latest(lambda entry: entry.event == "status" and entry.text("to") == "in_review")
        owners = {self.owner_before: None}
        for entry in self.log.not_before(*reviews):
            changes = entry.fields.get("changes") if entry.event == "edit" else None
            change = changes.get("owner") if isinstance(changes, dict) else None
            owner = change.get("from") if isinstance(change, dict) else None
            if isinstance(owner, str):
                owners[owner] = None
        return tuple(owner for owner in owners if owner.strip())
