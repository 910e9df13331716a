"""3,000 random edits of one field: every other byte stays, and an independent reader agrees."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
import yaml

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store.yaml_edit import Change, Remove, SetList, SetText, edit_fields
from kaizen_tui.store.yaml_reader import parse_yaml
from tests.store.yaml_corpus import TAME, TEXTS, Block, Document, Json, Writer

KEYS = ["id", "title", "owner", "severity", "objective", "success_criteria", "links", "status", "custom", "x-y", "zz"]


def base_loader(data: bytes) -> dict[str, Any]:
    """What PyYAML's own loader makes of it, with every scalar as text ("" for nothing, "~" for ~)."""
    value: dict[str, Any] = yaml.load(data.decode("utf-8-sig"), Loader=yaml.CBaseLoader)
    return value


def documents(count: int, seed: int) -> list[Document]:
    made = []
    for number in range(count):
        writer = Writer(seed + number)
        made.append(writer.document(writer.random.sample(KEYS, writer.random.randint(1, len(KEYS)))))
    return made


def comments(text: str) -> set[str]:
    return set(re.findall(r"#c\d+;", text))


def split(after: bytes, document: Document, key: str) -> str:
    """What became of the field's characters; fails if a byte outside of them changed."""
    before, _block, rest = document.around(key)
    text = after.decode()
    if document.bom:
        assert text[0] == "\ufeff"
        text = text[1:]
    assert text.startswith(before)
    assert text.endswith(rest)
    assert len(text) >= len(before) + len(rest)
    return text[len(before) : len(text) - len(rest)]


def check_text(document: Document, block: Block, text: str) -> None:
    after = edit_fields(document.data, [SetText(block.key, text)], "t.yml")
    written = split(after, document, block.key)
    if block.one_line and ("\n" not in text or block.after.strip()):
        # Exactly the value's characters changed, on its line: a diff of two lines.
        assert written.startswith(block.before)
        assert written.endswith(block.after)
        assert "\n" not in written.removesuffix(block.after)
    assert comments(written) == comments(block.text)
    expected = base_loader(document.data) | {block.key: text}
    assert base_loader(after) == expected


def check_list(document: Document, block: Block, items: list[str]) -> None:
    after = edit_fields(document.data, [SetList(block.key, items)], "t.yml")
    written = split(after, document, block.key)
    assert set(re.findall(r"#c\d+;", "".join(block.own))) <= comments(written)
    assert comments(block.before) <= comments(written)
    assert comments(block.after) <= comments(written)
    old: list[Json] = block.value if isinstance(block.value, list) else []
    if all(items.count(str(item)) >= old.count(item) for item in old):
        assert comments(written) == comments(block.text)
    for line in block.raw.splitlines():
        found = re.fullmatch(r""" *- +("[^"\\]*"|'[^']*')(?:\s+#.*)?\s*""", line)
        if found and old.count(found[1][1:-1]) == items.count(found[1][1:-1]) == 1:
            assert line in written.splitlines()  # an item that stays has its line as it was
    assert base_loader(after) == base_loader(document.data) | {block.key: items}


def check_nested(document: Document, block: Block, name: str, text: str) -> None:
    after = edit_fields(document.data, [SetText((block.key, name), text)], "t.yml")
    written = split(after, document, block.key)
    assert comments(written) == comments(block.text)
    expected = base_loader(document.data)
    expected[block.key] = dict(expected[block.key] or {}) | {name: text}
    assert base_loader(after) == expected


def new_items(choice: random.Random, old: list[Json]) -> list[str]:
    """The old list after some of: removals, rewrites, additions, a shuffle."""
    items = [str(item) for item in old if choice.random() < 0.75]
    for _ in range(choice.randint(0, 2)):
        items.insert(choice.randint(0, len(items)), choice.choice(TEXTS + TAME))
    if items and choice.random() < 0.3:
        items[choice.randrange(len(items))] = choice.choice(TEXTS)
    if choice.random() < 0.2:
        choice.shuffle(items)
    return items


@pytest.mark.parametrize("part", range(6))
def test_random_edits_of_one_field_keep_every_other_byte(part: int) -> None:
    choice = random.Random(part)
    edits = 0
    for document in documents(60, part * 1000):
        blocks = [piece for piece in document.pieces if isinstance(piece, Block)]
        assert parse_yaml(document.data, "t.yml").value == document.value
        for block in choice.choices(blocks, k=9):
            edits += 1
            text = choice.choice(TEXTS + TAME * 4)
            if isinstance(block.value, list):
                check_list(document, block, new_items(choice, block.value))
            elif isinstance(block.value, dict):
                texts = [name for name, item in block.value.items() if not isinstance(item, list)]
                check_nested(document, block, choice.choice([*texts, "new"]), text)
            elif block.value is None and choice.random() < 0.4:
                check_list(document, block, new_items(choice, []))
            else:
                check_text(document, block, text)
    assert edits == 540


def changes_of(choice: random.Random, key: str) -> Change:
    if choice.random() < 0.7:
        return SetText(key, choice.choice(TEXTS + TAME))
    return SetList(key, new_items(choice, ["one", "two"]))


def test_adding_a_field_and_removing_it_gives_the_file_back() -> None:
    choice = random.Random(7)
    for document in documents(150, 50_000):
        missing = [key for key in [*KEYS, "labels", "uid", "odd key:"] if key not in document.value]
        change = changes_of(choice, choice.choice(missing))
        added = edit_fields(document.data, [change], "t.yml")
        wanted = (
            list(change.items) if isinstance(change, SetList) else change.text if isinstance(change, SetText) else None
        )
        assert base_loader(added) == base_loader(document.data) | {str(change.key): wanted}
        assert comments(added.decode()) == comments(document.text)
        removed = edit_fields(added, [Remove((str(change.key),))], "t.yml")
        if document.text.endswith("\n"):
            assert removed == document.data
        else:
            assert removed.rstrip() == document.data.rstrip()


def test_removing_a_field_removes_its_lines_only() -> None:
    choice = random.Random(9)
    refused = moved = 0
    for document in documents(150, 60_000):
        if len(document.value) < 2:
            continue
        key = choice.choice(list(document.value))
        before, _, rest = document.around(key)
        try:
            after = edit_fields(document.data, [Remove(key)], "t.yml").decode().removeprefix("\ufeff")
        except StoreError:
            refused += 1  # blank lines after the field would become text of the block before it
            continue
        assert after.startswith(before)
        if not after.endswith(rest):
            # Indented comments would have become text of the block before the field: they went to the margin.
            moved += 1
            rest = re.sub(r"(?m)^ +(?=#c)", "", rest, count=1)
            assert after.endswith(rest)
        assert after[len(before) : len(after) - len(rest)].strip("\r\n") == ""
    assert refused <= 3
    assert 0 < moved <= 5
