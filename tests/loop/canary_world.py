"""A ticket in canary on a clock that a test turns: its splitter and its metrics server are objects of this process."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.log_view import LogView
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.plan import NewTicket, new_ticket
from kaizen_tui.metrics.source import Counter, Counters, Instant, Past, UnreachableError, Version
from kaizen_tui.store.log_file import read_log_bytes
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.records import NewEvent, transaction
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_edit import SetText, edit_fields
from kaizen_tui.traffic.splitter import Draw, SplitterError, parts_of

COMPONENT = """\
id: web
tier: 3
owner: ada@example.org
versions: {label: version, baseline: one, canary: two}
slo:
  metrics:
    - {name: errors_pct, threshold: "5", abort_threshold: "50", unit: "%",
       sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}}
rollout: {steps: [1%, 10%, 100%], look: 15s, max_duration: 1d}
rollback_plan: systemctl restart web
"""
ADA = "Ada <ada@example.org>"


class FakeSplitter:
    """A splitter that can be away, and forget."""

    def __init__(self) -> None:
        self.given = 0.0
        self.away = False
        self.history: list[float] = []
        self.before: Callable[[float], object] = lambda _share: None

    @property
    def name(self) -> str:
        return "fake"

    def _reach(self) -> None:
        if self.away:
            raise SplitterError("HAProxy can't be reached")

    def set_share(self, fraction: float, draw: Draw) -> None:
        self._reach()
        self.before(fraction)
        self.given = fraction
        self.history.append(fraction)

    def share(self) -> float:
        self._reach()
        return self.given

    def verify(self, fraction: float, draw: Draw) -> None:
        self._reach()
        if parts_of(self.given) != parts_of(fraction):
            raise SplitterError("another share")


class FakeSource:
    """1,000 requests a second; bad shares of both versions are the test's. Counters are whole numbers."""

    def __init__(self, world: "CanaryWorld") -> None:
        self.world = world
        self.bad = {"baseline": 0.005, "canary": 0.005}
        self.away = False
        self.reach = 1.0  # how much of its share really comes to the canary
        self.empty = False
        self.measured: Callable[[str, float], float] = lambda _version, at: at  # when its newest numbers were
        self.before: Callable[[str, str], object] = lambda _component, _version: None
        self.past: Callable[[float, float, float], Past] = lambda _start, _end, _step: Past(())
        self.total = {"baseline": 0.0, "canary": 0.0}
        self.faults = {"baseline": 0.0, "canary": 0.0}

    name, width = "fake", 1

    def serve(self, seconds: float) -> None:
        share = self.world.splitter.given * self.reach
        for version, part in (("baseline", 1 - share), ("canary", share)):
            self.total[version] += 1000 * seconds * part
            self.faults[version] += 1000 * seconds * part * self.bad[version]

    def query(self, component: str, metric: str) -> str:
        return ""

    def counters(self, component: str, metric: str, at: float, version: Version = "") -> Counters:
        self.before(component, version)
        if self.away:
            raise UnreachableError("no answer")
        if self.empty:
            return Counters(at, (), "the query returned no series")
        bad, total = round(self.faults[version]), round(self.total[version])
        return Counters(self.measured(version, at), (Counter("bad", "pod", bad), Counter("total", "pod", total)))

    def past_counters(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Past:
        return self.past(start, end, step)

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        if self.away:
            raise UnreachableError("no answer")
        if self.empty or (version == "canary" and at <= self.world.began):
            return Instant(None, None, "the query returned no series")
        return Instant(self.bad.get(version, 0.0) * 100, at)

    def series(self, *_: Any) -> Any:
        raise NotImplementedError

    def events(self, *_: Any) -> Any:
        raise NotImplementedError


class CanaryWorld:
    def __init__(self, root: Path, monkeypatch: Any) -> None:
        (root / "registry/kaizen/components").mkdir(parents=True)
        self.component = root / "registry/kaizen/components/web.yml"
        self.component.write_text(COMPONENT)
        # The gates are not what is tested here: everything but the verdict's own conditions is waived.
        self.ws = Workspace(str(root))
        self.clock = datetime(2026, 5, 18, 8, 30, tzinfo=UTC)
        self.began = self.clock.timestamp()
        self.splitter = FakeSplitter()
        self.source = FakeSource(self)
        tokens = count(1)
        self.session = Session(self.ws, ADA, lambda: self.clock, lambda: f"{next(tokens):016x}")
        self.id = new_ticket(self.session, NewTicket(title="Cap it", component="web", owner="bob")).id
        monkeypatch.setattr("kaizen_tui.loop.driver.splitter_of", lambda *_: self.splitter)
        monkeypatch.setattr("kaizen_tui.loop.driver.splitter_named", lambda *_: self.splitter)
        monkeypatch.setattr("kaizen_tui.loop.learn.splitter_of", lambda *_: self.splitter)
        monkeypatch.setattr("kaizen_tui.loop.driver.source_of", lambda *_: self.source)
        monkeypatch.setattr("kaizen_tui.loop.observing.source_of", lambda *_: self.source)
        monkeypatch.setattr("kaizen_tui.loop.learn.source_of", lambda *_: self.source)
        self.enter_canary()

    def seconds(self) -> float:
        """The clock."""
        return self.clock.timestamp()

    def another(self) -> str:
        """A second ticket in canary; its id."""
        other = new_ticket(self.session, NewTicket(title="Cap it more", component="web", owner="bob")).id
        self.enter_canary(other)
        return other

    def edit(self, *changes: Any) -> None:
        """The ticket's file, changed by hand: the log doesn't hear of it."""
        path = Path(self.ws.ticket_path(self.id))
        path.write_bytes(edit_fields(path.read_bytes(), list(changes), "ticket"))

    def enter_canary(self, ticket_id: str = "") -> None:
        with transaction(self.ws, ticket_id or self.id) as tx:
            data = edit_fields(tx.data, [SetText("status", "canary")], "ticket")
            fields = {"from": "in_review", "to": "canary", "unmet": []}
            tx.commit(data=data, events=[NewEvent(ADA, "status", fields)], at=self.clock)

    def pass_time(self, seconds: float) -> None:
        self.source.serve(seconds)
        self.clock += timedelta(seconds=seconds)

    @property
    def status(self) -> str:
        return read_ticket_file(self.ws, self.id).fields.status

    @property
    def log(self) -> LogView:
        return read_log(read_log_bytes(self.ws.log_path(self.id)))

    def entries(self, *events: str) -> list[dict[str, Any]]:
        return [dict(entry.fields) for entry in self.log.events(*events)]


__all__ = ["ADA", "CanaryWorld", "KaizenError", "os"]
