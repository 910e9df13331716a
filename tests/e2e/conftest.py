"""A workspace, and the board on it in a terminal; servers of metrics, of every kind that is supported."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.canary_site import Site, running_site
from tests.e2e.faulty import Faulty
from tests.e2e.scraped import KINDS, Scraped, scraped
from tests.e2e.terminal import Terminal, board_command
from tests.tui.boards import Place

Open = Callable[..., Terminal]


@pytest.fixture(scope="module", params=KINDS)
def metered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, require_program: Callable[[str], str]
) -> Iterator[Scraped]:
    """A server with the numbers of a service: the tests of a module run on each kind."""
    with scraped(request.param, tmp_path_factory.mktemp("server"), require_program) as found:
        yield found


@pytest.fixture
def faulty(metered: Scraped) -> Iterator[Faulty]:
    """Stands before that server, and does wrong what a test says."""
    with Faulty(metered.server.port) as proxy:
        yield proxy


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "platform")


@pytest.fixture
def open_board(place: Place, tmp_path: Path, require_program: Callable[[str], str]) -> Iterator[Open]:
    """`open_board(actor="grace")` -> the board of `place` as this person sees it, when its tickets are there."""
    tmux = require_program("tmux")
    with ExitStack() as stack:

        def begin(*more: str, actor: str = "grace", size: tuple[int, int] = (120, 36)) -> Terminal:
            folder = tmp_path / f"terminal-{actor}"
            command = board_command(place.root, *more)
            terminal = stack.enter_context(Terminal(tmux, folder, *command, size=size, KAIZEN_ACTOR=actor))
            terminal.see("tickets")
            return terminal

        yield begin


@pytest.fixture
def site(tmp_path: Path, require_program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A canary's surroundings, running."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    programs = {name: require_program(name) for name in ("haproxy", "prometheus")}
    with running_site(programs, tmp_path) as running:
        yield running
