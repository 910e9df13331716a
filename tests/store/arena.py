"""Many writers at once, in processes of their own: `python -m tests.store.arena KIND ROOT COUNT SEED`.

Each kind prints one JSON object with what happened; the tests judge it. Writers are forked from this process, which
has imported everything already, and never return from `os.fork`'s child.
"""

import gc
import json
import os
import random
import select
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from kaizen_tui.core.errors import ConflictError, KaizenError
from kaizen_tui.store import files, records
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.workspace import Workspace
from tests.store.worlds import (
    NOW,
    QUICK,
    broken_steps,
    builder,
    log_of,
    logged_owner,
    make_workspace,
    new_ticket,
    owner_of,
    set_owner,
)

WRITERS = 4
RECENT = 12  # tickets that are still written to: logs stay short, and writers meet


def fork(work: Callable[[], object]) -> int:
    """Runs `work` in a child; returns its process id. The child reports an error by its exit status."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


class Fuse:
    """The system, which after some calls kills the process: right before the call, or in the middle of a write."""

    def __init__(self, length: int, torn: bool) -> None:
        self.left = length
        self.torn = torn

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real: Callable[..., Any] = getattr(QUICK, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                if self.torn and name == "write":
                    real(args[0], args[1][: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call


def write_for_ever(ws: Workspace, acknowledge: int, seed: int) -> NoReturn:
    """Random acts, each acknowledged by a line in the pipe once it has returned.

    Every second writer kills itself in one of its system calls: most of the time of a writer is not spent in those,
    so that a kill from outside seldom hits the moments that matter.
    """
    pick = random.Random(seed)
    number = 0
    if seed % 2:
        files.sys = Fuse(pick.randrange(300), pick.random() < 0.3)  # type: ignore[assignment]
    while True:
        number += 1
        token = f"t{os.getpid()}x{seed}n{number}"
        ids = sorted(name for name in os.listdir(ws.tickets) if name[0] != ".")[-RECENT:]
        kind = pick.choices(("new", "edit", "comment"), (15, 60, 25))[0] if ids else "new"
        ticket_id = pick.choice(ids) if ids else ""
        if kind == "new":
            ticket_id = records.create_ticket(ws, build=builder(uid=token), at=NOW)
        elif kind == "edit":
            set_owner(ws, ticket_id, token)
        else:
            with records.transaction(ws, ticket_id) as tx:
                tx.commit(data=None, events=[records.NewEvent(token, "comment", {"text": "x" * 2000})], at=NOW)
        os.write(acknowledge, f"{kind} {ticket_id} {token}\n".encode())


def kill(root: str, kills: int, seed: int) -> dict[str, Any]:
    """WRITERS writers, of which one after the other dies by SIGKILL and is replaced, until `kills` have."""
    ws = Workspace(root)
    pick = random.Random(seed)
    reader, writer = os.pipe()
    acknowledged = b""
    problems: list[str] = []
    alive: set[int] = set()
    started = killed = 0
    while killed < kills:
        while len(alive) < WRITERS:
            started += 1
            alive.add(fork(partial(write_for_ever, ws, writer, seed * 1_000_000 + started)))
        if select.select([reader], [], [], pick.uniform(0.0005, 0.02))[0]:
            acknowledged += os.read(reader, 65536)
        if pick.random() < 0.2:
            os.kill(pick.choice(sorted(alive)), signal.SIGKILL)
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            alive.discard(ended[0])
            killed += 1
            if os.waitstatus_to_exitcode(ended[1]) != -signal.SIGKILL:
                problems.append(f"a writer ended by itself: {os.waitstatus_to_exitcode(ended[1])}")
            if not alive:
                break
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(writer)
    while chunk := os.read(reader, 65536):
        acknowledged += chunk
    with Lock(ws):
        pass  # mends what the last ones left
    lines = acknowledged.decode().splitlines()
    problems += check(ws, [line.split(" ") for line in lines])
    return {"kills": killed, "acknowledged": len(lines), "tickets": len(os.listdir(ws.tickets)), "problems": problems}


def check(ws: Workspace, acknowledged: list[list[str]]) -> list[str]:
    """What is missing of the acknowledged acts, what does not parse, verify or agree."""
    problems: list[str] = []
    logs: dict[str, bytes] = {}
    for name in sorted(os.listdir(ws.tickets)):
        if name[0] == ".":
            if files.is_alive(files.temp_owner(name)):
                problems.append(f"left over: {name}")
            continue
        try:
            logs[name] = files.read_file(ws.log_path(name), 1 << 26)
            log = log_of(ws, name)
            owner, logged = owner_of(ws, name), logged_owner(ws, name)
        except KaizenError as error:
            problems.append(str(error))
            continue
        if log.torn:  # a writer was killed in an append: cut by the next one, as set_owner below shows
            set_owner(ws, name, owner)
            log = log_of(ws, name)
        problems += [f"{name}:{found.line} {found.message}" for found in log.problems]
        problems += broken_steps(ws, name)
        if owner != logged:
            problems.append(f"{name}: the file says {owner}, the log {logged}")
    for kind, ticket_id, token in acknowledged:
        if f'"{token}"'.encode() not in logs.get(ticket_id, b""):
            problems.append(f"lost: {kind} {ticket_id} {token}")
    return problems


def number(root: str, count: int, seed: int) -> dict[str, Any]:
    """Eight processes make `count` tickets each."""
    ws = Workspace(root)
    reader, writer = os.pipe()

    def make() -> None:
        for _ in range(count):
            os.write(writer, (records.create_ticket(ws, build=builder(), at=NOW) + "\n").encode())

    pids = [fork(make) for _ in range(8)]
    os.close(writer)
    said = b""
    while chunk := os.read(reader, 65536):
        said += chunk
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    return {"ids": said.decode().split(), "folders": sorted(os.listdir(ws.tickets)), "statuses": statuses}


def race(root: str, count: int, seed: int) -> dict[str, Any]:
    """`count` times two writers that have seen the same version are let go at once."""
    ws = Workspace(root)
    go = [os.pipe(), os.pipe()]
    back = [os.pipe(), os.pipe()]

    def writer(number: int) -> None:
        for line in os.fdopen(go[number][0]):
            ticket_id, etag, owner = line.split()
            try:
                set_owner(ws, ticket_id, f"{owner}-{number}", etag)
                answer = b"won\n"
            except ConflictError:
                answer = b"conflict\n"
            os.write(back[number][1], answer)

    def play(number: int) -> None:
        os.close(go[0][1])
        os.close(go[1][1])
        writer(number)

    pids = [fork(partial(play, n)) for n in (0, 1)]
    outcomes: list[list[str]] = []
    wrong: list[str] = []
    ticket_id = ""
    for n in range(count):
        if n % 25 == 0:
            ticket_id = new_ticket(ws)
        with records.transaction(ws, ticket_id) as tx:
            etag = tx.etag
        for number in (n % 2, 1 - n % 2):
            os.write(go[number][1], f"{ticket_id} {etag} owner{n}\n".encode())
        answers = [os.read(back[number][0], 100).decode().strip() for number in (0, 1)]
        outcomes.append(sorted(answers))
        winner = f"owner{n}-{answers.index('won')}" if "won" in answers else ""
        if not owner_of(ws, ticket_id) == logged_owner(ws, ticket_id) == winner:
            wrong.append(f"{ticket_id}: {answers}, but {owner_of(ws, ticket_id)}, {logged_owner(ws, ticket_id)}")
    for number in (0, 1):
        os.close(go[number][1])
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    problems = [str(found) for name in os.listdir(ws.tickets) for found in log_of(ws, name).problems]
    return {"outcomes": outcomes, "wrong": wrong + problems, "statuses": statuses}


def main(kind: str, root: str, count: str, seed: str) -> None:
    from pathlib import Path

    files.sys = QUICK
    # Everything that a writer needs is imported here, once, so that forks spend their time writing.
    ws = make_workspace(Path(root))
    set_owner(ws, new_ticket(ws), "warm")
    gc.freeze()
    kinds: dict[str, Callable[[str, int, int], dict[str, Any]]] = {"kill": kill, "number": number, "race": race}
    json.dump(kinds[kind](root, int(count), int(seed)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
