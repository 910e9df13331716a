"""`kaizen component --from-openslo`: an OpenSLO file into the registry."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO
from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.output import emit_json, note, problem_line
from kaizen_tui.cli.registry import registered_json, tell_registered
from kaizen_tui.core.errors import NotFoundError, StoreError
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.text import safe
from kaizen_tui.export.openslo_reader import ReadComponent, ReadMetric, read_openslo
from kaizen_tui.loop.metric_lines import MetricGiven
from kaizen_tui.loop.registry import NewFields, set_components

if TYPE_CHECKING:
    from kaizen_tui.loop.registry import ComponentGiven, Registered


def take_openslo(call: Call, source: str, wanted: str | None, given: "ComponentGiven") -> int:
    """Registers what the file says; returns the exit code: 1 where an SLI or SLO could not be taken.

    source: a path, or "-" for stdin. wanted: one component, None for all. given: what the options say goes before
    what the file says.
    """
    data, shown = _read(source)
    found = read_openslo(data, shown, lambda component_id: _selector_of(call, component_id))
    components = found.components
    if wanted is not None:
        components = tuple(one for one in components if one.id == wanted)
        if not components:
            hint = did_you_mean(wanted, [one.id for one in found.components]) or "the file names none"
            raise NotFoundError(f"no component `{wanted}` in the file", where=shown, hint=hint)
    done = set_components(call.session(), [(one.id, _given(one, given)) for one in components])
    if call.json:
        emit_json([registered_json(one) for one in done])
    else:
        for one in done:
            tell_registered(call, one)
    for component, registered in zip(components, done, strict=True):
        _tell_kept(component, registered)
    for problem in (*found.notes, *found.missing):
        note(problem_line(problem))
    if not components:
        raise StoreError("the file has no component that could be taken", where=shown)
    if found.missing:
        count = len(found.missing)
        note(f"kaizen: {count} of the file's SLIs and SLOs could not be taken, see above")
    return EXIT_NO if found.missing else EXIT_DONE


def _tell_kept(found: ReadComponent, registered: "Registered") -> None:
    """Names the fields of a component that was there before and that the file says otherwise."""
    kept = [
        name
        for name in ("name", "tier", "owner", "rollback_plan", "description")
        if getattr(found, name) not in ("", None) and getattr(found, name) != getattr(registered.fields, name)
    ]
    if kept and not registered.created:
        note(safe(f"kaizen: {found.id} was there before; its {', '.join(kept)} stay as they are"))


def _read(source: str) -> tuple[bytes, str]:
    from kaizen_tui.store.files import in_words
    from kaizen_tui.store.yaml_reader import MAX_BYTES

    try:
        if source == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
        with open(source, "rb") as file:
            return file.read(MAX_BYTES + 1), source
    except FileNotFoundError:
        hint = "name an OpenSLO file, or - for standard input"
        raise StoreError("cannot read: there is no such file", where=source, hint=hint) from None
    except OSError as error:
        raise in_words(error, "cannot read", source) from error
    except ValueError as error:  # a NUL in the name
        raise StoreError(f"cannot read the file: {error}", where=source) from error


def _selector_of(call: Call, component_id: str) -> Mapping[str, str] | None:
    from kaizen_tui.loop.models import find_component

    there = find_component(call.workspace, component_id)
    return None if there is None else there.selector


def _given(found: ReadComponent, options: "ComponentGiven") -> "ComponentGiven":
    more: dict[str, str | Mapping[str, str]] = {
        "description": found.description,
        "links": found.links,
        "selector": found.selector,
        "versions": found.versions,
    }
    new = NewFields(
        found.name, found.tier, found.owner, found.rollback_plan, {key: value for key, value in more.items() if value}
    )
    return options._replace(metrics=(*(_metric(one) for one in found.metrics), *options.metrics), if_new=new)


def _metric(found: ReadMetric) -> MetricGiven:
    fields = dict(found.fields)
    name, threshold, abort = (str(fields.pop(key, "")) for key in ("name", "threshold", "abort_threshold"))
    return MetricGiven(name, threshold, abort, fields)
