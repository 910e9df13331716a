"""Ids of tickets and components, and the nearest known word for a wrong one. Light."""

import re
from collections.abc import Iterable

TICKET_ID = re.compile(r"[A-Z][A-Z0-9]{1,9}-[0-9]{3,9}")
COMPONENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

PREFIX = "KAIZ"
_HIGHEST = 999_999_999


def is_ticket_id(text: str) -> bool:
    """True for an id such as KAIZ-001: a prefix of 2-10 ASCII capitals and digits, then 3-9 digits."""
    return TICKET_ID.fullmatch(text) is not None


def is_component_id(text: str) -> bool:
    """True for 1-63 of a-z 0-9 . _ -, not beginning with a sign, without `..`: safe as a file name."""
    return COMPONENT_ID.fullmatch(text) is not None and ".." not in text


def number_of(ticket_id: str) -> int:
    """31 for KAIZ-031. Raises ValueError for a text that is no ticket id."""
    if not is_ticket_id(ticket_id):
        raise ValueError(f"not a ticket id: {ticket_id!r}")
    return int(ticket_id.rpartition("-")[2])


def format_id(number: int, prefix: str = PREFIX) -> str:
    """KAIZ-031 for 31: at least three digits. Raises ValueError outside 1..999999999."""
    if not 1 <= number <= _HIGHEST:
        raise ValueError(f"no ticket id has the number {number}")
    return f"{prefix}-{number:03d}"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that `word` was probably meant to be, or None. Case doesn't count."""
    folded = word.casefold()
    known = {candidate.casefold(): candidate for candidate in words}
    if folded in known:
        return known[folded]
    prefix, dash, digits = folded.rpartition("-")
    if digits.isascii() and digits.isdigit() and (dash or not prefix):  # `2` and `KAIZ-2` mean KAIZ-002
        padded = f"{prefix or PREFIX.casefold()}-{digits.lstrip('0').zfill(3)}"
        if padded in known:
            return known[padded]
    from difflib import get_close_matches  # only on the way to an error message

    close = get_close_matches(folded, list(known), n=1, cutoff=0.6)
    if close:
        return known[close[0]]
    starts = [name for name in known if len(folded) >= 2 and name.startswith(folded)]
    return known[starts[0]] if len(starts) == 1 else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """ "did you mean `canary`?", or "one of a, b, c" when nothing is near; "" when there are no words at all."""
    candidates = list(words)
    return near_hint(word, candidates) or (f"one of {', '.join(candidates)}" if candidates else "")


def near_hint(word: str, words: Iterable[str]) -> str:
    """ "did you mean `canary`?", or "" when nothing is near."""
    found = nearest(word, words)
    return f"did you mean `{found}`?" if found is not None else ""
