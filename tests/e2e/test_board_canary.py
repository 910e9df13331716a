"""A canary on the board in a terminal, with a real HAProxy and a real Prometheus: watched, driven, rolled back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.store.ticket_lock import TicketLock
from tests.cli.world import ADA
from tests.e2e.canary_site import Site
from tests.e2e.terminal import Terminal, board_command

pytestmark = pytest.mark.e2e


def board(
    site: Site, require_program: Callable[[str], str], tmp_path: Path, *more: str, size: tuple[int, int]
) -> Terminal:
    env = site.world.environment(actor=ADA)
    kept = {name: env[name] for name in ("XDG_DATA_HOME", "KAIZEN_ACTOR", "HOME") if name in env}
    command = board_command(site.world.root, *more)
    return Terminal(require_program("tmux"), tmp_path / "tmux", *command, size=size, **kept)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_back_at_once_brings_share_0_in_haproxy(
    site: Site, require_program: Callable[[str], str], tmp_path: Path, size: tuple[int, int]
) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    assert site.proxy.splitter.share() == 0.01
    with board(site, require_program, tmp_path, "--no-drive", size=size) as terminal:
        terminal.see("CANARY 1")
        terminal.press("5")
        terminal.see("1 % 1/2", "no driver")
        terminal.press("B")
        terminal.see(f"Roll {site.id} back now?")
        terminal.type("users complain")
        terminal.press("Enter")
        terminal.see("Enter once more to do it")
        assert site.proxy.splitter.share() == 0.01
        terminal.press("Enter")
        terminal.see("nobody gets the canary any more")
        assert site.proxy.splitter.share() == 0
        assert site.proxy.canary_users(range(200)) == set()
        assert site.status() == "aborted"
        terminal.press("q")
        terminal.see("ended with 0")
    site.world.ok("verify", site.id)


def test_the_board_drives_what_nobody_drives_and_ends_with_itself(
    site: Site, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    site.review()
    site.world.ok("deploy", site.id)
    with board(site, require_program, tmp_path, size=(160, 48)) as terminal:
        terminal.see("CANARY 1", "no driver")
        terminal.press("5", "w", "Enter", "Enter", "6")
        terminal.see("this board drives it", "looks counted", "10 % of the users", "errors_pct")
        terminal.see("verdict promote: it waits for the approvals")
        assert site.proxy.splitter.share() == 0.1
        terminal.see("gave the canary's verdict: promote")
        assert not TicketLock(site.world.ws, site.id, "drive").take()
        terminal.press("q")
        terminal.lose("6 Canary")
        terminal.press("q", "q")
        terminal.see(f"Nobody drives {site.id} from now on", "ended with 0")
    lease = TicketLock(site.world.ws, site.id, "drive")
    assert lease.take()
    lease.release()
    assert site.proxy.splitter.share() == 0.1
    site.world.ok("verify", site.id)


def test_a_bad_canary_is_rolled_back_by_the_board(
    site: Site, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    site.load.bad["two"] = 0.1
    site.review()
    site.world.ok("deploy", site.id)
    with board(site, require_program, tmp_path, size=(80, 24)) as terminal:
        terminal.see("CANARY 1")
        terminal.press("5")
        site.service.until(lambda: site.status() == "aborted", "the roll-back")
        terminal.see("7 ✖1")
    assert site.proxy.splitter.share() == 0
    assert site.log("verdict")[-1]["verdict"] == "rollback"
    site.world.ok("verify", site.id)
