"""Finds the SSH key that signs an approval: `$KAIZEN_SIGNING_KEY`, else git's when it signs with SSH."""

import os
import tempfile
from collections.abc import Mapping

from kaizen_tui.core.errors import UsageError
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.govern import Signer
from kaizen_tui.loop.models import load_config
from kaizen_tui.store import git
from kaizen_tui.store.signing import sign


def signer_for(session: Session, *, wanted: bool, env: Mapping[str, str] | None = None) -> Signer | None:
    """What signs the next entry; None when it stays unsigned.

    wanted: the person asked for it (`--sign`); else only where governance.require_signature does.
    Raises UsageError when it is wanted and there is no key; YamlProblems, StoreError.
    """
    if not wanted and not load_config(session.workspace).governance.require_signature:
        return None
    key = signing_key(session.workspace.root, os.environ if env is None else env)
    if not key:
        if wanted:
            raise UsageError(
                "there is no key to sign with",
                hint="set KAIZEN_SIGNING_KEY to an SSH key, or git's gpg.format=ssh and user.signingkey",
            )
        return None
    return lambda data: _sign(data, key)


def signing_key(cwd: str, env: Mapping[str, str]) -> str:
    """A path, or a public key itself as git allows it (`key::ssh-ed25519 …`); "" when there is none."""
    named = env.get("KAIZEN_SIGNING_KEY", "")
    if named:
        return named
    if (git.run(cwd, "config", "--get", "gpg.format") or b"").strip() != b"ssh":
        return ""
    return (git.run(cwd, "config", "--get", "user.signingkey") or b"").decode("utf-8", "replace").strip()


def _sign(data: bytes, key: str) -> str:
    literal = key.removeprefix("key::")
    if literal == key and not key.startswith(("ssh-", "ecdsa-", "sk-")):
        return sign(data, key)
    with tempfile.NamedTemporaryFile("w", prefix="kaizen-", suffix=".pub") as file:  # its other half is in an agent
        file.write(literal + "\n")
        file.flush()
        return sign(data, file.name)
