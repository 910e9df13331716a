"""OpenSLO v1 as components: what Kaizen can say of it, and a line for everything that it can't.

What Kaizen wrote reads back as it was, through the annotations of openslo.py, as long as nobody changed the queries
beside them. Files of others: ratios of counters, ratios that are precomputed, thresholds on a query.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from kaizen_tui.core.ids import is_component_id
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.states import TIERS
from kaizen_tui.core.values import Value, kind_of, quoted
from kaizen_tui.export.openslo import API_VERSION, object_name
from kaizen_tui.export.openslo_metric import Indicator, Objective, read_metric
from kaizen_tui.export.openslo_raw import annotation, json_texts, text_at, unread
from kaizen_tui.store.yaml_documents import Part, parse_documents
from kaizen_tui.store.yaml_reader import YamlProblems

_KINDS = ("Service", "SLI", "SLO", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")
_NOT_READ = {
    "DataSource": "where the data are is config.yml's to say (metrics.url)",
    "AlertPolicy": "`kaizen export rules` makes the alerts",
    "AlertCondition": "`kaizen export rules` makes the alerts",
    "AlertNotificationTarget": "who is told is Alertmanager's to say",
}


class ReadMetric(NamedTuple):
    """A metric as its fields in a component's file, in their order. line: where it stands in the OpenSLO file."""

    fields: Mapping[str, Value]
    line: int


class ReadComponent(NamedTuple):
    """A service as a component; "" and {} where the file doesn't say. tier: None likewise."""

    id: str
    name: str
    tier: int | None
    owner: str
    rollback_plan: str
    description: str
    links: Mapping[str, str]
    selector: Mapping[str, str]
    versions: Mapping[str, str]
    metrics: tuple[ReadMetric, ...]


class ReadOpenSlo(NamedTuple):
    """components: in the order of the file. notes: what was read but not as it stood, or is of no use here.
    missing: SLIs and SLOs that Kaizen can't express, and that are therefore not in `components`."""

    components: tuple[ReadComponent, ...]
    notes: tuple[Problem, ...]
    missing: tuple[Problem, ...]


def read_openslo(data: bytes, path: str, selector_of: Callable[[str], Mapping[str, str] | None]) -> ReadOpenSlo:
    """The components of an OpenSLO file.

    path: as shown in messages. selector_of: the matchers of a component that is registered already, None for a new one.
    Raises YamlProblems for what isn't OpenSLO v1.
    """
    parts = parse_documents(data, path)
    if not parts:
        raise YamlProblems([Problem(path, 0, "the file holds no document", "write it as OpenSLO v1")])
    problems = [problem for part in parts if (problem := _structure_problem(part)) is not None]
    if problems:
        raise YamlProblems(problems)
    return _Reading(parts, selector_of).done()


def _structure_problem(part: Part) -> Problem | None:
    version, kind = part.value.get("apiVersion"), part.value.get("kind")
    if version != API_VERSION:
        shown = quoted(version) if isinstance(version, str) else kind_of(version)
        return part.problem(("apiVersion",), f"apiVersion is {shown}", f"only {API_VERSION} is read")
    if kind not in _KINDS:
        shown = quoted(kind) if isinstance(kind, str) else kind_of(kind)
        return part.problem(("kind",), f"kind is {shown}", f"one of {', '.join(_KINDS)}")
    if not text_at(part.value, "metadata", "name"):
        return part.problem(("metadata",), "metadata.name is missing", "every object needs a name")
    if not isinstance(part.value.get("spec"), dict):
        return part.problem(("spec",), "spec is missing or no mapping")
    return None


class _Reading:
    """The documents of a file on their way to components."""

    def __init__(self, parts: list[Part], selector_of: Callable[[str], Mapping[str, str] | None]) -> None:
        self.selector_of = selector_of
        self.notes: list[Problem] = []
        self.missing: list[Problem] = []
        self.parts = parts
        self.services: dict[str, Part] = {}
        self.slis: dict[str, Part] = {}
        self.sources: dict[str, str] = {}
        for part in parts:
            name = text_at(part.value, "metadata", "name")
            found = {"Service": self.services, "SLI": self.slis}.get(str(part.value["kind"]))
            if found is not None and name in found:
                self.missing.append(part.problem(("metadata", "name"), f"a second {part.value['kind']} {quoted(name)}"))
            elif found is not None:
                found[name] = part
            elif part.value["kind"] == "DataSource":
                self.sources[name] = text_at(part.value, "spec", "type")

    def done(self) -> ReadOpenSlo:
        metrics: dict[str, list[ReadMetric]] = {}
        for part in self.services.values():
            lost = unread(part.value, text_at(part.value, "metadata", "displayName"))
            if lost:
                self.notes.append(part.problem(("metadata",), f"not read: {', '.join(lost)}")._replace(level="warning"))
            metrics.setdefault(self.component_id(part, text_at(part.value, "metadata", "name")), [])
        slos: dict[str, list[Part]] = {}
        for part in self.parts:
            if part.value["kind"] == "SLO":
                slos.setdefault(self.reference(part), []).append(part)
        for part in self.parts:
            kind, name = str(part.value["kind"]), text_at(part.value, "metadata", "name")
            if kind == "SLI" and self.slis.get(name) is part:
                for slo in slos.get(name, ()):
                    self.take_slo(slo, metrics)
                if name not in slos:
                    self.take_sli(name, part, metrics)
            elif kind == "SLO" and not self.reference(part):
                self.take_slo(part, metrics)
            elif kind in _NOT_READ:
                unused = part.problem(("kind",), f"{kind} {quoted(name)} is not read", _NOT_READ[kind])
                self.notes.append(unused._replace(level="warning"))
        components = [self.component(component_id, found) for component_id, found in metrics.items() if component_id]
        return ReadOpenSlo(tuple(components), tuple(self.notes), tuple(self.missing))

    def component_id(self, part: Part | None, name: str) -> str:
        """The id that a service has here; "" where it can't have one, which is then said."""
        known = annotation(part.value, "component") if part is not None else ""
        for candidate in (known, name, object_name(name)):
            if is_component_id(candidate):
                return candidate
        return ""

    def reference(self, slo: Part) -> str:
        """The name of the SLI in the file that the SLO refers to, else ""."""
        name = text_at(slo.value, "spec", "indicatorRef")
        return name if name in self.slis else ""

    def take_slo(self, part: Part, metrics: dict[str, list[ReadMetric]]) -> None:
        name, spec = text_at(part.value, "metadata", "name"), part.value["spec"]
        assert isinstance(spec, dict)
        service = text_at(spec, "service")
        component = self.component_id(self.services.get(service), service) if service else ""
        if not component:
            self.lose(
                part, ("spec", "service"), f"SLO {quoted(name)}: its service {quoted(service)} is no component id"
            )
            return
        reference = self.reference(part)
        inline = spec.get("indicator")
        if reference:
            found = Indicator(self.slis[reference].value, self.slis[reference], ("spec",))
        elif isinstance(inline, dict):
            found = Indicator(inline, part, ("spec", "indicator", "spec"))
        else:
            named = text_at(spec, "indicatorRef")
            what = f"no SLI {quoted(named)} in the file" if named else "no indicator"
            self.lose(part, ("spec", "indicatorRef"), f"SLO {quoted(name)}: {what}")
            return
        self.add(part, name, found, Objective(part), component, metrics)

    def take_sli(self, name: str, part: Part, metrics: dict[str, list[ReadMetric]]) -> None:
        component = annotation(part.value, "component")
        if not component and len(metrics) == 1:
            component = next(iter(metrics))
        if not is_component_id(component):
            self.lose(part, ("metadata", "name"), f"SLI {quoted(name)}: no SLO says which service it belongs to")
            return
        self.add(part, name, Indicator(part.value, part, ("spec",)), None, component, metrics)

    def add(
        self,
        part: Part,
        name: str,
        indicator: Indicator,
        objective: Objective | None,
        component: str,
        metrics: dict[str, list[ReadMetric]],
    ) -> None:
        """One metric, or why there is none."""
        found = read_metric(name, indicator, objective, self.selector(component), self.source_type)
        self.notes += found.notes
        there = metrics.setdefault(component, [])
        if found.fields is None:
            self.missing += found.problems
        elif any(one.fields["name"] == found.fields["name"] for one in there):
            self.lose(part, ("metadata", "name"), f"a second metric {quoted(str(found.fields['name']))} of {component}")
        else:
            there.append(ReadMetric(found.fields, part.line("metadata", "name")))

    def source_type(self, reference: str) -> str:
        return self.sources.get(reference, "")

    def selector(self, component: str) -> Mapping[str, str]:
        """The matchers that the component's series will have."""
        there = self.selector_of(component)
        if there is not None:
            return there
        part = self.service_of(component)
        return json_texts(part.value, "selector") if part is not None else {}

    def service_of(self, component: str) -> Part | None:
        for name, part in self.services.items():
            if self.component_id(part, name) == component:
                return part
        return None

    def component(self, component_id: str, metrics: list[ReadMetric]) -> ReadComponent:
        part = self.service_of(component_id)
        raw: Mapping[str, Value] = {} if part is None else part.value
        tier = annotation(raw, "tier")
        return ReadComponent(
            id=component_id,
            name=text_at(raw, "metadata", "displayName"),
            tier=int(tier) if tier in {str(one) for one in TIERS} else None,
            owner=annotation(raw, "owner"),
            rollback_plan=annotation(raw, "rollback-plan"),
            description=text_at(raw, "spec", "description"),
            links=json_texts(raw, "links"),
            selector=json_texts(raw, "selector"),
            versions=json_texts(raw, "versions"),
            metrics=tuple(metrics),
        )

    def lose(self, part: Part, path: tuple[str | int, ...], message: str) -> None:
        self.missing.append(part.problem(path, message))
