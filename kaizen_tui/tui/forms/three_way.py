"""Three versions of a form: what it began with, what stands on disk now, what was typed. Pure.

Where only one side changed a field, that side's is taken; where both added to a list, both additions; what is left is
for the person to decide. Nothing is dropped without being shown.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from kaizen_tui.store.three_way import merge_items, merge_lines
from kaizen_tui.tui.forms.values import BLOCK_FIELDS, FIELDS, LIST_FIELDS, Values

Pick = Literal["mine", "theirs", "base"]
PICKS: tuple[Pick, ...] = ("mine", "theirs", "base")


class Clash(NamedTuple):
    """A field that both sides changed, differently."""

    field: str
    base: str
    theirs: str
    mine: str

    def of(self, pick: Pick) -> str:
        """The text of one side."""
        return {"mine": self.mine, "theirs": self.theirs, "base": self.base}[pick]


class Merged(NamedTuple):
    """values:   of every field; where the sides clash, what was typed.
    taken:    fields that only the disk changed. combined: lists and texts that both changed, put together.
    clashes:  fields for the person to decide.
    """

    values: Values
    taken: tuple[str, ...]
    combined: tuple[str, ...]
    clashes: tuple[Clash, ...]


def merge(base: Mapping[str, str], theirs: Mapping[str, str], mine: Mapping[str, str]) -> Merged:
    """Puts the three together, field by field."""
    values: Values = {}
    taken, combined, clashes = [], [], []
    for field in FIELDS:
        old, other, own = base.get(field, ""), theirs.get(field, ""), mine.get(field, "")
        values[field] = own
        if other in (own, old):
            continue
        if own == old:
            values[field] = other
            taken.append(field)
            continue
        together = _together(field, old, other, own)
        if together is None:
            clashes.append(Clash(field, old, other, own))
        else:
            values[field] = together
            combined.append(field)
    return Merged(values, tuple(taken), tuple(combined), tuple(clashes))


def _together(field: str, base: str, theirs: str, mine: str) -> str | None:
    if field in LIST_FIELDS:
        items = merge_items(_items(base), _items(mine), _items(theirs))
        return None if items is None else "\n".join(items)
    if field in BLOCK_FIELDS:
        lines = merge_lines(base.split("\n"), mine.split("\n"), theirs.split("\n"))
        return None if lines is None else "\n".join(lines)
    return None


def _items(text: str) -> list[str]:
    return text.split("\n") if text else []
