"""Do two versions answer alike? Statuses and bodies compared, without what differs between two runs of one version.

Ids, timestamps and the order of lists differ from answer to answer. Where they do is learned from the baseline against
itself: what differs there between two runs of the same requests is noise, and isn't held against the candidate.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import Any, NamedTuple

from kaizen_tui.core.text import safe
from kaizen_tui.traffic.recording import Request

_ANY = "*"  # any position of a list
_ID = re.compile(r"[0-9]+|[0-9a-fA-F-]{16,}")
_DEEPEST = 64
_WORD = re.compile(r"[0-9A-Za-z_.:+/=%-]+|\s+|.", re.DOTALL)
_LONGEST = 65_536  # bytes of a text that are compared word by word
_SHOWN_LINES = 40
_SHOWN = 4_000  # characters of each body in a diff

# Where answers differ: ("status",), ("content-type",), ("body", "items", "*", "id") in JSON, ("text", "12") in others.
Place = tuple[str, ...]
Noise = Mapping[str, frozenset[Place]]  # by route


class Answer(NamedTuple):
    """One answer.

    status: 0 when there was none, and error says why. kind: its Content-Type. location: of a redirect, else "".
    body: its first bytes, at most as many as the player keeps; digest: of all of them, "" where body is the whole.
    latency: seconds until its last byte.
    """

    status: int
    kind: str
    location: str
    body: bytes
    digest: str
    latency: float
    error: str = ""


def answer_to_json(answer: Answer) -> list[Any]:
    """For JSON; `answer_of_json` reads it."""
    return [*answer[:3], b64encode(answer.body).decode(), *answer[4:]]


def answer_of_json(raw: Any) -> Answer:
    """Raises ValueError, TypeError for what `answer_to_json` did not write."""
    status, kind, location, body, digest, latency, error = raw
    return Answer(int(status), str(kind), str(location), b64decode(body), str(digest), float(latency), str(error))


class Mismatch(NamedTuple):
    """One request that the candidate answers otherwise. route: method and path pattern. places: where the answers
    differ, noise left out. diff: of both answers, lines safe to show."""

    request: str
    route: str
    places: tuple[Place, ...]
    what: str
    diff: tuple[str, ...]


def route_of(request: Request) -> str:
    """Requests whose answers have the same shape: method and path, its numbers and ids as `*`."""
    return f"{request.method} {'/'.join(_ANY if _ID.fullmatch(part) else part for part in request.path.split('/'))}"


def learn(requests: Sequence[Request], first: Sequence[Answer], second: Sequence[Answer], noise: Noise) -> Noise:
    """`noise` with what differs between two runs of the baseline."""
    found = {route: set(places) for route, places in noise.items()}
    for request, one, other in zip(requests, first, second, strict=True):
        places = differences(one, other)
        if places:
            found.setdefault(route_of(request), set()).update(places)
    return {route: frozenset(places) for route, places in found.items()}


def differing(one: Answer, other: Answer, noise: frozenset[Place]) -> tuple[Place, ...]:
    """Where two answers differ beyond the noise of their route, in order."""
    return tuple(sorted(place for place in differences(one, other) if not covered(place, noise)))


def covered(place: Place, by: frozenset[Place]) -> bool:
    """Whether `place` or one above it is among `by`."""
    return any(place[:length] in by for length in range(1, len(place) + 1))


def mismatch(request: Request, one: Answer, other: Answer, places: Sequence[Place]) -> Mismatch:
    """In words. places: where they differ."""
    if places[0] == ("status",):
        what = f"status {_status(one)} became {_status(other)}"
    else:
        what = f"differs at {named(places)}"
    shown = safe(f"{request.method} {request.target}")[:300]
    return Mismatch(shown, route_of(request), tuple(places), what, _diff(one, other))


def named(places: Sequence[Place]) -> str:
    """Places in words, safe to show: `body.items.*.price, content-type and 2 more places`."""
    words = list(dict.fromkeys("text" if place[0] == "text" else safe(".".join(place)) for place in places))
    return ", ".join(words[:5]) + (f" and {len(words) - 5} more places" if len(words) > 5 else "")


def differences(one: Answer, other: Answer) -> set[Place]:
    """All places at which two answers differ."""
    if one.status != other.status:
        return {("status",)}
    found: set[Place] = set()
    if one.kind != other.kind:
        found.add(("content-type",))
    if one.location != other.location:
        found.add(("location",))
    if (one.body, one.digest) == (other.body, other.digest):
        return found
    left, right = _parsed(one), _parsed(other)
    if left is not None and right is not None:
        return found | _json_differences(left[0], right[0], ("body",))
    if left is not None or right is not None:
        return found | {("body",)}
    return found | _text_differences(one, other)


def _status(answer: Answer) -> str:
    return str(answer.status) if answer.status else f"no answer ({safe(answer.error)})"


def _parsed(answer: Answer) -> tuple[Any] | None:
    """The JSON value of a body in a tuple, None where it is none, or too deep to look into."""
    if not answer.body or answer.digest or (answer.kind and "json" not in answer.kind.lower()):
        return None
    try:
        value = json.loads(answer.body)
        return None if _deeper(value, _DEEPEST) else (value,)
    except (ValueError, RecursionError):
        return None


def _deeper(value: Any, than: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return than <= 0 or any(_deeper(item, than - 1) for item in inner)


def _json_differences(one: Any, other: Any, at: Place) -> set[Place]:
    """Positions of lists are `*`; the order of keys says nothing; 1 is 1.0, but not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = {(*at, key) for key in one.keys() ^ other.keys()}
        for key in one.keys() & other.keys():
            found |= _json_differences(one[key], other[key], (*at, key))
        return found
    if isinstance(one, list) and isinstance(other, list):
        found = {(*at, "length")} if len(one) != len(other) else set()
        for left, right in zip(one, other, strict=False):
            found |= _json_differences(left, right, (*at, _ANY))
        return found
    return set() if one == other and isinstance(one, bool) == isinstance(other, bool) else {at}


def _text_differences(one: Answer, other: Answer) -> set[Place]:
    """The words at which two texts differ; the whole where they have not as many, or are too long to look into."""
    if one.digest or other.digest or max(len(one.body), len(other.body)) > _LONGEST:
        return {("text",)}
    left, right = (_WORD.findall(answer.body.decode("utf-8", "replace")) for answer in (one, other))
    if len(left) != len(right):
        return {("text",)}
    return {("text", str(nth)) for nth, (a, b) in enumerate(zip(left, right, strict=True)) if a != b} or {("text",)}


def _diff(one: Answer, other: Answer) -> tuple[str, ...]:
    """Both answers as a unified diff, bounded, safe to show."""
    lines = unified_diff(_lines(one), _lines(other), "baseline", "candidate", lineterm="", n=2)
    shown = [safe(line)[:200] for line, _ in zip(lines, range(_SHOWN_LINES + 1), strict=False)]
    return (*shown[:_SHOWN_LINES], "…") if len(shown) > _SHOWN_LINES else tuple(shown)


def _lines(answer: Answer) -> list[str]:
    lines = [f"status: {_status(answer)}", f"content-type: {answer.kind}", f"location: {answer.location}"]
    parsed = _parsed(answer)
    if parsed is not None:
        text = json.dumps(parsed[0], indent=1, sort_keys=True, ensure_ascii=False)
    elif b"\0" in answer.body:
        text = f"{len(answer.body)} bytes, no text, that begin with {answer.body[:16].hex()}"
    else:
        text = answer.body[: 4 * _SHOWN].decode("utf-8", "replace")
    return lines[: 3 if answer.location else 2] + text[:_SHOWN].split("\n")
