"""The merge driver: fields of both sides, comments of both sides, conflicts that lose nothing."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.values import Value
from kaizen_tui.store.merge import merge_ticket
from kaizen_tui.store.three_way import merge_items, merge_lines
from kaizen_tui.store.yaml_edit import Change, Remove, SetList, SetText, edit_fields
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml
from tests.store.yaml_corpus import TEXTS, Writer

BASE = b"""\
# head
id: KAIZ-001
title: "Optimize MCP"   # the title
component: pcc-main
owner: backend-team
severity: high   # critical | high
success_criteria:
  - "p95_latency_ms < 10"   # auto
  - "memory_usage_mb <= 300"
  - "Zero drops"
abort_criteria:
  - "drop_rate_pct > 0.5"
links: {repository: "https://a", dashboard: "https://b"}
labels: ["perf", "api"]
evaluation:
  runs: 5
  steps:
    - {name: warm}
status: draft      # s
created_at: "2025-05-18T08:30:00Z"
updated_at: "2025-05-18T08:30:00Z"
uid: a1b2c3
"""


def side(*changes: Change, data: bytes = BASE) -> bytes:
    return edit_fields(data, changes, "t.yml")


def value_of(data: bytes) -> dict[str, Value]:
    return parse_yaml(data, "t.yml").value


def merged(ours: bytes, theirs: bytes, base: bytes = BASE) -> bytes:
    result, conflict = merge_ticket(base, ours, theirs)
    assert not conflict, result.decode()
    return result


def resolved(data: bytes, which: str) -> bytes:
    """The file after a person took one side of every conflict."""
    kept, taking = [], ""
    for line in data.decode().splitlines(keepends=True):
        if re.match(r"\ufeff?<<<<<<< ours( \(.*\))?\r?$", line):
            taking = "ours"
        elif taking and line.rstrip("\r\n") == "=======":
            taking = "theirs"
        elif taking and line.rstrip("\r\n") == ">>>>>>> theirs":
            taking = ""
        elif taking in ("", which):
            kept.append(line)
    assert not taking
    return "".join(kept).encode()


def test_what_one_side_changed_is_taken() -> None:
    ours = side(SetText("title", "New"), SetText("updated_at", "2025-05-20T00:00:00Z"))
    theirs = side(SetText("owner", "me"), Remove("labels"), SetText("updated_at", "2025-05-19T00:00:00Z"))
    expected = value_of(BASE) | {"title": "New", "owner": "me", "updated_at": "2025-05-20T00:00:00Z"}
    del expected["labels"]
    assert value_of(merged(ours, theirs)) == expected


def test_both_changed_a_field_alike() -> None:
    ours = side(SetText("status", "planned"), SetText("title", "x"))
    theirs = side(SetText("status", "planned"), SetText("owner", "y"))
    assert value_of(merged(ours, theirs)) == value_of(BASE) | {"status": "planned", "title": "x", "owner": "y"}


@pytest.mark.parametrize(
    ("ours", "theirs", "wanted"),
    [
        ("2025-05-20T00:00:00Z", "2025-05-19T00:00:00Z", "2025-05-20T00:00:00Z"),
        ("2025-05-19T00:00:00Z", "2025-05-20T00:00:00Z", "2025-05-20T00:00:00Z"),
        # 01:00+02:00 is 23:00Z of the day before: later as text, earlier as time
        ("2025-05-20T00:00:00Z", "2025-05-20T01:00:00+02:00", "2025-05-20T00:00:00Z"),
        (None, "2025-05-19T00:00:00Z", "2025-05-19T00:00:00Z"),
        ("2025-05-19T00:00:00Z", None, "2025-05-19T00:00:00Z"),
    ],
)
def test_updated_at_takes_the_later(ours: str | None, theirs: str | None, wanted: str) -> None:
    def at(text: str | None) -> bytes:
        return side(Remove("updated_at") if text is None else SetText("updated_at", text))

    assert value_of(merged(at(ours), at(theirs)))["updated_at"] == wanted


def test_an_updated_at_that_is_no_time_is_a_conflict() -> None:
    result, conflict = merge_ticket(BASE, side(SetText("updated_at", "soon")), side(SetText("updated_at", "later")))
    assert conflict
    assert b'<<<<<<< ours\nupdated_at: "soon"\n=======\nupdated_at: "later"\n>>>>>>> theirs\n' in result


def test_additions_of_both_sides_to_a_list_are_kept() -> None:
    ours = side(
        SetList("success_criteria", ["first", "p95_latency_ms < 10", "memory_usage_mb <= 300", "Zero drops", "a"])
    )
    theirs = side(
        SetList("success_criteria", ["p95_latency_ms < 10", "memory_usage_mb <= 200", "Zero drops", "b", "a"])
    )
    assert value_of(merged(ours, theirs))["success_criteria"] == [
        "first", "p95_latency_ms < 10", "memory_usage_mb <= 200", "Zero drops", "a", "b",
    ]  # fmt: skip
    assert value_of(merged(side(SetList("labels", ["perf", "api", "x"])), side(SetList("labels", ["api", "y"])))) == (
        value_of(BASE) | {"labels": ["api", "x", "y"]}
    )


def test_the_same_item_rewritten_differently_is_a_conflict() -> None:
    ours = side(SetList("abort_criteria", ["drop_rate_pct > 1"]), SetText("title", "mine"))
    theirs = side(SetList("abort_criteria", ["drop_rate_pct > 2"]), SetText("owner", "yours"))
    result, conflict = merge_ticket(BASE, ours, theirs)
    assert conflict
    assert result.decode().splitlines()[10:18] == [
        "<<<<<<< ours",
        "abort_criteria:",
        '  - "drop_rate_pct > 1"',
        "=======",
        "abort_criteria:",
        '  - "drop_rate_pct > 2"',
        ">>>>>>> theirs",
        'links: {repository: "https://a", dashboard: "https://b"}',
    ]
    assert b'title: "mine"   # the title\n' in result
    assert b"owner: yours\n" in result


def test_a_status_changed_on_both_sides_is_a_conflict_and_the_rest_is_merged() -> None:
    ours = side(SetText("status", "planned"), SetText("title", "mine"), SetText("updated_at", "2025-05-20T00:00:00Z"))
    theirs = side(SetText("status", "aborted"), SetText("owner", "me"), SetText("updated_at", "2025-05-21T00:00:00Z"))
    result, conflict = merge_ticket(BASE, ours, theirs)
    assert conflict
    assert result.decode() == (
        BASE.decode()
        .replace("Optimize MCP", "mine")
        .replace("backend-team", "me")
        .replace('updated_at: "2025-05-18T08:30:00Z"', 'updated_at: "2025-05-21T00:00:00Z"')
        .replace(
            "status: draft      # s\n",
            "<<<<<<< ours\nstatus: planned      # s\n=======\nstatus: aborted      # s\n>>>>>>> theirs\n",
        )
    )
    with pytest.raises(YamlProblems, match="unresolved merge conflict, lines 19-23"):
        parse_yaml(result, "t.yml")


def test_links_are_merged_link_by_link() -> None:
    ours = side(SetText("links.repository", "https://o"), SetText("links.pull_request", "https://p"))
    theirs = side(SetText("links.dashboard", "https://t"))
    assert value_of(merged(ours, theirs))["links"] == {
        "repository": "https://o",
        "dashboard": "https://t",
        "pull_request": "https://p",
    }
    result, conflict = merge_ticket(
        BASE, ours, side(SetText("links.repository", "https://t"), Remove("links.dashboard"))
    )
    assert conflict
    for which, letter in (("ours", "o"), ("theirs", "t")):
        assert value_of(resolved(result, which))["links"] == {
            "repository": f"https://{letter}",
            "pull_request": "https://p",
        }


def test_a_change_against_a_removal_is_a_conflict() -> None:
    ours, theirs = side(SetText("owner", "me")), side(Remove("owner"), SetText("title", "x"))
    for one, other in ((ours, theirs), (theirs, ours)):
        result, conflict = merge_ticket(BASE, one, other)
        assert conflict
        assert value_of(resolved(result, "ours")) == value_of(one) | {"title": "x"}
        assert value_of(resolved(result, "theirs")) == value_of(other) | {"title": "x"}
        assert b"component: pcc-main\n<<<<<<< ours\n" in result


def test_a_new_nested_field_is_taken_with_its_lines() -> None:
    theirs = BASE.replace(
        b"status: draft", b"rollout:  # mine\n  steps: [1, 10]\n  checks:\n    - {name: a}\nstatus: draft"
    )
    ours = BASE.replace(b"# head\n", b"# another head\n").replace(b"status: draft      # s", b"status: planned")
    result = merged(ours, theirs)
    assert b"rollout:  # mine\n  steps: [1, 10]\n  checks:\n    - {name: a}\nstatus: planned\n" in result
    assert result.startswith(b"# another head\n")


def test_a_nested_list_of_mappings_changed_by_one_side() -> None:
    theirs = BASE.replace(b"- {name: warm}", b"- {name: cold}\n    - {name: x}")
    ours = side(SetText("status", "planned"))
    assert value_of(merged(ours, theirs))["evaluation"] == {"runs": "5", "steps": [{"name": "cold"}, {"name": "x"}]}
    result, conflict = merge_ticket(BASE, BASE.replace(b"name: warm", b"name: hot"), theirs)
    assert conflict
    assert value_of(resolved(result, "ours"))["evaluation"] == {"runs": "5", "steps": [{"name": "hot"}]}
    assert value_of(resolved(result, "theirs"))["evaluation"] == {
        "runs": "5",
        "steps": [{"name": "cold"}, {"name": "x"}],
    }


def test_comments_and_layout_of_both_sides_survive() -> None:
    ours = BASE.replace(b"# the title", b"# our title").replace(b"status: draft", b"# ours\nstatus: planned")
    theirs = BASE.replace(b"# auto", b"# theirs").replace(b'00Z"\nuid', b'01Z"\nuid').replace(b"# head", b"# HEAD")
    ours = ours.replace(b'00Z"\nuid', b'02Z"\nuid')
    result = merged(ours, theirs)
    assert result == (ours.replace(b"# auto", b"# theirs").replace(b"# head", b"# HEAD"))


def test_changes_in_neighbouring_lines_merge() -> None:
    ours, theirs = side(SetText("owner", "me")), side(SetText("component", "edge"), SetText("severity", "low"))
    assert value_of(merged(ours, theirs)) == value_of(BASE) | {"owner": "me", "component": "edge", "severity": "low"}


def test_new_fields_of_both_sides_at_one_place() -> None:
    ours, theirs = side(SetText("x", "1")), side(SetText("y", "2"))
    assert value_of(merged(ours, theirs)) == value_of(BASE) | {"x": "1", "y": "2"}


def test_the_uid_is_never_merged_nor_lost() -> None:
    result, conflict = merge_ticket(BASE, side(SetText("uid", "111")), side(SetText("uid", "222")))
    assert conflict
    assert b"two tickets with one id" in result.splitlines()[0]
    assert resolved(result, "ours") == side(SetText("uid", "111"))
    assert resolved(result, "theirs") == side(SetText("uid", "222"))
    ours, theirs = side(SetText("title", "x"), Remove("uid")), side(SetText("owner", "y"))
    assert value_of(merged(ours, theirs))["uid"] == "a1b2c3"
    assert value_of(merged(theirs, ours))["uid"] == "a1b2c3"


def test_two_tickets_added_with_one_id_stay_whole() -> None:
    ours, theirs = side(SetText("uid", "111")), side(SetText("uid", "222"), SetText("title", "another"))
    result, conflict = merge_ticket(b"", ours, theirs)
    assert conflict
    assert (resolved(result, "ours"), resolved(result, "theirs")) == (ours, theirs)


def test_one_ticket_added_on_both_sides_merges_as_far_as_it_goes() -> None:
    ours, theirs = side(SetText("title", "x"), Remove("labels")), side(SetText("title", "y"))
    result, conflict = merge_ticket(b"", ours, theirs)
    assert conflict
    assert value_of(resolved(result, "ours")) == value_of(BASE) | {"title": "x"}
    assert value_of(resolved(result, "theirs")) == value_of(BASE) | {"title": "y"}
    assert result.count(b"<<<<<<<") == 1


@pytest.mark.parametrize("broken", [b"id: [x\n", b"\xff\xfe\x00", b"", b"id: x\n<<<<<<< a\n=======\n>>>>>>> b\n"])
def test_a_side_that_does_not_load_loses_nothing(broken: bytes) -> None:
    for ours, theirs in ((broken, side(SetText("title", "x"))), (side(SetText("title", "x")), broken)):
        result, conflict = merge_ticket(BASE, ours, theirs)
        assert conflict
        assert ours in result
        assert theirs in result
        assert b"does not load: merge by hand" in result.splitlines()[0]
    assert merge_ticket(broken, side(SetText("title", "x")), side(SetText("title", "y")))[1]


def test_a_file_in_flow_style_is_a_conflict_as_a_whole() -> None:
    ours, theirs = b"{id: a, title: b}\n", b"{id: a, title: c, owner: d}\n"
    result, conflict = merge_ticket(b"{id: a, title: x, owner: e}\n", ours, theirs)
    assert conflict
    assert (resolved(result, "ours"), resolved(result, "theirs")) == (ours, theirs)


def test_crlf_and_bom_and_a_missing_last_line_break() -> None:
    base = b"\xef\xbb\xbf" + BASE.replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    ours = side(SetText("uid", "a1b2c3"), SetText("owner", "me"), SetText("zz", "1"), data=base)
    theirs = side(SetText("title", "x"), SetText("zz", "2"), data=base)
    result, conflict = merge_ticket(base, ours, theirs)
    assert conflict
    assert result.startswith(b"\xef\xbb\xbf# head\r\n")
    assert result.count(b"\n") == result.count(b"\r\n")
    assert result.endswith(b'<<<<<<< ours\r\nzz: "1"\r\n=======\r\nzz: "2"\r\n>>>>>>> theirs\r\n')
    assert value_of(resolved(result, "theirs")) == value_of(base) | {"owner": "me", "title": "x", "zz": "2"}


def test_trivial_merges_keep_the_bytes() -> None:
    odd = b"not: [yaml"
    changed = side(SetText("title", "x"))
    assert merge_ticket(BASE, changed, BASE) == (changed, False)
    assert merge_ticket(BASE, BASE, changed) == (changed, False)
    assert merge_ticket(BASE, changed, changed) == (changed, False)
    assert merge_ticket(odd, odd, changed) == (changed, False)


# --- random sides -----------------------------------------------------------------------------------------------------


def model(
    base: dict[str, Value], ours: dict[str, Value], theirs: dict[str, Value]
) -> tuple[dict[str, Value], set[str]]:
    """The merged fields and the names of those in conflict; a deliberately plain second implementation."""
    fields: dict[str, Value] = {}
    conflicts: set[str] = set()
    gone = object()
    for key in {*base, *ours, *theirs}:
        b, o, t = base.get(key, gone), ours.get(key, gone), theirs.get(key, gone)
        chosen: object = t if o == b else o
        if o != t and o != b and t != b:
            if isinstance(o, dict) and isinstance(t, dict):
                below, wrong = model(b if isinstance(b, dict) else {}, o, t)
                chosen = below
                if wrong:
                    conflicts.add(key)
            else:
                conflicts.add(key)
        if chosen is not gone:
            fields[key] = chosen  # type: ignore[assignment]
    return fields, conflicts


def random_side(choice: random.Random, data: bytes) -> bytes:
    value = value_of(data)
    for _ in range(choice.randint(0, 4)):
        key = choice.choice([*value, "new", "other"])
        old = value.get(key)
        kind = choice.random()
        change: Change
        if kind < 0.15 and len(value) > 1:
            change = Remove((key,))
        elif isinstance(old, list):
            items = [str(item) for item in old if choice.random() < 0.8]
            items.insert(choice.randint(0, len(items)), choice.choice(TEXTS))
            change = SetList((key,), items)
        elif isinstance(old, dict):
            texts = [name for name, item in old.items() if not isinstance(item, list)]
            change = SetText((key, choice.choice([*texts, "new"])), choice.choice(TEXTS))
        else:
            change = SetText((key,), choice.choice(TEXTS))
        try:
            data = edit_fields(data, [change], "t.yml")
        except StoreError:  # e.g. a removal that is refused: no change then
            continue
        value = value_of(data)
    return data


def comments(data: bytes) -> set[str]:
    return set(re.findall(r"#c\d+;", data.decode()))


KEYS = ["id", "title", "owner", "severity", "objective", "success_criteria", "links", "status", "custom", "zz"]


@pytest.mark.parametrize("part", range(4))
def test_random_merges_agree_with_the_model(part: int) -> None:
    choice = random.Random(part)
    conflicts = clean = whole = 0
    for number in range(150):
        writer = Writer(part * 10_000 + number)
        base = writer.document(writer.random.sample(KEYS, writer.random.randint(2, 8))).data
        ours, theirs = random_side(choice, base), random_side(choice, base)
        b, o, t = value_of(base), value_of(ours), value_of(theirs)
        result, conflict = merge_ticket(base, ours, theirs)
        fields, disputed = model(b, o, t)
        lists = {key for key in disputed if isinstance(o.get(key), list) and isinstance(t.get(key), list)}
        if not lists:  # of two rewritten lists it is open which item became which
            assert comments(ours) & comments(theirs) <= comments(result)
        sides = [resolved(result, which).rstrip() for which in ("ours", "theirs")]
        if conflict and sides == [ours.rstrip(), theirs.rstrip()]:
            whole += 1
        elif conflict:
            conflicts += 1
            assert disputed
            assert b"<<<<<<< ours\n" in result.replace(b"\r\n", b"\n")
            mine, other = value_of(resolved(result, "ours")), value_of(resolved(result, "theirs"))
            for key in fields.keys() - disputed:
                assert mine[key] == other[key] == fields[key]
            for key in disputed - lists:
                if not isinstance(o.get(key), dict):
                    assert mine.get(key) == o.get(key)
                    assert other.get(key) == t.get(key)
        else:
            clean += 1
            got = value_of(result)
            assert disputed == lists
            assert {key: got[key] for key in got if key not in lists} == {
                key: fields[key] for key in fields if key not in lists
            }
            for key in lists:
                check_items(b.get(key), o[key], t[key], got[key])
        mirrored, mirrored_conflict = merge_ticket(base, theirs, ours)
        assert mirrored_conflict == conflict
        if not conflict:
            assert sorted_lists(value_of(mirrored)) == sorted_lists(value_of(result))
        assert merge_ticket(base, ours, base) == (ours, False)
        assert merge_ticket(base, base, theirs) == (theirs, False)
    assert conflicts > 20
    assert clean > 50
    assert whole < 20


def check_items(base: Value, ours: Value, theirs: Value, got: Value) -> None:
    """What somebody added is there, what somebody removed and nobody added is not."""
    was = Counter(map(str, base if isinstance(base, list) else []))
    now = [Counter(map(str, items if isinstance(items, list) else [])) for items in (ours, theirs)]
    result = Counter(map(str, got if isinstance(got, list) else []))
    for item in {*was, *now[0], *now[1], *result}:
        counts = [was[item], now[0][item], now[1][item]]
        if max(counts) <= 1:
            wanted = int(max(now[0][item], now[1][item]) > 0) if not was[item] else int(min(now[0][item], now[1][item]))
            assert result[item] == wanted, item


def sorted_lists(value: Value) -> object:
    if isinstance(value, dict):
        return {key: sorted_lists(item) for key, item in value.items()}
    return sorted(map(repr, value)) if isinstance(value, list) else value


ITEMS = st.lists(st.sampled_from("abcdefgh"), max_size=7, unique=True)


@given(ITEMS, ITEMS, ITEMS)
def test_items_merge_like_sets(base: list[str], ours: list[str], theirs: list[str]) -> None:
    result = merge_items(base, ours, theirs)
    assert merge_items(base, ours, base) == ours
    assert merge_items(base, base, theirs) == theirs
    assert merge_items(base, ours, ours) == ours
    mirrored = merge_items(base, theirs, ours)
    assert (result is None) == (mirrored is None)
    if result is not None and mirrored is not None:
        assert len(set(result)) == len(result)
        assert set(result) == set(mirrored)
        assert set(result) >= (set(ours) | set(theirs)) - set(base)
        assert set(result) <= set(ours) | set(theirs)


def test_lines_merge_only_where_they_do_not_meet() -> None:
    assert merge_lines("abc", "Abc", "abC") == list("AbC")
    assert merge_lines("abc", "aXc", "aYc") is None
    assert merge_lines("abc", "aXbc", "aYbc") is None
    assert merge_lines("abc", "aXbc", "aXbc") == list("aXbc")
    assert merge_lines("abcd", "d", "abXcd") is None
    assert merge_lines("abc", "ac", "abcd") == list("acd")
