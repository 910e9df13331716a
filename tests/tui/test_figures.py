"""The component screen's figures and spans: budget, the four burn rates, age, query, warning; an hour to a month."""

from pathlib import Path

import pytest

from kaizen_tui.core.burn import BURN_PAIRS, DAY, Burn
from kaizen_tui.metrics.panels import MetricPanel
from kaizen_tui.metrics.source import Instant, Series, Version
from kaizen_tui.tui.platform_messages import SpanReady
from kaizen_tui.tui.screens.components import ComponentScreen
from kaizen_tui.tui.screens.metric import MetricScreen
from kaizen_tui.tui.slo_ticket import objective_text
from kaizen_tui.tui.spans import SPANS, short_span
from kaizen_tui.tui.tokens import KAIZEN_THEMES, derived_tokens, make_palette
from kaizen_tui.tui.widgets.figure_lines import Reading, figure_lines, left_words
from tests.tui.boards import HOSTILE, calm, press, screen_text
from tests.tui.platform_world import EPOCH, UNREACHABLE, Named, ready, with_source, world
from tests.tui.test_platform_screens import components_of
from tests.tui.test_slo_panels import hostile_platform

SIZE = (160, 48)
COLOURS = KAIZEN_THEMES[0].to_color_system().generate()
PALETTE = make_palette({**COLOURS, **derived_tokens(COLOURS)})
ASKED = Reading("prometheus", 3.0, 15.0)


def panel(**changes: object) -> MetricPanel:
    found: MetricPanel = hostile_platform()[0].metrics[0]._replace(name="error_ratio_pct", window=30 * DAY)
    return found._replace(**changes)  # type: ignore[arg-type]


def burns(*rates: float | None) -> tuple[Burn, ...]:
    return tuple(Burn(pair, pair.factor(30 * DAY), rate, rate) for pair, rate in zip(BURN_PAIRS, rates, strict=True))


def said(metric: MetricPanel, reading: Reading = ASKED, width: int = 80) -> str:
    lines = figure_lines(metric, reading, width, PALETTE)
    assert all(sum(segment.cell_length for segment in line) == width for line in lines)
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def test_the_alert_that_would_hold_is_named() -> None:
    metric = panel(burns=burns(2.0, 7.5, None, 1.2), budget=0.5, exhausts_in=5 * DAY)
    text = said(metric)
    rows = text.splitlines()
    assert "page   above 14.4×" in next(row for row in rows if " 1h " in row)
    assert "✖ holds" not in next(row for row in rows if " 1h " in row)
    assert "✖ holds" in next(row for row in rows if "30m" in row)
    assert "–" in next(row for row in rows if "2h" in row)
    assert "✖ holds" in next(row for row in rows if " 3d " in row)
    assert "the burn-rate alert of severity page holds" in objective_text(metric, "prometheus")
    assert "the budget is spent in 5 d at this rate" in objective_text(metric, "prometheus")
    assert "alert of severity ticket" in objective_text(panel(burns=burns(1.0, 1.0, 1.0, 1.1)), "prometheus")
    assert "alert" not in objective_text(panel(), "prometheus")


@pytest.mark.parametrize(
    ("budget", "out", "words"),
    [
        (0.5, 5 * DAY, "50 % left of 30d, spent in 5 d at this rate"),
        (0.9, 40 * DAY, "90 % left of 30d, it lasts"),
        (0.9, None, "90 % left of 30d, nothing burns it now"),
        (-0.25, 0.0, "-25 % left of 30d: it is spent"),
        (None, None, ""),
    ],
)
def test_what_is_left_of_the_budget(budget: float | None, out: float | None, words: str) -> None:
    metric = panel(budget=budget, exhausts_in=out)
    assert left_words(metric) == words
    assert (words or "no events in its window") in said(metric)
    assert "no objective" in said(panel(window=0.0))


def test_where_the_numbers_come_from() -> None:
    assert "prometheus, asked 3 s ago, again every 15 s" in said(panel())
    assert "prometheus: connection refused" in said(panel(), ASKED._replace(trouble="connection refused"))
    assert "none: the numbers are made up" in said(panel(query=""), ASKED._replace(source="simulated"))
    long = "sum(" + " + ".join(f"rate(requests_{nth}_total[5m])" for nth in range(20)) + ")"
    rows = said(panel(query=long), width=60).splitlines()
    assert sum("requests_" in row for row in rows) == 3
    assert rows[-1].rstrip().endswith("…")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_queries_and_warnings_are_only_shown(text: str) -> None:
    shown = said(panel(query=text, warning=text, error=text, name=f"m{text}"), ASKED._replace(trouble=text))
    assert not set(shown) & set("\x1b\u202e\u200b")


def test_windows_are_named_as_in_the_table() -> None:
    assert [short_span(seconds) for seconds in (300, 1800, 3600, 7200, 21600, DAY, 3 * DAY, 90)] == [
        "5m", "30m", "1h", "2h", "6h", "1d", "3d", "90s",
    ]  # fmt: skip


class Telling(Named):
    """Says something beside the values, and remembers which spans were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[float] = []

    def instant(self, component: str, metric: str, at: float, version: Version = "") -> Instant:
        return super().instant(component, metric, at, version)._replace(warning="partial [/] answer")

    def series(
        self, component: str, metric: str, start: float, end: float, step: float, version: Version = ""
    ) -> Series:
        self.spans.append(end - start)
        return super().series(component, metric, start, end, step, version)


async def test_figures_of_the_selected_metric(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Telling())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home")
        screen = components_of(app)
        assert screen.figures
        screen._metric = "burning"
        screen.draw()
        await calm(pilot, app)
        text = screen_text(app)
        assert "query    query of burning" in text
        assert "⚠ partial [/] answer" in text
        assert "90 % left of 30d, spent in" in text
        for words in ("1h      3×", "5m      3×", "3d    0.1×", "page   above 14.4×", "ticket above 1×"):
            assert words in text, words
        await press(pilot, app, "i")
        assert "query of burning" not in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await press(pilot, app, "i")
        assert "query of burning" in screen_text(app)
        assert "burning" in screen_text(app).split("── burning")[0]


async def test_a_small_screen_has_no_figures_unasked(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home")
        assert "query of" not in screen_text(app)
        assert not components_of(app).figures


async def test_the_keys_of_the_chart_choose_the_span_here_too(tmp_path: Path) -> None:
    source = Telling()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home")
        screen = components_of(app)
        assert "last hour" in screen_text(app)
        for key, nth in (("2", 1), ("3", 2), ("4", 3), ("5", 4), ("plus", 3), ("minus", 4), ("minus", 4), ("1", 0)):
            source.spans.clear()
            await press(pilot, app, key)
            assert screen.spans.nth == nth
            assert SPANS[nth].words in screen_text(app)
            assert "reading …" not in screen_text(app)
            assert all(span == pytest.approx(SPANS[nth].seconds) for span in source.spans)
        await press(pilot, app, "4", "enter")
        assert isinstance(app.screen, MetricScreen)
        assert app.screen.span == 3


async def test_a_span_that_cannot_be_read_says_so_and_an_old_answer_is_dropped(tmp_path: Path) -> None:
    source = Named()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home")
        screen = components_of(app)
        source.down = UNREACHABLE
        await press(pilot, app, "3")
        assert "connection refused" in screen_text(app)
        assert "12 ms" in screen_text(app)
        source.down = None
        await press(pilot, app, "4")
        known = dict(screen.spans._series)
        screen.post_message(SpanReady(("mixed", 2, EPOCH), {}))
        await calm(pilot, app)
        assert screen.spans._series == known
        assert isinstance(app.screen, ComponentScreen)
