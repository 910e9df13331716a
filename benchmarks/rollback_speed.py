"""How soon nobody gets a canary after the look that shows it is bad, on a real HAProxy and a real Prometheus.

    python benchmarks/rollback_speed.py [--rounds 5] [--json]

Each round brings a ticket into canary, lets `kaizen run` drive it, and makes the canary fail 30 % of its requests.
Timed is from the instant of the look that decides, as its line in observations.jsonl has it, to the first answer of
HAProxy that says share 0; it is asked every few milliseconds. The look interval comes on top of it. The floor: share
0 set and read back by the splitter alone. Prints a table; exits with 1 when a round took longer than a second, with 2
where a program is missing.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kaizen_tui.traffic.splitter import Draw, SplitterError  # noqa: E402
from tests.e2e.canary_site import Site, controller, running_site  # noqa: E402

LIMIT = 1000.0  # ms
_ASK = 0.003  # seconds between two questions to HAProxy


def share_zero_at(site: Site, running: "subprocess.Popen[bytes]") -> float:
    """When HAProxy first says share 0; epoch seconds."""
    while site.proxy.splitter.share():
        if running.poll() is not None and site.proxy.splitter.share():
            raise SystemExit("rollback_speed: `kaizen run` ended and left the canary at its users")
        time.sleep(_ASK)
    return time.time()


def one_round(site: Site) -> float:
    """Milliseconds from the look that decides to share 0."""
    site.load.bad["two"] = 0.005
    site.review()
    site.world.ok("deploy", site.id)
    running = controller(site)
    try:
        path = Path(site.world.ws.observations_path(site.id))
        while not path.exists() or path.read_bytes().count(b"\n") < 4:
            time.sleep(0.1)
        site.load.bad["two"] = 0.3
        zero = share_zero_at(site, running)
        running.wait()
    finally:
        running.kill()
        running.wait()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    last = [line["t"] for line in lines if line["type"] == "obs"][-1]
    return (zero - float(last)) * 1000


def floor(site: Site) -> float:
    """Median milliseconds of share 0 set and read back by the splitter alone."""
    draw, spent = Draw("KAIZ-999", "0123456789abcdef"), []
    for _ in range(20):
        site.proxy.splitter.set_share(0.01, draw)
        before = time.perf_counter()
        site.proxy.splitter.set_share(0.0, draw)
        site.proxy.splitter.verify(0.0, draw)
        spent.append((time.perf_counter() - before) * 1000)
    return statistics.median(spent)


def measure(rounds: int) -> dict[str, Any]:
    programs = {name: shutil.which(name) for name in ("haproxy", "prometheus")}
    found = {name: path for name, path in programs.items() if path is not None}
    for name in programs.keys() - found.keys():
        print(f"rollback_speed: {name} is missing; apt-get install {name}", file=sys.stderr)
        sys.exit(2)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = f"{folder}/data"
        with running_site(found, Path(folder)) as site:
            alone = floor(site)
            spent = [one_round(site) for _ in range(rounds)]
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rounds": rounds,
        "floor_ms": round(alone, 2),
        "median_ms": round(statistics.median(spent), 1),
        "worst_ms": round(max(spent), 1),
        "target_ms": LIMIT,
        "met": max(spent) <= LIMIT,
    }


def print_table(report: dict[str, Any]) -> None:
    print(f"{report['rounds']} roll-backs, Python {report['python']}, {report['machine']}\n")
    print(f"{'':42}{'median ms':>10}{'worst':>8}{'target':>8}")
    print(f"{'share 0 set and read back, alone':42}{report['floor_ms']:10.2f}")
    verdict = "OK" if report["met"] else "MISS"
    figures = f"{report['median_ms']:10.1f}{report['worst_ms']:8.1f}{report['target_ms']:8.0f}  {verdict}"
    print(f"{'from the look that decides to share 0':42}{figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how soon nobody gets a bad canary.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    try:
        report = measure(max(1, options.rounds))
    except SplitterError as error:
        print(f"rollback_speed: {error}", file=sys.stderr)
        sys.exit(2)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_table(report)
    sys.exit(0 if report["met"] else 1)


if __name__ == "__main__":
    main()
