"""new, list, show, update: what they write and print."""

import re
from pathlib import Path

import pytest

from kaizen_tui.store.reading import read_ticket_file
from tests.cli.world import BOB, World


def test_new_takes_owner_and_rollback_plan_from_the_component(world: World) -> None:
    result = world.ok(
        "new", "Improve memory utilization in MCP server", "--component", "pcc-main", "--severity", "medium"
    )
    assert result.out == "KAIZ-001\n"
    assert "kaizen why KAIZ-001" in result.err
    fields = read_ticket_file(world.ws, "KAIZ-001").fields
    assert (fields.owner, fields.rollback_plan) == ("backend-team", "systemctl restart mcp-server@stable")
    assert (fields.objective, fields.status, fields.severity) == ("TBD", "draft", "medium")
    assert fields.created_at == fields.updated_at != ""
    assert len(fields.uid) == 16
    names = sorted(path.name for path in world.ticket("KAIZ-001").parent.iterdir())
    assert names == ["Kaizen-Tkt.yml", "Patch-Spec.md", "Promotion-Log"]


def test_new_with_everything(world: World) -> None:
    ticket = world.new(
        "Trim payloads", "-o", "web-team", "-s", "critical", "--objective", "Smaller",
        "--success-criteria", "p95_latency_ms < 10; drop_rate_pct < 0.2 ;", "--success", "One; with a semicolon",
        "--abort-criteria", "drop_rate_pct > 0.5", "--abort", "Anyone complains", "--rollback-plan", "git revert",
        "--label", "memory", "--label", "q3", "--label", "memory",
    )  # fmt: skip
    fields = read_ticket_file(world.ws, ticket).fields
    assert fields.success_criteria == ("p95_latency_ms < 10", "drop_rate_pct < 0.2", "One; with a semicolon")
    assert fields.abort_criteria == ("drop_rate_pct > 0.5", "Anyone complains")
    assert (fields.owner, fields.severity, fields.objective) == ("web-team", "critical", "Smaller")
    assert (fields.rollback_plan, fields.labels) == ("git revert", ("memory", "q3"))


def test_new_says_what_looks_automatic_and_is_not(world: World) -> None:
    result = world.ok("new", "T", "-c", "pcc-main", "--success", "p95_latency < 10")
    assert "did you mean `p95_latency_ms`?" in result.err
    assert result.out == "KAIZ-001\n"


def test_new_as_json(world: World) -> None:
    data = world.ok("new", "T", "-c", "pcc-main", "--json").data
    assert data == {"id": "KAIZ-001", "path": str(world.ticket("KAIZ-001")), "warnings": []}


@pytest.mark.parametrize("title", ["", "  "])
def test_new_wants_a_title(world: World, title: str) -> None:
    result = world.cli("new", title, "-c", "pcc-main")
    assert (result.code, result.out) == (2, "")
    assert "the title is empty" in result.err
    assert not Path(world.ws.tickets).exists()


def test_list_through_click_and_through_the_fast_path_is_the_same(world: World) -> None:
    world.new("One")
    world.new("Two", "--severity", "high")
    slow = world.ok("list", "--severity", "high")
    fast = world.process("list", "--severity", "high")
    without_ages = [re.sub(r"\d+ s", "0 s", result.out) for result in (slow, fast)]
    assert without_ages[0] == without_ages[1]
    assert "Two" in slow.out
    assert "One" not in slow.out
    assert world.ok("list", "--json").data == world.process("list", "--json").data


def test_list_owner_me_is_the_actor(world: World) -> None:
    world.new("Mine", "--owner", "ada@example.org")
    world.new("Another's")
    assert "Mine" in world.ok("list", "owner:me").out
    assert "Another's" not in world.ok("list", "owner:me").out
    assert world.ok("list", "owner:me", "--actor", "Bob <bob@example.org>").out == ""


def test_show_is_one_screen_with_every_criterion_read(world: World) -> None:
    ticket = world.new(
        "Cap memory", "--success", "p95_latency_ms < 10", "--success", "Zero drops", "--abort", "drop_rate_pct > 0.5"
    )
    shown = world.ok("show", ticket).out
    assert "pcc-main · PCC State Broadcaster · tier 0" in shown
    assert "automatic: p95_latency_ms below 10 ms" in shown
    assert "manual: needs sign-off" in shown
    assert "tickets/KAIZ-001/Score-card.json  (absent: not evaluated yet)" in shown
    assert shown.count("\n") < 40


def test_show_says_what_is_signed_off_and_approved(world: World) -> None:
    ticket = world.new("Cap memory", "--success", "Zero drops")
    world.ok("signoff", ticket, "1", "--note", "ran twice")
    world.ok("approve", ticket, "--note", "fine")
    shown = world.ok("show", ticket).out
    assert "manual: signed off by Ada Lovelace <ada@example.org>" in shown
    assert "approved while draft: fine" in shown


def test_show_json_has_the_etag_of_if_match(world: World) -> None:
    ticket = world.new()
    data = world.ok("show", ticket, "--json").data
    assert data["etag"] == read_ticket_file(world.ws, ticket).etag
    assert world.ok("update", ticket, "--title", "B", "--if-match", data["etag"]).code == 0


def test_show_plain_is_one_record_a_line(world: World) -> None:
    ticket = world.new("Cap memory", "--success", "p95_latency_ms < 10", "--label", "x")
    lines = world.ok("show", ticket, "--plain").out.splitlines()
    assert "title: Cap memory" in lines
    assert "success_criteria: p95_latency_ms < 10  (automatic: p95_latency_ms below 10 ms)" in lines
    assert all(": " in line for line in lines)


def test_show_parts(world: World) -> None:
    ticket = world.new()
    world.score_card(ticket, "a" * 40, "fail")
    result = world.ok("show", ticket, "--log", "--patch-spec", "--score-card")
    assert "created  Cap the memory" in result.out
    assert "`kaizen log KAIZ-001` says what is proven." in result.out
    assert "## Rollback Procedure" in result.out
    assert "Score-card of KAIZ-001: fail" in result.out
    data = world.ok("show", ticket, "--score-card", "--log", "--json").data
    assert data["score_card"]["verdict"] == "fail"
    assert [(row["entry"]["event"], row["verified"]) for row in data["log"]] == [("created", None), ("evaluate", None)]


def test_show_says_that_a_part_is_absent(world: World) -> None:
    ticket = world.new()
    Path(world.ws.spec_path(ticket)).unlink()
    result = world.ok("show", ticket, "--patch-spec", "--score-card")
    assert result.out == ""
    assert "no Patch-Spec.md" in result.err
    assert "not evaluated yet" in result.err


def test_show_of_a_broken_score_card_names_the_line(world: World) -> None:
    ticket = world.new()
    Path(world.ws.score_card_path(ticket)).write_text(
        '{"schema": "kaizen.scorecard/1",\n "pairs": NaN}', encoding="utf-8"
    )
    result = world.cli("show", ticket, "--score-card")
    assert result.code == 6
    assert "tickets/KAIZ-001/Score-card.json" in result.err


def test_show_works_when_the_component_is_gone(world: World) -> None:
    ticket = world.new("T", "--success", "p95_latency_ms < 10")
    Path(world.ws.component_path("pcc-main")).unlink()
    shown = world.ok("show", ticket).out
    assert "⚠ no component `pcc-main`" in shown


def test_update_changes_two_lines_of_the_file(world: World) -> None:
    ticket = world.new("Cap memory", "--success", "a", "--success", "b")
    path = world.ticket(ticket)
    path.write_text(
        "# mine\n" + path.read_text(encoding="utf-8").replace("severity: medium", "severity: medium   # !"),
        encoding="utf-8",
    )
    before = path.read_text(encoding="utf-8").splitlines()
    world.ok("update", ticket, "--severity", "high")
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed[0] == "severity: high   # !"
    assert len(changed) <= 2
    assert all(line.startswith(("severity:", "updated_at:")) for line in changed)


def test_update_everything_at_once(world: World) -> None:
    ticket = world.new("Old", "--label", "keep", "--label", "drop")
    result = world.ok(
        "update", ticket, "-t", "New", "-o", "me", "--severity", "low", "--objective", "O", "--success-criteria", "a;b",
        "--abort-criteria", "c", "--rollback-plan", "R", "--label", "more", "--no-label", "drop",
        "--link", "repo=https://x.example/a=b", "--note", "why not",
    )  # fmt: skip
    fields = read_ticket_file(world.ws, ticket).fields
    assert (fields.title, fields.owner, fields.severity, fields.objective) == ("New", "me", "low", "O")
    assert (fields.success_criteria, fields.abort_criteria, fields.rollback_plan) == (("a", "b"), ("c",), "R")
    assert (fields.labels, fields.links) == (("keep", "more"), (("repo", "https://x.example/a=b"),))
    assert "success criteria" in result.out
    assert "title: Old -> New" in world.ok("log", ticket).out
    assert "why not" in world.ok("log", ticket).out
    world.ok("update", ticket, "--link", "repo=")
    assert read_ticket_file(world.ws, ticket).fields.links == ()


def test_update_to_what_it_is_writes_nothing(world: World) -> None:
    ticket = world.new("Same")
    before = world.ticket(ticket).read_bytes(), Path(world.ws.log_path(ticket)).read_bytes()
    assert "nothing to change" in world.ok("update", ticket, "--title", "Same").err
    assert "is already draft" in world.ok("update", ticket, "--status", "draft").err
    assert (world.ticket(ticket).read_bytes(), Path(world.ws.log_path(ticket)).read_bytes()) == before


def test_update_with_only_a_note_is_a_comment(world: World) -> None:
    ticket = world.new()
    world.ok("update", ticket, "--note", "thinking")
    assert "comment  thinking" in world.ok("log", ticket).out


def test_update_json(world: World) -> None:
    ticket = world.new()
    data = world.ok("update", ticket, "--title", "B", "-s", "planned", "--json").data
    assert data["changed"] == ["title"]
    assert data["decision"]["allowed"] is True
    assert [condition["code"] for condition in data["decision"]["warnings"]] == [
        "objective",
        "success_criteria",
        "abort_criteria",
    ]
    assert data["etag"] == read_ticket_file(world.ws, ticket).etag


def test_fields_and_status_change_as_one_act(world: World) -> None:
    ticket = world.new()
    result = world.ok("update", ticket, "--objective", "O", "-s", "planned")
    assert "the ticket has no objective" not in result.err  # the gate saw the new text
    assert result.out == f"{ticket}: objective, status draft -> planned\n"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "nothing to change"),
        (("--title", ""), "title is empty"),
        (("--link", "https://x.example"), "write NAME=URL"),
        (("--override", "because"), "needs --status"),
    ],
)
def test_update_refuses_what_makes_no_sense(world: World, options: tuple[str, ...], says: str) -> None:
    ticket = world.new()
    before = world.ticket(ticket).read_bytes()
    result = world.cli("update", ticket, *options)
    assert result.code == 2
    assert says in result.err
    assert world.ticket(ticket).read_bytes() == before


def test_update_of_a_file_that_changed_meanwhile(world: World) -> None:
    ticket = world.new()
    etag = world.ok("show", ticket, "--json").data["etag"]
    world.ok("update", ticket, "--title", "Theirs")
    result = world.cli("update", ticket, "--title", "Mine", "--if-match", etag)
    assert result.code == 5
    assert result.err.startswith("kaizen: error: KAIZ-001 changed since it was read; tickets/KAIZ-001/Kaizen-Tkt.yml; ")
    assert read_ticket_file(world.ws, ticket).fields.title == "Theirs"


def test_the_platforms_own_tickets_load_and_change(world: World) -> None:
    path = world.ticket("KAIZ-007")
    path.parent.mkdir(parents=True)
    path.write_text(
        'id: KAIZ-007\ntitle: "Optimize MCP server for 200Hz throughput"\ncomponent: pcc-main\nowner: backend-team\n'
        'severity: high   # said the board\nobjective: "Achieve p95 latency below 10ms"\nsuccess_criteria:\n'
        '  - "p95_latency_ms < 10"\nabort_criteria:\n  - "drop_rate_pct > 0.5"\nrollback_plan: "systemctl restart"\n'
        'status: in_review\ncreated_at: "2025-05-18T08:30:00Z"\nupdated_at: "2025-05-19T09:15:00Z"\n',
        encoding="utf-8",
    )
    log = Path(world.ws.log_path("KAIZ-007"))
    log.write_text("2025-05-19T09:15:00Z - Status changed to: in_review by CLI\n", encoding="utf-8")
    world.ok("update", "KAIZ-007", "--severity", "critical")
    assert "severity: critical   # said the board" in path.read_text(encoding="utf-8")
    shown = world.ok("log", "KAIZ-007").out.splitlines()
    assert shown[0] == "✖ unverified  2025-05-19T09:15:00Z - Status changed to: in_review by CLI"
    assert shown[1].startswith("✔ verified")
    assert world.ok("verify", "KAIZ-007").code == 0
    assert world.new() == "KAIZ-008"


def test_nobody_signs_off_an_abort_criterion(world: World) -> None:
    ticket = world.new("T", "--abort", "Operators complain", "--abort", "nometric > 5")
    readings = [each["reading"] for each in world.ok("show", ticket, "--json").data["abort_criteria"]]
    assert readings[0] == "manual: a person watches it"
    assert readings[1].startswith("manual: a person watches it (the component has no metric `nometric`")


def test_json_says_who_signed_a_criterion_off(world: World) -> None:
    ticket = world.new("T", "--success", "Operators agree")
    world.ok("signoff", ticket, "1", actor=BOB)
    (criterion,) = world.ok("show", ticket, "--json").data["success_criteria"]
    assert criterion["reading"].startswith(f"manual: signed off by {BOB}, ")
