"""The intent: what a writer is about to do, on disk before it does it; and the mending of what was left half done.

A ticket and its log lines are one act. The writer, under the lock (`perform`):

1. writes the ticket's new content to a temporary file, fsync;
2. writes the intent (which temporary file, the hashes of the old and the new content, the log lines), fsync;
3. appends the log lines; 4. renames the ticket into place; 5. fsyncs folder and log; 6. clears the intent.

After an error the writer itself, after a crash the next holder of the lock, decides by what stands in the files
(`recover`):

- the ticket is the new one: the act happened; log lines that are missing are appended;
- the ticket is the old one: it did not; lines of it at the end of the log are cut (nobody was told of them);
- the ticket is neither, because someone edited it by hand before this: the temporary file tells. It is still there:
  the act did not happen. It is gone: it was renamed into place, the act happened, and the edit came on top of it;
- only the log was to change: it happened if all lines are there, else they are cut;
- the ticket's folder is gone: nothing to do.

A torn intent was never fsynced, so nothing of 3 to 6 happened: it is dropped. The clearing of the intent needs no
fsync: an intent that comes back with a power cut finds its lines in the log and is cleared again.
"""

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.ids import is_ticket_id
from kaizen_tui.store import files, log_file
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.core.promotion_log import LogView

INTENT_LIMIT = 16 * files.MIB
_FIXED = frozenset({"seq", "at", "actor", "event", "prev", "hash", "legacy"})
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Intent(NamedTuple):
    """What a writer is about to do to one ticket.

    temp:     name of the temporary file in the ticket's folder; "" when only the log changes.
    old, new: SHA-256 (hex) of the ticket's content before and after.
    log_size: bytes of the log before the lines (behind a torn line that was cut).
    lines:    what is written behind them.
    """

    ticket: str
    temp: str
    old: str
    new: str
    log_size: int
    lines: bytes


def intent_path(ws: Workspace) -> str:
    """Where the intent stands; empty or absent when nothing is under way."""
    return f"{ws.state}/intent"


def write_intent(ws: Workspace, intent: Intent) -> None:
    """Puts the intent on disk, durably. Raises OSError; then what stands there is torn, or empty."""
    body = json.dumps({**intent._asdict(), "lines": intent.lines.decode()}, sort_keys=True).encode()
    path = intent_path(ws)
    made = False
    try:
        fd = files.sys.open(path, _FLAGS)
    except FileNotFoundError:
        fd = files.sys.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        made = True
    try:
        files.sys.ftruncate(fd, 0)
        files.write_all(fd, sha256(body).hexdigest().encode() + b" " + body + b"\n")
        files.sys.fsync(fd)
    finally:
        files.sys.close(fd)
    if made:
        log_file.sync_folder(ws.state)


def clear_intent(ws: Workspace) -> bool:
    """Empties the intent. False when the disk refuses: then the next holder of the lock finds it done and clears it."""
    try:
        fd = files.sys.open(intent_path(ws), _FLAGS)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    done = files.try_call(files.sys.ftruncate, fd, 0)
    files.shut(fd)
    return done


def read_intent(ws: Workspace) -> Intent | None:
    """The intent that a crashed writer left; None when there is none, or a torn one. Raises StoreError."""
    return _parse_intent(files.read_optional(intent_path(ws), INTENT_LIMIT) or b"")


def _parse_intent(data: bytes) -> Intent | None:
    digest, _, body = data.rstrip(b"\n").partition(b" ")
    if digest != sha256(body).hexdigest().encode():
        return None
    try:
        raw = json.loads(body)
        intent = Intent(**{**raw, "lines": raw["lines"].encode()})
        valid = (
            is_ticket_id(intent.ticket)
            and (not intent.temp or (files.temp_owner(intent.temp) > 0 and "/" not in intent.temp))
            and type(intent.log_size) is int
            and intent.log_size >= 0
        )
    except (ValueError, TypeError, KeyError, AttributeError):  # whole, but of another program or version
        return None
    return intent if valid else None


def perform(
    ws: Workspace,
    ticket: str,
    old: bytes,
    replacement: files.Replacement | None,
    writer: log_file.LogWriter,
    lines: bytes,
) -> None:
    """Steps 2 to 6 of the act; call it under the lock. old: the ticket's present content. Raises StoreError.

    replacement: its new content, None when only the log changes. After an error nothing has changed, unless the text
    says that the disk did not confirm the change. What cannot be undone now is decided by the next holder of the lock.
    """
    text = writer.text(lines)
    temp, new = (replacement.temp, replacement.digest) if replacement else ("", sha256(old).hexdigest())
    happened = False
    try:
        write_intent(ws, Intent(ticket, temp, sha256(old).hexdigest(), new, writer.size, text))
        writer.write(lines)
        if replacement is not None:
            replacement.rename()
        happened = True
        if replacement is not None:
            replacement.sync()
        elif writer.made:
            log_file.sync_folder(ws.ticket_dir(ticket))
        writer.sync()
    except BaseException as error:
        _mend(ws)
        if not isinstance(error, OSError):
            raise
        words = files.in_words(error, "cannot change", ws.ticket_path(ticket))
        if happened or (temp and _digest(ws, ticket) == new):  # a rename may be reported as failed and be done
            words = StoreError(
                f"{ticket} was changed, but the disk did not confirm it ({words.what})",
                where=words.where,
                hint="check the disk, and look at the ticket before you repeat the command",
            )
        raise words from error
    clear_intent(ws)


def _digest(ws: Workspace, ticket: str) -> str:
    try:
        return sha256(files.read_file(ws.ticket_path(ticket))).hexdigest()
    except StoreError:
        return ""


def _mend(ws: Workspace) -> bool:
    try:
        recover(ws)
    except (StoreError, OSError):
        return False  # the intent stays: the next holder of the lock decides, and is told why if it cannot
    return True


def recover(ws: Workspace) -> list[str]:
    """Mends what the last holder of the lock left half done; call it under the lock. Returns what was done, in words.

    Raises StoreError when the ticket or its log cannot be read or written: then the intent stays for the next time.
    """
    data = files.read_optional(intent_path(ws), INTENT_LIMIT)
    if not data:
        return []
    intent = _parse_intent(data)
    if intent is None:
        clear_intent(ws)
        return []
    notes: list[str] = []
    if os.path.isdir(ws.ticket_dir(intent.ticket)):
        note = _complete(ws, intent) if _happened(ws, intent) else _take_back(ws, intent)
        if note:
            notes.append(note)
        if intent.temp:
            _remove_temp(ws, intent)
    clear_intent(ws)
    return notes


def _happened(ws: Workspace, intent: Intent) -> bool:
    if not intent.temp:
        return log_file.read_log_bytes(ws.log_path(intent.ticket))[intent.log_size :].startswith(intent.lines)
    path = ws.ticket_path(intent.ticket)
    if os.path.isfile(path) and not os.path.islink(path):
        found = sha256(files.read_file(path)).hexdigest()
        if found == intent.new:
            return True
        if found == intent.old:
            return False
    return not os.path.lexists(f"{ws.ticket_dir(intent.ticket)}/{intent.temp}")


def _complete(ws: Workspace, intent: Intent) -> str:
    path = ws.log_path(intent.ticket)
    log = log_file.read_log_bytes(path)
    present = set(log.split(b"\n"))
    missing = [line for line in intent.lines.split(b"\n") if line and line not in present]
    if missing:
        from kaizen_tui.core.promotion_log import read_log

        view = read_log(log)
        log_file.append(path, _relinked(missing, view), view, log)
    _sync(ws, intent)
    return f"{intent.ticket}: its last change was interrupted; the log entry was added" if missing else ""


def _relinked(missing: list[bytes], view: "LogView") -> bytes:
    """The missing lines; made anew where what they follow is no longer in the log (it was reverted meanwhile)."""
    from kaizen_tui.core.promotion_log import entry_line, make_entry

    lines = []
    for line in missing:
        entry = json.loads(line)
        if not {known.hash for known in view.proven}.issuperset(entry["prev"]):
            fields = {name: value for name, value in entry.items() if name not in _FIXED}
            entry = make_entry(view, at=entry["at"], actor=entry["actor"], event=entry["event"], fields=fields)
        view = view.plus(entry)
        lines.append(entry_line(entry))
    return b"".join(lines)


def _take_back(ws: Workspace, intent: Intent) -> str:
    path = ws.log_path(intent.ticket)
    log = log_file.read_log_bytes(path)
    tail = log[intent.log_size :]
    if not tail:
        return ""
    if not intent.lines.startswith(tail):
        return f"{intent.ticket}: its last change was interrupted and its log was edited since; see `kaizen doctor`"
    log_file.truncate(path, intent.log_size)
    return f"{intent.ticket}: its last change was interrupted before it was complete, and was taken back"


def _remove_temp(ws: Workspace, intent: Intent) -> None:
    try:
        folder = files.open_folder(ws.ticket_dir(intent.ticket))
    except OSError as error:
        raise files.in_words(error, "cannot read", ws.ticket_dir(intent.ticket)) from error
    # It is absent as a rule; what cannot be removed is found again by `sweep` and by `kaizen doctor`.
    files.try_call(files.sys.unlink, intent.temp, folder=folder)
    files.shut(folder)


def _sync(ws: Workspace, intent: Intent) -> None:
    """What the crashed writer may not have come to: without it a power cut could take half of the act back."""
    try:
        log_file.sync_file(ws.log_path(intent.ticket))
        log_file.sync_folder(ws.ticket_dir(intent.ticket))
    except FileNotFoundError:
        raise StoreError(
            "the log is gone", where=ws.log_path(intent.ticket), hint="restore it, for example with `git checkout`"
        ) from None
    except OSError as error:
        raise files.in_words(error, "cannot write", ws.log_path(intent.ticket)) from error
