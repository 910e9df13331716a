"""`kaizen edit`: a ticket's file in the person's editor and back. Whatever was typed is taken or kept, never lost."""

import sys
from typing import TYPE_CHECKING, Literal

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_USAGE, complain, error_line
from kaizen_tui.cli.invocation import Call, command, is_interactive
from kaizen_tui.cli.output import emit_json, note, problem_json, problem_line
from kaizen_tui.cli.parameters import known_ticket, ticket_argument
from kaizen_tui.core.text import safe
from kaizen_tui.loop.editor import Copy, editor_command, make_copy, run_editor

if TYPE_CHECKING:
    from kaizen_tui.core.problem import Problem
    from kaizen_tui.loop.context import Session
    from kaizen_tui.loop.edit import Updated

Choice = Literal["edit", "keep", "discard"]


@command("edit", writes=True)
@ticket_argument()
def edit(call: Call, ticket_id: str) -> int:
    """Opens the ticket in your editor ($VISUAL, else $EDITOR).

    The result is checked before it is taken, and a changed status passes its gates. What can't be taken is kept in a
    file that is named, so that nothing typed is lost.
    """
    return edit_ticket(call, call.session(), known_ticket(call.workspace, ticket_id))


def edit_ticket(call: Call, session: "Session", ticket_id: str) -> int:
    """The whole round trip; returns the exit code."""
    copy = make_copy(call.workspace, ticket_id)
    kept = True
    try:
        code, kept = _rounds(call, session, ticket_id, copy, editor_command())
        return code
    except BaseException:  # a conflict, a full disk, Ctrl+C: whatever it is, it takes nobody's work along
        kept = copy.has_work()
        raise
    finally:
        if kept:
            note(f"kaizen: your text is kept in {safe(copy.path)}")
        else:
            copy.remove()


def _rounds(call: Call, session: "Session", ticket_id: str, copy: Copy, argv: list[str]) -> tuple[int, bool]:
    """Edits until the text is taken or given up. Returns the exit code and whether the copy is to be kept."""
    from kaizen_tui.cli.tickets import report_update
    from kaizen_tui.loop.edit import apply_edited_text, check_text

    while True:
        run_editor(argv, copy.path)
        text = copy.read()
        if text == copy.begun:
            note(f"kaizen: {ticket_id}: nothing changed")
            if call.json:
                emit_json({"id": ticket_id, "changed": [], "decision": None, "etag": copy.etag})
            return EXIT_DONE, False
        problems = check_text(session, ticket_id, copy.begun, text)
        if problems:
            _show_problems(call, problems)
            choice = ask()
            if choice == "edit":
                continue
            return EXIT_USAGE, choice == "keep"
        done = apply_edited_text(session, ticket_id, text, copy.etag)
        if not _is_refused(done):
            return report_update(call, done), False
        code = report_update(call, done)
        choice = ask()
        if choice != "edit":
            return code, choice == "keep"


def _is_refused(done: "Updated") -> bool:
    return done.decision is not None and not done.decision.allowed


def _show_problems(call: Call, problems: "list[Problem]") -> None:
    if call.json and not is_interactive():
        emit_json([problem_json(problem) for problem in problems])
    for problem in problems:
        note(problem_line(problem))
    complain(
        error_line("the edited ticket can't be taken as it is", hint="see above; the lines are those of your text")
    )


def ask() -> Choice:
    """What to do with a text that wasn't taken; without a person at the terminal it is kept."""
    if not is_interactive():
        return "keep"
    while True:
        sys.stderr.write("[e]dit again, [k]eep the text in a file, [d]iscard it? ")
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            return "keep"
        word = answer.strip().casefold()
        choices: tuple[Choice, ...] = ("edit", "keep", "discard")
        for choice in choices:
            if word and choice.startswith(word):
                return choice
