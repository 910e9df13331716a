"""What a run changed in its worktree, found without letting git look at it.

git runs programs that a folder's content can name (filters, hooks of a nested repository, file system monitors), and
hides what attributes tell it to. So the files are read here, compared with the commit by their hashes, and given to git
as bytes. Nothing of the run may be running any more.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.diff_gate import EXECUTABLE, FILE, LINK, SUBMODULE, Change
from kaizen_tui.core.errors import StoreError
from kaizen_tui.sandbox.worktree import Worktree

_DEEPEST = 100  # folders in each other
_MOST = 1_000_000  # paths
_CHUNK = 1 << 20
_BINARY_WITHIN = 8000  # bytes; a NUL in them makes a file binary, as for git
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(NamedTuple):
    """A path of a commit or a worktree. mode: git's; digest: of the content, as git names it."""

    mode: str
    digest: str


class Found(NamedTuple):
    """entries: path -> what is there. odd: path -> why it can't be in a commit."""

    entries: dict[str, Entry]
    odd: dict[str, str]


class Difference(NamedTuple):
    """changes: sorted by path. links, before: path -> target of all symbolic links, now and in the commit."""

    changes: tuple[Change, ...]
    links: dict[str, str]
    before: dict[str, str]


def committed(tree: Worktree) -> dict[str, Entry]:
    """Every path of the worktree's commit."""
    found = {}
    for line in tree.git("ls-tree", "-r", "-z", "--full-tree", tree.commit).split(b"\0"):
        if line:
            about, _, path = line.partition(b"\t")
            mode, _, digest = about.decode("ascii").split(" ")
            found[os.fsdecode(path)] = Entry(mode, digest)
    return found


def make_plain(tree: Worktree, base: Mapping[str, Entry]) -> None:
    """Makes each file what the commit holds, byte for byte, where git wrote other line ends or words into it."""
    for path, entry in _read(tree, base).entries.items():
        wanted = base.get(path)
        if wanted is not None and wanted != entry and wanted.mode in (FILE, EXECUTABLE):
            data = tree.git("cat-file", "blob", wanted.digest)
            with open(f"{tree.path}/{path}", "wb") as file:
                file.write(data)


def difference(tree: Worktree, base: Mapping[str, Entry], scratch: str) -> Difference:
    """What isn't as in the commit, but for new files that the commit's .gitignore names.

    scratch: a new, empty folder outside of the worktree. Raises StoreError.
    """
    now = _read(tree, base)
    added = [path for path in {**now.entries, **now.odd} if path not in base]
    ignored = _ignored(tree, base, added, scratch)
    changes = []
    for path in sorted({*base, *now.entries, *now.odd} - ignored):
        old, new = base.get(path), now.entries.get(path)
        if (old == new and path not in now.odd) or (old is not None and old.mode == SUBMODULE and new is None):
            continue
        changes.append(_change(tree, path, old, new, now.odd.get(path, "")))
    links = {path: _target(tree, path) for path, entry in now.entries.items() if entry.mode == LINK}
    before = {path: _old_target(tree, entry) for path, entry in base.items() if entry.mode == LINK}
    return Difference(tuple(changes), {path: to for path, to in links.items() if path not in ignored}, before)


def _change(tree: Worktree, path: str, old: Entry | None, new: Entry | None, odd: str) -> Change:
    before, after = (entry.mode if entry is not None else "" for entry in (old, new))
    if odd or new is None:
        return Change(path, before, after, odd=odd)
    if new.mode == LINK:
        target = _target(tree, path)
        return Change(path, before, after, len(os.fsencode(target)), target=target)
    with open(os.open(f"{tree.path}/{path}", _READ), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        return Change(path, before, after, size, binary=b"\0" in file.read(_BINARY_WITHIN))


def _target(tree: Worktree, path: str) -> str:
    return os.readlink(f"{tree.path}/{path}")


def _old_target(tree: Worktree, entry: Entry) -> str:
    return os.fsdecode(tree.git("cat-file", "blob", entry.digest))


def _read(tree: Worktree, base: Mapping[str, Entry]) -> Found:
    """Every path of the worktree, without its own `.git` and the insides of submodules that hold nothing."""
    kind = tree.git("rev-parse", "--show-object-format").decode("ascii").strip()
    found = Found({}, {})
    submodules = {path for path, entry in base.items() if entry.mode == SUBMODULE}
    for path, item in _walk(tree.path, found.odd):
        if len(found.entries) > _MOST:
            raise StoreError(f"the run left more than {_MOST} files", hint="let it write fewer")
        try:
            entry = _entry(item, kind)
        except OSError as error:
            found.odd[path] = f"it can't be read: {error.strerror}"
            continue
        if entry is None:
            found.odd[path] = "neither a file nor a link"
            continue
        found.entries[path] = entry
        mode = item.stat(follow_symlinks=False).st_mode
        if mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX) and entry.mode != LINK:
            found.odd[path] = "it has a setuid, setgid or sticky bit"
        elif any(path == one or path.startswith(f"{one}/") for one in submodules):
            found.odd[path] = "it lies in a submodule"
    return found


def _walk(root: str, odd: dict[str, str]) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """(path, item) of all but folders, links not followed. odd: takes the folders that can't be looked into."""
    folders = [("", 0)]
    while folders:
        folder, depth = folders.pop()
        try:
            with os.scandir(f"{root}/{folder}") as items:
                for item in items:
                    path = f"{folder}/{item.name}" if folder else item.name
                    if path == ".git":
                        continue
                    if not item.is_dir(follow_symlinks=False):
                        yield path, item
                    elif depth == _DEEPEST:
                        odd[path] = f"more than {_DEEPEST} folders in each other"
                    else:
                        folders.append((path, depth + 1))
        except OSError as error:
            odd[folder] = f"it can't be read: {error.strerror}"


def _entry(item: "os.DirEntry[str]", kind: str) -> Entry | None:
    info = item.stat(follow_symlinks=False)
    if stat.S_ISLNK(info.st_mode):
        target = os.fsencode(os.readlink(item.path))
        return Entry(LINK, hashlib.new(kind, b"blob %d\0" % len(target) + target).hexdigest())
    if not stat.S_ISREG(info.st_mode):
        return None
    with open(os.open(item.path, _READ), "rb") as file:
        digest = hashlib.new(kind, b"blob %d\0" % os.fstat(file.fileno()).st_size)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return Entry(EXECUTABLE if info.st_mode & stat.S_IXUSR else FILE, digest.hexdigest())


def _ignored(tree: Worktree, base: Mapping[str, Entry], added: Sequence[str], scratch: str) -> set[str]:
    """Which new paths git doesn't look at, by the commit's own .gitignore files and the user's."""
    if not added:
        return set()
    rules = f"{scratch}/rules"
    os.makedirs(rules)
    for path, entry in base.items():
        if os.path.basename(path) == ".gitignore" and entry.mode in (FILE, EXECUTABLE):
            os.makedirs(os.path.dirname(f"{rules}/{path}"), exist_ok=True)
            with open(f"{rules}/{path}", "wb") as file:
                file.write(tree.git("cat-file", "blob", entry.digest))
    said = tree.git(
        "check-ignore", "-z", "--stdin", "--no-index",
        stdin=b"".join(os.fsencode(path) + b"\0" for path in added),
        environment={"GIT_WORK_TREE": rules},
        cwd=rules,
        fails=(1,),
    )  # fmt: skip
    return {os.fsdecode(path) for path in said.split(b"\0") if path}


class Recorded(NamedTuple):
    """A tree in git, and what it changes as a patch and as lines. patch: hostile bytes."""

    tree: str
    patch: bytes
    lines: tuple["Lines", ...]


class Lines(NamedTuple):
    """How many lines of a file were added and removed; None for a binary one."""

    path: str
    added: int | None
    removed: int | None


def record(
    tree: Worktree, base: Mapping[str, Entry], changes: Sequence[Change], scratch: str, *, keep: bool
) -> Recorded:
    """Gives the changed files to git as a tree.

    scratch: a folder outside of the worktree. keep: into the repository; else its objects are in `scratch` only.
    The changes have passed the gate. Raises StoreError.
    """
    empty = f"{scratch}/empty"
    os.makedirs(empty, exist_ok=True)
    where = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": empty}
    if not keep:
        where["GIT_OBJECT_DIRECTORY"] = _own_objects(tree, scratch)
    tree.git("read-tree", tree.commit, environment=where, cwd=empty)
    lines = []
    for change in sorted(changes, key=lambda change: change.kind != "deleted"):
        digest = "0" * len(tree.commit)
        if change.new_mode:
            said = tree.git("hash-object", "-w", "--stdin", stdin=_content(tree, change), environment=where, cwd=empty)
            digest = said.decode("ascii").strip()
        lines.append(os.fsencode(f"{change.new_mode or '0'} {digest}\t{change.path}\0"))
    tree.git("update-index", "-z", "--index-info", stdin=b"".join(lines), environment=where, cwd=empty)
    made = tree.git("write-tree", environment=where, cwd=empty).decode("ascii").strip()
    plain = ("-c", "core.quotePath=false", "-c", "core.attributesFile=/dev/null", "diff-tree", "-r", "--no-ext-diff")
    both = (tree.commit, made)
    patch = tree.git(*plain, "-p", "--no-textconv", "--no-color", *both, environment=where, cwd=empty)
    counts = tree.git(*plain, "--no-renames", "--numstat", "-z", *both, environment=where, cwd=empty)
    return Recorded(made, patch, tuple(_lines(counts)))


def _content(tree: Worktree, change: Change) -> bytes:
    if change.new_mode == LINK:
        return os.fsencode(_target(tree, change.path))
    with open(os.open(f"{tree.path}/{change.path}", _READ), "rb") as file:
        return file.read()


def _lines(counts: bytes) -> Iterator[Lines]:
    for line in counts.split(b"\0"):
        if line:
            added, removed, path = line.split(b"\t", 2)
            numbers = (None if text == b"-" else int(text) for text in (added, removed))
            yield Lines(os.fsdecode(path), *numbers)


def _own_objects(tree: Worktree, scratch: str) -> str:
    """A folder for objects that are looked at and forgotten; those of the repository are read where they are."""
    objects = f"{scratch}/objects"
    theirs = tree.git("rev-parse", "--path-format=absolute", "--git-path", "objects").removesuffix(b"\n")
    os.makedirs(f"{objects}/info", exist_ok=True)
    with open(f"{objects}/info/alternates", "wb") as file:
        file.write(theirs + b"\n")
    return objects
