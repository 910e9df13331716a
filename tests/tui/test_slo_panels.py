"""The panels below the board: every state of a metric by shape and words, at every size; readings never pile up."""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from kaizen_tui.core.slo import STATE_SHAPES
from kaizen_tui.metrics.panels import ComponentPanel
from kaizen_tui.metrics.platform import PlatformReader
from kaizen_tui.metrics.source import Instant
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.platform_messages import PlatformReady
from kaizen_tui.tui.screens.components import ComponentScreen
from kaizen_tui.tui.ticket.approval_page import budget_part
from kaizen_tui.tui.tokens import KAIZEN_THEMES, derived_tokens, make_palette
from kaizen_tui.tui.widgets.component_lines import metric_lines
from kaizen_tui.tui.widgets.slo_lines import NO_PANELS, note_text, panel_lines, plan
from tests.metrics.defined import Defined
from tests.tui.boards import SIZES, calm, press, screen_text
from tests.tui.platform_world import EPOCH, UNREACHABLE, Named, ready, with_source, world

SIZE = (160, 48)


async def again(pilot: Pilot[int], app: KaizenApp) -> None:
    """One more reading, as the timer makes it."""
    app.main.slo.poll()
    await calm(pilot, app)


@pytest.mark.parametrize("size", SIZES)
async def test_every_state_has_its_shape_and_words(tmp_path: Path, size: tuple[int, int]) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        text = screen_text(app)
        assert "prometheus · 4 s ago" in text
        panels = app.main.slo.panels
        assert panels is not None
        assert panels.size.height == panels.layout_plan.height <= size[1] // 3
        mixed = next(line for line in text.splitlines() if " mixed" in line and "✖ 2" in line)
        assert "◐ 2" in mixed or "◐" in mixed
        if size == SIZE:
            for words in ("✖ over", "◐ burning", "○ absent", "◌ old", "✔ fine", "burn", "stale 15 min", "limit in"):
                assert words in text, words
        # The selected card's component comes first, then the worst.
        assert app.main.board.selected is not None
        assert panels.first == "calm"


async def test_a_small_terminal_has_no_panels_and_asks_for_nothing(tmp_path: Path) -> None:
    source = Named()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=(60, 16)) as pilot:
        await ready(pilot, app)
        panels = app.main.slo.panels
        assert panels is not None
        assert not panels.display
        assert app.main.header.state.source == ""
        asked = len(source.asked)
        await again(pilot, app)
        assert len(source.asked) == asked
        await pilot.resize_terminal(*SIZE)
        await ready(pilot, app)
        assert panels.display
        assert len(source.asked) > asked


async def test_the_panels_follow_the_cursor(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        panels = app.main.slo.panels
        assert panels is not None
        await press(pilot, app, "3", "j")
        selected = app.main.board.selected
        assert selected is not None
        app.main.slo._prefer()
        assert panels.first == selected.component
        first = panels.component_at(2, 1)
        assert first is not None
        assert first.id == selected.component


async def test_unreachable_keeps_the_last_data_with_their_age(tmp_path: Path) -> None:
    source = Named()
    clock = [float(EPOCH)]
    app = with_source(world(tmp_path).app(), source)
    app._now = lambda: clock[0]
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        source.down = UNREACHABLE
        clock[0] += 176
        await again(pilot, app)
        assert "prometheus unreachable, data 3 min old" in screen_text(app)
        assert app.main.header.state.source_bad
        assert "12 ms" in screen_text(app)
        clock[0] += 600
        await again(pilot, app)
        text = screen_text(app)
        assert "◌ over" in text
        assert "stale 13 min" in text
        source.down = None
        await again(pilot, app)
        assert "prometheus · 4 s ago" in screen_text(app)


async def test_never_reached_and_no_server(tmp_path: Path) -> None:
    source = Named()
    source.down = UNREACHABLE
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert "prometheus unreachable, no data yet" in screen_text(app)
    app = world(tmp_path / "b", config="governance: {enforce_from: canary}\n").app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        text = screen_text(app)
        assert "no metrics server configured" in text
        assert "○ over" in text


async def test_the_simulated_platform_says_so(tmp_path: Path) -> None:
    app = world(tmp_path).app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert "simulated · " in screen_text(app)


async def test_without_components_there_are_no_panels(tmp_path: Path) -> None:
    from tests.tui.boards import Place

    place = Place(tmp_path, components=False)
    place.ticket(1)
    app = place.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert app.main.slo.panels is None
        assert app.main.header.state.source == "no metrics server configured", app.main.slo.platform


async def test_a_slow_source_is_asked_once_at_a_time(tmp_path: Path) -> None:
    gate, entered, inside = threading.Event(), threading.Event(), [0, 0]

    class Slow(Named):
        def instant(self, component: str, metric: str, at: float) -> Instant:
            if (component, metric) == ("calm", "fine"):
                inside[0] += 1
                inside[1] = max(inside)
                entered.set()
                gate.wait(30)
                inside[0] -= 1
            return super().instant(component, metric, at)

    app = with_source(world(tmp_path).app(), Slow())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for _ in range(1000):  # bounded: what never comes must fail a test, not hang it
            if entered.is_set():
                break
            await pilot.pause()
        assert entered.is_set(), "the source was never asked"
        for _ in range(20):
            app.main.slo.poll()
        # The board works while the source doesn't answer.
        await pilot.press("j")
        assert app.main.slo.platform is None
        gate.set()
        await ready(pilot, app)
        assert inside[1] == 1
        # The one under way, and one for the twenty that came meanwhile.
        assert app.main.slo._generation == 2


async def test_an_old_answer_never_overwrites_a_newer_one(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        now = app.main.slo.platform
        assert now is not None
        app.main.post_message(PlatformReady(0, now._replace(source="old"), {}, 15.0))
        app.main.post_message(PlatformReady(99, now._replace(as_of=5.0), {}, 15.0))
        await ready(pilot, app)
        assert app.main.slo.platform is not None
        assert app.main.slo.platform.source == "prometheus"


async def test_paused_while_suspended_or_out_of_sight(tmp_path: Path) -> None:
    source = Named()
    app = with_source(world(tmp_path).app(), source)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        asked = len(source.asked)
        app.app_suspend_signal.publish(app)
        await again(pilot, app)
        assert len(source.asked) == asked
        app.app_resume_signal.publish(app)
        await ready(pilot, app)
        assert len(source.asked) > asked
        # Another screen hides the board: nothing is asked; the screen of components needs the numbers.
        await press(pilot, app, "f")
        asked = len(source.asked)
        await again(pilot, app)
        assert len(source.asked) == asked
        await press(pilot, app, "escape", "c")
        await again(pilot, app)
        assert len(source.asked) > asked


async def test_a_changed_registry_is_read_with_the_metrics(tmp_path: Path) -> None:
    place = world(tmp_path)
    app = with_source(place.app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        (place.root / "registry/kaizen/components/calm.yml").unlink()
        (place.root / "registry/kaizen/config.yml").write_text("wip: {in_progress: 1}\nmetrics: {refresh: 1min}\n")
        app.main.slo.registry_changed()
        await ready(pilot, app)
        assert app.main.slo.panels is not None
        assert {one.id for one in app.main.slo.panels.components} == {"mixed", "pcc-main"}
        assert app.main.slo._refresh == 60
        assert "IN PROGRESS 2/1!" in screen_text(app)


async def test_wip_limits_in_the_headings(tmp_path: Path) -> None:
    app = world(tmp_path, config="metrics: {source: simulated}\nwip: {in_progress: 2, canary: 1}\n").app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        text = screen_text(app)
        assert "IN PROGRESS 2/2 " in text
        assert "CANARY 0/1" in text
        await press(pilot, app, "slash", "m", "i", "x", "e", "d", "enter")
        app.main.filter.apply("component:mixed")
        await calm(pilot, app)
        assert "IN PROGRESS 1 of 2/2" in screen_text(app)


async def test_a_click_opens_the_component(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        panels = app.main.slo.panels
        assert panels is not None
        at = panels.component_at(90, 2)
        assert at is not None
        await pilot.click("#slo-panels", offset=(90, 2))
        await calm(pilot, app)
        screen = app.screen
        assert isinstance(screen, ComponentScreen)
        assert screen.selected is not None
        assert screen.selected.id == at.id


async def test_words_below_take_the_panels_place_on_a_small_screen(tmp_path: Path) -> None:
    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        panels = app.main.slo.panels
        assert panels is not None
        await press(pilot, app, "m", "l")
        assert not panels.display
        await press(pilot, app, "escape")
        assert panels.display


@pytest.mark.parametrize("theme", KAIZEN_THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("size", [*SIZES, (240, 60), (100, 40), (61, 20)])
def test_lines_fill_the_width_exactly(theme: object, size: tuple[int, int]) -> None:
    from textual.theme import Theme

    assert isinstance(theme, Theme)
    variables = theme.to_color_system().generate()
    palette = make_palette({**variables, **derived_tokens(variables)})
    components = hostile_platform()
    shape = plan(components, *size)
    lines = panel_lines(components, shape, size[0], palette, "b")
    assert len(lines) == shape.height
    for line in lines:
        assert sum(segment.cell_length for segment in line) == size[0]
        assert "\x1b" not in "".join(segment.text for segment in line)
    text = "".join(segment.text for line in lines for segment in line)
    assert any(shape in text for shape in STATE_SHAPES.values())


def named_platform(**metrics: tuple[float, float]):  # type: ignore[no-untyped-def]
    """Components a and b with these metrics, each with its value and the budget left."""
    from kaizen_tui.core.fields import ComponentFields, MetricFields

    fields = tuple(MetricFields(name, 10.0, 15.0, unit="ms") for name in metrics)
    reader = PlatformReader(lambda config, components: Named())
    reader.configure({}, [Defined(ComponentFields(name, name, 1, "o", fields, "", "", ())) for name in "ab"])
    return [
        one._replace(
            state="breached",
            metrics=tuple(
                metric._replace(state="breached", value=metrics[metric.name][0], budget=metrics[metric.name][1])
                for metric in one.metrics
            ),
        )
        for one in reader.read(float(EPOCH)).components
    ]


def drawn(components: Sequence[ComponentPanel], size: tuple[int, int]) -> list[str]:
    theme = KAIZEN_THEMES[0]
    variables = theme.to_color_system().generate()
    palette = make_palette({**variables, **derived_tokens(variables)})
    lines = panel_lines(components, plan(components, *size), size[0], palette, "a")
    return ["".join(segment.text for segment in line) for line in lines]


@pytest.mark.parametrize("width", range(60, 100))
def test_a_folded_line_cuts_no_number(width: int) -> None:
    components = named_platform(error_ratio_pct=(0.11312, -0.1234))
    for line in drawn(components, (width, 24))[1:]:
        value = line[line.index("0.113") :].split("  ")
        assert value[0] == "0.113 ms"
        assert [part.strip() for part in value[1:] if part.strip()] in ([], ["budget -12 %"])
    # The numbers come before the name's end: at 80 columns all of it is there.
    assert width < 80 or "error_ratio_pct" in line
    assert width < 80 or "budget -12 %" in line


def test_a_name_is_whole_where_there_is_room_and_lines_below_each_other_are_in_line() -> None:
    components = named_platform(p95_latency_ms=(12.0, 0.4), message_broadcast_rate=(230.0, -0.5))
    narrow, wide = drawn(components, (120, 48)), drawn(components, (160, 48))
    assert sum(line.count("p95_latency_ms ") for line in narrow[1:]) == 2
    assert sum(line.count("message_broadcast_rate ") for line in wide[1:]) == 2
    for lines in (narrow, wide):
        assert len({line.index("≤ 10") for line in lines if "≤ 10" in line}) == 1


def test_how_many_metrics_are_in_each_state_is_said_whole_or_not_at_all() -> None:
    variables = KAIZEN_THEMES[0].to_color_system().generate()
    palette = make_palette({**variables, **derived_tokens(variables)})
    found = set()
    for width in range(30, 140):
        head = metric_lines(hostile_platform()[0], 0, 2, "last hour", width, 20, palette)[0]
        text = "".join(segment.text for segment in head).rstrip()
        found.add(sum(text.count(f"{shape} 1") for shape in STATE_SHAPES.values()))
        assert text[-1] not in STATE_SHAPES.values()
    assert found == {0, 3}


def test_on_the_approval_page_a_metric_is_one_line() -> None:
    (one, _) = named_platform(error_ratio_pct=(0.11312, -0.1234))
    panels = tuple(metric._replace(burn=1.15) for metric in one.metrics)
    dossier: Any = SimpleNamespace(budget=SimpleNamespace(source="prometheus", trouble="", panels=panels))
    for width, state in ((64, ""), (100, "  breached")):
        _, row = budget_part(dossier, width)
        assert row.cell_length <= width
        assert row.plain.endswith(f"-12 % left  burn 1.15×{state}")


def hostile_platform():  # type: ignore[no-untyped-def]
    from kaizen_tui.core.fields import ComponentFields, MetricFields
    from tests.tui.boards import HOSTILE

    reader = PlatformReader(lambda config, components: Named())
    metrics = tuple(
        MetricFields(name, 10.0, 15.0, unit=HOSTILE[nth % 9]) for nth, name in enumerate(("over", "absent", "old"))
    )
    reader.configure(
        {},
        [
            Defined(ComponentFields(name, f"{name}{text}", 1, text, metrics, "", "", ()))
            for name, text in zip("abcdefghi", HOSTILE, strict=True)
        ],
    )
    return reader.read(float(EPOCH)).components


def test_no_room_no_panels() -> None:
    assert plan((), 160, 48) == NO_PANELS
    assert plan(hostile_platform(), 59, 48) == NO_PANELS
    assert plan(hostile_platform(), 80, 19) == NO_PANELS


def test_notes_say_what_matters_most() -> None:
    found = {metric.name: note_text(metric) for metric in hostile_platform()[0].metrics}
    assert found == {"over": "off target", "absent": "no data", "old": "stale 15 min"}


async def test_a_ticket_about_what_burns_from_the_board(tmp_path: Path) -> None:
    from kaizen_tui.tui.screens.form import FormScreen

    app = with_source(world(tmp_path).app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await press(pilot, app, "1")
        # Nothing is wrong with the selected card's component: the worst one is named.
        rule = next(line for line in screen_text(app).splitlines() if "writes a ticket" in line)
        assert "✖ beyond of mixed: N writes a ticket" in rule
        await press(pilot, app, "N")
        form = app.screen
        assert isinstance(form, FormScreen)
        assert form.state.values["title"] == "Bring beyond of mixed back within its target"


async def test_a_burning_budget_is_named_with_its_numbers(tmp_path: Path) -> None:
    from kaizen_tui.tui.screens.form import FormScreen
    from tests.tui.platform_world import component

    place = world(tmp_path)
    folder = tmp_path / "registry" / "kaizen" / "components"
    (folder / "mixed.yml").write_text(component("mixed", "burning", "fine", tier=0), encoding="utf-8")
    app = with_source(place.app(), Named())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        assert "◐ burning of mixed: N writes a ticket" in screen_text(app)
        await press(pilot, app, "N")
        form = app.screen
        assert isinstance(form, FormScreen)
        objective = form.state.values["objective"]
        for words in ("90 % of the error budget is left", "it burns 3 times as fast as it may", "at this rate"):
            assert words in objective


async def test_nothing_to_write_about_and_nobody_to_write(tmp_path: Path) -> None:
    from tests.tui.platform_world import component

    place = world(tmp_path)
    folder = tmp_path / "registry" / "kaizen" / "components"
    (folder / "mixed.yml").write_text(component("mixed", "fine", tier=0), encoding="utf-8")
    app = with_source(place.app(), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert "writes a ticket" not in screen_text(app)
        await press(pilot, app, "N")
        assert app.screen is app.main
        assert "no metric misses its target" in screen_text(app)
    app = with_source(world(tmp_path / "b").app(read_only=True), Named())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert "writes a ticket" not in screen_text(app)
