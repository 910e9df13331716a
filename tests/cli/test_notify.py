"""Notifications as people meet them: `kaizen run`, `abort`, `doctor`, `trust`; a controller that is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaizen_tui.loop.context import utc_now
from kaizen_tui.store.outbox import Outbox
from kaizen_tui.store.records import NewEvent, transaction
from kaizen_tui.store.yaml_edit import SetText, edit_fields
from tests.cli.world import ADA, World
from tests.notify.receiver import PATIENCE, Hook, is_signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEB = """\
id: web
tier: 2
owner: backend-team
versions: {label: version, baseline: one, canary: two}
slo:
  metrics:
    - {name: errors_pct, threshold: "5", abort_threshold: "50", unit: "%",
       sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}}
rollout: {splitter: mine, steps: [1%, 100%], look: 1s}
rollback_plan: systemctl restart web
"""
SHARE = """\
import os, pathlib
file = pathlib.Path("share")
if os.environ["KAIZEN_ACTION"] == "set":
    file.write_text(os.environ["KAIZEN_SHARE"])
print(file.read_text() if file.exists() else 0)
"""


class Shop:
    """A ticket in canary, its splitter a command, its metrics simulated, its events for a hook."""

    def __init__(self, world: World, hook: Hook) -> None:
        self.world, self.hook = world, hook
        Path(world.ws.component_path("web")).write_text(WEB)
        (world.root / "share.py").write_text(SHARE)
        self.id = world.ok("new", "Cap the memory", "--component", "web").out.strip()
        self.config(f"{{on: [rollback, blind], webhook: {{url: '{hook.url}', secret_env: HOOK_SECRET}}}}")
        with transaction(world.ws, self.id) as tx:
            data = edit_fields(tx.data, [SetText("status", "canary")], "ticket")
            fields = {"from": "in_review", "to": "canary", "unmet": []}
            tx.commit(data=data, events=[NewEvent(ADA, "status", fields)], at=utc_now())

    def config(self, *notify: str) -> None:
        self.world.config(
            "metrics: {source: simulated}\n"
            f"splitters: {{mine: {{type: command, command: ['{sys.executable}', share.py]}}}}\n"
            f"notify: [{', '.join(notify)}]\n"
        )
        self.world.ok("trust")

    def give(self, share: str) -> None:
        (self.world.root / "share").write_text(share)

    def run(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "kaizen_tui.cli.entry", "run", self.id], cwd=self.world.root, text=True,
            env=self.world.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def waiting(self) -> int:
        return len(Outbox(self.world.ws).waiting())


@pytest.fixture
def shop(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with Hook() as hook:
        yield Shop(world, hook)


def test_events_of_a_killed_controller_arrive_after_the_next_start_with_the_same_id(shop: Shop) -> None:
    shop.hook.status = 503
    shop.give("0.5")  # somebody gave half of the users the canary
    with shop.run() as first:
        tried = shop.hook.wait_asked(1)[0]
        os.kill(first.pid, signal.SIGKILL)
    assert tried.what == "rollback begun"
    shop.hook.status = 204
    with shop.run() as second:
        out, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1, out + err  # rolled back
    got = shop.hook.wait(2)
    assert [one.what for one in got] == ["rollback begun", "rollback verified"]
    assert (got[0].id, got[0].body) == (tried.id, tried.body)
    assert all(is_signed(one, SECRET) for one in got)
    assert (shop.world.root / "share").read_text() == "0"
    assert shop.waiting() == 0


def test_abort_tells_and_a_dead_receiver_only_costs_a_warning(shop: Shop) -> None:
    shop.give("0.01")
    shop.hook.status = 500
    done = shop.world.cli("abort", shop.id, "--note", "by hand")
    assert done.code == 0
    assert "aborted; nobody gets the canary any more" in done.out
    assert "kaizen: warning: notify[0]: it answers 500" in done.err
    assert "notify: 2 events not delivered yet; `kaizen run` goes on with it" in done.err
    shop.hook.status = 200
    doctor = shop.world.cli("doctor")
    assert ".kaizen/notify: warning: 2 events wait for notify[0], the oldest for " in doctor.out
    shop.world.cli("run", shop.id)
    assert [one.what for one in shop.hook.wait(2)] == ["rollback begun", "rollback verified"]
    assert "events wait" not in shop.world.cli("doctor").out


def test_a_roll_back_that_fails_is_told(shop: Shop) -> None:
    shop.give("0.01")
    (shop.world.root / "share.py").write_text("print(0.01)")
    assert shop.world.cli("abort", shop.id, "--note", "by hand").code == 6
    assert [one.what for one in shop.hook.wait(2)] == ["rollback begun", "rollback failed"]


def test_doctor_names_what_is_wrong_with_receivers(shop: Shop) -> None:
    assert "notify" not in shop.world.cli("doctor").text
    (shop.world.root / "registry/kaizen/secret").write_text("hunter2\n")
    shop.config(
        "{on: [verdict], webhook: {url: 'http://127.0.0.1:9/', secret_env: NOT_SET}}",
        "{on: [verdict], webhook: {url: 'http://127.0.0.1:9/x', secret_file: secret}}",
        "{on: [verdict], webhook: {url_env: HOOK_SECRET}}",
        "{on: [verdict], webhook: {url: 'http://127.0.0.1:9/y', ca: none.pem}}",
        "{on: [verdict], command: [./none.sh]}",
        "{on: [verdict], webhook: {url_file: pipe}}",
        "{on: [verdict], webhook: {url_file: gone}}",
    )
    os.mkfifo(shop.world.root / "registry/kaizen/pipe")
    found = [line for line in shop.world.cli("doctor").out.splitlines() if "notify[" in line]
    for line, words in zip(
        found,
        ["notify[0] (http://127.0.0.1:9/): $NOT_SET is not set", "the secret in secret can't be used: it is no base64",
         "(the address in $HOOK_SECRET): what stands in $HOOK_SECRET is no address", "the CA file can't be used",
         "(the command ./none.sh): there is no program ./none.sh", "in pipe is no address", "gone can't be read"],
        strict=True,
    ):  # fmt: skip
        assert words in line
        assert line.startswith("registry/kaizen/config.yml: warning: ")
        assert SECRET not in line
        assert "hunter2" not in line


def test_doctor_sends_a_test_event_when_asked(shop: Shop) -> None:
    shop.config(
        f"{{on: [verdict], webhook: {{url: '{shop.hook.url}', secret_env: HOOK_SECRET}}}}",
        "{on: [verdict], command: ['false']}",
    )
    done = shop.world.cli("doctor", "--test-notify")
    assert done.code == 1
    assert f"kaizen: notify[0]: {shop.hook.url} took a test event" in done.err
    assert "error: notify[1] (the command false): the command ended with 1" in done.out
    (got,) = shop.hook.taken
    assert (got.event["event"], got.event["text"]) == ("test", "kaizen: a test event; nothing happened")
    assert is_signed(got, SECRET)
    shop.world.config((shop.world.root / "registry/kaizen/config.yml").read_text() + "theme: kaizen-light\n")
    untrusted = shop.world.cli("doctor", "--test-notify")
    assert "nobody trusted this config.yml on this machine; read it, then `kaizen trust`" in untrusted.out
    assert len(shop.hook.got) == 1


def test_doctor_says_that_there_is_nobody_to_send_a_test_event_to(shop: Shop) -> None:
    shop.world.config("")
    assert "no test event was sent: config.yml names no receiver" in shop.world.cli("doctor", "--test-notify").err
    assert "test event" not in shop.world.cli("doctor").err


def test_trust_shows_where_events_go(shop: Shop) -> None:
    shop.config(
        f"{{on: [verdict], webhook: {{url: '{shop.hook.url}'}}}}",
        "{on: [verdict], webhook: {url_env: HOOK}}",
        "{on: [verdict], command: [./notify.sh, --all]}",
    )
    out = shop.world.cli("trust", "--check").out
    assert f"notify[0]: posts to {shop.hook.url}\n" in out
    assert "notify[1]: posts to the address in $HOOK\n" in out
    assert "notify[2]: ./notify.sh --all\n" in out
