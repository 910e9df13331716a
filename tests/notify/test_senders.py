"""One attempt: over HTTP to a real server, to a real command. What goes wrong is told without address and secret."""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import pytest

from kaizen_tui.notify.command import Command
from kaizen_tui.notify.sender import DELIVERED, Message
from kaizen_tui.notify.signature import secrets_of
from kaizen_tui.notify.webhook import Target, WebhookSender
from tests.notify.receiver import PATIENCE, Hook, is_signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = Message(
    "msg_0123456789abcdef0123456789abcdef",
    json.dumps({"event": "rollback", "phase": "begun", "ticket": {"id": "KAIZ-001"}, "text": "KAIZ-001: bad"}).encode(),
)


def sender(url: str, timeout: float = 20.0) -> WebhookSender:
    return WebhookSender(Target(lambda: url, lambda: secrets_of(SECRET), "", timeout))


def test_a_post_is_signed_for_whoever_checks_it() -> None:
    with Hook() as hook:
        assert sender(hook.url).send(MESSAGE, 1_800_000_000.9) == DELIVERED
    (got,) = hook.taken
    assert is_signed(got, SECRET)
    assert not is_signed(got._replace(body=got.body + b" "), SECRET)
    assert (got.path, got.body, got.id) == ("/hooks/kaizen", MESSAGE.body, MESSAGE.id)
    assert got.headers["webhook-timestamp"] == "1800000000"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("kaizen/")


@pytest.mark.parametrize(
    ("status", "kind", "why"),
    [
        (200, "delivered", ""),
        (400, "refused", "refuses the event (400)"),
        (401, "unreachable", "answers 401"),
        (404, "unreachable", "answers 404"),
        (503, "unreachable", "answers 503"),
    ],
)
def test_answers(status: int, kind: str, why: str) -> None:
    with Hook() as hook:
        hook.status = status
        outcome = sender(hook.url).send(MESSAGE, 0.0)
    assert outcome.kind == kind
    assert why in outcome.why


def test_a_pause_that_is_asked_for_is_heard() -> None:
    with Hook() as hook:
        hook.status, hook.more = 429, {"Retry-After": "17"}
        assert sender(hook.url).send(MESSAGE, 0.0).asked == 17.0
        hook.more = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
        assert sender(hook.url).send(MESSAGE, 0.0).asked == 0.0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with Hook() as elsewhere, Hook() as hook:
        hook.status, hook.more = status, {"Location": elsewhere.url}
        outcome = sender(hook.url).send(MESSAGE, 0.0)
    assert (outcome.kind, len(hook.got), elsewhere.got) == ("unreachable", 1, [])
    assert "not followed" in outcome.why
    assert str(elsewhere.port) not in outcome.why


def test_a_proxy_of_the_environment_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Hook() as proxy, Hook() as hook:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert sender(hook.url).send(MESSAGE, 0.0) == DELIVERED
    assert proxy.got == []


def test_nobody_there_no_name_and_no_address_are_words_without_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        gone = sender(f"http://127.0.0.1:{port}/services/TOKEN").send(MESSAGE, 0.0)
    assert (gone.kind, gone.why) == ("unreachable", "connection refused")
    nowhere = sender("http://kaizen.invalid/services/TOKEN").send(MESSAGE, 0.0)
    assert nowhere.kind == "unreachable"
    wrong = sender("http://[TOKEN/services/TOKEN")
    assert wrong.send(MESSAGE, 0.0).why == "the address is none" == wrong.fault()
    assert "TOKEN" not in gone.why + nowhere.why


def test_an_answer_without_an_end_ends() -> None:
    """Bytes for ever: each read has an end of its own, and so has the whole."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.01):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        outcome = sender(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.3).send(MESSAGE, 0.0)
        over.set()
        thread.join()
    assert outcome.kind == "unreachable"


def command(tmp_path: Path, code: str, timeout: float = PATIENCE) -> Command:
    return Command([sys.executable, "-c", code], str(tmp_path), {"PATH": os.environ["PATH"], "OWN": "kept"}, timeout)


def test_a_command_gets_the_event(tmp_path: Path) -> None:
    code = "import json, os, sys; json.dump([json.load(sys.stdin), dict(os.environ)], open('got', 'w'))"
    assert command(tmp_path, code).send(MESSAGE, 0.0) == DELIVERED
    event, env = json.loads((tmp_path / "got").read_text())
    assert event == json.loads(MESSAGE.body)
    assert {key: value for key, value in env.items() if key.startswith(("KAIZEN_", "OWN"))} == {
        "KAIZEN_EVENT": "rollback",
        "KAIZEN_EVENT_ID": MESSAGE.id,
        "KAIZEN_PHASE": "begun",
        "KAIZEN_TICKET_ID": "KAIZ-001",
        "KAIZEN_TEXT": "KAIZ-001: bad",
        "OWN": "kept",
    }


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    outcome = command(tmp_path, "import sys; sys.exit('no \\x1b[31mway\\n')").send(MESSAGE, 0.0)
    assert outcome.kind == "unreachable"
    assert outcome.why == "the command ended with 1: no \\x1b[31mway"
    missing = Command(["./not-there"], str(tmp_path), {}, 5.0)
    assert "can't be run: No such file" in missing.send(MESSAGE, 0.0).why
    assert missing.fault() == "there is no program ./not-there"


def test_a_command_that_reads_nothing_got_it_all_the_same(tmp_path: Path) -> None:
    large = Message(MESSAGE.id, MESSAGE.body[:-1] + b', "more": "' + b"x" * 500_000 + b'"}')
    assert command(tmp_path, "").send(large, 0.0) == DELIVERED


def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    code = f"import subprocess, sys; subprocess.run(['sh', '-c', 'exec >{pipe}; echo $$; sleep 600'])"
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(pipe.read_text().split()))
    reader.start()
    outcome = command(tmp_path, code, timeout=3.0).send(MESSAGE, 0.0)
    assert outcome.why == "the command did not end within 3 s"
    if not lines:  # it was ended before it had begun to write: nobody else would let the reader go
        with contextlib.suppress(OSError):
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    reader.join(PATIENCE)  # the pipe ends when the last one that holds it has ended
    alive = reader.is_alive()
    if alive:
        os.killpg(int(lines[0]), signal.SIGKILL)
    assert not alive
