"""Components, a metric's chart, flow: every key, every state, three sizes, hostile names."""

from pathlib import Path

import pytest

from kaizen_tui.core.criterion_text import read_criterion
from kaizen_tui.core.fields import MetricFields
from kaizen_tui.core.sparkline import row_of
from kaizen_tui.metrics.source import Series
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.messages import WorkspaceTouched
from kaizen_tui.tui.platform_actions import CHART, COMPONENTS, FLOW, PLATFORM_ACTIONS
from kaizen_tui.tui.plot import draw_plot
from kaizen_tui.tui.screens.components import ComponentScreen
from kaizen_tui.tui.screens.flow import FlowScreen
from kaizen_tui.tui.screens.form import FormScreen
from kaizen_tui.tui.screens.help import HelpScreen
from kaizen_tui.tui.screens.metric import SPANS, MetricScreen
from kaizen_tui.tui.slo_ticket import prefill_for
from tests.tui.boards import SIZES, calm, press, screen_text
from tests.tui.platform_world import EPOCH, UNREACHABLE, Named, ready, with_source, world

SIZE = (160, 48)


def components_of(app: KaizenApp) -> ComponentScreen:
    screen = app.screen
    assert isinstance(screen, ComponentScreen)
    return screen


def chart_of(app: KaizenApp) -> MetricScreen:
    screen = app.screen
    assert isinstance(screen, MetricScreen)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_components(tmp_path: Path, size: tuple[int, int]) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c")
        screen = components_of(app)
        # It begins with the selected card's component.
        assert screen.selected is not None
        assert screen.selected.id == "calm"
        text = screen_text(app)
        assert "Components" in text
        assert "prometheus · 4 s ago" in text
        assert "last hour" in text
        assert "≤ 10" in text
        assert "╌" in text
        assert "┄" in text
        assert [one.id for one in screen.components] == ["mixed", "calm", "pcc-main"] or len(screen.components) == 3
        row = next(line for line in text.splitlines() if "mixed" in line)
        assert "✖" in row


async def test_why_there_is_no_number_is_said_to_its_end(tmp_path: Path) -> None:
    source = Named()
    source.refused = "word " * 12 + "the end"
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c")
        assert "the end" in screen_text(app)


async def test_keys_of_the_components(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c")
        screen = components_of(app)
        for key, place in (("home", 0), ("j", 1), ("down", 2), ("j", 2), ("k", 1), ("up", 0), ("end", 2), ("home", 0)):
            await press(pilot, app, key)
            assert screen.place == place, key
        assert screen.selected is not None
        assert screen.selected.id == "mixed"
        # The worst metric is selected until a person chooses.
        assert screen.metric is not None
        assert screen.metric.name == "beyond"
        seen = []
        for key in ("l", "right", "tab", "h", "left", "shift+tab"):
            await press(pilot, app, key)
            seen.append(screen.metric_place)
        assert seen == [0, 1, 2, 1, 0, 6]
        await press(pilot, app, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "The component before" in screen_text(app)  # the keys of where one is come first
        await press(pilot, app, "escape", "escape")
        assert app.screen is app.main


async def test_on_a_narrow_screen_a_long_name_leaves_room_for_the_value(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app)
        app.push_screen(ComponentScreen(app, "pcc-main"))
        await calm(pilot, app)
        line = next(line for line in screen_text(app).splitlines() if "p95_latency_ms" in line)
        assert "5 ms" in line


@pytest.mark.parametrize("width", [40, 60, 80])
async def test_the_way_back_is_named_however_narrow_it_is(tmp_path: Path, width: int) -> None:
    app = world(tmp_path).app()
    async with app.run_test(size=(width, 24)) as pilot:
        await calm(pilot, app)
        app.push_screen(ComponentScreen(app))
        await calm(pilot, app)
        keys = components_of(app).key_bar.render_line(0)
        assert keys.cell_length == width
        assert "Esc back   ? help" in keys.text


async def test_new_numbers_leave_the_selection_alone(tmp_path: Path) -> None:
    source = Named()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home", "l")
        screen = components_of(app)
        before = screen.selected, screen.metric_place
        source.down = UNREACHABLE
        app.main.slo.poll()
        await calm(pilot, app)
        assert screen.selected is not None
        assert before[0] is not None
        assert (screen.selected.id, screen.metric_place) == (before[0].id, before[1])
        assert "unreachable" in screen_text(app)


async def test_a_ticket_about_a_breached_metric(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home", "n")
        form = app.screen
        assert isinstance(form, FormScreen)
        await calm(pilot, app)
        values = form.state.values
        assert values["title"] == "Bring beyond of mixed back within its target"
        assert values["component"] == "mixed"
        assert values["severity"] == "critical"
        assert values["success_criteria"] == "beyond <= 10 ms"
        assert values["abort_criteria"] == "beyond > 15 ms"
        assert "20 ms" in values["objective"]
        assert "prometheus" in values["objective"]


async def test_read_only_offers_and_opens_no_form(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(read_only=True), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c")
        assert "new ticket" not in screen_text(app)
        await press(pilot, app, "n")
        assert components_of(app).key_bar.word.startswith("this board is read-only")
        await press(pilot, app, "enter", "n")
        assert chart_of(app).key_bar.word.startswith("this board is read-only")


def test_a_prefill_can_be_read_by_the_gates() -> None:
    from tests.tui.test_slo_panels import hostile_platform

    component = hostile_platform()[0]
    metric = component.metrics[0]._replace(name="p95_latency_ms", unit="ms", budget=-0.5, burn=3.0, limit_in=7200.0)
    prefill = prefill_for(component, metric, "prometheus")
    fields = [MetricFields("p95_latency_ms", 10.0, 15.0, unit="ms")]
    for text in (*prefill.success_criteria, *prefill.abort_criteria):
        assert read_criterion(text, fields).kind == "automatic"
    assert "-50 % of the error budget" in prefill.objective
    assert "3 times as fast" in prefill.objective
    higher = metric._replace(target=metric.target._replace(higher_is_better=True, abort=None), state="at_risk")
    assert prefill_for(component, higher, "x").success_criteria == ("p95_latency_ms >= 10 ms",)


@pytest.mark.parametrize("size", SIZES)
async def test_a_metrics_chart(tmp_path: Path, size: tuple[int, int]) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home", "enter")
        screen = chart_of(app)
        text = screen_text(app)
        assert "10 target┼" in text
        assert "15 abort┼" in text
        assert "-1 h" in text
        assert any("⠀" < char <= "⣿" for char in text)
        assert all(len(line) <= size[0] - 2 for line in screen.chart)
        for key, nth in (
            ("2", 1),
            ("3", 2),
            ("4", 3),
            ("5", 4),
            ("l", 3),
            ("right", 2),
            ("h", 3),
            ("left", 4),
            ("1", 0),
        ):
            await press(pilot, app, key)
            assert screen.span == nth
            assert SPANS[nth].first in screen_text(app)
        for key in ("plus", "l"):
            await press(pilot, app, key)
            assert screen.span == 0
        await press(pilot, app, "minus")
        assert screen.span == 1
        assert "n new   Esc back   ? help" in screen.key_bar.render_line(0).text
        await press(pilot, app, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, app, "escape", "n")
        assert isinstance(app.screen, FormScreen)
        await press(pilot, app, "escape", "escape")
        components_of(app)


async def test_a_chart_without_data(tmp_path: Path) -> None:
    source = Named()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "home")
        components_of(app)._metric = "absent"
        await press(pilot, app, "enter")
        assert chart_of(app).trouble == "the query returned no series"
        await press(pilot, app, "escape")
        components_of(app)._metric = "fine"
        source.down = UNREACHABLE
        await press(pilot, app, "enter")
        assert "connection refused" in chart_of(app).trouble
        assert "[/]" in screen_text(app)


async def test_no_components(tmp_path: Path) -> None:
    from tests.tui.boards import Place

    app = Place(tmp_path, components=False).app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "c", "j", "l", "enter", "end")
        assert "no components yet" in screen_text(app)
        await press(pilot, app, "p")
        assert components_of(app).key_bar.word == "this workspace has no components yet"
        app.main.slo.platform = None  # as before the first reading
        for key in ("p", "enter"):
            await press(pilot, app, key)
            assert components_of(app).key_bar.word == "the components are still being read"
        await press(pilot, app, "q")
        assert app.screen is app.main


async def test_metrics_are_read_also_when_the_registry_is_read_before_the_first_tickets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.tui.boards import Place

    app = Place(tmp_path, components=False).app()
    # The worker then posts what it found in the registry before the tickets it has read.
    monkeypatch.setattr(app.jobs, "start", lambda work, **_: work())
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(3):
            await calm(pilot, app)
        assert app.main.slo.platform is not None


async def test_back_on_the_board_the_numbers_are_as_new_as_ever(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "enter", "enter")
        assert app.screen is not app.main
        app.now = lambda: EPOCH + 60.0  # type: ignore[method-assign]
        await press(pilot, app, "escape")
        await calm(pilot, app)
        assert app.screen is app.main
        shown = app.main.slo.platform
        assert shown is not None
        assert shown.data_at == EPOCH + 56.0
        await press(pilot, app, "question_mark", "escape")
        assert app.main.slo.platform is shown  # read once


def test_plots_keep_gaps_and_the_unthinkable() -> None:
    from kaizen_tui.core.slo import Target

    target = Target(10.0, 15.0, False)
    gap = draw_plot([5.0] * 20 + [None] * 20 + [5.0] * 20, target, 80, 12, ("a", "b", "c"))
    row = next(line for line in gap if "⠒" in line or "⠤" in line or "⠉" in line or "⣀" in line)
    curve = row.split("│", 1)[-1]
    assert "       " in curve.strip()
    odd = [float("nan"), float("inf"), None, 1e300, -5.0]
    for values in (odd, [None], [7.0], [], [float("-inf")] * 3):
        assert draw_plot(values, target, 60, 10, ("a", "b", "c"))
    assert row_of(10.0, 8, target) == 2
    assert row_of(0.0, 8, target) == 7


@pytest.mark.parametrize("size", SIZES)
async def test_flow(tmp_path: Path, size: tuple[int, int]) -> None:
    app = world(tmp_path, config="metrics: {source: simulated}\nwip: {in_progress: 1}\n").app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "f")
        screen = app.screen
        assert isinstance(screen, FlowScreen)
        text = screen_text(app)
        for words in ("lead time", "cycle time", "median", "85 %", "done per week", "in progress", "CUMULATIVE FLOW",
                      "change failures", "! over", "complete", "draft"):  # fmt: skip
            assert words in text, words
        assert screen.flow is not None
        assert screen.flow.lead.n == 1
        for key, span in (("h", 2), ("left", 3), ("minus", 3), ("l", 2), ("right", 1), ("plus", 0), ("l", 0)):
            await press(pilot, app, key)
            assert screen.span == span
        assert "4 weeks" in screen_text(app)


async def test_flow_counts_anew_when_tickets_change(tmp_path: Path) -> None:
    place = world(tmp_path)
    app = place.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "f")
        screen = app.screen
        assert isinstance(screen, FlowScreen)
        place.ticket(9, "canary")
        from kaizen_tui.tui.reading import Asked

        app.loader.request(Asked())
        await calm(pilot, app)
        screen.post_message(WorkspaceTouched(frozenset()))
        await calm(pilot, app)
        assert screen.flow is not None
        assert dict(screen.flow.wip)["canary"] == 1
        await press(pilot, app, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, app, "escape", "f")
        assert app.screen is app.main


async def test_flow_without_tickets(tmp_path: Path) -> None:
    from tests.tui.boards import Place

    app = Place(tmp_path).app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "f")
        text = screen_text(app)
        assert "no ticket finished yet" in text
        assert "no tickets yet" in text


def test_every_action_has_a_handler() -> None:
    screens = {COMPONENTS: ComponentScreen, CHART: MetricScreen, FLOW: FlowScreen}
    for action in PLATFORM_ACTIONS:
        if action.context in screens:
            assert hasattr(screens[action.context], f"action_{action.method}"), action.id


def test_a_series_of_the_world_is_as_long_as_asked() -> None:
    found: Series = Named().series("a", "fine", EPOCH - 3600.0, float(EPOCH), 30.0)
    assert len(found.values) == 121
