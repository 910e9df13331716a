"""log, verify, lint: proof and content."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaizen_tui.core.promotion_log import entry_line, make_entry, read_log
from kaizen_tui.store.records import NewEvent, transaction
from tests.cli.world import ADA, World


def three_entries(world: World) -> tuple[str, Path]:
    ticket = world.new()
    world.ok("comment", ticket, "one")
    world.ok("comment", ticket, "two")
    return ticket, Path(world.ws.log_path(ticket))


def test_the_log_says_which_shares_a_rollout_was_about(world: World) -> None:
    ticket = world.new()
    fields = {"action": "set_share", "from": 0.05, "to": 0.25}
    with transaction(world.ws, ticket) as tx:
        begun, done = (NewEvent(ADA, "rollout", {**fields, "verified": verified}) for verified in (False, True))
        lost = NewEvent(ADA, "rollout", {"action": "lost", "to": 0.25, "verified": False, "reason": "it is away"})
        tx.commit(data=None, at=datetime(2025, 6, 1, tzinfo=UTC), events=[begun, done, lost])
    first, second, third = world.ok("log", ticket).out.splitlines()[-3:]
    assert third.endswith("rollout  lost; it is away")
    assert first.endswith("rollout  set share 5 % -> 25 %, begun")
    assert second.endswith("rollout  set share 5 % -> 25 %")


def test_verify_all_and_one(world: World) -> None:
    ticket, _ = three_entries(world)
    world.new()
    assert world.ok("verify").out == "2 logs: 4 entries proven\n"
    assert world.ok("verify", ticket).out == "1 log: 3 entries proven\n"
    data = world.ok("verify", ticket, "--json").data
    assert (data[0]["ok"], data[0]["entries"], data[0]["verified"]) == (True, 3, 3)


def test_verify_names_entry_and_line(world: World) -> None:
    ticket, log = three_entries(world)
    log.write_bytes(log.read_bytes().replace(b'"one"', b'"ONE"'))
    result = world.cli("verify", ticket)
    assert result.code == 1
    assert result.out.startswith("tickets/KAIZ-001/Promotion-Log:2: error: entry 2: ")
    assert "1 of 1 logs can't be proven" in result.err
    data = world.cli("verify", ticket, "--json")
    assert data.code == 1
    assert data.data[0]["problems"][0]["line"] == 2
    trail = world.ok("log", ticket).out.splitlines()
    assert [line.split()[1] for line in trail[:3]] == ["verified", "unverified", "unverified"]


def test_verify_warns_of_times_that_run_backwards_and_still_proves_the_log(world: World) -> None:
    ticket, log = three_entries(world)
    view = read_log(log.read_bytes())
    early = make_entry(view, at="2001-01-01T00:00:00Z", actor=ADA, event="comment", fields={"text": "backdated"})
    log.write_bytes(log.read_bytes() + entry_line(early))
    result = world.ok("verify", ticket)
    warning, proven = result.out.splitlines()
    assert warning.startswith("tickets/KAIZ-001/Promotion-Log:4: warning: entry 4: the entry's time is ")
    assert proven == "1 log: 4 entries proven"
    data = world.ok("verify", ticket, "--json").data[0]
    assert data["ok"] is True
    assert [(found["line"], found["code"]) for found in data["warnings"]] == [(4, "time")]


@pytest.mark.parametrize("how", ["drop", "swap", "forge"])
def test_verify_finds_what_was_done_to_a_log(world: World, how: str) -> None:
    ticket, log = three_entries(world)
    lines = log.read_bytes().splitlines(keepends=True)
    changed = {
        "drop": [lines[0], lines[2]],
        "swap": [lines[0], lines[2], lines[1]],
        "forge": [*lines, lines[2].replace(b'"seq":3', b'"seq":4')],
    }[how]
    log.write_bytes(b"".join(changed))
    assert world.cli("verify", ticket).code == 1


def test_a_log_that_is_gone_is_missed(world: World) -> None:
    ticket, log = three_entries(world)
    log.unlink()
    result = world.cli("verify")
    assert result.code == 1
    assert "the log is missing" in result.out
    assert world.cli("verify", "KAIZ-404").code == 3
    assert world.cli("log", "KAIZ-404").code == 3
    assert "the log is empty" in world.ok("log", ticket).out


def test_the_log_of_another_ticket_is_no_proof(world: World) -> None:
    ticket, log = three_entries(world)
    other = world.new()
    log.write_bytes(Path(world.ws.log_path(other)).read_bytes())
    result = world.cli("verify", ticket)
    assert result.code == 1
    assert result.out.startswith("tickets/KAIZ-001/Promotion-Log:1: error: entry 1: the log is of another ticket: ")


def test_what_is_logged_after_a_log_was_removed_does_not_hide_it(world: World) -> None:
    ticket, log = three_entries(world)
    log.unlink()
    world.ok("comment", ticket, "three")
    result = world.cli("verify", ticket)
    assert result.code == 1
    assert "Promotion-Log:1: error: no entry says that the ticket was created" in result.out


def test_a_log_that_cannot_be_read_does_not_hide_another(world: World) -> None:
    _, log = three_entries(world)
    log.write_bytes(log.read_bytes().replace(b'"one"', b'"ONE"'))
    (Path(world.ws.tickets) / "KAIZ-002").symlink_to(world.ws.root)
    result = world.cli("verify")
    assert result.code == 1
    assert "KAIZ-001/Promotion-Log:2: error: entry 2" in result.out
    assert "KAIZ-002/Promotion-Log: error: cannot read" in result.out


def test_a_hand_made_ticket_has_no_log_to_prove(world: World) -> None:
    path = world.ticket("KAIZ-009")
    path.parent.mkdir(parents=True)
    path.write_text("id: KAIZ-009\ntitle: T\ncomponent: pcc-main\nstatus: draft\n", encoding="utf-8")
    assert world.ok("verify").out == "1 log: 0 entries proven\n"


def test_log_json(world: World) -> None:
    ticket, log = three_entries(world)
    log.write_bytes(b"2025-05-19T09:15:00Z - Created\n" + log.read_bytes())
    data = world.ok("log", ticket, "--json").data
    assert data["entries"][0]["legacy"] is True
    assert data["entries"][0]["verified"] is False
    assert data["entries"][1]["entry"]["event"] == "created"


def write_ticket(world: World, ticket: str, text: str) -> None:
    path = world.ticket(ticket)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


GOOD = """\
id: {id}
title: T
component: pcc-main
severity: low
status: draft
"""


def lint_lines(world: World, *ids: str) -> tuple[int, list[str]]:
    result = world.cli("lint", *ids)
    return result.code, result.out.splitlines()


def test_lint_of_a_sound_ticket(world: World) -> None:
    write_ticket(world, "KAIZ-001", GOOD.format(id="KAIZ-001"))
    result = world.ok("lint", "KAIZ-001")
    assert result.out == ""
    assert "nothing to report" in result.err


@pytest.mark.parametrize(
    ("more", "line", "says", "level"),
    [
        ("ownr: x\n", 6, "unknown key `ownr`; did you mean `owner`?", "warning"),
        ('success_criteria:\n  - "p95_latency < 10"\n', 7, "looks automatic, but is manual", "warning"),
        ('success_criteria: ["a", "a"]\n', 6, "stands twice", "warning"),
        ("rollout: {stepz: 5}\n", 6, "unknown key `stepz`; did you mean", "warning"),
        ("created_at: yesterday\n", 6, "created_at is `yesterday`", "error"),
        ("labels: {a: b}\n", 6, "labels", "error"),
        ("title: again\n", 6, "title", "error"),
    ],
)
def test_lint_names_path_and_line(world: World, more: str, line: int, says: str, level: str) -> None:
    write_ticket(world, "KAIZ-001", GOOD.format(id="KAIZ-001") + more)
    code, lines = lint_lines(world, "KAIZ-001")
    assert code == (1 if level == "error" else 0)
    assert len(lines) == 1
    assert lines[0].startswith(f"tickets/KAIZ-001/Kaizen-Tkt.yml:{line}: {level}: ")
    assert says in lines[0]


def test_a_key_that_resembles_none_is_somebodys_own(world: World) -> None:
    write_ticket(world, "KAIZ-001", GOOD.format(id="KAIZ-001") + "x-jira: PLAT-1\n")
    assert lint_lines(world, "KAIZ-001") == (0, [])


def test_lint_says_what_is_in_the_place_of_the_tickets(world: World) -> None:
    world.root.joinpath("tickets").write_text("", encoding="utf-8")
    result = world.cli("lint")
    assert result.code == 6
    assert "cannot read tickets: its folder is not a folder" in result.err
    assert "put a real folder in its place" in result.err


def test_lint_of_an_unknown_component(world: World) -> None:
    write_ticket(world, "KAIZ-001", GOOD.format(id="KAIZ-001").replace("pcc-main", "pcc-mian"))
    code, lines = lint_lines(world)
    assert code == 1
    assert (
        "tickets/KAIZ-001/Kaizen-Tkt.yml:3: error: the registry has no component `pcc-mian`; did you mean `pcc-main`?"
        in lines
    )


def test_lint_sees_a_status_changed_by_hand(world: World) -> None:
    ticket = world.new()
    path = world.ticket(ticket)
    path.write_text(path.read_text(encoding="utf-8").replace("status: draft", "status: complete"), encoding="utf-8")
    code, lines = lint_lines(world, ticket)
    assert code == 1
    assert any("the status was changed by hand: the file says complete, the log `draft`" in line for line in lines)


def test_the_status_of_either_branch_is_right_after_a_merge(world: World) -> None:
    ticket = world.new()
    log, path = Path(world.ws.log_path(ticket)), world.ticket(ticket)
    start, begun = path.read_bytes(), log.read_bytes()
    world.ok("update", ticket, "-s", "in_progress")
    ours, our_log = path.read_bytes(), log.read_bytes()
    path.write_bytes(start)
    log.write_bytes(begun)
    world.ok("update", ticket, "-s", "planned")
    theirs = log.read_bytes()[len(begun) :]
    path.write_bytes(ours)  # the conflict in the file was resolved so
    log.write_bytes(our_log + theirs)  # merge=union
    assert not any("changed by hand" in line for line in lint_lines(world, ticket)[1])
    assert "the log says" not in world.ok("doctor").text
    path.write_bytes(start)
    assert any("changed by hand: the file says draft" in line for line in lint_lines(world, ticket)[1])


def test_an_old_log_line_is_no_proof_that_the_status_is_wrong(world: World) -> None:
    ticket = world.new()
    Path(world.ws.log_path(ticket)).write_text("2025-05-19T09:15:00Z - Status changed to: complete by CLI\n")
    code, lines = lint_lines(world, ticket)
    assert code == 0
    assert any("warning: the file says draft, the last old line of the log `complete`" in line for line in lines)


def test_lint_of_template_text_once_it_is_due(world: World) -> None:
    ticket = world.new()
    assert not any("Patch-Spec" in line for line in lint_lines(world, ticket)[1])
    world.ok("update", ticket, "-s", "in_review")
    lines = lint_lines(world, ticket)[1]
    assert any(line.startswith("tickets/KAIZ-001/Patch-Spec.md:3: warning: the section `Summary`") for line in lines)


def test_lint_of_a_score_card(world: World) -> None:
    ticket = world.new()
    world.score_card(ticket, "a" * 40)
    assert lint_lines(world, ticket) == (0, [])
    card = Path(world.ws.score_card_path(ticket))
    card.write_text(card.read_text(encoding="utf-8").replace("KAIZ-001", "KAIZ-002"), encoding="utf-8")
    assert "the score-card is of `KAIZ-002`, not KAIZ-001" in lint_lines(world, ticket)[1][0]
    card.write_text("{", encoding="utf-8")
    code, lines = lint_lines(world, ticket)
    assert code == 1
    assert lines[0].startswith("tickets/KAIZ-001/Score-card.json:1: error: ")


def test_lint_of_components_and_settings(world: World) -> None:
    world.config("governance:\n  enforce_form: canary\n")
    Path(world.ws.component_path("web")).write_text("id: web\ntier: 9\n", encoding="utf-8")
    Path(world.ws.component_path("cache")).write_text(
        "id: cache\ntier: 3\nonwer: x\nslo:\n  metrics:\n    - name: hits\n      threshold: '5'\n      query: hits\n",
        encoding="utf-8",
    )
    (world.root / "tickets/NOTES").mkdir(parents=True)
    code, lines = lint_lines(world)
    assert code == 1
    text = "\n".join(lines)
    assert "registry/kaizen/config.yml:2: error: " in text
    assert "enforce_from" in text
    assert "registry/kaizen/components/web.yml:2: error: " in text
    assert "registry/kaizen/components/cache.yml:3: warning: unknown key `onwer`; did you mean `owner`?" in text
    assert "registry/kaizen/components/cache.yml:6: warning: metric `hits` has no abort_threshold" in text
    assert "registry/kaizen/components/pcc-main.yml:12: warning: metric `drop_rate_pct` has no source" in text
    assert "tickets/NOTES: warning: not a ticket id" in text


def test_lint_of_a_metric_that_only_a_benchmark_measures(world: World) -> None:
    metrics = "".join(
        f"    - {{name: {name}, threshold: '5', abort_threshold: '9'}}\n" for name in ("hits_ms", "misses_ms")
    )
    benchmark = "evaluation:\n  benchmarks:\n    - {command: [python, b.py], metrics: {h: hits_ms}}\n"
    Path(world.ws.component_path("cache")).write_text(
        f"id: cache\ntier: 3\nowner: x\nslo:\n  metrics:\n{metrics}{benchmark}", encoding="utf-8"
    )
    said = [line for line in lint_lines(world)[1] if "cache.yml" in line]
    assert len(said) == 1
    assert "metric `misses_ms` has no source" in said[0]


def test_lint_names_keys_and_themes_that_the_board_does_not_know(world: World) -> None:
    world.config("theme: kaizen-drak\nkeys:\n  ticket.approve: A\n  ticket.aprove: B\n  some.thing: C\n")
    code, lines = lint_lines(world)
    assert code == 0
    assert [line for line in lines if "config.yml" in line] == [
        "registry/kaizen/config.yml:4: warning: the board has no action `ticket.aprove`; "
        "did you mean `ticket.approve`?",
        "registry/kaizen/config.yml:5: warning: the board has no action `some.thing`; "
        "docs/board.md lists every action; `?` on the board too",
        "registry/kaizen/config.yml:1: warning: the board has no theme `kaizen-drak`; did you mean `kaizen-dark`?",
    ]
    world.config("theme: nord\nkeys: {ticket.approve: A}\n")
    assert not [line for line in lint_lines(world)[1] if "config.yml" in line]


def test_lint_goes_on_after_a_broken_ticket(world: World) -> None:
    write_ticket(world, "KAIZ-001", "id: KAIZ-001\n<<<<<<< ours\n")
    write_ticket(world, "KAIZ-002", GOOD.format(id="KAIZ-002") + "ownr: x\n")
    code, lines = lint_lines(world)
    assert code == 1
    assert any(line.startswith("tickets/KAIZ-001/Kaizen-Tkt.yml:2: error: ") for line in lines)
    assert any(line.startswith("tickets/KAIZ-002/Kaizen-Tkt.yml:6: warning: ") for line in lines)


def test_lint_json(world: World) -> None:
    write_ticket(world, "KAIZ-001", GOOD.format(id="KAIZ-001") + "ownr: x\n")
    assert world.ok("lint", "KAIZ-001", "--json").data == [
        {
            "path": "tickets/KAIZ-001/Kaizen-Tkt.yml",
            "line": 6,
            "level": "warning",
            "message": "unknown key `ownr`",
            "hint": "did you mean `owner`?",
        }
    ]


def test_a_plain_log_has_tabs_between_its_fields(world: World) -> None:
    ticket, log = three_entries(world)
    rows = [line.split("\t") for line in world.ok("log", ticket, "--plain").out.splitlines()]
    assert [(row[0], *row[3:]) for row in rows[:2]] == [
        ("verified", "created", "Cap the memory"),
        ("verified", "comment", "one"),
    ]
    assert world.ok("show", ticket, "--log", "--plain").out.splitlines()[1].split("\t")[2:] == ["comment", "one"]
    log.write_text("2025-05-19T09:15:00Z - noted\n", encoding="utf-8")
    assert world.ok("log", ticket, "--plain").out == "unverified\t2025-05-19T09:15:00Z - noted\n"
