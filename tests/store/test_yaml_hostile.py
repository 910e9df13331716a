"""Files that must not load: each is reported with path and line, in words, and quickly."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.values import Value
from kaizen_tui.store.yaml_reader import MAX_BYTES, YamlProblems, parse_yaml

BILLION_LAUGHS = "a: &a [x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
CONFLICT = """\
id: KAIZ-001
<<<<<<< HEAD
status: draft
=======
status: planned
>>>>>>> feature
owner: x
"""

# name -> (file, line, words of the message)
HOSTILE: dict[str, tuple[str | bytes, int, str]] = {
    # YAML's own surprises
    "billion laughs": (BILLION_LAUGHS, 1, "an anchor (&a)"),
    "anchor": ("id: x\ntitle: &t foo\n", 2, "an anchor (&t)"),
    "anchor on a list": ("id: x\nlist: &l\n  - a\n", 2, "an anchor (&l)"),
    "anchor on a key": ("id: x\n&k key: v\n", 2, "an anchor (&k)"),
    "alias": ("id: x\n\ntitle: *t\n", 3, "an alias (*t)"),
    "alias as key": ("id: x\n*t : v\n", 2, "an alias (*t)"),
    "alias as top": ("*t", 1, "an alias (*t)"),
    "tag": ("id: x\nn: !!int 3\n", 2, "a tag (tag:yaml.org,2002:int)"),
    "python tag": ("id: x\nn: !!python/object/apply:os.system [ls]\n", 2, "a tag (tag:yaml.org,2002:python/object"),
    "own tag": ("id: x\nn: !secret y\n", 2, "a tag (!secret)"),
    "verbatim tag": ("id: !<tag:x> y\n", 1, "a tag (tag:x)"),
    "bare tag": ("id: ! y\n", 1, "a tag (!)"),
    "unknown tag handle": ("id: x\nn: !e!x y\n", 2, "a tag (!)"),
    "broken tag": ("id: x\nn: !<x\n", 2, "a tag (!)"),
    "tag directive": ("%TAG !e! tag:example\n---\nid: x\n", 1, "%TAG"),
    "binary": ("id: x\nn: !!binary aGk=\n", 2, "a tag (tag:yaml.org,2002:binary)"),
    "merge key": ("id: x\n<<: {a: b}\n", 2, "a merge key (<<)"),
    "merge key below": ("id: x\nlinks:\n  <<: y\n", 3, "a merge key (<<)"),
    "duplicate key": ("id: x\nowner: a\nid: y\n", 3, "the key `id` appears twice"),
    "duplicate key, quoted": ("id: x\n'id': y\n", 2, "the key `id` appears twice"),
    "duplicate key below": ("id: x\nlinks:\n  a: 1\n  b: 2\n  a: 3\n", 5, "the key `a` appears twice"),
    "duplicate key in flow": ("id: x\nlinks: {a: 1,\n  a: 2}\n", 3, "the key `a` appears twice"),
    "duplicate key in an item": ("m:\n  - n: 1\n    n: 2\n", 3, "the key `n` appears twice"),
    "two documents": ("id: x\n---\nid: y\n", 2, "a second document starts here"),
    "three documents": ("---\nid: x\n---\nid: y\n---\nid: z\n", 3, "a second document starts here"),
    "list as key": ("id: x\n[a, b]: c\n", 2, "a key that is a list"),
    "mapping as key": ("id: x\n{a: b}: c\n", 2, "a key that is a mapping"),
    "complex key": ("id: x\n? - a\n: c\n", 2, "a key that is a list"),
    "no key": ("id: x\nlinks: {: y}\n", 2, "or a key is missing"),
    "empty key": (": y\n", 1, "a line that doesn't fit"),
    "directive": ("%FOO\n---\nid: x\n", 1, "text outside of the document"),
    "foreign version": ("%YAML 3.0\n---\nid: x\n", 1, "text outside of the document"),
    # size and shape
    "deep flow": ("id: x\nd: " + "[" * 17 + "]" * 17 + "\n", 2, "more than 16 levels"),
    "very deep flow": ("id: x\nd: " + "[" * 100_000, 2, "more than 16 levels"),
    "very deep mappings": ("id: x\nd: " + "{a: " * 50_000, 2, "more than 16 levels"),
    "deep block": ("".join("  " * n + f"k{n}:\n" for n in range(18)), 17, "more than 16 levels"),
    "deep list": ("k:\n  " + "- " * 2000 + "x\n", 2, "more than 16 levels"),
    "many values": ("k: [" + "a, " * 20_001 + "]\n", 1, "more than 20,000 values"),
    "many lines": ("".join(f"k{n}: v\n" for n in range(10_001)), 10_000, "more than 20,000 values"),
    "too large": ("k: " + "x" * MAX_BYTES + "\n", 0, "too large"),
    "empty": ("", 1, "the file is empty"),
    "only a mark": (b"\xef\xbb\xbf", 1, "the file is empty"),
    "only blanks": ("\n\n  \n", 1, "the file is empty"),
    "only comments": ("# nothing\n", 1, "the file is empty"),
    "only a document start": ("---\n", 1, "the file is empty"),
    "null on top": ("~\n", 1, "the file is empty"),
    "a list on top": ("- id: x\n", 1, "the file is a list"),
    "a text on top": ("hello\n", 1, "the file is a text"),
    "JSON list": ('["id"]', 1, "the file is a list"),
    # encodings and bytes
    "UTF-16 LE": ("id: x\n".encode("utf-16"), 1, "the file is UTF-16"),
    "UTF-16 BE": (b"\xfe\xff" + "id: x\n".encode("utf-16-be"), 1, "the file is UTF-16"),
    "UTF-16 without mark": ("id: x\n".encode("utf-16-le"), 1, "the file is UTF-16 or UTF-32"),
    "UTF-16 BE without mark": ("id: x\n".encode("utf-16-be"), 1, "the file is UTF-16 or UTF-32"),
    "UTF-32": ("id: x\n".encode("utf-32"), 1, "the file is UTF-32"),
    "UTF-32 BE": (b"\x00\x00\xfe\xff" + "id: x\n".encode("utf-32-be"), 1, "the file is UTF-32"),
    "latin-1": ("id: x\nowner: Müller\n".encode("latin-1"), 2, "byte 0xfc is not UTF-8"),
    "half a character": ("id: x\nowner: ü".encode()[:-1], 2, "byte 0xc3 is not UTF-8"),
    "overlong": (b"id: x\ntitle: \xc0\xaf\n", 2, "byte 0xc0 is not UTF-8"),
    "surrogate": (b"id: x\ntitle: \xed\xa0\x80\n", 2, "byte 0xed is not UTF-8"),
    "binary file": (b"\x7fELF\x02\x01\x01" + bytes(range(256)), 2, "byte 0x80 is not UTF-8"),
    "NUL": ("id: x\ntitle: a\0b" + "c" * 80 + "\n", 2, "a NUL character"),
    "ESC": ("id: x\ntitle: \x1b[31mred\n", 2, "a raw escape character"),
    "ESC in quotes": ('id: x\ntitle: "\x1b]0;t\x07"\n', 2, "a raw escape character"),
    "ESC in a comment": ("id: x # \x1b[2J\n", 1, "a raw escape character"),
    "BEL": ("id: x\n\ntitle: \x07\n", 3, "a raw control character (U+0007)"),
    "VT": ("id: x\ntitle: a\x0bb\n", 2, "a raw control character (U+000B)"),
    "DEL": ("id: x\ntitle: a\x7fb\n", 2, "a raw DEL character"),
    "CSI": ("id: x\ntitle: a\x9b31m\n", 2, "a raw control character (U+009B)"),
    "lone CR": ("id: x\ntitle: a\rstatus: complete\n", 2, "a carriage return inside a line"),
    "only CR": ("id: x\rtitle: a\r", 1, "a carriage return inside a line"),
    "NEL hides a key": ("id: x\ntitle: a\x85status: complete\n", 2, "a raw NEL line separator"),
    "LS hides a key": ("id: x\ntitle: a\u2028status: complete\n", 2, "a raw line separator (U+2028)"),
    "PS hides a key": ("id: x\ntitle: a\u2029status: complete\n", 2, "a raw paragraph separator (U+2029)"),
    "mark inside": ("id: x\ntitle: a\ufeffb\n", 2, "a byte order mark inside the file"),
    "two marks": (b"\xef\xbb\xbf\xef\xbb\xbfid: x\n", 1, "a byte order mark inside the file"),
    "noncharacter": ("id: x\ntitle: \uffff\n", 2, "a raw control character (U+FFFF)"),
    # conflicts
    "merge conflict": (CONFLICT, 2, "unresolved merge conflict, lines 2-6"),
    "merge conflict, CRLF": (CONFLICT.replace("\n", "\r\n"), 2, "unresolved merge conflict, lines 2-6"),
    "diff3 conflict": (CONFLICT.replace("=======", "||||||| b\nstatus: x\n======="), 2, "conflict, lines 2-8"),
    "left-over marker": ("id: x\n>>>>>>> theirs\n", 2, "unresolved merge conflict, line 2"),
    "two conflicts": (CONFLICT * 2, 2, "unresolved merge conflict, lines 2-13"),
    # slips of people
    "tab": ("id: x\nlinks:\n\ta: b\n", 3, "a tab where YAML wants spaces"),
    "tab after text": ("id: x\n\ttitle: y\n", 2, "a tab where YAML wants spaces"),
    "tab in a block": ("id: x\nt: |\n\ty\n", 3, "a tab where YAML wants spaces"),
    "two colons": ("id: x\ntitle: foo: bar\n", 2, "a second `: ` in one line"),
    "indented key": ("id: x\n  title: y\n", 2, "a second `: ` in one line, or a line indented too far"),
    "no colon": ("id: x\ntitle\nowner: y\n", 2, "a line that is neither `key: value` nor `- item`"),
    "no colon at the end": ("id: x\ntitle\n", 2, "a line that is neither `key: value` nor `- item`"),
    "dedent": ("links:\n  a: b\n c: d\n", 3, "a line that doesn't fit the lines above it"),
    "list and key": ("- a\nb: c\n", 2, "a line that doesn't belong to the list above it"),
    "key and list": ("id: x\n- c\n", 2, "a line that doesn't fit the lines above it"),
    "open double quote": ('id: x\ntitle: "y\nowner: z\n', 2, "a quote is opened here and never closed"),
    "open single quote": ("id: x\ntitle: 'y\nowner: z\n", 2, "a quote is opened here and never closed"),
    "text after a quote": ("id: x\ntitle: 'y' z\n", 2, "a line that doesn't fit"),
    "document end in a quote": ('id: "x\n---\ny"\n', 1, "a quote is opened here and never closed"),
    "open list": ("id: x\nlabels: [a, b\nowner: y\n", 2, "a list opened with [ is not closed"),
    "open mapping": ("id: x\nlinks: {a: b\nowner: y\n", 2, "a mapping opened with { is not closed"),
    "bracket too many": ("id: x\nlabels: [a]]\n", 2, "a line that doesn't fit"),
    "lone bracket": ("id: x\nlabels: ]\n", 2, "a value starts with a character that YAML reserves"),
    "bad escape": ('id: x\nt: "\\q"\n', 2, "an unknown escape"),
    "surrogate escape": ('id: x\nt: "\\ud800"\n', 2, "an unknown escape"),
    "short escape": ('id: x\nt: "\\x1"\n', 2, "an unknown escape"),
    "at sign": ("id: x\nowner: @me\n", 2, "a value starts with a character that YAML reserves"),
    "backtick": ("id: x\nrollback_plan: `ls`\n", 2, "a value starts with a character that YAML reserves"),
    "percent": ("id: x\nt: %x\n", 2, "a value starts with a character that YAML reserves"),
    "glob": ("id: x\nfiles:\n  - *.py\n", 3, "a value starts with * or &"),
    "ampersand": ("id: x\nt: & y\n", 2, "a value starts with * or &"),
    "list on the key's line": ("id: x\nlabels: - a\n", 2, "a list item where none can be"),
    "text after a block sign": ("id: x\nt: |y\n  z\n", 2, "a wrong header of a block text"),
    "text after the end": ("id: x\n...\nmore\n", 3, "text outside of the document"),
    "very long key": ("id: x\n" + "k" * 2000 + ": v\n", 2, "a line that is neither `key: value`"),
    "hostile key": ("id: x\n\"\\e[2J[/]\": a\n\"\\e[2J[/]\": b\n", 3, "the key `\x1b[2J[/]` appears twice"),
}  # fmt: skip


def bytes_of(name: str) -> bytes:
    content = HOSTILE[name][0]
    return content if isinstance(content, bytes) else content.encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_reported_with_path_and_line(name: str) -> None:
    _, line, words = HOSTILE[name]
    with pytest.raises(YamlProblems) as caught:
        parse_yaml(bytes_of(name), "tickets/KAIZ-001/Kaizen-Tkt.yml")
    first = caught.value.problems[0]
    assert words in first.message
    assert first.line == line
    assert first.path == "tickets/KAIZ-001/Kaizen-Tkt.yml"
    assert first.level == "error"
    assert first.where in str(caught.value)
    assert isinstance(caught.value, KaizenError)


# Without libyaml the same files are refused (but for unknown directives, which it ignores); some lines are one off.
@pytest.mark.parametrize("name", [name for name in HOSTILE if len(HOSTILE[name][0]) < 10_000 and name != "directive"])
def test_hostile_files_are_refused_by_the_python_parser_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    with pytest.raises(YamlProblems) as caught:
        parse_yaml(bytes_of(name), "t.yml")
    assert "not valid YAML" not in caught.value.problems[0].message


def test_every_finding_is_reported_in_the_order_of_the_lines() -> None:
    text = "id: &a x\nlinks:\n  k: 1\n  k: 2\nn: !t y\nid: z\n"
    with pytest.raises(YamlProblems) as caught:
        parse_yaml(text.encode(), "t.yml")
    assert [problem.line for problem in caught.value.problems] == [1, 4, 5, 6]
    assert "the first is on line 3" in caught.value.problems[1].hint


@pytest.mark.parametrize("char", [chr(code) for code in range(0xA0) if chr(code) not in "\t\n\r"])
def test_no_raw_control_character_gets_through(char: str) -> None:
    if char.isprintable():
        assert parse_yaml(f'id: "x{char}"\n'.encode(), "t.yml") if char not in '"\\' else True
        return
    for text in (f'id: "x{char}"\n', f"id: x{char}y\n", f"id: x # {char}\n", f"id: |\n  x{char}\n"):
        with pytest.raises(YamlProblems) as caught:
            parse_yaml(text.encode(), "t.yml")
        assert caught.value.problems[0].line >= 1


def test_a_marker_inside_of_a_text_is_text() -> None:
    text = "plan: |\n  <<<<<<< ours\n  =======\n  >>>>>>> theirs\nq: '<<<<<<< x'\n"
    assert parse_yaml(text.encode(), "t.yml").value["q"] == "<<<<<<< x"


SEEDS = [content if isinstance(content, bytes) else content.encode() for content, _, _ in HOSTILE.values()]
SEEDS = [seed for seed in SEEDS if len(seed) < 400]


def load(data: bytes) -> dict[str, Value] | list[Problem]:
    """The value of a file, or what is wrong with it."""
    try:
        return parse_yaml(data, "t.yml").value
    except YamlProblems as error:
        return error.problems


@given(st.lists(st.tuples(st.sampled_from(SEEDS), st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=4))
def test_pieces_of_hostile_files_load_or_are_reported(pieces: list[tuple[bytes, int, int]]) -> None:
    data = b"".join(seed[start:end] for seed, start, end in pieces)
    result = load(data)
    if isinstance(result, list):
        assert result
        assert all(0 <= problem.line <= data.count(b"\n") + 1 and problem.message for problem in result)
    else:
        str(result).encode()  # what loads is Unicode: it can be written and printed


@given(st.binary(max_size=60))
def test_any_bytes_load_or_are_reported(data: bytes) -> None:
    result = load(data)
    assert isinstance(result, dict) or result[0].path == "t.yml"


def test_a_flood_of_findings_is_summed_up() -> None:
    problems = load(b"a: b\n" * 500)
    assert isinstance(problems, list)
    assert len(problems) == 21
    assert problems[-1].message == "479 more findings from here on"


def test_a_megabyte_of_conflict_markers_is_one_finding() -> None:
    problems = load(b"<<<<<<< a\n" * 100_000)  # takes 20 s if each marker counts its lines anew
    assert isinstance(problems, list)
    assert [problem.message for problem in problems] == ["unresolved merge conflict, lines 1-100000"]
