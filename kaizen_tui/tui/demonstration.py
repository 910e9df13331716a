"""`kaizen-tui --demo`: the board on a workspace in which a story is played."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.message import Message

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.text import safe
from kaizen_tui.demo.playing import Play, Wish, check_keep, left_by_signals, line_of
from kaizen_tui.demo.telling import Told
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import SWITCH_INTERVAL, KaizenApp, Options
from kaizen_tui.tui.widgets.narrator import Narrator

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session

Opening = Callable[[Workspace, str], "tuple[Options, Callable[[], Session]]"]


class Narrated(Message):
    """The story tells something."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told


class DemoApp(KaizenApp):
    """The board with the narrator's lines below its header."""

    def __init__(self, workspace: Workspace, options: Options, open_session: "Callable[[], Session]") -> None:
        super().__init__(workspace, options, open_session)
        self.narrator = Narrator(id="narrator")
        self._heard: list[Told] = []

    def start_reading(self) -> None:
        super().start_reading()
        self.main.mount(self.narrator, before="#main")

    def on_narrated(self, message: Narrated) -> None:
        self.narrator.hear(message.told)


def watch(wish: Wish, opening: Opening) -> int:
    """Plays the story while the board shows it; prints the summary when the person leaves. The exit code."""
    check_keep(wish.keep)
    if wish.story == "real":
        from kaizen_tui.demo.parts import find_programs

        find_programs()
    sys.stderr.write("kaizen-tui: the stage is being set\n")
    with left_by_signals():
        play = Play(wish)
        told: list[Told] = []
        try:
            code = _watched(play, told, opening)
        finally:
            play.leave()
    _summary(told, wish)
    return code


def _watched(play: Play, told: list[Told], opening: Opening) -> int:
    stream = play.told()
    for one in stream:
        told.append(one)
        if one.kind == "place":
            break
    else:
        raise StoreError(told[-1].text if told and told[-1].text else "the story ended before it began")
    os.environ["XDG_DATA_HOME"] = told[-1].data  # what is trusted there is forgotten with it
    workspace = Workspace(told[-1].text)
    app = DemoApp(workspace, *opening(workspace, told[-1].actor))
    threading.Thread(target=_hear, args=(app, stream, told), daemon=True).start()
    sys.setswitchinterval(SWITCH_INTERVAL)
    with _ended_by_signals(app):
        left = app.run()
    return app.return_code or 0 if left is None else left


def _hear(app: DemoApp, stream: Iterator[Told], told: list[Told]) -> None:
    for one in told:
        app.post_message(Narrated(one))
    for one in stream:
        told.append(one)
        app.post_message(Narrated(one))


@contextmanager
def _ended_by_signals(app: DemoApp) -> Iterator[None]:
    """The terminal is given back as it was, whichever signal ends it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda sent, _: app.exit(128 + sent)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summary(told: list[Told], wish: Wish) -> None:
    reported = [one for one in told if one.kind == "report"]
    if not reported:
        steps = [one for one in told if one.kind == "step"]
        last = steps[-1] if steps else Told("step")
        sys.stdout.write(f"You left at step {last.n} of {last.of}: {safe(last.text)}\nWhat was typed until then:\n")
        reported = [one for one in told if one.kind == "run"]
    for one in reported:
        sys.stdout.write((line_of(one) or "") + "\n")
    where = f"The workspace stays in {safe(wish.keep)}." if wish.keep else "Its workspace is removed."
    sys.stdout.write(f"\nEverything that the story started has ended. {where}\n")
    sys.stdout.flush()
