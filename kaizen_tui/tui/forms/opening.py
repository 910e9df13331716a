"""How forms and the editor are opened. Light: what they need is imported when the key is pressed."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeAlias

from kaizen_tui.tui.desk import ReadOnlyError
from kaizen_tui.tui.messages import Said

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp
    from kaizen_tui.tui.forms.state import Prefill
    from kaizen_tui.tui.screens.board import BoardScreen

Opening: TypeAlias = Awaitable[object] | None


def open_new_ticket(app: "KaizenApp", prefill: "Prefill | None" = None, *, component: str = "") -> Opening:
    """Opens the form of a new ticket. With a prefill (from a burning SLO, say) it is a fresh one; without, the draft
    that was left is offered again. component: where the form begins when there is neither.

    Await what is returned where keys may follow at once: they then reach the form.
    """
    if not _may_write(app):
        return None
    from kaizen_tui.tui.forms.work import open_new
    from kaizen_tui.tui.screens.form import FormScreen

    workspace, now = app.workspace, app.epoch()
    return app.push_screen(FormScreen(app, "New ticket", lambda: open_new(workspace, now, prefill, component)))


def open_edit_form(app: "KaizenApp", ticket_id: str) -> Opening:
    """Opens the form of a ticket that there is."""
    if not _may_write(app):
        return None
    from kaizen_tui.tui.forms.work import open_edit
    from kaizen_tui.tui.screens.form import FormScreen

    workspace = app.workspace
    return app.push_screen(FormScreen(app, f"Edit {ticket_id}", lambda: open_edit(workspace, ticket_id)))


def new_at_cursor(screen: "BoardScreen") -> Opening:
    """`n`: a new ticket for the selected card's component."""
    row = screen.board.selected
    return open_new_ticket(screen.kaizen, component=row.component if row is not None else "")


def edit_at_cursor(screen: "BoardScreen") -> Opening:
    """`e`: the selected ticket in a form."""
    row = screen.board.selected
    return open_edit_form(screen.kaizen, row.id) if row is not None else None


def edit_file_at_cursor(screen: "BoardScreen") -> None:
    """`E`: the selected ticket's file in the person's editor."""
    row = screen.board.selected
    if row is not None and _may_write(screen.kaizen):
        from kaizen_tui.tui.forms.external import EditorVisit

        EditorVisit(screen.kaizen, row.id).begin()


def _may_write(app: "KaizenApp") -> bool:
    if app.desk.read_only:
        app.main.post_message(Said(str(ReadOnlyError()), bad=True))
        return False
    return True
