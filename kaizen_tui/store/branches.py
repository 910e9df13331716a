"""Which ticket numbers are taken on other branches. Asked by `kaizen new`, so it must be quick.

Most branches have the same tickets/ folder, which in git is one tree with one id: each tree is read once. What was
found is kept in `.kaizen/branches` (disposable), so that as a rule two short git processes (10 ms) are all it takes,
also with 10,000 tickets on 50 branches, where reading every tree takes 150.
"""

import os
import re
from typing import NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import files, git
from kaizen_tui.store.workspace import Workspace

MAX_REFS = 5000  # branches looked at, the most recent first
# Of trees read by one command; one of 10,000 tickets has 400 KB. The others are read by the commands after it.
MAX_TREE_BYTES = 16 << 20
_MAGIC = b"kaizen-branches 1\n"
_NAME = re.compile(rb"40000 ([A-Z][A-Z0-9]{1,9})-([0-9]{3,9})\0")
_LINE = re.compile(rb"([0-9a-f]{40,64})((?: [A-Z][A-Z0-9]{1,9}-[0-9]{1,9})*)")

Numbers = dict[str, int]  # the highest number of each prefix


class Tree(NamedTuple):
    """The tickets/ folder of a branch. name: its object id. size: of the object, in bytes."""

    name: bytes
    size: int


def branch_numbers(ws: Workspace) -> Numbers:
    """The highest number of each prefix ("KAIZ") among the ticket folders of all local and remote-tracking branches.

    Empty where there is no git, no checkout, no commit, or a broken repository.
    """
    root = git.checkout_of(ws.root)
    if root is None:
        return {}
    inside = os.path.relpath(os.path.realpath(ws.tickets), root)
    if inside.startswith("..") or "\n" in inside:
        return {}
    trees = _trees(root, inside)
    known = _load(ws)
    unknown = _affordable([tree for tree in trees if tree.name not in known])
    if unknown:
        known.update(_read(root, unknown))
        _save(ws, {tree.name: known[tree.name] for tree in trees if tree.name in known})
    highest: Numbers = {}
    for tree in trees:
        for prefix, number in known.get(tree.name, {}).items():
            highest[prefix] = max(highest.get(prefix, 0), number)
    return highest


def _trees(root: str, inside: str) -> list[Tree]:
    """The different tickets/ folders of all branches, those of the most recent commits first."""
    order = ("--sort=-committerdate", f"--count={MAX_REFS}")
    refs = git.run(root, "for-each-ref", *order, "--format=%(tree)", "refs/heads", "refs/remotes") or b""
    whole = [tree for tree in dict.fromkeys(refs.split(b"\n")) if tree]
    if not whole:
        return []
    asked = b"".join(tree + b":" + os.fsencode(inside) + b"\n" for tree in whole)
    answers = git.run(root, "cat-file", "--batch-check=%(objecttype) %(objectname) %(objectsize)", stdin=asked) or b""
    lines = (line.split(b" ") for line in dict.fromkeys(answers.split(b"\n")))
    return [Tree(words[1], int(words[2])) for words in lines if words[0] == b"tree" and len(words) == 3]


def _affordable(trees: list[Tree]) -> list[Tree]:
    total = 0
    for count, tree in enumerate(trees):
        total += tree.size
        if total > MAX_TREE_BYTES and count:
            return trees[:count]
    return trees


def _read(root: str, trees: list[Tree]) -> dict[bytes, Numbers]:
    out = git.run(root, "cat-file", "--batch", stdin=b"".join(tree.name + b"\n" for tree in trees)) or b""
    found: dict[bytes, Numbers] = {}
    start = 0
    for tree in trees:
        head = b"%s tree %d\n" % tree
        if out[start : start + len(head)] != head:
            break
        start += len(head)
        # Between the names stand raw object ids; none looks like `40000 KAIZ-123\0` by chance.
        found[tree.name] = _highest(_NAME.findall(out, start, start + tree.size))
        start += tree.size + 1
    return found


def _highest(names: list[tuple[bytes, bytes]]) -> Numbers:
    highest: Numbers = {}
    for prefix in {prefix for prefix, _ in names}:
        highest[prefix.decode()] = max(int(digits) for other, digits in names if other == prefix)
    return highest


def _path(ws: Workspace) -> str:
    return f"{ws.state}/branches"


def _load(ws: Workspace) -> dict[bytes, Numbers]:
    """What earlier commands have found; nothing if there is no sound file of it."""
    try:
        data = files.read_optional(_path(ws), 4 * files.MIB) or b""
    except StoreError:
        return {}
    known: dict[bytes, Numbers] = {}
    for line in data.removeprefix(_MAGIC).splitlines() if data.startswith(_MAGIC) else ():
        found = _LINE.fullmatch(line)
        if found is None:
            return {}
        pairs = (word.decode().rpartition("-") for word in found[2].split())
        known[found[1]] = {prefix: int(number) for prefix, _, number in pairs}
    return known


def _save(ws: Workspace, known: dict[bytes, Numbers]) -> bool:
    """False where it can't be kept, which costs nothing but the next command's time."""
    lines = [
        name + b"".join(f" {prefix}-{number}".encode() for prefix, number in numbers.items()) + b"\n"
        for name, numbers in known.items()
    ]
    try:
        files.replace_file(_path(ws), _MAGIC + b"".join(lines), durable=False)
    except StoreError:
        return False
    return True
