"""The gate of `planned` asks a real server for each criterion's metric, and never while a ticket is locked."""

import threading
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.workspace import Workspace
from tests.cli.world import World
from tests.e2e.faulty import HANG, PASS, Faulty, answer

pytestmark = pytest.mark.e2e

WEB = """\
id: web
tier: 3
owner: backend-team
selector: {job: web}
slo:
  metrics:
    - {name: memory_mb, threshold: "200", abort_threshold: "300", sli: {type: gauge, metric: resident_bytes}}
    - {name: errors_pct, threshold: "5", abort_threshold: "50",
       sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}}
    - {name: lost_pct, threshold: "5", abort_threshold: "50", sli: {type: gauge, metric: lost_and_found}}
rollback_plan: "systemctl restart web"
"""
# The same metrics under another name: an edit may change a ticket's component.
API = WEB.replace("id: web", "id: api")


@pytest.fixture
def world(tmp_path: Path, faulty: Faulty) -> World:
    made = World(tmp_path / "platform")
    for name, text in (("web", WEB), ("api", API)):
        Path(made.ws.component_path(name)).write_text(text)
    made.config(
        f"metrics: {{source: prometheus, url: '{faulty.url}', timeout: 20s}}\ngovernance: {{enforce_from: planned}}\n"
    )
    return made


def ticket(world: World, success: str = "memory_mb <= 200 MB", abort: str = "errors_pct > 50 %") -> str:
    made = world.ok("new", "Cap the memory", "--component", "web").out.strip()
    world.ok("update", made, "--objective", "less memory", "--success-criteria", success, "--abort-criteria", abort)
    return made


def test_fresh_numbers_open_the_gate(world: World, faulty: Faulty) -> None:
    made = ticket(world)
    assert "metric" not in world.cli("why", made).out
    assert faulty.requests
    world.ok("update", made, "--status", "planned")
    assert world.ok("show", made, "--json").data["status"] == "planned"


def test_without_a_series_the_refusal_names_query_and_window_and_what_came_back(world: World) -> None:
    made = ticket(world, success="lost_pct <= 5 %")
    said = world.cli("update", made, "--status", "planned")
    assert said.code == 4
    assert "the metrics server has no number for lost_pct (the query returned no series" in said.text
    assert 'avg(lost_and_found{job="web"})' in said.text
    told = world.cli("why", made).text
    assert 'avg(lost_and_found{job="web"})' in told
    assert world.ok("show", made, "--json").data["status"] == "draft"


def test_an_idle_service_has_no_reliable_numbers(world: World) -> None:
    component = Path(world.ws.component_path("web"))
    component.write_text(WEB.replace("total: requests_total}", "total: 'requests_total{code=\"404\"}'}"))
    made = ticket(world)
    said = world.cli("update", made, "--status", "planned")
    assert said.code == 4
    assert "nothing happened in the last 5m" in said.text
    assert "[5m]" in said.text


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (answer("503 Service Unavailable", ""), "the server answers 503"),
        (answer("200 OK", "<html>"), "none of Prometheus' API"),
        (answer("401 Unauthorized", ""), "refuses the access (401"),
    ],
    ids=["busy", "page", "login"],
)
def test_a_server_that_does_not_answer_keeps_the_gate_shut(
    world: World, faulty: Faulty, mode: bytes, words: str
) -> None:
    made = ticket(world)
    faulty.mode = mode
    said = world.cli("update", made, "--status", "planned")
    assert said.code == 4
    assert words in said.text
    assert "can't be measured" in said.text
    faulty.mode = PASS
    world.ok("update", made, "--status", "planned")


def test_a_server_that_hangs_keeps_the_gate_shut(world: World, faulty: Faulty) -> None:
    world.config(f"metrics: {{source: prometheus, url: '{faulty.url}', timeout: 200ms}}\n"
                 "governance: {enforce_from: planned}\n")  # fmt: skip
    made = ticket(world)
    faulty.mode = HANG
    said = world.cli("update", made, "--status", "planned")
    assert said.code == 4
    assert "no answer within 0.2 s" in said.text


class Watch:
    """Tries the workspace's lock at each request. held: how often somebody had it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.free, self.held = 0, 0
        self._one = threading.Lock()  # two requests at once must not take each other for the holder

    def __call__(self) -> None:
        with self._one:
            try:
                with Lock(self.workspace, wait=0.0):
                    self.free += 1
            except StoreError:
                self.held += 1


def test_no_request_is_made_while_a_ticket_is_locked(world: World, faulty: Faulty) -> None:
    watch = Watch(Workspace(world.ws.root))
    with Lock(world.ws):
        watch()
    assert (watch.free, watch.held) == (0, 1)  # it notices
    watch.held = 0
    faulty.heard = watch
    made, other = ticket(world), ticket(world)
    path = world.root / "edited.yml"

    def asked(*words: str) -> None:
        before = watch.free
        world.ok(*words)
        assert watch.free > before, words
        assert watch.held == 0, words

    asked("why", made)
    asked("update", made, "--status", "planned")
    text = world.ticket(other).read_text().replace("component: web", "component: api")
    path.write_text(text.replace("status: draft", "status: planned"))
    before = watch.free
    said = world.cli("edit", other, env={"EDITOR": f"cp {path}", "VISUAL": f"cp {path}"})
    assert said.code == 0, said
    assert (watch.held, watch.free > before) == (0, True)
    assert world.ok("show", other, "--json").data["status"] == "planned"
