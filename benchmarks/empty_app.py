"""The floor that the board is measured against: a Textual app that does nothing, or (with `echo`) shows each key."""

import sys

from textual import events
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Static


class EmptyApp(App[None]):
    """Paints an empty screen."""


class EchoApp(App[None]):
    """Writes the number of keys pressed, and the last one."""

    pressed = 0

    def compose(self) -> ComposeResult:
        yield Static(Content("ready"))

    def on_key(self, event: events.Key) -> None:
        self.pressed += 1
        self.query_one(Static).update(Content(f"{self.pressed} {event.key}"))


if __name__ == "__main__":
    (EchoApp() if "echo" in sys.argv[1:] else EmptyApp()).run()
