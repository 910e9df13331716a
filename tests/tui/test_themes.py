"""Contrast of kaizen's themes, computed as WCAG 2.2 does; every theme draws; NO_COLOR draws without colour."""

from pathlib import Path

import pytest
from textual.color import Color

from kaizen_tui.core.errors import UsageError
from kaizen_tui.tui.tokens import KAIZEN_THEMES, theme_named
from tests.tui.boards import Place, calm, press, screen_text

TEXT = ("foreground", "kz-muted", "accent", "success", "warning", "error")
SHAPES = ("severity-critical", "severity-high", "severity-medium", "severity-low")
NAMES = [theme.name for theme in KAIZEN_THEMES]


def luminance(color: Color) -> float:
    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def ratio(one: str, other: str) -> float:
    low, high = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_wcag() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", ["kaizen-dark", "kaizen-light", "kaizen-contrast"])
async def test_text_and_shapes_stand_out_on_every_background(tmp_path: Path, name: str) -> None:
    app = Place(tmp_path / "ws").app(theme=name)
    async with app.run_test() as pilot:
        await calm(pilot, app)
        colors = app.theme_variables
    text, shapes = (7.0, 7.0) if name == "kaizen-contrast" else (4.5, 3.0)
    for background in ("background", "surface", "kz-selected"):
        for token in TEXT:
            assert ratio(colors[token], colors[background]) >= text, f"{name}: {token} on {background}"
        for token in SHAPES:
            assert ratio(colors[token], colors[background]) >= shapes, f"{name}: {token} on {background}"


@pytest.mark.parametrize("name", NAMES)
async def test_every_theme_draws(tmp_path: Path, name: str) -> None:
    place = Place(tmp_path / "ws")
    place.ticket(1, severity="critical")
    app = place.app(theme=name)
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert "KAIZ-001" in screen_text(app)
        await press(pilot, app, "m", "escape", "question_mark")


async def test_the_ansi_theme_uses_only_the_terminals_colours(tmp_path: Path) -> None:
    place = Place(tmp_path / "ws")
    place.ticket(1, severity="critical")
    app = place.app(theme="kaizen-ansi")
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        for y in range(10):
            for segment in app.main.board.render_line(y):
                for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    assert color is None or color.triplet is None


async def test_no_color(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    place = Place(tmp_path / "ws")
    place.ticket(1, severity="critical")
    app = place.app()
    async with app.run_test(size=(120, 36)) as pilot:
        await calm(pilot, app)
        assert "▲ KAIZ-001" in screen_text(app)
        for strip in app.main.board.render_lines(app.main.board.size.region):
            for segment in strip:
                for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    assert color is None or color.triplet is None or len(set(color.triplet)) == 1


@pytest.mark.parametrize("name", ["kaizen-dark", "kaizen-light", "kaizen-contrast", "nord"])
async def test_without_colour_what_is_bad_stands_out(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Place(tmp_path / "ws").app(theme=name)
    async with app.run_test() as pilot:
        await calm(pilot, app)
        colors = {token: Color.parse(value).monochrome.hex for token, value in app.theme_variables.items()
                  if token in (*TEXT, *SHAPES, "background", "kz-selected")}  # fmt: skip
    for background in ("background", "kz-selected"):
        said = {token: ratio(colors[token], colors[background]) for token in (*TEXT, *SHAPES)}
        assert said["error"] == max(said.values())
        assert said["severity-critical"] == said["error"]
        assert min(said["warning"], said["success"], said["severity-high"]) >= said["foreground"] > said["kz-muted"]


def test_a_wrong_theme_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="kaizen-contrast"):
        theme_named("kaizen-contrst")
