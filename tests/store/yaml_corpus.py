"""Random YAML documents of known layout: every field's own characters are known without asking a parser."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

Json = str | None | list["Json"] | dict[str, "Json"]

WORDS = ["p95_latency_ms", "drop", "naïve", "東京", "🚀", "a#b", "x:y", "1.05", "no", "2025-05-18", "C:\\tmp", "it's"]
TEXTS = [
    "", " ", "x", "no", "null", "~", "on", "0755", "1_000", "-", "- a", "? b", ": c", "a: b", "a #b", "#c", "'q'",
    '"q"', "back\\slash", "tab\there", " lead", "trail ", "[x]", "{y}", "a, b", "&a", "*b", "!t", "|", ">", "%d", "@me",
    "`ls`", "<<", "=", "---", "...", "--- x", "é", "日本語 テキスト", "🚀 astral 𝒳", "\u202egnp", "a\u200bb",
    "\x1b[31m", "\0", "\x7f", "\x85", "\u2028", "\ufeff", "\uffff", "one\ntwo", "one\ntwo\n", "one\n\n\ntwo\n", "\n",
    "\nx", "x\n\n", "  a\n b", "a \n b", "\ta\nb", "a\r\nb", "a\n\tb", "# no\n- no\nk: v\n", "long " * 120,
    "https://x.example/a?b=c#d", "{{ jinja }}", "a\n  \nb",
]  # fmt: skip
# What a person would write on one line.
TAME = [
    "high",
    "low",
    "draft",
    "p95_latency_ms < 10",
    "Zero drops, ever",
    "systemctl restart x@y",
    "naïve 東京 🚀",
    "v1.2",
]


@dataclass
class Block:
    """The lines of one top-level field.

    before + raw + after are its characters; for a value on one line, `raw` is exactly the value.
    own: comments on lines of their own; inline: comments behind a value.
    """

    key: str
    value: Json
    before: str
    raw: str
    after: str
    one_line: bool
    kind: str = ""
    own: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.before + self.raw + self.after


@dataclass
class Document:
    """Blocks and, between them, blank and comment lines. `pieces` are in file order."""

    pieces: list[Block | str]
    bom: bool
    newline: str

    @property
    def text(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    @property
    def data(self) -> bytes:
        return (b"\xef\xbb\xbf" if self.bom else b"") + self.text.encode()

    @property
    def value(self) -> dict[str, Json]:
        return {piece.key: piece.value for piece in self.pieces if isinstance(piece, Block)}

    def around(self, key: str) -> tuple[str, Block, str]:
        """The text before a field, the field, the text after it."""
        index = next(n for n, piece in enumerate(self.pieces) if isinstance(piece, Block) and piece.key == key)
        parts = [piece if isinstance(piece, str) else piece.text for piece in self.pieces]
        block = self.pieces[index]
        assert isinstance(block, Block)
        return "".join(parts[:index]), block, "".join(parts[index + 1 :])


class Writer:
    """Makes documents from a seeded random generator. Comments are numbered, so that each can be looked for."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0

    def comment(self) -> str:
        self.number += 1
        extra = self.random.choice(
            ["", " plain", "\ttab\t", " ünïcödé 🚀", " key: value", ' "quote', " - item", " 'x", " # #"]
        )
        return f"#c{self.number};{extra}"

    def words(self, count: int | None = None) -> str:
        return " ".join(self.random.choice(WORDS) for _ in range(count or self.random.randint(1, 5)))

    def scalar(self, *, in_flow: bool = False) -> tuple[str, str]:
        """(as written on one line, what it means)"""
        style = self.random.choice(["plain", "single", "double", "double"])
        if style == "plain" and not in_flow:
            text = self.random.choice([*TAME, "no", "0755", "2025-05-18", "1_000", "é", "x:y", "a#b"])
            return text, text
        if style == "plain":
            text = self.random.choice(["perf", "low", "v1.2", "0755", "é 🚀", "a#b"])
            return text, text
        text = self.words()
        if style == "single":
            return "'" + text.replace("'", "''") + "'", text
        return self.random.choice(
            [
                ('"' + text.replace("\\", "\\\\") + '"', text),
                ('"' + text.replace("\\", "\\\\") + '\\n\\t\\u00e9 \\"q\\""', text + '\n\té "q"'),
            ]
        )

    def tail(self, own: list[str] | None = None) -> str:
        """What may follow a value on its line."""
        kind = self.random.random()
        if kind < 0.5:
            return ""
        if kind < 0.6:
            return self.random.choice([" ", "   ", "\t"])
        comment = self.comment()
        if own is not None:
            own.append(comment)
        return self.random.choice([" ", "   ", " \t"]) + comment

    def block(self, key: str) -> Block:
        kinds = [self.line, self.line, self.line, self.nothing, self.literal, self.folded, self.multi_line, self.items]
        kinds += [self.items, self.flow_items, self.flow_mapping, self.mapping]
        return self.random.choice(kinds)(key)

    def line(self, key: str) -> Block:
        raw, value = self.scalar()
        return Block(key, value, f"{key}:{self.random.choice([' ', '   '])}", raw, self.tail() + "\n", True)

    def nothing(self, key: str) -> Block:
        raw = self.random.choice(["", "~", "null"])
        return Block(key, None, f"{key}: " if raw else f"{key}:", raw, self.tail() + "\n", True)

    def literal(self, key: str) -> Block:
        lines = [self.random.choice(["", "  deeper ", ""]) + self.words() for _ in range(self.random.randint(1, 4))]
        lines[0] = lines[0].lstrip()
        if len(lines) > 2:
            lines[1] = ""
        chomp, blanks = self.random.choice(["", "-", "+"]), self.random.randint(0, 2)
        digit = self.random.choice(["", "", "3"])
        indent = "   " if digit else self.random.choice(["  ", "    "])
        body = "".join((indent + line if line else "") + "\n" for line in lines) + "\n" * blanks
        value = "\n".join(lines) + {"": "\n", "-": "", "+": "\n" * (1 + blanks)}[chomp]
        return Block(key, value, f"{key}: |{digit}{chomp}{self.tail()}\n", body, "", False, "block text")

    def folded(self, key: str) -> Block:
        lines = [self.words() for _ in range(self.random.randint(1, 3))]
        chomp = self.random.choice(["", "-"])
        body = "".join(f"  {line}\n" for line in lines)
        return Block(
            key,
            " ".join(lines) + ("" if chomp else "\n"),
            f"{key}: >{chomp}{self.tail()}\n",
            body,
            "",
            False,
            "block text",
        )

    def multi_line(self, key: str) -> Block:
        one, two = self.words(2), self.words(2)
        quote = self.random.choice(["", '"'])
        if quote:
            one, two = one.replace("\\", "/"), two.replace("\\", "/")
        return Block(key, f"{one} {two}", f"{key}: ", f"{quote}{one}\n    {two}{quote}", self.tail() + "\n", False)

    def items(self, key: str) -> Block:
        block = Block(key, [], f"{key}:{self.tail()}\n", "", "", False)
        values: list[Json] = []
        indent, space = self.random.choice(["", "  ", "    "]), self.random.choice([" ", "   "])
        for number in range(self.random.randint(1, 5)):
            if self.random.random() < 0.3:
                block.own.append(self.comment())
                block.raw += self.random.choice(["", "\n"]) + f"{indent}{block.own[-1]}\n"
            elif number and self.random.random() < 0.2:
                block.raw += "\n"
            raw, value = self.scalar()
            if number and self.random.random() < 0.15:
                raw, value = f"|-\n{indent}    one\n{indent}    two {number}", f"one\ntwo {number}"
                block.raw += f"{indent}-{space}{raw}\n"
            else:
                block.raw += f"{indent}-{space}{raw}{self.tail(block.inline)}\n"
            values.append(value)
        block.value = values
        return block

    def flow_items(self, key: str) -> Block:
        pairs = [self.scalar(in_flow=True) for _ in range(self.random.randint(0, 4))]
        comma = self.random.choice([", ", ",", ",\n  ", " , "])
        edge = self.random.choice(["", " "])
        raw = f"[{edge}{comma.join(raw for raw, _ in pairs)}{edge}]"
        return Block(key, [value for _, value in pairs], f"{key}: ", raw, self.tail() + "\n", False)

    def flow_mapping(self, key: str) -> Block:
        pairs = {f"f{n}": self.scalar(in_flow=True) for n in range(self.random.randint(0, 3))}
        comma = self.random.choice([", ", ",\n    "])
        raw = "{" + comma.join(f"{name}: {raw}" for name, (raw, _) in pairs.items()) + "}"
        return Block(
            key, {name: value for name, (_, value) in pairs.items()}, f"{key}: ", raw, self.tail() + "\n", False
        )

    def mapping(self, key: str) -> Block:
        block = Block(key, {}, f"{key}:{self.tail()}\n", "", "", False)
        value: dict[str, Json] = {}
        indent = self.random.choice([" ", "  ", "    "])
        for number in range(self.random.randint(1, 4)):
            if self.random.random() < 0.3:
                block.own.append(self.comment())
                block.raw += f"{self.random.choice(['', indent])}{block.own[-1]}\n"
            if self.random.random() < 0.2:
                value[f"f{number}"] = ["one", {"deep": "two"}]
                block.raw += f"{indent}f{number}:\n{indent}  - one\n{indent}  - deep: 'two'{self.tail(block.own)}\n"
                continue
            raw, value[f"f{number}"] = self.scalar()
            block.raw += f"{indent}f{number}: {raw}{self.tail(block.inline)}\n"
        block.value = value
        return block

    def between(self, last: Block | str) -> str:
        if isinstance(last, Block) and last.kind == "block text":  # blank or indented lines would be its text
            return self.random.choice(["", f"{self.comment()}\n"])
        return self.random.choice(["", "", "\n", f"{self.comment()}\n", f"\n  {self.comment()}\n\n"])

    def document(self, keys: list[str]) -> Document:
        pieces: list[Block | str] = []
        if self.random.random() < 0.15:
            pieces.append("---\n")
        for key in keys:
            pieces.append(self.between(pieces[-1] if pieces else ""))
            pieces.append(self.block(key))
        pieces.append(self.between(pieces[-1]))
        last = pieces[-2]
        newline = self.random.choice(["\n", "\n", "\r\n"])
        if not pieces[-1] and isinstance(last, Block) and last.after and self.random.random() < 0.5:
            last.after = last.after.removesuffix("\n")
        for number, piece in enumerate(pieces):
            if isinstance(piece, str):
                pieces[number] = piece.replace("\n", newline)
            else:
                for name in ("before", "raw", "after"):
                    setattr(piece, name, getattr(piece, name).replace("\n", newline))
        return Document(pieces, self.random.random() < 0.2, newline)
