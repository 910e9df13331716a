"""The strict YAML reader: text in, plain values out, every refusal with path and line.

It consumes the event stream of PyYAML's C parser instead of loading objects: scalars stay text (`no`, `0755`,
`2025-05-18`, `1_000` are what they look like), and whatever could surprise a reader or a program (anchors, tags, merge
keys, duplicate keys, several documents, depth, size, other encodings) is refused in words.

HOT: `kaizen list` imports this file, so it imports nothing itself; `yaml` comes in with the first parse.
"""

from __future__ import annotations

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.problem import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from kaizen_tui.core.values import Value

# Limits of a file. A ticket is 1-2 KB, some 40 nodes, 4 deep.
MAX_BYTES = 1 << 20
MAX_NODES = 20_000
MAX_DEPTH = 16

# So many findings of one file are reported one by one.
MAX_PROBLEMS = 20

# Plain scalars that mean "nothing here"; every other scalar is text.
NULLS = frozenset({"", "~", "null"})


class YamlProblems(StoreError):  # noqa: N818 (it carries several)
    """A file that can't be loaded. `.problems` has the findings in the order of the lines; never empty.

    After MAX_PROBLEMS of them one more says how many there are besides.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: list[Problem] = sorted(problems, key=lambda problem: problem.line)
        more = self.problems[MAX_PROBLEMS:]
        if more:
            self.problems[MAX_PROBLEMS:] = [
                Problem(more[0].path, more[0].line, f"{len(more)} more findings from here on")
            ]
        first = self.problems[0]
        super().__init__(first.message, where=first.where, hint=first.hint)


class YamlDocument:
    """One parsed file.

    path:  as given to `parse_yaml`, used in messages.
    text:  the file's characters without the byte order mark; line endings as in the file.
    value: its top-level mapping, keys in file order.
    """

    __slots__ = ("_root", "path", "text", "value")

    def __init__(self, path: str, text: str, value: dict[str, Value]) -> None:
        self.path = path
        self.text = text
        self.value = value
        self._root: Any = None

    def line(self, *path: str | int) -> int:
        """The 1-based line of a key or list item, e.g. `line("links", "dashboard")` or `line("success_criteria", 2)`.

        For a path that isn't in the file: the line of the nearest ancestor that is (1 when there is none).
        The text is parsed a second time at the first call: lines are wanted only when something is wrong.
        """
        if self._root is None:
            from kaizen_tui.store.yaml_marks import compose

            self._root = compose(self.text)
        from kaizen_tui.store.yaml_marks import line_of

        return line_of(self._root, path)

    def problem(self, path: tuple[str | int, ...], message: str, hint: str = "") -> Problem:
        """An error about one field of this file, with the field's line."""
        return Problem(self.path, self.line(*path), message, hint)


def parse_yaml(data: bytes, path: str) -> YamlDocument:
    """Parse the bytes of a YAML file whose top level is a mapping.

    Raises YamlProblems with a Problem for each finding (syntax errors stop at the first one). Costs about as much as
    PyYAML's C loader.
    """
    text = decode(data, path)
    problems: list[Problem] = []
    value = _build(text, path, problems)
    if problems or value is None:
        raise YamlProblems(problems)
    return YamlDocument(path, text, value)


def decode(data: bytes, path: str) -> str:
    """The file's text without its byte order mark; raises YamlProblems for what isn't clean UTF-8 text."""
    if len(data) > MAX_BYTES:
        size = f"{len(data) / MAX_BYTES:.1f} MiB"
        raise YamlProblems([Problem(path, 0, f"the file is too large ({size}; the limit is 1 MiB)")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is None or _suspicious(text):
        from kaizen_tui.store.yaml_refuse import text_problems

        found = text_problems(data, path)
        if found:
            raise YamlProblems(found)
    return text or ""


def _suspicious(text: str) -> bool:
    """Does the text need the slow look? Only for what the parser would accept: it refuses other control characters."""
    return (
        "<<<<<<<" in text
        or ">>>>>>>" in text
        or "\x00" in text
        or ("\r" in text and text.count("\r") != text.count("\r\n"))
        or (not text.isascii() and ("\x85" in text or "\u2028" in text or "\u2029" in text or "\ufeff" in text))
    )


def loader_class() -> Any:
    """PyYAML's C parser, or its Python one (10 times slower) where PyYAML was built without libyaml."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _build(text: str, path: str, problems: list[Problem]) -> dict[str, Value] | None:
    """Values of the event stream; findings are appended to `problems`. None when there is no mapping to return."""
    import yaml

    builder = _Builder(path, problems)
    try:
        loader = loader_class()(text)
        try:
            builder.run(loader.get_event)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        from kaizen_tui.store.yaml_refuse import syntax_problem

        problems.append(syntax_problem(error, text, path))
        return None
    except _StoppedError:
        return None
    if builder.duplicates:
        from kaizen_tui.store.yaml_refuse import duplicate_problems

        problems.extend(duplicate_problems(text, path))
    if "\\" in text and not hasattr(yaml, "CSafeLoader"):
        from kaizen_tui.store.yaml_refuse import surrogate_problems

        problems.extend(surrogate_problems(text, path))
    root: Any = builder.root
    if type(root) is not dict:
        from kaizen_tui.store.yaml_refuse import top_level_problem

        problems.append(top_level_problem(root, builder.documents, path))
        return None
    return root


class _StoppedError(Exception):
    """The finding just made is the last one: going on would cost too much or make no sense."""


class _Builder:
    """Makes values of events: one flat state machine with its own stack, for speed and to be safe from recursion."""

    __slots__ = ("container", "documents", "duplicates", "in_map", "key", "nodes", "path", "problems", "root", "stack")

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.root: Any = None
        self.container: Any = None  # the open dict or list
        self.in_map = False
        self.key: str | None = None  # of the open dict, once its key was read and its value not yet
        self.stack: list[Any] = []  # (container, key) of the collections around it
        self.nodes = 0
        self.documents = 0
        self.duplicates = False

    def run(self, get_event: Any) -> None:
        """Consume the events of one stream. Raises _StoppedError after a finding that ends it, and YAMLError."""
        from yaml import events

        scalar, stream_end = events.ScalarEvent, events.StreamEndEvent
        others = {
            events.MappingStartEvent: self._mapping,
            events.SequenceStartEvent: self._sequence,
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }
        while True:
            event = get_event()
            kind = type(event)
            if kind is scalar:
                self._scalar(event)
            elif kind in others:
                others[kind](event)
            elif kind is stream_end:
                return

    def _scalar(self, event: Any) -> None:
        value = event.value
        if event.anchor is not None or event.tag is not None:
            self.problems.append(_refused(event, self.path))
        if self.in_map and self.key is None:
            if not event.style and (value == "<<" or not value):
                self.problems.append(_bad_key(event, self.path))
            if value in self.container:
                self.duplicates = True
            self.key = value
            self.nodes += 1
        elif not event.style and value in NULLS:
            self._place(event, None)
        else:
            self._place(event, value)

    def _place(self, event: Any, value: Any) -> None:
        """Put a value where it belongs: under the pending key, at the end of the open list, or on top."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._stop(event, f"more than {MAX_NODES:,} values in one file")
        if self.in_map:
            if self.key is None:
                self.problems.append(_bad_key(event, self.path))
                raise _StoppedError
            self.container[self.key] = value
            self.key = None
        elif self.container is not None:
            self.container.append(value)
        else:
            self.root = value

    def _open(self, event: Any, value: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self.problems.append(_refused(event, self.path))
        if len(self.stack) >= MAX_DEPTH:
            self._stop(event, f"more than {MAX_DEPTH} levels of nesting")
        self._place(event, value)
        self.stack.append((self.container, self.in_map))
        self.container = value

    def _mapping(self, event: Any) -> None:
        self._open(event, {})
        self.in_map = True

    def _sequence(self, event: Any) -> None:
        self._open(event, [])
        self.in_map = False

    def _end(self, _event: Any) -> None:
        self.container, self.in_map = self.stack.pop()

    def _alias(self, event: Any) -> None:
        self.problems.append(_refused(event, self.path))
        self._place(event, None)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop(event, "a second document starts here", "one file holds one document")
        if event.tags:
            self.problems.append(_at(event, self.path, "a %TAG directive", "tags are not allowed: remove it"))

    def _stop(self, event: Any, message: str, hint: str = "") -> None:
        self.problems.append(_at(event, self.path, message, hint))
        raise _StoppedError


def _at(event: Any, path: str, message: str, hint: str = "") -> Problem:
    return Problem(path, event.start_mark.line + 1, message, hint)


def _refused(event: Any, path: str) -> Problem:
    """Anchors, aliases and tags: a file means what it says in the place where it says it."""
    name = type(event).__name__
    if name == "AliasEvent":
        return _at(event, path, f"an alias (*{event.anchor})", "write the value out; to start a text with *, quote it")
    if event.anchor is not None:
        return _at(event, path, f"an anchor (&{event.anchor})", "remove it; to start a text with &, quote it")
    return _at(event, path, f"a tag ({event.tag})", "remove it; to start a text with !, quote it")


def _bad_key(event: Any, path: str) -> Problem:
    """A key that isn't text, or is a merge key."""
    name = type(event).__name__
    if name == "ScalarEvent" and event.value == "<<":
        return _at(event, path, "a merge key (<<)", "write the fields out")
    if name == "ScalarEvent":
        return _at(event, path, "a value without a key", "write `key: value`")
    what = {"MappingStartEvent": "mapping", "SequenceStartEvent": "list"}.get(name, "alias")
    return _at(event, path, f"a key that is a {what}", "a key is one word or a quoted text")
