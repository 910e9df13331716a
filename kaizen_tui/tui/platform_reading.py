"""The platform in memory: settings and components read again when their files changed, then the source asked."""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence

from kaizen_tui.core.criterion_text import Reading
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.fields import ComponentFields
from kaizen_tui.core.values import Value
from kaizen_tui.core.wip import wip_limits
from kaizen_tui.metrics.configured import Definition, configured_source
from kaizen_tui.metrics.live import Live, read_live
from kaizen_tui.metrics.platform import DEFAULT_REFRESH, EVERYTHING, Looked, Platform, PlatformReader, refresh_of
from kaizen_tui.metrics.source import MetricSource
from kaizen_tui.store.workspace import Workspace

Fingerprint = tuple[tuple[str, int, int, int], ...]


class WorkspacePlatform:
    """What is known of a workspace's components. `read` is called in one worker thread at a time, the rest in any.

    limits: of work in progress, by status. refresh: seconds between two readings.
    """

    def __init__(self, workspace: Workspace, reader: PlatformReader | None = None) -> None:
        self._workspace = workspace
        self.reader = reader if reader is not None else PlatformReader(self._source)
        self._seen: Fingerprint | None = None
        self._configuring = threading.Lock()
        self.limits: dict[str, int] = {}
        self.refresh = DEFAULT_REFRESH

    @property
    def pause(self) -> float:
        """Seconds until the next reading."""
        return self.reader.pause(self.refresh)

    def _source(self, config: Mapping[str, Value], definitions: Sequence[Definition]) -> MetricSource:
        return configured_source(config, definitions, folder=self._workspace.registry)

    def read(self, now: float, as_of: float | None, looked: Looked = EVERYTHING) -> Platform:
        """Every component at an instant (epoch seconds; None: now). looked: what is on the screen."""
        with self._configuring:
            self._reconfigure()
        return self.reader.read(now, as_of, looked)

    @property
    def source(self) -> MetricSource:
        """The source that the settings name now."""
        with self._configuring:
            self._reconfigure()
        return self.reader.source

    def live(
        self, component: ComponentFields, readings: Iterable[Reading], at: float, status: str = ""
    ) -> dict[str, Live]:
        """What criteria measure at an instant (epoch seconds), of a ticket with this status. May take as long as a
        server does."""
        source = self.source
        if not source.name:  # nothing to say of each criterion: the header says that there is no source
            return {}
        return read_live(source, component, readings, at, self.reader.trouble, status=status)

    def _reconfigure(self) -> None:
        """Reads the registry when a file of it is another. What is wrong with it, the board's problems say; here the
        last right settings and the components that can be read count."""
        from kaizen_tui.store.reading import list_components, read_config_file

        seen = self._fingerprint()
        if seen == self._seen:
            return
        try:
            files, _ = list_components(self._workspace)
        except KaizenError:
            return
        self._seen = seen
        try:
            config: dict[str, Value] = read_config_file(self._workspace)
        except KaizenError:
            config = {}
        self.limits, self.refresh = wip_limits(config), refresh_of(config)
        self.reader.configure(config, files)

    def _fingerprint(self) -> Fingerprint:
        paths = [self._workspace.config_path]
        try:
            with os.scandir(self._workspace.components) as found:
                paths += [entry.path for entry in found]
        except OSError:
            pass  # no folder, no components: list_components says the same
        return tuple(_stamp(path) for path in sorted(paths))


def _stamp(path: str) -> tuple[str, int, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return path, 0, 0, 0
    return path, status.st_mtime_ns, status.st_size, status.st_ino
