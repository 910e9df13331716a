"""Tickets as they were, and limits of work in progress."""

from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.flow import History, flow, status_at, until
from kaizen_tui.core.past import past, row_at
from kaizen_tui.core.row import TicketRow
from kaizen_tui.core.states import STATUSES
from kaizen_tui.core.wip import over_limit, wip_limits

ROW = TicketRow("KAIZ-001", 1, "t", "c", "o", "high", "canary", since=300, warnings=2, overridden=True, verdict="pass")
WAY = History("KAIZ-001", "c", ((100, "draft"), (200, "planned"), (300, "canary")))


def test_a_ticket_as_it_was() -> None:
    assert row_at(ROW, WAY, 99) is None
    then = row_at(ROW, WAY, 250)
    assert then is not None
    assert (then.status, then.since, then.verdict, then.warnings, then.overridden) == ("planned", 200, "", 0, False)
    assert row_at(ROW, WAY, 300) == ROW
    assert row_at(ROW, WAY, 10**9) == ROW


def test_all_tickets_and_the_earliest() -> None:
    late = ROW._replace(id="KAIZ-002", number=2)
    found = past([ROW, late], [WAY, History("KAIZ-002", "c", ((280, "draft"), (300, "canary")))], 250)
    assert [row.id for row in found.rows] == ["KAIZ-001"]
    assert found.earliest == 100
    assert past([], [], 5).earliest == 0


moves = st.lists(st.tuples(st.integers(1, 1000), st.sampled_from(STATUSES)), max_size=8).map(
    lambda found: tuple(sorted(found, key=lambda move: move[0]))
)


@given(moves, st.integers(0, 1100))
def test_board_and_flow_agree_about_the_past(way: tuple[tuple[int, str], ...], at: int) -> None:
    history = History("KAIZ-001", "c", way)
    then = row_at(ROW._replace(status=way[-1][1] if way else "draft"), history, at)
    assert (then.status if then else None) == status_at(history, at)
    assert [one.moves[-1][1] for one in until([history], at)] == ([then.status] if then else [])
    flow(until([history], at), at)


def test_wip_limits_are_read_leniently() -> None:
    assert wip_limits({}) == {}
    assert wip_limits({"wip": "6"}) == {}
    read = wip_limits(
        {"wip": {"in_progress": "6", "canary": "0", "in_review": "-1", "complete": "3", "x": "1", "draft": "٣"}}
    )
    assert read == {"in_progress": 6}
    assert over_limit(7, 6)
    assert not over_limit(6, 6)
    assert not over_limit(7, None)
