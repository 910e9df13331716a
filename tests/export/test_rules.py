"""Alert rules: what Prometheus itself makes of them, when each fires and when it doesn't."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaizen_tui.core.component import Component
from kaizen_tui.export.rules import ABSENT_ALERT, THRESHOLD_ALERT, component_rules, rules_file
from kaizen_tui.export.templates import literal
from kaizen_tui.loop.models import component_model
from kaizen_tui.store.reading import list_components
from kaizen_tui.store.workspace import Workspace
from tests.export.alerting import BAD, TOTAL, Firing, Rules, nothing, page, ticket
from tests.metrics.promtool import run
from tests.metrics.sli_world import ALL, ERRORS, MEMORY, P90, RATE, RAW, SLOW, component_of

ROOT = Path(__file__).parents[2]
Make = Callable[[Component], Rules]


@pytest.fixture
def rules_of(tmp_path: Path, require_program: Callable[[str], str]) -> Make:
    promtool = require_program("promtool")
    return lambda component: Rules(promtool, tmp_path, component)


def traffic(good: int, bad: int, minutes: int) -> dict[str, str]:
    """Events a minute, from the start on."""
    return {TOTAL: f"0+{good}x{minutes}", BAD: f"0+{bad}x{minutes}"}


def sample() -> list[Component]:
    """The made-up platform's components; not this repository's own, whose metrics no server has."""
    workspace = Workspace(str(ROOT))
    files, problems = list_components(workspace)
    assert not problems
    found = [component_model(workspace, file) for file in files]
    return [one for one in found if all(metric.has_source for metric in one.metrics)]


@pytest.mark.parametrize("component", sample(), ids=lambda component: component.id)
def test_prometheus_takes_the_rules_of_every_sample_component(component: Component, rules_of: Make) -> None:
    made = rules_of(component)
    assert sum(rule.get("alert") == ABSENT_ALERT for rule in made.rules) == len(component.metrics)
    made.check()


def test_prometheus_takes_one_file_with_all_of_them(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    path = tmp_path / "rules.yml"
    path.write_bytes(rules_file([component_rules(component) for component in sample()], []))
    run(require_program("promtool"), "check", "rules", str(path))


def limits(made: Rules) -> list[tuple[str, str]]:
    """Severity and limit of each pair of windows."""
    found = []
    for rule in made.rules:
        if "slo:error_ratio" in rule["expr"] and "alert" in rule:
            lines = [line for line in rule["expr"].splitlines() if " > " in line]
            found += [(rule["labels"]["severity"], line.partition(" > ")[2]) for line in lines[::2]]
    return found


def test_the_numbers_are_those_of_the_table(rules_of: Make) -> None:
    assert limits(rules_of(component_of(ERRORS))) == [
        ("page", "(14.4 * 0.001)"),
        ("page", "(6 * 0.001)"),
        ("ticket", "(3 * 0.001)"),
        ("ticket", "(1 * 0.001)"),
    ]


def test_a_window_of_28_days_scales_them(rules_of: Make) -> None:
    found = limits(rules_of(component_of(ERRORS.replace("30d", "28d"))))
    assert [limit for _, limit in found] == [
        "(13.44 * 0.001)",
        "(5.6 * 0.001)",
        "(2.8 * 0.001)",
        "(0.9333333333 * 0.001)",
    ]


def test_what_can_never_fire_is_left_out_and_named(rules_of: Make) -> None:
    made = rules_of(component_of(ERRORS.replace("99.9", "90")))
    assert limits(made) == [("page", "(6 * 0.1)"), ("ticket", "(3 * 0.1)"), ("ticket", "(1 * 0.1)")]
    assert made.found.warnings == (
        "web/errors: no page on 1h and 5m: a burn rate above 14.4 can't be, 10 is all events",
    )
    assert f"#   {made.found.warnings[0]}" in made.path.read_text(encoding="utf-8").splitlines()
    made.check()
    without_page = rules_of(component_of(ERRORS.replace("99.9", "80")))
    assert {severity for severity, _ in limits(without_page)} == {"ticket"}


def test_a_pair_that_looks_back_further_than_the_budget_is_left_out(rules_of: Make) -> None:
    made = rules_of(component_of(ERRORS.replace("30d", "2d")))
    assert [severity for severity, _ in limits(made)] == ["page", "page", "ticket"]
    assert "further back than the budget's window of 2d" in made.found.warnings[0]


def test_a_fast_burn_pages(rules_of: Make) -> None:
    rules_of(component_of(ERRORS)).test(traffic(950, 50, 120), [nothing("0m"), page("1h"), page("2h")])


def test_a_slow_burn_makes_a_ticket_and_wakes_nobody(rules_of: Make) -> None:
    made = rules_of(component_of(ERRORS))
    made.test(traffic(996, 4, 240), [ticket("4h"), page("4h", 0)])
    made.test(traffic(998, 2, 240), [ticket("4h"), page("4h", 0)])


def test_within_the_objective_nothing_fires(rules_of: Make) -> None:
    rules_of(component_of(ERRORS)).test(traffic(9995, 5, 240), [nothing("1h"), nothing("4h")])


def test_the_same_burn_pages_sooner_on_a_shorter_window(rules_of: Make) -> None:
    burn = traffic(99420, 580, 120)  # 5.8 times what is allowed
    rules_of(component_of(ERRORS)).test(burn, [page("2h", 0), ticket("2h")])
    rules_of(component_of(ERRORS.replace("30d", "28d"))).test(burn, [page("2h")])


def test_recovery_resolves(rules_of: Make) -> None:
    series = {TOTAL: "0+950x900", BAD: "0+50x120 6000x780"}
    # The page goes with its short window, half an hour; the ticket with its own, six hours.
    rules_of(component_of(ERRORS)).test(series, [page("2h"), page("3h", 0), ticket("3h"), nothing("9h")])


def test_an_idle_service_fires_nothing_and_has_no_ratio(rules_of: Make) -> None:
    none = [
        {"expr": f"component_slo:error_ratio:rate{window}", "eval_time": "2h", "exp_samples": []}
        for window in ("5m", "1h", "3d")
    ]
    idle = {
        TOTAL: "500x120",
        BAD: "7x120",
        "duration_seconds_count": "9x120",
        'duration_seconds_bucket{le="0.5"}': "3x120",
        'duration_seconds_bucket{le="+Inf"}': "9x120",
        "sent_total": "4x120",
        "resident_bytes": "1e8x120",
    }
    slow = SLOW.replace("objective: 95, window: 7d, ", "")
    rules_of(component_of(ERRORS, slow, P90, MEMORY, RAW)).test(idle, [nothing("1h"), nothing("2h")], none)


def test_a_counter_that_starts_anew_fires_nothing(rules_of: Make) -> None:
    series = {TOTAL: "0+10000x60 0+10000x60", BAD: "500x60 0x60"}
    rules_of(component_of(ERRORS)).test(series, [nothing("1h"), nothing("61m"), nothing("70m"), nothing("2h")])


def test_an_absent_service_alerts_and_one_that_comes_back_is_quiet(rules_of: Make) -> None:
    def gone(at: str, count: int) -> Firing:
        return Firing(at, ABSENT_ALERT, "page", count)

    made = rules_of(component_of(ERRORS))
    made.test({}, [nothing("9m"), gone("11m", 1)])
    series = {TOTAL: "0+1000x30 stale _x40 0+1000x30"}
    made.test(series, [nothing("30m"), nothing("40m"), gone("50m", 1), nothing("90m")])


def test_a_latency_bound_that_the_histogram_lacks_is_absent_data(rules_of: Make) -> None:
    other = {"duration_seconds_count": "0+9x60", 'duration_seconds_bucket{le="1"}': "0+9x60"}
    rules_of(component_of(SLOW)).test(other, [Firing("20m", ABSENT_ALERT, "page", 1)])


@pytest.mark.parametrize("tier", [0, 1, 2, 3])
def test_a_threshold_fires_after_five_minutes_on_the_worse_side(rules_of: Make, tier: int) -> None:
    component = component_of(MEMORY, RATE).model_copy(update={"tier": tier})
    severity = "page" if tier <= 1 else "ticket"
    series = {"resident_bytes": "1e8x30 4e8x30", "sent_total": "0+600x30 18000+60x30"}  # 10/s, then 1/s
    rules_of(component).test(
        series,
        [
            nothing("30m"),
            nothing("33m"),
            Firing("50m", THRESHOLD_ALERT, severity, 2),
            Firing("50m", THRESHOLD_ALERT, ".+", 2),
        ],
    )


def test_a_comment_in_a_query_does_not_swallow_the_comparison(rules_of: Make) -> None:
    metric = 'name: raw, threshold: 5, abort_threshold: 9, query: "sent_total # of all"'
    made = rules_of(component_of(metric))
    made.test({"sent_total": "7x60"}, [nothing("30m")])
    made.test({"sent_total": "10x60"}, [Firing("30m", THRESHOLD_ALERT, "page", 1)])


def test_a_metric_without_source_or_limit_is_named(rules_of: Make) -> None:
    made = rules_of(component_of("name: later, threshold: 5", "name: free, threshold: 5, query: up"))
    assert [rule["alert"] for rule in made.rules] == [ABSENT_ALERT]
    assert made.found.warnings == (
        "web/later: no rules, its file says no sli and no query",
        "web/free: no alert on its value, it has neither an objective nor an abort_threshold",
    )


HOSTILE = (
    '{{ template "x" }}',
    "{{{ $labels.component }}",
    "ends with {",
    "{",
    "}}",
    "{{/*",
    "{{- printf `x` -}}",
    "a \"quoted\" 'text': #1 & *2 !x",
    "a\x1b[31m\u202eb",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_is_run(rules_of: Make, text: str) -> None:
    shown = text.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
    component = component_of(MEMORY).model_copy(
        update={
            "name": text,
            "rollback_plan": text,
            "links": (("dashboard", f"https://example.org/{text}"), ("runbook", "javascript:alert(1)")),
        }
    )
    labels = {"component": "web", "slo": "memory_mb", "tier": "1", "severity": "page"}
    wanted = {
        "summary": "web memory_mb: above its abort threshold",
        "description": "It is 400 MB; it is to be rolled back above 300 MB, the target is 200 MB. " + shown + ".",
        "dashboard": f"https://example.org/{shown}",
        "rollback_plan": shown,
        "ticket": "kaizen new 'memory_mb is above its abort threshold' -c web",
    }
    alert = {
        "eval_time": "10m",
        "alertname": THRESHOLD_ALERT,
        "exp_alerts": [{"exp_labels": labels, "exp_annotations": wanted}],
    }
    made = rules_of(component)
    made.check()
    made.test({"resident_bytes": "4e8x30"}, alerts=[alert])


def test_plain_text_stays_as_it_is() -> None:
    assert literal("https://grafana.example/d/x?a=b&c=%20") == "https://grafana.example/d/x?a=b&c=%20"


def test_the_same_component_gives_the_same_bytes() -> None:
    first, second = (rules_file([component_rules(component_of(*ALL))], ["web.yml"]) for _ in range(2))
    assert first == second
    assert first.startswith(b"# Made by `kaizen export rules`")
