"""A generator for `kaizen create`: renames a Python name in the whole repository, if the ticket asks for it.

The ticket's title or objective says `rename OLD to NEW`. Names in code are changed, words in strings and comments are
not. Refuses where NEW is in use already, since two names would become one. Exit code: 0 done, 3 nothing to do, 1 no.
"""

import ast
import io
import json
import keyword
import os
import re
import sys
import tokenize
from pathlib import Path
from typing import NamedTuple

NOTHING_TO_DO = 3
ASKED = re.compile(r"\brename\s+`?([A-Za-z_]\w*)`?\s+to\s+`?([A-Za-z_]\w*)`?", re.IGNORECASE)


def asked(ticket: dict[str, object]) -> tuple[str, str] | None:
    """The two names that a ticket tells of, or None."""
    for key in ("objective", "title"):
        found = ASKED.search(str(ticket.get(key, "")))
        if found and found[1] != found[2]:
            return found[1], found[2]
    return None


def renamed(text: str, old: str, new: str) -> str:
    """The text with the name changed and nothing else.

    Raises ValueError when `new` is one of its names already, or one place can't be told; SyntaxError,
    tokenize.TokenError.
    """
    before = shape(text, old, new)
    if old not in before.names:
        return text
    if new in before.names:
        raise ValueError(f"{new} is in use already")
    lines = io.StringIO(text).readlines()
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        after = replacement(token, old, new)
        (row, column), (last, end) = token.start, token.end
        if after != token.string:
            tail = lines[last - 1][end:]
            lines[row - 1 : last] = [lines[row - 1][:column] + after + tail]
    changed = "".join(lines)
    if shape(changed, new, new).dump != before.dump:
        raise ValueError(f"{old} is used in a way that can't be changed by this program, such as within an f-string")
    return changed


def replacement(token: tokenize.TokenInfo, old: str, new: str) -> str:
    """The token with the name changed. Before Python 3.12 an f-string is one token with its names."""
    if token.type == tokenize.NAME and token.string == old:
        return new
    prefix = re.match(r"[A-Za-z]*", token.string)
    if token.type != tokenize.STRING or prefix is None or "f" not in prefix[0].lower():
        return token.string
    word = re.compile(rf"(?<![\w'\"]){re.escape(old)}(?![\w'\"])")
    return re.sub(r"\{[^{}]*\}", lambda field: word.sub(new, field[0]), token.string)


class Shape(NamedTuple):
    """What a source text means, with `old` called `new`, and the names that are in it as it is."""

    dump: str
    names: frozenset[str]


def shape(text: str, old: str, new: str) -> Shape:
    """Raises SyntaxError."""
    tree = ast.parse(text)
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            continue
        for field, value in ast.iter_fields(node):
            if isinstance(value, str):
                names.update(value.split("."))
                setattr(node, field, ".".join(new if part == old else part for part in value.split(".")))
            elif isinstance(value, list) and value and isinstance(value[0], str):  # global, nonlocal
                names.update(value)
                setattr(node, field, [new if name == old else name for name in value])
    return Shape(ast.dump(tree), frozenset(names))


def sources(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if name.endswith(".py")]
    return [path for path in found if not path.is_symlink()]


def rename_all(root: Path, old: str, new: str) -> tuple[list[Path], list[Path]]:
    """(changed, left out because they are no readable Python). Nothing is written unless all of it can be."""
    texts, odd = {}, []
    for path in sources(root):
        try:
            before = path.read_bytes().decode("utf-8")
            after = renamed(before, old, new)
        except (UnicodeDecodeError, SyntaxError, tokenize.TokenError):
            odd.append(path)
            continue
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        if after != before:
            texts[path] = after
    for path, text in texts.items():
        path.write_bytes(text.encode("utf-8"))
    return list(texts), odd


def main() -> int:
    names = asked(json.load(sys.stdin))
    if names is None:
        return NOTHING_TO_DO
    old, new = names
    if keyword.iskeyword(old) or keyword.iskeyword(new):
        print("a keyword of Python can't be renamed, nor be a name", file=sys.stderr)
        return 1
    try:
        changed, odd = rename_all(Path(), old, new)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if not changed:
        return NOTHING_TO_DO
    count = "1 file" if len(changed) == 1 else f"{len(changed)} files"
    result = {
        "summary": f"Renames {old} to {new} in {count}. Words in strings and comments stay.",
        "risk": f"Who imports {old} from outside this repository no longer finds it.",
        "notes": "".join(f"Left out, no readable Python: {path}\n" for path in odd)[:5000],
    }
    target = os.environ.get("KAIZEN_RESULT_FILE")
    if target:
        Path(target).write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
