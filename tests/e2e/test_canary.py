"""A canary from review to its end: real HAProxy, real Prometheus, the commands as people type them."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kaizen_tui.core.canary_state import canary_state
from kaizen_tui.core.promotion_log import read_log
from tests.cli.world import ADA, CARLA
from tests.e2e.canary_site import Site, controller

pytestmark = pytest.mark.e2e

KILLS = min(100, int(os.environ.get("KAIZEN_KILLS", "100")))


def test_a_bad_canary_is_back_at_nobody_and_the_ticket_is_aborted(site: Site) -> None:
    site.load.bad["two"] = 0.05
    site.review()
    site.world.ok("deploy", site.id)
    assert site.proxy.splitter.share() == 0.01
    running = controller(site)
    assert running.wait(timeout=120) == 1
    assert site.proxy.splitter.share() == 0
    assert site.proxy.canary_users(range(300)) == set()
    assert site.status() == "aborted"
    verdict = site.log("verdict")[-1]
    assert (verdict["verdict"], verdict["sli"]) == ("rollback", "errors_pct")
    assert site.log("rollout")[-1]["verified"] is True
    site.world.ok("verify", site.id)


def test_a_good_canary_is_released_only_after_the_approvals_and_the_next_one_comes_after_it(site: Site) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    running = controller(site)
    try:
        site.service.until(lambda: bool(site.log("verdict")), "a verdict")
        assert [one["to"] for one in site.log("rollout") if one["verified"]] == [0.01, 0.1]
        assert site.log("verdict")[-1]["verdict"] == "promote"
        site.service.scraped(20)
        assert (site.proxy.splitter.share(), site.status()) == (0.1, "canary")
        site.world.ok("approve", site.id, actor=CARLA)
        assert running.wait(timeout=120) == 0
    finally:
        running.kill()
        running.wait()
    assert site.proxy.splitter.share() == 1
    assert site.status() == "complete"
    assert [one["to"] for one in site.log("rollout") if one["verified"]] == [0.01, 0.1, 1]
    the_next_one_waits_until_the_baseline_has_the_release(site)


def the_next_one_waits_until_the_baseline_has_the_release(site: Site) -> None:
    released, command = site.id, f"kaizen deploy {site.id} --share 0"
    assert command in (site.world.root.parent / "run.log").read_text()
    assert command in site.world.ok("why", released).out
    site.world.git("checkout", "-q", "-")
    site.review()
    said = site.world.cli("deploy", site.id)
    assert (said.code, site.status()) == (4, "in_review")
    assert f"100 % of the users get a canary already at the splitter edge, since the release of {released}" in said.err
    assert command in said.err
    dice = random.Random(11)
    for _ in range(4):
        act = [sys.executable, "-m", "kaizen_tui.cli.entry", *command.split()[1:]]
        with subprocess.Popen(
            act, cwd=site.world.root, env=site.world.environment(), stdin=subprocess.DEVNULL
        ) as going:
            try:
                going.wait(timeout=dice.uniform(0.3, 0.9))
            except subprocess.TimeoutExpired:
                going.send_signal(signal.SIGKILL)
    done = site.world.ok("deploy", released, "--share", "0")
    assert (site.proxy.splitter.share(), done.err) == (0, "")
    assert "limit 0" in Path(site.proxy.site.limit_map).read_text().splitlines()
    assert site.proxy.canary_users(range(50)) == set()
    assert command not in site.world.ok("why", released).out
    site.world.ok("verify", released)
    site.world.ok("lint", released)
    site.world.ok("deploy", site.id)
    assert site.proxy.splitter.share() == 0.01


@pytest.mark.parametrize("kills", [8, pytest.param(KILLS, marks=pytest.mark.nightly)])
def test_killed_at_random_moments_it_goes_on_and_takes_no_step_twice(site: Site, kills: int) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    dice = random.Random(7)
    for kill in range(kills):
        if kill == kills * 3 // 4:
            site.load.bad["two"] = 0.2
        running = controller(site)
        try:
            running.wait(timeout=dice.uniform(0.3, 2.5))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
        if site.status() != "canary":
            break
    running = controller(site)
    assert running.wait(timeout=180) == 1
    assert site.status() == "aborted"
    assert site.proxy.splitter.share() == 0
    ups = [one["to"] for one in site.log("rollout") if one["action"] == "set_share" and one["verified"]]
    assert ups == sorted(set(ups))
    state = canary_state(read_log(Path(site.world.ws.log_path(site.id)).read_bytes()))
    assert state is not None
    assert state.ending is not None
    site.world.ok("verify", site.id)


def test_by_hand_and_refused(site: Site) -> None:
    assert "limit_map" not in site.world.cli("deploy", "KAIZ-001", "--print-config").out
    site.review()
    config = site.world.ok("deploy", site.id, "--print-config").out
    assert f"map_str_int({site.proxy.site.limit_map},0)" in config
    assert site.world.cli("deploy", site.id, "--share", "100%").code == 2
    assert site.world.cli("observe", site.id).code == 4
    site.world.ok("deploy", site.id, "--share", "2%")
    assert site.proxy.splitter.share() == 0.02
    assert site.world.cli("deploy", site.id).code == 4
    site.world.ok("deploy", site.id, "--share", "3%")
    site.service.scraped(4)
    assert site.world.cli("observe", site.id, "--json").data["step"] == 0.03
    assert site.world.cli("learn", site.id).code in (7, 0)
    site.world.ok("pause", site.id, "--note", "lunch")
    assert site.proxy.splitter.share() == 0
    site.world.ok("resume", site.id)
    assert site.proxy.splitter.share() == 0.03
    assert site.world.cli("abort", site.id).code == 2
    site.world.ok("abort", site.id, "--note", "enough", actor=ADA)
    assert (site.proxy.splitter.share(), site.status()) == (0, "aborted")


def test_without_trust_nothing_is_touched(site: Site) -> None:
    site.review()
    site.world.ok("trust", "--revoke")
    said = site.world.cli("deploy", site.id)
    assert said.code == 4
    assert "kaizen trust" in said.text
    assert (site.proxy.splitter.share(), site.status()) == (0, "in_review")
