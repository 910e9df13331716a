"""An OpenSLO object as the strict reader gives it: texts at paths, annotations, what nobody reads."""

import json
from collections.abc import Mapping
from typing import Any

from kaizen_tui.core.values import Value
from kaizen_tui.export.openslo import PREFIX


def text_at(raw: Mapping[str, Value], *path: str) -> str:
    """The text at a path of keys, else ""."""
    value: Value = dict(raw)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def annotation(raw: Mapping[str, Value], name: str) -> str:
    """Kaizen's annotation of that name, else ""."""
    return text_at(raw, "metadata", "annotations", PREFIX + name)


def unread(raw: Mapping[str, Value], *names: str) -> list[str]:
    """What an object's metadata say that has no place here. names: display names that say nothing new."""
    metadata = raw.get("metadata")
    if not isinstance(metadata, dict):
        return []
    found = [key for key in metadata if key not in ("name", "displayName", "annotations")]
    if text_at(metadata, "displayName") not in ("", text_at(metadata, "name"), *names):
        found.append("displayName")
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        found += [key for key in annotations if not key.startswith(PREFIX)]
    return found


def json_of(raw: Mapping[str, Value], name: str) -> dict[str, Any]:
    """An annotation that is a JSON mapping; {} for anything else: it is then as if it weren't there."""
    try:
        found = json.loads(annotation(raw, name) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def json_texts(raw: Mapping[str, Value], name: str) -> dict[str, str]:
    """The same, of texts."""
    return {key: value for key, value in json_of(raw, name).items() if isinstance(value, str)}


def as_text(value: object) -> object:
    """A value as the strict reader gives it: every scalar a text."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
