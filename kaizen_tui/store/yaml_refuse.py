"""Why a YAML file is refused, in words, with the line. Cold: imported only when something looks wrong."""

from __future__ import annotations

import re
from typing import Any

import yaml

from kaizen_tui.core.problem import Problem

# What no text file of ours may hold raw. NEL, LS and PS are line breaks to YAML 1.1 and not to git or an editor: a key
# could hide behind one. A lone CR is the same trick in a terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)")
_MARKER = re.compile(r"^(?:<{7}|>{7})(?: .*)?\r?$", re.MULTILINE)

_NAMES = {
    "\x00": "a NUL character",
    "\x1b": "a raw escape character",
    "\x7f": "a raw DEL character",
    "\r": "a carriage return inside a line",
    "\x85": "a raw NEL line separator (U+0085)",
    "\u2028": "a raw line separator (U+2028)",
    "\u2029": "a raw paragraph separator (U+2029)",
    "\ufeff": "a byte order mark inside the file (U+FEFF)",
}

_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

# problem (a regular expression over libyaml's and PyYAML's words) -> message, hint, and whose line is the useful one.
_SYNTAX: tuple[tuple[str, str, str, str], ...] = (
    (r"tab character", "a tab where YAML wants spaces", "indent with spaces", "problem"),
    (
        r"(?s)quoted scalar.*unexpected (end of stream|document (separator|indicator))",
        "a quote is opened here and never closed",
        'close it, or write \\" for a quote inside a double-quoted text',
        "context",
    ),
    (
        r"mapping values are not allowed",
        "a second `: ` in one line, or a line indented too far",
        "put the value in double quotes, or line the key up with its neighbours",
        "problem",
    ),
    (
        r"could not find expected ':'",
        "a line that is neither `key: value` nor `- item`",
        "add the colon, or indent the line under its key",
        "context",
    ),
    (
        r"flow sequence|expected ',' or ']'",
        "a list opened with [ is not closed, or lacks a comma",
        "close it with ], and quote items that hold , [ ] { } or : ",
        "context",
    ),
    (
        r"flow mapping|expected ',' or '}'",
        "a mapping opened with { is not closed, or lacks a comma",
        "close it with }, and quote values that hold , [ ] { } or : ",
        "context",
    ),
    (
        r"unknown escape|Unicode character escape|expected escape sequence|hexdecimal number",
        "an unknown escape in a double-quoted text",
        "write \\\\ for a backslash, or use single quotes",
        "problem",
    ),
    (
        r"cannot start any token",
        "a value starts with a character that YAML reserves",
        "put the value in double quotes",
        "problem",
    ),
    (
        r"scanning an (alias|anchor)",
        "a value starts with * or &",
        "put the value in double quotes",
        "context",
    ),
    (
        r"block sequence entries are not allowed|sequence entries are not allowed",
        "a list item where none can be",
        "start the list on the line after its key",
        "problem",
    ),
    (r"tag|parsing a node.*handle", "a tag (!)", "remove it; to start a text with !, quote it", "problem"),
    (
        r"block scalar",
        "a wrong header of a block text (| or >)",
        "write the text from the next line on, indented",
        "problem",
    ),
    (
        r"directive|incompatible YAML document|expected <document start>|'<document start>'",
        "text outside of the document",
        "remove lines that start with % and what follows `...`",
        "problem",
    ),
    (
        r"did not find expected '-'|expected <block end>, but found '\?'",
        "a line that doesn't belong to the list above it",
        "start it with `- `, or give the list a key",
        "problem",
    ),
    (
        r"did not find expected key|expected <block end>",
        "a line that doesn't fit the lines above it",
        "check its indentation, and what follows a closing quote or bracket",
        "problem",
    ),
    (
        r"expected node content|expected the node content",
        "a value starts with a character that YAML reserves, or a key is missing",
        "put the value in double quotes, or name the key",
        "problem",
    ),
)


def text_problems(data: bytes, path: str) -> list[Problem]:
    """Encoding, raw control characters and conflict markers; an empty list when the bytes are clean UTF-8 text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [_encoding_problem(data, error.start, path)]
    head = text[:64]
    if head.count("\x00") * 3 >= len(head) > 0:
        # ASCII in UTF-16 or UTF-32 without a mark decodes as UTF-8 with a NUL beside every character.
        return [Problem(path, 1, "the file is UTF-16 or UTF-32, not UTF-8", "save it as UTF-8")]
    found = _conflict_problems(text, path)
    bad = _CONTROL.search(text)
    if bad:
        found.append(control_problem(text, bad.start(), path))
    return found


def _encoding_problem(data: bytes, offset: int, path: str) -> Problem:
    for mark, name in _ENCODINGS:
        if data.startswith(mark):
            return Problem(path, 1, f"the file is {name}, not UTF-8", "save it as UTF-8")
    line = data.count(b"\n", 0, offset) + 1
    return Problem(path, line, f"byte 0x{data[offset]:02x} is not UTF-8", "save the file as UTF-8")


def _conflict_problems(text: str, path: str) -> list[Problem]:
    first = last = None
    for last in _MARKER.finditer(text):
        first = first or last
    if first is None or last is None:
        return []
    begin, end = (text.count("\n", 0, marker.start()) + 1 for marker in (first, last))
    span = f"lines {begin}-{end}" if begin != end else f"line {begin}"
    return [Problem(path, begin, f"unresolved merge conflict, {span}", "keep one side and remove the marker lines")]


def control_problem(text: str, offset: int, path: str) -> Problem:
    """The finding about the raw control character at `offset`."""
    char = text[offset]
    name = _NAMES.get(char, f"a raw control character (U+{ord(char):04X})")
    escape = f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
    return Problem(
        path,
        text.count("\n", 0, offset) + 1,
        name,
        f'remove it, or write it as "{escape}" in a double-quoted text',
    )


def syntax_problem(error: yaml.YAMLError, text: str, path: str) -> Problem:
    """What the parser stumbled over, in a sentence about the file instead of about the parser."""
    if not isinstance(error, yaml.MarkedYAMLError):
        bad = _CONTROL.search(text)
        if bad:
            return control_problem(text, bad.start(), path)
        return Problem(path, 1, f"not readable as YAML ({error})")
    words = f"{error.context or ''} {error.problem or ''}".strip()
    last = text.rstrip().count("\n") + 1

    place: Any = error.problem_mark

    def line(*marks: Any) -> int:
        return next((min(mark.line + 1, last) for mark in marks if mark), 1)

    if place and text[place.index : place.index + 1] == "\t":
        words += " tab character"
    for pattern, message, hint, whose in _SYNTAX:
        if re.search(pattern, words):
            if whose == "context":
                return Problem(path, line(error.context_mark, place), message, hint)
            return Problem(path, line(place, error.context_mark), message, hint)
    return Problem(path, line(place, error.context_mark), f"not valid YAML: {words}")


def duplicate_problems(text: str, path: str) -> list[Problem]:
    """Every key that appears twice in its mapping, with both lines. The text parses."""
    from kaizen_tui.store.yaml_reader import loader_class

    found: list[Problem] = []
    stack: list[dict[str, int] | None] = []
    keys: list[bool] = []  # for each open collection: is the next node a key?
    event: Any
    for event in yaml.parse(text, Loader=loader_class()):
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            keys.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        seen = stack[-1] if stack else None
        if seen is not None and keys[-1] and isinstance(event, yaml.ScalarEvent):
            mark: Any = event.start_mark
            line = mark.line + 1
            if event.value in seen:
                first = f"the first is on line {seen[event.value]}"
                found.append(Problem(path, line, f"the key `{event.value}` appears twice", f"keep one; {first}"))
            seen.setdefault(event.value, line)
        if keys:
            keys[-1] = not keys[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append({} if isinstance(event, yaml.MappingStartEvent) else None)
            keys.append(True)
    return found


def surrogate_problems(text: str, path: str) -> list[Problem]:
    """Escapes of half characters, which PyYAML's Python parser lets through. The text parses."""
    found = []
    event: Any
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.ScalarEvent) and any("\ud800" <= char <= "\udfff" for char in event.value):
            mark: Any = event.start_mark
            found.append(
                Problem(path, mark.line + 1, "an unknown escape in a double-quoted text", "write \\\\ for a backslash")
            )
    return found


def top_level_problem(root: object, documents: int, path: str) -> Problem:
    """The file holds no mapping."""
    if not documents or root is None:
        return Problem(path, 1, "the file is empty", "write its fields, or remove it")
    what = "a list" if isinstance(root, list) else "a text"
    return Problem(path, 1, f"the file is {what}, not a mapping", "write `key: value` lines")
