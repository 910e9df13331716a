"""The form of a ticket, new or edited: a full screen. What is typed is kept as a draft until it is saved."""

import os
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kaizen_tui.core.criterion_text import Reading
from kaizen_tui.core.errors import ConflictError, KaizenError
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import age
from kaizen_tui.tui.forms.checks import summary
from kaizen_tui.tui.forms.keeper import DraftKeeper
from kaizen_tui.tui.forms.messages import (
    DraftFailed,
    FormFailed,
    FormMeasured,
    FormReady,
    FormSaved,
    TheirsRead,
)
from kaizen_tui.tui.forms.three_way import Merged, Pick
from kaizen_tui.tui.forms.values import TITLES
from kaizen_tui.tui.forms.work import Opened, read_theirs
from kaizen_tui.tui.messages import Failed, Said, TicketCreated, WorkspaceTouched
from kaizen_tui.tui.screens.form_keys import FormKeys
from kaizen_tui.tui.widgets.form_body import FormBody
from kaizen_tui.tui.widgets.form_fields import Edited
from kaizen_tui.tui.words import error_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from kaizen_tui.tui.app import KaizenApp

_KEEP_AFTER = 0.3  # seconds from a keystroke that isn't in the draft yet to its writing, however fast one types
_MOST_MERGES = 3  # with a ticket that changes faster than that, a person decides


class FormScreen(FormKeys):
    """Shows and saves one form. open_form: reads what it begins with, in a worker."""

    def __init__(self, app: "KaizenApp", title: str, open_form: "Callable[[], Opened]") -> None:
        super().__init__(app)
        self._title = title
        self._open_form = open_form
        self._head = Static(Content(""), id="form-head")
        self._notice = Static(Content(""), id="form-notice")
        self._notice.display = False
        self._notice_stays = False
        self.keeper: DraftKeeper | None = None
        self._last_merge: Merged | None = None
        self._was_focused: Widget | None = None
        self._timer: Timer | None = None
        self._merges = 0
        self.saving = False

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._notice
        yield self.key_bar

    def on_mount(self) -> None:
        self._show_head()
        self.kaizen.jobs.ask(
            lambda: FormReady(self._open_form()), self.post_message, lambda error: FormFailed(error, opening=True)
        )

    async def on_form_ready(self, message: FormReady) -> None:
        opened = message.opened
        self.keeper = DraftKeeper(
            self.kaizen.workspace, opened.name, self.kaizen.jobs, lambda error: self.post_message(DraftFailed(error))
        )
        self.body = FormBody(opened.state)
        await self.mount(self.body, after=self._notice)
        if opened.draft is not None:
            ago = age(max(0, self.kaizen.epoch() - opened.draft.saved))
            self.notice(f"draft of {ago} ago restored · {self._key('form.discard')} discards it")
        if opened.merged is not None:
            self._merged_with_disk(opened.merged)
        self.body.focus_start()
        self._show_head()
        self.offer()
        self._measure()

    def _measure(self) -> None:
        """Asks what the component's metrics measure, for the criteria's lines."""
        app, name = self.kaizen, self.state.values["component"].strip()
        component = self.state.world.component(name)
        if component is None:
            return
        # As a relative criterion, so that the baseline is asked for as well.
        named = [Reading("", "automatic", metric.name, factor=1.0) for metric in component.metrics]

        def read() -> FormMeasured:
            return FormMeasured(name, app.main.slo.measure(component, named))

        app.jobs.ask(read, self.post_message, lambda error: Said(error_text(error), bad=True))

    def on_said(self, message: Said) -> None:
        message.stop()
        self.key_bar.say(message.word, bad=message.bad)

    def on_form_measured(self, message: FormMeasured) -> None:
        if self.body is not None:
            self.body.measured(message.component, message.live)

    # Typing

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """A search that ended without a component is a wrong id now."""
        if self.body is not None:
            self.body.show_problems()

    def on_edited(self, message: Edited) -> None:
        """A person changed a field."""
        message.stop()
        if self.body is None:
            return
        self.body.take(message.field)
        if message.field == "component":
            self._measure()
        self._thrown_away = None
        if not self._notice_stays and not self.state.clashes:
            self.notice("")
        self._show_head()
        self._keep_soon()

    def _keep_soon(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(_KEEP_AFTER, self.keep)

    def on_unmount(self) -> None:
        """Also when a signal ends the program."""
        if self._timer is not None:
            self.keep()

    def keep(self) -> None:
        """Puts the draft on disk, or takes it away when nothing differs any more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.keeper is None or self.body is None:
            return
        if self.state.changed:
            self.keeper.keep(self.state.draft(self.keeper.name, self.kaizen.epoch(), os.getpid()))
        else:
            self.keeper.forget()

    def on_draft_failed(self, message: DraftFailed) -> None:
        self.notice(f"the draft can't be kept: {error_text(message.error)}", bad=True)

    def notice(self, text: str, *, bad: bool = False) -> None:
        """Says something below the title, until the next edit if it isn't bad; "" takes it away."""
        self._notice_stays = bad
        self._notice.display = bool(text)
        self._notice.update(Content.styled(f" {safe(text)}", "$error" if bad else "$warning"))

    @property
    def noticed(self) -> str:
        """What is said there."""
        content = self._notice.content
        return content.plain.strip() if self._notice.display and isinstance(content, Content) else ""

    def _show_head(self) -> None:
        parts = [(" kaizen ", "$accent bold"), (f" {safe(self._title)}", "bold")]
        if self.body is None:
            parts.append(("   reading …", "$kz-muted"))
        else:
            changed = self.state.changed
            said = summary(self.state.said, self.state.world)
            parts.append((f"   {said}", "$kz-muted"))
            if changed and not self.state.is_new:
                parts.append((f"   changed: {', '.join(TITLES[field].lower() for field in changed)}", "$warning"))
        self._head.update(Content.assemble(*parts))

    # Leaving

    def action_back(self) -> None:
        """Back to the board; what was typed stays as a draft."""
        if self.saving:
            return
        if self.body is not None:
            self.keep()
            if self.state.changed:
                again = self._key("ticket.new" if self.state.is_new else "ticket.edit")
                self.kaizen.main.post_message(Said(f"Your draft is kept; {again} opens it again"))
        self.dismiss()

    def action_discard(self) -> None:
        """Throws what was typed away, and brings it back when pressed again."""
        if self.body is None:
            return
        if self._thrown_away is not None:
            self.state.values, self._thrown_away = self._thrown_away, None
            self.notice("")
        else:
            self._thrown_away = dict(self.state.values)
            self.state.values = dict(self.state.base)
            self.notice(f"discarded · {self._key('form.discard')} brings it back")
        self.body.show_values()
        self._show_head()
        self.keep()

    # Saving

    def action_save(self) -> None:
        """Writes it, if nothing is wrong and nothing clashes."""
        if self.body is None or self.saving:
            return
        self.state.attempted = True
        wrong = self.body.show_problems()
        if wrong:
            self.key_bar.say(self.body.said_wrong, bad=True)
            self.body.focus_field(next(iter(sorted(wrong, key=list(TITLES).index))))
        elif self.state.clashes:
            self.action_compare()
        elif not self.state.is_new and not self.state.changed:
            self.keep()
            self.kaizen.main.post_message(Said(f"{self.state.ticket_id}: nothing changed"))
            self.dismiss()
        else:
            self._save()

    def _save(self) -> None:
        self.saving = True
        self.keep()
        self.key_bar.say("saving …")
        if self.body is not None:  # what is typed from now on would belong to neither the ticket nor the draft
            self._was_focused, self.body.disabled = self.focused, True
        state, desk = self.state, self.kaizen.desk
        workspace, ticket_id = self.kaizen.workspace, state.ticket_id
        if state.is_new:
            new = state.new_ticket()

            def create() -> FormSaved:
                created = desk.create(new)
                return FormSaved(created.id, f"{created.id} is written", created.warnings)

            self.kaizen.jobs.ask(create, self.post_message, FormFailed, writes=True)
            return
        changes, etag, changed = state.changes(), state.etag, state.changed

        def update() -> FormSaved | TheirsRead:
            try:
                desk.update(ticket_id, changes, etag)
            except ConflictError:
                return TheirsRead(*read_theirs(workspace, ticket_id), saving=True)
            names = ", ".join(TITLES[field].lower() for field in changed)
            return FormSaved(ticket_id, f"{ticket_id}: {names} saved")

        self.kaizen.jobs.ask(update, self.post_message, FormFailed, writes=True)

    def _saving_ended(self) -> None:
        """It was not saved: the person goes on where they were."""
        if self.saving and self.body is not None:
            self.saving, self.body.disabled = False, False
            self.key_bar.say("")
            if self._was_focused is not None:
                self._was_focused.focus()

    def on_form_saved(self, message: FormSaved) -> None:
        if self.keeper is not None:
            self.keeper.forget()
        main = self.kaizen.main
        if self.state.is_new:
            main.post_message(TicketCreated(message.ticket_id, message.warnings))
        else:
            main.post_message(Said(message.said))
        self.dismiss()

    def on_form_failed(self, message: FormFailed) -> None:
        self._saving_ended()
        if message.opening:
            self.kaizen.main.post_message(Failed("form", message.error))
            self.dismiss()
            return
        what = "not saved" if isinstance(message.error, KaizenError | OSError) else "failed"
        self.notice(f"{what}: {error_text(message.error)}", bad=True)

    # The disk

    def on_workspace_touched(self, message: WorkspaceTouched) -> None:
        """Files changed while the form is open: is its ticket one of them?"""
        message.stop()
        if self.body is None or self.state.is_new or self.saving:
            return
        ticket_id, workspace = self.state.ticket_id, self.kaizen.workspace
        if message.paths and workspace.ticket_path(ticket_id) not in message.paths:
            return
        self.kaizen.jobs.ask(
            lambda: TheirsRead(*read_theirs(workspace, ticket_id), saving=False), self.post_message, FormFailed
        )

    def on_theirs_read(self, message: TheirsRead) -> None:
        """The ticket on disk is another: what can be put together is, the rest is asked about."""
        if self.body is None:
            return
        if message.etag == self.state.etag:
            self._saving_ended()
            return
        self._saving_ended()
        merged = self.state.meet(message.theirs, message.etag)
        self._merges += 1
        self.body.show_values()
        self._merged_with_disk(merged)
        if message.saving and not merged.clashes and not merged.combined and self._merges <= _MOST_MERGES:
            self._save()
        elif message.saving and merged.clashes:
            self.action_compare()
        self.keep()
        self._show_head()
        self.offer()

    def _merged_with_disk(self, merged: Merged) -> None:
        """Says what came from the disk; remembers what clashes."""
        self._last_merge = merged
        said = []
        if merged.clashes:
            names = ", ".join(TITLES[clash.field].lower() for clash in merged.clashes)
            said.append(f"changed on disk as well: {names} · {self._key('form.compare')} compares")
        if merged.taken:
            said.append(f"taken from disk: {', '.join(TITLES[field].lower() for field in merged.taken)}")
        if merged.combined:
            names = ", ".join(TITLES[field].lower() for field in merged.combined)
            said.append(f"put together, look at it before you save: {names}")
        if said:
            self.notice("; ".join(said))

    def action_compare(self) -> None:
        """Shows the three versions; the person picks, field by field."""
        if self.body is None or not self.state.clashes or self._last_merge is None:
            return
        from kaizen_tui.tui.screens.clash import ClashScreen

        def picked(picks: "dict[str, Pick] | None") -> None:
            if picks is None or self.body is None:
                return
            self.state.settle(picks)
            self.body.show_values()
            self._show_head()
            self.notice(f"put together · {self._key('form.save')} saves it")
            self.keep()
            self.offer()

        shown = self._last_merge._replace(clashes=self.state.clashes)
        self.kaizen.push_screen(ClashScreen(self.kaizen, self.state.ticket_id, shown), picked)
