"""Signatures of log entries, by OpenSSH: `ssh-keygen -Y sign`, and `-Y verify` against registry/kaizen/allowed_signers.

Who may sign, with which key and from when to when is said in that file, in OpenSSH's own format (ssh-keygen(1),
ALLOWED SIGNERS), so the keys that sign commits will do.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kaizen_tui.core.errors import KaizenError, StoreError
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.store.files import read_optional
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.core.promotion_log import LogView

NAMESPACE = "kaizen"
TIMEOUT = 20.0  # seconds; a key in an agent may ask for a touch
SIGNATURE_LIMIT = 16 * 1024  # bytes; the largest RSA signatures have about 3 KB
_HEADER = "-----BEGIN SSH SIGNATURE-----"
_VERIFIED_EVENTS = ("approve", "reject", "signoff", "withdraw")


def sign(data: bytes, key_path: str) -> str:
    """The armored signature of `data`.

    key_path: a private key without a passphrase, or a public key whose private half an ssh-agent holds.
    Raises StoreError: no such key, no ssh-keygen, or it refused (its own words are given). It never prompts.
    """
    path = os.path.expanduser(key_path)
    if not os.path.isfile(path):
        raise StoreError("no such signing key", where=key_path, hint="name a private or public SSH key")
    done = _run(["-Y", "sign", "-q", "-n", NAMESPACE, "-f", path], data)
    signature = done.stdout.decode("ascii", "replace").strip()
    if done.returncode != 0 or not signature.startswith(_HEADER):
        raise StoreError(
            f"the signature could not be made: {_last_line(done.stderr)}",
            where=key_path,
            hint="if the key has a passphrase, load it (`ssh-add`) and name its public half",
        )
    return signature


def verify(ws: Workspace, data: bytes, signature: str, *, at: datetime | None = None, prefer: str = "") -> str | None:
    """The principal of allowed_signers whose key made this signature of `data`; None when nobody listed there did.

    at:     when it was made, for keys with a limited time; None: now.
    prefer: the principal to name where the key belongs to several.
    Raises StoreError when there is no ssh-keygen or allowed_signers cannot be read.
    """
    allowed = read_optional(ws.signers_path)
    if allowed is None or not signature.startswith(_HEADER) or len(signature) > SIGNATURE_LIMIT:
        return None
    with tempfile.TemporaryDirectory(prefix="kaizen-") as folder:
        # Copies: ssh-keygen takes only paths, and what was checked is what must be used.
        signers, armored = f"{folder}/signers", f"{folder}/signature"
        for path, content in ((signers, allowed), (armored, signature.encode("utf-8", "replace") + b"\n")):
            with open(path, "wb") as file:
                file.write(content)
        options = ["-s", armored, "-f", signers, *_time(at)]
        found = _run(["-Y", "find-principals", *options], b"")
        if found.returncode != 0:
            return None
        candidates = [name for line in found.stdout.decode("utf-8", "replace").split() for name in line.split(",")]
        for name in sorted(candidates, key=lambda name: name != prefer):
            if _run(["-Y", "verify", "-n", NAMESPACE, "-I", name, *options], data).returncode == 0:
                return name
    return None


def signers(ws: Workspace, log: "LogView") -> Mapping[str, str]:
    """Of each proven approval, rejection and sign-off that is validly signed: hash -> principal. For `LogView.signed`.

    Raises StoreError as `verify`; without signed entries nothing is run.
    """
    from kaizen_tui.core.promotion_log import signing_bytes

    found: dict[str, str] = {}
    for entry in log.events(*_VERIFIED_EVENTS):
        signature = entry.text("sig")
        if not signature:
            continue
        at = datetime.fromtimestamp(parse_rfc3339(entry.at), UTC)
        principal = verify(ws, signing_bytes(entry), signature, at=at, prefer=_email(entry.actor))
        if principal is not None:
            found[entry.hash] = principal
    return found


def has_ssh_keygen() -> bool:
    """Whether signatures can be made and verified here: OpenSSH 8.2 or later is installed."""
    try:
        # With these options it complains about the missing key; one without -Y complains about the option.
        done = _run(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", os.devnull], b"")
    except KaizenError:
        return False
    return b"illegal option" not in done.stderr and b"unknown option" not in done.stderr


def _email(actor: str) -> str:
    return actor.rpartition("<")[2].rstrip(">") if actor.endswith(">") else actor


def _time(at: datetime | None) -> list[str]:
    # The process runs in UTC: only OpenSSH 9.1 and later take a Z.
    return [] if at is None else [f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%S}"]


def _run(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=data,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC", "SSH_ASKPASS_REQUIRE": "never"},
            start_new_session=True,  # no terminal to ask for a passphrase on: the board is drawn there
        )
    except FileNotFoundError:
        raise StoreError(
            "ssh-keygen is not installed", hint="install OpenSSH (openssh-client) to make and check signatures"
        ) from None
    except subprocess.TimeoutExpired:
        raise StoreError(
            f"ssh-keygen gave no answer within {TIMEOUT:g} s", hint="check the ssh-agent, then repeat the command"
        ) from None
    except OSError as error:
        raise StoreError(f"ssh-keygen could not be started: {error.strerror}", hint="check its installation") from error


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    # It asks for the passphrase before it finds that there is nobody to ask.
    return re.sub(r"^Enter passphrase[^:]*: *", "", lines[-1]) if lines else "it gave no reason"
