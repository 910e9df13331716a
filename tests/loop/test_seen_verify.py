"""What was shown to an approver goes into the log entry, and `verify` proves it."""

from kaizen_tui.core.canonical import sha256_hex
from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log
from kaizen_tui.loop import govern
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.loop.verify import verify

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
