"""`kaizen slo --watch` in a real terminal."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.world import World
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_the_table_is_redrawn_fits_and_leaves_the_terminal_as_it_was(
    tmp_path: Path, require_program: Callable[[str], str], size: tuple[int, int]
) -> None:
    world = World(tmp_path / "platform")
    world.config("metrics: {source: simulated, refresh: 1s}\n")
    words = (sys.executable, "-m", "kaizen_tui.cli.entry", "slo", "--watch", "-C", str(world.root))
    with Terminal(require_program("tmux"), tmp_path / "tmux", *words, size=size) as terminal:
        terminal.see("simulated", "nothing is connected", "Ctrl+C ends", "p95_latency_ms")
        # Cut lines would end in the middle; one that is just being drawn may, for a moment.
        seen = terminal.until(lambda screen: any(one.endswith(" s") for one in screen.splitlines()), "an age")
        assert "≤ 10" in seen
        path = Path(world.ws.component_path("pcc-main"))
        path.write_text(path.read_text(encoding="utf-8").replace('"10"', '"12"'), encoding="utf-8")
        terminal.see("≤ 12")
        terminal.press("C-c")
        # The last table stays to be read.
        seen = terminal.see("ended with 130", "p95_latency_ms")
        assert "Ctrl+C ends" not in seen
