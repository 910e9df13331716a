"""The write side: a ticket is created as a whole, and changed together with its log, or not at all.

What has returned without an error is on disk, ticket and log, and survives a crash or a power cut.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.errors import ConflictError, StoreError, UsageError
from kaizen_tui.core.times import format_rfc3339
from kaizen_tui.store import allocate, files, log_file
from kaizen_tui.store.lock import WAIT, Lock
from kaizen_tui.store.reading import TicketFile, etag_of, parse_ticket, read_ticket_file
from kaizen_tui.store.recovery import perform
from kaizen_tui.store.workspace import LOG_FILE, SPEC_FILE, TICKET_FILE, Workspace

if TYPE_CHECKING:
    from datetime import datetime

    from kaizen_tui.core.promotion_log import LogEntry, LogView

_O_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NewEvent(NamedTuple):
    """A log entry to be made.

    fields: the event's own. sign: makes the OpenSSH signature of the bytes that it is given; None: not signed.
    """

    actor: str
    event: str
    fields: Mapping[str, object] = {}
    sign: Callable[[bytes], str] | None = None


class NewTicketFiles(NamedTuple):
    """The content of a new ticket's folder. event: its first log entry, `created`."""

    ticket: bytes
    spec: bytes
    event: NewEvent


def create_ticket(
    ws: Workspace,
    *,
    build: Callable[[str], NewTicketFiles],
    at: "datetime",
    ask_git: bool = True,
    wait: float = WAIT,
    warn: Callable[[str], object] = lambda _note: None,
) -> str:
    """Makes a ticket's folder with all its files, and returns its id.

    build:   the files for the id that was allocated; called under the lock, so it should only compute.
    at:      time of the `created` entry, aware.
    ask_git: also look at the ids on other branches.
    wait:    for the lock, in seconds.
    warn:    told what a crash of another program had left and what was mended.
    Raises StoreError, and whatever `build` raises; then no ticket was made.
    """
    with Lock(ws, wait=wait) as lock:
        for note in lock.notes:
            warn(note)
        names = ticket_names(ws)
        ticket_id = allocate.next_id(ws, names, ask_git=ask_git)
        new = build(ticket_id)
        if len(new.ticket) > files.MIB or len(new.spec) > files.MIB:
            raise UsageError("the ticket is larger than 1 MiB", hint="shorten its texts")
        event = new.event
        line = log_file.first_line(at=format_rfc3339(at), actor=event.actor, event=event.event, fields=event.fields)
        lock.check()
        publish_folder(ws, ticket_id, {TICKET_FILE: new.ticket, SPEC_FILE: new.spec, LOG_FILE: line})
    return ticket_id


def ticket_names(ws: Workspace) -> list[str]:
    """What stands in tickets/, which is made if absent; left-over hidden folders are removed. Under the lock."""
    try:
        names = files.sys.listdir(ws.tickets)
    except FileNotFoundError:
        names = []
        try:
            files.sys.mkdir(ws.tickets)
            log_file.sync_folder(ws.root)
        except OSError as error:
            raise files.in_words(error, "cannot make", ws.tickets) from error
    except OSError as error:
        raise files.in_words(error, "cannot read", ws.tickets) from error
    if any(name.startswith(files.TEMP_FOLDER_MARK) for name in names):
        files.sweep(ws.tickets)
    return names


def publish_folder(ws: Workspace, ticket_id: str, contents: Mapping[str, bytes]) -> None:
    """Makes a ticket's folder with these files, durably, all or nothing; call it under the lock. Raises StoreError."""
    temp = f"{files.TEMP_FOLDER_MARK}{os.getpid()}-{os.urandom(6).hex()}"
    path = ws.ticket_dir(ticket_id)
    try:
        parent = files.open_folder(ws.tickets)
    except OSError as error:
        raise files.in_words(error, "cannot write", ws.tickets) from error
    try:
        files.sys.mkdir(temp, dir_fd=parent)
        _fill(temp, parent, contents)
        # rename would replace an empty folder; under the lock only another program can have made one since.
        if os.path.lexists(path):
            raise StoreError(f"{ticket_id} appeared meanwhile", where=path, hint="repeat the command")
        try:
            files.sys.rename(temp, ticket_id, src_dir_fd=parent, dst_dir_fd=parent)
            files.sys.fsync(parent)
        except OSError:
            # Not known to be durable, so not to be seen either: back under the hidden name, removed below. But only if
            # it was renamed: a folder that was in the way is somebody else's.
            if not os.path.lexists(f"{ws.tickets}/{temp}"):
                files.try_call(_rename_back, ticket_id, temp, parent)
            raise
    except OSError as error:
        raise files.in_words(error, "cannot create", path) from error
    finally:
        files.remove_folder(temp, parent)
        files.shut(parent)


def _rename_back(name: str, temp: str, parent: int) -> None:
    files.sys.rename(name, temp, src_dir_fd=parent, dst_dir_fd=parent)


def _fill(folder: str, parent: int, contents: Mapping[str, bytes]) -> None:
    folder_fd = files.sys.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        for name, data in contents.items():
            fd = files.sys.open(name, _O_NEW, 0o666, dir_fd=folder_fd)
            try:
                files.write_all(fd, data)
                files.sys.fsync(fd)
            finally:
                files.sys.close(fd)
        files.sys.fsync(folder_fd)
    finally:
        files.sys.close(folder_fd)


@contextmanager
def transaction(
    ws: Workspace, ticket_id: str, if_match: str | None = None, *, wait: float = WAIT
) -> Iterator["Transaction"]:
    """`with transaction(ws, id, if_match=etag) as tx:` read, decide, `tx.commit(...)`: nobody else writes meanwhile.

    if_match: the etag that the caller saw, or None. wait: for the lock, in seconds.
    Raises NotFoundError, StoreError, and ConflictError when the file is no longer what the caller saw.
    """
    path = ws.ticket_path(ticket_id)
    with Lock(ws, wait=wait) as lock:
        try:
            data = files.read_file(path)
        except files.MissingFileError:
            read_ticket_file(ws, ticket_id)  # says it better: no such ticket, or which file is missing
            raise
        files.sweep(ws.ticket_dir(ticket_id))
        tx = Transaction(lock, ticket_id, data)
        if if_match is not None and if_match != tx.etag:
            raise tx.conflict()
        yield tx


class Transaction:
    """One ticket while the lock is held. Everything is read when first asked for, and once.

    data:  the ticket's bytes. etag: of them.
    notes: what the recovery mended and what was cut off the log, in words, for the user.
    written: the log entries that `commit` has added.
    """

    def __init__(self, lock: Lock, ticket_id: str, data: bytes) -> None:
        self.ws = lock.ws
        self.id = ticket_id
        self.data = data
        self.etag = etag_of(data)
        self.notes = list(lock.notes)
        self.written: list[LogEntry] = []
        self._lock = lock
        self._ticket: TicketFile | None = None
        self._log_data: bytes | None = None
        self._log: LogView | None = None

    @property
    def ticket(self) -> TicketFile:
        """Checked. Raises YamlProblems when the file is wrong (`data` is there all the same)."""
        if self._ticket is None:
            path = self.ws.ticket_path(self.id)
            raw, fields = parse_ticket(self.data, self.id, self.ws.relative(path))
            self._ticket = TicketFile(self.id, path, self.data, self.etag, raw, fields)
        return self._ticket

    @property
    def log_data(self) -> bytes:
        """The log's bytes, b"" when there is none. Raises StoreError."""
        if self._log_data is None:
            self._log_data = log_file.read_log_bytes(self.ws.log_path(self.id))
        return self._log_data

    @property
    def log(self) -> "LogView":
        """The log, verified. Raises StoreError when it cannot be read."""
        if self._log is None:
            from kaizen_tui.core.promotion_log import read_log

            self._log = read_log(self.log_data)
        return self._log

    @property
    def score_card(self) -> bytes | None:
        """Score-card.json, None when there is none. Raises StoreError."""
        return files.read_optional(self.ws.score_card_path(self.id))

    @property
    def patch_spec(self) -> str | None:
        """Patch-Spec.md, None when there is none. Raises StoreError."""
        data = files.read_optional(self.ws.spec_path(self.id))
        return None if data is None else data.decode("utf-8", "replace")

    def conflict(self) -> ConflictError:
        """The refusal of a write that was based on another version of the ticket."""
        return ConflictError(
            f"{self.id} changed since it was read",
            where=self.ws.relative(self.ws.ticket_path(self.id)),
            hint="look at it again (`kaizen show`), then repeat the change",
        )

    def commit(self, *, data: bytes | None, events: Sequence[NewEvent], at: "datetime") -> "list[LogEntry]":
        """Writes the ticket's new content (None: it stays) and appends the events, as one act. Returns the entries.

        at: time of the entries, aware. When it returns, all of it is durable; may be called again.
        Raises ConflictError (changed by another program since the transaction began), UsageError (cannot be logged),
        StoreError. After an error nothing has changed, with one exception that its text names: the disk took the
        change and failed to confirm it.
        """
        from kaizen_tui.core.promotion_log import LogEntry

        if data is not None and len(data) > files.MIB:
            raise UsageError("the ticket would be larger than 1 MiB", hint="shorten its texts")
        lines = self._lines(events, format_rfc3339(at))
        self._lock.check()
        if files.read_file(self.ws.ticket_path(self.id)) != self.data:
            raise self.conflict()
        if data == self.data:
            data = None
        if data is None and not events:
            return []
        before = len(self.log.rows)
        written = self._write(data, lines, alone=len(events) == 1)
        if data is not None:
            self.data, self.etag, self._ticket = data, etag_of(data), None
        if lines:
            self._log_data, self._log = self.log_data[: self.log.keep] + written, None
        made = [row.entry for row in self.log.rows[before:] if isinstance(row.entry, LogEntry)]
        self.written += made
        return made

    def _lines(self, events: Sequence[NewEvent], at: str) -> bytes:
        from kaizen_tui.core.promotion_log import entry_line, make_entry, signing_bytes, with_signature

        view = self.log
        lines = []
        for event in events:
            try:
                entry = make_entry(view, at=at, actor=event.actor, event=event.event, fields=event.fields)
                if event.sign is not None:
                    entry = with_signature(entry, event.sign(signing_bytes(entry)))
            except ValueError as error:
                raise log_file.unloggable(error) from error
            view = view.plus(entry)
            lines.append(entry_line(entry))
        return b"".join(lines)

    def _write(self, data: bytes | None, lines: bytes, *, alone: bool) -> bytes:
        """Returns what now stands behind the part of the log that was kept."""
        path = self.ws.log_path(self.id)
        if self.log.keep + len(lines) >= log_file.LOG_LIMIT:
            raise StoreError("the log is full", where=path, hint="go on with a new ticket")
        writer = log_file.LogWriter(path, self.log, self.log_data)
        replacement = None
        try:
            if data is not None:
                replacement = files.Replacement(self.ws.ticket_path(self.id), data)
            if data is None and alone:
                log_file.append_with(writer, lines)
            elif lines:
                perform(self.ws, self.id, self.data, replacement, writer, lines)
            elif replacement is not None:
                replacement.publish()
        finally:
            writer.close()
            if replacement is not None:
                replacement.close()
        if not lines:
            return b""
        if writer.cut:
            self.notes.append(f"{self.id}: a torn last line of the log ({len(writer.cut)} bytes) was cut off")
        return writer.text(lines)
