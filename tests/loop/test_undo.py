"""A change is taken back by a further entry; refused with the reason where it can't be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.governance import approvals, rejections, signed_off
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.loop import govern
from kaizen_tui.loop.context import Session, Wrote
from kaizen_tui.loop.edit import Changes, update
from kaizen_tui.loop.facts import gather
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.loop.undo import CannotUndoError, undo
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import read_ticket_file

GRACE = "Grace Hopper <grace@example.org>"


@pytest.fixture
def acts() -> list[Wrote]:
    return []


@pytest.fixture
def ada(session: Session, acts: list[Wrote]) -> Session:
    return session._replace(wrote=acts.append)


@pytest.fixture
def grace(as_actor: Callable[[str], Session], acts: list[Wrote]) -> Session:
    return as_actor(GRACE)._replace(wrote=acts.append)


@pytest.fixture
def ticket(session: Session) -> str:
    criteria = ["p95_latency_ms < 10", "Zero drops"]
    return new_ticket(session, NewTicket("T", "pcc-main", owner="Ada Lovelace", success_criteria=criteria)).id


def entries(session: Session, ticket: str) -> list[LogEntry]:
    view = read_log(read_log_bytes(session.workspace.log_path(ticket)))
    assert view.problems == ()
    return list(view.events())


def fields_of(session: Session, ticket: str) -> dict[str, object]:
    file = read_ticket_file(session.workspace, ticket)
    return {key: value for key, value in file.raw.items() if key != "updated_at"}


def test_a_move_goes_back_and_both_stay_in_the_log(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    before = fields_of(ada, ticket)
    govern.move(ada, ticket, "planned")
    done = undo(ada, acts[-1])
    first, second = entries(ada, ticket)[-2:]
    assert (second.event, second.text("from"), second.text("to")) == ("status", "planned", "draft")
    assert second.text("undoes") == first.hash
    assert fields_of(ada, ticket) == before
    assert (done.ticket_id, done.what) == (ticket, "the move to Planned")


def test_an_edit_gets_its_old_bytes_again(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    path = Path(ada.workspace.ticket_path(ticket))
    path.write_text(path.read_text(encoding="utf-8") + "# a person's remark\n", encoding="utf-8")
    before = fields_of(ada, ticket)
    update(ada, ticket, Changes(title="Other", success_criteria=["One"], add_labels=["x"], links=[("a", "https://b")]))
    assert fields_of(ada, ticket) != before
    undo(ada, acts[-1])
    assert fields_of(ada, ticket) == before
    assert "# a person's remark" in path.read_text(encoding="utf-8")
    last = entries(ada, ticket)[-1]
    assert last.fields["changes"]["title"] == {"from": "Other", "to": "T"}


def test_a_chain_of_changes_goes_back_one_by_one(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    before = fields_of(ada, ticket)
    govern.move(ada, ticket, "planned")
    update(ada, ticket, Changes(title="Other"))
    first, second = acts
    done = undo(ada, second)
    assert done.etag == read_ticket_file(ada.workspace, ticket).etag
    # The file is no longer byte by byte what the first act had left: its time is another.
    undo(ada, first._replace(after=read_ticket_file(ada.workspace, ticket).data))
    assert fields_of(ada, ticket) == before


def test_an_edit_with_a_move_goes_back_as_one(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    before = fields_of(ada, ticket)
    update(ada, ticket, Changes(title="Other", status="planned"))
    assert len(acts[-1].entries) == 2
    undo(ada, acts[-1])
    assert fields_of(ada, ticket) == before
    assert [entry.event for entry in entries(ada, ticket)[-2:]] == ["status", "edit"]


def test_a_comment_in_between_is_no_obstacle(ada: Session, grace: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    govern.comment(grace, ticket, "hm")
    undo(ada, acts[0])
    assert fields_of(ada, ticket)["status"] == "draft"


def refused(session: Session, act: Wrote, words: str) -> None:
    before = read_log_bytes(session.workspace.log_path(act.ticket_id))
    with pytest.raises(CannotUndoError, match=words):
        undo(session, act)
    assert read_log_bytes(session.workspace.log_path(act.ticket_id)) == before


def test_refused_when_someone_changed_it_since(ada: Session, grace: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    update(grace, ticket, Changes(title="Other"))
    refused(ada, acts[0], "Grace Hopper edited it since")


def test_refused_when_the_file_was_changed_by_hand(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    path = Path(ada.workspace.ticket_path(ticket))
    path.write_text(path.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    refused(ada, acts[0], "its file was changed since")


def test_refused_twice_and_of_an_undo(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    undo(ada, acts[0])
    refused(ada, acts[0], "taken back already")
    refused(ada, acts[1], "itself an undo")


def test_refused_in_final_states(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "aborted", reason="no use")
    refused(ada, acts[0], "Aborted is final")


@pytest.mark.parametrize(("old", "new"), [("in_review", "canary"), ("canary", "in_review")])
def test_refused_for_a_canary(ada: Session, ticket: str, acts: list[Wrote], old: str, new: str) -> None:
    govern.move(ada, ticket, "planned")
    entry = acts[0].entries[0].model_copy(update={"from": old, "to": new})
    refused(ada, acts[0]._replace(entries=(entry,)), "a canary has users")


def test_a_step_back_that_is_taken_back_asks_the_gates(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "in_review")
    govern.move(ada, ticket, "in_progress")
    config = Path(ada.workspace.config_path)
    config.write_text("governance: {enforce_from: planned}\n", encoding="utf-8")
    refused(ada, acts[-1], "the gate into In review is shut by now: ")
    config.unlink()
    undo(ada, acts[-1])
    assert fields_of(ada, ticket)["status"] == "in_review"


def test_an_approval_is_withdrawn(ada: Session, grace: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    govern.approve(grace, ticket)
    assert len(approvals(gather(ada, ticket), "plan")) == 1
    undo(grace, acts[-1])
    assert approvals(gather(ada, ticket), "plan") == ()
    last = entries(ada, ticket)[-1]
    assert (last.event, last.text("undoes"), last.text("what")) == ("withdraw", acts[1].entries[0].hash, "approve")
    govern.approve(grace, ticket)
    assert len(approvals(gather(ada, ticket), "plan")) == 1


def test_a_withdrawn_approval_brings_ones_rejection_back(
    ada: Session, grace: Session, ticket: str, acts: list[Wrote]
) -> None:
    govern.move(ada, ticket, "planned")
    govern.reject(grace, ticket, "too vague")
    govern.approve(grace, ticket)
    assert rejections(gather(ada, ticket), "plan") == ()
    undo(grace, acts[-1])
    assert len(rejections(gather(ada, ticket), "plan")) == 1
    undo(grace, acts[1])
    assert rejections(gather(ada, ticket), "plan") == ()


def test_a_sign_off_is_withdrawn(ada: Session, grace: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.sign_off(grace, ticket, "Zero drops")
    assert signed_off(gather(ada, ticket), "Zero drops")
    undo(grace, acts[-1])
    assert not signed_off(gather(ada, ticket), "Zero drops")


def test_nobody_withdraws_for_someone_else(ada: Session, grace: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    govern.approve(grace, ticket)
    undo(ada, acts[-1])
    assert len(approvals(gather(ada, ticket), "plan")) == 1


def test_refused_when_a_move_followed_the_approval(
    ada: Session, grace: Session, ticket: str, acts: list[Wrote]
) -> None:
    govern.move(ada, ticket, "planned")
    govern.approve(grace, ticket)
    govern.move(ada, ticket, "in_progress")
    refused(grace, acts[1], "Ada Lovelace moved it since")


def test_an_unsigned_withdrawal_where_signatures_are_required(
    ada: Session, grace: Session, ticket: str, acts: list[Wrote]
) -> None:
    govern.move(ada, ticket, "planned")
    govern.reject(grace, ticket, "no")
    Path(ada.workspace.config_path).write_text("governance: {require_signature: true}\n", encoding="utf-8")
    refused(grace, acts[-1], "require_signature")


def test_a_removed_ticket(ada: Session, ticket: str, acts: list[Wrote]) -> None:
    govern.move(ada, ticket, "planned")
    Path(ada.workspace.log_path(ticket)).write_bytes(b"")
    with pytest.raises(CannotUndoError, match="no longer in the log"):
        undo(ada, acts[0])
