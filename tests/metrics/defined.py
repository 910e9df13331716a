"""Components as a source takes them, without files."""

from collections.abc import Mapping
from typing import NamedTuple

from kaizen_tui.core.fields import ComponentFields, MetricFields
from kaizen_tui.core.values import Value


class Defined(NamedTuple):
    """A component's fields and the raw file they came from."""

    fields: ComponentFields
    raw: Mapping[str, Value] = {}


def component(name: str, *metrics: MetricFields, tier: int = 1) -> Defined:
    return Defined(ComponentFields(name, name, tier, "team", metrics, "", "", ()))
