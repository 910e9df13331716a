"""Who is meant by a name, an e-mail or a login, and when two of them are one person."""

import pytest

from kaizen_tui.core.actors import People, is_one_of, parse_actor, same_person
from tests.core.gate_world import ANA, BOB


@pytest.mark.parametrize(
    ("text", "name", "email", "login"),
    [
        ("Ana Ruiz <ana@x.io>", "ana ruiz", "ana@x.io", "ana"),
        ("  Ana   Ruiz  < ANA@x.io > ", "ana ruiz", "ana@x.io", "ana"),
        ("ana@x.io", "ana@x.io", "ana@x.io", "ana"),
        ("ana", "ana", "", "ana"),
        ("@ana", "ana", "", "ana"),
        ("Ana Ruiz", "ana ruiz", "", ""),
        ("<ana@x.io>", "", "ana@x.io", "ana"),
        ("a < b", "a < b", "", ""),
        ("", "", "", ""),
        ("ＡＮＡ", "ana", "", "ana"),
    ],
)
def test_an_actor_is_read_as_git_writes_it(text: str, name: str, email: str, login: str) -> None:
    who = parse_actor(text)
    assert (who.name, who.email, who.login) == (name, email, login)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ANA, "ana ruiz <ANA@x.io>", True),
        (ANA, "A. Ruiz <ana@x.io>", True),
        (ANA, "Ana Ruiz <ana@home.example>", True),
        (ANA, "ana", True),
        (ANA, "ana@x.io", True),
        (ANA, "Ana Ruiz", True),
        (ANA, "Ana Bell <ana@y.io>", False),
        (ANA, BOB, False),
        (ANA, "bob", False),
        ("ana", "bob", False),
        ("ana.", "ana", True),
        ("ana <ana@localhost>", ANA, True),
        ("ana <ana@localhost>", "ana", True),
        ("bob <bob@localhost>", ANA, False),
        ("", "", False),
    ],
)
def test_who_is_the_same_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) == same
    assert same_person(other, one) == same
    assert (one in People([other])) == same


@pytest.mark.parametrize(
    ("actor", "owner", "owns"),
    [
        (ANA, "ana", True),
        (ANA, "Ana Ruiz", True),
        (ANA, "ANA@X.IO", True),
        (ANA, ANA, True),
        (ANA, "@ana", True),
        (ANA, "bob, ana", True),
        (ANA, "Ruiz, Ana", True),
        (ANA, "backend-team", False),
        ("ana", "Ana Ruiz <ana@x.io>", True),
        (ANA, "", False),
        ("", "", False),
        ("", "ana", False),
    ],
)
def test_who_is_an_owner(actor: str, owner: str, owns: bool) -> None:
    assert is_one_of(actor, owner) == owns


def test_a_hostile_actor_costs_no_time() -> None:
    assert parse_actor("<" * 100_000 + " " * 100_000 + ">").email == ""
