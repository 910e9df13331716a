"""A field for one of many: typing searches, the arrow keys choose."""

from collections.abc import Iterable

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.text import safe
from kaizen_tui.tui.celltext import clip, pad
from kaizen_tui.tui.forms.completion import find_components
from kaizen_tui.tui.widgets.form_fields import LineField

_MATCHES = 6


class PickField(LineField):
    """One of many: typing searches, ↑ ↓ choose, Enter or Tab takes."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self._components: tuple[ComponentFields, ...] = ()
        self._found: list[ComponentFields] = []
        self._at = 0
        self._list = Static(Content(""), classes="pick-list")
        self._list.display = False

    def compose(self) -> ComposeResult:
        yield self._entry
        yield self._list
        yield self._below

    def offer(self, components: Iterable[ComponentFields]) -> None:
        """What there is to pick from."""
        self._components = tuple(components)

    @property
    def matches(self) -> list[str]:
        """The ids that are shown."""
        return [component.id for component in self._found[:_MATCHES]]

    @property
    def searching(self) -> bool:
        """Whether something found is shown: then what is typed is a search and no wrong id."""
        return bool(self._found and self.text.strip()) and self._list.display

    def on_input_changed(self, message: Input.Changed) -> None:
        self._at = 0
        self.search()
        super().on_input_changed(message)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.search()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._list.display = False

    def search(self) -> None:
        """Shows what the text finds; nothing when it is the id of a component already."""
        text = self.text.strip()
        exact = any(component.id == text for component in self._components)
        self._found = [] if exact else find_components(text, self._components)
        self._at = min(self._at, max(0, len(self._found) - 1))
        self._draw()

    def step(self, down: int) -> None:
        """Another one of those found."""
        if not self._found:  # all of them, beginning with the one that is there
            self._found = find_components("", self._components)
            self._at = next((nth for nth, found in enumerate(self._found) if found.id == self.text.strip()), 0) - down
        self._at = max(0, min(len(self._found) - 1, self._at + down))
        self._draw()

    def take(self) -> bool:
        """Takes the one that is marked; False when nothing is offered."""
        if not self._found or not self._list.display:
            return False
        self.text = self._found[self._at].id
        self._found, self._at = [], 0
        self._draw()
        self.edited()
        return True

    def _draw(self) -> None:
        first = max(0, min(self._at - _MATCHES + 1, len(self._found) - _MATCHES))
        rows = self._found[first : first + _MATCHES]
        self._list.display = bool(rows)
        width = max((len(component.id) for component in rows), default=0)
        lines = []
        for nth, found in enumerate(rows, first):
            mark, style = ("▸", "$accent bold") if nth == self._at else (" ", "$foreground")
            about = clip(f"{safe(found.name)} · tier {found.tier} · {safe(found.owner)}", 60)
            lines.append(Content.assemble((f"{mark} {pad(found.id, width)}", style), (f"  {about}", "$kz-muted")))
        if len(self._found) > _MATCHES:
            lines.append(Content.styled(f"  {len(self._found)} in all; type to search", "$kz-muted"))
        self._list.update(Content("\n").join(lines))
