"""Who did it: `Name <e-mail>` as git writes it, or a login name. When two such texts mean one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_BETWEEN_OWNERS = re.compile(r"[,;]")
_SIGNS = " .,:;\"'\\"
NOWHERE = "@localhost"  # the end of an address that is made up where a person gives none: it tells nobody apart


class Actor(NamedTuple):
    """A person as written, and the folded parts by which people are compared ("" where absent).

    text: as written (hostile: escape on output). name: without the e-mail. email. login: the e-mail's local part,
    or the whole text where that is one word.
    """

    text: str
    name: str
    email: str
    login: str

    @property
    def names(self) -> frozenset[str]:
        """Everything that this person may be called by, folded."""
        return frozenset(part for part in (fold(self.text), self.name, self.email, self.login) if part)

    @property
    def shown(self) -> str:
        """The name for messages: without the e-mail where there is one."""
        return _split(self.text)[0].strip() or self.text.strip() or "nobody"


def fold(text: str) -> str:
    """The text without case, width and compatibility forms, `@` in front and doubled blanks; without the signs at its
    ends that git takes off a name, so that a commit's author is found to be who made it."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).removeprefix("@").strip(_SIGNS)


def _split(text: str) -> tuple[str, str]:
    """Name and e-mail as written; the e-mail is "" where the text has none in angle brackets."""
    name, bracket, rest = text.rstrip().rpartition("<")
    return (name, rest[:-1]) if bracket and rest.endswith(">") else (text, "")


def parse_actor(text: str) -> Actor:
    """Reads `Name <e-mail>`, an e-mail address, a name or a login. Never fails."""
    name, email = map(fold, _split(text))
    if not email and "@" in name and " " not in name:
        email = name
    login = email.partition("@")[0] if email else name
    return Actor(text, name, "" if email.endswith(NOWHERE) else email, "" if " " in login else login)


def same_person(one: str, other: str) -> bool:
    """Whether the two texts may mean one person: in doubt yes, so that nobody counts twice or approves their own.

    The same e-mail or the same name is one person; where one text gives no e-mail, a login equal to any part of the
    other's is too. Two e-mails with the same local part and different names are two people.
    """
    a, b = parse_actor(one), parse_actor(other)
    if a.email and b.email:
        return a.email == b.email or (a.name == b.name and a.name != a.email)
    return not a.names.isdisjoint(b.names)


def is_one_of(actor: str, owners: str) -> bool:
    """Whether `actor` is an owner as written in a file: one person or several, with commas between them."""
    names = parse_actor(actor).names
    return any(
        part.strip() and (fold(part) in names or same_person(part, actor))
        for part in (owners, *_BETWEEN_OWNERS.split(owners))
    )


class People:
    """A set of people under same_person, that answers in constant time."""

    def __init__(self, actors: Iterable[str] = ()) -> None:
        self._emails: set[str] = set()
        self._names: set[str] = set()  # of those with an e-mail
        self._bare: set[str] = set()  # anything that those without one are called by
        self._any: set[str] = set()
        for actor in actors:
            self.add(actor)

    def __contains__(self, actor: str) -> bool:
        who = parse_actor(actor)
        if not who.email:
            return not who.names.isdisjoint(self._any)
        same_name = who.name in self._names and who.name != who.email
        return who.email in self._emails or same_name or not who.names.isdisjoint(self._bare)

    def add(self, actor: str) -> None:
        """Adds the person; one who is in it already gets the further names."""
        who = parse_actor(actor)
        self._any.update(who.names)
        if who.email:
            self._emails.add(who.email)
            self._names.add(who.name)
        else:
            self._bare.update(who.names)
