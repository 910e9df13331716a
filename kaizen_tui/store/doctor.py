"""The workspace's health: what is left over, torn, doubled or set up wrongly, and what can be mended.

The content of the files is `kaizen lint`'s and the proof of the logs `kaizen verify`'s; what makes a ticket unreadable
is named here as well.
"""

import os
from collections.abc import Iterator

from kaizen_tui.core.errors import KaizenError, StoreError
from kaizen_tui.core.fields import FieldErrors
from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.core.log_tail import last_status
from kaizen_tui.core.row import TicketRow
from kaizen_tui.store import files, log_file
from kaizen_tui.store.finding import Finding
from kaizen_tui.store.index import load_snapshot
from kaizen_tui.store.index_load import index_path, read_index
from kaizen_tui.store.lock import Lock, ensure_state
from kaizen_tui.store.reading import field_problems, problems_of, read_config_document
from kaizen_tui.store.recovery import INTENT_LIMIT, intent_path
from kaizen_tui.store.renumber import Renumbered, renumber, sides_of
from kaizen_tui.store.surroundings import check_disk, check_git, check_programs, mend_git
from kaizen_tui.store.workspace import Workspace

__all__ = ["Finding", "Renumbered", "examine", "fix", "renumber"]


def examine(ws: Workspace) -> list[Finding]:
    """Everything that is wrong, state and surroundings first. Changes nothing. Raises StoreError only if tickets/
    can't be read."""
    found = list(_state(ws))
    signatures, findings = _settings(ws)
    found += findings
    found += check_disk(ws)
    found += check_git(ws)
    found += check_programs(ws, signatures=signatures)
    found += _left_overs(ws)
    found += _tickets(ws)
    return found


def fix(ws: Workspace, finding: Finding) -> str:
    """Mends one finding, under the lock; returns what was done, in words. Raises StoreError.

    Only for fixable ones: a program's mistake otherwise (ValueError). Tickets that need another id: see `renumber`.
    """
    if not finding.fixable:
        raise ValueError(f"{finding.code} can't be fixed by a program")
    with Lock(ws) as lock:
        if finding.code == "intent":
            return "; ".join(lock.notes) or "the interrupted change was mended"
        if finding.code == "state":
            ensure_state(ws)
            return "made .kaizen/.gitignore"
        if finding.code == "index":
            return _drop_index(ws)
        if finding.code == "left_over":
            return f"removed {', '.join(files.sweep(finding.subject)) or 'nothing: they are gone'}"
        if finding.code == "torn_log":
            return _cut(ws, finding.subject)
        return mend_git(ws, finding)


def _state(ws: Workspace) -> Iterator[Finding]:
    if not os.path.lexists(ws.state):
        return
    if os.path.islink(ws.state) or not os.path.isdir(ws.state):
        yield Finding("state", "error", "not a folder", ".kaizen", "remove it: it is made anew")
        return
    # A list alone makes only the index; whoever takes the lock first makes the rest.
    if os.path.exists(f"{ws.state}/lock") and not os.path.exists(f"{ws.state}/.gitignore"):
        yield Finding("state", "warning", "has no .gitignore of its own", ".kaizen", "makes it", True)
    shown = ws.relative(intent_path(ws))
    try:
        pending = bool(files.read_optional(intent_path(ws), INTENT_LIMIT))
    except StoreError as error:
        yield Finding("intent", "error", error.what, shown, error.hint)
    else:
        if pending:
            # Read without the lock: it may also be one that is being carried out at this moment.
            yield Finding("intent", "warning", "a change of a ticket was interrupted", shown, "completes it", True)
    if os.path.lexists(index_path(ws)) and read_index(ws) is None:
        shown = ws.relative(index_path(ws))
        yield Finding("index", "warning", "the index is damaged or of another version", shown, "has it made anew", True)


def _drop_index(ws: Workspace) -> str:
    try:
        files.sys.unlink(index_path(ws))
    except FileNotFoundError:
        return "the index is gone already"
    except OSError as error:
        raise files.in_words(error, "cannot remove", index_path(ws)) from error
    return "removed the index: the next command makes it anew"


def _settings(ws: Workspace) -> tuple[bool, list[Finding]]:
    """Whether signatures are required, and what is wrong with config.yml."""
    from kaizen_tui.core.config import Config

    try:
        document = read_config_document(ws)
        if document is None:
            return False, []
        try:
            return Config.from_raw(document.value).governance.require_signature, []
        except FieldErrors as wrong:
            problems = field_problems(wrong.errors, document, document.path)
    except KaizenError as error:
        problems = problems_of(error, ws)
    return False, [Finding("settings", "error", found.message, found.where, found.hint) for found in problems]


def _left_overs(ws: Workspace) -> Iterator[Finding]:
    """Temporary files and folders of processes that have ended."""
    folders = [ws.root, ws.state, f"{ws.state}/notify", ws.registry, ws.components, ws.tickets]
    folders += [f"{ws.tickets}/{name}" for name in _names(ws.tickets) if is_ticket_id(name)]
    for folder in folders:
        owners = {name: files.temp_owner(name) for name in _names(folder) if name[0] == "."}
        dead = sorted(name for name, pid in owners.items() if pid and not files.is_alive(pid))
        if dead:
            yield Finding(
                "left_over",
                "warning",
                f"left over by a process that has ended: {', '.join(dead)}",
                ws.relative(folder) if folder != ws.root else ".",
                "removes it",
                True,
                folder,
            )


def _names(folder: str) -> list[str]:
    if os.path.islink(folder):
        return []
    try:
        return os.listdir(folder)
    except OSError:
        return []  # absent, or unreadable: then its ticket or the disk check says so


def _tickets(ws: Workspace) -> Iterator[Finding]:
    snapshot = load_snapshot(ws, write=False)
    by_uid: dict[str, list[TicketRow]] = {}
    for row in snapshot.rows:
        if row.uid:
            by_uid.setdefault(row.uid, []).append(row)
        yield from _log_of(ws, row)
    doubled = set()
    for problem in snapshot.problems:
        parts = problem.path.split("/")
        ticket_id = parts[1] if len(parts) > 1 and is_ticket_id(parts[1]) else ""
        if ticket_id and problem.level == "error" and _holds_two(ws, ticket_id):
            if ticket_id not in doubled:
                doubled.add(ticket_id)
                yield _two_in_one(ws, ticket_id)
        else:
            yield Finding("ticket", problem.level, problem.message, problem.where, problem.hint, subject=ticket_id)
    for rows in by_uid.values():
        for row in rows[1:]:
            yield _twin(ws, rows[0], row)


def _log_of(ws: Workspace, row: TicketRow) -> Iterator[Finding]:
    path = ws.log_path(row.id)
    shown = ws.relative(path)
    try:
        data = log_file.read_log_bytes(path)
    except StoreError as error:
        yield Finding("log", "error", error.what, shown, error.hint, subject=row.id)
        return
    if data and not data.endswith(b"\n"):
        from kaizen_tui.core.promotion_log import read_log

        view = read_log(data)
        if view.torn:
            message = f"the last line is torn off (a crash while it was written): {len(data) - view.keep} bytes"
            line = data.count(b"\n") + 1
            yield Finding("torn_log", "warning", message, f"{shown}:{line}", "cuts it off", True, row.id)
    logged = last_status(data).status
    if logged and logged != row.status and not _moved_on_a_branch(data, row.status):
        yield Finding(
            "status",
            "warning",
            f"the file says {row.status}, the log says {logged}: the status was edited by hand, or a merge mixed them",
            ws.relative(ws.ticket_path(row.id)),
            f"set it back to {logged}, then move the ticket with `kaizen update {row.id} --status ...`",
            subject=row.id,
        )


def _moved_on_a_branch(log: bytes, status: str) -> bool:
    """A merge kept both branches' last moves; which of them stands last in the file says nothing."""
    from kaizen_tui.core.promotion_log import read_log

    return status in read_log(log).last_statuses


def _cut(ws: Workspace, ticket_id: str) -> str:
    from kaizen_tui.core.promotion_log import read_log

    path = ws.log_path(ticket_id)
    data = log_file.read_log_bytes(path)
    view = read_log(data)
    if not view.torn:
        return "the log is whole by now"
    log_file.truncate(path, view.keep)
    return (
        f"cut {len(data) - view.keep} bytes off the log of {ticket_id}: {data[view.keep :].decode('utf-8', 'replace')}"
    )


def _holds_two(ws: Workspace, ticket_id: str) -> bool:
    try:
        return sides_of(ws, ticket_id, files.read_file(ws.ticket_path(ticket_id))) is not None
    except KaizenError:
        return False  # then it is reported as what it is: a file that can't be read


def _two_in_one(ws: Workspace, ticket_id: str) -> Finding:
    return Finding(
        "two_in_one",
        "error",
        f"two branches both made a {ticket_id}, and a merge put them into one folder",
        ws.relative(ws.ticket_path(ticket_id)),
        "`kaizen doctor --renumber` gives the later one an id of its own; then `git add` both",
        subject=ticket_id,
        renumber=ticket_id,
    )


def _twin(ws: Workspace, first: TicketRow, second: TicketRow) -> Finding:
    return Finding(
        "same_uid",
        "error",
        f"{second.id} has the uid of {first.id}: its folder is a copy",
        ws.relative(ws.ticket_path(second.id)),
        f"remove one, or let `kaizen doctor --renumber` make {second.id} a ticket of its own",
        subject=second.id,
        renumber=second.id,
    )
