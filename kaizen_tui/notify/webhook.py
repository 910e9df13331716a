"""An event to an address: POST of JSON, signed. No redirect is followed, no proxy or .netrc of the environment used.

What goes wrong is told without the address and without the answer's body: an address of a chat program is a secret, and
some servers repeat it. Imported in the sending thread: requests is slow to import.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import requests
from urllib3.exceptions import HTTPError, NameResolutionError
from urllib3.util.retry import Retry

from kaizen_tui import __version__
from kaizen_tui.core.text import safe
from kaizen_tui.metrics.ending import EndingAdapter
from kaizen_tui.notify.sender import DELIVERED, Message, Outcome
from kaizen_tui.notify.signature import signed_headers

_NOT_THIS_ONE = (400, 413, 422)


class Target(NamedTuple):
    """address, secrets: called for each attempt, so that a new one counts; raise ValueError with words that don't
    quote them. ca: path of a PEM file, "" for the system's. timeout: seconds that an attempt may take in all."""

    address: Callable[[], str]
    secrets: Callable[[], tuple[bytes, ...]]
    ca: str
    timeout: float


class WebhookSender:
    """clock: monotonic seconds."""

    def __init__(self, target: Target, clock: Callable[[], float] = time.monotonic) -> None:
        self._target = target
        self._clock = clock

    def fault(self) -> str:
        try:
            address = self._target.address()
            self._target.secrets()
            requests.Request("POST", address).prepare()
        except ValueError as error:
            return _words_of_setup(error)
        if not self._target.ca:
            return ""
        try:
            ssl.create_default_context(cafile=self._target.ca)
        except OSError as error:  # ssl.SSLError is one
            return f"the CA file can't be used: {safe(error.strerror or 'no PEM file')}"
        return ""

    def send(self, message: Message, now: float) -> Outcome:
        try:
            address, secrets = self._target.address(), self._target.secrets()
            request = requests.Request("POST", address, data=message.body, headers=self._headers(message, now, secrets))
            prepared = request.prepare()
        except ValueError as error:
            return Outcome("unreachable", _words_of_setup(error))
        end = self._clock() + self._target.timeout
        adapter = EndingAdapter(lambda: end - self._clock(), Retry(0, read=False), 1)
        try:
            # The adapter itself: no redirect is followed, no cookie kept.
            with adapter.send(
                prepared, stream=True, timeout=self._target.timeout, verify=self._target.ca or True
            ) as response:
                return _outcome(response.status_code, response.headers.get("Retry-After", ""))
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            return Outcome("unreachable", _words(error, self._target.timeout))
        finally:
            adapter.close()

    def _headers(self, message: Message, now: float, secrets: tuple[bytes, ...]) -> dict[str, str]:
        own = {"Content-Type": "application/json", "User-Agent": f"kaizen/{__version__}"}
        return own | signed_headers(message.id, int(now), message.body, secrets)


def _outcome(status: int, retry_after: str) -> Outcome:
    if 200 <= status < 300:
        return DELIVERED
    if 300 <= status < 400:
        return Outcome("unreachable", f"it sends elsewhere ({status}), which is not followed")
    if status in _NOT_THIS_ONE:
        return Outcome("refused", f"it refuses the event ({status})")
    asked = float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 9 else 0.0
    return Outcome("unreachable", f"it answers {status}", asked)


def _words_of_setup(error: ValueError) -> str:
    """requests' own words quote the address."""
    return "the address is none" if isinstance(error, requests.exceptions.RequestException) else str(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        reason = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        inner = reason if isinstance(reason, BaseException) else inner.__cause__ or inner.__context__


def _words(error: BaseException, timeout: float) -> str:
    for inner in _causes(error):
        if isinstance(inner, TimeoutError | requests.exceptions.Timeout):
            return f"no answer within {timeout:g} s"
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"its certificate isn't trusted: {safe(inner.verify_message)}"
        if isinstance(inner, ssl.SSLError):
            return f"no TLS with it: {safe(str(inner.reason or 'failed')).lower().replace('_', ' ')}"
        if isinstance(inner, NameResolutionError):
            return "its name can't be resolved"
        if isinstance(inner, OSError) and inner.errno and inner.strerror:
            return inner.strerror[:1].lower() + inner.strerror[1:]
    return "the connection failed"
