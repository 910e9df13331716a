"""Drafts of forms, under `.kaizen/drafts/`: what a person typed and hasn't saved. Light: no models, no UI.

One small JSON file per form: `new-1.json` for a ticket to come, `KAIZ-031.json` for one that is being edited. They are
replaced as a whole, so a crash leaves the draft as it last was. What is in the folder is not trusted: a file that is
no draft is set aside under another name, never followed, never executed, never a reason not to open a form.
"""

import json
import os
import re
from collections.abc import Mapping
from typing import NamedTuple, TypeGuard

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.store import files
from kaizen_tui.store.lock import ensure_state
from kaizen_tui.store.workspace import Workspace

SCHEMA = "kaizen.draft/1"
FOLDER = "drafts"
LIMIT = files.MIB
IN_USE = 600  # seconds without a keystroke after which another program's draft of a new ticket is offered to this one
_NEW = re.compile(r"new-([1-9][0-9]{0,3})")
_KEPT_NAMES = 1000


class Draft(NamedTuple):
    """What stood in a form.

    name:   "new-1" or a ticket's id. saved: seconds since the epoch. pid: the process that wrote it.
    values: field -> its text, as typed (hostile: escape on output).
    base:   of an edit: the same of the ticket that the person began with; {} of a new ticket.
    etag:   of that ticket's file, or "".
    """

    name: str
    saved: int
    values: Mapping[str, str]
    base: Mapping[str, str] = {}
    etag: str = ""
    pid: int = 0


def drafts_folder(ws: Workspace) -> str:
    """The absolute path of the folder. It may be absent."""
    return f"{ws.state}/{FOLDER}"


def draft_path(ws: Workspace, name: str) -> str:
    """The file of a draft. Raises UsageError for a name that is none, so that no path leads out of the folder."""
    if _NEW.fullmatch(name) is None and not is_ticket_id(name):
        raise UsageError(f"`{name}` is no draft's name")
    return f"{drafts_folder(ws)}/{name}.json"


def write_draft(ws: Workspace, draft: Draft) -> None:
    """Puts the draft on disk, in the place of the one of the same name. Raises StoreError."""
    path = draft_path(ws, draft.name)
    _make_folder(ws)
    content = {"schema": SCHEMA, **draft._asdict(), "values": dict(draft.values), "base": dict(draft.base)}
    files.replace_file(path, json.dumps(content).encode("ascii"))


def read_draft(ws: Workspace, name: str) -> Draft | None:
    """The draft of this name; None when there is none, or none that can be read (that is set aside)."""
    path = draft_path(ws, name)
    try:
        data = files.read_optional(path, LIMIT)
    except StoreError:
        set_aside(ws, name)
        return None
    if data is None:
        return None
    draft = parse_draft(data, name)
    if draft is None:
        set_aside(ws, name)
    return draft


def parse_draft(data: bytes, name: str) -> Draft | None:
    """The draft in these bytes, or None when they hold none of this name. Never raises."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA or raw.get("name") != name:
        return None
    values, base = _texts(raw.get("values")), _texts(raw.get("base", {}))
    saved, pid, etag = raw.get("saved"), raw.get("pid", 0), raw.get("etag", "")
    if values is None or base is None or not _is_number(saved) or not _is_number(pid) or not isinstance(etag, str):
        return None
    return Draft(name, saved, values, base, etag, pid)


def remove_draft(ws: Workspace, name: str) -> None:
    """Removes the draft; nothing happens when there is none. Raises StoreError."""
    path = draft_path(ws, name)
    try:
        files.sys.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise files.in_words(error, "cannot remove", path) from error


def new_drafts(ws: Workspace) -> list[str]:
    """The names of the drafts of new tickets that have a file, lowest number first."""
    try:
        names = files.sys.listdir(drafts_folder(ws))
    except OSError:
        return []
    found = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return sorted((name for name in found if _NEW.fullmatch(name)), key=lambda name: int(name[4:]))


def offered_draft(ws: Workspace, now: int, *, prefer: str = "") -> tuple[str, Draft | None]:
    """For a form of a new ticket: the newest draft that nobody else is typing, or a free name and None.

    now: epoch seconds. prefer: the draft to take when it is there, whoever wrote it.
    """
    drafts = [read_draft(ws, name) for name in new_drafts(ws)]
    taken = {draft.name for draft in drafts if draft is not None}
    free = [draft for draft in drafts if draft is not None and (draft.name == prefer or not _in_use(draft, now))]
    if free:
        best = max(free, key=lambda draft: (draft.name == prefer, draft.saved))
        return best.name, best
    return next(f"new-{number}" for number in range(1, _KEPT_NAMES * 2) if f"new-{number}" not in taken), None


def free_name(ws: Workspace) -> str:
    """A name for one more draft of a new ticket."""
    taken = set(new_drafts(ws))
    return next(f"new-{number}" for number in range(1, _KEPT_NAMES * 2) if f"new-{number}" not in taken)


def keep_text(ws: Workspace, ticket_id: str, data: bytes) -> str:
    """Keeps an edited ticket's text that could not be taken; returns the file's path. Raises StoreError.

    Nothing that was kept before is overwritten.
    """
    draft_path(ws, ticket_id)
    _make_folder(ws)
    for number in range(1, _KEPT_NAMES):
        path = f"{drafts_folder(ws)}/{ticket_id}-{number}.yml"
        if not os.path.lexists(path):
            files.replace_file(path, data)
            return path
    raise StoreError(
        f"{_KEPT_NAMES} texts of {ticket_id} are kept already", where=drafts_folder(ws), hint="remove some"
    )


def tidy(ws: Workspace) -> None:
    """Removes the temporary files that killed programs left beside the drafts. Does not raise."""
    try:
        files.sweep(drafts_folder(ws))
    except StoreError:
        return  # no folder yet, or none that can be read: then there is nothing to tidy, and writing will say why


def set_aside(ws: Workspace, name: str) -> None:
    """Moves what is no draft out of the way, so that the next draft can be written and the file still be looked at."""
    path = draft_path(ws, name)
    files.try_call(files.sys.rename, path, f"{path}.unreadable")


def _in_use(draft: Draft, now: int) -> bool:
    """Whether another living program is probably typing it. Process ids are used again, so age counts as well."""
    return draft.pid not in (0, os.getpid()) and now - draft.saved < IN_USE and files.is_alive(draft.pid)


def _make_folder(ws: Workspace) -> None:
    ensure_state(ws)
    folder = drafts_folder(ws)
    try:
        files.sys.mkdir(folder)
    except FileExistsError:
        return
    except OSError as error:
        raise files.in_words(error, "cannot make", folder) from error


def _texts(value: object) -> dict[str, str] | None:
    """A mapping of texts; a lone surrogate, which no file can hold, makes it none."""
    if not isinstance(value, dict):
        return None
    for key, text in value.items():
        if not isinstance(text, str) or not _is_unicode(key) or not _is_unicode(text):
            return None
    return value


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
