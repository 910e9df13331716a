"""OpenSLO v1: out and in again, files of others, and what can't be said."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.component import Component
from kaizen_tui.core.fields import check_component
from kaizen_tui.core.values import Value
from kaizen_tui.export.openslo import component_openslo, object_name, openslo_file
from kaizen_tui.export.openslo_reader import ReadComponent, ReadOpenSlo, read_openslo
from kaizen_tui.store.yaml_reader import YamlProblems
from tests.export.test_rules import sample
from tests.metrics.sli_world import ALL, ERRORS, SLOW, component_of

MORE = 'selector: {job: web, env: prod}\nversions: {label: v, baseline: "1", canary: "2"}\nlinks: {a: "https://x.org"}'
# Without what OpenSLO has no place for.
SAMPLE = [component.model_copy(update={"rollout": None}) for component in sample() if component.evaluation is None]
COMPONENTS = [*SAMPLE, component_of(*ALL), component_of(*ALL, more=MORE)]


def read(text: str | bytes, known: Mapping[str, Mapping[str, str]] | None = None) -> ReadOpenSlo:
    data = text.encode() if isinstance(text, str) else text
    return read_openslo(data, "slo.yml", lambda name: (known or {}).get(name))


def as_component(found: ReadComponent) -> Component:
    raw: dict[str, Value] = {
        "id": found.id,
        "name": found.name,
        "tier": str(found.tier),
        "owner": found.owner,
        "rollback_plan": found.rollback_plan,
        "description": found.description,
        "links": dict(found.links),
        "selector": dict(found.selector),
        "versions": dict(found.versions) or None,
        "slo": {"metrics": [dict(metric.fields) for metric in found.metrics]},
    }
    return Component.from_fields(check_component(raw, found.id), raw)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.id)
def test_a_component_comes_back_as_it_was(component: Component) -> None:
    written = component_openslo(component)
    assert written.left_out == ()
    found = read(openslo_file([written], []))
    assert (found.notes, found.missing) == ((), ())
    (back,) = found.components
    assert as_component(back) == component


def test_all_in_one_file_come_back() -> None:
    taken: set[str] = set()
    found = read(openslo_file([component_openslo(component, taken) for component in SAMPLE], []))
    assert [as_component(one) for one in found.components] == SAMPLE


@given(
    st.text(max_size=20).filter(lambda text: "\x00" not in text and text.isprintable()),
    st.text(max_size=20).filter(lambda text: "\x00" not in text and text.isprintable()),
)
def test_any_text_comes_back(name: str, value: str) -> None:
    component = component_of(ERRORS).model_copy(
        update={"name": name or "web", "rollback_plan": value, "selector": {"job": value}, "links": ((name, value),)}
    )
    (back,) = read(openslo_file([component_openslo(component)], [])).components
    assert (back.name, back.rollback_plan, back.selector, back.links) == (
        name or "web",
        value,
        {"job": value},
        {name: value},
    )


def documents(component: Component) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(openslo_file([component_openslo(component)], ["web.yml"])))


def test_what_is_written_is_openslo() -> None:
    service, sli, slo = documents(component_of(ERRORS, more="selector: {job: web}"))
    assert [one["kind"] for one in (service, sli, slo)] == ["Service", "SLI", "SLO"]
    assert {one["apiVersion"] for one in (service, sli, slo)} == {"openslo/v1"}
    assert sli["spec"]["ratioMetric"]["counter"] is True
    assert sli["spec"]["ratioMetric"]["total"] == {
        "metricSource": {"type": "Prometheus", "spec": {"query": 'sum(requests_total{job="web"})'}}
    }
    assert slo["spec"] == {
        "service": "web",
        "indicatorRef": sli["metadata"]["name"],
        "timeWindow": [{"duration": "30d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"targetPercent": 99.9}],
    }


def test_names_are_rfc_1123_and_differ() -> None:
    metrics = ["name: a_b, threshold: 1, query: up", "name: a.b, threshold: 1, query: up"]
    names = [one["metadata"]["name"] for one in documents(component_of(*metrics)) if one["kind"] == "SLI"]
    assert names == ["web-a-b", "web-a-b-2"]
    assert object_name("A_b." + "x" * 80) == "a-b-" + "x" * 59
    taken: set[str] = set()
    ids = [component_of(ERRORS).model_copy(update={"id": name}) for name in ("a.b", "a-b")]
    services = [component_openslo(one, taken).documents[0]["metadata"]["name"] for one in ids]
    assert services == ["a-b", "a-b-2"]


def test_what_openslo_cannot_say_is_named() -> None:
    component = component_of(
        "name: later, threshold: 1",
        ERRORS.replace("30d", "90s"),
        more="colour: red\nevaluation: {}\nrollout: {}\ndescription: " + "x" * 1100,
    )
    written = component_openslo(component)
    assert [line.partition(":")[0] for line in written.left_out] == ["web"] * 4 + ["web/later", "web/errors"]
    assert b"#   web/later: its file says no sli and no query" in openslo_file([written], [])


# Files of others

SERVICE_SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability}
spec:
  service: shop
  indicator:
    metadata: {name: shop-availability}
    spec:
      description: Orders that went through
      ratioMetric:
        counter: true
        good:
          metricSource: {type: Prometheus, spec: {query: GOOD}}
        total:
          metricSource: {type: prometheus, spec: {query: 'sum(orders_total)'}}
  timeWindow:
    - {duration: 4w, isRolling: true}
  budgetingMethod: Occurrences
  objectives:
    - {displayName: Orders, target: 0.995}
"""


@pytest.mark.parametrize(
    ("query", "series"),
    [
        ("orders_total{result='ok'}", "orders_total{result='ok'}"),
        ("sum(orders_total{result='ok'})", "orders_total{result='ok'}"),
        ("sum(rate(orders_total{result='ok'}[{{.window}}]))", "orders_total{result='ok'}"),
        ("sum( increase( orders_total[5m] ) )", "orders_total"),
    ],
)
def test_a_ratio_of_counters_is_read(query: str, series: str) -> None:
    found = read(SERVICE_SLO.replace("GOOD", f'"{query}"'))
    assert (found.notes, found.missing) == ((), ())
    (shop,) = found.components
    assert (shop.id, shop.tier) == ("shop", None)
    assert dict(shop.metrics[0].fields) == {
        "name": "availability",
        "threshold": "0.5",
        "unit": "%",
        "description": "Orders that went through",
        "sli": {"type": "ratio", "good": series, "total": "orders_total"},
        "objective": "99.5",
        "window": "28d",
    }


def test_a_threshold_is_read() -> None:
    text = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: latency}
spec:
  thresholdMetric: {metricSource: {metricSourceRef: main, spec: {query: 'max(latency_seconds)'}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: 1-latency}
spec:
  service: shop
  indicatorRef: latency
  budgetingMethod: Timeslices
  objectives: [{op: lte, value: 0.3, target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 1m}]
  alertPolicies: [{alertPolicyRef: x}]
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: main}
spec: {type: Prometheus}
"""
    found = read(text)
    assert dict(found.components[0].metrics[0].fields) == {
        "name": "slo_1-latency",
        "threshold": "0.3",
        "query": "max(latency_seconds)",
    }
    assert [(note.line, note.level) for note in found.notes] == [(10, "warning"), (15, "warning"), (18, "warning")]


def test_a_precomputed_ratio_is_read_as_the_share_of_bad_events() -> None:
    raw = SERVICE_SLO[: SERVICE_SLO.index("        counter")] + "RAW" + SERVICE_SLO[SERVICE_SLO.index("  timeWindow") :]
    for kind, query in (("failure", "bad:ratio"), ("success", "1 - (bad:ratio)")):
        source = f"        rawType: {kind}\n        raw: {{metricSource: {{spec: {{query: 'bad:ratio'}}}}}}\n"
        found = read(raw.replace("RAW", source))
        fields = found.components[0].metrics[0].fields
        assert (fields["query"], fields["threshold"], "objective" in fields) == (query, "0.005", False)
        assert "without an error budget" in found.notes[0].message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("GOOD", "sum(a) / sum(b)", "more than one counter"),
        ("GOOD", "sum by (x) (orders_total)", "more than one counter"),
        ("GOOD", "'sum(rate(orders_total))'", "more than one counter"),
        ("type: Prometheus, spec", "type: Datadog, spec", "not in Prometheus"),
        ("spec: {query: GOOD}", "spec: {}", "no metricSource.spec.query"),
        ("counter: true", "counter: false", "no counter"),
        ("Occurrences", "Timeslices", "Kaizen counts events"),
        ("target: 0.995", "op: lt", "no target"),
        ("target: 0.995", "target: 1.0", "between 0 and 100"),
        ("    - {displayName: Orders, target: 0.995}", "    []", "no objectives"),
        ("4w", "4x", "timeWindow"),
        ("service: shop", "service: '***'", "x"),
        ("ratioMetric:", "otherMetric:", "neither ratioMetric"),
        ("  indicator:", "  indicatorRef: gone\n  other:", "no SLI `gone`"),
    ],
)
def test_what_kaizen_cannot_say_is_named_and_not_taken(old: str, new: str, words: str) -> None:
    text = SERVICE_SLO.replace(old, new).replace("GOOD", "orders_total")
    found = read(text)
    if words == "x":
        assert [one.id for one in found.components] == ["x"]
        return
    assert not any(one.metrics for one in found.components)
    (problem,) = found.missing
    assert words in str(problem)
    assert problem.line > 1


def test_what_is_read_otherwise_is_noted() -> None:
    text = SERVICE_SLO.replace("GOOD", "orders_total")
    text = text.replace("{duration: 4w, isRolling: true}", "{duration: 1M, isRolling: false}")
    text = text.replace("    - {displayName", "    - {target: 0.9}\n    - {displayName")
    found = read(text)
    assert found.missing == ()
    fields = found.components[0].metrics[0].fields
    assert (fields["objective"], fields["window"]) == ("90", "30d")
    assert [note.level for note in found.notes] == ["warning"] * 3


def test_what_a_metric_has_no_place_for_is_noted() -> None:
    text = SERVICE_SLO.replace("GOOD", "orders_total").replace(
        "metadata: {name: availability}",
        "metadata: {name: availability, displayName: Orders, labels: {team: a}, annotations: {x/y: z}}",
    )
    text = text.replace("  service: shop", "  service: shop\n  description: Other words\n  composite: {}")
    text += "---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: shop, labels: {a: b}}\nspec: {}\n"
    found = read(text)
    assert [(note.line, note.message, note.level) for note in found.notes] == [
        (26, "not read: labels", "warning"),
        (4, "`availability`: not read: labels, displayName, x/y, composite, description", "warning"),
    ]
    assert found.missing == ()


def test_an_edited_query_goes_before_the_annotation_beside_it() -> None:
    text = openslo_file([component_openslo(component_of(SLOW))], []).decode()
    found = read(text.replace("sum(duration_seconds_count)", "sum(all_total)"))
    fields = found.components[0].metrics[0].fields
    assert fields["sli"] == {
        "type": "ratio",
        "good": r'duration_seconds_bucket{le=~"0\\.5|0\\.50"}',
        "total": "all_total",
    }
    assert "queries are read" in found.notes[0].message


@pytest.mark.parametrize("broken", ["{", "[1]", '"text"', '{"type": "ratio"}', "[" * 2000])
def test_a_broken_annotation_is_no_annotation(broken: str) -> None:
    text = openslo_file([component_openslo(component_of(ERRORS))], []).decode()
    documents = [*yaml.safe_load_all(text)]
    documents[1]["metadata"]["annotations"]["kaizen/sli"] = broken
    found = read(yaml.safe_dump_all(documents))
    sli = found.components[0].metrics[0].fields["sli"]
    assert sli == {"type": "ratio", "bad": 'requests_total{code=~"5.."}', "total": "requests_total"}


def test_the_selector_of_a_component_that_is_there_counts() -> None:
    text = openslo_file([component_openslo(component_of(ERRORS, more="selector: {job: web}"))], [])
    same = read(text, {"web": {"job": "web"}}).components[0].metrics[0].fields["sli"]
    other = read(text, {"web": {}}).components[0].metrics[0].fields["sli"]
    assert same == {"type": "ratio", "bad": 'requests_total{code=~"5.."}', "total": "requests_total"}
    assert isinstance(other, dict)
    assert other["total"] == 'requests_total{job="web"}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no document"),
        ("a: 1\n", "apiVersion"),
        ("apiVersion: openslo/v1alpha\nkind: SLO\n", "only openslo/v1"),
        ("apiVersion: openslo/v1\nkind: Slo\n", "kind is `Slo`"),
        ("apiVersion: openslo/v1\nkind: SLO\nspec: {}\n", "metadata.name"),
        ("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\n", "spec is missing"),
        ("apiVersion: [openslo/v1]\n", "apiVersion is a list"),
    ],
)
def test_what_is_no_openslo_is_refused(text: str, words: str) -> None:
    with pytest.raises(YamlProblems, match=words):
        read(text)


VALUES = st.recursive(
    st.sampled_from(["", "x", "true", "0.5", "sum(a_total)", "30d", "openslo/v1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["spec", "query", "x"]), inner),
    max_leaves=4,
)


@given(st.data())
def test_no_shape_of_a_field_is_too_odd(data: st.DataObject) -> None:
    documents = [*yaml.safe_load_all(openslo_file([component_openslo(component_of(*ALL))], []))]
    document = data.draw(st.sampled_from(documents))
    place: Any = document
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = place[key]
    try:
        found = read(yaml.safe_dump_all(documents))
    except YamlProblems:
        return
    for component in found.components:
        as_component(component._replace(tier=1, versions={}, name=component.id))
