"""Which source the settings name. Light until a server is asked: takes the settings as read, not the models."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.values import Value
from kaizen_tui.metrics.simulated import SimulatedSource
from kaizen_tui.metrics.simulated_counters import Shares
from kaizen_tui.metrics.source import Counters, Events, Instant, MetricSource, Past, Series, UnreachableError, Version

if TYPE_CHECKING:
    from kaizen_tui.core.config import MetricsConfig
    from kaizen_tui.metrics.server import Server

NO_SERVER = "no metrics server configured"


class Definition(Protocol):
    """A component's file as read: its checked fields, and all that stands in it."""

    @property
    def fields(self) -> ComponentFields: ...

    @property
    def raw(self) -> Mapping[str, Value]: ...


class SilentSource:
    """Answers every question with the reason why there is no answer. Without a name there is no source at all; with
    one it can't be asked, and says so as a server does that doesn't answer."""

    def __init__(self, name: str, reason: str) -> None:
        self._name = name
        self._reason = reason

    @property
    def name(self) -> str:
        return self._name

    @property
    def reason(self) -> str:
        """Why there is no answer."""
        return self._reason

    @property
    def width(self) -> int:
        return 1

    def query(self, component: str, metric: str) -> str:
        return ""

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        return Instant(None, None, self._reason)

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        return Series(start, step, (), self._reason)

    def events(self, component: str, metric: str, start: float, end: float, version: Version = "") -> Events:
        return Events(0.0, 0.0, self._reason)

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        return Counters(at, (), self._reason)

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        return Past((), self._reason)


def configured_source(
    config: Mapping[str, Value],
    definitions: Sequence[Definition],
    *,
    folder: str = "",
    env: Mapping[str, str] | None = None,
    shares: Callable[[str], Shares | None] | None = None,
) -> MetricSource:
    """The source that `metrics:` of config.yml names; without one, a source that says that there is none.

    folder: where config.yml lies; the files it names (ca, bearer_token_file) are relative to it.
    shares: of the simulated platform's canaries, as `SimulatedSource` takes them.
    Settings that are wrong make a source that says so; `kaizen lint` has their lines.
    """
    metrics = config.get("metrics")
    if not isinstance(metrics, dict) or not metrics.get("source"):
        return SilentSource("", NO_SERVER)
    if metrics.get("source") == "simulated":
        return SimulatedSource([definition.fields for definition in definitions], shares=shares)
    from kaizen_tui.core.checker import FieldErrors
    from kaizen_tui.core.config import MetricsConfig

    name = str(metrics.get("source"))
    try:
        settings = MetricsConfig.read(metrics, ("metrics",))
    except FieldErrors as wrong:
        return SilentSource(name, "; ".join(error.message for error in wrong.errors))
    return _prometheus(settings, definitions, folder, os.environ if env is None else env)


def _prometheus(
    settings: "MetricsConfig", definitions: Sequence[Definition], folder: str, env: Mapping[str, str]
) -> MetricSource:
    from kaizen_tui.core.checker import FieldErrors
    from kaizen_tui.core.component import Component
    from kaizen_tui.metrics.prometheus import PrometheusSource

    components: list[Component] = []
    broken: dict[str, str] = {}
    for definition in definitions:
        try:
            components.append(Component.from_fields(definition.fields, definition.raw))
        except FieldErrors as wrong:
            broken[definition.fields.id] = "the component's file is wrong: " + wrong.errors[0].message
    return PrometheusSource(components, lambda: connect(settings, folder, env), broken=broken)


def connect(settings: "MetricsConfig", folder: str, env: Mapping[str, str]) -> "Server":
    """The connection that the settings describe; nothing is asked yet. Raises UnreachableError where it can't work."""
    from kaizen_tui.metrics.server import Server, ServerSettings

    ca = os.path.join(folder, settings.ca) if settings.ca else ""
    server = ServerSettings(settings.url or "", settings.headers, _token(settings, folder, env), ca, settings.timeout)
    return Server(server)


def _token(settings: "MetricsConfig", folder: str, env: Mapping[str, str]) -> Callable[[], str] | None:
    """Reads the token anew for each request: a file may be renewed while the board is open."""
    name, file = settings.bearer_token_env, settings.bearer_token_file
    if name is not None:

        def from_environment() -> str:
            token = env.get(name, "").strip()
            if not token:
                raise UnreachableError(f"${name} is not set", hint="metrics.bearer_token_env in config.yml names it")
            return _printable(token, f"${name}")

        return from_environment
    if file is not None:
        path = os.path.join(folder, file)

        def from_file() -> str:
            try:
                with open(path, encoding="ascii") as opened:
                    return _printable(opened.read(65536).strip(), path)
            except (OSError, UnicodeDecodeError) as error:
                words = error.strerror if isinstance(error, OSError) else "not plain text"
                raise UnreachableError(f"the token can't be read: {words}", where=path) from None

        return from_file
    return None


def _printable(token: str, where: str) -> str:
    if not token or not token.isascii() or not token.isprintable():
        raise UnreachableError("the token is empty or more than one line", where=where)
    return token
