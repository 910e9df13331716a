"""`kaizen deploy ID --share 0` on a complete ticket, and who names it: at a flag file and a command."""

import io
import json
from pathlib import Path

import pytest

from kaizen_tui.cli.canary_output import shown_report
from kaizen_tui.cli.invocation import Call
from kaizen_tui.core.canary_plan import Act, Judged
from kaizen_tui.core.canary_state import CanaryState
from kaizen_tui.loop.driver import Report
from tests.cli.world import World

WEB = """\
id: web
tier: 3
owner: backend-team
versions: {label: version, baseline: one, canary: two}
slo:
  metrics:
    - {name: errors_pct, threshold: "5", unit: "%",
       sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}}
rollout: {splitter: edge, steps: [1%, 100%]}
rollback_plan: systemctl restart web
"""
COMMAND = """\
#!/bin/sh
[ "$KAIZEN_ACTION" = set ] && printf '%s\\n' "$KAIZEN_SHARE" > share
cat share
"""
VARIANTS = {"canary": True, "baseline": False}
FLAG = {"state": "ENABLED", "variants": VARIANTS, "defaultVariant": "canary", "targeting": {}}


class Shop(World):
    """A ticket that was released to everybody at the splitter `edge`."""

    def __init__(self, root: Path, kind: str) -> None:
        super().__init__(root)
        self.kind = kind
        Path(self.ws.component_path("web")).write_text(WEB)
        settings = "{type: command, command: [./share.sh]}"
        if kind == "flagd":
            settings = "{type: flagd, file: flags.json, flag: cache}"
            (root / "flags.json").write_text(json.dumps({"flags": {"cache": FLAG}}))
        else:
            (root / "share.sh").write_text(COMMAND)
            (root / "share.sh").chmod(0o755)
            (root / "share").write_text("1\n")
        self.config(f"metrics: {{source: simulated}}\nsplitters:\n  edge: {settings}\n")
        self.ok("trust")
        self.id = self.ok("new", "Cap it", "--component", "web").out.strip()
        self.log_event(self.id, "status", {"from": "in_review", "to": "canary", "unmet": []})
        fields = {"action": "set_share", "from": 0.01, "to": 1.0, "splitter": "edge", "verified": True}
        self.log_event(self.id, "rollout", fields)
        self.log_event(self.id, "status", {"from": "canary", "to": "complete", "unmet": []})
        ticket = self.ticket(self.id)
        ticket.write_text(ticket.read_text().replace("status: draft", "status: complete"))

    @property
    def given(self) -> float:
        if self.kind == "command":
            return float((self.root / "share").read_text())
        flag = json.loads((self.root / "flags.json").read_text())["flags"]["cache"]
        return float(flag["defaultVariant"] == "canary" or bool(flag["targeting"]))


@pytest.fixture(params=["flagd", "command"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Shop(tmp_path / "platform", request.param)


def test_the_share_goes_back_to_0_once_and_the_logs_are_whole(shop: Shop) -> None:
    command = f"kaizen deploy {shop.id} --share 0"
    why = shop.ok("why", shop.id)
    assert (
        f"the splitter edge stands at 100 % since this release. Once the baseline's servers run it:\n  {command}"
        in why.out
    )
    assert shop.ok("why", shop.id, "--plain").out.split("\t")[-1].strip() == command
    assert shop.ok("why", shop.id, "--json").data["standing"] == {"splitter": "edge", "share": 1.0, "command": command}
    assert shop.given == 1
    done = shop.ok("deploy", shop.id, "--share", "0")
    assert (shop.given, done.err) == (0, "")
    assert done.out == f"{shop.id}: the baseline's servers have all users; the splitter edge is at 0 % again\n"
    again = shop.ok("deploy", shop.id, "--share", "0%")
    assert again.out == f"{shop.id}: the splitter edge stands at 0 % already\n"
    assert command not in shop.ok("why", shop.id).out
    assert shop.ok("why", shop.id, "--json").data["standing"] is None
    told = shop.ok("deploy", shop.id, "--share", "0", "--json").data
    assert (told["current"], told["target"], told["allowed"]) == ("complete", "complete", True)
    shop.ok("verify")
    shop.ok("lint")
    assert "to_baseline" in shop.ok("log", shop.id, "--json").out


def test_without_trust_nothing_is_touched(shop: Shop) -> None:
    shop.ok("trust", "--revoke")
    said = shop.cli("deploy", shop.id, "--share", "0")
    assert (said.code, shop.given) == (4, 1)
    assert "kaizen trust" in said.err


def test_a_ticket_that_is_not_complete_is_refused(shop: Shop) -> None:
    said = shop.cli("deploy", shop.new(), "--share", "0")
    assert (said.code, said.out) == (4, "")
    assert "is draft: the splitter goes back to 0 when a ticket is complete" in said.err


@pytest.mark.parametrize(
    ("answer", "more", "code", "given"), [("\n", [], 1, 1), ("", [], 1, 1), ("y\n", [], 0, 0), ("\n", ["--yes"], 0, 0)]
)
def test_a_person_is_asked_where_the_baseline_shows_no_numbers(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, answer: str, more: list[str], code: int, given: int
) -> None:
    shop.config(Path(shop.ws.config_path).read_text().replace(
        "{source: simulated}", "{source: prometheus, url: 'http://127.0.0.1:9'}"))  # fmt: skip
    shop.ok("trust")
    monkeypatch.setattr("kaizen_tui.cli.canary.is_interactive", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    said = shop.cli("deploy", shop.id, "--share", "0", *more)
    assert (said.code, shop.given) == (code, given)
    assert "kaizen: warning" in said.err
    assert "whether the baseline's servers run" in said.err
    assert ("[y/N]" in said.err) is not bool(more)
    assert ("nothing was changed" in said.err) is bool(code)


def test_a_script_is_warned_and_not_asked(shop: Shop) -> None:
    shop.config(Path(shop.ws.config_path).read_text().replace(
        "{source: simulated}", "{source: prometheus, url: 'http://127.0.0.1:9'}"))  # fmt: skip
    shop.ok("trust")
    said = shop.ok("deploy", shop.id, "--share", "0")
    assert "whether the baseline's servers run" in said.err
    assert shop.given == 0


def test_the_release_says_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    acts = (Act("set_share", share=1.0), Act("complete", "every gate is open"))
    shown_report(Call(None, None), Report("KAIZ-001", "complete", CanaryState(0)._replace(share=1.0), Judged(), acts))
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "  once the baseline's servers run it: `kaizen deploy KAIZ-001 --share 0`"
