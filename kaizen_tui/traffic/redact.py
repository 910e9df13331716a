"""Takes credentials out of recorded requests, before they are written anywhere.

Three nets, each for what slips through the one before:

1. by name: headers, parameters, form fields, JSON keys and `name=value` in any text, by what they are called;
2. by value: what was found in one of those places, or in the recording's answers, wherever else it stands, in
   whichever encoding (a session id in a path);
3. by shape: bearer tokens, JSON Web Tokens, private keys, and keys of well-known services.

What is masked becomes `redacted-1`, `redacted-2` …: one word for one secret, so that what belongs together still does.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote_plus, unquote, unquote_plus, urlsplit

from kaizen_tui.traffic.recording import Request
from kaizen_tui.traffic.secret_forms import Finder
from kaizen_tui.traffic.secret_names import is_secret, is_secret_number

_DROPPED = frozenset({"authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie", "www-authenticate"})
_SHAPES = re.compile(
    # JSON Web Token: at the beginning of a run of such characters, also after a percent-encoded one
    r"(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2}))eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
    r"|(?i:\b(?:bearer|basic)(?:\s|%20|\+)+[A-Za-z0-9._~+/=-]{8,})"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS
    r"|\bAIza[A-Za-z0-9_-]{35}"  # Google
    r"|\bya29\.[A-Za-z0-9_-]{20,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bglpat-[A-Za-z0-9_-]{16,}"  # GitLab
    r"|\bxox[abeprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\b(?:[rs]k|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}"  # Stripe
    r"|\bsk-[A-Za-z0-9_-]{20,}"  # OpenAI, Anthropic
    r"|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^\s/@:\"']{1,256}:[^\s/@\"']{1,256}(?=@)"  # user and password of a URL
)
_BASE64_JSON = re.compile(r"eyJ[A-Za-z0-9+/_-]{10,}={0,2}")
# `name=value`, `name: value`, `"name": "value"`, `<name>value<`: what is no JSON and no form.
_ASSIGNED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{1,60})(?P<between>\\?[\"']?\s{0,4}(?:=|:|>)\s{0,4})"
    r"(?:\\?\"(?P<double>[^\"\\]{1,4096})|'(?P<single>[^']{1,4096})|(?P<bare>[^\s\"'&<>;,(){}\[\]]{1,4096}))"
)
_NO_VALUES = ("bearer", "basic", "true", "false", "null", "none")
_BLANK = re.compile(r"(\r?\n\r?\n)")
_FORM_DATA = re.compile(r"^content-disposition:\s*form-data\b", re.IGNORECASE | re.MULTILINE)
_PART_NAME = re.compile(r"""\bname=(?:"([^"\r\n]{1,200})"|([^\s";]{1,200}))""")
_LATER = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w.~%+=-]{16,}")
_MASK = re.compile(r"(?:(?i:bearer|basic)(?:\s|%20|\+)+)?redacted-[0-9]+")
_DEEPEST = 6  # JSON in a text in JSON …


class Redactor:
    """Masks the credentials of one recording. keys: further names of JSON keys, parameters, headers and form fields
    that hold some, whatever their case."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = {key.casefold() for key in keys}
        self._masks: dict[str, str] = {}
        self._elsewhere: set[str] = set()

    @property
    def found(self) -> int:
        """How many different secrets were masked or dropped."""
        return len(self._masks)

    def learn(self, raw: Sequence[Any]) -> None:
        """Secrets in entries of a HAR file that are not kept themselves: cookies, answers, comments, URLs' hosts."""
        learner = Redactor(self._keys)
        waiting: list[Any] = [raw]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                name, given = value.get("name"), value.get("value")
                if isinstance(name, str) and isinstance(given, str):
                    learner._header(name, given)
                for key, item in value.items():
                    if isinstance(item, str) and item and learner._secret(key):
                        learner._mask(item)
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
            elif isinstance(value, str) and len(value) < 2**20:
                learner._hosts(value)
                if value[:1] in ("{", "["):
                    learner._free(value)
        self._elsewhere |= learner._masks.keys() | learner._elsewhere

    def redact(self, requests: Sequence[Request]) -> tuple[Request, ...]:
        """The requests without credentials."""
        named = [self._by_name(request) for request in requests]
        finder = Finder(self._masks.keys() | self._elsewhere)
        return tuple(self._anywhere(request, finder) for request in named)

    def _secret(self, name: str) -> bool:
        return name.casefold() in self._keys or is_secret(name)

    def _mask(self, value: str) -> str:
        """The word that stands for a secret; such a word itself is left alone."""
        if _MASK.fullmatch(value):
            return value
        return self._masks.setdefault(value, f"redacted-{len(self._masks) + 1}")

    # By name

    def _by_name(self, request: Request) -> Request:
        headers = []
        for name, value in request.headers:
            kept = self._header(name, value)
            if kept is not None:
                headers.append((name, kept))
        path, mark, query = request.target.partition("?")
        target = self._path(path) + mark + self._parameters(query)
        return request._replace(target=target, headers=tuple(headers), body=self._body(request))

    def _header(self, name: str, value: str) -> str | None:
        """What stays of a header; None where it is nothing but a credential."""
        if name.casefold() in _DROPPED:
            self._dropped(value)
            return None
        return self._mask(value) if value and self._secret(name) else self._free(value)

    def _dropped(self, value: str) -> None:
        """The whole, what follows a scheme such as `Bearer`, and cookies that may stand elsewhere."""
        if value:
            self._mask(value)
        scheme, blank, rest = value.partition(" ")
        if blank and scheme.isalpha():
            self._elsewhere.add(rest.strip())
            self._basic(rest.strip())
        for part in re.split(r"[;,]\s*", value):
            name, equals, cookie = part.partition("=")
            cookie = cookie.strip().strip('"')
            # Others may be plain words, such as a theme's name, that a path has by right.
            if equals and (self._secret(name.strip()) or _LATER.fullmatch(cookie)):
                self._elsewhere.add(cookie)

    def _basic(self, text: str) -> None:
        try:
            user, colon, password = b64decode(text, validate=True).decode().partition(":")
        except ValueError:
            return
        if colon:
            self._elsewhere |= {f"{user}:{password}", password}

    def _hosts(self, text: str) -> None:
        if "@" not in text or "://" not in text[:12]:
            return
        try:
            password = urlsplit(text).password
        except ValueError:
            return
        if password:
            self._elsewhere |= {password, unquote(password)}

    def _path(self, path: str) -> str:
        """`;jsessionid=X`, and what looks random below a segment such as `token`."""
        parts: list[str] = []
        above = ""
        for part in path.split("/"):
            bare, *parameters = part.split(";")
            if self._secret(above) and _LATER.fullmatch(bare):
                bare = self._mask(bare)
            above = bare
            parts.append(";".join(map(self._parameters, [bare, *parameters])))
        return "/".join(parts)

    def _parameters(self, query: str) -> str:
        """Parameters that hold no secret stay byte for byte."""
        return "&".join(map(self._parameter, query.split("&")))

    def _parameter(self, text: str) -> str:
        name, _, value = text.partition("=")
        plain = unquote_plus(value)
        if not plain:
            return text
        masked = self._mask(plain) if self._secret(unquote_plus(name)) else self._free(plain)
        return text if masked == plain else f"{name}={quote_plus(masked)}"

    def _body(self, request: Request) -> bytes:
        kind = next((value for name, value in request.headers if name.lower() == "content-type"), "").lower()
        text = request.body.decode()
        if "multipart/" in kind or _FORM_DATA.search(text):  # not every recorder keeps the header
            return "".join(map(self._form_part, re.split(r"(\r?\n--)", text))).encode()
        if "x-www-form-urlencoded" in kind:
            return self._parameters(text).encode()
        return self._free(text).encode()

    def _form_part(self, text: str) -> str:
        """A part of a multipart body, with the end of the line that parts it from the one before."""
        head, blank, value = [*_BLANK.split(text, maxsplit=1), "", ""][:3]
        name = _PART_NAME.search(head[:4096])
        if not value or name is None:
            return text
        return head + blank + (self._mask(value) if self._secret(name[1] or name[2]) else self._free(value))

    def _free(self, text: str, depth: int = 0) -> str:
        """Any text: JSON, or words that may be assignments."""
        if depth < _DEEPEST and text.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(text)
                masked = self._json(value, depth=depth + 1)
            except (ValueError, RecursionError):
                pass
            else:
                return text if masked == value else json.dumps(masked, separators=(",", ":"))
        text = _BASE64_JSON.sub(lambda hit: self._encoded(hit[0], depth), text)
        return self._assigned(text)

    def _encoded(self, text: str, depth: int) -> str:
        """JSON in base64 that holds a secret is masked as a whole."""
        try:
            plain = b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_").decode()
        except ValueError:
            return text
        return text if depth >= _DEEPEST or self._free(plain, depth + 1) == plain else self._mask(text)

    def _assigned(self, text: str) -> str:
        pieces = []
        done = place = 0
        while (hit := _ASSIGNED.search(text, place)) is not None:
            place = hit.end("between")  # a value may be an assignment itself: https://host/?token=…
            value = hit["double"] or hit["single"] or hit["bare"]
            if not self._secret(hit["name"]) or (hit["bare"] and value.lower() in _NO_VALUES):
                continue
            pieces += [text[done : hit.end() - len(value)], self._mask(value)]
            done = place = hit.end()
        return "".join([*pieces, text[done:]])

    def _json(self, value: Any, name: str = "", depth: int = 0) -> Any:
        """name: of the secret that the value belongs to, "" for none."""
        if isinstance(value, dict):
            names = {key: name or (key if self._secret(key) else "") for key in value}
            return {key: self._json(item, names[key], depth) for key, item in value.items()}
        if isinstance(value, list):
            return [self._json(item, name, depth) for item in value]
        if isinstance(value, str) and value:
            return self._mask(value) if name else self._free(value, depth)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and name and (name.casefold() in self._keys or is_secret_number(name)):
            self._mask(str(value))
            return 0
        return value

    # By value, by shape

    def _anywhere(self, request: Request, finder: Finder) -> Request:
        def clean(text: str) -> str:
            return _SHAPES.sub(lambda hit: self._mask(hit[0]), finder.replace(text, self._mask))

        headers = tuple((name, clean(value)) for name, value in request.headers)
        target, body = clean(request.target), clean(request.body.decode())
        return request._replace(target=target, headers=headers, body=body.encode())
