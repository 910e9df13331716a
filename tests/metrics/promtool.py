"""What Prometheus itself makes of a query over series that a test writes down: promtool's unit tests of expressions."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Expected(NamedTuple):
    """At `at` (a duration from the start of the series) the query is these samples: (labels, value)."""

    query: str
    at: str
    samples: Sequence[tuple[str, float]]


def one(query: str, at: str, value: float) -> Expected:
    """One series without labels; the last digits of a float are not asked for."""
    return Expected(f"round({query}, 0.000001)", at, [("{}", value)])


def none(query: str, at: str) -> Expected:
    """No series at all: neither 0 nor NaN."""
    return Expected(query, at, [])


def check(promtool: str, folder: Path, series: Mapping[str, str], expected: Sequence[Expected], every: str) -> None:
    """Asserts what each query is. series: as promtool's input_series, one sample `every` so often."""
    file = {
        "rule_files": [],
        "evaluation_interval": every,
        "tests": [
            {
                "interval": every,
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": wanted.query,
                        "eval_time": wanted.at,
                        "exp_samples": [{"labels": labels, "value": value} for labels, value in wanted.samples],
                    }
                    for wanted in expected
                ],
            }
        ],
    }
    path = folder / "expressions.yml"
    path.write_text(yaml.safe_dump(file), encoding="utf-8")
    run(promtool, "test", "rules", str(path))


def check_parses(promtool: str, folder: Path, queries: Sequence[str]) -> None:
    """Asserts that Prometheus reads each query."""
    rules: list[dict[str, Any]] = [{"record": f"q:{nth}", "expr": query} for nth, query in enumerate(queries)]
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    run(promtool, "check", "rules", str(path))


def run(*argv: str) -> None:
    """Asserts that the command is content."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
