"""Flag files and commands as splitters; the commands that HAProxy gets."""

import fcntl
import json
import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.canary_state import percent
from kaizen_tui.traffic.command import ShareCommand
from kaizen_tui.traffic.flagd import FlagFile
from kaizen_tui.traffic.haproxy import HaproxyMaps, replace_file
from kaizen_tui.traffic.splitter import PARTS, Draw, SplitterError, parts_of

DRAW = Draw("KAIZ-001", "5f1c9a7e33d04b12")
FLAGS = {
    "$schema": "https://flagd.dev/schema/v0/flags.json",
    "flags": {
        "new-checkout": {
            "state": "ENABLED",
            "variants": {"canary": True, "baseline": False},
            "defaultVariant": "baseline",
            "metadata": {"team": "wéb"},
        },
        "other": {"state": "DISABLED", "variants": {"on": 1}, "defaultVariant": "on"},
    },
}


def test_shares_are_hundredths_of_a_percent_and_never_rounded_to_nobody() -> None:
    assert [parts_of(share) for share in (0, 0.00001, 0.0001, 0.01, 1)] == [0, 1, 1, 100, PARTS]
    assert percent(0.01) == "1 %"
    with pytest.raises(ValueError, match="between 0 and 1"):
        parts_of(1.01)


# A flag file


@pytest.fixture
def flags(tmp_path: Path) -> Path:
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(FLAGS), encoding="utf-8")
    return path


def test_a_flag_gets_its_share_and_all_else_stays(flags: Path) -> None:
    splitter = FlagFile("app", str(flags), "new-checkout")
    assert splitter.share() == 0
    os.chmod(flags, 0o640)
    splitter.set_share(0.0125, DRAW)
    assert splitter.share() == 0.0125
    written = json.loads(flags.read_text(encoding="utf-8"))
    key = {"cat": [DRAW.salt, {"var": "targetingKey"}]}
    assert written["flags"]["new-checkout"].pop("targeting") == {
        "fractional": [key, ["canary", 125], ["baseline", PARTS - 125]]
    }
    assert written == FLAGS
    assert flags.stat().st_mode & 0o777 == 0o640
    splitter.set_share(0, DRAW)
    assert splitter.share() == 0
    with pytest.raises(SplitterError, match=r"0 % of the users get the canary, not 1 %"):
        splitter.verify(0.01, DRAW)


def test_another_tickets_users_are_not_ours(flags: Path) -> None:
    splitter = FlagFile("app", str(flags), "new-checkout")
    splitter.set_share(0.5, Draw("KAIZ-009", "another"))
    with pytest.raises(SplitterError, match="drawn for another canary"):
        splitter.verify(0.5, DRAW)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[1]", "no flag"),
        ('{"flags": {"new-checkout": {"variants": {"on": 1}}}}', "needs the variants"),
        (
            '{"flags": {"new-checkout": {"variants": {"canary": 1, "baseline": 0},'
            ' "targeting": {"if": [true, "canary"]}}}}',
            "not written by Kaizen",
        ),
        (
            '{"flags": {"new-checkout": {"variants": {"canary": 1, "baseline": 0},'
            ' "targeting": {"fractional": [{"cat": ["s", {"var": "targetingKey"}]},'
            ' ["canary", 9], ["baseline", 2]]}}}}',
            "not written by Kaizen",
        ),
    ],
)
def test_a_flag_file_that_can_not_be_read_for_sure_is_an_error(flags: Path, text: str, message: str) -> None:
    flags.write_text(text, encoding="utf-8")
    with pytest.raises(SplitterError, match=message):
        FlagFile("app", str(flags), "new-checkout").share()


def test_a_missing_flag_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SplitterError, match="No such file"):
        FlagFile("app", str(tmp_path / "none.json"), "x").set_share(0.1, DRAW)


# A command

KEEPS = """
import os, pathlib, sys
kept = pathlib.Path(sys.argv[1])
if os.environ["KAIZEN_ACTION"] == "set":
    kept.write_text(os.environ["KAIZEN_SHARE"])
    pathlib.Path(sys.argv[1] + ".who").write_text(os.environ["KAIZEN_TICKET_ID"] + " " + os.environ["KAIZEN_SALT"])
print("noise")
print(kept.read_text() if kept.exists() else 0)
"""


def command(tmp_path: Path, script: str) -> ShareCommand:
    return ShareCommand("app", [sys.executable, "-c", script, str(tmp_path / "share")], str(tmp_path))


def test_a_command_sets_and_confirms(tmp_path: Path) -> None:
    splitter = command(tmp_path, KEEPS)
    assert splitter.share() == 0
    for share in (0.0001, 0.01, 1.0, 0.0):
        splitter.set_share(share, DRAW)
        assert splitter.share() == share
        splitter.verify(share, DRAW)
    assert (tmp_path / "share.who").read_text() == "KAIZ-001 5f1c9a7e33d04b12"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("print(0)", "0 % of the users get the canary, not 1 %"),
        ("print('ok')", "last line is ok, not the share"),
        ("print(7)", "not the share"),
        ("", "last line is empty"),
        ("import sys; print('no \\x1b[31mrights', file=sys.stderr); sys.exit(3)", r"ended with 3: no \\x1b\[31mrights"),
    ],
)
def test_a_command_that_can_not_confirm_is_an_error(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(SplitterError, match=message):
        command(tmp_path, script).set_share(0.01, DRAW)


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SplitterError, match="can't be run: No such file"):
        ShareCommand("app", [str(tmp_path / "none")], str(tmp_path)).share()


def test_a_command_that_takes_too_long_sets_nothing_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaizen_tui.traffic.command.TIMEOUT", 2.0)
    held = tmp_path / "held"
    child = f"import fcntl, time; f = open({str(held)!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(600)"
    splitter = command(tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    with pytest.raises(SplitterError, match="did not end within 2 s"):
        splitter.share()
    if not held.exists():
        return  # it was ended before it began
    with held.open() as file:
        for _ in range(200):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                threading.Event().wait(0.05)
    raise AssertionError("what the command started still runs")


# HAProxy's words


class Maps:
    """A runtime API in memory. deaf: takes no changes, as `set map` does with what it can't use."""

    def __init__(self, **maps: dict[str, str]) -> None:
        self.maps = maps
        self.deaf = False
        self.said: list[str] = []

    def ask(self, command: str) -> str:
        self.said.append(command)
        verb, _, path, *rest = command.split()
        entries = self.maps.get(path.rpartition("/")[2].partition(".")[0])
        if entries is None:
            return "Unknown map identifier. Please use #<id> or <file>."
        if verb == "show":
            return "\n".join(f"0x55d0{nth:x} {key} {value}" for nth, (key, value) in enumerate(entries.items()))
        if not self.deaf:
            entries[rest[0]] = rest[1]
        return ""


def maps_in(tmp_path: Path, api: Maps) -> HaproxyMaps:
    for name in ("limit", "salt"):
        (tmp_path / f"{name}.map").write_text("")
    return HaproxyMaps("edge", str(tmp_path / "limit.map"), str(tmp_path / "salt.map"), api.ask, "socket")


def test_the_memory_comes_before_the_file_and_nothing_is_believed(tmp_path: Path) -> None:
    api = Maps(limit={"limit": "0"}, salt={})
    splitter = maps_in(tmp_path, api)
    splitter.set_share(0.01, DRAW)
    assert api.maps == {"limit": {"limit": "100"}, "salt": {"salt": DRAW.salt}}
    assert (tmp_path / "limit.map").read_text() == "limit 100\n"
    assert [said.split()[0] for said in api.said] == ["show", "add", "show", "show", "set", "show"]
    api.deaf = True
    with pytest.raises(SplitterError, match="did not take limit 500: it has 100"):
        splitter.set_share(0.05, DRAW)
    assert (tmp_path / "limit.map").read_text() == "limit 100\n"


def test_a_share_that_is_no_number_is_an_error_and_not_everybody(tmp_path: Path) -> None:
    for wrong in ("-5", "10001", "1e3", "ten", "٣"):
        splitter = maps_in(tmp_path, Maps(limit={"limit": wrong}, salt={}))
        with pytest.raises(SplitterError, match="no number from 0 to 10000"):
            splitter.share()


@given(st.text(max_size=30))
def test_no_salt_and_no_path_is_a_second_command(text: str) -> None:
    api = Maps(limit={"limit": "0"}, salt={"salt": "none"})
    try:
        splitter = HaproxyMaps("edge", f"/{text}/limit.map", "/salt.map", api.ask, "socket")
        splitter.set_share(0.01, Draw("KAIZ-001", text))
    except SplitterError:
        pass
    assert all(";" not in said and "\n" not in said and "\r" not in said for said in api.said)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "limit.map"
    path.write_text("limit 1\n")
    with pytest.raises(SplitterError, match="can't be written"):
        replace_file(str(tmp_path / "none" / "limit.map"), "limit 2\n")
    replace_file(str(path), "limit 2\n")
    assert path.read_text() == "limit 2\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["limit.map"]


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    path, link = tmp_path / "shared.map", tmp_path / "limit.map"
    path.write_text("limit 1\n")
    link.symlink_to(path)
    replace_file(str(link), "limit 2\n")
    assert (link.is_symlink(), path.read_text()) == (True, "limit 2\n")
