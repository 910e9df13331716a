"""`kaizen replay`: a recording is imported, or made from a log; what is said; what is not overwritten."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_startup import HEAVY, imported
from tests.cli.world import World
from tests.traffic.hars import entry, har
from tests.traffic.test_haproxy_log import line

PASSWORD = "hunter2hunter2"


@pytest.fixture
def shop(world: World) -> World:
    """A browser's recording, shop.har, and a log."""
    (world.root / "shop.har").write_bytes(
        har(
            entry("https://shop.example.org/", headers=(("Cookie", f"sid={PASSWORD}"),)),
            entry(f"https://shop.example.org/a/{PASSWORD}", at="2026-03-02T10:00:02.500Z"),
            entry("https://stats.example.net/collect"),
            entry("wss://shop.example.org/live"),
        )
    )
    (world.root / "haproxy.log").write_bytes(
        b"\n".join([line("GET /a?token=" + PASSWORD + " HTTP/1.1"), line("POST /b HTTP/1.1"), b"started"])
    )
    return world


def targets(path: Path) -> list[str]:
    entries = json.loads(path.read_bytes())["log"]["entries"]
    return [one["request"]["url"].removeprefix("http://replay.invalid") for one in entries]


def test_a_browsers_recording_is_imported(shop: World) -> None:
    result = shop.process("replay", "import", "shop.har", "--host", "Shop.Example.org", "-o", "out.har")
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        "kaizen: 2 requests over 2.5 s written to out.har; 2 secrets masked or left out\n"
        "  left out: 1 × another host\n"
        "  left out: 1 × WebSocket\n"
    )
    data = (shop.root / "out.har").read_text(encoding="utf-8")
    assert PASSWORD not in data
    assert targets(shop.root / "out.har") == ["/", "/a/redacted-2"]


def test_several_hosts_need_a_choice(shop: World) -> None:
    result = shop.cli("replay", "import", "shop.har", "-o", "out.har")
    assert result.code == 2
    assert result.err == (
        "kaizen: error: the recording has requests to several hosts: shop.example.org (2), stats.example.net (1); "
        "--host shop.example.org\n"
    )
    assert not (shop.root / "out.har").exists()


def test_nothing_is_overwritten_unasked(shop: World) -> None:
    out = shop.root / "out.har"
    out.write_text("mine", encoding="utf-8")
    words = ("replay", "record", "--haproxy-log", "haproxy.log", "-o", "out.har")
    refused = shop.cli(*words)
    assert (refused.code, out.read_text(encoding="utf-8")) == (6, "mine")
    assert "the file is there already; out.har; --force replaces it" in refused.err
    assert shop.cli(*words, "--force").code == 0
    assert targets(out) == ["/a?token=redacted-1"]


def test_a_log_becomes_a_recording(shop: World) -> None:
    result = shop.ok("replay", "record", "--haproxy-log", "haproxy.log", "-o", "out.har", "--json")
    assert result.data == {
        "path": "out.har",
        "requests": 1,
        "seconds": 0.0,
        "secrets_masked": 1,
        "left_out": {"another method than GET": 1, "a line of another kind": 1},
    }


def test_from_a_pipe_to_a_pipe(shop: World) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kaizen_tui.cli.entry", "replay", "import", "-", "-o", "-", "--redact-key", "q"],
        input=har(entry("https://h/x?q=ada%40example.org"), entry("https://h/y")),
        env=shop.environment(),
        capture_output=True,
        check=True,
    )
    assert len(json.loads(done.stdout)["log"]["entries"]) == 2
    assert b"ada" not in done.stdout
    assert done.stderr == b"kaizen: 2 requests over 0 s written; 1 secret masked or left out\n"


def test_only_the_first_requests(shop: World) -> None:
    words = ("replay", "import", "shop.har", "--host", "shop.example.org", "-o", "out.har", "--limit", "1", "--json")
    assert shop.ok(*words).data["left_out"]["beyond --limit"] == 1
    assert targets(shop.root / "out.har") == ["/"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("import", "nothing.har", "-o", "x.har"), 6, "cannot read the recording; nothing.har; no such file"),
        (("import", ".", "-o", "x.har"), 6, "cannot read the recording; .; is a directory"),
        (("import", "haproxy.log", "-o", "x.har"), 6, "no HAR file: it is no JSON; haproxy.log:1"),
        (("record", "--haproxy-log", "shop.har", "-o", "x.har"), 6, "no line of HAProxy's HTTP log; shop.har"),
        (("import", "shop.har"), 2, "missing option --output"),
        (("record", "-o", "x.har"), 2, "missing option --haproxy-log"),
        (("import", "shop.har", "-o", "x.har", "--limit", "0"), 2, "--limit"),
        (("imprt",), 2, "no such command `replay imprt`; did you mean `kaizen replay import`?"),
        (("import", "shop.har", "--host", "shop.example.org", "-o", "no/such/x.har"), 6, "no/such"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(shop: World, words: tuple[str, ...], code: int, said: str) -> None:
    result = shop.cli("replay", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert result.err.count("\n") == 1
    assert not (shop.root / "x.har").exists()


def test_hostile_names_reach_no_terminal(shop: World) -> None:
    (shop.root / "evil\x1b[2J.har").write_bytes(har(entry("https://h/")))
    result = shop.ok("replay", "import", "evil\x1b[2J.har", "-o", "o\x1b[2J.har")
    assert "\x1b" not in result.text
    (shop.root / "hosts.har").write_bytes(har(entry("https://a\u202eb/"), entry("https://x/"), entry("https://y/")))
    assert "\u202e" not in shop.cli("replay", "import", "hosts.har", "-o", "x.har").text


def test_neither_command_needs_aiohttp(shop: World) -> None:
    assert not imported(shop, "replay", "--help") & (HEAVY | {"aiohttp", "yaml"})
    words = ("replay", "record", "--haproxy-log", "haproxy.log", "-o", "y.har")
    assert not imported(shop, *words) & {"aiohttp", "yarl", "textual", "rich", "pydantic", "numpy", "requests"}
    words = ("replay", "import", "shop.har", "--host", "shop.example.org", "-o", "z.har")
    assert not imported(shop, *words) & {"aiohttp", "yarl", "textual", "rich", "pydantic", "numpy", "requests"}
