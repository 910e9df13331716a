"""A workspace in git whose component has a server and a recording that is replayed to it."""

import json
from pathlib import Path

import pytest

from kaizen_tui.sandbox.protections import look_at_machine
from kaizen_tui.traffic.recording import Request, write_har
from tests.cli.evaluations import Shop
from tests.conftest import IN_CI
from tests.traffic import shop_server

SERVER = Path(shop_server.__file__).read_text(encoding="utf-8")
EVALUATION = """\
  tolerance: {tolerance}%
  replay:
    har: traffic/shop.har
    serve: [python, server.py, {where}, MARK]
    pairs: {pairs}
{more}
"""
REQUESTS = [Request(n * 0.002, "GET", f"/items/{n % 10}", (), b"", 200) for n in range(20)]
REQUESTS += [Request(0.05, "GET", "/page", (), b"", 200), Request(0.05, "GET", "/old", (), b"", 302)]


def shop(
    path: Path,
    where: str = '--uds, "$SOCKET"',
    more: str = "",
    status: int = 200,
    pairs: int = 2,
    flaws: str = "",
    tolerance: int = 10,
) -> Shop:
    """A component whose server is the shop; the flaws of a version are in its flaws.txt.

    pairs: two are enough for what compares answers; too few for a verdict on times, so that none hangs on the machine.
    """
    machine = look_at_machine()
    if not machine.usable:
        (pytest.fail if IN_CI else pytest.skip)(machine.fault)
    made = Shop(path, EVALUATION.format(where=where, pairs=pairs, more=more, tolerance=tolerance))
    # The server's own flaws come from a file of the commit, so that the command is the same.
    made.write("server.py", SERVER.replace("*place.flaws", "*open('flaws.txt').read().split()"))
    made.write("flaws.txt", flaws)
    (made.root / "traffic").mkdir()
    requests = [request._replace(status=status) for request in REQUESTS]
    (made.root / "traffic/shop.har").write_bytes(write_har(requests, "1"))
    made.commit("a server")
    return made


def change(made: Shop, flaw: str) -> None:
    """The candidate, with this flaw."""
    made.git("checkout", "-q", "-B", "kaizen/KAIZ-001")
    made.write("flaws.txt", flaw)
    made.commit("change")
    made.git("checkout", "-q", "main")


def evaluated(made: Shop, flaw: str) -> tuple[int, str]:
    """The exit code and all reasons."""
    change(made, flaw)
    result = made.cli("evaluate", "KAIZ-001")
    assert (made.root / "tickets/KAIZ-001/Score-card.json").exists(), result.text
    assert made.leftovers() == []
    return result.code, " ".join(made.card["reasons"])


def report(made: Shop) -> dict[str, object]:
    found: dict[str, object] = json.loads((made.root / ".kaizen/evaluations/KAIZ-001.replay.json").read_bytes())
    return found
