"""The pure parts of the board: layout, columns, cards, headings, text cut to cells, keys, filter, words, themes."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content
from textual.theme import BUILTIN_THEMES

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.flow import WEEK, Flow, Spread, WeekCount
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import SEVERITIES, STATUSES
from kaizen_tui.core.text import safe
from kaizen_tui.core.unmet import Decision, Unmet
from kaizen_tui.tui import layout, words
from kaizen_tui.tui.actions import ACTIONS, BOARD, Keymap
from kaizen_tui.tui.celltext import clip, pad, wrap
from kaizen_tui.tui.columns import arrange, locate
from kaizen_tui.tui.filtering import Filter
from kaizen_tui.tui.tokens import KAIZEN_THEMES, derived_tokens, make_palette, theme_named
from kaizen_tui.tui.widgets import cards, heads
from kaizen_tui.tui.widgets.entries import clean_block, clean_line
from kaizen_tui.tui.widgets.flow_lines import figure_lines
from kaizen_tui.tui.widgets.prose import hang

NOW = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp())
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("日本👩🚀[]/\x1b\u202e\u0301 ")), max_size=60)


def row(number: int = 1, status: str = "draft", **changes: object) -> TicketRow:
    made = TicketRow(f"KAIZ-{number:03d}", number, "A title", "pcc-main", "backend-team", "medium", status)
    return made._replace(**changes)  # type: ignore[arg-type]


def palette_of(theme_name: str):  # type: ignore[no-untyped-def]
    themes = {theme.name: theme for theme in KAIZEN_THEMES} | BUILTIN_THEMES
    variables = themes[theme_name].to_color_system().generate() | themes[theme_name].variables
    return make_palette(variables | derived_tokens(variables))


# Layout


@given(st.integers(22, 400), st.integers(0, 6))
def test_lanes_fill_the_width_and_show_the_focus(width: int, focus: int) -> None:
    count = layout.visible_count(width)
    first = layout.first_visible(3, focus, count)
    lanes = layout.lanes(width, first)
    assert sum(lane.width for lane in lanes) == width
    assert all(one.x + one.width == other.x for one, other in pairwise(lanes))
    assert focus in [lane.column for lane in lanes]
    assert all(lane.width >= layout.NARROWEST for lane in lanes)


def test_how_many_columns_fit() -> None:
    assert [layout.visible_count(width) for width in (60, 80, 120, 160, 240)] == [2, 3, 5, 7, 7]
    assert not layout.detail_beside(199)
    assert layout.detail_beside(200)
    assert layout.visible_count(200 - layout.detail_width(200)) == 7


# Columns


def test_order_of_cards() -> None:
    rows = [
        row(1, severity="low"),
        row(2, severity="critical", since=50),
        row(3, severity="critical", since=20),
        row(4, severity="critical"),
        row(5, "complete", severity="low", since=90),
        row(6, "complete", severity="critical", since=10),
    ]
    columns = arrange(rows)
    assert [one.number for one in columns.cards[0]] == [3, 2, 4, 1]
    assert [one.number for one in columns.cards[5]] == [5, 6]
    assert columns.totals == (4, 0, 0, 0, 0, 2, 0)
    assert locate(columns, "KAIZ-006") == (5, 1)
    assert locate(columns, "KAIZ-999") is None


# Text cut to cells


@given(TEXTS, st.integers(1, 40), st.integers(1, 3))
def test_text_never_leaves_its_cells(text: str, width: int, lines: int) -> None:
    text = safe(text)
    assert cell_len(clip(text, width)) <= width
    assert cell_len(pad(text, width)) == width
    wrapped = wrap(text, width, lines)
    assert len(wrapped) <= lines
    if width > 1:  # half a wide character can't be shown
        assert all(cell_len(line) <= width for line in wrapped)


def test_wrapping_breaks_between_words_and_marks_what_is_missing() -> None:
    assert wrap("Trim checkout payloads for everyone", 19, 2) == ["Trim checkout", "payloads for every…"]
    assert wrap("a" * 25, 10, 2) == ["a" * 10, "a" * 9 + "…"]
    assert wrap("日本語日本語日本", 9, 2) == ["日本語日", "本語日本"]
    assert wrap("", 9, 2) == []


# Cards


@given(TEXTS, TEXTS, st.integers(21, 60), st.sampled_from(STATUSES), st.sampled_from(SEVERITIES), st.booleans())
def test_every_line_of_a_card_has_the_same_width(
    title: str, owner: str, width: int, status: str, severity: str, roomy: bool
) -> None:
    ticket = row(
        12345, status, title=title, owner=owner, component="c" * 63, severity=severity, warnings=12, overridden=True,
        verdict="inconclusive",
    )  # fmt: skip
    palette = palette_of("kaizen-dark")
    shape = layout.card_shape(48 if roomy else 24)
    for look in (cards.NORMAL, cards.SELECTED, cards.GHOST):
        drawn = cards.draw_card(ticket, width, shape, palette, look, "99 min")
        assert len(drawn) == shape.pitch
        for line in drawn:
            assert sum(segment.cell_length for segment in line) == width
            assert not any(control in segment.text for segment in line for control in ("\x1b", "\u202e", "\n"))


def drawn_text(ticket: TicketRow, height: int = 48, width: int = 26) -> str:
    shape = layout.card_shape(height)
    waited = cards.age_in_column(ticket, NOW)
    drawn = cards.draw_card(ticket, width, shape, palette_of("kaizen-dark"), cards.NORMAL, waited)
    return "\n".join("".join(segment.text for segment in line) for line in drawn)


@pytest.mark.parametrize("height", [24, 48])
def test_what_a_card_says(height: int) -> None:
    ticket = row(7, "in_review", severity="high", warnings=2, overridden=True, verdict="pass", since=NOW - 3 * 86400)
    text = drawn_text(ticket, height)
    for part in ("◆ KAIZ-007", "⚑", "⚠2", "A title", "pcc-main", "✔ pass", "3 d"):
        assert part in text
    assert ("backend-team" in text) is (height == 48)
    assert "✖ KAIZ-007" in drawn_text(ticket._replace(status="aborted"))
    assert "▲" not in drawn_text(ticket._replace(status="complete", severity="critical"))


def test_an_owner_without_room_is_left_out_whole() -> None:
    for width in range(22, 40):
        text = drawn_text(row(component="feature-flags", owner="platform-team", verdict="pass"), 24, width)
        assert "·…" not in text
        assert ("· pl" in text) is (width >= 28)


def test_the_age_falls_back_to_the_last_change() -> None:
    assert cards.age_in_column(row(updated=NOW - 3600), NOW) == "1 h"
    assert cards.age_in_column(row(created=NOW - 60), NOW) == "1 min"
    assert cards.age_in_column(row(), NOW) == ""


# Headings


@given(st.integers(60, 200), st.lists(st.integers(0, 99999), min_size=7, max_size=7), st.integers(0, 6))
def test_headings_fit_any_numbers(width: int, counts: list[int], focus: int) -> None:
    columns = arrange([])._replace(totals=tuple(counts))
    palette = palette_of("kaizen-light")
    lanes = layout.lanes(width, layout.first_visible(0, focus, layout.visible_count(width)))
    for lane in lanes:
        for line in (
            heads.heading(lane, columns, palette, focused=lane.column == focus, loading=False),
            heads.rule(lane, palette, focused=lane.column == focus, last=lane is lanes[-1]),
        ):
            assert sum(segment.cell_length for segment in line) == lane.width
    strip = heads.column_strip(width, columns, palette, focus, range(2), loading=False)
    assert sum(segment.cell_length for segment in strip) <= width
    assert f"[{focus + 1}" in "".join(segment.text for segment in strip)


# Keys


def test_every_key_means_one_thing_in_its_context() -> None:
    seen: dict[tuple[str, str], str] = {}
    for action in ACTIONS:
        for key in action.keys:
            assert seen.setdefault((action.context, key), action.id) == action.id
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    assert Keymap().problems == []


def test_keys_can_be_given_to_other_actions() -> None:
    keymap = Keymap({"ticket.approve": "A, ?", "app.help": "f1"})
    assert keymap.problems == []
    for key, action_id in (("A", "ticket.approve"), ("question_mark", "ticket.approve"), ("f1", "app.help")):
        found = keymap.find(BOARD, key)
        assert found is not None
        assert found.id == action_id
    assert keymap.find(BOARD, "a") is None
    assert keymap.keys_of("ticket.approve") == ("A", "?")


def test_wrong_keys_are_said_and_leave_the_rest() -> None:
    keymap = Keymap({"ticket.aprove": "A", "ticket.move": "  ", "app.quit": "x", "app.help": "x"})
    said = "\n".join(keymap.problems)
    assert "ticket.aprove; did you mean ticket.approve?" in said
    assert "ticket.move has no key" in said
    assert "x is given to both" in said
    assert keymap.keys_of("ticket.move") == ("m",)


# Filter


def test_a_wrong_filter_leaves_the_last_right_one_in_force() -> None:
    columns = arrange([row(1, title="Trim"), row(2, title="Pool")])
    asked = Filter()
    asked.type("trim")
    asked.type("trim statsu:canary")
    assert "did you mean `status`" in asked.error
    kept = asked.apply(columns, NOW, "")
    assert [one.number for one in kept.cards[0]] == [1]
    assert kept.totals == columns.totals
    asked.type(" ")
    assert asked.error == ""
    assert asked.apply(columns, NOW, "") is columns


# Words


def test_words_of_decisions_are_never_markup() -> None:
    hostile = Unmet("x", "[/] \x1b[2J [@click=app.quit]x[/]", "kaizen update '[/]'")
    said = words.preview("KAIZ-001", Decision(False, "canary", True, (hostile,), (), "", "KAIZ-001", "in_review"))
    assert "[/] \\x1b[2J [@click=app.quit]x[/]" in said.plain
    assert "the gate is shut" in said.plain
    open_gate = words.preview("KAIZ-001", Decision(True, "planned", False, (), (hostile,), "", "KAIZ-001", "draft"))
    assert "open, with 1 unmet condition" in open_gate.plain


@given(TEXTS, st.integers(2, 60))
def test_prose_keeps_every_word_within_the_width(text: str, width: int) -> None:
    lines = hang(Content(f"  ✖ {safe(text)}"), width)
    assert all(line.cell_length <= width for line in lines)
    assert "".join("".join(line.plain for line in lines).split()) == "".join(f"✖{safe(text)}".split())


def test_prose_goes_on_below_its_beginning() -> None:
    lines = hang(Content("  ✖ one two three four five six seven"), 24)
    assert [line.plain for line in lines] == ["  ✖ one two three four", "    five six seven"]


def test_entries_take_no_control_characters() -> None:
    assert clean_line("a\x1b[2Jb\r\nc\td") == "a\\x1b[2Jb c d"
    assert clean_block("a\x1b\nb") == "a\\x1b\nb"


# Themes


def test_themes_are_found_by_name() -> None:
    assert theme_named("kaizen-light") == "kaizen-light"
    assert theme_named("nord") == "nord"
    with pytest.raises(UsageError, match="kaizen-lihgt"):
        theme_named("kaizen-lihgt")


def luminance(triplet: tuple[int, int, int]) -> float:
    parts = [(value / 255) / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in triplet]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", [theme.name for theme in KAIZEN_THEMES if not theme.ansi])
def test_text_of_our_themes_has_the_contrast_of_wcag_aa(theme: str) -> None:
    palette = palette_of(theme)
    for tones in (palette.normal, palette.selected):
        styles = [tones.text, tones.title, tones.muted, tones.accent, tones.success, tones.warning, tones.error]
        for style in (*styles, *tones.severity.values()):
            assert style.color is not None
            assert style.bgcolor is not None
            one, other = sorted(luminance(tuple(color.get_truecolor())) for color in (style.color, style.bgcolor))
            assert (other + 0.05) / (one + 0.05) >= 4.5, (theme, style)


@pytest.mark.parametrize("theme", sorted(BUILTIN_THEMES))
def test_every_theme_of_textual_gives_a_palette(theme: str) -> None:
    assert palette_of(theme).normal.text.color is not None


@pytest.mark.parametrize("width", [58, 80, 120])
@pytest.mark.parametrize("weeks", [4, 12, 26, 52, 104])
def test_every_week_of_throughput_is_shown(weeks: int, width: int) -> None:
    none = Spread(0, 0.0, 0.0)
    throughput = tuple(WeekCount(nth * WEEK, 1, 0) for nth in range(weeks))
    flow = Flow(none, none, (), throughput, (), (), (), 0, 0)
    drawn = figure_lines(flow, {}, width, 40, palette_of("kaizen-dark"))
    lines = ["".join(segment.text for segment in line) for line in drawn]
    foot = next(nth for nth, line in enumerate(lines) if line.startswith(f" {weeks} done"))
    label = next(line for line in lines if "done per" in line)[:19].split()
    each = int(label[2]) if len(label) == 4 else 1
    expected = -(-weeks // each)
    cells = 2 if 3 * expected <= width - 20 else 1
    assert lines[foot - 1][19:].count("█") == expected * cells
    assert each == 1 or weeks > width - 20
