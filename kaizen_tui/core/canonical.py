"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that a hash proves the value and not its spelling."""

from __future__ import annotations

import hashlib
import json

import rfc8785

MAX_DEPTH = 32  # of nested lists and objects; deeper values go the slow way
MAX_INT = 2**53 - 1  # integers beyond this lose digits in readers that have only doubles
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(obj: object) -> bytes:
    """The canonical JSON of `obj`. ValueError when it has none: NaN, integers beyond 2^53, lone surrogates."""
    # Python's own encoder writes the same bytes many times as fast where there are only ASCII keys and no floats:
    # the two differ in how they write floats and in how they order keys beyond U+FFFF.
    if _is_plain(obj, MAX_DEPTH):
        return _encode(obj).encode("utf-8")
    try:
        return rfc8785.dumps(obj)  # type: ignore[arg-type]
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None


def sha256_hex(obj: object) -> str:
    """SHA-256 of the canonical JSON of `obj`, 64 lower-case hex digits. ValueError as `canonical`."""
    return hashlib.sha256(canonical(obj)).hexdigest()


def _is_plain(obj: object, depth: int) -> bool:
    kind = type(obj)
    if kind is str or kind is bool or obj is None:
        return True
    if isinstance(obj, int):
        return kind is int and -MAX_INT <= obj <= MAX_INT
    if depth == 0:
        return False
    if isinstance(obj, dict):
        for key, value in obj.items():
            if type(key) is not str or not key.isascii() or not _is_plain(value, depth - 1):
                return False
        return True
    if isinstance(obj, list | tuple):
        return all(_is_plain(value, depth - 1) for value in obj)
    return False
