"""The receivers that `notify:` of config.yml names."""

import json
import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.notify.command import Command
from kaizen_tui.notify.sender import Message, Outcome, Sender
from kaizen_tui.notify.signature import HOW, secrets_of
from kaizen_tui.store import files
from kaizen_tui.store.trust import fingerprint, is_trusted
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.core.config import Config, Notify, Webhook
    from kaizen_tui.notify.webhook import WebhookSender

NOT_TRUSTED = "nobody trusted this config.yml on this machine; read it, then `kaizen trust`"


class Receiver(NamedTuple):
    """name: its place in config.yml. key: the same as long as it is the same receiver. shown: what it is, for people.

    chat: the text may be shown by a chat program.
    """

    name: str
    key: str
    shown: str
    events: frozenset[str]
    chat: bool
    sender: Sender


def address_of(webhook: "Webhook") -> str:
    """Where a webhook's address is from, for people; the address itself where config.yml has it."""
    if webhook.url is not None:
        return webhook.url
    return f"the address in ${webhook.url_env}" if webhook.url_env is not None else f"the address in {webhook.url_file}"


def receivers_of(config: "Config", workspace: Workspace, env: Mapping[str, str]) -> tuple[Receiver, ...]:
    """One for each command and address, whatever number of entries names it. They send only while config.yml is, byte
    for byte, what it is now, and trusted."""
    mark = fingerprint(workspace)
    found: dict[str, Receiver] = {}
    for nth, notify in enumerate(config.notify):
        key = _key(notify)
        before = found.get(key)
        if before is not None:
            found[key] = before._replace(events=before.events | set(notify.on))
            continue
        shown = (
            address_of(notify.webhook)
            if notify.webhook is not None
            else f"the command {notify.command[0]}"
            if (notify.command)
            else ""
        )
        sender = Trusted(_sender(notify, workspace, env), workspace, env, mark)
        found[key] = Receiver(f"notify[{nth}]", key, shown, frozenset(notify.on), notify.webhook is not None, sender)
    return tuple(found.values())


class Trusted:
    """Lets a sender act only under the settings that it is from, and while they are trusted."""

    def __init__(self, sender: Sender, workspace: Workspace, env: Mapping[str, str], mark: str) -> None:
        self._sender = sender
        self._workspace = workspace
        self._env = env
        self._mark = mark

    def fault(self) -> str:
        return self._sender.fault() if is_trusted(self._workspace, self._env) else NOT_TRUSTED

    def send(self, message: Message, now: float) -> Outcome:
        if fingerprint(self._workspace) != self._mark:
            return Outcome("unreachable", "config.yml has changed")
        if not is_trusted(self._workspace, self._env):
            return Outcome("unreachable", NOT_TRUSTED)
        return self._sender.send(message, now)


def _key(notify: "Notify") -> str:
    webhook = notify.webhook
    where = [] if webhook is None else [webhook.url, webhook.url_env, webhook.url_file]
    return sha256(json.dumps([notify.command, where]).encode()).hexdigest()[:12]


def _sender(notify: "Notify", workspace: Workspace, env: Mapping[str, str]) -> Sender:
    if notify.webhook is not None:
        return _Later(notify.webhook, workspace.registry, env, notify.timeout)
    return Command(notify.command or (), workspace.root, env, notify.timeout)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe without a writer must not hold whoever asks


class _Later:
    """A webhook; what it needs is imported when it is used."""

    def __init__(self, webhook: "Webhook", folder: str, env: Mapping[str, str], timeout: float) -> None:
        self._webhook = webhook
        self._folder = folder
        self._env = env
        self._timeout = timeout

    def _made(self) -> "WebhookSender":
        from kaizen_tui.notify.webhook import Target, WebhookSender

        one = self._webhook
        ca = os.path.join(self._folder, one.ca) if one.ca else ""
        return WebhookSender(Target(self._address(), self._secrets(), ca, self._timeout))

    def fault(self) -> str:
        return self._made().fault()

    def send(self, message: Message, now: float) -> Outcome:
        return self._made().send(message, now)

    def _address(self) -> Callable[[], str]:
        one = self._webhook
        if one.url is not None:
            address = one.url
            return lambda: address

        def read() -> str:
            text, where = self._text(one.url_env, one.url_file)
            if not text.startswith(("http://", "https://")) or not text.isascii() or any(map(str.isspace, text)):
                raise ValueError(f"what stands in {where} is no address such as https://hooks.example.org/…")
            return text

        return read

    def _secrets(self) -> Callable[[], tuple[bytes, ...]]:
        one = self._webhook

        def read() -> tuple[bytes, ...]:
            if one.secret_env is None and one.secret_file is None:
                return ()
            text, where = self._text(one.secret_env, one.secret_file)
            try:
                return secrets_of(text)
            except ValueError as error:
                raise ValueError(f"the secret in {where} can't be used: {error}; {HOW}") from None

        return read

    def _text(self, name: str | None, file: str | None) -> tuple[str, str]:
        """What a variable or a file holds, and where that is. Raises ValueError."""
        if name is not None:
            text = self._env.get(name, "").strip()
            if not text:
                raise ValueError(f"${name} is not set")
            return text, f"${name}"
        path = os.path.join(self._folder, file or "")
        try:
            with open(path, "rb", opener=_at_once) as opened:
                return opened.read(65536).decode("ascii").strip(), file or ""
        except OSError as error:
            raise ValueError(f"{file} can't be read: {files.in_words(error, 'cannot read', path).what}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{file} is no plain text") from None
