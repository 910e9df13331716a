"""Components of the registry: made and changed by a command, without touching what people wrote around a field."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kaizen_tui.core.errors import NotFoundError, StoreError, UsageError
from kaizen_tui.core.fields import ComponentFields, FieldErrors, check_component, is_metric_name
from kaizen_tui.core.ids import is_component_id
from kaizen_tui.core.units import parse_number
from kaizen_tui.core.values import Value, quoted
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.metric_lines import MetricGiven, as_value, metric_lines, replaced_metric, with_metrics
from kaizen_tui.store.files import read_file, replace_file
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.reading import read_component_file
from kaizen_tui.store.yaml_edit import Change, SetText, edit_fields
from kaizen_tui.store.yaml_reader import parse_yaml
from kaizen_tui.store.yaml_text import flow_mapping, plain, quote


class NewFields(NamedTuple):
    """What a component gets that isn't there yet, where ComponentGiven doesn't say. more: keys of its file."""

    name: str = ""
    tier: int | None = None
    owner: str = ""
    rollback_plan: str = ""
    more: Mapping[str, str | Mapping[str, str]] = {}


class ComponentGiven(NamedTuple):
    """What shall be; None leaves a field as it is.

    if_new: for a component that isn't there yet. replace: a whole metric takes the place of another one of its name;
    else that is an error.
    """

    name: str | None = None
    tier: int | None = None
    owner: str | None = None
    rollback_plan: str | None = None
    metrics: Sequence[MetricGiven] = ()
    if_new: NewFields = NewFields()
    replace: bool = False


class Registered(NamedTuple):
    """fields: as they now stand. created: the file is new. changed: False when it was all there already."""

    fields: ComponentFields
    path: str
    created: bool
    changed: bool


def read_metric(text: str) -> MetricGiven:
    """`NAME TARGET ABORT` (ABORT may be left out). Raises UsageError in words."""
    words = text.split()
    if len(words) not in (2, 3):
        raise UsageError(
            f"can't read the metric {quoted(text)}", hint='write "NAME TARGET ABORT": "p95_latency_ms 10 15"'
        )
    if not is_metric_name(words[0]):
        raise UsageError(f"{quoted(words[0])} is no metric name", hint="use letters, digits, _ . : -")
    for word in words[1:]:
        try:
            parse_number(word)
        except ValueError as error:
            raise UsageError(f"{quoted(word)} in the metric: {error}", hint='write "p95_latency_ms 10 15"') from error
    return MetricGiven(words[0], words[1], words[2] if len(words) == 3 else "")


class _Prepared(NamedTuple):
    """A component's file before and after. old: None where it is new."""

    path: str
    old: bytes | None
    data: bytes
    fields: ComponentFields


def set_component(session: Session, component_id: str, given: ComponentGiven) -> Registered:
    """Makes the component, or changes the given fields of the one that is there.

    Raises UsageError (not an id, no tier for a new one), YamlProblems (the file is broken), StoreError.
    """
    return set_components(session, [(component_id, given)])[0]


def set_components(session: Session, given: Sequence[tuple[str, ComponentGiven]]) -> list[Registered]:
    """The same for several; nothing is written where one of them can't be. Raises as `set_component`."""
    workspace = session.workspace
    with Lock(workspace) as lock:
        for note in lock.notes:
            session.tell(note)
        prepared = [_prepare(session, component_id, one) for component_id, one in given]
        for one in prepared:
            if one.data != one.old:
                _put(workspace.components, one.path, one.data, one.old)
    return [Registered(one.fields, one.path, one.old is None, one.data != one.old) for one in prepared]


def _prepare(session: Session, component_id: str, given: ComponentGiven) -> _Prepared:
    workspace = session.workspace
    if not is_component_id(component_id):
        raise UsageError(f"{quoted(component_id)} is no component id", hint="use a-z 0-9 . _ - as in `pcc-main`")
    path = workspace.component_path(component_id)
    shown = workspace.relative(path)
    try:
        old = read_component_file(workspace, component_id).data
    except NotFoundError:
        old = None
    data = _new(component_id, given) if old is None else _changed(old, component_id, given, shown)
    return _Prepared(path, old, data, _checked(data, component_id, shown))


def _put(folder: str, path: str, data: bytes, old: bytes | None) -> None:
    if old is None:
        os.makedirs(folder, exist_ok=True)
    elif read_file(path) != old:
        raise StoreError("the component changed while it was being changed", where=path, hint="repeat the command")
    replace_file(path, data)


def _checked(data: bytes, component_id: str, shown: str) -> ComponentFields:
    document = parse_yaml(data, shown)
    try:
        return check_component(document.value, component_id)
    except FieldErrors as wrong:
        raise UsageError(wrong.errors[0].message, hint=wrong.errors[0].hint) from wrong


def _new(component_id: str, given: ComponentGiven) -> bytes:
    fields = given.if_new
    name, owner = given.name or fields.name or component_id, given.owner or fields.owner
    rollback_plan = given.rollback_plan or fields.rollback_plan
    tier = given.tier if given.tier is not None else fields.tier
    if tier is None:
        raise UsageError(
            f"a new component needs a tier, and there is no component `{component_id}` yet",
            hint="-t 0 mission-critical, 1, 2, or 3 experimental",
        )
    lines = [
        f"id: {plain(component_id, in_flow=False, typed_ok=False) or quote(component_id)}",
        f"name: {quote(name)}",
        f"tier: {tier}",
    ]
    if owner:
        lines.append(f"owner: {plain(owner, in_flow=False, typed_ok=False) or quote(owner)}")
    lines += [
        f"{key}: {quote(value) if isinstance(value, str) else flow_mapping(value)}"
        for key, value in fields.more.items()
    ]
    if given.metrics:
        lines += ["slo:", "  metrics:"]
        for metric in given.metrics:
            lines += metric_lines(metric, "    ")
    if rollback_plan:
        lines.append(f"rollback_plan: {quote(rollback_plan)}")
    return ("\n".join(lines) + "\n").encode()


def _changed(data: bytes, component_id: str, given: ComponentGiven, shown: str) -> bytes:
    edits: list[Change] = []
    if given.name is not None:
        edits.append(SetText("name", given.name))
    if given.tier is not None:
        edits.append(SetText("tier", str(given.tier)))
    if given.owner is not None:
        edits.append(SetText("owner", given.owner))
    if given.rollback_plan is not None:
        edits.append(SetText("rollback_plan", given.rollback_plan))
    known = [metric.name for metric in _checked(data, component_id, shown).metrics]
    added = []
    whole = []
    for metric in given.metrics:
        if metric.name not in known:
            added.append(metric)
            continue
        at = known.index(metric.name)
        if metric.more is not None:
            whole.append((at, metric))
            continue
        edits.append(SetText(("slo", "metrics", at, "threshold"), metric.threshold))
        if metric.abort_threshold:
            edits.append(SetText(("slo", "metrics", at, "abort_threshold"), metric.abort_threshold))
    data = edit_fields(data, edits, shown)
    for at, metric in whole:
        if _differs(data, component_id, at, metric, shown):
            if not given.replace:
                what = f"component `{component_id}` has another metric of the name {quoted(metric.name)}"
                where = f"{shown}:{parse_yaml(data, shown).line('slo', 'metrics', at)}"
                raise UsageError(what, where=where, hint="--force puts the new one in its place")
            data = replaced_metric(data, at, metric, shown)
    return with_metrics(data, added, shown) if added else data


def _differs(data: bytes, component_id: str, at: int, metric: MetricGiven, shown: str) -> bool:
    """Whether the metric that is there means something else."""
    from kaizen_tui.core.component import Component  # pydantic: only where a whole metric is compared

    raw = parse_yaml(data, shown).value
    new: dict[str, Value] = {**raw, "slo": {"metrics": [as_value(metric)]}}
    try:
        there = Component.from_fields(check_component(raw, component_id), raw).metrics[at]
        return there != Component.from_fields(check_component(new, component_id), new).metrics[0]
    except FieldErrors:
        return True
