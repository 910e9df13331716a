"""The body of a form: its fields with their labels, kept in step with the form's state."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.text import safe
from kaizen_tui.metrics.live import Live
from kaizen_tui.tui.forms.checks import NO_NOTE, Note, criterion_note, link_note
from kaizen_tui.tui.forms.completion import complete_criterion, complete_word
from kaizen_tui.tui.forms.state import PREFILLED, FormState
from kaizen_tui.tui.forms.values import FIELDS, TITLES
from kaizen_tui.tui.widgets.form_fields import BlockField, ChoiceField, Field, LineField
from kaizen_tui.tui.widgets.form_lists import ListField
from kaizen_tui.tui.widgets.form_pick import PickField

_LINK_HINT = "pull_request https://…"


class SaveButton(Static, can_focus=True):
    """The end of the form: Enter saves. The screen hears the key."""


class FormBody(VerticalScroll, can_focus=False):
    """All fields of a form, in their order."""

    def __init__(self, state: FormState) -> None:
        super().__init__(id="form-body")
        self.state = state
        self._live: Mapping[str, Live] = {}
        self.fields: dict[str, Field] = {field: self._make(field) for field in FIELDS}
        self.button = SaveButton(Content("Write the ticket" if state.is_new else "Save the changes"), id="form-save")
        self._wrong: Mapping[str, str] = {}

    def _make(self, field: str) -> Field:
        state = self.state
        if field == "component":
            return PickField(field)
        if field == "severity":
            return ChoiceField(field)
        if field in ("objective", "rollback_plan"):
            return BlockField(field)
        if field in ("success_criteria", "abort_criteria"):
            abort = field == "abort_criteria"
            return ListField(
                field,
                lambda line: criterion_note(line, self._metrics(), self._live, abort=abort),
                lambda line: complete_criterion(line, self._metrics(), abort=abort),
            )
        if field == "links":
            return ListField(field, link_note, hint=_LINK_HINT)
        if field == "owner":
            return LineField(field, lambda text: complete_word(text, state.world.owners))
        if field == "labels":
            return LineField(field, self._complete_label)
        return LineField(field)

    def _metrics(self) -> tuple[MetricFields, ...]:
        return self.state.world.metrics(self.state.values["component"].strip())

    def _complete_label(self, text: str) -> str:
        head, comma, last = text.rpartition(",")
        lead = last[: len(last) - len(last.lstrip())]
        word = complete_word(last.strip(), self.state.world.labels)
        return f"{head}{comma}{lead}{word}" if word else ""

    def compose(self) -> ComposeResult:
        for field, widget in self.fields.items():
            with Horizontal(classes="form-row"):
                yield Static(Content(TITLES[field]), classes="form-label")
                yield widget
        with Horizontal(classes="form-row"):
            yield Static(Content(""), classes="form-label")
            yield self.button

    def on_mount(self) -> None:
        self.show_values()

    def show_values(self) -> None:
        """Puts the state's values into the fields."""
        picker = self.fields["component"]
        if isinstance(picker, PickField):
            picker.offer(self.state.world.components)
        for field, widget in self.fields.items():
            widget.text = self.state.values[field]
        self._component_changed()
        self.show_problems()

    def take(self, field: str) -> None:
        """A person changed a field: the state learns it, and what follows from it is shown."""
        self.state.values[field] = self.fields[field].text
        if field == "component":
            self._component_changed()
        self.show_problems()

    def take_all(self) -> None:
        """Learns what was typed and not told yet: keys are faster than messages through the widgets."""
        for field, widget in self.fields.items():
            if widget.text != self.state.values[field]:
                self.take(field)

    def measured(self, component: str, live: Mapping[str, Live]) -> None:
        """Shows what a component's metrics measure now, if it is still that one."""
        if component == self.state.values["component"].strip():
            self._live = live
            self._read_criteria()

    def _component_changed(self) -> None:
        self._live = {}
        name = self.state.values["component"].strip()
        for field in PREFILLED:
            widget = self.fields[field]
            if isinstance(widget, LineField | BlockField):
                widget.prefill(self.state.placeholder(field), name)
        self._read_criteria()

    def _read_criteria(self) -> None:
        for field in ("success_criteria", "abort_criteria"):
            widget = self.fields[field]
            if isinstance(widget, ListField):
                widget.read_again(self._criterion_hint(abort=field == "abort_criteria"))

    def _criterion_hint(self, *, abort: bool) -> str:
        metrics = self._metrics()
        example = complete_criterion(metrics[0].name, metrics, abort=abort) if metrics else ""
        return f"{example}, or a sentence that a person signs off".removeprefix(", or ")

    def show_problems(self) -> Mapping[str, str]:
        """Says at each field what is wrong with it."""
        self._wrong = self.state.problems()
        for field, widget in self.fields.items():
            wrong = "" if isinstance(widget, PickField) and widget.searching else self._wrong.get(field)
            widget.say(Note(wrong, "bad") if wrong else self._about(field))
        return self._wrong

    def _about(self, field: str) -> Note:
        if field != "component":
            return NO_NOTE
        component = self.state.world.component(self.state.values["component"].strip())
        if component is None:
            return NO_NOTE
        return Note(f"{component.name} · tier {component.tier} · {component.owner or 'nobody'}", "about")

    # Focus

    def field_of(self, widget: Widget | None) -> str:
        """The field in which `widget` is, or ""."""
        while widget is not None and widget is not self:
            if isinstance(widget, Field):
                return widget.field
            parent = widget.parent
            widget = parent if isinstance(parent, Widget) else None
        return ""

    def focus_field(self, field: str, *, last: bool = False) -> None:
        """Goes to a field; to a list's last line if `last`."""
        widget = self.fields[field]
        entry = widget.last if last and isinstance(widget, ListField) else widget.entry
        self.screen.set_focus(entry)

    def focus_step(self, down: int, focused: Widget | None) -> None:
        """To the next field or the one before; the button comes last, then the first again."""
        places = [*FIELDS, ""]
        at = places.index(self.field_of(focused))
        to = places[(at + down) % len(places)]
        if to:
            self.focus_field(to, last=down < 0)
        else:
            self.screen.set_focus(self.button)

    def focus_start(self) -> None:
        """To where a person begins: the first field that still needs something."""
        empty = [field for field in ("component", "title") if not self.state.values[field].strip()]
        self.focus_field(empty[0] if empty else "title")

    @property
    def said_wrong(self) -> str:
        """What is wrong, in one line."""
        return "; ".join(f"{TITLES[field]}: {safe(text)}" for field, text in self._wrong.items())
