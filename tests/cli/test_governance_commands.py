"""why, approve, reject, signoff, comment: what they log and what they say."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.store.log_file import read_log_bytes
from tests.cli.world import ADA, BOB, World

MANUAL = "Zero message drops during 5-minute stability test"


def last_entry(world: World, ticket: str) -> dict[str, object]:
    rows = world.ok("log", ticket, "--json").data["entries"]
    entry: dict[str, object] = rows[-1]["entry"]
    return entry


def test_why_names_the_next_gate_and_what_opens_it(world: World) -> None:
    ticket = world.new()
    said = world.ok("why", ticket).out
    assert said.startswith(f"{ticket} is draft: Cap the memory\n")
    assert "Next is planned: open, though 3 conditions unmet" in said
    assert f'kaizen update {ticket} --objective "…"' in said
    assert "From canary on the gates refuse. Up to there also unmet:" in said
    assert f'aborted: kaizen abort {ticket} --note "…"' in said


def test_why_json_is_a_decision_for_each_move(world: World) -> None:
    data = world.ok("why", world.new(), "--json").data
    assert data["status"] == "draft"
    assert set(data["moves"]) == {"planned", "in_progress", "in_review", "aborted"}
    assert data["moves"]["aborted"]["refused"][0]["code"] == "reason"
    assert data["moves"]["planned"]["allowed"] is True


def test_why_plain_is_one_record_a_line(world: World) -> None:
    ticket = world.new()
    records = [tuple(line.split("\t")) for line in world.ok("why", ticket, "--plain").out.splitlines()]
    assert {len(record) for record in records} == {4}
    assert ("planned", "warning", "the ticket has no objective", 'kaizen update KAIZ-001 --objective "…"') in records
    assert ("planned", "open", "", "kaizen update KAIZ-001 --status planned") in records
    assert {record[0] for record in records} == {"planned", "in_progress", "in_review", "aborted", "canary"}
    later = [record for record in records if record[1] == "later"]
    assert {record[0] for record in later} == {"canary"}
    assert "kaizen evaluate KAIZ-001" in {record[3] for record in later}


def test_why_plain_has_the_criteria_and_says_when_their_values_are_made_up(world: World) -> None:
    world.config("metrics: {source: simulated}\n")
    ticket = world.new("x", "--success-criteria", "p95_latency_ms < 10", "--abort-criteria", "drop_rate_pct > 0.5")
    records = [line.split("\t") for line in world.ok("why", ticket, "--plain").out.splitlines()]
    measured = [record for record in records if record[0] == "simulated"]
    assert [record[1] for record in measured] == ["success", "abort"]
    assert [record[2] for record in measured] == ["p95_latency_ms < 10", "drop_rate_pct > 0.5"]
    assert all(record[3].startswith("now ") for record in measured)


def test_why_plain_tells_a_shut_gate_from_an_open_one(world: World) -> None:
    world.config("governance: {enforce_from: planned}\n")
    records = [line.split("\t") for line in world.ok("why", world.new(), "--plain").out.splitlines()]
    planned = {record[1] for record in records if record[0] == "planned"}
    assert planned == {"refused"}


def test_why_of_a_final_ticket(world: World) -> None:
    ticket = world.new()
    world.ok("update", ticket, "-s", "aborted", "--note", "not worth it")
    assert "aborted is final" in world.ok("why", ticket).out
    assert world.ok("why", ticket, "--json").data["moves"] == {}
    plain = world.ok("why", ticket, "--plain")
    assert (plain.out, plain.err) == ("", "kaizen: KAIZ-001 is aborted, which is final; nothing comes next\n")


def test_approve_carries_what_was_seen(world: World) -> None:
    ticket = world.new()
    world.ok("update", ticket, "-s", "planned")
    result = world.ok("approve", ticket, "--note", "looks right", actor=BOB)
    assert result.out == f"{ticket}: approved by {BOB}\n"
    assert result.err == ""
    entry = last_entry(world, ticket)
    assert (entry["event"], entry["actor"], entry["note"], entry["status"]) == (
        "approve",
        BOB,
        "looks right",
        "planned",
    )
    assert entry["verdict"] == "none"
    assert {"plan", "evidence", "score_card", "unmet"} <= set(entry)


@pytest.mark.parametrize("event", ["approve", "reject", "signoff"])
def test_nothing_is_left_to_say_about_a_final_ticket(world: World, event: str) -> None:
    ticket = world.new("T", "--success", MANUAL)
    world.ok("update", ticket, "-s", "aborted", "--note", "no")
    before = read_log_bytes(world.ws.log_path(ticket))
    words = {"approve": (), "reject": ("--note", "n"), "signoff": ("1",)}[event]
    result = world.cli(event, ticket, *words)
    assert result.code == 4
    assert "is aborted: there is nothing left" in result.err
    assert read_log_bytes(world.ws.log_path(ticket)) == before
    assert world.ok("comment", ticket, "rest in peace").code == 0


def test_an_approval_of_a_draft_is_logged_with_a_warning(world: World) -> None:
    result = world.ok("approve", world.new(), actor=BOB)
    assert "it is logged, but doesn't count: the ticket is a draft" in result.err


def test_a_rejection_needs_a_reason(world: World) -> None:
    ticket = world.new()
    assert world.cli("reject", ticket).code == 2
    assert "a rejection needs a reason" in world.cli("reject", ticket, "--note", " ").err


@pytest.mark.parametrize("word", ["2", MANUAL, "5-minute", "ZERO MESSAGE"])
def test_sign_off_by_number_text_or_part(world: World, word: str) -> None:
    ticket = world.new("T", "--success", "p95_latency_ms < 10", "--success", MANUAL)
    assert MANUAL in world.ok("signoff", ticket, word, "--note", "twice").out
    entry = last_entry(world, ticket)
    assert (entry["criterion"], entry["note"]) == (MANUAL, "twice")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("1", "is automatic: it is measured, not signed off"),
        ("0", "no success criterion matches"),
        ("4", "no success criterion matches"),
        ("nothing of the kind", "the manual ones are: 2 "),
        ("test", "matches 2 success criteria"),
        ("", "no success criterion matches"),
        ("rollback", "no success criterion matches"),
    ],
)
def test_sign_off_of_what_is_not_there_or_not_one(world: World, word: str, says: str) -> None:
    ticket = world.new("T", "--success", "p95_latency_ms < 10", "--success", MANUAL, "--success", "A second test")
    result = world.cli("signoff", ticket, word)
    assert result.code == 2
    assert says in result.err


def test_sign_off_without_manual_criteria(world: World) -> None:
    assert "no manual success criterion" in world.cli("signoff", world.new(), "1").err


def test_comment_in_words_and_json(world: World) -> None:
    ticket = world.new()
    world.ok("comment", ticket, "second\nline")
    data = world.ok("comment", ticket, "again", "--json").data
    assert data["entry"]["text"] == "again"
    assert data["counts"] is True
    assert "comment  second\\nline" in world.ok("log", ticket).out
    assert world.cli("comment", ticket, "  ").code == 2


def make_key(path: Path, world: World, person: str) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    public = path.with_suffix(".pub").read_text(encoding="utf-8").split()
    with open(world.ws.signers_path, "a", encoding="utf-8") as file:
        file.write(f'{person} namespaces="kaizen" {public[0]} {public[1]}\n')


@pytest.fixture
def signed(world: World, tmp_path: Path, require_program: Callable[[str], str]) -> World:
    """Signatures are required, and Bob has a key."""
    require_program("ssh-keygen")
    world.config("governance: {require_signature: true}\n")
    make_key(tmp_path / "bob", world, "bob@example.org")
    return world


def test_required_signatures(signed: World, tmp_path: Path) -> None:
    world, ticket = signed, signed.new()
    world.ok("update", ticket, "-s", "planned")
    assert "asks for signed approvals" in world.ok("approve", ticket, actor=BOB).err
    key = {"KAIZEN_SIGNING_KEY": str(tmp_path / "bob")}
    result = world.cli("approve", ticket, actor=BOB, env=key)
    assert (result.code, result.err) == (0, "")
    moves = world.ok("why", ticket, "--json").data["moves"]
    assert "plan_approval" not in [condition["code"] for condition in moves["in_progress"]["warnings"]]
    assert "(signed by bob@example.org)" in world.ok("log", ticket).out
    assert world.ok("verify", ticket, "--json").data[0]["signed"] == 1


def test_anothers_key_does_not_count(signed: World, tmp_path: Path) -> None:
    world, ticket = signed, signed.new()
    world.ok("update", ticket, "-s", "planned")
    assert (
        world.cli(
            "approve", ticket, actor="Carla <carla@example.org>", env={"KAIZEN_SIGNING_KEY": str(tmp_path / "bob")}
        ).code
        == 0
    )
    moves = world.ok("why", ticket, "--json").data["moves"]
    assert "plan_approval" in [condition["code"] for condition in moves["in_progress"]["warnings"]]


def test_gits_own_key_signs(signed: World, tmp_path: Path) -> None:
    world = signed
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    world.git("init", "-q")
    world.git("config", "gpg.format", "ssh")
    world.git("config", "user.signingkey", str(tmp_path / "bob.pub"))
    (tmp_path / "bob.pub").write_text((tmp_path / "bob.pub").read_text(encoding="utf-8"), encoding="utf-8")
    ticket = world.new()
    entry = world.ok("approve", ticket, "--json", actor=BOB).data["entry"]
    assert entry["sig"].startswith("-----BEGIN SSH SIGNATURE-----")


def test_sign_without_a_key(world: World) -> None:
    result = world.cli("approve", world.new(), "--sign", actor=ADA)
    assert result.code == 2
    assert "KAIZEN_SIGNING_KEY" in result.err
