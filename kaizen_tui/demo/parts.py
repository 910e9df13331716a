"""The real parts of the demonstration: a shop in two versions, HAProxy before them, Prometheus, customers."""

import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.demo.stage import Part, Stage, free_ports

RATE = 400  # requests a second
_PROGRAMS = {  # what is run -> Debian's package
    "git": "git",
    "haproxy": "haproxy",
    "prometheus": "prometheus",
    "bwrap": "bubblewrap",
}
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # not on everybody's PATH

COMPONENT = """\
id: shop
name: Shop
tier: 2
owner: shop-team
description: "What an item costs; the supplier is asked for each price"
selector: {job: shop}
versions: {label: version, baseline: stable, canary: candidate}
slo:
  metrics:
    - name: errors_pct
      threshold: "10"
      abort_threshold: "60"
      unit: "%"
      description: "Customers who get no price"
      sli: {type: ratio, bad: 'shop_requests_total{code="500"}', total: shop_requests_total}
    - name: p95_latency_ms
      threshold: "300"
      abort_threshold: "1000"
      unit: ms
      sli: {type: latency, histogram: shop_latency_ms, quantile: 0.95}
evaluation:
  tests: {command: [python, -m, unittest]}
  benchmarks:
    - {command: [python, bench.py], pairs: 8}
rollout: {splitter: edge, steps: [5%, 25%, 100%], look: 2s, max_duration: 5min}
rollback_plan: "kaizen abort ID: nobody gets the candidate any more"
"""
_CONFIG = """\
metrics: {{source: prometheus, url: "http://127.0.0.1:{prometheus}", refresh: 2s}}
splitters:
  edge: {{type: haproxy, socket: "{folder}/admin.sock", limit_map: "{folder}/limit.map", salt_map: "{folder}/salt.map"}}
"""
_DEFAULTS = """\
defaults
    mode http
    timeout client 30s
    timeout server 10s
    timeout connect 2s

"""
_SCRAPE = """\
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: shop
    static_configs:
      - {{targets: ["127.0.0.1:{baseline}"], labels: {{version: stable}}}}
      - {{targets: ["127.0.0.1:{canary}"], labels: {{version: candidate}}}}
"""


class Ports(NamedTuple):
    """Of 127.0.0.1."""

    baseline: int
    canary: int
    proxy: int
    prometheus: int


def find_programs() -> dict[str, str]:
    """The programs that have to be installed, by their names. Raises StoreError that names what to install."""
    found = {name: _find(name) for name in _PROGRAMS}
    missing = [name for name, path in found.items() if not path]
    if missing:
        packages = " ".join(_PROGRAMS[name] for name in missing)
        raise StoreError(
            f"the demonstration needs {' and '.join(missing)}",
            hint=f"apt-get install {packages} (Debian, Ubuntu); `kaizen-tui --demo simulated` needs nothing",
        )
    return found


def _find(name: str) -> str:
    return shutil.which(name) or next((path for folder in _ELSEWHERE if (path := shutil.which(name, path=folder))), "")


class Parts:
    """What runs. ports: chosen at the start, as the workspace's settings name them."""

    def __init__(self, stage: Stage, programs: dict[str, str]) -> None:
        self._stage = stage
        self._programs = programs
        self.ports = Ports(*free_ports(4))
        self._canary: Part | None = None
        self._load: Part | None = None

    @property
    def config(self) -> str:
        """registry/kaizen/config.yml."""
        return _CONFIG.format(prometheus=self.ports.prometheus, folder=self._stage.folder)

    def watch(self, checkout: Path) -> None:
        """Starts the baseline from these files, and Prometheus."""
        stage, ports = self._stage, self.ports
        self._shop("baseline", ports.baseline, checkout)
        (stage.folder / "prometheus.yml").write_text(_SCRAPE.format(**ports._asdict()))
        words = [
            self._programs["prometheus"],
            f"--config.file={stage.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={stage.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{ports.prometheus}",
        ]
        stage.answers(stage.start("prometheus", words), ports.prometheus, "/-/ready")

    def open(self, snippet: str) -> None:
        """Starts HAProxy and the customers. snippet: of `kaizen deploy --print-config`."""
        stage, ports = self._stage, self.ports
        (stage.folder / "limit.map").write_text("limit 0\n")
        (stage.folder / "salt.map").write_text("salt none\n")
        (stage.folder / "haproxy.cfg").write_text(haproxy_config(snippet, ports))
        proxy = [self._programs["haproxy"], "-db", "-f", str(stage.folder / "haproxy.cfg")]
        stage.answers(stage.start("haproxy", proxy), ports.proxy, "/")
        load = [sys.executable, "-m", "kaizen_tui.demo.load", str(ports.proxy), str(RATE)]
        self._load = stage.start("customers", load, own=True)

    def canary(self, checkout: Path) -> None:
        """Starts the new version, in the place of another one that ran before."""
        if self._canary is not None:
            self._canary.end()
        self._canary = self._shop("canary", self.ports.canary, checkout)

    def answered(self) -> dict[str, int]:
        """What customers were answered so far: `ok`, `failed`, `lost`."""
        lines = self._load.said.splitlines() if self._load is not None else []
        for line in reversed(lines):
            try:
                return dict(json.loads(line))
            except ValueError:
                continue  # half a line, or a word of the system's
        return {}

    def _shop(self, name: str, port: int, checkout: Path) -> Part:
        part = self._stage.start(name, [sys.executable, "server.py", str(port)], checkout, own=True)
        self._stage.answers(part, port, "/")
        return part


def haproxy_config(snippet: str, ports: Ports) -> str:
    """A whole configuration around the printed lines."""
    for name, port in (("BASELINE", ports.baseline), ("CANARY", ports.canary)):
        snippet = snippet.replace(f"{name}_HOST:PORT", f"127.0.0.1:{port}")
    return _DEFAULTS + snippet.replace("frontend fe_shop", f"frontend fe_shop\n    bind 127.0.0.1:{ports.proxy}")
