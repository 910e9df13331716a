"""Screens that are left once, however fast one types.

Textual removes a screen some time after it was dismissed, and keys that came in one go with the one that left it, such
as a second Enter, still arrive there: a second `dismiss` would take the screen below away, or end the program. The same
goes for a key behind the one that opened another screen on top.
"""

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class LeftOnce(Screen[ScreenResultType]):
    """To be named before ModalScreen. It has no id: the next one of its kind may come while it is being removed."""

    @property
    def is_left(self) -> bool:
        """Whether it was dismissed."""
        return self not in self.app.screen_stack

    @property
    def is_on_top(self) -> bool:
        """Whether keys are for it. Textual's `is_current` is also true below a dialog."""
        return self.app.screen is self

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leaves the screen, and those on top of it."""
        if self.is_on_top:
            return super().dismiss(result)
        if not self.is_left:
            self.pop_until_active()
            self.app.call_later(self.dismiss, result)
        return AwaitComplete()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.is_on_top and super().check_action(action, parameters)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not self.is_on_top:
            self.app.post_message(events.Key(event.key, event.character))  # to where the person is now
        else:
            await super().on_event(event)
