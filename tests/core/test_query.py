"""The filter language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.query import FIELDS, parse_query
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITIES, STATUSES

DAY = 86400
NOW = 1_000 * DAY
ME = "Jane Doe <jane@example.org>"
ROWS = [
    TicketRow("KAIZ-001", 1, "Optimize MCP server", "pcc-main", "backend-team", "critical", "canary",
              ("perf", "Q3 goal"), NOW - 90 * DAY, NOW - DAY, NOW - 10 * DAY, verdict="pass"),
    TicketRow("KAIZ-002", 2, "Retry budget for gateway", "edge-gateway", "jane@example.org", "high", "in_review", (),
              NOW - 20 * DAY, NOW - 60, NOW - 2 * DAY, verdict="fail"),
    TicketRow("KAIZ-003", 3, "Größere Stapel, 50% [x]", "pcc-cache", "Jane Doe", "medium", "draft", ("perf",),
              NOW - 3600, NOW - 3600, 0),
    TicketRow("KAIZ-031", 31, "Trim payloads", "checkout-api", "", "low", "complete", ("status:canary",)),
]  # fmt: skip


def found(words: str | list[str], me: str = ME) -> list[int]:
    query = parse_query(words)
    selected = query.select(ROWS, NOW, me)
    assert selected == [row for row in ROWS if query.matches(row, NOW, me)]
    return [row.number for row in selected]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("", [1, 2, 3, 31]),
        ("   ", [1, 2, 3, 31]),
        ("mcp", [1]),
        ("MCP Server", [1]),
        ("server mcp", [1]),
        ('"mcp server"', [1]),
        ('"server mcp"', []),
        ("kaiz-03", [31]),
        ("GRÖSSERE", [3]),
        ("pcc", [1, 3]),
        ("goal", [1]),
        ("!pcc", [2, 31]),
        ("!!pcc", [1, 3]),
        ("[x]", [3]),
        ("50%", [3]),
        ('"status:canary"', [31]),
        ("status:canary", [1]),
        ("STATUS:Canary", [1]),
        ("status=canary", [1]),
        ("status:canary,draft", [1, 3]),
        ("status:canary,", [1]),
        ("status:in-review", [2]),
        ("status:c*", [1, 31]),
        ("!status:canary,draft", [2, 31]),
        ("component:pcc*", [1, 3]),
        ("component:pcc", []),
        ("component:PCC-MAIN", [1]),
        ("component:pcc-????", [1]),
        ('component:"pcc*"', []),
        ("severity:high", [2]),
        ("severity>=high", [1, 2]),
        ("severity>high", [1]),
        ("severity<=medium", [3, 31]),
        ("severity<critical", [2, 3, 31]),
        ("severity:>=high", [1, 2]),
        ("!severity>=high", [3, 31]),
        ("owner:me", [2, 3]),
        ("owner:me,backend-team", [1, 2, 3]),
        ("owner:jane", [2]),
        ("owner:back*", [1]),
        ('owner:"Jane Doe"', [3]),
        ('owner:""', [31]),
        ("age>7d", [1]),
        ("age<=2d", [2, 3]),
        ("age>=48h", [1, 2]),
        ("age:>7d", [1]),
        ("!age>7d", [2, 3, 31]),
        ("created>30d", [1]),
        ("updated<5min", [2]),
        ("label:perf", [1, 3]),
        ('label:"q3 goal"', [1]),
        ("label:q3*", [1]),
        ('label:""', [2, 31][:1]),
        ("id:31", [31]),
        ("id:031", [31]),
        ("id:kaiz-00*", [1, 2, 3]),
        ("id:1,KAIZ-002", [1, 2]),
        ("title:payload", [31]),
        ("title:trim*", [31]),
        ("verdict:pass", [1]),
        ("verdict:none", [3, 31]),
        ("status:canary severity>=high pcc !label:x", [1]),
        (["status:canary", "mcp server"], [1]),
        (["severity>=high !status:canary"], [2]),
        ("a->b", []),
        ("12:30", []),
    ],
)
def test_filter(words: str | list[str], numbers: list[int]) -> None:
    assert found(words) == numbers


@pytest.mark.parametrize(
    ("me", "numbers"),
    [("jane@example.org", [2]), ("Jane Doe", [3]), ("backend-team", [1]), ("someone", []), ("", [])],
)
def test_me_is_the_actor(me: str, numbers: list[int]) -> None:
    assert found("owner:me", me) == numbers


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("statsu:canary", "did you mean `status`?"),
        ("zz:1", "one of id, title"),
        ("http://x", "put it in quotes"),
        ("status:cnary", "no status `cnary`; did you mean `canary`?"),
        ("status:x*", "no status `x*`"),
        ("severity>=hgih", "did you mean `high`?"),
        ("severity>=high,low", "compare with one severity"),
        ("status>draft", "status has no order"),
        ("label>=x", "label has no order"),
        ("age:7d", "as in age>7d"),
        ("age>7", "not a duration"),
        ("age>7d,8d", "is compared"),
        ("verdict:good", "no verdict `good`"),
        ("owner:", 'owner:"" means none'),
        ("status:,", "has no value"),
        ('status:""', "no status"),
        ("!", "is empty"),
        ('""', "is empty"),
        ('"abc', "the quote before `abc` is not closed"),
        ('a "', "not closed"),
    ],
)
def test_what_is_wrong_is_named(words: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(words)
    assert part in str(caught.value)
    assert caught.value.exit_code == 2


def test_quotes_take_every_sign_and_a_backslash_escapes() -> None:
    row = ROWS[0]._replace(title='say "hi" \\ *!,')
    for words in (r'"say \"hi\" \\ *!,"', 'title:"*!,"', r'say" \"hi"'):
        assert parse_query(words).matches(row, NOW, ME)


def test_a_query_knows_its_text_and_whether_it_filters() -> None:
    assert parse_query(" a  b ").text == "a  b"
    assert not parse_query("")
    assert parse_query("a")
    assert "status:canary" in repr(parse_query("status:canary"))


TERMS = st.lists(
    st.text(max_size=8)
    | st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "!", "!!"]),
        st.sampled_from([*FIELDS, "x"]),
        st.sampled_from([":", ">=", "<", "=", ":>"]),
        st.sampled_from(["me", "canary", "high", "7d", "pcc*", '""', "a,b", "31", "pass", ""]) | st.text(max_size=6),
    ),
    max_size=4,
)
SOME_ROW = st.builds(
    TicketRow,
    id=st.just("KAIZ-001"),
    number=st.just(1),
    title=st.text(max_size=10),
    component=st.sampled_from(["pcc-main", "a"]),
    owner=st.sampled_from(["", "me", ME]) | st.text(max_size=6),
    severity=st.sampled_from(SEVERITIES),
    status=st.sampled_from(STATUSES),
    labels=st.lists(st.text(max_size=4), max_size=2).map(tuple),
    created=st.integers(0, NOW),
    since=st.integers(0, NOW),
    verdict=st.sampled_from(["", "pass"]),
)


@given(TERMS, SOME_ROW)
def test_any_line_filters_or_is_refused_in_words(words: list[str], row: TicketRow) -> None:
    try:
        query = parse_query(words)
    except UsageError as error:
        assert_in_words(error)
        return
    assert query.matches(row, NOW, ME) in (True, False)
    assert query.select([row], NOW, ME) == [row][: query.matches(row, NOW, ME)]


def assert_in_words(error: UsageError) -> None:
    assert "filter" in error.what or "quote" in error.what


@given(
    st.sampled_from(
        [
            "mcp",
            "status:canary,draft",
            "severity>=high",
            "age>7d",
            "owner:me",
            "label:a",
            "component:p*",
            'owner:""',
            "id:1",
        ]
    ),
    SOME_ROW,
)
def test_negation_is_the_complement(term: str, row: TicketRow) -> None:
    assert parse_query(f"!{term}").matches(row, NOW, ME) is not parse_query(term).matches(row, NOW, ME)


@given(st.text(min_size=1, max_size=12))
def test_any_text_is_found_in_quotes(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if "\x00" not in text:
        assert parse_query(f'"{escaped}"').matches(ROWS[0]._replace(title=f"a{text}b"), NOW, ME)


def test_a_pattern_of_many_stars_does_not_hang() -> None:
    row = ROWS[0]._replace(title="a" * 5000)
    assert not parse_query("title:" + "*a" * 40 + "*b").matches(row, NOW, ME)
