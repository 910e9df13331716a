"""Gathers what the gates look at: the ticket, its component, log, score-card, patch spec, candidate and metrics."""

from hashlib import sha256
from typing import TYPE_CHECKING

from kaizen_tui.core.component import Component
from kaizen_tui.core.config import Config
from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.facts import Facts, MetricState
from kaizen_tui.core.log_view import LogView
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.core.scorecard import MAX_BYTES
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.meter import Meter
from kaizen_tui.loop.models import find_component, load_config, parse_score_card, ticket_from, ticket_model
from kaizen_tui.store import git
from kaizen_tui.store.files import read_optional
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import parse_ticket, read_ticket_file
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import YamlProblems

if TYPE_CHECKING:
    from kaizen_tui.store.records import Transaction

CANDIDATE_BRANCH = "kaizen/{id}"


def gather(session: Session, subject: "str | Transaction", *, data: bytes | None = None, measure: bool = True) -> Facts:
    """The facts of a ticket as it stands.

    subject: its id, or the open transaction on it (then nothing changes between the facts and the write).
    data:    the ticket's content as it shall become, where a change is judged before it is written.
    measure: False where no gate is judged, so that no metrics server need be asked.
    Raises NotFoundError, YamlProblems, StoreError. A score-card that is wrong counts as none.
    """
    workspace = session.workspace
    ticket_id = subject if isinstance(subject, str) else subject.id
    owner_before = ""
    if data is not None:
        ticket = ticket_of_bytes(workspace, ticket_id, data)
        owner_before = _owner_on_disk(workspace, ticket_id)
    else:
        ticket = ticket_model(
            workspace, read_ticket_file(workspace, ticket_id) if isinstance(subject, str) else subject.ticket
        )
    config = load_config(workspace)
    component = find_component(workspace, ticket.component)
    log = _log_of(workspace, subject)
    if config.governance.require_signature:
        log = with_signers(workspace, log)
    card = read_optional(workspace.score_card_path(ticket_id), MAX_BYTES)
    spec = read_optional(workspace.spec_path(ticket_id))
    commit = candidate_commit(workspace, ticket_id)
    return Facts(
        ticket=ticket,
        component=component,
        config=config,
        log=log,
        score_card=parse_score_card(card, "")[0] if card is not None else None,
        score_card_hash=sha256(card).hexdigest() if card is not None else "",
        patch_spec=spec.decode("utf-8", "replace") if spec is not None else None,
        candidate_commit=commit,
        candidate_author=git.commit_author(workspace.root, commit) if commit else None,
        metric_states=metric_states(session, ticket, component, config, locked=not isinstance(subject, str))
        if measure
        else {},
        owner_before=owner_before,
    )


def _owner_on_disk(workspace: Workspace, ticket_id: str) -> str:
    """Who owns the ticket before the edit, so that nobody gives it away and overrides its gates in one act.

    A file that is broken names no owner: the edit that mends it is judged by what it says.
    """
    try:
        return read_ticket_file(workspace, ticket_id).fields.owner
    except YamlProblems:
        return ""


def ticket_of_bytes(workspace: Workspace, ticket_id: str, data: bytes) -> Ticket:
    """The ticket of a file's bytes. Raises YamlProblems."""
    shown = workspace.relative(workspace.ticket_path(ticket_id))
    raw, fields = parse_ticket(data, ticket_id, shown)
    return ticket_from(fields, raw, data, shown)


def _log_of(workspace: Workspace, subject: "str | Transaction") -> LogView:
    if isinstance(subject, str):
        return read_log(read_log_bytes(workspace.log_path(subject)))
    return subject.log


def with_signers(workspace: Workspace, log: LogView) -> LogView:
    """The log with who signed which entry, as far as `registry/kaizen/allowed_signers` proves it."""
    if not any(entry.text("sig") for entry in log.proven):
        return log
    from kaizen_tui.store.signing import signers

    return log.signed(signers(workspace, log))


def candidate_commit(workspace: Workspace, ticket_id: str) -> str | None:
    """The head of the ticket's branch `kaizen/ID`, full hex; None without a checkout or such a branch."""
    if git.checkout_of(workspace.root) is None:
        return None
    return git.rev_parse(workspace.root, f"refs/heads/{CANDIDATE_BRANCH.format(id=ticket_id)}")


def metric_states(
    session: Session, ticket: Ticket, component: Component | None, config: Config, *, locked: bool
) -> dict[str, tuple[MetricState, str]]:
    """For each metric that an automatic criterion names: whether its numbers come, and in words why not.

    locked: the ticket's lock is held, so that only `ask_ahead`'s answers count.
    """
    if component is None:
        return {}
    metrics = component.metric_fields
    texts = (*ticket.success_criteria, *ticket.abort_criteria)
    named = dict.fromkeys(
        reading.metric for reading in (read_criterion(text, metrics) for text in texts) if reading.metric
    )
    meter = session.meter if session.meter is not None else Meter()
    return meter.states(session.workspace, component, config, named, session.now().timestamp(), locked=locked)


def ask_ahead(session: Session, ticket_id: str, component_id: str | None = None) -> None:
    """Asks about the metrics that a gate of the ticket will want to know, before anyone holds the ticket's lock.

    component_id: the one that the ticket shall have, None for the one it has. What can't be read is for the act itself
    to say.
    """
    if session.meter is None:
        return
    try:
        config = load_config(session.workspace)
        if config.metrics is None or config.metrics.source == "simulated":
            return
        named = component_id or read_ticket_file(session.workspace, ticket_id).fields.component
        component = find_component(session.workspace, named)
    except KaizenError:
        return
    if component is not None:
        names = [metric.name for metric in component.metrics]
        session.meter.states(session.workspace, component, config, names, session.now().timestamp())
