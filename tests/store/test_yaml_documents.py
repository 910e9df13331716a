"""Several YAML documents in one file: as strict as one, lines of the whole file."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.store.yaml_documents import MAX_DOCUMENTS, parse_documents
from kaizen_tui.store.yaml_reader import MAX_BYTES, YamlProblems


def values(text: str) -> list[object]:
    return [part.value for part in parse_documents(text.encode(), "x.yml")]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("# nothing\n---\n---\n# nothing either\n...\n", 0),
        ("a: 1\n", 1),
        ("---\na: 1\n---\nb: 2\n", 2),
        ("a: 1\n--- # two\nb: 2\n...\n", 2),
        ("a: 1\r\n---\r\nb: 2\r\n", 2),
        ("\ufeffa: 1\n---\nb: 2", 2),
        ("a: ---\nb: a---b\n", 1),
        ("a: |\n  ---\n  text\n", 1),
        ('{"a": "1"}', 1),
    ],
)
def test_documents_are_found(text: str, count: int) -> None:
    assert len(values(text)) == count


def test_lines_are_those_of_the_whole_file() -> None:
    parts = parse_documents(b"# head\na: 1\n---\nb:\n  c: 2\n  d: 3\n", "x.yml")
    assert [parts[0].line("a"), parts[1].line("b"), parts[1].line("b", "d")] == [2, 4, 6]
    assert parts[1].problem(("b", "c"), "no").where == "x.yml:5"


def test_the_findings_of_all_documents_are_told() -> None:
    with pytest.raises(YamlProblems) as wrong:
        parse_documents(b"a: 1\na: 2\n---\nb: &x 1\n---\n- list\n---\nc: [\n", "x.yml")
    assert [problem.line for problem in wrong.value.problems] == [2, 4, 5, 8]


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x\n", "a: *b\n", "<<: {a: b}\n", "a: \x07\n"])
def test_it_is_as_strict_as_for_one(text: str) -> None:
    for whole in (text, f"a: 1\n---\n{text}"):
        with pytest.raises(YamlProblems):
            parse_documents(whole.encode(), "x.yml")


def test_limits() -> None:
    with pytest.raises(YamlProblems, match="documents"):
        parse_documents(b"---\na: 1\n" * (MAX_DOCUMENTS + 1), "x.yml")
    with pytest.raises(YamlProblems, match="too large"):
        parse_documents(b"a: " + b"x" * MAX_BYTES, "x.yml")
    with pytest.raises(YamlProblems, match="nesting"):
        parse_documents(b"a: 1\n---\na: " + b"[" * 50 + b"]" * 50, "x.yml")


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), TEXTS | st.lists(TEXTS, max_size=3), min_size=1), max_size=5))
def test_what_pyyaml_writes_is_read(documents: list[dict[str, object]]) -> None:
    text = yaml.safe_dump_all(documents, default_style='"', explicit_start=True)
    assert values(text) == documents
