"""A board with a canary: its log and its observations as `kaizen run` writes them, on the board's clock."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from kaizen_tui.analysis.counters import Reading, Scrape
from kaizen_tui.loop.canary_acts import state_of
from kaizen_tui.loop.canary_record import Record
from kaizen_tui.loop.canary_standing import Follower, Standing
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.rollouts import judge_settings, plan_of
from kaizen_tui.store.records import NewEvent, transaction
from tests.tui.boards import NOW, Place

COMPONENT = """\
id: web
name: Storefront
tier: {tier}
owner: backend-team
versions: {{label: version, baseline: one, canary: two}}
slo:
  metrics:
    - {{name: errors_pct, threshold: "2", abort_threshold: "5", unit: "%",
       sli: {{type: ratio, bad: 'requests_total{{code="500"}}', total: requests_total}}}}
    - {{name: p95_ms, threshold: "300", abort_threshold: "500", unit: ms,
       sli: {{type: latency, histogram: duration_seconds, quantile: 0.95}}}}
rollout: {{splitter: edge, steps: [1%, 5%, 25%, 100%], look: 15s}}
rollback_plan: systemctl restart web
"""
BOUNDS = (0.1, 0.2, 0.3, 0.5, 1.0)
ACTOR = "controller"
LOOK = 15.0


class Canary:
    """One ticket's. begin: seconds before NOW at which it came into canary."""

    def __init__(self, place: Place, number: int = 14, *, tier: int = 2, begin: float = 1800, title: str = "") -> None:
        self.place = place
        path = Path(place.workspace.components) / "web.yml"
        path.write_text(COMPONENT.format(tier=tier), encoding="utf-8")
        self.id = place.ticket(number, "canary", title=title or "Delta encoding for broadcaster", component="web",
                               severity="high", criterion="errors_pct < 2 %")  # fmt: skip
        ticket = Path(place.workspace.ticket_path(self.id))
        text = ticket.read_text().replace("p95_latency_ms < 10", "errors_pct <= 2 %")
        ticket.write_text(text.replace("p95_latency_ms > 15", "errors_pct > 5 %") + f'uid: "{number:016x}"\n')
        self.at = NOW.timestamp() - begin
        self.totals = {"baseline": [0.0, 0.0], "canary": [0.0, 0.0]}
        self.buckets = {"baseline": [0.0] * 6, "canary": [0.0] * 6}
        self.share = 0.0
        self.record: Record | None = None
        fields = {"from": "in_review", "to": "canary", "unmet": []}
        self.log("created", title="Delta encoding", uid=f"{number:016x}")
        self.log("status", **fields)

    @property
    def session(self) -> Session:
        return Session(self.place.workspace, ACTOR, lambda: NOW, lambda: "0" * 16)

    def log(self, event: str, *, actor: str = ACTOR, **fields: Any) -> None:
        with transaction(self.place.workspace, self.id) as tx:
            at = NOW + timedelta(seconds=self.at - NOW.timestamp())
            tx.commit(data=None, events=[NewEvent(actor, event, fields)], at=at)

    def give(self, share: float, reason: str = "the first step") -> None:
        """A step, read back."""
        both = {"action": "set_share", "from": self.share, "to": share}
        self.log("rollout", **both, verified=False, reason=reason, **self.evidence())
        self.log("rollout", **both, verified=True)
        self.share = share
        if self.record is not None:
            self.record.step(share)

    def evidence(self) -> Mapping[str, Any]:
        return self.record.evidence() if self.record is not None else {}

    def looks(self, count: int, *, bad: float = 0.005, slow: float = 0.0) -> None:
        """So many looks, 1,000 requests a second. bad: the canary's share; the baseline's is 0.5 %. slow: how much of
        the canary's requests are slower than all of the baseline's."""
        if self.record is None:
            state = state_of(self.session, self.id)
            self.record = Record(self.place.workspace, self.id, state.since if state is not None else None)
            plan = plan_of(self.place.workspace, self.id)
            self.record.begin(judge_settings(plan, self.share), self.share, {})
        for _ in range(count):
            self.at += LOOK
            self._serve(bad, slow)
            scrapes = {
                "errors_pct": (self._errors("baseline"), self._errors("canary")),
                "p95_ms": (self._durations("baseline"), self._durations("canary")),
            }
            self.record.look(self.at, None, scrapes)

    def _serve(self, bad: float, slow: float) -> None:
        for version, part, share in (("baseline", 1 - self.share, 0.005), ("canary", self.share, bad)):
            events = 1000 * LOOK * part
            self.totals[version][0] += events * share
            self.totals[version][1] += events
            late = slow if version == "canary" else 0.0
            parts = (0.3, 0.4, 0.24 - late, 0.05, 0.01 + late, 0.0)
            for place, one in enumerate(parts):
                self.buckets[version][place] += events * one

    def _errors(self, version: str) -> Scrape:
        bad, total = map(round, self.totals[version])
        return Scrape(self.at, (Reading("bad", "pod", bad), Reading("total", "pod", total)))

    def _durations(self, version: str) -> Scrape:
        below, found = 0.0, []
        for bound, count in zip((*BOUNDS, float("inf")), self.buckets[version], strict=True):
            below += count
            found.append(Reading("bucket", "pod", round(below), bound))
        return Scrape(self.at, tuple(found))

    def standing(self) -> Standing:
        found = Follower(self.place.workspace, self.id).read(NOW.timestamp())
        assert found is not None
        return found
