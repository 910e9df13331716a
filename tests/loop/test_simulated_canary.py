"""Canaries driven on the simulated platform, with a flag file as their splitter: nothing is needed, no time passes."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kaizen_tui.core.canary_state import shares_over_time
from kaizen_tui.core.promotion_log import read_log
from kaizen_tui.loop.context import Session, random_token, utc_now
from kaizen_tui.loop.deploy import deploy
from kaizen_tui.loop.driver import Driver, Report
from kaizen_tui.loop.observe import shares_given
from tests.cli.world import BOB, CARLA, SPEC, World

COMPONENT = """\
id: {id}
tier: 2
owner: backend-team
versions: {{label: version, baseline: one, canary: two}}
slo:
  metrics:
    - {{name: errors_pct, threshold: "1", abort_threshold: "50", unit: "%",
       sli: {{type: ratio, bad: 'requests_total{{code="500"}}', total: requests_total}}}}
    - {{name: p95_ms, threshold: "100", abort_threshold: "900", unit: ms,
       sli: {{type: latency, histogram: duration_ms, quantile: 0.95}}}}
rollout: {{splitter: {id}, steps: [5%, 25%, 100%], look: 10s}}
rollback_plan: systemctl restart web
"""
# The first component that has versions gets a worse canary, the second one a better one, the others equal ones.
WORSE, BETTER, EQUAL = "aaa", "bbb", "ccc"
FLAG = {"state": "ENABLED", "variants": {"baseline": 1, "canary": 2}, "defaultVariant": "baseline", "targeting": {}}
SPLITTER = "  {id}: {{type: flagd, file: flags.json, flag: {id}}}\n"


class Simulated:
    """A workspace with simulated numbers, on a clock that only `pause` turns."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.world = world = World(root)
        Path(world.ws.component_path("pcc-main")).unlink()
        ids = (WORSE, BETTER, EQUAL)
        for one in ids:
            Path(world.ws.component_path(one)).write_text(COMPONENT.format(id=one))
        (root / "flags.json").write_text(json.dumps({"flags": dict.fromkeys(ids, FLAG)}))
        splitters = "".join(SPLITTER.format(id=one) for one in ids)
        world.config("metrics: {source: simulated}\nsplitters:\n" + splitters)
        world.git("init", "-q")
        world.git("commit", "-q", "--allow-empty", "-m", "first")
        world.ok("trust")
        self.env = env
        self.now = utc_now()
        self.reports: list[Report] = []
        self.drivers: dict[str, Driver] = {}

    def session(self, actor: str = "controller") -> Session:
        return Session(self.world.ws, actor, lambda: self.now, random_token)

    def canary(self, component: str) -> str:
        """A ticket about it whose canary has begun."""
        world = self.world
        ticket_id = world.ok("new", "Cap it", "--component", component, "--owner", "Ada Lovelace").out.strip()
        world.ok("update", ticket_id, "--objective", "less", "--success-criteria", "errors_pct <= 5 %",
                 "--abort-criteria", "errors_pct > 50 %")  # fmt: skip
        Path(world.ws.spec_path(ticket_id)).write_text(SPEC)
        world.ok("update", ticket_id, "--status", "planned")
        world.ok("approve", ticket_id, actor=BOB)
        world.ok("update", ticket_id, "--status", "in_review")
        world.score_card(ticket_id, world.candidate(ticket_id))
        world.ok("approve", ticket_id, actor=BOB)
        assert deploy(self.session(), ticket_id, None, self.env).allowed
        return ticket_id

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(1.0, seconds))

    def drive(self, ticket_id: str, looks: int) -> str:
        """So many looks at the most; the last one's word for how it is judged, or the ticket's end."""
        driver = self.drivers.setdefault(ticket_id, Driver(self.session(), ticket_id, self.env))
        for _ in range(looks):
            self.pause(10)
            last = driver.tick()
            self.reports.append(last)
            if last.ended or (last.state is not None and last.state.verdict == "promote"):
                break
        return last.status if last.ended else last.judged.answer

    def share(self, component: str) -> float:
        """What the flag file gives the canary."""
        flags: dict[str, Any] = json.loads((self.world.root / "flags.json").read_text())["flags"]
        targeting = flags[component]["targeting"]
        return targeting["fractional"][1][1] / 10_000 if targeting else 0.0

    def shares(self, ticket_id: str) -> list[float]:
        log = read_log(Path(self.world.ws.log_path(ticket_id)).read_bytes())
        assert log.problems == ()
        return [share for _, share in shares_over_time(log)]


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Simulated(tmp_path / "platform", os.environ)


def test_a_worse_canary_is_rolled_back_and_the_ticket_aborted(simulated: Simulated) -> None:
    ticket_id = simulated.canary(WORSE)
    assert simulated.share(WORSE) == 0.05
    assert simulated.drive(ticket_id, 30) == "aborted"
    assert simulated.share(WORSE) == 0.0
    assert simulated.shares(ticket_id) == [0.0, 0.05, 0.0]
    simulated.world.ok("verify", ticket_id)


@pytest.mark.parametrize("component", [BETTER, EQUAL])
def test_a_good_canary_climbs_waits_for_the_approval_and_is_released(simulated: Simulated, component: str) -> None:
    ticket_id = simulated.canary(component)
    assert simulated.drive(ticket_id, 60) == "promote"
    assert simulated.share(component) == 0.25
    assert not any(report.trouble for report in simulated.reports[1:])  # at the first one there is nothing to compare
    looks = len(simulated.reports)
    simulated.drive(ticket_id, 3)
    assert simulated.reports[-1].acts[-1].kind == "wait"
    assert len(simulated.reports) > looks
    assert simulated.share(component) == 0.25
    simulated.now = max(simulated.now, utc_now())
    simulated.world.ok("approve", ticket_id, actor=CARLA)
    simulated.pause(10)
    assert simulated.drive(ticket_id, 3) == "complete"
    assert simulated.shares(ticket_id) == [0.0, 0.05, 0.25, 1.0]
    simulated.world.ok("verify", ticket_id)


def test_the_traffic_of_a_component_follows_its_latest_canary(simulated: Simulated) -> None:
    ws = simulated.world.ws
    assert shares_given(ws, WORSE) == ()
    first = simulated.canary(WORSE)
    simulated.drive(first, 30)
    simulated.pause(60)
    began = simulated.now.timestamp()
    simulated.canary(WORSE)
    given = shares_given(ws, WORSE)
    assert [share for _, share in given] == [0.0, 0.05, 0.0, 0.0, 0.05]
    assert list(given) == sorted(given)
    assert given[-1][0] == float(int(began))
    assert shares_given(ws, BETTER) == ()
