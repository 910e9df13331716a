"""Which names say that what they name is a credential: of headers, parameters, form fields, JSON keys."""

import re
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# As a word of its own: `user_pass` and `userPass`, but not `compass`.
_WORDS = frozenset({
    "auth", "bearer", "cookie", "cookies", "creds", "csrf", "cvc", "cvv", "iban", "jwt", "otp", "pass", "pin", "pwd",
    "session", "sid", "sig", "ssn", "totp", "xsrf",
})  # fmt: skip
_PAIRS = frozenset({
    ("api", "key"), ("access", "key"), ("private", "key"), ("subscription", "key"), ("signing", "key"), ("auth", "key"),
    ("encryption", "key"), ("client", "key"), ("master", "key"), ("app", "key"), ("license", "key"), ("card", "number"),
    ("security", "code"), ("verification", "code"), ("account", "key"), ("x", "key"),
})  # fmt: skip
# Wherever they stand, also glued to others: JSESSIONID, accesstoken.
_PARTS = re.compile(
    r"passw(?:or)?d|passphrase|passcode|secret(?!ar)|token|apikey|accesskey|privatekey|sess(?:ion)?id|credential"
    r"|authori[sz]ation|signature|xsrf|csrf|cardnumber",
    re.IGNORECASE,
)
# Tokens that nobody is let in for: of pages, and those that language models count.
_HARMLESS = re.compile(
    r"(?:page|paging|pagination|continuation|next|prev|previous|sync|cursor|max|min|num|total|prompt|completion|stop)"
    r"[-_.]?tokens?$|tokens?[-_.]?(?:type|count|limit)$|^tokens$",
    re.IGNORECASE,
)
# What these name may be a number.
_NUMBERS = frozenset({"cvc", "cvv", "number", "otp", "pass", "pin", "pwd", "ssn", "totp", "code", "iban"})
_NUMBER_PARTS = re.compile(r"passw(?:or)?d|passcode|cardnumber|secret", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether `name` names a credential."""
    if len(name) > 200 or _HARMLESS.search(name):
        return False
    if _PARTS.search(name):
        return True
    words = _words(name)
    return not _WORDS.isdisjoint(words) or any(pair in _PAIRS for pair in pairwise(words))


@lru_cache(maxsize=4096)
def is_secret_number(name: str) -> bool:
    """Whether a number of that name is one as well: a PIN is, a count of tokens is not."""
    return is_secret(name) and (not _NUMBERS.isdisjoint(_words(name)) or _NUMBER_PARTS.search(name) is not None)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
