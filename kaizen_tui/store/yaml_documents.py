"""A file of several YAML documents, each read as strictly as a file of its own.

A line that begins with `---` ends a document wherever it stands, so the text is cut there and each piece goes through
the reader of single documents, with its limits; the lines of findings are those of the whole file.
"""

import re
from typing import NamedTuple

from kaizen_tui.core.problem import Problem
from kaizen_tui.core.values import Value
from kaizen_tui.store.yaml_reader import YamlDocument, YamlProblems, decode, parse_yaml

MAX_DOCUMENTS = 1000

_MARKER = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


class Part(NamedTuple):
    """One document. before: lines of the file above it."""

    document: YamlDocument
    before: int

    @property
    def value(self) -> dict[str, Value]:
        return self.document.value

    def line(self, *path: str | int) -> int:
        """The 1-based line in the file; see YamlDocument.line."""
        return self.document.line(*path) + self.before

    def problem(self, path: tuple[str | int, ...], message: str, hint: str = "") -> Problem:
        """An error about one field."""
        return Problem(self.document.path, self.line(*path), message, hint)


def parse_documents(data: bytes, path: str) -> list[Part]:
    """The documents that hold more than comments; each a mapping. Raises YamlProblems with the findings of all."""
    text = decode(data, path)
    starts = [found.start() for found in _MARKER.finditer(text)]
    if len(starts) > MAX_DOCUMENTS:
        raise YamlProblems([Problem(path, 0, f"more than {MAX_DOCUMENTS:,} documents in one file")])
    parts: list[Part] = []
    problems: list[Problem] = []
    before = 0
    for start, end in zip([0, *starts], [*starts, len(text)], strict=True):
        piece = text[start:end]
        if not _is_empty(piece):
            try:
                parts.append(Part(parse_yaml(piece.encode(), path), before))
            except YamlProblems as wrong:
                problems += [one._replace(line=one.line + before) for one in wrong.problems]
        before += piece.count("\n")
    if problems:
        raise YamlProblems(problems)
    return parts


def _is_empty(piece: str) -> bool:
    lines = piece.removeprefix("---").splitlines()
    return all(not line.strip() or line.strip() == "..." or line.lstrip().startswith("#") for line in lines)
