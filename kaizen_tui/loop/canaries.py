"""The canaries of a workspace: who has a splitter, whose release stands there, which ticket left its canary behind."""

import os

from kaizen_tui.core.canary_state import CanaryState, canary_state, parts
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.loop.canary_acts import state_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.rollouts import plan_of, splitter_settings
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.workspace import Workspace


def left_over(session: Session, ticket_id: str, status: str) -> bool:
    """By its log users may have the ticket's canary, and by its file, which somebody edited, it is no canary.

    Who completed it through the gate wants users to have it. Raises StoreError.
    """
    if status == "canary":
        return False
    log = read_log(read_log_bytes(session.workspace.log_path(ticket_id)))
    state = canary_state(log)
    if state is None or log.last_statuses == {"complete"}:
        return False
    begun = state.intent is not None or (state.ending is not None and not state.ending.verified)
    return begun or parts(state.wanted) > 0


def driven_before(session: Session) -> list[str]:
    """The tickets whose canary was changed from this machine; there is a lock of each."""
    try:
        names = os.listdir(f"{session.workspace.state}/canary")
    except OSError:
        return []
    ids = {name.rpartition(".")[0] for name in names}
    return sorted(filter(is_ticket_id, ids))


def others_at(session: Session, ticket_id: str, splitter: str) -> list[str]:
    """Other tickets in canary at this splitter, also those whose files don't say where they are."""
    found = []
    for row in load_snapshot(session.workspace).rows:
        if row.status != "canary" or row.id == ticket_id:
            continue
        try:
            state = state_of(session, row.id)
            name = state.splitter if state is not None and state.splitter else ""
            if (name or splitter_settings(plan_of(session.workspace, row.id))[0]) == splitter:
                found.append(row.id)
        except KaizenError:
            found.append(row.id)  # to be on the safe side: two canaries would take users from each other
    return found


def released_at(workspace: Workspace, splitter: str) -> str:
    """The ticket whose release is the last that was done at this splitter and wasn't taken back to the baseline, by the
    logs; "" where there is none. Logs that can't be read are passed over. Raises StoreError."""
    newest, found = -1, ""
    for row in load_snapshot(workspace).rows:
        if row.status not in ("canary", "complete", "aborted"):
            continue
        try:
            data = read_log_bytes(workspace.log_path(row.id))
        except KaizenError:
            continue
        state = canary_state(read_log(data)) if b'"rollout"' in data else None
        if state is not None and state.splitter == splitter and state.since > newest:
            newest, found = state.since, row.id if row.status == "complete" and stands(state) else ""
    return found


def stands(state: CanaryState) -> bool:
    """Of a complete ticket: the splitter is where its release left it, as far as its log says."""
    return parts(state.share) > 0 and not state.baseline_at
