"""`kaizen log`, `verify`, `lint`."""

from typing import Any

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import emit, emit_json, note, problem_json, problem_line
from kaizen_tui.cli.parameters import known_ticket, ticket_argument
from kaizen_tui.core.text import safe


@command("log")
@ticket_argument()
def log(call: Call, ticket_id: str) -> int:
    """Shows the ticket's audit trail, with a mark for each entry that is proven."""
    from kaizen_tui.cli.trail import problem_lines, proven_rows, trail_json, trail_lines
    from kaizen_tui.loop.verify import read_proven

    ticket_id = known_ticket(call.workspace, ticket_id)
    view = read_proven(call.workspace, ticket_id)
    if call.json:
        problems = [_finding_json(problem) for problem in view.problems]
        emit_json({"id": ticket_id, "entries": trail_json(proven_rows(view)), "problems": problems})
    else:
        lines = trail_lines(proven_rows(view), call.paint, plain=call.plain)
        emit("\n".join([*lines, *problem_lines(view, call.paint)]))
    return EXIT_DONE


@command("verify")
@ticket_argument("ids", nargs=-1, metavar="[ID]...")
def verify(call: Call, ids: tuple[str, ...]) -> int:
    """Proves that no log entry was changed, dropped or reordered. Without IDs: every ticket's log. Exit 1 if not so."""
    from kaizen_tui.loop.context import quiet_session
    from kaizen_tui.loop.lint import ticket_ids
    from kaizen_tui.loop.verify import verify as prove

    workspace = call.workspace
    wanted = [known_ticket(workspace, text) for text in ids] or ticket_ids(workspace)
    proofs = prove(quiet_session(workspace), wanted)
    broken = [proof for proof in proofs if not proof.ok]
    if call.json:
        emit_json([_proof_json(proof) for proof in proofs])
        return EXIT_NO if broken else EXIT_DONE
    for proof in proofs:
        for level, problems in (("error", proof.problems), ("warning", proof.warnings)):
            for problem in problems:
                emit(_finding(proof.path, level, problem))
    entries, legacy = sum(proof.proven for proof in proofs), sum(proof.legacy for proof in proofs)
    old = f", {legacy} old lines that prove nothing" if legacy else ""
    if broken:
        note(f"kaizen: {len(broken)} of {len(proofs)} logs can't be proven")
        return EXIT_NO
    emit(f"{_count(len(proofs), 'log')}: {_count(entries, 'entry', 'entries')} proven{old}")
    return EXIT_DONE


def _finding(path: str, level: str, problem: Any) -> str:
    where = f"{path}:{problem.line}" if problem.line else path
    entry = f"entry {problem.seq}: " if problem.seq is not None else ""
    return safe(f"{where}: {level}: {entry}{problem.message}")


def _finding_json(problem: Any) -> dict[str, Any]:
    return {"line": problem.line, "seq": problem.seq, "code": problem.code, "message": problem.message}


def _proof_json(proof: Any) -> dict[str, Any]:
    return {
        "id": proof.id,
        "path": proof.path,
        "ok": proof.ok,
        "entries": proof.entries,
        "verified": proof.proven,
        "legacy": proof.legacy,
        "signed": proof.signed,
        "problems": [_finding_json(problem) for problem in proof.problems],
        "warnings": [_finding_json(problem) for problem in proof.warnings],
    }


@command("lint")
@ticket_argument("ids", nargs=-1, metavar="[ID]...")
def lint(call: Call, ids: tuple[str, ...]) -> int:
    """Checks the files' content: every finding with path and line. Without IDs: everything. Exit 1 if errors."""
    from kaizen_tui.loop.context import quiet_session
    from kaizen_tui.loop.lint import lint as check

    workspace = call.workspace
    problems = check(quiet_session(workspace), [known_ticket(workspace, text) for text in ids])
    errors = sum(problem.level == "error" for problem in problems)
    if call.json:
        emit_json([problem_json(problem) for problem in problems])
    else:
        for problem in problems:
            emit(problem_line(problem))
        counts = f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}"
        note(f"kaizen: {counts}" if problems else "kaizen: nothing to report")
    return EXIT_NO if errors else EXIT_DONE


def _count(number: int, word: str, plural: str = "") -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"
