"""Changes of a ticket: what is written, what is refused, what the log says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.errors import ConflictError, StoreError, UsageError
from kaizen_tui.core.log_view import LogEntry
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.edit import Changes, apply_edited_text, check_text, update
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import etag_of, read_ticket_file
from kaizen_tui.store.yaml_reader import YamlProblems


@pytest.fixture
def ticket(session: Session) -> str:
    return new_ticket(session, NewTicket("Old", "pcc-main", labels=["a"], success_criteria=["one", "two"])).id


def entries(session: Session, ticket: str) -> list[LogEntry]:
    return list(read_log(read_log_bytes(session.workspace.log_path(ticket))).events())


def data_of(session: Session, ticket: str) -> bytes:
    return Path(session.workspace.ticket_path(ticket)).read_bytes()


def test_the_log_says_from_what_to_what(session: Session, ticket: str) -> None:
    done = update(session, ticket, Changes(title="New", success_criteria=["two", "three"]), "because")
    assert (done.changed, done.written, done.decision) == (("title", "success_criteria"), True, None)
    entry = entries(session, ticket)[-1]
    assert entry.fields["changes"] == {
        "title": {"from": "Old", "to": "New"},
        "success_criteria": {"from": ["one", "two"], "to": ["two", "three"]},
    }
    assert entry.text("note") == "because"
    assert done.etag == etag_of(data_of(session, ticket))


def test_a_move_and_an_edit_are_two_entries_and_one_act(session: Session, ticket: str) -> None:
    done = update(session, ticket, Changes(objective="Less", status="planned"), "go")
    assert [entry.event for entry in entries(session, ticket)] == ["created", "edit", "status"]
    assert entries(session, ticket)[-1].text("reason") == "go"
    assert done.decision is not None
    assert "objective" not in [condition.code for condition in done.decision.warnings]


def test_a_refused_move_takes_the_other_changes_with_it(session: Session, ticket: str) -> None:
    before = data_of(session, ticket)
    done = update(session, ticket, Changes(title="New", status="complete"))
    assert done.decision is not None
    assert (done.decision.allowed, done.written, done.changed) == (False, False, ())
    assert data_of(session, ticket) == before


def test_wrong_values_are_errors_of_usage(session: Session, ticket: str) -> None:
    for changes in (Changes(title=""), Changes(severity="hihg"), Changes(component="No Id"), Changes(title="\ud800")):
        with pytest.raises(UsageError):
            update(session, ticket, changes)


def test_labels_and_links(session: Session, ticket: str) -> None:
    update(
        session, ticket, Changes(add_labels=["b", "a", "b"], remove_labels=["x"], links=[("repo", "https://x.example")])
    )
    update(session, ticket, Changes(remove_labels=["a"], links=[("repo", ""), ("docs", "https://y.example")]))
    fields = read_ticket_file(session.workspace, ticket).fields
    assert (fields.labels, fields.links) == (("b",), (("docs", "https://y.example"),))


def test_if_match(session: Session, ticket: str) -> None:
    etag = etag_of(data_of(session, ticket))
    update(session, ticket, Changes(title="A"), if_match=etag)
    with pytest.raises(ConflictError):
        update(session, ticket, Changes(title="B"), if_match=etag)
    assert read_ticket_file(session.workspace, ticket).fields.title == "A"


def test_an_edited_text_is_taken_whole(session: Session, ticket: str) -> None:
    old = data_of(session, ticket)
    new = b"# mine\r\n" + old.replace(b"severity: medium", b"severity:   low # !") + b"x-own: {a: [1, 2]}\n"
    done = apply_edited_text(session, ticket, new, etag_of(old))
    assert done.changed == ("severity", "x-own")
    after = data_of(session, ticket)
    assert after.startswith(b"# mine\r\n")
    assert b"severity:   low # !" in after
    stamp = entries(session, ticket)[-1].at
    assert read_ticket_file(session.workspace, ticket).fields.updated_at >= "2026-05-18T08:30:02Z"
    assert stamp >= "2026-05-18T08:30:02Z"


def test_only_a_comment_changed(session: Session, ticket: str) -> None:
    old = data_of(session, ticket)
    done = apply_edited_text(session, ticket, old + b"# a remark\n", etag_of(old))
    assert (done.changed, done.written) == ((), True)
    assert data_of(session, ticket) == old + b"# a remark\n"
    assert entries(session, ticket)[-1].event == "edit"


def test_an_edited_text_on_another_base_is_refused(session: Session, ticket: str) -> None:
    old = data_of(session, ticket)
    update(session, ticket, Changes(title="Theirs"))
    with pytest.raises(ConflictError):
        apply_edited_text(session, ticket, old.replace(b"medium", b"low"), etag_of(old))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'uid: "0000000000000001"', b"uid: other", "uid can't change"),
        (b"created_at: ", b"# created_at: ", "created_at can't change"),
        (b"id: KAIZ-001", b"id: KAIZ-002", "id is `KAIZ-002`"),
        (b"status: draft", b"status: drft", "is no status"),
        (b"status: draft", b"status: draft\nrollout: {look: -1}", "look"),
    ],
)
def test_what_can_not_be_taken(session: Session, ticket: str, old: bytes, new: bytes, says: str) -> None:
    before = data_of(session, ticket)
    text = before.replace(old, new)
    problems = check_text(session, ticket, before, text)
    assert says in problems[0].message
    assert problems[0].line > 0
    with pytest.raises(YamlProblems):
        apply_edited_text(session, ticket, text, etag_of(before))
    assert data_of(session, ticket) == before


def test_mending_a_file_is_no_way_round_the_gates(session: Session, ticket: str) -> None:
    path = Path(session.workspace.ticket_path(ticket))
    good = path.read_bytes()
    path.write_bytes(b"\t" + good)
    done = apply_edited_text(session, ticket, good.replace(b"draft", b"complete"), None)
    assert done.decision is not None
    assert not done.decision.allowed
    assert apply_edited_text(session, ticket, good, None).written
    assert entries(session, ticket)[-1].text("mended") == "true"


def test_what_a_crash_left_is_told(session: Session, ticket: str, told: list[str]) -> None:
    log = Path(session.workspace.log_path(ticket))
    log.write_bytes(log.read_bytes() + b'{"seq":2')
    update(session, ticket, Changes(title="New"))
    assert told == ["KAIZ-001: a torn last line of the log (8 bytes) was cut off"]
    assert read_log(log.read_bytes()).problems == ()


def test_a_flow_style_file_is_refused_in_words(session: Session, ticket: str) -> None:
    path = Path(session.workspace.ticket_path(ticket))
    path.write_text("{id: KAIZ-001, title: T, component: pcc-main, status: draft}\n", encoding="utf-8")
    with pytest.raises(StoreError, match=r"one \{ \} mapping"):
        update(session, ticket, Changes(title="New"))


def test_the_owner_of_a_session_is_the_actor_of_the_entry(as_actor: Callable[[str], Session], ticket: str) -> None:
    bob = as_actor("Bob <bob@example.org>")
    update(bob, ticket, Changes(title="Bob's"))
    assert entries(bob, ticket)[-1].actor == "Bob <bob@example.org>"


def test_the_owner_cannot_give_the_ticket_away_and_override_in_one_act(as_actor: Callable[[str], Session]) -> None:
    ada = as_actor("ada")
    ticket = new_ticket(ada, NewTicket("T", "pcc-main", owner="ada")).id
    update(ada, ticket, Changes(status="in_review"))
    before = data_of(ada, ticket)
    done = update(ada, ticket, Changes(owner="bob", status="canary"), override="trust me")
    assert not done.written
    assert done.decision is not None
    assert "ada owned the ticket: only someone else may override its gates" in [c.text for c in done.decision.refused]
    assert data_of(ada, ticket) == before
    assert update(as_actor("eve"), ticket, Changes(status="canary"), override="incident 7").written
