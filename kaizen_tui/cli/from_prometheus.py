"""`kaizen component ID --from-prometheus`: metrics of a component from the series that its server has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kaizen_tui.cli.errors import EXIT_DONE
from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.output import columns, emit, emit_json, note
from kaizen_tui.cli.parameters import known_component
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.numbers import with_unit
from kaizen_tui.core.text import safe
from kaizen_tui.core.values import quoted

if TYPE_CHECKING:
    from kaizen_tui.core.component import Component
    from kaizen_tui.metrics.propose import Proposal


def propose(call: Call, component_id: str, picks: Sequence[str], *, everything: bool) -> int:
    """Lists the proposals, or adds the picked ones to the component's file."""
    from kaizen_tui.loop.context import utc_now
    from kaizen_tui.loop.propose import proposals
    from kaizen_tui.metrics.configured import configured_source
    from kaizen_tui.store.reading import list_components, read_config_file

    component = _component(call, known_component(call.workspace, component_id))
    files = list_components(call.workspace)[0]
    source = configured_source(read_config_file(call.workspace), files, folder=call.workspace.registry)
    found = proposals(source, component, utc_now().timestamp(), everything=everything)
    if picks:
        return _add(call, component.id, picked(found, picks))
    if call.json:
        rows = [{"number": number, **proposal_json(one)} for number, one in enumerate(found, start=1)]
        emit_json({"component": component.id, "source": source.name, "proposals": rows})
    else:
        for line in proposal_lines(call, found):
            emit(line)
        _tell(call, component.id, found)
    return EXIT_DONE


def _component(call: Call, component_id: str) -> "Component":
    from kaizen_tui.loop.models import component_model
    from kaizen_tui.store.reading import read_component_file

    return component_model(call.workspace, read_component_file(call.workspace, component_id))


def picked(found: "Sequence[Proposal]", picks: Sequence[str]) -> "list[Proposal]":
    """The proposals that words such as `1,3` or names mean, each once, in their own order. Raises UsageError."""
    wanted: set[int] = set()
    names = [one.name for one in found]
    for word in (part.strip() for text in picks for part in text.split(",")):
        if word.isascii() and word.isdigit() and len(word) < 6:
            if not 1 <= int(word) <= len(found):
                raise UsageError(f"there is no proposal {int(word)}", hint=f"they are numbered from 1 to {len(found)}")
            wanted.add(int(word) - 1)
        elif word in names:
            wanted.add(names.index(word))
        elif word:
            raise UsageError(f"there is no proposal {quoted(word)}", hint=did_you_mean(word, names))
    if not wanted:
        raise UsageError("--pick names nothing", hint="write --pick 1,3 or --pick NAME")
    return [found[place] for place in sorted(wanted)]


def _add(call: Call, component_id: str, chosen: "Sequence[Proposal]") -> int:
    from kaizen_tui.cli.registry import registered_json
    from kaizen_tui.loop.propose import add_metrics

    done = add_metrics(call.session(), component_id, chosen)
    names = [one.name for one in chosen]
    if call.json:
        emit_json({**registered_json(done), "added": names})
        return EXIT_DONE
    emit(safe(f"changed {call.workspace.relative(done.path)}"))
    for name in names:
        emit(safe(f"added {name}"))
    if not call.plain:
        note("kaizen: the targets follow from the present values: look at them; `kaizen slo` shows how they stand")
    return EXIT_DONE


def proposal_lines(call: Call, found: "Sequence[Proposal]") -> list[str]:
    """A line each: number, name, present value, target and abort, objective, what it measures."""
    rows = [
        (str(number), safe(one.name), _value(one), *_targets(one), safe(one.words))
        for number, one in enumerate(found, start=1)
    ]
    if call.plain:
        return ["\t".join(row) for row in rows]
    head = ("", "metric", "now", "target", "abort", "objective", "measures")
    return columns([head, *rows]) if rows else []


def _value(one: "Proposal") -> str:
    return "-" if one.value is None else safe(with_unit(one.value, one.unit))


def _targets(one: "Proposal") -> tuple[str, str, str]:
    if one.taken:
        return "in the file" if one.taken == one.name else f"in the file: {safe(one.taken)}", "-", "-"
    if one.problem:
        return "none", "-", "-"
    meets, beyond = (">=", "<") if float(one.abort_threshold) < float(one.threshold) else ("<=", ">")
    objective = f"{one.objective} % in {one.window}" if one.objective else "-"
    return f"{meets} {one.threshold}", f"{beyond} {one.abort_threshold}", objective


def _tell(call: Call, component_id: str, found: "Sequence[Proposal]") -> None:
    for one in found:
        if one.problem and not one.taken:
            note(safe(f"kaizen: {one.name}: {one.problem}"))
    if not found:
        note(f"kaizen: the server has no series of {component_id} that say what they count; see its selector")
    elif not call.plain:
        note(f"kaizen: nothing was written; `kaizen component {component_id} --from-prometheus --pick 1,2` adds those")


def proposal_json(one: "Proposal") -> dict[str, Any]:
    """The `Proposal` object of docs/json.md."""
    return {
        "name": one.name,
        "kind": one.kind,
        "unit": one.unit,
        "measures": one.words,
        "value": one.value,
        "threshold": float(one.threshold) if one.threshold else None,
        "abort_threshold": float(one.abort_threshold) if one.abort_threshold else None,
        "objective": float(one.objective) if one.objective else None,
        "window": one.window or None,
        "sli": dict(one.sli),
        "taken": one.taken or None,
        "problem": one.problem or None,
    }
