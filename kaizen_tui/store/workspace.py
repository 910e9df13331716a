"""Where things are: the workspace's root and the path of each of its files. Light: no imports but `os`."""

import os
from collections.abc import Mapping

from kaizen_tui.core.errors import NotFoundError, UsageError
from kaizen_tui.core.ids import is_component_id, is_ticket_id

TICKET_FILE = "Kaizen-Tkt.yml"
SPEC_FILE = "Patch-Spec.md"
SCORE_CARD_FILE = "Score-card.json"
LOG_FILE = "Promotion-Log"
OBSERVATIONS_FILE = "observations.jsonl"


class Workspace:
    """The directory that holds `registry/kaizen/` and `tickets/`.

    root:        its absolute path, links above it left as the user wrote them.
    registry:    ROOT/registry/kaizen
    components:  ROOT/registry/kaizen/components
    config_path: ROOT/registry/kaizen/config.yml (the file may be absent)
    signers_path: ROOT/registry/kaizen/allowed_signers (the file may be absent)
    tickets:     ROOT/tickets (may be absent until the first ticket)
    state:       ROOT/.kaizen, never in git: lock, intent, index. May be absent.
    read_only:   writing through this handle is refused, whoever asks.
    Ids are checked before a path is made of them: a wrong one raises UsageError, so none leads out of the workspace.
    """

    __slots__ = ("components", "config_path", "read_only", "registry", "root", "signers_path", "state", "tickets")

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        self.read_only = read_only
        self.root = root = os.path.abspath(root)
        self.registry = os.path.join(root, "registry", "kaizen")
        self.components = os.path.join(self.registry, "components")
        self.config_path = os.path.join(self.registry, "config.yml")
        self.signers_path = os.path.join(self.registry, "allowed_signers")
        self.tickets = os.path.join(root, "tickets")
        self.state = os.path.join(root, ".kaizen")

    def __repr__(self) -> str:
        return f"Workspace({self.root!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Workspace) and other.root == self.root

    def __hash__(self) -> int:
        return hash(self.root)

    def refuse_writing(self) -> None:
        """Raises UsageError when this handle was opened only to read."""
        if self.read_only:
            raise UsageError("the workspace was opened read-only", hint="open it without --read-only to change it")

    def ticket_dir(self, ticket_id: str) -> str:
        if not is_ticket_id(ticket_id):
            raise UsageError(f"`{ticket_id}` is not a ticket id", hint="ids look like KAIZ-001")
        return f"{self.tickets}/{ticket_id}"

    def ticket_path(self, ticket_id: str) -> str:
        return f"{self.ticket_dir(ticket_id)}/{TICKET_FILE}"

    def log_path(self, ticket_id: str) -> str:
        return f"{self.ticket_dir(ticket_id)}/{LOG_FILE}"

    def spec_path(self, ticket_id: str) -> str:
        return f"{self.ticket_dir(ticket_id)}/{SPEC_FILE}"

    def score_card_path(self, ticket_id: str) -> str:
        return f"{self.ticket_dir(ticket_id)}/{SCORE_CARD_FILE}"

    def observations_path(self, ticket_id: str) -> str:
        return f"{self.ticket_dir(ticket_id)}/{OBSERVATIONS_FILE}"

    def component_path(self, component_id: str) -> str:
        if not is_component_id(component_id):
            raise UsageError(f"`{component_id}` is not a component id", hint="ids look like pcc-main")
        return f"{self.components}/{component_id}.yml"

    def relative(self, path: str) -> str:
        """`path` as shown to people: relative to the root where it is inside, else unchanged."""
        prefix = self.root if self.root.endswith("/") else self.root + "/"
        return path[len(prefix) :] if path.startswith(prefix) else path


def find_workspace(explicit: str | None, env: Mapping[str, str], cwd: str) -> Workspace:
    """The workspace of a command, found as git finds a repository.

    explicit: the argument of `-C`, or None; else `KAIZEN_WORKSPACE` of `env`; both are taken relative to `cwd` and
    must hold `registry/kaizen/` themselves. Else the nearest directory at or above `cwd` that does.
    Raises NotFoundError, which names `kaizen init`.
    """
    named, source = (explicit, "-C") if explicit is not None else (env.get("KAIZEN_WORKSPACE", ""), "$KAIZEN_WORKSPACE")
    if named or explicit is not None:
        root = os.path.join(cwd, named or "")
        if named and _holds_registry(root):
            return Workspace(root)
        raise NotFoundError(
            f"`{named}` ({source}) is not a workspace: it has no registry/kaizen/",
            hint=f"make one with `kaizen init {named or 'DIR'}`",
        )
    here = os.path.abspath(cwd)
    while not _holds_registry(here):
        above = os.path.dirname(here)
        if above == here:
            raise NotFoundError(
                "no workspace here: neither this directory nor one above it holds registry/kaizen/",
                where=cwd,
                hint="make one with `kaizen init`, or name one with -C DIR",
            )
        here = above
    return Workspace(here)


def _holds_registry(path: str) -> bool:
    return os.path.isdir(f"{path}/registry/kaizen")
