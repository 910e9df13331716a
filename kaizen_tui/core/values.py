"""The raw value of a file, as the strict reader gives it: every scalar is text. Light."""

from typing import TypeAlias

# None is an empty plain scalar, `~` or `null`; `no`, `0755`, `2025-05-18` are text.
Value: TypeAlias = str | list["Value"] | dict[str, "Value"] | None


def kind_of(value: object) -> str:
    """What a value is, in words for a message: "text", "a list", "a mapping", "empty"."""
    if value is None:
        return "empty"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"a {type(value).__name__}"


def quoted(text: str, limit: int = 60) -> str:
    """`text` in backticks for a message, shortened to `limit` characters. Hostile text: escape on output."""
    return f"`{text}`" if len(text) <= limit else f"`{text[: limit - 1]}…`"
