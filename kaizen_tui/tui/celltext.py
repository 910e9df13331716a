"""Text cut to cells: wide characters (CJK, emoji) take two, and nothing may push a column out of line."""

from rich.cells import cell_len, chop_cells, set_cell_size

from kaizen_tui.core.text import safe

ELLIPSIS = "…"


def clip(text: str, width: int) -> str:
    """`text` in at most `width` cells, the last one an ellipsis where something was cut off."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def pad(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    return set_cell_size(clip(text, width), width)


def wrap(text: str, width: int, lines: int) -> list[str]:
    """`text` in at most `lines` lines of `width` cells, broken between words where possible; the rest is cut off."""
    if width < 1 or lines < 1:
        return []
    done: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            done.append(line)
        *full, line = chop_cells(word, width) or [""]
        done.extend(full)
        if len(done) > lines:
            break
    if line:
        done.append(line)
    if len(done) > lines:
        done[lines - 1] = clip(f"{done[lines - 1]} {done[lines]}", width)
    return done[:lines]


def shown(text: str) -> str:
    """A ticket's text as one harmless line (see core.text.safe)."""
    return safe(text)
