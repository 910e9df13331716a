"""What a ticket's automatic criteria measure right now, asked of the configured source. Light until asked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kaizen_tui.core.criterion_text import Reading
from kaizen_tui.metrics.live import Live, read_live
from kaizen_tui.store.workspace import Workspace

if TYPE_CHECKING:
    from kaizen_tui.metrics.source import MetricSource


def live_of(
    workspace: Workspace,
    component_id: str,
    readings: Iterable[Reading],
    now: float,
    trouble: str = "",
    *,
    status: str = "",
) -> tuple[str, dict[str, Live]]:
    """The source's name ("" where the settings name none) and the present values by metric.

    now: epoch seconds. trouble: why the server couldn't be asked a moment ago, so that it isn't waited for again.
    status: of the ticket, as of `read_live`. A component that can't be read has no values. Raises YamlProblems
    (config.yml), StoreError.
    """
    from kaizen_tui.metrics.configured import configured_source
    from kaizen_tui.store.reading import list_components, read_config_file

    files = list_components(workspace)[0]
    source: MetricSource = configured_source(read_config_file(workspace), files, folder=workspace.registry)
    component = next((file.fields for file in files if file.id == component_id), None)
    if not source.name or component is None:
        return source.name, {}
    return source.name, read_live(source, component, readings, now, trouble, status=status)
