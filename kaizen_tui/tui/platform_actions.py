"""The keys of components, flow and time travel."""

from kaizen_tui.tui.action import Action

COMPONENTS, CHART, FLOW, PROPOSE = "components", "chart", "flow", "propose"

_BOARD, _SEE, _TIME = "board", "The board", "Time travel"
_COMPONENT, _METRIC, _FLOWING = "Components", "A metric's chart", "Flow metrics"
_PROPOSING = "Metrics from the server"


def _on(context: str, group: str, name: str, keys: str, label: str, text: str, method: str, footer: int = 0,
        argument: int | None = None, writes: bool = False) -> Action:  # fmt: skip
    """keys: separated by blanks."""
    return Action(name, tuple(keys.split()), label, text, group, context, method, footer, writes, argument)


def _component(name: str, keys: str, label: str, text: str, method: str, footer: int = 0,
               argument: int | None = None, writes: bool = False) -> Action:  # fmt: skip
    return _on(COMPONENTS, _COMPONENT, f"component.{name}", keys, label, text, method, footer, argument, writes)


def _chart(name: str, keys: str, label: str, text: str, method: str, footer: int = 0,
           argument: int | None = None, writes: bool = False) -> Action:  # fmt: skip
    return _on(CHART, _METRIC, f"chart.{name}", keys, label, text, method, footer, argument, writes)


PLATFORM_ACTIONS: tuple[Action, ...] = (
    _on(_BOARD, _SEE, "board.components", "c", "components", "The components and how they keep their objectives",
        "components", 5),
    _on(_BOARD, "Tickets", "ticket.about_slo", "N", "new about an SLO",
        "A new ticket about the metric named above the panels: it misses its target or burns its budget",
        "new_about_slo", 0, None, True),
    _on(_BOARD, _SEE, "board.flow", "f", "flow", "Lead and cycle time, throughput, work in progress, failure rate",
        "flow", 5),
    _on(_BOARD, _TIME, "time.travel", "t", "time", "The board as it was yesterday; again: back to now", "travel", 6),
    _on(_BOARD, _TIME, "time.day_back", "left_square_bracket", "a day back", "A day further back", "scrub", 0, -1),
    _on(_BOARD, _TIME, "time.day_on", "right_square_bracket", "a day on", "A day towards now", "scrub", 0, 1),
    _on(_BOARD, _TIME, "time.week_back", "left_curly_bracket", "a week back", "A week further back", "scrub", 0, -7),
    _on(_BOARD, _TIME, "time.week_on", "right_curly_bracket", "a week on", "A week towards now", "scrub", 0, 7),
    _component("next", "j down", "component", "The next component", "step", 3, 1),
    _component("previous", "k up", "component", "The component before", "step", 3, -1),
    _component("first", "home g", "first", "The first component", "end", 0, 0),
    _component("last", "end G", "last", "The last component", "end", 0, 1),
    _component("metric_next", "l right tab", "metric", "The next metric", "metric", 4, 1),
    _component("metric_previous", "h left shift+tab", "metric", "The metric before", "metric", 0, -1),
    _component("chart", "enter", "chart", "The metric's chart, over hours or weeks", "chart", 1),
    _component("new", "n", "new ticket", "A new ticket about the metric", "new_ticket", 2, None, True),
    _component("1h", "1", "1h", "The last hour", "span", 0, 0),
    _component("6h", "2", "6h", "The last six hours", "span", 0, 1),
    _component("1d", "3", "1d", "The last day", "span", 0, 2),
    _component("7d", "4", "7d", "The last week", "span", 0, 3),
    _component("30d", "5", "30d", "The last thirty days", "span", 0, 4),
    _component("shorter", "plus", "shorter", "A shorter span", "longer", 0, -1),
    _component("longer", "minus", "longer span", "A longer span", "longer", 5, 1),
    _component("figures", "i", "figures", "Budget, burn rates, age and query of the metric, or more of the charts",
        "figures", 5),
    _component("propose", "p", "from the server", "Pick metrics from the series that the server has", "propose", 5),
    _component("back", "escape q c", "back", "Back to the board", "back", 6),
    _component("help", "question_mark", "help", "The help page", "help", 7),
    _chart("1h", "1", "1h", "The last hour", "span", 1, 0),
    _chart("6h", "2", "6h", "The last six hours", "span", 2, 1),
    _chart("1d", "3", "1d", "The last day", "span", 3, 2),
    _chart("7d", "4", "7d", "The last week", "span", 4, 3),
    _chart("30d", "5", "30d", "The last thirty days", "span", 5, 4),
    _chart("shorter", "l right plus", "shorter", "A shorter span", "longer", 0, -1),
    _chart("longer", "h left minus", "longer", "A longer span", "longer", 0, 1),
    _chart("versions", "v", "versions", "Baseline and canary as two curves, or all of it as one", "versions", 6),
    _chart("new", "n", "new", "A new ticket about the metric", "new_ticket", 7, None, True),
    _chart("back", "escape q enter", "back", "Back to the components", "back", 8),
    _chart("help", "question_mark", "help", "The help page", "help", 9),
    _on(PROPOSE, _PROPOSING, "propose.pick", "space", "pick", "Pick the metric, or unpick it", "tick", 1),
    _on(PROPOSE, _PROPOSING, "propose.write", "enter", "write them", "Write what is picked into the component's file",
        "add", 2, None, True),
    _on(PROPOSE, _PROPOSING, "propose.next", "j down", "metric", "The next metric", "step", 3, 1),
    _on(PROPOSE, _PROPOSING, "propose.previous", "k up", "metric", "The metric before", "step", 3, -1),
    _on(PROPOSE, _PROPOSING, "propose.back", "escape q p", "back", "Back to the components", "back", 4),
    _on(PROPOSE, _PROPOSING, "propose.help", "question_mark", "help", "The help page", "help", 5),
    _on(FLOW, _FLOWING, "flow.back", "escape q f", "back", "Back to the board", "back", 1),
    _on(FLOW, _FLOWING, "flow.longer", "h left minus", "longer", "A longer span of the past", "longer", 2, 1),
    _on(FLOW, _FLOWING, "flow.shorter", "l right plus", "shorter", "A shorter span of the past", "longer", 3, -1),
    _on(FLOW, _FLOWING, "flow.help", "question_mark", "help", "The help page", "help", 4),
)  # fmt: skip
