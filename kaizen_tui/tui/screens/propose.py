"""Metrics that a component's server has series for: proposed, ticked, written into the component's file."""

from typing import TYPE_CHECKING

from kaizen_tui.core.errors import NotFoundError
from kaizen_tui.core.numbers import with_unit
from kaizen_tui.metrics.propose import Proposal
from kaizen_tui.tui.celltext import pad, shown, wrap
from kaizen_tui.tui.messages import Failed
from kaizen_tui.tui.platform_actions import PROPOSE
from kaizen_tui.tui.platform_messages import ProposalsAdded, ProposalsReady
from kaizen_tui.tui.screens.full import FullScreen
from kaizen_tui.tui.widgets.bars import Piece
from kaizen_tui.tui.widgets.cards import BAR, Line
from kaizen_tui.tui.widgets.slo_lines import fit
from kaizen_tui.tui.words import error_text

if TYPE_CHECKING:
    from kaizen_tui.tui.app import KaizenApp

_FAILED = "proposing"
_HEAD, _DETAIL = 2, 3  # lines above the list, below it


def read_proposals(app: "KaizenApp", component_id: str) -> tuple[Proposal, ...]:
    """In a worker: what the server has for the component. Raises KaizenError in words."""
    from kaizen_tui.loop.models import find_component
    from kaizen_tui.loop.propose import proposals

    component = find_component(app.workspace, component_id)
    if component is None:
        raise NotFoundError(f"the registry has no component {component_id}")
    return proposals(app.main.slo.reading.source, component, app.now())


class ProposeScreen(FullScreen):
    """A list with ticks. What is picked is written all at once, or not at all."""

    CONTEXT = PROPOSE

    def __init__(self, app: "KaizenApp", component: str) -> None:
        super().__init__(app)
        self._component = component
        self.proposals: tuple[Proposal, ...] | None = None
        self.trouble = ""
        self.at = 0
        self.picked: set[int] = set()
        self._writing = False

    def on_mount(self) -> None:
        super().on_mount()
        app, component = self.kaizen, self._component
        app.jobs.ask(
            lambda: ProposalsReady(read_proposals(app, component)),
            self.post_message,
            lambda error: Failed(_FAILED, error),
        )

    def on_proposals_ready(self, message: ProposalsReady) -> None:
        self.proposals = message.proposals
        self.draw()

    def on_failed(self, message: Failed) -> None:
        message.stop()
        self._writing = False
        if self.proposals is None:
            self.trouble = error_text(message.error)
            self.draw()
        else:
            self.key_bar.say(error_text(message.error), bad=True)

    def draw(self) -> None:
        tones = self.head.palette.normal
        title: list[Piece] = [
            (" Metrics from the server ", tones.accent),
            (f" {shown(self._component)}", tones.text),
        ]
        if self.proposals is not None:
            title.append((f"   {len(self.picked)} of {len(self.proposals)} picked", tones.muted))
        self.head.show(title, self.source_pieces())
        self.body.show(self._lines())

    def _lines(self) -> list[Line]:
        palette, (width, height) = self.body.palette, self.body.size
        tones, found = palette.normal, self.proposals
        blank = fit([], width, tones.text)
        if self.trouble:
            said = wrap(shown(self.trouble), width - 4, max(1, height - 1))
            return [blank, *(fit([(f" {' ' if nth else '✖'} {text}", tones.error)], width, tones.text)
                             for nth, text in enumerate(said))]  # fmt: skip
        if found is None:
            return [blank, fit([(" Asking the server which series it has …", tones.muted)], width, tones.text)]
        if not found:
            return [blank, fit([(" The server has no series that could be measured.", tones.text)], width, tones.text)]
        names = min(40, max(20, width - 48))
        room = max(1, height - _HEAD - _DETAIL)
        top = max(0, min(self.at - room // 2, len(found) - room))
        head = f"     {pad('METRIC', names)} {'NOW':>12}  {'TARGET':>10} {'ABORT':>10}"
        lines = [fit([(head, palette.heading)], width, palette.heading)]
        lines += [self._row(nth, names, width) for nth in range(top, min(len(found), top + room))]
        lines += [blank] * (height - _DETAIL - len(lines))
        return [*lines, *self._detail(found[self.at], width)]

    def _row(self, nth: int, names: int, width: int) -> Line:
        palette = self.body.palette
        one = (self.proposals or ())[nth]
        tones = palette.selected if nth == self.at else palette.normal
        box = "✔" if one.taken else "–" if one.problem else "☑" if nth in self.picked else "☐"
        value = "–" if one.value is None else with_unit(one.value, one.unit)
        pieces: list[Piece] = [
            (BAR if nth == self.at else " ", tones.accent),
            (f" {box}  ", tones.accent if nth in self.picked else tones.muted),
            (pad(shown(one.name), names), tones.muted if one.taken or one.problem else tones.title),
            (f" {shown(value):>12}", tones.text),
            (f"  {shown(one.threshold) or '–':>10} {shown(one.abort_threshold) or '–':>10}", tones.muted),
        ]
        return fit(pieces, width, tones.text)

    def _detail(self, one: Proposal, width: int) -> list[Line]:
        """The chosen one in full: what it measures, and why it can't be picked."""
        palette, tones = self.body.palette, self.body.palette.normal
        sli = ", ".join(f"{key}: {value}" for key, value in one.sli.items())
        said: Piece = (f" {shown(one.words)}", tones.text)
        if one.taken:
            said = (f" the component measures this already, as {shown(one.taken)}", tones.muted)
        elif one.problem:
            said = (f" it can't be picked: {shown(one.problem)}", tones.warning)
        return [
            fit([("─" * width, palette.rule)], width, tones.text),
            fit([said], width, tones.text),
            fit([(f" sli: {shown(sli)}", tones.muted)], width, tones.text),
        ]

    # Keys

    def action_step(self, down: int) -> None:
        if self.proposals:
            self.at = max(0, min(len(self.proposals) - 1, self.at + down))
            self.draw()

    def action_tick(self) -> None:
        if not self.proposals:
            return
        one = self.proposals[self.at]
        if one.taken or one.problem:
            self.key_bar.say("this one can't be picked: the lines below say why")
            return
        self.picked ^= {self.at}
        self.draw()

    def action_add(self) -> None:
        """Writes what is picked."""
        if self._writing or self.proposals is None:
            return
        if not self.picked:
            self.key_bar.say("Space picks a metric first")
            return
        self._writing = True
        chosen = [self.proposals[nth] for nth in sorted(self.picked)]
        desk, component = self.kaizen.desk, self._component

        def write() -> ProposalsAdded:
            from kaizen_tui.loop.propose import add_metrics

            add_metrics(desk.writing(), component, chosen)
            return ProposalsAdded(tuple(one.name for one in chosen))

        self.kaizen.jobs.ask(write, self.post_message, lambda error: Failed(_FAILED, error), writes=True)

    def on_proposals_added(self, message: ProposalsAdded) -> None:
        self.kaizen.main.slo.registry_changed()
        self.dismiss(None)
        below = self.kaizen.screen_stack[-1]
        if isinstance(below, FullScreen):
            below.key_bar.say(f"written to {self._component}: {', '.join(message.names)}")
