"""Components of the registry: made and changed by a command, without touching what people wrote around a field."""

import os
from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

from kaizen_tui.core.errors import NotFoundError, StoreError, UsageError
from kaizen_tui.core.fields import ComponentFields, FieldErrors, check_component, is_metric_name
from kaizen_tui.core.ids import is_component_id
from kaizen_tui.core.units import parse_number
from kaizen_tui.core.values import Value, quoted
from kaizen_tui.loop.context import Session
from kaizen_tui.store.files import read_file, replace_file
from kaizen_tui.store.lock import Lock
from kaizen_tui.store.reading import read_component_file
from kaizen_tui.store.yaml_edit import Change, SetLines, SetText, edit_fields
from kaizen_tui.store.yaml_marks import Layout, Span, child, column_of, splice
from kaizen_tui.store.yaml_reader import YamlProblems, parse_yaml
from kaizen_tui.store.yaml_text import plain, quote

_BOM = b"\xef\xbb\xbf"


class MetricGiven(NamedTuple):
    """One `--metric "NAME TARGET ABORT"`: numbers as written; abort "" leaves it out, or as it is."""

    name: str
    threshold: str
    abort_threshold: str = ""


class ComponentGiven(NamedTuple):
    """What shall be; None leaves a field as it is."""

    name: str | None = None
    tier: int | None = None
    owner: str | None = None
    rollback_plan: str | None = None
    metrics: Sequence[MetricGiven] = ()


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
    return MetricGiven(*words)


def set_component(session: Session, component_id: str, given: ComponentGiven) -> Registered:
    """Makes the component, or changes the given fields of the one that is there.

    Raises UsageError (not an id, no tier for a new one), YamlProblems (the file is broken), StoreError.
    """
    workspace = session.workspace
    if not is_component_id(component_id):
        raise UsageError(f"{quoted(component_id)} is no component id", hint="use a-z 0-9 . _ - as in `pcc-main`")
    path = workspace.component_path(component_id)
    shown = workspace.relative(path)
    with Lock(workspace) as lock:
        for note in lock.notes:
            session.tell(note)
        try:
            old = read_component_file(workspace, component_id).data
        except NotFoundError:
            old = None
        data = _new(component_id, given) if old is None else _changed(old, component_id, given, shown)
        fields = _checked(data, component_id, shown)
        if data != old:
            _put(workspace.components, path, data, old)
    return Registered(fields, path, old is None, data != old)


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
    if given.tier is None:
        raise UsageError(
            f"a new component needs a tier, and there is no component `{component_id}` yet",
            hint="-t 0 mission-critical, 1, 2, or 3 experimental",
        )
    lines = [
        f"id: {plain(component_id, in_flow=False, typed_ok=False) or quote(component_id)}",
        f"name: {quote(given.name or component_id)}",
        f"tier: {given.tier}",
    ]
    if given.owner:
        lines.append(f"owner: {plain(given.owner, in_flow=False, typed_ok=False) or quote(given.owner)}")
    if given.metrics:
        lines += ["slo:", "  metrics:"]
        for metric in given.metrics:
            lines += _metric_lines(metric, "    ")
    if given.rollback_plan:
        lines.append(f"rollback_plan: {quote(given.rollback_plan)}")
    return ("\n".join(lines) + "\n").encode()


def _metric_lines(metric: MetricGiven, indent: str) -> list[str]:
    lines = [f"{indent}- name: {metric.name}", f'{indent}  threshold: "{metric.threshold}"']
    if metric.abort_threshold:
        lines.append(f'{indent}  abort_threshold: "{metric.abort_threshold}"')
    return lines


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
    for metric in given.metrics:
        if metric.name not in known:
            added.append(metric)
            continue
        at = known.index(metric.name)
        edits.append(SetText(("slo", "metrics", at, "threshold"), metric.threshold))
        if metric.abort_threshold:
            edits.append(SetText(("slo", "metrics", at, "abort_threshold"), metric.abort_threshold))
    data = edit_fields(data, edits, shown)
    return _with_metrics(data, added, shown) if added else data


def _with_metrics(data: bytes, added: Sequence[MetricGiven], shown: str) -> bytes:
    """New items at the end of slo.metrics; believed only after the result was read back."""
    document = parse_yaml(data, shown)
    items: list[Value] = [_as_value(metric) for metric in added]
    wanted, present = deepcopy(document.value), 0
    slo = wanted.get("slo")
    if not slo:
        wanted["slo"] = {"metrics": items}
    elif isinstance(slo, dict) and isinstance(slo.get("metrics"), list) and slo["metrics"]:
        old = slo["metrics"]
        present = len(old) if isinstance(old, list) else 0
        slo["metrics"] = [*(old if isinstance(old, list) else []), *items]
    elif isinstance(slo, dict) and set(slo) <= {"metrics"}:
        wanted["slo"] = {"metrics": items}
    else:
        raise _by_hand(shown, document.line("slo"))
    edited = _inserted(data, document.text, added, shown) if present else _begun(data, added, wanted, shown)
    try:
        if parse_yaml(edited, shown).value == wanted:
            return edited
    except YamlProblems:  # a layout that lines can't be put into, such as `metrics: [{…}]`
        raise _by_hand(shown, document.line("slo", "metrics")) from None
    raise _by_hand(shown, document.line("slo", "metrics"))


def _inserted(data: bytes, text: str, added: Sequence[MetricGiven], shown: str) -> bytes:
    layout = Layout(text)
    slo = child(layout.root, "slo")
    metrics = child(slo[1], "metrics") if slo else None
    if metrics is None or getattr(metrics[1], "flow_style", False):
        raise _by_hand(shown, 0 if metrics is None else metrics[0].start_mark.line + 1)
    node = metrics[1]
    lines = [line for metric in added for line in _metric_lines(metric, " " * column_of(node))]
    at = layout.lines_end(node)
    block = "".join(line + layout.newline for line in lines)
    if at == len(text) and not text.endswith("\n"):
        block = layout.newline + block.removesuffix(layout.newline)
    encoded = splice(text, [Span(at, at, block)]).encode()
    return _BOM + encoded if data.startswith(_BOM) else encoded


def _begun(data: bytes, added: Sequence[MetricGiven], wanted: dict[str, Value], shown: str) -> bytes:
    lines = ["slo:", "  metrics:", *(line for metric in added for line in _metric_lines(metric, "    "))]
    return edit_fields(data, [SetLines("slo", "\n".join(lines) + "\n", wanted["slo"])], shown)


def _as_value(metric: MetricGiven) -> Value:
    value: dict[str, Value] = {"name": metric.name, "threshold": metric.threshold}
    if metric.abort_threshold:
        value["abort_threshold"] = metric.abort_threshold
    return value


def _by_hand(shown: str, line: int) -> StoreError:
    where = f"{shown}:{line}" if line else shown
    return StoreError(
        "the metrics are written in a way that can't be added to", where=where, hint="edit the file by hand"
    )
