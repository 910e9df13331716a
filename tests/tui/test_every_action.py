"""Every action of the registry: each of its keys, pressed where it works, runs its handler once with its argument.

The handlers are replaced by a recorder, so that one key's effect is not in the next one's way; what handlers do is
tested where they live. A new action is found here by itself; a new context fails until it is told how to get there.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from kaizen_tui.loop.editor import Copy
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.action import Action
from kaizen_tui.tui.actions import ACTIONS
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.form_actions import CLASH, REFUSED
from kaizen_tui.tui.forms.external import Refusal
from kaizen_tui.tui.forms.three_way import merge
from kaizen_tui.tui.screens.board import BoardScreen
from kaizen_tui.tui.screens.clash import ClashScreen
from kaizen_tui.tui.screens.form import FormScreen
from kaizen_tui.tui.screens.full import FullScreen
from kaizen_tui.tui.screens.refused import RefusedScreen
from kaizen_tui.tui.screens.ticket import TicketScreen
from kaizen_tui.tui.ticket_actions import TICKET
from tests.tui.boards import Place, calm, press, screen_text
from tests.tui.platform_world import ready
from tests.tui.ticket import ticket_world

Opener = Callable[[Pilot[int], KaizenApp], Awaitable[None]]
Ran = list[tuple[str, tuple[Any, ...]]]


@pytest.fixture
def app_of(tmp_path: Path) -> Callable[..., KaizenApp]:
    """The board on three tickets: one to move and edit, one to approve, one to sign off."""
    place = Place(tmp_path / "ws")
    ticket_world.write_config(place.root, "metrics: {source: simulated}\n")
    place.ticket(1)
    place.ticket(2, "planned")
    place.ticket(3, "in_review")
    ticket_world.write_card(place.root, "KAIZ-003")

    def make(*, read_only: bool = False) -> KaizenApp:
        app = place.app(read_only=read_only)
        app.clock = ticket_world.Clock()
        return app

    return make


def _keys(*keys: str) -> Opener:
    async def there(pilot: Pilot[int], app: KaizenApp) -> None:
        await press(pilot, app, *keys)

    return there


def _field(name: str) -> Opener:
    """Into a form, to a field ("" is the button)."""

    async def there(pilot: Pilot[int], app: KaizenApp) -> None:
        await press(pilot, app, "e")
        form = app.screen
        if isinstance(form, FormScreen) and form.body is not None:
            if name:
                form.body.focus_field(name)
            else:
                form.set_focus(form.body.button)
            await calm(pilot, app)

    return there


async def _clash(pilot: Pilot[int], app: KaizenApp) -> None:
    if app.desk.read_only:  # only a form leads there
        await press(pilot, app, "e")
        return
    merged = merge({"title": "was", "owner": "was"}, {"title": "theirs", "owner": "t"}, {"title": "mine", "owner": "m"})
    await app.push_screen(ClashScreen(app, "KAIZ-001", merged))
    await calm(pilot, app)


async def _refused(pilot: Pilot[int], app: KaizenApp) -> None:
    if app.desk.read_only:  # only the editor leads there
        await press(pilot, app, "E")
        return
    copy = Copy("nowhere", b"", "")
    await app.push_screen(RefusedScreen(app, "KAIZ-001", Refusal(copy, (("line 1: [/]", ""),))))
    await calm(pilot, app)


OPENERS: dict[str, Opener] = {
    "board": _keys(), "move": _keys("m"), "detail": _keys("enter"), "filter": _keys("slash"),
    "components": _keys("c"), "chart": _keys("c", "enter"), "flow": _keys("f"), "propose": _keys("c", "p"),
    "ticket": _keys("enter", "enter"), "approval": _keys("2", "a"), "approval-text": _keys("2", "a", "n"),
    "hold": _keys("2", "a", "y"), "sign-off": _keys("4", "s"), "sign-off-text": _keys("4", "s", "n"),
    "form": _field("objective"), "form-line": _field("title"), "form-list": _field("success_criteria"),
    "form-pick": _field("component"), "form-choice": _field("severity"), "form-save": _field(""),
    "clash": _clash, "refused": _refused,
}  # fmt: skip
CONTEXTS = list(dict.fromkeys(action.context for action in ACTIONS))
WRITING = list(dict.fromkeys(action.context for action in ACTIONS if action.writes))
# A read-only board never gets there: the key that leads there is refused.
SHUT = {
    "move", "approval", "approval-text", "hold", "sign-off", "sign-off-text", "form", "form-line", "form-list",
    "form-pick", "form-choice", "form-save", "clash", "refused",
}  # fmt: skip


def context_of(app: KaizenApp) -> str:
    """The registry's context that the keys are in."""
    screen = app.screen
    fixed = {TicketScreen: TICKET, ClashScreen: CLASH, RefusedScreen: REFUSED}
    if type(screen) in fixed:
        return fixed[type(screen)]
    return str(screen.CONTEXT if isinstance(screen, FullScreen) else getattr(screen, "context", ""))


def record(app: KaizenApp, actions: list[Action], monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Replaces the handlers of the actions; what is returned fills with (method, arguments)."""
    ran: Ran = []
    screen = app.screen
    places = screen.handlers if isinstance(screen, BoardScreen) else [screen]
    for method in {action.method for action in actions}:
        if isinstance(screen, RefusedScreen):  # has no handlers: the method is its answer
            continue
        name = f"action_{method}"
        owner = next(one for one in places if hasattr(one, name))
        monkeypatch.setattr(owner, name, lambda *words, method=method: ran.append((method, words)))
    if isinstance(screen, RefusedScreen):
        monkeypatch.setattr(screen, "dismiss", lambda answer: ran.append((answer, ())))
    return ran


def test_every_context_is_known() -> None:
    assert set(CONTEXTS) == set(OPENERS)
    assert all(action.keys for action in ACTIONS)
    ids = [action.id for action in ACTIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("context", CONTEXTS)
async def test_every_key_runs_its_action_once(
    app_of: Callable[..., KaizenApp], context: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of()
    actions = [action for action in ACTIONS if action.context == context]
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot, app)
        await OPENERS[context](pilot, app)
        assert context_of(app) == context
        ran = record(app, actions, monkeypatch)
        for action in actions:
            for key in action.keys:
                await pilot.press(key)
                await pilot.pause()
                assert ran == [(action.method, () if action.argument is None else (action.argument,))], (action.id, key)
                assert context_of(app) == context
                ran.clear()


@pytest.mark.parametrize("context", WRITING)
async def test_what_writes_is_refused_in_words_on_a_read_only_board(
    app_of: Callable[..., KaizenApp], context: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(read_only=True)
    workspace: Workspace = app.workspace
    before = {path: path.read_bytes() for path in Path(workspace.root).rglob("*") if path.is_file()}
    actions = [action for action in ACTIONS if action.context == context and action.writes]
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot, app)
        await OPENERS[context](pilot, app)
        assert (context_of(app) != context) == (context in SHUT)
        if context in SHUT:
            assert "this board is read-only" in screen_text(app)
        else:
            ran = record(app, actions, monkeypatch)
            for action in actions:
                for key in action.keys:
                    await press(pilot, app, "home", key)
                    assert "this board is read-only" in screen_text(app), (action.id, key)
                    assert ran == [], (action.id, key)
    assert {path: path.read_bytes() for path in Path(workspace.root).rglob("*") if path.is_file()} == before
