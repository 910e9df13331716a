"""What an empty board says in place of cards: why it is empty, and what to do."""

from kaizen_tui.tui.widgets.notice import Notice

NO_TICKETS = Notice("No tickets yet.", "Press n to write the first one.")
NO_TICKETS_TO_READ = Notice("No tickets yet.", "`kaizen new` writes the first one.")
NO_COMPONENT = Notice(
    "No tickets yet, and no component to write one about.", "`kaizen component ID -n NAME -t 2 -o OWNER` makes one."
)
NO_TICKETS_THEN = Notice("There were no tickets yet.", "] goes on a day, t goes back to now.")
NO_MATCH = Notice("No ticket matches the filter.", "/ changes it, Esc clears it.")


def empty(there: bool, then: bool, match: bool, *, bare: bool, read_only: bool) -> Notice | None:
    """None where there are cards. there: the workspace has tickets; then: it had some at the instant that is shown;
    match: the filter leaves some. bare: no component is registered."""
    if not there:
        return NO_TICKETS_TO_READ if read_only else NO_COMPONENT if bare else NO_TICKETS
    if not then:
        return NO_TICKETS_THEN
    return None if match else NO_MATCH
