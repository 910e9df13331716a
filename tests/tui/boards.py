"""A small workspace and the board on it, on a clock that stands still, for the tests of the dashboard."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from textual.events import Key
from textual.pilot import Pilot
from textual.widget import Widget

from kaizen_tui.loop.context import Session
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp, Options

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
GRACE = "Grace Hopper <grace@example.org>"
SIZES = ((80, 24), (120, 36), (160, 48))
# Each crashes or takes over a Textual app somewhere when it is read as markup, or reaches the terminal as it is.
HOSTILE = (
    "[/]",
    "[@click=app.quit]x[/]",
    "[bold",
    "a\x1b[2Jb",
    "a\u202eb",
    "\u200bz",
    "日本語の題名" * 9,
    "👩🚀 emoji",
    "\\[x]",
)

COMPONENT = """\
id: pcc-main
name: PCC State Broadcaster
tier: 2
owner: backend-team
slo:
  metrics:
    - {name: p95_latency_ms, threshold: "10", abort_threshold: "15", unit: ms}
rollback_plan: "systemctl restart mcp-server@stable"
"""
TICKET = """\
id: {id}
title: {title}
component: {component}
owner: {owner}
severity: {severity}
objective: {objective}
success_criteria:
  - "p95_latency_ms < 10"
  - {criterion}
abort_criteria:
  - "p95_latency_ms > 15"
rollback_plan: "restart"
status: {status}
created_at: "2025-05-18T08:30:00Z"
updated_at: "{updated}"
"""


def quote(text: str) -> str:
    """A double-quoted YAML scalar of any text."""
    made = "".join(char if " " <= char <= "~" and char not in '"\\' else f"\\U{ord(char):08x}" for char in text)
    return f'"{made}"'


class Place:
    """A workspace under a test's folder."""

    def __init__(self, root: Path, *, components: bool = True) -> None:
        self.root = root
        folder = root / "registry" / "kaizen" / "components"
        folder.mkdir(parents=True)
        if components:
            (folder / "pcc-main.yml").write_text(COMPONENT, encoding="utf-8")
        (root / "tickets").mkdir()
        self.workspace = Workspace(str(root))

    def ticket(
        self,
        number: int,
        status: str = "draft",
        *,
        title: str = "",
        severity: str = "medium",
        owner: str = "backend-team",
        component: str = "pcc-main",
        objective: str = "p95 below 10 ms",
        criterion: str = "No message is lost",
        updated: str = "2025-05-30T12:00:00Z",
    ) -> str:
        """Writes a ticket as a person would; returns its id."""
        ticket_id = f"KAIZ-{number:03d}"
        folder = self.root / "tickets" / ticket_id
        folder.mkdir(exist_ok=True)
        text = TICKET.format(
            id=ticket_id,
            title=quote(title or f"Ticket number {number}"),
            component=component,
            owner=quote(owner),
            severity=severity,
            status=status,
            objective=quote(objective),
            criterion=quote(criterion),
            updated=updated,
        )
        (folder / "Kaizen-Tkt.yml").write_text(text, encoding="utf-8")
        return ticket_id

    def status_of(self, ticket_id: str) -> str:
        """The status in the ticket's file."""
        text = (self.root / "tickets" / ticket_id / "Kaizen-Tkt.yml").read_text(encoding="utf-8")
        return next(line.split(": ")[1] for line in text.splitlines() if line.startswith("status:"))

    def app(self, *, actor: str = GRACE, read_only: bool = False, **options: object) -> KaizenApp:
        """The board on it, as `actor`."""
        tokens = count(1)
        session = Session(self.workspace, actor, lambda: NOW, lambda: f"{next(tokens):016x}")
        chosen = Options(read_only=read_only, watch=False, **options)  # type: ignore[arg-type]
        return KaizenApp(self.workspace, chosen, lambda: session, now=NOW.timestamp)


async def calm(pilot: Pilot[int], app: KaizenApp) -> None:
    """Until every worker has answered and every answer has been shown."""
    for _ in range(3):
        await pilot.pause()
        await app.jobs.settled()
    await pilot.pause()


async def press(pilot: Pilot[int], app: KaizenApp, *keys: str) -> None:
    """Presses keys one after the other, waiting for what each sets off."""
    for key in keys:
        await pilot.press(key)
        await calm(pilot, app)


async def write(pilot: Pilot[int], text: str) -> None:
    """Types a text."""
    await pilot.press(*("space" if char == " " else char for char in text))


def burst(widget: Widget, *parts: str) -> None:
    """Texts and keys (escape, enter) in the widget's queue before the first is handled, as from a fast typist."""
    for part in parts:
        for key in [part] if part in ("enter", "escape") else part:
            widget.post_message(Key(key, key if len(key) == 1 else None))


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Lets the app go on until `holds`; fails when it never does."""
    for _ in range(2000):
        if holds():
            return
        await pilot.pause(0.005)
    raise AssertionError("it never came about")


def screen_text(app: KaizenApp) -> str:
    """What stands on the screen, as plain text."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips(app.size))
