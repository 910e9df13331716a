"""What is wrong with a workspace's settings and components, for the list of broken files. Runs in a worker."""

from collections.abc import Iterable

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.problem import Problem
from kaizen_tui.store.workspace import Workspace


def registry_problems(workspace: Workspace, key_problems: Iterable[str]) -> list[Problem]:
    """Findings about config.yml and the components. key_problems: about its `keys:`, in words."""
    from kaizen_tui.loop.models import load_config
    from kaizen_tui.store.reading import list_components, problems_of

    found: list[Problem] = []
    config_path = workspace.relative(workspace.config_path)
    try:
        load_config(workspace)
    except KaizenError as error:
        found += problems_of(error, workspace)
    else:
        found += [
            Problem(config_path, 0, words, "see the help screen for action ids", "warning") for words in key_problems
        ]
    try:
        found += list_components(workspace)[1]
    except KaizenError as error:
        found += problems_of(error, workspace)
    return found


def has_component(workspace: Workspace) -> bool:
    """Whether there is a component's file, right or wrong."""
    import os

    try:
        return any(name.endswith((".yml", ".yaml")) for name in os.listdir(workspace.components))
    except OSError:
        return False
