"""Surgical edits: what changes, what stays, and what is refused."""

import difflib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.values import Value
from kaizen_tui.store.yaml_edit import Change, Remove, SetLines, SetList, SetText, edit_fields, quote, render_ticket
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml

TICKET = """\
# a ticket
id: KAIZ-001   # the id
title: "Optimize: MCP"   # t
component: pcc-main
severity: high   # critical | high
objective: 'it''s'
success_criteria:
  # about p95
  - "p95 < 10"   # auto
  - plain item

  # about drops
  - "Zero drops"
abort_criteria:
- x
links: {repository: "https://a", dashboard: b}   # where
notes: |
  one
  two

folded: >-  # c
  abc
  def
empty:
nul: ~   # n
multi: foo
  bar
flow: [a, "b, c", 'd']
nested:
    a: 1
    b: [x, y]
status: draft      # s

# the end
"""


def edit(text: str, *changes: Change) -> str:
    return edit_fields(text.encode(), changes, "t.yml").decode()


def value_of(text: str) -> dict[str, Value]:
    return parse_yaml(text.encode(), "t.yml").value


def diff(*changes: Change, text: str = TICKET) -> list[str]:
    """The changed lines, as `-old` and `+new`, in the order of a diff."""
    after = edit(text, *changes)
    lines = difflib.unified_diff(text.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


TEXTS: list[tuple[str, str, list[str]]] = [
    # the style a value has is kept when it can hold the text
    ("title", 'new "x"', ['-title: "Optimize: MCP"   # t', '+title: "new \\"x\\""   # t']),
    ("severity", "low", ["-severity: high   # critical | high", "+severity: low   # critical | high"]),
    ("severity", "no", ["-severity: high   # critical | high", '+severity: "no"   # critical | high']),
    ("severity", "a: b", ["-severity: high   # critical | high", '+severity: "a: b"   # critical | high']),
    ("objective", "that's", ["-objective: 'it''s'", "+objective: 'that''s'"]),
    ("objective", "tab\t", ["-objective: 'it''s'", '+objective: "tab\\t"']),
    ("links.dashboard", "c", [
        '-links: {repository: "https://a", dashboard: b}   # where',
        '+links: {repository: "https://a", dashboard: c}   # where',
    ]),
    ("links.dashboard", "c, d", [
        '-links: {repository: "https://a", dashboard: b}   # where',
        '+links: {repository: "https://a", dashboard: "c, d"}   # where',
    ]),
    ("nested.a", "2", ["-    a: 1", "+    a: 2"]),
    ("status", "planned", ["-status: draft      # s", "+status: planned      # s"]),
    # nothing there yet
    ("empty", "x", ["-empty:", '+empty: "x"']),
    ("nul", "x", ["-nul: ~   # n", '+nul: "x"   # n']),
    # several lines
    ("notes", "one\nTWO\n", ["-  two", "+  TWO"]),
    ("notes", "one", ["-notes: |", "+notes: |-", "-  two"]),
    ("notes", "", ["-notes: |", "-  one", "-  two", '+notes: ""']),
    ("notes", " x\ny", ["-notes: |", "-  one", "-  two", '+notes: " x\\ny"']),
    ("folded", "x", ["-  abc", "-  def", "+  x"]),
    ("folded", "x\ny", ["-folded: >-  # c", "-  abc", "-  def", "+folded: |-  # c", "+  x", "+  y"]),
    ("multi", "x", ["-multi: foo", "-  bar", "+multi: x"]),
    ("empty", "x\ny\n", ["-empty:", "+empty: |", "+  x", "+  y"]),
    ("title", "x\ny", ['-title: "Optimize: MCP"   # t', '+title: "x\\ny"   # t']),
    # fields that aren't there
    ("owner", "me", ["+owner: me"]),
    ("rollback_plan", "a\nb\n", ["+rollback_plan: |", "+  a", "+  b"]),
    ("uid", "0f3c", ['+uid: "0f3c"']),
    ("uid", "af3c", ["+uid: af3c"]),
    ("other", "x", ['+other: "x"']),
    ("other.deep.y", "x", ['+other: {deep: {"y": "x"}}']),
    ("empty.x", "y", ["-empty:", '+empty: {x: "y"}']),
    ("nested.c", "3", ['+    c: "3"']),
    ("links.pull_request", "https://p", [
        '-links: {repository: "https://a", dashboard: b}   # where',
        '+links: {repository: "https://a", dashboard: b, pull_request: "https://p"}   # where',
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text", "expected"), TEXTS)
def test_set_text(key: str, text: str, expected: list[str]) -> None:
    assert diff(SetText(key, text)) == expected


LISTS: list[tuple[str, list[str], list[str]]] = [
    ("success_criteria", ["p95 < 9", "plain item", "Zero drops"], [
        '-  - "p95 < 10"   # auto', '+  - "p95 < 9"   # auto',
    ]),
    ("success_criteria", ["p95 < 10", "plain item", "Zero drops", "x: y"], ['+  - "x: y"']),
    ("success_criteria", ["new", "p95 < 10", "plain item", "Zero drops"], ['+  - "new"']),
    # a removed item takes the comment behind it along; comments on lines of their own stay
    ("success_criteria", ["plain item"], ['-  - "p95 < 10"   # auto', '-  - "Zero drops"']),
    ("success_criteria", [], [
        "-success_criteria:", "+success_criteria: []",
        '-  - "p95 < 10"   # auto', "-  - plain item", '-  - "Zero drops"',
    ]),
    # a moved item takes the comment right above it along
    ("success_criteria", ["Zero drops", "p95 < 10", "plain item"], [
        "+  # about drops", '+  - "Zero drops"', "-  # about drops", '-  - "Zero drops"',
    ]),
    ("abort_criteria", ["x", "y > 1"], ["+- y > 1"]),
    ("abort_criteria", ["x", "y: 1"], ['+- "y: 1"']),
    ("abort_criteria", [], ["-abort_criteria:", "-- x", "+abort_criteria: []"]),
    ("flow", ["a", "b, c", "d", "e"], ["-flow: [a, \"b, c\", 'd']", "+flow: [a, \"b, c\", 'd', \"e\"]"]),
    ("flow", ["d", "a"], ["-flow: [a, \"b, c\", 'd']", "+flow: ['d', a]"]),
    ("flow", ["A", "B", "D"], ["-flow: [a, \"b, c\", 'd']", "+flow: [A, \"B\", 'D']"]),
    ("flow", [], ["-flow: [a, \"b, c\", 'd']", "+flow: []"]),
    ("nested.b", ["x"], ["-    b: [x, y]", "+    b: [x]"]),
    ("empty", ["x"], ['+  - "x"']),
    ("nul", ["x"], ["-nul: ~   # n", "+nul:   # n", '+  - "x"']),
    ("empty", [], ["-empty:", "+empty: []"]),
    ("title", ["x"], ['-title: "Optimize: MCP"   # t', "+title:   # t", '+  - "x"']),
    ("labels", ["perf", "api"], ['+labels: ["perf", "api"]']),
    ("other", ["x", "y"], ["+other:", '+  - "x"', '+  - "y"']),
    ("nested.d", ["x"], ["+    d:", '+      - "x"']),
    ("links.more", ["x"], [
        '-links: {repository: "https://a", dashboard: b}   # where',
        '+links: {repository: "https://a", dashboard: b, more: ["x"]}   # where',
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "items", "expected"), LISTS)
def test_set_list(key: str, items: list[str], expected: list[str]) -> None:
    assert diff(SetList(key, items)) == expected


REMOVALS: list[tuple[str, list[str]]] = [
    ("title", ['-title: "Optimize: MCP"   # t']),
    ("empty", ["-empty:"]),
    ("notes", ["-notes: |", "-  one", "-  two"]),
    ("multi", ["-multi: foo", "-  bar"]),
    ("nested.a", ["-    a: 1"]),
    ("nested", ["-nested:", "-    a: 1", "-    b: [x, y]"]),
    ("links.repository", [
        '-links: {repository: "https://a", dashboard: b}   # where', "+links: {dashboard: b}   # where",
    ]),
    ("links.dashboard", [
        '-links: {repository: "https://a", dashboard: b}   # where', '+links: {repository: "https://a"}   # where',
    ]),
    ("status", ["-status: draft      # s"]),
    ("missing", []),
    ("missing.deep", []),
    ("links.missing", []),
]  # fmt: skip


@pytest.mark.parametrize(("key", "expected"), REMOVALS)
def test_remove(key: str, expected: list[str]) -> None:
    assert diff(Remove(key)) == expected


def test_removing_the_last_field_of_a_mapping_leaves_an_empty_one() -> None:
    assert edit("a:\n  b: 1 # c\nz: 2\n", Remove("a.b")) == "a: {}\nz: 2\n"
    assert edit("a: {b: 1}\n", Remove("a.b")) == "a: {}\n"
    assert edit("m:\n  - a: 1\n    b: 2\n  - a: 3\n", Remove(("m", 0, "a")), Remove(("m", 1, "a"))) == (
        "m:\n  - b: 2\n  - {}\n"
    )


def test_a_comment_after_a_removed_field_does_not_become_text() -> None:
    assert edit("a: |\n  x\nb: 1\n\n  # c\nz: 2\n", Remove("b")) == "a: |\n  x\n\n# c\nz: 2\n"


def test_a_change_to_what_is_there_changes_no_byte() -> None:
    changes: list[Change] = [
        SetText("title", "Optimize: MCP"), SetText("notes", "one\ntwo\n"), SetText("multi", "foo bar"), Remove("gone"),
        SetList("flow", ["a", "b, c", "d"]), SetList("success_criteria", ["p95 < 10", "plain item", "Zero drops"]),
    ]  # fmt: skip
    assert edit(TICKET, *changes) == TICKET
    assert edit(TICKET) == TICKET


def test_changes_apply_in_their_order() -> None:
    after = edit(TICKET, SetText("status", "planned"), SetText("status", "canary"), SetText("updated_at", "now"))
    assert value_of(after)["status"] == "canary"
    assert after.splitlines().index('updated_at: "now"') == after.splitlines().index("status: canary      # s") + 1


def test_fields_of_a_component_by_their_position() -> None:
    text = "slo:\n  metrics:\n    - name: p95  # n\n      threshold: 10 # t\n    - name: x\n      threshold: '1'\n"
    after = edit(
        text,
        SetText(("slo", "metrics", 0, "threshold"), "12"),
        SetText(("slo", "metrics", 1, "unit"), "ms"),
        SetText(("slo", "metrics", 1, "threshold"), "2"),
    )
    assert after == (
        "slo:\n  metrics:\n    - name: p95  # n\n      threshold: 12 # t\n    - name: x\n      threshold: '2'\n"
        '      unit: "ms"\n'
    )


def test_a_text_in_a_list() -> None:
    assert edit("a:\n  - x # 1\n  -\n", SetText(("a", 0), "w"), SetText(("a", 1), "z")) == 'a:\n  - w # 1\n  - "z"\n'


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_bom_line_endings_and_trailing_blanks_stay(ending: str) -> None:
    lines = ["id: x  ", "", 'title: "ü 🚀"\t# ünï', "notes: |", "  a", "list:", "  - a", "status: draft   "]
    data = b"\xef\xbb\xbf" + ending.join(lines).encode()
    changes = (SetText("title", "new"), SetText("notes", "b\nc\n"), SetList("list", ["a", "b"]), SetText("x", "y"))
    after = edit_fields(data, changes, "t.yml")
    expected = ["id: x  ", "", 'title: "new"\t# ünï', "notes: |", "  b", "  c", "list:", "  - a", "  - b"]
    expected += ["status: draft   ", 'x: "y"']
    assert after == b"\xef\xbb\xbf" + ending.join(expected).encode()


def test_a_new_field_goes_before_the_foot_of_the_file() -> None:
    assert edit("id: x\n# foot\n", SetText("zz", "1")) == 'id: x\nzz: "1"\n# foot\n'
    assert edit("id: x\n...\n", SetText("zz", "1")) == 'id: x\nzz: "1"\n...\n'
    assert edit("---\nstatus: x\n", SetText("id", "a")) == "---\nid: a\nstatus: x\n"


def test_a_block_text_with_its_trailing_lines_as_content() -> None:
    assert edit("a: |+\n  x\n\n\nb: 1\n", SetText("c", "2")) == 'a: |+\n  x\n\n\nb: 1\nc: "2"\n'
    assert value_of(edit("a: |+\n  x\n\n", SetText("c", "2"))) == {"a": "x\n\n", "c": "2"}
    assert value_of(edit("a: |+\n  x\n\nb: 1\n", SetText("a", "y"))) == {"a": "y", "b": "1"}
    # Without a last line break a text that ends the file would get one: so the new field goes before it.
    assert value_of(edit("b: 1\na: |\n  x", SetText("c", "2"))) == {"a": "x", "b": "1", "c": "2"}


def test_flow_mappings_with_bare_keys_and_open_ends() -> None:
    assert edit("l: {a, b: , c: 1,}\n", SetText("l.a", "x"), SetText("l.b", "y"), SetText("l.d", "z")) == (
        'l: {a: "x", b: "y", c: 1, d: "z",}\n'
    )
    assert edit("l: {}\n", SetText("l.a", "x")) == 'l: {a: "x"}\n'


def test_flow_lists_over_several_lines_keep_their_comments() -> None:
    text = "l: [\n  a,  # one\n  b,\n]\n"
    assert edit(text, SetList("l", ["A", "b"])) == "l: [\n  A,  # one\n  b,\n]\n"
    assert "# one" in edit(text, SetList("l", ["a", "b", "c"]))
    with pytest.raises(StoreError, match="edit the file by hand"):
        edit(text, SetList("l", ["b"]))


REFUSED: list[tuple[str, Change, str]] = [
    ("{id: x, title: y}\n", SetText("title", "z"), r"the whole file is one \{ \} mapping.*; t.yml:1;"),
    ("id: x\nlinks: {a: b}\n", SetText("links", "z"), "`links` is a mapping, not a text; t.yml:2"),
    ("id: x\nlist: [a]\n", SetText("list", "z"), "`list` is a list, not a text; t.yml:2"),
    ("id: x\nlinks: {a: b}\n", SetList("links", ["z"]), "`links` is a mapping, not a list; t.yml:2"),
    ("id: x\n", SetText("id.y", "z"), "`id` is text and has no `y`; t.yml:1"),
    ("id: x\nl: [a]\n", SetText(("l", 1), "z"), "`l` has no item 1; t.yml:2"),
    ("id: x\nl: [a]\n", SetText("l.x", "z"), "`l` has no item x; t.yml:2"),
    ("id: x\nl: {a: b}\n", SetText(("l", 0), "z"), "`l` is no list: it has no item 0; t.yml:2"),
    ("id: x\nl: [a]\n", Remove(("l", 0)), "`l.0` is an item: give the whole list; t.yml:2"),
    ("id: x\n", Remove("id"), "`id` can't be changed without touching other fields; t.yml:1; edit the file by hand"),
    ("id: x\n", SetText((), "z"), "a change names no field"),
    ("l:\n  - - a\n    - b\n", SetList(("l", 0), ["c"]), "`l.0` can't be changed"),
]


@pytest.mark.parametrize(("text", "change", "words"), REFUSED)
def test_refused_in_words(text: str, change: Change, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        edit(text, change)


def test_a_file_that_does_not_load_is_not_edited() -> None:
    with pytest.raises(YamlProblems, match="an anchor"):
        edit("id: &a x\n", SetText("id", "y"))


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(UsageError, match="a byte that isn't UTF-8 \\(0xff\\)"):
        edit("id: x\n", SetText("id", "a\udcff"))
    with pytest.raises(UsageError, match=r"half of a character \(U\+D83D\)"):
        quote("\ud83d")


def test_a_result_above_the_size_limit_is_refused() -> None:
    with pytest.raises(StoreError):
        edit("id: x\n", SetText("id", "x" * (1 << 20)))


def test_lines_of_another_file() -> None:
    lines = "evaluation:  # ours\n  runs: 5\n  metrics:\n    - {name: x}\n"
    value: Value = {"runs": "5", "metrics": [{"name": "x"}]}
    after = edit("id: x\r\nstatus: draft\r\n", SetLines("evaluation", lines, value))
    assert after == "id: x\r\n" + lines.replace("\n", "\r\n") + "status: draft\r\n"
    assert edit(after, SetLines("evaluation", "evaluation: ~\n", None)) == "id: x\r\nevaluation: ~\r\nstatus: draft\r\n"
    with pytest.raises(StoreError):
        edit("id: x\n", SetLines("evaluation", "evaluation: 1\nstatus: canary\n", "1"))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(" \n\t:#-'\"\\|>a[]{},", max_size=20)


@given(TEXT)
def test_quote_reads_back_identically_everywhere(text: str) -> None:
    written = quote(text)
    assert "\n" not in written
    assert written.isprintable()
    for document, path in ((f"k: {written}\n", "k"), (f"k: {{a: {written}}}\n", "a"), (f"k: [{written}]\n", 0)):
        for loader in (yaml.CBaseLoader, yaml.BaseLoader):
            got = yaml.load(document, Loader=loader)["k"]
            assert (got if path == "k" else got[path]) == text
        mine: object = value_of(document)["k"]
        assert mine in (text, {"a": text}, [text])


@given(st.sampled_from(["title", "objective", "notes", "folded", "empty", "nul", "multi", "severity", "new"]), TEXT)
def test_any_text_goes_into_any_field(key: str, text: str) -> None:
    assert value_of(edit(TICKET, SetText(key, text))) == value_of(TICKET) | {key: text}


@given(st.sampled_from(["success_criteria", "abort_criteria", "flow", "empty", "labels"]), st.lists(TEXT, max_size=6))
def test_any_list_goes_into_any_field(key: str, items: list[str]) -> None:
    assert value_of(edit(TICKET, SetList(key, items))) == value_of(TICKET) | {key: items}


def test_a_new_ticket_in_the_style_of_the_platform() -> None:
    fields: list[tuple[str, str | list[str] | dict[str, str]]] = [
        ("uid", "a1b2c3"),
        ("status", "draft"),
        ("id", "KAIZ-007"),
        ("title", 'Improve "memory": 50 %'),
        ("component", "pcc-main"),
        ("owner", ""),
        ("severity", "medium"),
        ("objective", "one\n\ntwo\n"),
        ("success_criteria", ["p95 < 10", "- odd"]),
        ("abort_criteria", []),
        ("links", {"repository": "https://a", "no": "x"}),
        ("labels", ["perf"]),
        ("created_at", "2025-05-18T08:30:00Z"),
    ]
    assert render_ticket(fields).decode() == (
        'id: KAIZ-007\ntitle: "Improve \\"memory\\": 50 %"\ncomponent: pcc-main\nowner: ""\nseverity: medium\n'
        'objective: |\n  one\n\n  two\nsuccess_criteria:\n  - "p95 < 10"\n  - "- odd"\nabort_criteria: []\n'
        'links: {repository: "https://a", "no": "x"}\nlabels: ["perf"]\nstatus: draft\n'
        'created_at: "2025-05-18T08:30:00Z"\nuid: a1b2c3\n'
    )


@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "title", "owner", "status", "objective", "links", "labels", "abort_criteria", "odd key"]
        ),
        TEXT | st.lists(TEXT, max_size=4) | st.dictionaries(TEXT.filter(lambda key: len(key) < 100), TEXT, max_size=3),
        min_size=1,
    )
)
def test_a_new_ticket_reads_back(fields: dict[str, str | list[str] | dict[str, str]]) -> None:
    assert parse_yaml(render_ticket(list(fields.items())), "t.yml").value == fields
