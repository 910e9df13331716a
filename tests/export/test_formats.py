"""Each format says what the workspace holds, byte for byte the same, and nothing in it can run."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.slo import Target
from kaizen_tui.core.states import STATUSES
from kaizen_tui.export.as_html import spark
from kaizen_tui.export.as_text import CSV_COLUMNS
from kaizen_tui.export.collect import collect
from kaizen_tui.export.formats import FORMATS, choose_format, render
from kaizen_tui.store.workspace import Workspace

NOW = 1_790_000_000
TEXT_FORMATS = [name for name in FORMATS if name != "svg"]


def export(ws: Workspace, chosen: str, filter_text: str = "") -> bytes:
    return b"".join(render(collect(ws, NOW, filter_text=filter_text), ws, chosen))


@pytest.mark.parametrize("chosen", TEXT_FORMATS)
def test_the_same_workspace_and_time_give_the_same_bytes(workspace: Workspace, chosen: str) -> None:
    cold = export(workspace, chosen)
    assert export(workspace, chosen) == cold
    (Path(workspace.state) / "export").unlink()
    (Path(workspace.state) / "index").unlink()
    assert export(workspace, chosen) == cold


@pytest.mark.parametrize("chosen", TEXT_FORMATS)
def test_no_control_byte_leaves(workspace: Workspace, chosen: str) -> None:
    data = export(workspace, chosen).decode("utf-8")
    controls = [sign for sign in data if (ord(sign) < 32 and sign not in "\n\r") or 127 <= ord(sign) < 160]
    assert not controls
    if chosen not in ("json", "yaml", "prom"):  # there, escapes of the format's own keep the text exact
        assert "\u202e" not in data


def test_json_fits_its_schema_and_holds_every_field(workspace: Workspace) -> None:
    found = json.loads(export(workspace, "json"))
    schema = json.loads(files("kaizen_tui.export").joinpath("kaizen-export.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert [ticket["status"] for ticket in found["tickets"]][: len(STATUSES)] == list(STATUSES)
    first = found["tickets"][0]
    assert first["success_criteria"] == ["p95_latency_ms < 10"]
    assert first["links"] == {"repository": "https://example.org/x"}
    assert first["labels"] == ["a", "b,c"]
    assert first["created_at"] == "2026-01-01T00:00:00Z"
    assert found["tickets"][7]["title"].startswith("=HYPERLINK(")
    assert "\x1b[31m [/]" in found["tickets"][7]["title"]


def test_json_names_the_broken_file_with_its_line(workspace: Workspace) -> None:
    problems = json.loads(export(workspace, "json"))["problems"]
    assert [problem["path"] for problem in problems] == ["tickets/KAIZ-009/Kaizen-Tkt.yml"]
    assert problems[0]["line"] > 0


def test_json_gives_slo_states_with_the_age_of_their_data(workspace: Workspace) -> None:
    component = json.loads(export(workspace, "json"))["components"][0]
    assert [metric["name"] for metric in component["metrics"]] == ["p95_latency_ms", "rate"]
    assert {metric["better"] for metric in component["metrics"]} == {"lower", "higher"}
    for metric in component["metrics"]:
        assert 0 <= metric["age_seconds"] < 15
        assert isinstance(metric["value"], float)


def test_without_a_server_the_states_say_so(workspace: Workspace) -> None:
    Path(workspace.config_path).unlink()
    found = json.loads(export(workspace, "json"))
    assert found["metrics_source"] is None
    assert {metric["state"] for metric in found["components"][0]["metrics"]} == {"no_data"}
    assert found["components"][0]["metrics"][0]["error"] == "no metrics server configured"


def test_yaml_says_the_same_as_json(workspace: Workspace) -> None:
    assert yaml.safe_load(export(workspace, "yaml")) == json.loads(export(workspace, "json"))


def test_csv_reads_back_and_no_cell_is_a_formula(workspace: Workspace) -> None:
    rows = list(csv.reader(io.StringIO(export(workspace, "csv").decode("utf-8"), newline="")))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [row[0] for row in rows[1:]] == [f"KAIZ-{number:03d}" for number in range(1, 9)]
    for row in rows[1:]:
        assert len(row) == len(CSV_COLUMNS)
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert rows[1][CSV_COLUMNS.index("abort_criteria")] == "'+1"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_self_contained_and_runs_nothing(workspace: Workspace) -> None:
    page = export(workspace, "html").decode("utf-8")
    parser = _Tags()
    parser.feed(page)
    assert not {"script", "link", "img", "iframe", "a", "object"} & set(parser.tags)
    assert not [name for name, _ in parser.attributes if name.startswith("on") or name in ("src", "href")]
    assert "url(" not in page
    assert "<script>alert(1)</script>" in parser.text
    assert parser.tags.count("details") == 8
    assert "KAIZ-009" in parser.text


def test_markdown_shows_hostile_titles_as_text(workspace: Workspace) -> None:
    text = export(workspace, "md").decode("utf-8")
    line = next(line for line in text.splitlines() if "HYPERLINK" in line)
    assert r"\<script\>" in line
    assert "\\|" in line
    assert line.replace("\\|", "").count("|") == 8


def test_prom_counts_every_status(workspace: Workspace) -> None:
    lines = export(workspace, "prom").decode("utf-8").splitlines()
    assert 'kaizen_tickets{status="draft",severity="high"} 2' in lines
    assert 'kaizen_tickets{status="canary",severity="high"} 1' in lines
    assert "kaizen_unloadable_files 1" in lines
    assert f"kaizen_export_timestamp_seconds {NOW}" in lines


@pytest.mark.e2e
def test_prom_is_what_promtool_takes(workspace: Workspace, require_program: Callable[[str], str]) -> None:
    import subprocess

    promtool = require_program("promtool")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=export(workspace, "prom"), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr.strip(), done.stderr.decode()


def test_a_filter_selects_tickets(workspace: Workspace) -> None:
    found = json.loads(export(workspace, "json", "status:canary,complete"))
    assert [ticket["id"] for ticket in found["tickets"]] == ["KAIZ-005", "KAIZ-006"]
    assert json.loads(export(workspace, "json", "nothinglikethis"))["tickets"] == []
    assert len(export(workspace, "csv", "status:canary").splitlines()) > 1


def test_a_wrong_filter_is_a_usage_error(workspace: Workspace) -> None:
    with pytest.raises(UsageError):
        collect(workspace, NOW, filter_text="statsu:canary")


def test_an_empty_workspace_exports(tmp_path: Path) -> None:
    (tmp_path / "registry" / "kaizen").mkdir(parents=True)
    ws = Workspace(str(tmp_path))
    assert json.loads(export(ws, "json"))["tickets"] == []
    for chosen in TEXT_FORMATS:
        assert export(ws, chosen)


@pytest.mark.parametrize(
    ("path", "named", "chosen"),
    [
        ("board.json", "", "json"),
        ("a/b.c/board.YML", "", "yaml"),
        ("-", "", "json"),
        ("-", "prom", "prom"),
        ("board.txt", "md", "md"),
        ("x.htm", "", "html"),
    ],
)
def test_the_format_comes_from_the_option_or_the_suffix(path: str, named: str, chosen: str) -> None:
    assert choose_format(path, named) == chosen


def test_an_unknown_format_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean json"):
        choose_format("-", "jsn")
    with pytest.raises(UsageError, match="does not tell the format"):
        choose_format("board.d/board")


def test_a_sparkline_keeps_gaps() -> None:
    drawn = spark([1.0, None, 2.0, float("nan"), 3.0, 4.0], Target(10.0, 15.0, False))
    assert drawn.count("M") == 3
    assert "nan" not in drawn.lower()
    assert "<path" not in spark([None, None], Target(10.0, None, False))


def test_prom_says_when_a_component_was_last_promoted(workspace: Workspace) -> None:
    name = 'kaizen_component_promoted_timestamp_seconds{component="pcc-main"}'
    complete = Path(workspace.root) / "tickets" / "KAIZ-006"
    log = "2026-05-19T09:15:00Z - Status changed to: complete by CLI\n"
    (complete / "Promotion-Log").write_text(log, encoding="utf-8")
    assert f"{name} 1779182100\n" in export(workspace, "prom").decode()
    shutil.rmtree(complete)
    assert f"{name} 0\n" in export(workspace, "prom").decode()
