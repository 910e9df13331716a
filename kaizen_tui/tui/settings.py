"""The few settings that the dashboard needs before its first paint: theme and keys of config.yml."""

from typing import NamedTuple

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.problem import Problem
from kaizen_tui.store.workspace import Workspace


class Settings(NamedTuple):
    """theme: "" when config.yml names none. keys: (action id, keys) pairs. path: of config.yml, as shown."""

    path: str
    theme: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()

    def problem(self, words: str) -> Problem:
        """A finding about the settings."""
        return Problem(self.path, 0, words, level="warning")


def read_settings(workspace: Workspace) -> Settings:
    """Reads theme and keys. A config.yml that is wrong is reported with the other broken files later, not here."""
    from kaizen_tui.store.files import read_optional

    path = workspace.relative(workspace.config_path)
    try:
        data = read_optional(workspace.config_path)
        # Parsing YAML takes longer than a first paint may: only where one of the two is there.
        if data is None or (b"theme" not in data and b"keys" not in data):
            return Settings(path)
        from kaizen_tui.store.reading import read_config_file

        raw = read_config_file(workspace)
    except KaizenError:
        return Settings(path)
    theme, keys = raw.get("theme"), raw.get("keys")
    pairs = keys.items() if isinstance(keys, dict) else ()
    return Settings(
        path,
        theme if isinstance(theme, str) else "",
        tuple((name, value) for name, value in pairs if isinstance(value, str)),
    )
