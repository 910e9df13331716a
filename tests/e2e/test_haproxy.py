"""One percent of the users, the same ones, on a real HAProxy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kaizen_tui.traffic.splitter import Draw, SplitterError
from tests.e2e.proxy import Proxy

DRAW = Draw("KAIZ-001", "5f1c9a7e33d04b12")
OTHER = Draw("KAIZ-002", "77aa00bb11cc22dd")
USERS = range(20_000)


@pytest.fixture
def proxy(tmp_path: Path, require_program: Callable[[str], str]) -> Iterator[Proxy]:
    with Proxy(require_program("haproxy"), tmp_path / "haproxy") as running:
        yield running


def test_one_percent_sticky_and_each_step_keeps_the_users_of_the_one_before(proxy: Proxy) -> None:
    splitter = proxy.splitter
    assert splitter.share() == 0
    assert proxy.canary_users(USERS[:500]) == set()
    splitter.set_share(0.01, DRAW)
    splitter.verify(0.01, DRAW)
    first = proxy.canary_users(USERS)
    assert abs(len(first) / len(USERS) - 0.01) <= 0.002
    some = [*sorted(first), *USERS[:1_000]]
    assert proxy.canary_users(some) == first | (first & set(USERS[:1_000]))  # nobody changes sides
    before = first & set(USERS[:6_000])
    for share in (0.05, 0.25, 1.0):
        splitter.set_share(share, DRAW)
        now = proxy.canary_users(USERS[:6_000])
        assert before <= now
        assert abs(len(now) / 6_000 - share) <= 0.02
        before = now
    splitter.set_share(0.0, DRAW)
    splitter.verify(0.0, DRAW)
    assert proxy.canary_users(USERS[:2_000]) == set()


def test_another_ticket_draws_other_users(proxy: Proxy) -> None:
    users = USERS[:5_000]
    proxy.splitter.set_share(0.1, DRAW)
    first = proxy.canary_users(users)
    proxy.splitter.set_share(0.1, OTHER)
    second = proxy.canary_users(users)
    assert len(first & second) < 0.3 * len(first)
    with pytest.raises(SplitterError, match="drawn for another canary"):
        proxy.splitter.verify(0.1, DRAW)


def test_a_restart_keeps_share_and_users(proxy: Proxy) -> None:
    users = USERS[:3_000]
    proxy.splitter.set_share(0.05, DRAW)
    before = proxy.canary_users(users)
    proxy.stop()
    with pytest.raises(SplitterError, match="can't be reached"):
        proxy.splitter.share()
    proxy.start()
    assert proxy.splitter.share() == 0.05
    proxy.splitter.verify(0.05, DRAW)
    assert proxy.canary_users(users) == before
    assert Path(proxy.site.limit_map).read_text() == "# kept\nlimit 500\n"


def test_a_share_that_somebody_else_changed_is_found(proxy: Proxy) -> None:
    proxy.splitter.set_share(0.05, DRAW)
    Path(proxy.site.limit_map).write_text("limit 900\n")
    with pytest.raises(SplitterError, match=r"after a restart 9 %"):
        proxy.splitter.verify(0.05, DRAW)
    proxy.splitter.set_share(0.05, DRAW)
    proxy.splitter.verify(0.05, DRAW)


def test_a_map_that_haproxy_does_not_use_is_said(proxy: Proxy, tmp_path: Path) -> None:
    from kaizen_tui.traffic.haproxy import HaproxyMaps, ask_socket

    strange = tmp_path / "strange.map"
    strange.write_text("limit 0\n")
    socket = proxy.site.socket
    splitter = HaproxyMaps("edge", str(strange), proxy.site.salt_map, lambda text: ask_socket(socket, text), socket)
    with pytest.raises(SplitterError, match="does not use the map"):
        splitter.set_share(0.01, DRAW)
    assert strange.read_text() == "limit 0\n"
