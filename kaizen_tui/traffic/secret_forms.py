"""Finds known secrets in a text, however they are written there: plain, percent-encoded, in JSON, in base64."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus, unquote, unquote_plus

_KEY = 6  # characters by which a form is found; the shortest secret that is looked for
_HARMLESS = frozenset({
    "access_token", "authorization", "authorization_code", "basic", "bearer", "client_credentials", "cookie", "csrf",
    "disabled", "enabled", "expired", "invalid", "password", "refresh_token", "required", "secret", "session", "token",
    "undefined", "unknown",
})  # fmt: skip


def worth_finding(secret: str) -> bool:
    """Whether a secret is looked for elsewhere: a short or plain word stands in many places by chance."""
    if len(secret) < _KEY or secret.casefold() in _HARMLESS:
        return False
    return len(secret) >= 8 or not (secret.isdigit() or (secret.isalpha() and secret.islower()))


class Finder:
    """Finds `secrets`. All forms of all of them are looked for in one pass over a text, whatever their number."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: dict[str, list[tuple[str, str]]] = {}
        for secret in secrets:
            if worth_finding(secret):
                for form in _forms(secret):
                    self._forms.setdefault(form[:_KEY], []).append((form, secret))
        for forms in self._forms.values():
            forms.sort(key=lambda pair: -len(pair[0]))

    def replace(self, text: str, mask: Callable[[str], str]) -> str:
        """The text with every secret replaced by its mask; the longest form first."""
        if not self._forms:
            return text
        pieces: list[str] = []
        done = place = 0
        last = len(text) - _KEY
        while place <= last:
            hit = self._at(text, place)
            if hit is None:
                place += 1
                continue
            form, secret = hit
            pieces += [text[done:place], mask(secret)]
            done = place = place + len(form)
        return "".join([*pieces, text[done:]]) if done else text

    def _at(self, text: str, place: int) -> tuple[str, str] | None:
        forms = self._forms.get(text[place : place + _KEY])
        return next((pair for pair in forms if text.startswith(pair[0], place)), None) if forms else None


def _forms(secret: str) -> set[str]:
    found: set[str] = set()
    for plain in {secret, unquote(secret), unquote_plus(secret)}:
        found.add(plain)
        found |= _percent(plain)
        for ascii_ in (True, False):
            inside = json.dumps(plain, ensure_ascii=ascii_)[1:-1]
            found |= {inside, inside.replace("/", "\\/"), json.dumps(inside, ensure_ascii=ascii_)[1:-1]}
        encoded = _base64(plain.encode("utf-8", "surrogatepass"))
        found |= encoded.union(*map(_percent, encoded))
    return {form for form in found if len(form) >= _KEY}


def _percent(plain: str) -> set[str]:
    text = plain.encode("utf-8", "replace").decode()
    once = {quote(text), quote(text, safe=""), quote_plus(text)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda hit: hit[0].lower(), form) for form in once}
    twice = {quote(form, safe="") for form in once}
    return {*once, *lower, *twice}


def _base64(plain: bytes) -> set[str]:
    """At each of the three places within a group that the secret may begin; characters shared with its neighbours
    are left out."""
    found = set()
    for before in range(3):
        text = b64encode(b"\0" * before + plain).decode()
        begin = (0, 2, 3)[before]
        end = len(text.rstrip("=")) - (1 if (before + len(plain)) % 3 else 0)
        inner = text[begin:end]
        if len(inner) >= 8:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
