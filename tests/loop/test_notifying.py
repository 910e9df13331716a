"""From the log to the receivers: which events, each once, whoever is killed when; never in the controller's way."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kaizen_tui.core.delivery import MAX_AGE
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.log_view import entry_hash
from kaizen_tui.core.notice import notices
from kaizen_tui.loop import learn
from kaizen_tui.loop.context import Wrote
from kaizen_tui.loop.controller import Controller, Ears
from kaizen_tui.loop.notifying import Notifier
from kaizen_tui.notify.postman import Clocks
from kaizen_tui.store import files
from kaizen_tui.store.outbox import Outbox
from kaizen_tui.store.trust import trust
from kaizen_tui.traffic.splitter import SplitterError
from tests.loop.canary_world import CanaryWorld
from tests.notify.receiver import PATIENCE, Hook, is_signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALL = "[verdict, approval_needed, rollback, complete, hold, blind, lost]"


class Told:
    """A canary whose events go to `hook`. said: what a person is told beside."""

    def __init__(self, world: CanaryWorld, hook: Hook, tmp_path: Path) -> None:
        self.world, self.hook = world, hook
        self.env = {"XDG_DATA_HOME": str(tmp_path / "data"), "PATH": os.environ["PATH"], "SECRET": SECRET}
        self.said: list[tuple[str, str]] = []
        self.config(f"notify: [{{on: {ALL}, webhook: {{url: '{hook.url}', secret_env: SECRET}}}}]\n")
        self.looks = 0

    def config(self, text: str) -> None:
        Path(self.world.ws.config_path).write_text(text)
        trust(self.world.ws, self.env)

    def notifier(self) -> Notifier:
        clocks = Clocks(lambda: self.world.clock.timestamp(), lambda: self.looks * 1.0, lambda: 0.0)
        return Notifier(self.world.session, self.env, lambda who, words: self.said.append((who, words)), clocks)

    def run(self, notifier: Notifier, looks: int = 40) -> None:
        """A controller for so many looks, or until the canary ends."""
        ears = Ears(lambda _report: self.world.pass_time(15), lambda who, words: self.said.append((who, words)))
        controller = Controller(
            notifier.session, [self.world.id], {}, ears, lambda _: None, notify=notifier, clock=self.world.seconds
        )
        for _ in range(looks):
            self.looks += 400
            controller.round()
        for lease in controller._leases.values():
            lease.release()

    def waiting(self) -> int:
        return len(Outbox(self.world.ws).waiting())


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    with Hook() as hook:
        yield Told(CanaryWorld(tmp_path / "platform", monkeypatch), hook, tmp_path)


def test_a_bad_canary_is_told_in_order_signed_and_with_its_evidence(told: Told) -> None:
    told.world.source.bad["canary"] = 0.05
    notifier = told.notifier()
    told.run(notifier)
    got = told.hook.wait(3)
    notifier.close(PATIENCE)
    assert [one.what for one in got] == ["verdict", "rollback begun", "rollback verified"]
    assert told.world.status == "aborted"
    assert all(is_signed(one, SECRET) for one in got)
    assert [one.id for one in got] == [one.event["id"] for one in got] == [one.id for one in notices(told.world.log)]
    verdict = got[0].event
    assert verdict["schema"] == "kaizen.event/1"
    assert verdict["ticket"] == {
        "id": told.world.id, "title": "Cap it", "component": "web", "owner": "bob", "severity": "medium",
    }  # fmt: skip
    assert (verdict["data"]["verdict"], verdict["data"]["sli"], verdict["data"]["share"]) == (
        "rollback", "errors_pct", 0.01,
    )  # fmt: skip
    assert verdict["text"].startswith(f"{told.world.id} Cap it: verdict rollback at 1 % of the users: ")
    assert (told.waiting(), told.said) == (0, [])


def test_approvals_are_asked_for_once(told: Told) -> None:
    notifier = told.notifier()
    told.run(notifier, 400)
    got = told.hook.wait(2)
    notifier.close(PATIENCE)
    again = told.notifier()
    told.run(again, 5)
    again.close(PATIENCE)
    assert [one.what for one in got] == [one.what for one in told.hook.taken] == ["verdict", "approval_needed"]
    assert "approval" in got[1].event["reason"]
    assert f"kaizen approve {told.world.id}" in got[1].event["text"]


def test_blindness_and_a_lost_splitter_are_told_and_their_ends(told: Told) -> None:
    notifier = told.notifier()
    told.run(notifier, 2)
    told.world.source.away = True
    told.run(notifier, 12)
    told.world.source.away = False
    told.run(notifier, 2)
    told.world.splitter.away = True
    told.run(notifier, 2)
    told.world.splitter.away = False
    told.run(notifier, 2)
    got = told.hook.wait(4)
    notifier.close(PATIENCE)
    assert [one.what for one in got] == ["blind begun", "blind ended", "lost begun", "lost ended"]


def test_a_roll_back_that_is_not_confirmed_is_said_once(told: Told) -> None:
    told.world.source.bad["canary"] = 0.05

    def away(share: float) -> None:
        if not share:
            raise SplitterError("HAProxy can't be reached")

    told.world.splitter.before = away
    notifier = told.notifier()
    told.run(notifier, 40)
    got = told.hook.wait(3)
    told.world.splitter.before = lambda _share: None
    told.run(notifier, 2)
    told.hook.wait(4)
    notifier.close(PATIENCE)
    assert [one.what for one in told.hook.taken] == [
        "verdict", "rollback begun", "rollback failed", "rollback verified",
    ]  # fmt: skip
    assert "NOT CONFIRMED" in got[2].event["text"]
    assert "HAProxy can't be reached" in got[2].event["reason"]


def test_a_canary_that_nobody_can_drive_is_told_at_the_second_look(told: Told) -> None:
    notifier = told.notifier()
    told.run(notifier, 1)
    component = told.world.component.read_text()
    told.world.component.write_text("id: [")
    told.run(notifier, 1)
    told.run(notifier, 3)
    told.world.component.write_text(component)
    told.run(notifier, 1)
    got = told.hook.wait(2)
    notifier.close(PATIENCE)
    assert [one.what for one in got] == ["blind begun", "blind ended"]
    assert "can't be driven" in got[0].event["reason"]


def test_a_receiver_that_hangs_delays_no_roll_back(told: Told) -> None:
    told.hook.open.clear()
    told.world.source.bad["canary"] = 0.05
    notifier = told.notifier()
    told.run(notifier)
    told.hook.wait_asked(1)
    assert (told.world.status, told.world.splitter.given, told.hook.taken) == ("aborted", 0.0, [])
    told.hook.open.set()
    assert len(told.hook.wait(3)) == 3
    notifier.close(PATIENCE)


def test_one_receiver_that_hangs_delays_no_other(told: Told) -> None:
    with Hook() as slow:
        slow.open.clear()
        told.config(
            f"notify: [{{on: [rollback], webhook: {{url: '{slow.url}'}}}}, {{on: [rollback], webhook: "
            f"{{url: '{told.hook.url}'}}}}]\n"
        )
        told.world.source.bad["canary"] = 0.05
        notifier = told.notifier()
        told.run(notifier)
        assert [one.what for one in told.hook.wait(2)] == ["rollback begun", "rollback verified"]
        assert slow.taken == []
        assert "webhook-signature" not in told.hook.taken[0].headers
        slow.open.set()
        slow.wait(2)
        notifier.close(PATIENCE)


def test_failures_are_retried_with_the_same_id_and_body_and_told_once(told: Told) -> None:
    told.hook.answers = [500, 503, 404]
    told.world.source.bad["canary"] = 0.05
    notifier = told.notifier()
    told.run(notifier)
    while not told.hook.taken:
        told.looks += 400  # the clock of the pauses
        told.hook.wait_asked(len(told.hook.got))
    told.hook.wait(3)
    notifier.close(PATIENCE)
    first = [one for one in told.hook.got if one.id == told.hook.got[0].id]
    assert len(first) == 4
    assert len({one.body for one in first}) == 1
    told_words = [words.partition(";")[0] for who, words in told.said if who == "notify[0]"]
    assert told_words == ["it answers 500", "it answers 503", "it answers 404", "gets the events again"]


def test_what_a_killed_controller_had_not_sent_arrives_after_the_next_start(told: Told) -> None:
    told.hook.status = 503
    told.world.source.bad["canary"] = 0.05
    notifier = told.notifier()
    told.run(notifier)
    tried = told.hook.wait_asked(1)[0]
    notifier.close(0.0)
    told.hook.status = 204
    told.world.pass_time(3600)
    told.looks += 4000
    again = told.notifier()  # the ticket has ended: nothing but the outbox speaks of it
    got = told.hook.wait(3)
    again.close(PATIENCE)
    assert (got[0].id, got[0].body) == (tried.id, tried.body)
    assert [one.what for one in got] == ["verdict", "rollback begun", "rollback verified"]


def test_entries_that_nobody_was_told_of_are_found_in_the_log(told: Told) -> None:
    """KilledError right after the entry was on disk, before anything else: the next controller finds it."""
    notifier = told.notifier()
    notifier.follow(told.world.id)
    notifier.close(PATIENCE)
    learn.abort(told.world.session, told.world.id, "by hand", {})
    again = told.notifier()  # nobody drives the ticket any more: it has ended
    got = told.hook.wait(2)
    again.close(PATIENCE)
    assert [one.what for one in got] == ["rollback begun", "rollback verified"]


def test_a_process_that_was_stopped_with_the_lock_stops_nobody(told: Told) -> None:
    with Outbox(told.world.ws).lock("sort"):
        notifier = told.notifier()
        told.world.source.bad["canary"] = 0.05
        told.run(notifier)
        got = told.hook.wait(3)
        notifier.close(PATIENCE)
    assert (told.world.status, len({one.id for one in got})) == ("aborted", 3)


def test_a_log_with_an_impossible_time_ends_nothing(told: Told) -> None:
    notifier = told.notifier()
    notifier.follow(told.world.id)
    path = Path(told.world.ws.log_path(told.world.id))
    whole = path.read_bytes()
    entry = json.loads(whole.splitlines()[-1])
    entry["at"] = "2026-02-31T08:30:00Z"
    entry["hash"] = entry_hash(entry)
    path.write_bytes(b"\n".join([*whole.splitlines()[:-1], json.dumps(entry).encode()]) + b"\n")
    notifier.failed(told.world.id, "x")
    while not told.said:
        time.sleep(0.01)
    path.write_bytes(whole)
    learn.abort(notifier.session, told.world.id, "by hand", {})
    told.hook.wait(2)
    notifier.close(PATIENCE)
    assert "the log can't be read: no such date" in told.said[0][1]


def test_what_happened_before_somebody_listened_is_no_news(told: Told) -> None:
    learn.pause(told.world.session, told.world.id, "lunch", {})
    told.world.source.bad["canary"] = 0.05
    learn.abort(told.world.session, told.world.id, "by hand", {})
    notifier = told.notifier()
    notifier.follow(told.world.id)
    notifier.close(PATIENCE)
    assert told.hook.got == []


def test_an_act_whose_last_entry_is_on_disk_before_its_first_is_heard_of_is_told_whole(told: Told) -> None:
    notifier = told.notifier()
    writes: list[Wrote] = []
    learn.abort(told.world.session._replace(wrote=writes.append), told.world.id, "by hand", {})
    assert len(writes) > 1
    for one in writes:
        notifier.session.wrote(one)
    got = told.hook.wait(2)
    notifier.close(PATIENCE)
    assert [one.what for one in got] == ["rollback begun", "rollback verified"]


def test_old_news_are_dropped_with_a_word(told: Told) -> None:
    told.hook.status = 503
    notifier = told.notifier()
    learn.abort(notifier.session, told.world.id, "by hand", {})
    told.hook.wait_asked(1)
    notifier.close(PATIENCE)
    assert told.waiting() == 2
    told.world.pass_time(MAX_AGE + 1)
    again = told.notifier()
    again.close(PATIENCE)
    assert told.waiting() == 0
    assert told.said[-1] == ("notify[0]", "2 events could not be delivered for too long: dropped")


def test_a_full_disk_keeps_no_event_from_its_receiver(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    notifier = told.notifier()
    notifier.follow(told.world.id)

    def full(*_: object, **__: object) -> str:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Outbox, "put", full)
    monkeypatch.setattr(Outbox, "mark", full)
    learn.abort(notifier.session, told.world.id, "by hand", {})
    got = told.hook.wait(2)
    notifier.close(PATIENCE)
    assert [one.what for one in got] == ["rollback begun", "rollback verified"]
    assert "the disk is full" in told.said[0][1]


def test_settings_that_changed_send_nothing_until_they_are_trusted(told: Told) -> None:
    Path(told.world.ws.config_path).write_text(f"notify: [{{on: [rollback], webhook: {{url: '{told.hook.url}'}}}}]\n")
    notifier = told.notifier()
    learn.abort(notifier.session, told.world.id, "by hand", {})
    notifier.close(PATIENCE)
    assert told.hook.got == []
    assert "`kaizen trust`" in told.said[-1][1]
    trust(told.world.ws, told.env)
    told.looks += 400
    again = told.notifier()
    told.hook.wait(2)
    again.close(PATIENCE)


def test_hostile_titles_and_reasons_are_only_text(told: Told, tmp_path: Path) -> None:
    title = '<!channel> @all $(touch x) `touch x` \\u202e\\u0000 & \\"; drop'
    path = Path(told.world.ws.ticket_path(told.world.id))
    path.write_text(path.read_text().replace("Cap it", title.replace("\\u0000", "")))
    got_by_command = tmp_path / "got.json"
    script = tmp_path / "notify.sh"
    script.write_text(f"#!/bin/sh\ncat > {got_by_command}.part; mv {got_by_command}.part {got_by_command}\n")
    script.chmod(0o755)
    hook = f"{{on: [rollback], webhook: {{url: '{told.hook.url}'}}}}"
    told.config(f"notify: [{hook}, {{on: [rollback], command: ['{script}']}}]\n")
    notifier = told.notifier()
    learn.abort(notifier.session, told.world.id, "<@U123> \x1b[31m; `x`\n" + "y" * 5000, {})
    got = told.hook.wait(2)
    notifier.close(PATIENCE)
    text = got[0].event["text"]
    assert "&lt;!channel&gt; \uff20all $(touch x)" in text
    assert "<" not in text
    assert "@" not in text
    assert text.isprintable()
    assert len(got[0].event["reason"]) == 500
    plain: Mapping[str, Any] = json.loads(got_by_command.read_text())
    assert "<!channel> @all" in plain["text"]
    assert plain["text"].isprintable()
    assert not (tmp_path / "platform/x").exists()


def test_no_secret_is_in_any_file_or_word(told: Told) -> None:
    told.env["HOOK"] = f"http://127.0.0.1:{told.hook.port}/services/T0SECRET"
    told.config(f"notify: [{{on: {ALL}, webhook: {{url_env: HOOK, secret_env: SECRET}}}}]\n")
    told.hook.status = 404
    notifier = told.notifier()
    learn.abort(notifier.session, told.world.id, "by hand", {})
    told.hook.wait_asked(1)
    notifier.close(PATIENCE)
    assert told.hook.got[0].path == "/services/T0SECRET"
    words = json.dumps(told.said).encode()
    written = [path.read_bytes() for path in Path(told.world.ws.root).rglob("*") if path.is_file()]
    assert told.waiting() == 2
    for data in [words, *written]:
        assert b"T0SECRET" not in data
        assert SECRET.removeprefix("whsec_").encode() not in data


class KilledError(Exception):
    """In the place of SIGKILL."""


# A number: a process that is killed at that call which changes the disk.
STEPS = st.lists(
    st.one_of(st.integers(1, 14), st.sampled_from(["lost", "rollback", "follow", "down", "up", "time"])), max_size=14
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps=STEPS)
@example(steps=["rollback", 6])
@example(steps=["rollback", 3])
def test_whatever_is_killed_when_every_event_arrives_with_its_one_id(
    told: Told,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[str | int],
) -> None:
    """Entries are written, the sorting is killed at any call that touches the disk, the receiver goes and comes."""
    told = Told(
        CanaryWorld(tmp_path_factory.mktemp("platform"), monkeypatch), told.hook, tmp_path_factory.mktemp("home")
    )
    told.hook.got.clear()
    told.hook.taken.clear()
    notifier = told.notifier()
    notifier.follow(told.world.id)
    notifier.close(PATIENCE)
    for step in steps:
        if step == "lost" and told.world.status == "canary":
            told.world.splitter.away = not told.world.splitter.away
            ears = Ears(lambda _: None, lambda *_: None)
            Controller(told.world.session, [told.world.id], {}, ears, lambda _: None).run(once=True)
        elif step == "rollback" and told.world.status == "canary" and not told.world.splitter.away:
            learn.abort(told.world.session, told.world.id, "by hand", {})
        elif step in ("down", "up"):
            told.hook.status = 503 if step == "down" else 204
        elif step == "time":
            told.world.pass_time(60)
            told.looks += 1
        elif step == "follow" or isinstance(step, int):
            with pytest.MonkeyPatch.context() as patch:
                if isinstance(step, int):
                    patch.setattr(files, "sys", _Dying(step))
                    patch.setattr("threading.excepthook", lambda _args: None)
                once = told.notifier()
                try:
                    once.follow(told.world.id)
                except KilledError:
                    once.close(0.0)
                else:
                    once.close(PATIENCE)
    told.hook.status = 204
    told.looks += 10_000
    last = told.notifier()
    last.close(PATIENCE)
    expected = [one.id for one in notices(told.world.log)]
    assert sorted({one.id for one in told.hook.taken}) == sorted(expected)
    bodies = {(one.id, one.body) for one in told.hook.got}
    assert len(bodies) == len({one.id for one in told.hook.got})
    assert told.waiting() == 0


class _Dying:
    """`files.sys` whose n-th call that changes the disk, and every later one, ends whoever makes it."""

    def __init__(self, count: int) -> None:
        self._left = count

    def __getattr__(self, name: str) -> Any:
        real = getattr(files.SystemCalls, name)
        if name not in ("write", "rename", "unlink", "fsync"):
            return real

        def call(*args: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left <= 0:
                raise KilledError
            return real(*args, **more)

        return call
