"""An entry submits what stood in it when Enter came, not what was typed behind."""

from textual import events, on
from textual.app import App, ComposeResult

from kaizen_tui.tui.widgets.entries import AnswerEntry, BlockEntry


class Entries(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[str] = []

    def compose(self) -> ComposeResult:
        yield AnswerEntry()

    @on(AnswerEntry.Submitted)
    def _note(self, event: AnswerEntry.Submitted) -> None:
        self.submitted.append(event.value)


async def test_enter_takes_what_came_before_it_and_nothing_else() -> None:
    app = Entries()
    async with app.run_test() as pilot:
        await pilot.pause()
        entry = app.query_one(AnswerEntry)
        keys = [("a", "a"), ("enter", None), ("b", "b"), ("c", "c"), ("enter", None)]
        for key, character in keys:  # all in the queue before the first is handled, as from a paste or a fast typist
            entry.post_message(events.Key(key, character))
        await pilot.pause()
        await pilot.pause()
    assert app.submitted == ["a", "abc"]


class Blocks(App[None]):
    def compose(self) -> ComposeResult:
        yield BlockEntry()


async def test_pasted_lines_stay_lines_however_the_terminal_ends_them() -> None:
    app = Blocks()
    async with app.run_test() as pilot:
        entry = app.query_one(BlockEntry)
        entry.focus()
        await pilot.pause()
        app.post_message(events.Paste("a\rb\r\nc\n\rd\x1b"))
        await pilot.pause()
        assert entry.text == "a\nb\nc\n\nd\\x1b"
