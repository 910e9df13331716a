"""YAML for other programs, made by PyYAML: the same bytes for the same values, texts of several lines as blocks."""

from collections.abc import Sequence
from typing import Any

import yaml

from kaizen_tui.core.text import safe

_NEVER_FOLD = 1 << 20  # a query that is cut into lines by its width makes a bad diff


class _Dumper(yaml.SafeDumper):
    """Never writes anchors: the same value twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def yaml_bytes(documents: Sequence[Any], comment: Sequence[str] = ()) -> bytes:
    """The documents, keys in the order given. comment: lines for the head, made safe here."""
    head = "".join(f"# {safe(line)}".rstrip() + "\n" for line in comment)
    body = yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_NEVER_FOLD,
        explicit_start=len(documents) > 1,
    )
    return (head + body).encode()
