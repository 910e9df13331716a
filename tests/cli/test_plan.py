"""`kaizen plan --from-alerts` as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.world import World


def sent(**more: Any) -> dict[str, Any]:
    labels = {"alertname": "LatencyHigh", "component": "pcc-main", "slo": "p95_latency_ms", "severity": "page"}
    return {
        "status": "firing",
        "labels": {**labels, **more.pop("labels", {})},
        "annotations": {"summary": "p95 is slow"},
        "startsAt": "2026-05-18T08:30:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prom/",
        "fingerprint": "f1",
        **more,
    }


def payload(*alerts: object, **more: object) -> str:
    return json.dumps({"version": "4", "alerts": alerts, **more})


@pytest.fixture
def file(world: World) -> Path:
    path = world.root / "alerts.json"
    path.write_text(payload(sent()))
    return path


def test_a_file_becomes_tickets_and_says_so(world: World, file: Path) -> None:
    first = world.ok("plan", "--from-alerts", str(file))
    assert (first.out, first.err) == ("KAIZ-001  created  LatencyHigh\n", "")
    assert world.ok("plan", "--from-alerts", str(file), "--plain").out == "KAIZ-001\tknown\tLatencyHigh\n"
    shown = world.ok("show", "KAIZ-001").out
    assert "LatencyHigh · f1 · 2026-05-18T08:30:00Z" in shown
    assert world.ok("show", "KAIZ-001", "--json").data["alert"] == {
        "fingerprint": "f1", "name": "LatencyHigh", "starts_at": "2026-05-18T08:30:00Z", "former": "",
    }  # fmt: skip
    assert world.cli("lint").code == 0
    world.ok("verify")


def test_json_says_what_became_of_each(world: World, file: Path) -> None:
    found = world.ok("plan", "--from-alerts", str(file), "--json").data
    assert found == {
        "alerts": [
            {
                "fingerprint": "f1", "name": "LatencyHigh", "state": "firing", "starts_at": "2026-05-18T08:30:00Z",
                "act": "created", "ticket": "KAIZ-001", "component": "pcc-main", "why": "", "hint": "", "warnings": [],
            }
        ],
        "truncated": 0,
    }  # fmt: skip


def test_standard_input_and_the_list_of_amtool(world: World) -> None:
    listed = json.dumps([sent(status={"state": "active", "silencedBy": [], "inhibitedBy": []})])
    done = world.process("plan", "--from-alerts", "-", stdin=listed)
    assert (done.code, done.out, done.err) == (0, "KAIZ-001  created  LatencyHigh\n", "")


def test_an_alert_of_no_component_is_named_with_what_to_do(world: World, file: Path) -> None:
    file.write_text(payload(sent(labels={"component": "pcc-mian"}), sent(fingerprint="f2")))
    done = world.cli("plan", "--from-alerts", str(file))
    assert (done.code, done.out) == (3, "-  unplaced  LatencyHigh\nKAIZ-001  created  LatencyHigh\n")
    assert done.err == (
        "kaizen: error: no ticket for LatencyHigh: its label `component` is `pcc-mian`, which is no component of the "
        "registry; add the label to its rule, or give a default: --component ID\n"
    )
    assert world.ok("plan", "--from-alerts", str(file), "-c", "pcc-main").out.startswith("KAIZ-002  created")


def test_what_could_not_be_filled_in_is_said(world: World, file: Path) -> None:
    file.write_text(payload(sent(labels={"slo": "nope"}), truncatedAlerts=7))
    err = world.ok("plan", "--from-alerts", str(file)).err
    assert "kaizen: warning: KAIZ-001: pcc-main has no metric `nope`, which the label `slo` names\n" in err
    assert "kaizen: warning: Alertmanager left out 7 alerts (max_alerts)\n" in err


def test_an_alert_that_outlives_its_ticket_is_said(world: World, file: Path) -> None:
    world.ok("plan", "--from-alerts", str(file))
    world.ok("update", "KAIZ-001", "--status", "aborted", "--note", "no")
    done = world.ok("plan", "--from-alerts", str(file))
    assert "KAIZ-001 is aborted, and the alert that it was about still fires" in done.err


def test_nothing_in_it(world: World, file: Path) -> None:
    file.write_text("[]")
    done = world.ok("plan", "--from-alerts", str(file))
    assert (done.out, done.err) == ("", "no alerts in it; nothing to do\n")
    assert not Path(world.ws.tickets).exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "nothing to plan from; `kaizen plan --from-alerts FILE`, or `kaizen plan --listen 127.0.0.1:9099`"),
        (("--from-alerts", "x", "--listen", "9"), 2, "--from-alerts and --listen exclude each other"),
        (("--from-alerts", "absent.json"), 6, "cannot read: No such file or directory; absent.json"),
        (("--from-alerts", "tickets-not"), 6, "cannot read: No such file or directory"),
        (("--from-alerts", "registry"), 6, "cannot read: Is a directory; registry"),
        (("--from-alerts", "x\0y"), 6, "cannot read: embedded null byte"),
        (("--from-alerts", "bad.json"), 6, "not JSON: Expecting ',' delimiter at column 3; bad.json:3"),
        (("--from-alerts", "alerts.json", "--component", "pcc-mian"), 3, "did you mean pcc-main?"),
        (("--from-alerts", "alerts.json", "--component", "../x"), 3, "no component `../x`"),
        (("--listen", "nowhere:port"), 2, "`nowhere:port` is no address to serve on"),
        (("--listen", "0.0.0.0:9099"), 2, "set $KAIZEN_WEBHOOK_TOKEN to a long random text, or listen on 127.0.0.1"),
        (("--form-alerts", "x"), 2, "did you mean `--from-alerts`?"),
    ],
)
def test_wrong_words(world: World, file: Path, words: tuple[str, ...], code: int, said: str) -> None:
    (world.root / "bad.json").write_text('{"alerts": [\n  { }\n  {')
    done = world.cli("plan", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert done.err.startswith("kaizen: error: ")
    assert done.err.count("\n") == 1


def test_without_a_workspace(world: World, tmp_path: Path, file: Path) -> None:
    done = world.process("plan", "--from-alerts", str(file), cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert "kaizen init" in done.err


def test_hostile_words_reach_no_terminal(world: World, file: Path) -> None:
    evil = "\x1b[31m\u202e[@click=x]\n"
    labels = {"alertname": evil, "component": evil, "slo": evil, "severity": evil}
    file.write_text(payload(sent(labels=labels, annotations={"summary": evil * 1000, "dashboard": "javascript:x"})))
    seen = (
        world.cli("plan", "--from-alerts", str(file)).text
        + world.ok("plan", "--from-alerts", str(file), "-c", "pcc-main").text
    )
    seen += world.ok("show", "KAIZ-001").text + Path(world.ws.ticket_path("KAIZ-001")).read_text()
    seen += Path(world.ws.spec_path("KAIZ-001")).read_text()
    assert not {"\x1b", "\u202e"} & set(seen)
    assert "javascript" not in seen
