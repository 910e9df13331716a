"""The strict reader: what loads, as what, and where lines are."""

import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.values import Value
from kaizen_tui.store import yaml_reader
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml

# As the platform writes them (docs/formats.md).
TICKET = """\
id: KAIZ-001
title: "Optimize MCP server for 200Hz throughput"
component: pcc-main
owner: backend-team
severity: high                     # critical | high | medium | low
objective: "Achieve p95 latency below 10ms at 200Hz message rate"
success_criteria:
  - "p95_latency_ms < 10"                              # a comparison
  - "memory_usage_mb <= 1.05 * baseline"
  - "Zero message drops during 5-minute stability test"
abort_criteria:
  - "drop_rate_pct > 0.5"
rollback_plan: "systemctl restart mcp-server@stable"
links: {repository: "https://a.example/r", dashboard: "https://a.example/d", documentation: "https://a.example/…"}
status: draft       # draft | planned | in_progress | in_review | canary | complete | aborted
created_at: "2025-05-18T08:30:00Z"   # RFC 3339, UTC
updated_at: "2025-05-19T09:15:00Z"
"""


def read(text: str | bytes) -> dict[str, Value]:
    return parse_yaml(text if isinstance(text, bytes) else text.encode(), "t.yml").value


def test_a_ticket_of_the_platform_loads_as_it_is() -> None:
    value = read(TICKET)
    assert list(value)[:3] == ["id", "title", "component"]
    assert value["severity"] == "high"
    assert value["success_criteria"] == [
        "p95_latency_ms < 10",
        "memory_usage_mb <= 1.05 * baseline",
        "Zero message drops during 5-minute stability test",
    ]
    assert value["links"] == {
        "repository": "https://a.example/r",
        "dashboard": "https://a.example/d",
        "documentation": "https://a.example/…",
    }
    assert value["created_at"] == "2025-05-18T08:30:00Z"


@pytest.mark.parametrize(
    "text",
    ["no", "on", "y", "True", "0755", "0x1F", "1_000", "1e3", ".inf", ".nan", "2025-05-18", "12:30:45", "1.0", "-0",
     "Null", "NULL", "a#b", "C:\\x", "https://x/y?z=1", "ünïcödé 🚀"],
)  # fmt: skip
def test_plain_scalars_stay_text(text: str) -> None:
    assert read(f"k: {text}\n") == {"k": text}
    assert read(f"k:\n- {text}\n") == {"k": [text]}


@pytest.mark.parametrize("written", ["", "~", "null", " ", "   # only a comment"])
def test_nothing_is_none(written: str) -> None:
    assert read(f"k: {written}\n") == {"k": None}


@pytest.mark.parametrize("written", ['""', "''"])
def test_a_quoted_nothing_is_a_text(written: str) -> None:
    assert read(f"k: {written}\n") == {"k": ""}


@pytest.mark.parametrize("word", ["null", "~"])
def test_a_quoted_null_is_a_text(word: str) -> None:
    assert read(f"k: '{word}'\n") == {"k": word}
    assert read(f"k: |-\n  {word}\n") == {"k": word}


def test_bom_crlf_and_document_start_are_accepted() -> None:
    value = {"id": "KAIZ-001", "list": ["a", "b"], "text": "x\ny\n"}
    text = "---\nid: KAIZ-001\nlist:\n- a\n- b\ntext: |\n  x\n  y\n...\n"
    assert read(text) == value
    assert read(b"\xef\xbb\xbf" + text.encode()) == value
    assert read(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == value
    assert read("%YAML 1.1\n" + text) == value


def test_escapes_in_double_quotes_are_text_whatever_they_stand_for() -> None:
    assert read('k: "\\e[31m\\0\\u202e\\U0001F680\\x85"\n') == {"k": "\x1b[31m\0\u202e🚀\x85"}


def test_unknown_keys_and_nested_values_are_kept() -> None:
    assert read("a: {b: [1, {c: ~}], 'd e': []}\nx:\n  y:\n    - z: 1\n      w:\n") == {
        "a": {"b": ["1", {"c": None}], "d e": []},
        "x": {"y": [{"z": "1", "w": None}]},
    }


def test_sixteen_levels_load() -> None:
    # The top mapping is the first level.
    assert read("k: " + "[" * 15 + "]" * 15 + "\n")["k"] is not None


def test_twenty_thousand_values_load() -> None:
    assert len(read("".join(f"k{n}: v\n" for n in range(9_999)))) == 9_999


def test_a_file_of_one_mebibyte_loads() -> None:
    text = 'k: "' + "x" * (yaml_reader.MAX_BYTES - 6) + '"\n'
    assert len(text) == yaml_reader.MAX_BYTES
    assert len(str(read(text)["k"])) == len(text) - 6


def test_line_of_keys_items_and_what_is_missing() -> None:
    document = parse_yaml(TICKET.encode(), "t.yml")
    assert document.line("id") == 1
    assert document.line("success_criteria") == 7
    assert document.line("success_criteria", 2) == 10
    assert document.line("success_criteria", 9) == 7
    assert document.line("links", "documentation") == 14
    assert document.line("links", "nothing", "here") == 14
    assert document.line("nothing") == 1
    assert document.line() == 1
    assert document.problem(("status",), "no such status").where == "t.yml:15"


def test_line_counts_after_bom_crlf_comments_and_blocks() -> None:
    text = "# head\r\n\r\na: |\r\n  1\r\n  2\r\n\r\n# c\r\nb:\r\n  # in\r\n  - x\r\n  -\r\n    y\r\n"
    document = parse_yaml(b"\xef\xbb\xbf" + text.encode(), "t.yml")
    assert [document.line("a"), document.line("b"), document.line("b", 0), document.line("b", 1)] == [3, 8, 10, 12]


def test_the_text_is_the_file_without_its_mark() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: b\r\n", "t.yml").text == "a: b\r\n"


VALUES = st.recursive(
    st.none() | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc xyz-", max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdef", min_size=1), VALUES, min_size=1, max_size=5), st.booleans())
def test_whatever_pyyaml_writes_reads_back(value: dict[str, Value], flow: bool) -> None:
    text = yaml.dump(
        value, Dumper=yaml.SafeDumper, allow_unicode=False, default_flow_style=flow, width=40, sort_keys=False
    )
    assert read(text.replace("!!null ", "")) == value


def test_the_python_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read(TICKET)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert yaml_reader.loader_class() is yaml.SafeLoader
    assert read(TICKET) == expected
    with pytest.raises(YamlProblems, match="a second `: ` in one line"):
        read("title: foo: bar\n")


def test_importing_the_reader_does_not_import_yaml() -> None:
    code = "import sys, kaizen_tui.store.yaml_reader; print([m for m in NAMES if m in sys.modules])"
    code = code.replace("NAMES", "('yaml', 'dataclasses', 'json', 'pathlib', 'inspect')")
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    before = subprocess.run(
        [sys.executable, "-c", code.replace("kaizen_tui.store.yaml_reader", "typing")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert modules == before
