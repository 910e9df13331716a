"""`kaizen-tui --demo`: its options, and the narrator's lines on the board."""

from pathlib import Path

import pytest

from kaizen_tui.core.errors import UsageError
from kaizen_tui.demo.telling import Told
from kaizen_tui.loop.context import Session
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import Options
from kaizen_tui.tui.demonstration import DemoApp, Narrated
from kaizen_tui.tui.entry import Arguments, parse_arguments, run
from kaizen_tui.tui.widgets.narrator import OVER
from tests.tui.boards import HOSTILE, NOW, SIZES, Place


def test_options() -> None:
    assert parse_arguments(["--demo"]) == Arguments(demo="real")
    assert parse_arguments(["--demo", "--unattended", "-C", "new"]) == Arguments("new", demo="real", unattended=True)
    assert parse_arguments(["--demo", "simulated"]) == Arguments(demo="simulated")
    assert parse_arguments(["--demo=simulated", "--unattended"]) == Arguments(demo="simulated", unattended=True)
    assert parse_arguments(["--demo", "real", "--theme=nord"]) == Arguments(theme="nord", demo="real")


@pytest.mark.parametrize(
    "words", [["--unattended"], ["--demo", "--read-only"], ["--demo", "--serve"], ["--demo=x"], ["--demo", "there"]]
)
def test_wrong_options(words: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_arguments(words)


def test_a_folder_that_is_used_is_not_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("x")
    assert run(["--demo", "--unattended", "-C", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err


def demo_app(place: Place) -> DemoApp:
    workspace = Workspace(str(place.root))
    return DemoApp(workspace, Options(watch=False), lambda: Session(workspace, "Dora", lambda: NOW, lambda: "t"))


@pytest.mark.parametrize("size", SIZES)
async def test_the_narrator_shows_the_step_and_the_last_command(tmp_path: Path, size: tuple[int, int]) -> None:
    app = demo_app(Place(tmp_path / "ws"))
    async with app.run_test(size=size) as pilot:
        await app.jobs.settled()
        await pilot.pause()
        for told in (
            Told("step", "Ada writes a ticket.", n=2, of=11),
            Told("out", "not for here"),
            Told("run", "kaizen new 'Keep prices'", actor="Ada"),
        ):
            app.post_message(Narrated(told))
        await pilot.pause()
        assert app.narrator.plain == " demo 2/11 Ada writes a ticket.\n    $ kaizen new 'Keep prices'   # Ada"
        assert (app.narrator.region.y, app.narrator.region.height) == (1, 2)
        app.post_message(Narrated(Told("over")))
        await pilot.pause()
        assert OVER[:60] in app.narrator.plain
        app.exit(0)


async def test_the_narrator_takes_hostile_words(tmp_path: Path) -> None:
    app = demo_app(Place(tmp_path / "ws"))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.jobs.settled()
        await pilot.pause()
        for text in HOSTILE:
            for kind in ("step", "run", "say", "ask"):
                app.narrator.hear(Told(kind, text, actor=text))
                await pilot.pause()
                assert "\x1b" not in app.narrator.plain
                assert "\u202e" not in app.narrator.plain
        app.exit(0)
