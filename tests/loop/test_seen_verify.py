"""What was shown to an approver goes into the log entry, and `verify` proves it."""

from hashlib import sha256
from pathlib import Path

import pytest

from kaizen_tui.core.canonical import sha256_hex
from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log
from kaizen_tui.loop import govern
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.loop.verify import verify
from kaizen_tui.store.records import NewEvent, transaction

SHOWN = {"score_card": {"verdict": "pass"}, "at": "2026-05-18T08:30:00Z"}


def test_an_approval_keeps_what_was_shown(session: Session) -> None:
    ticket = new_ticket(session, NewTicket("T", "pcc-main", owner="Ada Lovelace")).id
    entry = govern.approve(session, ticket, shown=SHOWN).entry
    assert entry.fields["seen"] == SHOWN
    assert entry.text("seen_sha256") == sha256_hex(SHOWN)
    assert "seen" not in govern.approve(session, ticket).entry.fields
    assert verify(session, [ticket])[0].ok


def test_verify_names_a_picture_that_was_exchanged_in_a_well_linked_entry(session: Session) -> None:
    ticket = new_ticket(session, NewTicket("T", "pcc-main")).id
    log = session.workspace.log_path(ticket)
    with open(log, "rb") as file:
        begun = read_log(file.read())
    fields = {"seen": {"score_card": {"verdict": "fail"}}, "seen_sha256": sha256_hex(SHOWN)}
    forged = make_entry(begun, at="2026-05-18T08:30:00Z", actor="Eve", event="approve", fields=fields)
    with open(log, "ab") as file:
        file.write(entry_line(forged))
    (proof,) = verify(session, [ticket])
    assert not proof.ok
    assert [(problem.line, problem.seq, problem.code) for problem in proof.problems] == [(2, 2, "seen")]


def evaluated(session: Session, card: bytes) -> str:
    """A ticket with this score-card, which its log names."""
    ticket = new_ticket(session, NewTicket("T", "pcc-main")).id
    Path(session.workspace.score_card_path(ticket)).write_bytes(card)
    log_card(session, ticket, card)
    return ticket


def log_card(session: Session, ticket: str, card: bytes) -> None:
    with transaction(session.workspace, ticket) as tx:
        fields = {"verdict": "pass", "score_card": sha256(card).hexdigest()}
        tx.commit(data=None, events=[NewEvent("Ada", "evaluate", fields)], at=session.now())


@pytest.mark.parametrize(("found", "words"), [(b'{"verdict": "pass"}', "is not the one"), (None, "is gone")])
def test_verify_names_a_score_card_that_is_not_the_one_that_was_approved(
    session: Session, found: bytes | None, words: str
) -> None:
    ticket = evaluated(session, b'{"verdict": "fail"}')
    govern.approve(session, ticket)
    assert verify(session, [ticket])[0].ok
    card = Path(session.workspace.score_card_path(ticket))
    card.unlink() if found is None else card.write_bytes(found)
    (proof,) = verify(session, [ticket])
    assert [(problem.seq, problem.code) for problem in proof.problems] == [(3, "score_card")]
    assert words in proof.problems[0].message


def test_a_later_evaluation_has_a_score_card_of_its_own(session: Session) -> None:
    ticket = evaluated(session, b"{}")
    govern.approve(session, ticket)
    Path(session.workspace.score_card_path(ticket)).write_bytes(b"{ }")
    log_card(session, ticket, b"{ }")
    assert verify(session, [ticket])[0].ok
