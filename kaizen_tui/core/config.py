"""config.yml, typed (pydantic). Every key is optional; an unknown one is an error that names the nearest known one."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from kaizen_tui.core.typed import Argv, Bytes, Flag, Integer, Span, StrictBlock, Text
from kaizen_tui.core.values import Value, quoted

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ACTION_ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
DEFAULT_APPROVALS = {0: 2, 1: 1, 2: 1, 3: 1}


def _bare(text: str, instead: str) -> str:
    """An address that may be shown in messages."""
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise ValueError(f"a name or a password in an address doesn't belong here; use {instead}")
    return _url(text)


def _server_url(text: str) -> str:
    return _bare(text, "bearer_token_env or headers")


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or any(char.isspace() for char in text):
        raise ValueError(f"{quoted(text)} is no URL such as http://localhost:9090")
    return text


def _env_name(text: str) -> str:
    if _ENV_NAME.fullmatch(text) is None:
        raise ValueError(f"{quoted(text)} is no name of an environment variable; the token itself doesn't belong here")
    return text


def _header_name(text: str) -> str:
    if _HEADER_NAME.fullmatch(text) is None:
        raise ValueError(f"{quoted(text)} is no header name")
    return text


def _header_value(text: str) -> str:
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        raise ValueError("a header's value is one line")
    return text


def _action_id(text: str) -> str:
    if _ACTION_ID.fullmatch(text) is None:
        raise ValueError(f"{quoted(text)} is no action id such as ticket.approve")
    return text


Tier = Annotated[Integer, Field(ge=0, le=3)]


class MetricsConfig(StrictBlock):
    """Where numbers come from. headers: sent with every query. The token comes from a variable or a file, never from
    here. ca: a PEM file. timeout, refresh: seconds."""

    source: Literal["prometheus", "simulated"]
    url: Annotated[Text, AfterValidator(_server_url)] | None = None
    headers: dict[Annotated[str, AfterValidator(_header_name)], Annotated[str, AfterValidator(_header_value)]] = Field(
        default_factory=dict
    )
    bearer_token_env: Annotated[str, AfterValidator(_env_name)] | None = None
    bearer_token_file: Text | None = None
    ca: Text | None = None
    timeout: Span = 3.0
    refresh: Span = 15.0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.source == "prometheus" and self.url is None:
            raise ValueError("source prometheus needs a `url`")
        if self.bearer_token_env is not None and self.bearer_token_file is not None:
            raise ValueError("has both bearer_token_env and bearer_token_file; keep one of them")
        return self


class Governance(StrictBlock):
    """Who must agree, and from which status on a gate refuses.

    approvals: tier -> how many people. owner_may_approve: tiers where the owner's own approval counts.
    approvers: patterns of people whose approval counts.
    """

    enforce_from: Literal["planned", "in_progress", "in_review", "canary", "complete"] = "canary"
    approvals: dict[Tier, Annotated[Integer, Field(ge=0, le=20)]] = Field(default_factory=DEFAULT_APPROVALS.copy)
    owner_may_approve: tuple[Tier, ...] = (3,)
    approvers: Annotated[tuple[Text, ...], Field(min_length=1)] = ("*",)
    require_signature: Flag = False

    @model_validator(mode="after")
    def _all_tiers(self) -> Self:
        for tier, count in DEFAULT_APPROVALS.items():
            self.approvals.setdefault(tier, count)
        return self


def _pattern(text: str) -> str:
    parts = text.split("/")
    if text.startswith("/") or ".." in parts or not any(part not in ("", ".") for part in parts):
        raise ValueError(f"{quoted(text)} is no path within the repository, such as src/** or docs")
    return text


def _absolute(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError(f"{quoted(text)} is no absolute path")
    return text


class Generator(StrictBlock):
    """A command that proposes a change, run in the sandbox.

    pass_env: variables of this machine that it gets. read_only: what it sees beside the system's programs. time,
    memory, pids, disk: what it may take; None is the sandbox's default. paths, max_files, max_bytes: which diffs are
    taken.
    """

    command: Argv
    network: Literal["none", "host"] = "none"
    pass_env: tuple[Annotated[Text, AfterValidator(_env_name)], ...] = ()
    read_only: tuple[Annotated[Text, AfterValidator(_absolute)], ...] = ()
    time: Span | None = None
    memory: Bytes | None = None
    pids: Annotated[Integer, Field(ge=1, le=100_000)] | None = None
    disk: Bytes | None = None
    paths: tuple[Annotated[Text, AfterValidator(_pattern)], ...] = ()
    max_files: Annotated[Integer, Field(ge=1, le=10_000)] = 100
    max_bytes: Annotated[Bytes, Field(le=64 << 20)] = 1 << 20


class Sandboxing(StrictBlock):
    """What holds the commands of an evaluation. `container`: Kaizen itself runs in a container that is thrown away
    afterwards; `unsafe-local`: nothing. With these two a score-card doesn't open the canary's gate.

    network: `host` lets an `evaluation:` ask for the network.
    """

    mode: Literal["bubblewrap", "container", "unsafe-local"] = "bubblewrap"
    network: Literal["none", "host"] = "none"


class HaproxySplitter(StrictBlock):
    """HAProxy's runtime socket and the two maps that hold the share and the salt."""

    type: Literal["haproxy"]
    socket: Text
    limit_map: Text
    salt_map: Text


class FlagdSplitter(StrictBlock):
    """A flagd flag file and the flag in it that tells the canary's users."""

    type: Literal["flagd"]
    file: Text
    flag: Text


class CommandSplitter(StrictBlock):
    """A command that sets the share, which it finds in KAIZEN_SHARE."""

    type: Literal["command"]
    command: Argv


Splitter = Annotated[HaproxySplitter | FlagdSplitter | CommandSplitter, Field(discriminator="type")]


def _plain_url(text: str) -> str:
    return _bare(text, "url_env or url_file")


NotifyEvent = Literal["verdict", "approval_needed", "rollback", "complete", "hold", "blind", "lost"]


class Webhook(StrictBlock):
    """An address that events are posted to. It is `url`, or stands in a variable or a file where it is a secret itself.

    secret_env, secret_file: where the key of the signature is; neither: unsigned. Files are relative to the settings.
    ca: a PEM file.
    """

    url: Annotated[Text, AfterValidator(_plain_url)] | None = None
    url_env: Annotated[str, AfterValidator(_env_name)] | None = None
    url_file: Text | None = None
    secret_env: Annotated[str, AfterValidator(_env_name)] | None = None
    secret_file: Text | None = None
    ca: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(one is not None for one in (self.url, self.url_env, self.url_file)) != 1:
            raise ValueError("needs one of url, url_env, url_file")
        if self.secret_env is not None and self.secret_file is not None:
            raise ValueError("has both secret_env and secret_file; keep one of them")
        return self


class Notify(StrictBlock):
    """Who is told of which events: a command that finds the event on its standard input, or a webhook.

    timeout: seconds that one attempt may take.
    """

    on: Annotated[tuple[NotifyEvent, ...], Field(min_length=1)]
    command: Argv | None = None
    webhook: Webhook | None = None
    timeout: Annotated[Span, Field(le=60)] = 10.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.command is None) == (self.webhook is None):
            raise ValueError("needs one of command, webhook")
        return self


class Config(StrictBlock):
    """The settings of a workspace.

    metrics: None when no metrics server is configured. keys: action id -> key.
    wip: status -> how many tickets at once are too many beyond (shown on the board; nothing refuses because of it).
    """

    metrics: MetricsConfig | None = None
    governance: Governance = Field(default_factory=Governance)
    generators: dict[Text, Generator] = Field(default_factory=dict)
    sandbox: Sandboxing = Field(default_factory=Sandboxing)
    splitters: dict[Text, Splitter] = Field(default_factory=dict)
    notify: tuple[Notify, ...] = ()
    keys: dict[Annotated[str, AfterValidator(_action_id)], Text] = Field(default_factory=dict)
    theme: Text = "kaizen-dark"
    wip: dict[Literal["draft", "planned", "in_progress", "in_review", "canary"], Annotated[Integer, Field(ge=1)]] = (
        Field(default_factory=dict)
    )

    @classmethod
    def from_raw(cls, raw: Mapping[str, Value]) -> Self:
        """The settings from the raw file. Raises FieldErrors, each with the path of the setting."""
        return cls.read(dict(raw))
