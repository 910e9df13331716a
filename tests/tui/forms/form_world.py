"""A small workspace and a board on it, for the tests of the forms."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kaizen_tui.loop.context import Session
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp, Options
from kaizen_tui.tui.screens.form import FormScreen

NOW = datetime(2025, 5, 18, 8, 30, tzinfo=UTC)
ME = "Ada <ada@example.org>"

PCC = """\
id: pcc-main
name: "PCC main [/] [@click=app.quit]x[/]"
tier: 0
owner: backend-team
slo:
  metrics:
    - {name: p95_latency_ms, threshold: "10", abort_threshold: "12", unit: ms}
    - {name: memory_usage_mb, threshold: "200", abort_threshold: "250"}
rollback_plan: "systemctl restart pcc@stable"
"""
CHECKOUT = """\
id: checkout-api
name: Checkout API
tier: 1
owner: web-team
"""


def make_workspace(root: Path) -> Workspace:
    folder = root / "registry" / "kaizen" / "components"
    folder.mkdir(parents=True)
    (folder / "pcc-main.yml").write_text(PCC)
    (folder / "checkout-api.yml").write_text(CHECKOUT)
    return Workspace(str(root))


def session_of(ws: Workspace, actor: str = ME) -> Session:
    tokens = iter(f"{number:016x}" for number in range(1, 10_000))
    return Session(ws, actor, lambda: NOW, lambda: next(tokens))


def add_ticket(ws: Workspace, title: str = "Delta encoding", component: str = "pcc-main", **more: object) -> str:
    return new_ticket(session_of(ws), NewTicket(title, component, **more)).id  # type: ignore[arg-type]


def make_app(ws: Workspace, *, read_only: bool = False, now: Callable[[], float] | None = None) -> KaizenApp:
    return KaizenApp(
        ws,
        Options(read_only=read_only, watch=False),
        lambda: session_of(ws),
        now=now or (lambda: NOW.timestamp()),
    )


def form_of(app: KaizenApp) -> FormScreen:
    assert isinstance(app.screen, FormScreen)
    assert app.screen.body is not None
    return app.screen


def values(app: KaizenApp) -> dict[str, str]:
    return form_of(app).state.values
