"""The pure parts of a ticket's page and its approval: bars, confirmation, Markdown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.scorecard import Ratio, ScoreCard
from kaizen_tui.tui.ticket.card import card_page
from kaizen_tui.tui.ticket.confirm import HOLD_SECONDS, Confirmation, way_of
from kaizen_tui.tui.ticket.intervals import Axis, axis_for, bar, scale
from kaizen_tui.tui.ticket.markdown import MOST_BYTES, render_markdown, summary_of
from tests.tui.ticket import ticket_world


def ratio(low: float, point: float, high: float) -> Ratio:
    return Ratio(low=low, point=point, high=high)


@pytest.mark.parametrize(
    ("interval", "drawn"),
    [
        ((0.6, 0.7, 0.8), " ├■┤ ┊     "),
        ((0.9, 1.0, 1.1), "    ├■┤    "),
        ((0.8, 0.9, 1.2), "   ├■┼─┤   "),
        ((0.0, 0.6, 0.8), "◂■─┤ ┊     "),
        ((1.2, 1.3, 9.0), "     ┊ ├■─▸"),
        ((5.0, 6.0, 7.0), "     ┊    ▸"),
    ],
)
def test_bars(interval: tuple[float, float, float], drawn: str) -> None:
    assert bar(ratio(*interval), Axis(0.5), 11) == drawn


@pytest.mark.parametrize(
    ("interval", "drawn"),
    [
        ((0.6, 0.7, 0.8), " ├■┤·┊·    "),
        ((0.6, 0.6, 0.9), " ■━━┤┊·    "),
        ((0.9, 1.0, 1.1), "    ├■┤    "),
        ((0.7, 1.0, 1.4), "  ├━─■─━━┤ "),
        ((1.3, 1.4, 9.0), "    ·┊· ├■▸"),
    ],
)
def test_what_lies_beyond_the_tolerance_is_heavy(interval: tuple[float, float, float], drawn: str) -> None:
    assert bar(ratio(*interval), Axis(0.5), 11, 0.1) == drawn


def test_without_a_ratio_only_the_line_at_one() -> None:
    assert bar(None, Axis(0.5), 11) == "     ┊     "
    assert bar(None, Axis(0.2), 23, 0.05) == "         ··┊··         "
    assert scale(Axis(0.2), 21) == "0.8      1.0      1.2"


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=3), st.integers(0, 60), st.floats(0, 0.999))
def test_a_bar_always_fills_its_width(ends: list[float], width: int, tolerance: float) -> None:
    low, point, high = sorted(ends)
    drawn = bar(ratio(low, point, high), axis_for([ratio(low, point, high)]), width, tolerance)
    assert len(drawn) >= max(9, width - 1)
    assert len(drawn) % 2 == 1
    assert set(drawn) <= set(" ├─━■┤┊┼◂▸·")


@pytest.mark.parametrize(("tier", "way"), [(0, "typed"), (1, "twice"), (2, "twice"), (3, "key")])
def test_more_is_asked_the_more_is_at_stake(tier: int, way: str) -> None:
    assert way_of(tier) == way


def test_the_hold_is_due_once_and_can_be_taken_back_until_then() -> None:
    now = [0.0]
    confirmation = Confirmation("key", "KAIZ-001", lambda: now[0])
    assert not confirmation.cancel()
    assert confirmation.enter() == ""
    assert (confirmation.stage, confirmation.left) == ("holding", 10)
    now[0] = HOLD_SECONDS - 0.1
    assert not confirmation.due()
    assert confirmation.left == 1
    assert confirmation.cancel()
    now[0] = 99.0
    assert not confirmation.due()
    confirmation.enter()
    now[0] += HOLD_SECONDS
    assert confirmation.due()
    assert not confirmation.due()
    assert not confirmation.cancel()
    confirmation.failed()
    assert confirmation.stage == "reading"


def test_twice_and_typed() -> None:
    twice = Confirmation("twice", "KAIZ-001", lambda: 0.0)
    assert "once more" in twice.enter()
    assert twice.cancel()
    assert "once more" in twice.enter()
    assert twice.enter() == ""
    typed = Confirmation("typed", "KAIZ-001", lambda: 0.0)
    assert not typed.yes()
    assert typed.enter() == "type KAIZ-001 to confirm"
    assert typed.enter("KAIZ-002") == "that is not KAIZ-001"
    assert typed.enter(" KAIZ-001 ") == ""
    assert Confirmation("twice", "KAIZ-001", lambda: 0.0).yes()


def plain(source: str) -> str:
    return "\n".join(line.plain for line in render_markdown(source))


def test_markdown_is_drawn() -> None:
    source = (
        "# Title\n\nSome **bold** `code`\nand more.\n\n- one\n  - two\n\n3. three\n\n> said\n\n```\na\tb\n```\n\n---\n"
    )
    assert plain(source) == (
        "Title\nSome bold code and more.\n\n• one\n  • two\n\n3. three\n\n│ said\n\n  ▏ a    b\n\n" + "─" * 24
    )
    assert plain("| a | bb |\n|---|---|\n| ccc | d |\n") == "a    bb\n───  ──\nccc  d"


HOSTILE = [
    "[click](javascript:alert(1))", "[/] [@click=app.quit]x[/]", "a\x1b[2Jb", "a\u202eb \u200bz", "<script>x</script>",
    "<!-- hidden -->", "![i](http://x/y.png)", "[ref][1]\n\n[1]: http://evil.example", "&#27;[31m", "`\x1b`",
    "~~~\n\x1b]8;;http://x\x07\n~~~",
]  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_markdown_does_nothing_and_hides_nothing(source: str) -> None:
    lines = render_markdown(source)
    shown = "\n".join(line.plain for line in lines)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert not any("@click" in str(span.style) or "link" in str(span.style) for line in lines for span in line.spans)
    for word in ("javascript:alert(1)", "[@click=app.quit]x[/]", "<script>", "hidden", "http://evil.example"):
        assert (word in shown) == (word in source)


@given(st.text(alphabet="#*_`>-[](){}<!|\\\n\t 1.a\x1b\u202e&;", max_size=200))
def test_any_text_is_drawn(source: str) -> None:
    assert all(char.isprintable() for line in render_markdown(source) for char in line.plain)


def test_deep_nesting_and_length_are_bounded() -> None:
    assert render_markdown(">" * 5000 + " deep") is not None
    assert "characters more in the file" in plain("word " * MOST_BYTES)


def test_the_summary() -> None:
    assert (
        summary_of("# P\n\n## Summary\n\nPools the\nsockets.\n\n<!-- no -->\n\n## Design\n\nx") == "Pools the sockets."
    )
    assert summary_of("## Summary\n\nObjective:\n\n> faster\n>\n> by far\n") == "Objective: faster by far"
    assert summary_of("## Summary\n\nTBD\n") == ""
    assert summary_of("") == ""


@pytest.mark.parametrize(("kind", "head"), [("bubblewrap", "MEASURED ON"), ("external", "SCORED ON")])
def test_a_score_card_says_where_it_was_measured_if_that_is_known(kind: str, head: str) -> None:
    raw = json.dumps(ticket_world.card(sandbox={"kind": kind}))
    page = "\n".join(line.plain for line in card_page(ScoreCard.parse(raw.encode()), 100))
    assert f"\n{head}\n" in page
