"""Which settings a person let run commands on this machine, as direnv does it for its files.

config.yml comes with the repository, so whoever can push can change it; the commands in it (generators, splitters,
notifications) run with this person's rights. They run only while the file is, byte for byte, one that the person
trusted here. The list is the person's own: `$XDG_DATA_HOME/kaizen/trusted`, one file for each trusted content.
"""

import os
from collections.abc import Mapping
from hashlib import sha256

from kaizen_tui.core.errors import KaizenError, StoreError
from kaizen_tui.store.files import read_optional
from kaizen_tui.store.workspace import Workspace


class UntrustedError(KaizenError):
    """A command of config.yml would run, and nobody on this machine said that it may."""

    exit_code = 4


def trust_folder(env: Mapping[str, str]) -> str:
    """Where the list is. Raises StoreError where there is no home."""
    base = env.get("XDG_DATA_HOME", "")
    if not base.startswith("/"):  # the specification: a relative path is to be ignored
        home = env.get("HOME", "")
        if not home.startswith("/"):
            raise StoreError("there is no home directory to keep trust in", hint="set $HOME or $XDG_DATA_HOME")
        base = os.path.join(home, ".local", "share")
    return os.path.join(base, "kaizen", "trusted")


def fingerprint(workspace: Workspace) -> str:
    """SHA-256 (hex) of where config.yml lies and what stands in it; "" without a file."""
    data = read_optional(workspace.config_path)
    if data is None:
        return ""
    place = os.path.realpath(workspace.config_path)
    return sha256(os.fsencode(place) + b"\0" + data).hexdigest()


def is_trusted(workspace: Workspace, env: Mapping[str, str]) -> bool:
    """Whether commands of this config.yml, as it is now, may run. One without a file has none."""
    mark = fingerprint(workspace)
    return not mark or os.path.isfile(os.path.join(trust_folder(env), mark))


def need_trust(workspace: Workspace, env: Mapping[str, str], what: str) -> None:
    """Raises UntrustedError unless config.yml is trusted. what: would run, such as "the splitter `edge`"."""
    if not is_trusted(workspace, env):
        raise UntrustedError(
            f"{what} is from a config.yml that nobody trusted on this machine",
            where=workspace.relative(workspace.config_path),
            hint="read the file, then `kaizen trust`",
        )


def trust(workspace: Workspace, env: Mapping[str, str]) -> None:
    """Trusts config.yml as it is now. Raises StoreError."""
    folder, mark = trust_folder(env), fingerprint(workspace)
    if not mark:
        return
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        path = os.path.join(folder, mark)
        with open(f"{path}.part", "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(os.path.realpath(workspace.config_path) + "\n")
        os.rename(f"{path}.part", path)
    except OSError as error:
        raise StoreError(f"trust can't be kept: {error.strerror}", where=folder) from error


def revoke(workspace: Workspace, env: Mapping[str, str]) -> int:
    """Takes back the trust in this place's config.yml, whatever stood in it; returns how many contents that were.
    Raises StoreError."""
    folder, place = trust_folder(env), os.path.realpath(workspace.config_path)
    count = 0
    try:
        marks = os.listdir(folder) if os.path.isdir(folder) else []
        for mark in marks:
            path = os.path.join(folder, mark)
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                if file.read(65536).rstrip("\n") != place:
                    continue
            os.unlink(path)
            count += 1
    except OSError as error:
        raise StoreError(f"trust can't be taken back: {error.strerror}", where=folder) from error
    return count
