"""Are the receivers of notifications set up so that they can work, and what waits for them? For `kaizen doctor`."""

import os
from collections.abc import Mapping

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.notice import Notice
from kaizen_tui.core.notice_text import Subject, payload
from kaizen_tui.core.times import age
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.models import load_config
from kaizen_tui.notify.receivers import NOT_TRUSTED, Receiver, receivers_of
from kaizen_tui.notify.sender import Message
from kaizen_tui.store.finding import Finding
from kaizen_tui.store.outbox import Outbox, Waiting
from kaizen_tui.store.workspace import Workspace

_GONE = "a receiver that config.yml doesn't name any more"


def check_notify(workspace: Workspace, now: float, env: Mapping[str, str] | None = None) -> list[Finding]:
    """What is known against the receivers, without sending anything, and what wasn't delivered yet.

    now: epoch seconds. Settings that can't be read are another check's. Raises StoreError.
    """
    try:
        receivers = receivers_of(load_config(workspace), workspace, os.environ if env is None else env)
    except KaizenError:
        return []
    found = []
    for one in receivers:
        fault = one.sender.fault()
        if fault:
            found.append(_finding(workspace, one, fault))
    return found + _waiting(workspace, receivers, now)


def try_receivers(session: Session, env: Mapping[str, str]) -> tuple[list[str], list[Finding]]:
    """Sends each receiver one event `test`, now and once: who took it, in words, and who didn't. Raises YamlProblems,
    StoreError."""
    workspace = session.workspace
    notice = Notice(f"test:{session.token()}", "test", "", session.stamp(), "", {"actor": session.actor})
    took, found = [], []
    for one in receivers_of(load_config(workspace), workspace, env):
        body = payload(notice, Subject(""), chat=one.chat)
        outcome = one.sender.send(Message(notice.id, body), session.now().timestamp())
        if outcome.kind == "delivered":
            took.append(f"{one.name}: {one.shown} took a test event")
        else:
            found.append(_finding(workspace, one, outcome.why, "error"))
    return took, found


def _finding(workspace: Workspace, one: Receiver, what: str, level: str = "warning") -> Finding:
    trust = what == NOT_TRUSTED
    what, fix = ("nobody trusted this config.yml on this machine", "read it, then `kaizen trust`") if trust else (
        what, "see docs/notifications.md"
    )  # fmt: skip
    where = workspace.relative(workspace.config_path)
    return Finding("notify", level, f"{one.name} ({one.shown}): {what}", where, fix, subject=one.name)


def _waiting(workspace: Workspace, receivers: tuple[Receiver, ...], now: float) -> list[Finding]:
    outbox = Outbox(workspace)
    names = {one.key: one.name for one in receivers}
    groups: dict[str, list[Waiting]] = {}
    for one in outbox.waiting():
        groups.setdefault(names.get(one.receiver, ""), []).append(one)
    found = []
    for name, waiting in groups.items():
        count = f"{len(waiting)} event{' waits' if len(waiting) == 1 else 's wait'}"
        words = f"{count} for {name or _GONE}, the oldest for {age(max(0, int(now - waiting[0].created)))}"
        fix = "`kaizen run` sends them" if name else "dropped three days after the event"
        found.append(Finding("notify_waiting", "warning", words, workspace.relative(outbox.folder), fix, subject=name))
    return found
