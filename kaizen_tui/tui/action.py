"""What one entry of the registry of actions says: see actions.py."""

from typing import NamedTuple


class Action(NamedTuple):
    """One thing the dashboard can do.

    id:      what users write in config.yml, `family.verb`.
    keys:    Textual key names; the first is the one shown.
    label:   one or two words for the footer.
    help:    a sentence for the help screen.
    group:   heading on the help screen.
    context: where the keys work.
    method:  `action_<method>` of the screen or one of its handlers, called with `argument` if that is not None.
    footer:  place in the footer, smaller first (0: not shown there). The least important go first when room is short.
    writes:  changes files: refused on a read-only board, and not offered there.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    context: str
    method: str
    footer: int = 0
    writes: bool = False
    argument: int | None = None
