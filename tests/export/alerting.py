"""Alert rules run by promtool over series that a test writes down."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from kaizen_tui.core.component import Component
from kaizen_tui.export.rules import BURN_ALERT, component_rules, rules_file
from tests.metrics.promtool import run

# One minute between samples: 1 event a second.
TOTAL = 'requests_total{code="200"}'
BAD = 'requests_total{code="500"}'


class Firing(NamedTuple):
    """At `at`, so many alerts of that name and severity fire."""

    at: str
    alert: str
    severity: str
    count: int


def page(at: str, count: int = 1) -> Firing:
    return Firing(at, BURN_ALERT, "page", count)


def ticket(at: str, count: int = 1) -> Firing:
    return Firing(at, BURN_ALERT, "ticket", count)


def nothing(at: str) -> Firing:
    return Firing(at, ".+", ".+", 0)


class Rules:
    """A rule file of one component in a folder, and promtool to ask about it."""

    def __init__(self, promtool: str, folder: Path, component: Component) -> None:
        self.promtool = promtool
        self.folder = folder
        self.found = component_rules(component)
        self.path = folder / "rules.yml"
        self.path.write_bytes(rules_file([self.found], ["web.yml"]))

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules as Prometheus reads them."""
        groups = yaml.safe_load(self.path.read_text(encoding="utf-8"))["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def check(self) -> None:
        run(self.promtool, "check", "rules", str(self.path))

    def test(
        self,
        series: Mapping[str, str],
        firing: Sequence[Firing] = (),
        queries: Sequence[Mapping[str, Any]] = (),
        alerts: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Asserts which alerts fire, and what queries and alerts are, in promtool's own terms."""
        expected = [
            {
                "expr": f'count(ALERTS{{alertname=~"{one.alert}",severity=~"{one.severity}",alertstate="firing"}})',
                "eval_time": one.at,
                "exp_samples": [{"labels": "{}", "value": one.count}] if one.count else [],
            }
            for one in firing
        ]
        file = {
            "rule_files": [self.path.name],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": name, "values": values} for name, values in series.items()],
                    "promql_expr_test": [*expected, *queries],
                    "alert_rule_test": list(alerts),
                }
            ],
        }
        path = self.folder / "test.yml"
        path.write_text(yaml.safe_dump(file), encoding="utf-8")
        run(self.promtool, "test", "rules", str(path))
