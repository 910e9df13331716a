"""A ticket's fields as texts in a form, and back, without loss. Pure.

What stands in a form is safe to show (core.text.safe), so a hostile title is seen as what it is. A line that nobody
touched goes back as it was in the file, byte for byte; what a person typed goes back as typed.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.fields import DEFAULT_SEVERITY, TicketFields
from kaizen_tui.core.text import safe, safe_block

# In the order in which a form shows them.
LINE_FIELDS = ("title", "component", "severity", "owner", "labels")
BLOCK_FIELDS = ("objective", "rollback_plan")
LIST_FIELDS = ("success_criteria", "abort_criteria", "links")
FIELDS = (
    "component", "title", "severity", "owner", "objective", "success_criteria", "abort_criteria", "rollback_plan",
    "labels", "links",
)  # fmt: skip
TITLES = {
    "component": "Component", "title": "Title", "severity": "Severity", "owner": "Owner", "objective": "Objective",
    "success_criteria": "Success criteria", "abort_criteria": "Abort criteria", "rollback_plan": "Rollback plan",
    "labels": "Labels", "links": "Links",
}  # fmt: skip

Values = dict[str, str]
# field -> what is shown of an item or a line -> the originals that are shown so, in their order.
Originals = Mapping[str, Mapping[str, Sequence[str]]]


class Typed(NamedTuple):
    """What a form says, as the ticket's fields: texts without the escapes of unchanged lines."""

    title: str
    component: str
    severity: str
    owner: str
    objective: str
    success_criteria: tuple[str, ...]
    abort_criteria: tuple[str, ...]
    rollback_plan: str
    labels: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def blank_values() -> Values:
    """An empty form."""
    return {**dict.fromkeys(FIELDS, ""), "severity": DEFAULT_SEVERITY}


def shown_values(fields: TicketFields) -> Values:
    """A ticket as it stands in a form."""
    return {
        "component": safe(fields.component),
        "title": safe(fields.title),
        "severity": fields.severity,
        "owner": safe(fields.owner),
        "objective": safe_block(fields.objective),
        "success_criteria": "\n".join(map(safe, fields.success_criteria)),
        "abort_criteria": "\n".join(map(safe, fields.abort_criteria)),
        "rollback_plan": safe_block(fields.rollback_plan),
        "labels": join_labels([safe(label) for label in fields.labels]),
        "links": "\n".join(map(_shown_link, fields.links)),
    }


def originals_of(fields: TicketFields) -> Originals:
    """What `typed` needs to give unchanged lines back as they were."""
    return {
        "title": _by_shown([fields.title]),
        "owner": _by_shown([fields.owner]),
        "objective": _by_shown(_lines(fields.objective)),
        "success_criteria": _by_shown(fields.success_criteria),
        "abort_criteria": _by_shown(fields.abort_criteria),
        "rollback_plan": _by_shown(_lines(fields.rollback_plan)),
        "labels": _by_shown(fields.labels),
    }


def safe_values(values: Mapping[str, str], default: Mapping[str, str]) -> Values:
    """The values of a file that may hold anything, safe to show; `default` where it says nothing."""
    return {
        field: safe(values.get(field, default[field]))
        if field in LINE_FIELDS
        else safe_block(values.get(field, default[field]))
        for field in FIELDS
    }


def typed(values: Mapping[str, str], originals: Originals, links: Sequence[tuple[str, str]] = ()) -> Typed:
    """What the form says. links: of the ticket that the form began with, as they are in its file."""
    restore = _Restore(originals)
    return Typed(
        title=restore.one("title", values["title"]),
        component=values["component"].strip(),
        severity=values["severity"].strip(),
        owner=restore.one("owner", values["owner"]),
        objective=restore.block("objective", values["objective"]),
        success_criteria=restore.items("success_criteria", item_lines(values["success_criteria"])),
        abort_criteria=restore.items("abort_criteria", item_lines(values["abort_criteria"])),
        rollback_plan=restore.block("rollback_plan", values["rollback_plan"]),
        labels=restore.items("labels", split_labels(values["labels"])),
        links=_links(values["links"], links),
    )


def item_lines(text: str) -> list[str]:
    """The lines of a list field that say something."""
    return [line for line in text.split("\n") if line.strip()]


def join_labels(labels: Iterable[str]) -> str:
    """`search, canary`; a label with a comma or a quote in it stands in quotes."""
    return ", ".join(f'"{_doubled(label)}"' if _needs_quotes(label) else label for label in labels)


def split_labels(text: str) -> list[str]:
    """The labels of `join_labels`, or as people type them. A quote left open ends with the line."""
    line = " ".join(text.splitlines())
    try:
        rows = list(csv.reader([line], skipinitialspace=True))
    except csv.Error:  # a field of more than 128 KiB
        rows = [line.split(",")]
    found = (label if f'"{_doubled(label)}"' in text else label.strip() for label in (rows[0] if rows else []))
    return list(dict.fromkeys(label for label in found if label.strip()))


def split_link(line: str) -> tuple[str, str]:
    """`pull request https://…` as name and address; no address is ""."""
    name, _, url = line.strip().rpartition(" ")
    return (name.strip(), url) if name.strip() else (url, "")


def _needs_quotes(label: str) -> bool:
    return any(char in label for char in ',"') or label != label.strip() or not label


def _doubled(label: str) -> str:
    return label.replace('"', '""')


def _shown_link(link: tuple[str, str]) -> str:
    name, url = link
    return f"{safe(name)} {safe(url)}"


def _links(text: str, originals: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    known = {_shown_link(link): link for link in originals}
    return tuple(known.get(line) or split_link(line) for line in item_lines(text))


def _lines(text: str) -> list[str]:
    """The lines as `safe_block` makes them: CR LF is one line end."""
    return text.replace("\r\n", "\n").split("\n")


def _by_shown(items: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in items:
        shown = safe(item.replace("\t", "    ")) if "\t" in item and "\n" not in item else safe(item)
        for key in dict.fromkeys((shown, safe(item))):
            if key != item or item != item.strip():
                found.setdefault(key, []).append(item)
    return found


class _Restore:
    """Gives unchanged lines back; of several originals that look the same, in their order."""

    def __init__(self, originals: Originals) -> None:
        self._left = {field: {key: list(items) for key, items in kept.items()} for field, kept in originals.items()}

    def one(self, field: str, line: str) -> str:
        items = self._left.get(field, {}).get(line)
        return items.pop(0) if items else line.strip()

    def items(self, field: str, lines: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.one(field, line) for line in lines)

    def block(self, field: str, text: str) -> str:
        kept = self._left.get(field)
        if not kept:
            return text if text.strip() else ""
        return "\n".join(kept[line].pop(0) if kept.get(line) else line for line in text.split("\n"))
