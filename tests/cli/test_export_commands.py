"""`kaizen export`: which components, where to, and what is said when it can't be."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.test_completion import completed
from tests.cli.test_startup import HEAVY, imported
from tests.cli.world import World
from tests.metrics.promtool import run

WEB = """\
id: web
name: Web
tier: 1
owner: web-team
slo:
  metrics:
    - name: error_pct
      threshold: 0.1
      sli: {type: ratio, bad: 'requests_total{code="500"}', total: requests_total}
      objective: 99.9
"""


@pytest.fixture
def web(world: World) -> World:
    """pcc-main and web."""
    components = world.root / "registry/kaizen/components"
    (components / "web.yml").write_text(WEB, encoding="utf-8")
    return world


def groups(text: str) -> list[str]:
    return [group["name"] for group in yaml.safe_load(text)["groups"]]


def test_the_group_says_what_there_is(world: World) -> None:
    assert "rules" in world.ok("export").out
    assert "rules" in world.ok("export", "--help").out
    wrong = world.cli("export", "ruls")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "kaizen: error: no such command `export ruls`; did you mean `kaizen export rules`?\n"


def test_completion(web: World) -> None:
    assert "export" in completed(web, "ex")
    assert completed(web, "export", "ru") == ["rules"]
    assert completed(web, "export", "rules", "") == ["pcc-main", "web"]
    assert "--output" in completed(web, "export", "rules", "--o")


def test_the_help_is_light(world: World) -> None:
    for words in (("export",), ("export", "--help"), ("export", "rules", "--help")):
        assert not imported(world, *words) & (HEAVY | {"yaml", "grafana_foundation_sdk"})


def test_rules_of_all_components_go_to_stdout(web: World) -> None:
    result = web.process("export", "rules")
    assert groups(result.out) == ["kaizen-pcc-main", "kaizen-web"]
    assert "registry/kaizen/components/web.yml" in result.out
    # What has no source is said, and the rest is there.
    assert "kaizen: warning: pcc-main/drop_rate_pct: no rules" in result.err


def test_rules_of_one_component_into_a_file(web: World, require_program: Callable[[str], str]) -> None:
    result = web.ok("export", "rules", "web", "web", "-o", "rules.yml")
    assert result.text == ""
    path = web.root / "rules.yml"
    assert groups(path.read_text(encoding="utf-8")) == ["kaizen-web"]
    run(require_program("promtool"), "check", "rules", str(path))


def test_a_folder_gets_a_file_for_each(web: World) -> None:
    result = web.ok("export", "rules", "-o", "out/")
    assert "wrote 2 files into out/" in result.err
    assert sorted(os.listdir(web.root / "out")) == ["kaizen-pcc-main.rules.yml", "kaizen-web.rules.yml"]
    web.ok("export", "rules", "web", "--output", "out")  # it is there now
    before = (web.root / "out/kaizen-web.rules.yml").read_bytes()
    assert web.process("export", "rules", "web").out.encode() == before


def test_an_unknown_component(web: World) -> None:
    result = web.cli("export", "rules", "wab")
    assert (result.code, result.out) == (3, "")
    assert "no component `wab`; did you mean web?" in result.err
    assert web.cli("export", "rules", "../web").code == 3


def test_a_broken_component_stops_it_and_keeps_the_old_file(web: World) -> None:
    (web.root / "rules.yml").write_text("old", encoding="utf-8")
    components = web.root / "registry/kaizen/components"
    (components / "web.yml").write_text(WEB.replace("type: ratio", "type: ratoi"), encoding="utf-8")
    (components / "third.yml").write_text("id: third\ntier: 9\n", encoding="utf-8")
    result = web.cli("export", "rules", "-o", "rules.yml")
    assert (result.code, result.out) == (6, "")
    assert "registry/kaizen/components/web.yml:9" in result.err
    assert "registry/kaizen/components/third.yml:2" in result.err
    assert "nothing was written" in result.err
    assert (web.root / "rules.yml").read_text(encoding="utf-8") == "old"
    assert groups(web.process("export", "rules", "pcc-main").out) == ["kaizen-pcc-main"]


def test_no_components_and_none_with_a_source(world: World) -> None:
    component = world.root / "registry/kaizen/components/pcc-main.yml"
    component.write_text("id: pcc-main\ntier: 1\n", encoding="utf-8")
    result = world.process("export", "rules")
    assert yaml.safe_load(result.out) == {"groups": []}
    assert "nothing to alert on" in result.err
    component.unlink()
    empty = world.cli("export", "rules")
    assert (empty.code, empty.out) == (3, "")
    assert "no components yet" in empty.err


def test_a_place_that_cannot_be_written(web: World) -> None:
    (web.root / "file").write_text("", encoding="utf-8")
    for target in ("missing/rules.yml", "registry/kaizen/components/web.yml/rules.yml", "file/", "x" * 300):
        result = web.cli("export", "rules", "web", "-o", target)
        assert (result.code, result.err.count("\n")) == (6, 1)
        assert result.err.startswith("kaizen: error: cannot ")


def test_it_needs_a_workspace(web: World, tmp_path: Path) -> None:
    assert web.process("export", "rules", cwd=tmp_path).code == 3
    found = web.process("export", "rules", "web", "-C", str(web.root), cwd=tmp_path)
    assert groups(found.out) == ["kaizen-web"]


def test_one_dashboard_to_stdout_or_a_file(web: World) -> None:
    result = web.process("export", "dashboard", "web")
    assert json.loads(result.out)["uid"] == "kaizen-web"
    assert web.ok("export", "dashboard", "web", "-o", "web.json").text == ""
    assert (web.root / "web.json").read_text(encoding="utf-8") == result.out


def test_several_dashboards_need_a_folder(web: World) -> None:
    web.ok("export", "dashboard", "-o", "boards")  # made, as it isn't there
    assert sorted(os.listdir(web.root / "boards")) == ["kaizen-pcc-main.json", "kaizen-web.json"]
    web.ok("export", "dashboard", "web", "-o", "boards")
    (web.root / "file").write_text("old", encoding="utf-8")
    for words in ((), ("-o", "file"), ("-o", "-")):
        result = web.cli("export", "dashboard", *words)
        assert (result.code, result.out) == (2, "")
        assert "don't go into one file" in result.err
    assert (web.root / "file").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("form", ["json", "yaml", "csv", "md", "html", "prom"])
def test_the_board_is_what_the_dashboard_exports(web: World, form: str) -> None:
    web.new("One")
    web.new("Two")
    env = {"SOURCE_DATE_EPOCH": "1790000000"}
    words = ("--format", form, "--filter", "one")
    result = web.process("export", "board", *words, env=env)
    done = subprocess.run(
        [sys.executable, "-m", "kaizen_tui.tui.entry", "--export", "-", *words],
        cwd=web.root,
        env=web.environment(env=env),
        capture_output=True,
        check=True,
    )
    assert result.out == done.stdout.decode()
    assert result.code == 0
    if form != "prom":
        assert "One" in result.out
        assert "Two" not in result.out


def test_the_board_into_a_file_and_what_cannot_be(web: World) -> None:
    ticket = web.new()
    web.ok("export", "board", "-o", "board.csv")
    assert ticket in (web.root / "board.csv").read_text(encoding="utf-8")
    for words, code, said in (
        (("--format", "svg"), 2, "kaizen-tui --export FILE.svg"),
        (("-o", "board.svg"), 2, "kaizen-tui --export FILE.svg"),
        (("--format", "jsn"), 2, "did you mean json?"),
        (("-o", "board"), 2, "does not tell the format"),
        (("--filter", "status:"), 2, ""),
        (("-o", "gone/board.md"), 6, "gone"),
    ):
        result = web.cli("export", "board", *words)
        assert (result.code, said in result.err, result.err.count("\n")) == (code, True, 1), result
    web.ticket(ticket).write_text("id: [\n", encoding="utf-8")
    assert "1 file could not be loaded and is not in the export" in web.ok("export", "board", "-o", "b.md").err


def test_the_board_needs_no_textual(web: World) -> None:
    web.new()
    assert not imported(web, "export", "board", "-o", "b.json") & {"textual", "rich", "plotext"}
