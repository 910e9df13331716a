"""A canary whose surroundings fail, and other splitters and SLIs than the usual ones: real parts, real commands."""

import http.client
import json
import shutil
import signal
import subprocess
import threading
from itertools import count
from pathlib import Path

import pytest

from tests.cli.world import ADA, CARLA
from tests.e2e.canary_site import Site, controller, until

pytestmark = pytest.mark.e2e

BLIND = "look: 1s, max_blind: 3s"
COMMAND = """\
#!/bin/sh
# A splitter of one's own: the share stands in a file.
cd "$(dirname "$0")"
[ "$KAIZEN_ACTION" = set ] && printf '%s\\n' "$KAIZEN_SHARE" > share
cat share
"""
FLAGS = {
    "flags": {
        "new-cache": {
            "state": "ENABLED",
            "variants": {"canary": True, "baseline": False},
            "defaultVariant": "baseline",
            "targeting": {},
        },
        "other": {"state": "ENABLED", "variants": {"on": True}, "defaultVariant": "on"},
    }
}


class Driven:
    """`with Driven(site) as running:` a controller that is ended by force at the end."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.process = controller(site)

    @property
    def said(self) -> str:
        return (self.site.world.root.parent / "run.log").read_text(errors="replace")

    def __enter__(self) -> "subprocess.Popen[bytes]":
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def actions(site: Site) -> list[object]:
    return [one["action"] for one in site.log("rollout")]


def test_a_canary_that_is_twice_as_slow_goes_back(site: Site) -> None:
    site.component(
        "rollout:",
        "    - {name: p95_seconds, threshold: '2', abort_threshold: '4', unit: s,\n"
        "       sli: {type: latency, histogram: duration_seconds, quantile: 0.95}}\nrollout:",
    )
    site.load.slowness["two"] = 2.0
    site.review()
    site.world.ok("deploy", site.id)
    with Driven(site) as running:
        assert running.wait(timeout=120) == 1
    assert (site.proxy.splitter.share(), site.status()) == (0, "aborted")
    verdict = site.log("verdict")[-1]
    assert (verdict["verdict"], verdict["cause"], verdict["sli"]) == ("rollback", "evidence", "p95_seconds")
    site.world.ok("verify", site.id)


def test_a_gauge_beyond_its_limit_goes_back(site: Site) -> None:
    site.component(
        "rollout: {",
        "    - {name: waiting, threshold: '100', abort_threshold: '300', sli: {type: gauge, metric: queue_depth}}\n"
        "rollout: {slis: [errors_pct, waiting], ",
    )
    site.load.baseline.set("queue_depth", 40.0)
    site.load.canary.set("queue_depth", 42.0)
    site.review()
    # A look is about the last whole second: the gauge must have been there then.
    site.service.until(lambda: site.count("queue_depth%20offset%201s") == 2, "the gauge of both versions")
    site.world.ok("deploy", site.id)
    with Driven(site) as running:
        path = Path(site.world.ws.observations_path(site.id))
        until(lambda: path.exists() and path.read_text().count('"waiting":42') > 2, "looks at the gauge")
        assert site.proxy.splitter.share() in (0.01, 0.1)
        site.load.canary.set("queue_depth", 900.0)
        assert running.wait(timeout=120) == 1
    assert (site.proxy.splitter.share(), site.status()) == (0, "aborted")
    verdict = site.log("verdict")[-1]
    assert (verdict["verdict"], verdict["cause"]) == ("rollback", "evidence")
    assert "waiting" in str(verdict["note"])


def test_an_abort_criterion_is_acted_on_and_says_that_it_was_one(site: Site) -> None:
    site.component("rollout: {", "rollout: {alpha: 0.0000001, ")  # the judge takes its time
    site.load.bad = {"one": 0.005, "two": 0.04}
    site.review(abort="errors_pct > 2 %")
    site.world.ok("deploy", site.id)
    with Driven(site) as running:
        assert running.wait(timeout=120) == 1
    verdict = site.log("verdict")[-1]
    assert (verdict["cause"], verdict["criterion"]) == ("abort_criterion", "errors_pct > 2 %")
    assert (site.proxy.splitter.share(), site.status()) == (0, "aborted")


def test_prometheus_stopped_restarted_and_empty(site: Site) -> None:
    site.component("look: 1s", BLIND)
    site.review()
    site.world.ok("deploy", site.id)
    with Driven(site) as running:
        until(lambda: Path(site.world.ws.observations_path(site.id)).exists(), "a look")
        for empty in (False, True):
            site.prometheus.stop()
            until(lambda: site.proxy.splitter.share() == 0, "nobody has it while nobody sees it")
            assert site.status() == "canary"
            if empty:
                shutil.rmtree(site.prometheus.folder / "data")
            site.prometheus.start()
            until(lambda: site.proxy.splitter.share() > 0, "it goes on with numbers")
        assert running.poll() is None
    causes = [one["cause"] for one in site.log("rollout") if one["action"] == "pause" and one["verified"]]
    assert set(causes) == {"blind"}
    assert site.status() == "canary"
    site.world.ok("verify", site.id)


def test_prometheus_answers_on_with_numbers_that_come_in_no_more(site: Site) -> None:
    pods = site.load.baseline, site.load.canary
    for pod in pods:
        pod.passed_on = True  # only so it goes on answering: a target that is gone it marks as gone
    site.component("look: 1s", BLIND)
    site.review()
    site.world.ok("deploy", site.id)
    with Driven(site):
        path = Path(site.world.ws.observations_path(site.id))
        until(lambda: path.exists() and path.read_text().count('"total"') > 8, "looks that count")
        for pod in pods:
            pod.stick(True)
        until(lambda: site.proxy.splitter.share() == 0, "nobody has it while nobody sees it")
        assert site.count("requests_total") > 0
        for pod in pods:
            pod.stick(False)
        until(lambda: site.proxy.splitter.share() > 0, "it goes on with numbers")
    causes = [one["cause"] for one in site.log("rollout") if one["action"] == "pause" and one["verified"]]
    assert set(causes) == {"blind"}


def test_haproxy_stopped_is_said_at_once_and_restarted_it_has_the_share_again(site: Site) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    driven = Driven(site)
    with driven:
        until(lambda: Path(site.world.ws.observations_path(site.id)).exists(), "a look")
        site.proxy.stop()
        until(lambda: "lost" in actions(site), "it is logged")
        assert "HAProxy can't be reached" in str(site.log("rollout")[-1]["reason"])
        until(lambda: "HAProxy can't be reached" in driven.said, "it is said")
        Path(site.proxy.site.limit_map).write_text("limit 0\n")  # it comes back without its share
        site.proxy.start()
        until(lambda: "found" in actions(site), "it is there again")
        until(lambda: site.proxy.splitter.share() in (0.01, 0.1), "the share is set again")
        assert site.status() == "canary"


def test_the_second_controller_waits_and_takes_over_when_the_first_is_killed(site: Site) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    first = Driven(site)
    with first:
        until(lambda: "wait" in first.said, "the first one looks")
        second = Driven(site)
        with second as running:
            until(lambda: f"process {first.process.pid} drives it; waiting" in second.said, "the second one waits")
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            site.load.bad["two"] = 0.2
            assert running.wait(timeout=120) == 1
    assert (site.proxy.splitter.share(), site.status()) == (0, "aborted")
    ups = [one["to"] for one in site.log("rollout") if one["action"] == "set_share" and one["verified"]]
    assert ups == sorted(set(ups))
    site.world.ok("verify", site.id)


class Users:
    """People who ask HAProxy on and on, each on a connection of its own. lost: what wasn't answered well."""

    def __init__(self, port: int, people: int) -> None:
        self.asked, self.lost = 0, list[str]()
        self._port = port
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(people)]

    def _ask(self, person: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        for number in count():
            if self._over.is_set():
                break
            try:
                connection.request("GET", "/", headers={"Cookie": f"uid={person}-{number % 500}"})
                answer = connection.getresponse()
                answer.read()
                wrong = "" if answer.status == 200 else str(answer.status)
            except OSError as error:
                wrong = str(error) or type(error).__name__
                connection.close()
            with self._lock:
                self.asked += 1
                if wrong:
                    self.lost.append(wrong)
        connection.close()

    def __enter__(self) -> "Users":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_no_request_is_lost_from_the_first_step_to_the_release_and_back(site: Site) -> None:
    site.review()
    with Users(site.proxy.port, 3) as users:
        site.world.ok("deploy", site.id)
        with Driven(site) as running:
            site.service.until(lambda: bool(site.log("verdict")), "a verdict")
            site.world.ok("pause", site.id)
            site.world.ok("resume", site.id)
            site.world.ok("approve", site.id, actor=CARLA)
            assert running.wait(timeout=120) == 0
    assert site.proxy.splitter.share() == 1
    assert users.asked > 100
    assert users.lost == []


@pytest.mark.parametrize("kind", ["flagd", "command"])
def test_another_splitter_starts_by_itself_climbs_and_goes_back(site: Site, kind: str) -> None:
    folder = site.world.root
    if kind == "flagd":
        path = folder / "flags.json"
        path.write_text(json.dumps(FLAGS))
        splitter = "{type: flagd, file: flags.json, flag: new-cache}"

        def share() -> float:
            rule = json.loads(path.read_text())["flags"]["new-cache"]["targeting"]
            return float(rule["fractional"][1][1]) / 10_000 if rule else 0.0
    else:
        script = folder / "share.sh"
        script.write_text(COMMAND)
        script.chmod(0o755)
        (folder / "share").write_text("0\n")
        splitter = "{type: command, command: [./share.sh]}"

        def share() -> float:
            return float((folder / "share").read_text() or 0)

    site.load.share = share
    site.component("rollout: {splitter: edge,", "rollout: {splitter: mine, auto: true,")
    config = Path(site.world.ws.config_path).read_text()
    site.world.config(config + f"  mine: {splitter}\n")
    site.world.ok("trust")
    site.review()
    with Driven(site) as running:
        site.service.until(lambda: share() == 0.1, "it starts and climbs by itself")
        site.load.bad["two"] = 0.3
        assert running.wait(timeout=120) == 1
    assert (share(), site.status()) == (0, "aborted")
    ups = [one["to"] for one in site.log("rollout") if one["action"] == "set_share" and one["verified"]]
    assert ups == [0.01, 0.1]
    assert {one["splitter"] for one in site.log("rollout") if one["action"] == "set_share"} == {"mine"}
    if kind == "flagd":
        assert json.loads((folder / "flags.json").read_text())["flags"]["other"] == FLAGS["flags"]["other"]


def test_one_canary_at_a_time_at_one_splitter_also_while_it_is_paused(site: Site) -> None:
    site.review()
    first = site.id
    site.world.ok("deploy", first)
    site.world.ok("pause", first, "--note", "lunch", actor=ADA)
    site.world.git("checkout", "-q", "-")
    site.review()
    said = site.world.cli("deploy", site.id)
    assert said.code == 4
    assert f"{first} is in canary at the splitter edge" in said.text
    assert site.status() == "in_review"
    site.world.ok("abort", first, "--note", "enough", actor=ADA)
    site.world.ok("deploy", site.id)
    assert site.proxy.splitter.share() == 0.01
