"""Signatures with the real ssh-keygen: whose counts, whose doesn't."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store import records, signing
from kaizen_tui.store.workspace import Workspace
from tests.store.worlds import NOW, log_of, make_workspace, new_ticket

DATA = b'{"event":"approve"}'


@pytest.fixture
def ws(tmp_path: Path, require_program: Callable[[str], str]) -> Workspace:
    require_program("ssh-keygen")
    return make_workspace(tmp_path / "w")


def make_key(folder: Path, name: str, kind: str = "ed25519", passphrase: str = "") -> str:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", name, "-f", str(path)], check=True)
    return str(path)


def allow(ws: Workspace, principals: str, key: str, options: str = "") -> None:
    public = Path(f"{key}.pub").read_text()
    with Path(ws.signers_path).open("a") as file:
        file.write(f"{principals} {options} {public}")


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_listed_key_is_known_by_its_principal(ws: Workspace, tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path, "key", kind)
    allow(ws, "ann@example.org", key)
    signature = signing.sign(DATA, key)
    assert signature.startswith("-----BEGIN SSH SIGNATURE-----")
    assert signing.verify(ws, DATA, signature) == "ann@example.org"


def test_other_data_and_other_keys_do_not_verify(ws: Workspace, tmp_path: Path) -> None:
    listed, unlisted = make_key(tmp_path, "listed"), make_key(tmp_path, "unlisted")
    allow(ws, "ann@example.org", listed)
    assert signing.verify(ws, DATA + b" ", signing.sign(DATA, listed)) is None
    assert signing.verify(ws, DATA, signing.sign(DATA, unlisted)) is None


def test_a_signature_made_for_another_purpose_does_not_count(ws: Workspace, tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    allow(ws, "ann@example.org", key)
    made = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-q", "-n", "git", "-f", key], input=DATA, capture_output=True, check=True
    )
    assert signing.verify(ws, DATA, made.stdout.decode()) is None


@pytest.mark.parametrize("bad", ["", "x", "-----BEGIN SSH SIGNATURE-----\nAAAA", "-----BEGIN SSH SIGNATURE-----\ud800"])
def test_what_is_no_signature(ws: Workspace, tmp_path: Path, bad: str) -> None:
    allow(ws, "ann@example.org", make_key(tmp_path, "key"))
    assert signing.verify(ws, DATA, bad) is None
    assert signing.verify(ws, DATA, bad + "A" * 20_000) is None


def test_without_a_list_nobody_signs(ws: Workspace, tmp_path: Path) -> None:
    assert signing.verify(ws, DATA, signing.sign(DATA, make_key(tmp_path, "key"))) is None


def test_a_linked_list_is_refused(ws: Workspace, tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    allow(ws, "ann@example.org", key)
    Path(ws.signers_path).rename(tmp_path / "elsewhere")
    Path(ws.signers_path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"):
        signing.verify(ws, DATA, signing.sign(DATA, key))


def test_one_key_of_several_people(ws: Workspace, tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    allow(ws, "ann@example.org,bob@example.org", key)
    signature = signing.sign(DATA, key)
    assert signing.verify(ws, DATA, signature) == "ann@example.org"
    assert signing.verify(ws, DATA, signature, prefer="bob@example.org") == "bob@example.org"
    assert signing.verify(ws, DATA, signature, prefer="eve@example.org") == "ann@example.org"


def test_a_key_counts_while_it_was_valid(ws: Workspace, tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    allow(ws, "ann@example.org", key, 'valid-before="20250601"')
    signature = signing.sign(DATA, key)
    assert signing.verify(ws, DATA, signature, at=datetime(2025, 5, 18, tzinfo=UTC)) == "ann@example.org"
    assert signing.verify(ws, DATA, signature, at=datetime(2025, 6, 18, tzinfo=UTC)) is None


def test_a_key_with_a_passphrase_is_an_error_and_no_prompt(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        signing.sign(DATA, make_key(tmp_path, "key", passphrase="secret"))
    assert "ssh-add" in str(caught.value)
    assert "Enter passphrase" not in str(caught.value)


def test_no_key_and_no_program(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="no such signing key"):
        signing.sign(DATA, str(tmp_path / "none"))
    key = make_key(tmp_path, "key")
    allow(ws, "ann@example.org", key)
    signature = signing.sign(DATA, key)
    assert signing.has_ssh_keygen()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not signing.has_ssh_keygen()
    for act in (lambda: signing.sign(DATA, key), lambda: signing.verify(ws, DATA, signature)):
        with pytest.raises(StoreError, match="ssh-keygen is not installed"):
            act()


def test_the_signers_of_a_log(ws: Workspace, tmp_path: Path) -> None:
    key, other = make_key(tmp_path, "key"), make_key(tmp_path, "other")
    allow(ws, "ann@example.org", key)
    ticket_id = new_ticket(ws)
    actor = "Ann <ann@example.org>"
    with records.transaction(ws, ticket_id) as tx:
        for sign in (lambda data: signing.sign(data, key), lambda data: signing.sign(data, other), None):
            tx.commit(data=None, events=[records.NewEvent(actor, "approve", {"note": "yes"}, sign)], at=NOW)
    log = log_of(ws, ticket_id)
    assert log.problems == ()
    first = log.events("approve")[0]
    assert signing.signers(ws, log) == {first.hash: "ann@example.org"}


def test_a_signature_moved_to_another_entry_does_not_count(ws: Workspace, tmp_path: Path) -> None:
    key = make_key(tmp_path, "key")
    allow(ws, "ann@example.org", key)
    ticket_id = new_ticket(ws)
    with records.transaction(ws, ticket_id) as tx:
        sign = lambda data: signing.sign(data, key)  # noqa: E731
        (first,) = tx.commit(data=None, events=[records.NewEvent("ann", "approve", {"note": "a"}, sign)], at=NOW)
        copied = records.NewEvent("ann", "approve", {"note": "b"}, lambda _data: first.text("sig"))
        tx.commit(data=None, events=[copied], at=NOW)
    assert list(signing.signers(ws, log_of(ws, ticket_id))) == [first.hash]
