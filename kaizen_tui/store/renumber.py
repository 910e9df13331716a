"""Gives a ticket a new id: on request only, never by itself.

Two branches may both have made a KAIZ-012. Git then merges the two folders into one: the ticket's file holds both
tickets between conflict markers, the log holds two beginnings. `renumber` takes them apart again: the one that was
made first keeps the id, the other gets a folder and an id of its own, each with its own log.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import NotFoundError, StoreError
from kaizen_tui.core.times import format_rfc3339
from kaizen_tui.core.values import Value
from kaizen_tui.store import allocate, files, log_file
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.records import publish_folder, ticket_names
from kaizen_tui.store.recovery import perform
from kaizen_tui.store.workspace import LOG_FILE, SCORE_CARD_FILE, SPEC_FILE, TICKET_FILE, Workspace
from kaizen_tui.store.yaml_edit import SetText, edit_fields
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml

if TYPE_CHECKING:
    from datetime import datetime

_MARKER = re.compile(rb"(<{7}|\|{7}|={7}|>{7})(?: [^\r\n]*)?\r?\n?")


class Renumbered(NamedTuple):
    """old, new: ids. paths: the folders that changed, relative to the workspace, for `git add`."""

    old: str
    new: str
    paths: tuple[str, ...]


class Side(NamedTuple):
    """One of two tickets in one folder: its content by file name."""

    contents: dict[str, bytes]
    value: Mapping[str, Value]

    @property
    def uid(self) -> str:
        uid = self.value.get("uid")
        return uid if isinstance(uid, str) else ""

    @property
    def age(self) -> tuple[str, str]:
        """Sorts the ticket that was made first first; everybody who looks comes to the same answer."""
        created = self.value.get("created_at")
        return (created if isinstance(created, str) else "", self.uid)


def renumber(
    ws: Workspace, ticket_id: str, *, actor: str, at: "datetime", token: Callable[[], str], wait: float = 30.0
) -> Renumbered:
    """Gives a ticket the next free id; logs it as an `edit` of `id`.

    ticket_id: of the folder. If the folder holds two tickets (see above), the later one is given the new id, and the
    earlier one stays. Else the folder is moved, whatever `id` the file within names.
    token:     makes a new `uid`, for a ticket that was copied together with its uid.
    Raises NotFoundError, StoreError, YamlProblems (a file that can't be read must be mended first).
    """
    with Lock(ws, wait=wait) as lock:
        path = ws.ticket_path(ticket_id)
        try:
            data = files.read_file(path)
        except files.MissingFileError as error:
            raise NotFoundError(f"no ticket {ticket_id}", where=ws.relative(path)) from error
        new_id = allocate.next_id(ws, ticket_names(ws))
        lock.check()
        sides = sides_of(ws, ticket_id, data)
        if sides is not None:
            return _take_apart(ws, ticket_id, new_id, sides, actor, at)
        return _move(ws, ticket_id, new_id, data, actor, at, token)


def _move(
    ws: Workspace, old_id: str, new_id: str, data: bytes, actor: str, at: "datetime", token: Callable[[], str]
) -> Renumbered:
    shown = ws.relative(ws.ticket_path(old_id))
    value = parse_yaml(data, shown).value
    uid = value.get("uid")
    changes = {"id": new_id}
    if isinstance(uid, str) and uid and _has_twin(ws, old_id, uid):
        changes["uid"] = token()
    # Everything that can be wrong with the content is found before anything moves.
    changed = edit_fields(data, [SetText(key, text) for key, text in changes.items()], shown)
    line, log = _edit_line(ws, old_id, value, changes, actor, at)
    spec = files.read_optional(f"{ws.ticket_dir(old_id)}/{SPEC_FILE}")
    try:
        parent = files.open_folder(ws.tickets)
        try:
            files.sys.rename(old_id, new_id, src_dir_fd=parent, dst_dir_fd=parent)
            files.sys.fsync(parent)
        finally:
            files.shut(parent)
    except OSError as error:
        raise files.in_words(error, "cannot rename", ws.ticket_dir(old_id)) from error
    # From here on the folder's name and the `id` within differ, which doctor reports; doing it again mends that.
    from kaizen_tui.core.promotion_log import read_log

    writer = log_file.LogWriter(ws.log_path(new_id), read_log(log), log)
    replacement = None
    try:
        replacement = files.Replacement(ws.ticket_path(new_id), changed)
        perform(ws, new_id, data, replacement, writer, line)
    finally:
        writer.close()
        if replacement is not None:
            replacement.close()
    if spec is not None and _with_heading(spec, old_id, new_id) != spec:
        files.replace_file(f"{ws.ticket_dir(new_id)}/{SPEC_FILE}", _with_heading(spec, old_id, new_id))
    return Renumbered(old_id, new_id, (ws.relative(ws.ticket_dir(old_id)), ws.relative(ws.ticket_dir(new_id))))


def _with_heading(spec: bytes, old_id: str, new_id: str) -> bytes:
    """The Patch-Spec with the new id in its first line, if that is a heading which begins with the old one's.

    The rest is a person's text, and may well speak of the old id on purpose.
    """
    heading = re.compile(rb"\A(# [^\n]*?)\b%b\b(?![-\w])" % old_id.encode("ascii"))
    return heading.sub(lambda found: found[1] + new_id.encode("ascii"), spec, count=1)


def _has_twin(ws: Workspace, ticket_id: str, uid: str) -> bool:
    from kaizen_tui.store.index import load_snapshot

    return any(row.uid == uid and row.id != ticket_id for row in load_snapshot(ws, write=False).rows)


def _edit_line(
    ws: Workspace, ticket_id: str, before: Mapping[str, Value], after: Mapping[str, str], actor: str, at: "datetime"
) -> tuple[bytes, bytes]:
    log = log_file.read_log_bytes(ws.log_path(ticket_id))
    return _entry_for(log, before, after, actor, at), log


def _entry_for(log: bytes, before: Mapping[str, Value], after: Mapping[str, str], actor: str, at: "datetime") -> bytes:
    from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log

    changes = {key: {"from": before.get(key), "to": text} for key, text in after.items()}
    try:
        stamp = format_rfc3339(at)
        entry = make_entry(read_log(log), at=stamp, actor=actor, event="edit", fields={"changes": changes})
    except ValueError as error:
        raise log_file.unloggable(error) from error
    return entry_line(entry)


def _take_apart(
    ws: Workspace, old_id: str, new_id: str, sides: tuple[Side, Side], actor: str, at: "datetime"
) -> Renumbered:
    stays, leaves = sorted(sides, key=lambda side: side.age)
    new = _id_of_uid(ws, old_id, leaves.uid) or new_id  # a crash may have left this half done
    if new == new_id:
        contents = dict(leaves.contents)
        contents[TICKET_FILE] = edit_fields(contents[TICKET_FILE], [SetText("id", new_id)], ws.relative(new_id))
        log = contents[LOG_FILE]
        if not log and stays.contents[LOG_FILE]:
            raise StoreError(
                f"the log names no beginning of the ticket with the uid {leaves.uid}",
                where=ws.relative(ws.log_path(old_id)),
                hint="take that ticket's folder from its branch (`git show BRANCH:tickets/...`) under a new id",
            )
        log += b"" if log.endswith(b"\n") or not log else b"\n"
        contents[LOG_FILE] = log + _entry_for(log, leaves.value, {"id": new_id}, actor, at)
        if SPEC_FILE in contents:
            contents[SPEC_FILE] = _with_heading(contents[SPEC_FILE], old_id, new_id)
        publish_folder(ws, new_id, contents)
    folder = ws.ticket_dir(old_id)
    # The ticket's own file comes last: until then the folder still shows that it holds two.
    for name in (LOG_FILE, SPEC_FILE, SCORE_CARD_FILE, TICKET_FILE):
        if name in stays.contents and files.read_optional(f"{folder}/{name}") != stays.contents[name]:
            files.replace_file(f"{folder}/{name}", stays.contents[name])
    return Renumbered(old_id, new, (ws.relative(folder), ws.relative(ws.ticket_dir(new))))


def _id_of_uid(ws: Workspace, ticket_id: str, uid: str) -> str:
    from kaizen_tui.store.index import load_snapshot

    rows = load_snapshot(ws, write=False).rows if uid else []
    return next((row.id for row in rows if row.uid == uid and row.id != ticket_id), "")


def sides_of(ws: Workspace, ticket_id: str, data: bytes) -> tuple[Side, Side] | None:
    """The two tickets that git merged into one folder; None when it holds one.

    data: the ticket's file. Two tickets are told by their uids: a conflict within one ticket is no such case.
    Raises StoreError, YamlProblems.
    """
    parts = split_conflict(data)
    if parts is None:
        return None
    shown = ws.relative(ws.ticket_path(ticket_id))
    try:
        values = [parse_yaml(part, shown).value for part in parts]
    except YamlProblems:
        return None  # the conflict has to be resolved by hand first
    ours, theirs = (Side({TICKET_FILE: part}, value) for part, value in zip(parts, values, strict=True))
    if not ours.uid or not theirs.uid or ours.uid == theirs.uid:
        return None
    for name in (SPEC_FILE, SCORE_CARD_FILE):
        content = files.read_optional(f"{ws.ticket_dir(ticket_id)}/{name}")
        if content is not None:
            mine, other = split_conflict(content) or (content, content)
            ours.contents[name], theirs.contents[name] = mine, other
    log = log_file.read_log_bytes(ws.log_path(ticket_id))
    mine, other = split_conflict(log) or split_log(log, ours.uid, theirs.uid)
    ours.contents[LOG_FILE], theirs.contents[LOG_FILE] = mine, other
    return ours, theirs


def split_conflict(data: bytes) -> tuple[bytes, bytes] | None:
    """Both sides of a file with git's conflict markers (diff3 style too); None when there are none, or half ones."""
    ours: list[bytes] = []
    theirs: list[bytes] = []
    where = "both"
    found = False
    for line in data.splitlines(keepends=True):
        marker = _MARKER.fullmatch(line)
        sign = marker[1][:1] if marker else b""
        if sign == b"<" and where == "both":
            where, found = "ours", True
        elif sign == b"|" and where == "ours":
            where = "base"
        elif sign == b"=" and where in ("ours", "base"):
            where = "theirs"
        elif sign == b">" and where == "theirs":
            where = "both"
        else:
            if where in ("both", "ours"):
                ours.append(line)
            if where in ("both", "theirs"):
                theirs.append(line)
    return (b"".join(ours), b"".join(theirs)) if found and where == "both" else None


def split_log(data: bytes, our_uid: str, their_uid: str) -> tuple[bytes, bytes]:
    """The log of two tickets that `merge=union` mixed, as two: each line follows one of the two `created` entries.

    Lines that belong to neither, such as old ones, are counted as ours.
    """
    owner: dict[str, str] = {}
    lines: dict[str, list[bytes]] = {our_uid: [], their_uid: []}
    for line in data.splitlines(keepends=True):
        uid = our_uid
        entry = _decoded(line)
        if entry is not None:
            if entry.get("event") == "created" and not entry.get("prev"):
                uid = their_uid if entry.get("uid") == their_uid else our_uid
            else:
                previous = entry.get("prev")
                owners = [owner.get(str(name), our_uid) for name in previous] if isinstance(previous, list) else []
                uid = their_uid if owners and all(name == their_uid for name in owners) else our_uid
            owner[str(entry.get("hash"))] = uid
        lines[uid].append(line)
    return b"".join(lines[our_uid]), b"".join(lines[their_uid])


def _decoded(line: bytes) -> dict[str, object] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
