"""The numbers of a dossier as they go into the log with the approval: bounded, JSON, nothing that isn't finite."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaizen_tui.core.scorecard import MetricResult, ScoreCard
    from kaizen_tui.loop.canary_standing import SliStanding, Standing
    from kaizen_tui.metrics.panels import MetricPanel
    from kaizen_tui.tui.ticket.dossier import Dossier

# A log line holds 1 MiB: far more than a screen shows, far less than a hostile score-card could carry.
MOST_ITEMS = 200
MOST_TEXT = 300


def shown_of(dossier: "Dossier", at: str) -> dict[str, Any]:
    """What stood on the screen. at: RFC 3339, when it was confirmed.

    {at, read_at, score_card, criteria, budget: {source, metrics}, canary, unmet}; score_card and canary are null
    without one.
    """
    card, budget, decision = dossier.facts.score_card, dossier.budget, dossier.sheet.decision
    unmet = (*decision.refused, *decision.warnings) if decision is not None else ()
    criteria = [
        {"text": _text(one.text), "kind": "abort" if one.abort else "success", "state": one.mark,
         "automatic": one.automatic, "measured": _number(one.measured), "said": _text(one.said),
         "now": _text(one.live.words) if one.live is not None else None}
        for one in dossier.criteria[:MOST_ITEMS]
    ]  # fmt: skip
    return {
        "at": at,
        "read_at": dossier.at,
        "score_card": _card(card) if card is not None else None,
        "criteria": criteria,
        "budget": {
            "source": _text(budget.source) or None,
            "metrics": [_panel(panel) for panel in budget.panels[:MOST_ITEMS]],
        },
        "canary": _canary(dossier.canary) if dossier.canary is not None else None,
        "unmet": [_text(one.code) for one in unmet[:MOST_ITEMS]],
    }


def _canary(one: "Standing") -> dict[str, Any]:
    """`observations` names the file as far as it was read: `kaizen verify` finds whether it still begins so."""
    sha256, size = one.observations
    return {
        "observations": {"sha256": sha256, "bytes": size} if size else None,
        "share": one.state.wanted,
        "step": one.state.share,
        "answer": one.judged.answer,
        "verdict": one.state.verdict or None,
        "looks": one.looks,
        "data_at": _number(one.data_at),
        "evidence_rollback": _number(one.rollback),
        "needed_rollback": one.needed_rollback,
        "needed_promote": one.needed_promote,
        "slis": [_sli(sli) for sli in one.slis[:MOST_ITEMS]],
    }


def _sli(sli: "SliStanding") -> dict[str, Any]:
    return {
        "name": _text(sli.name),
        "unit": _text(sli.unit),
        "baseline": _number(sli.baseline),
        "canary": _number(sli.canary),
        "ratio": [_number(end) for end in sli.ratio],
        "evidence_rollback": _number(sli.rollback),
        "evidence_promote": _number(sli.promote),
        "looks": sli.looks,
        "events": list(sli.events),
        "bad": list(sli.bad),
    }


def _card(card: "ScoreCard") -> dict[str, Any]:
    return {
        "verdict": card.verdict,
        "pairs": card.pairs,
        "baseline": card.commits.baseline,
        "candidate": card.commits.candidate,
        "metrics": [_metric(metric) for metric in card.metrics[:MOST_ITEMS]],
        "metrics_left_out": max(0, len(card.metrics) - MOST_ITEMS),
    }


def _metric(metric: "MetricResult") -> dict[str, Any]:
    ratio = metric.ratio
    interval = None if ratio is None else [_number(ratio.low), _number(ratio.point), _number(ratio.high)]
    return {
        "name": _text(metric.name),
        "unit": _text(metric.unit),
        "baseline": _number(metric.baseline),
        "candidate": _number(metric.candidate),
        "ratio": interval,
        "verdict": metric.verdict,
    }


def _panel(panel: "MetricPanel") -> dict[str, Any]:
    return {
        "name": _text(panel.name),
        "query": _text(panel.query) or None,
        "value": _number(panel.value),
        "unit": _text(panel.unit),
        "at": _number(panel.at),
        "state": panel.state,
        "budget_left": _number(panel.budget),
        "burn_rate": _number(panel.burn),
    }


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _text(value: str) -> str:
    """Bounded, and without lone surrogates, which no canonical JSON has."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= MOST_TEXT else whole[: MOST_TEXT - 1] + "…"
