"""Components that name a generator which config.yml doesn't have."""

from collections.abc import Iterator, Sequence

from kaizen_tui.core.ids import near_hint
from kaizen_tui.core.problem import Problem
from kaizen_tui.core.values import quoted
from kaizen_tui.store.reading import ComponentFile
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.store.yaml_reader import parse_yaml


def lint_generators(workspace: Workspace, files: Sequence[ComponentFile], known: Sequence[str]) -> Iterator[Problem]:
    """One warning for each. known: the names in config.yml."""
    for file in files:
        name = file.fields.generator.strip()
        if not name or name in known:
            continue
        shown = workspace.relative(file.path)
        hint = near_hint(name, known) or "name one under `generators:` there (docs/create.md), or take the key out"
        line = parse_yaml(file.data, shown).line("generator")
        yield Problem(shown, line, f"config.yml has no generator {quoted(name)}", hint, "warning")
