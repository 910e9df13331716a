"""Reads the fields of one raw mapping and says everything that is wrong with them. Light."""

from collections.abc import Callable, Iterable, Mapping

from kaizen_tui.core.units import parse_number
from kaizen_tui.core.values import Value, kind_of, quoted

Path = tuple[str | int, ...]


class FieldError(ValueError):
    """One wrong field.

    path:    keys and list positions from the top of the file, so that a reader can find the line; () is the file.
    message: what is wrong, naming the field (may quote hostile text: escape on output).
    hint:    what to do, or "".
    line:    1-based, where the check itself knows it (JSON), else 0.
    """

    def __init__(self, path: Path, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint
        self.line = line

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class FieldErrors(ValueError):  # noqa: N818 - a plural of FieldError
    """Every wrong field of one file, in the order of the checks; at least one."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__("; ".join(str(error) for error in self.errors))


class Checker:
    """Reads the fields of one mapping and collects what is wrong instead of stopping at the first."""

    __slots__ = ("at", "errors", "raw")

    def __init__(self, raw: Mapping[str, Value], at: Path = (), errors: list[FieldError] | None = None) -> None:
        self.raw = raw
        self.at = at
        self.errors: list[FieldError] = [] if errors is None else errors

    def wrong(self, path: Path, message: str, hint: str = "") -> None:
        """Notes that the field at `path` (within this mapping) is wrong."""
        self.errors.append(FieldError((*self.at, *path), message, hint))

    def text(self, key: str, *, required: bool = False, default: str = "") -> str:
        """The text at `key`, or `default` when it is absent or empty; not blank when required."""
        value = self.raw.get(key)
        if isinstance(value, str):
            if required and not value.strip():
                self.wrong((key,), f"{key} is empty")
            return value
        if value is not None:
            self.wrong((key,), f"{key} must be text, not {kind_of(value)}", "put it in quotes")
        elif required:
            if key in self.raw:
                self.wrong((key,), f"{key} is empty")
            else:
                self.wrong((), f"{key} is missing", f"add a line `{key}: …`")
        return default

    def checked(self, key: str, check: Callable[[str], str], *, required: bool = False, default: str = "") -> str:
        """The text at `key` after `check`, which raises FieldError."""
        before = len(self.errors)
        text = self.text(key, required=required, default=default)
        if text and len(self.errors) == before:
            try:
                return check(text)
            except FieldError as error:
                self.wrong((key,), error.message, error.hint)
        return text

    def number(self, key: str, *, required: bool = False) -> float | None:
        """The finite number at `key`, or None when it is absent."""
        text = self.text(key, required=required)
        if not text:
            return None
        try:
            return parse_number(text)
        except ValueError as error:
            hint = 'write the number alone, as in "10"; its unit goes to `unit:`'
            self.wrong((key,), f"{key} is {quoted(text)}: {error}", hint)
            return None

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at `key`; () when it is absent."""
        value = self.raw.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong((key,), f"{key} must be a list, not {kind_of(value)}", "begin each item with `- `")
            return ()
        for position, item in enumerate(value):
            if isinstance(item, str) and item.strip():
                continue
            if item is None or isinstance(item, str):
                self.wrong((key, position), f"item {position + 1} of {key} is empty")
            else:
                message = f"item {position + 1} of {key} must be text, not {kind_of(item)}"
                self.wrong((key, position), message, "put the whole line in quotes")
        return tuple(item for item in value if isinstance(item, str))

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """The mapping of texts at `key`, without its empty ones; () when it is absent."""
        value = self.raw.get(key)
        if value is None:
            return ()
        if not isinstance(value, dict):
            self.wrong((key,), f"{key} must be a mapping, not {kind_of(value)}", f"write `{key}: {{name: value}}`")
            return ()
        for name, item in value.items():
            if item is not None and not isinstance(item, str):
                self.wrong((key, name), f"{key}.{name} must be text, not {kind_of(item)}", "put it in quotes")
        return tuple((name, item) for name, item in value.items() if isinstance(item, str))

    def mapping(self, key: str) -> Mapping[str, Value]:
        """The mapping at `key`; an empty one when it is absent."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, dict):
            self.wrong((key,), f"{key} must be a mapping, not {kind_of(value)}")
        return value if isinstance(value, dict) else {}

    def finish(self) -> None:
        """Raises FieldErrors when anything was wrong."""
        if self.errors:
            raise FieldErrors(self.errors)
