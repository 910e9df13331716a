"""Signatures of Standard Webhooks (https://www.standardwebhooks.com, version 1): HMAC-SHA256 over id, time and body.

A receiver that checks `webhook-timestamp` against its clock and remembers each `webhook-id` takes nothing twice.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
_LEAST, _MOST = 24, 64  # bytes of a secret, as the standard has it
HOW = "make one: echo whsec_$(openssl rand -base64 32)"


def secrets_of(text: str) -> tuple[bytes, ...]:
    """The secrets in a text: one, or several between blanks while an old one is being replaced.

    Raises ValueError, which never quotes them.
    """
    words = text.split()
    if not words:
        raise ValueError("it is empty")
    return tuple(_secret(word) for word in words)


def _secret(word: str) -> bytes:
    try:
        secret = base64.b64decode(word.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is no base64 text after `whsec_`") from None
    if not _LEAST <= len(secret) <= _MOST:
        raise ValueError(f"it has {len(secret)} bytes, not {_LEAST} to {_MOST}")
    return secret


def signed_headers(event_id: str, at: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers; without secrets the two that name the event. at: epoch seconds of this attempt."""
    headers = {"webhook-id": event_id, "webhook-timestamp": str(at)}
    content = f"{event_id}.{at}.".encode() + body
    if secrets:
        macs = (hmac.new(secret, content, hashlib.sha256).digest() for secret in secrets)
        headers["webhook-signature"] = " ".join("v1," + base64.b64encode(mac).decode() for mac in macs)
    return headers
