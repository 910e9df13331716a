"""How others decide on a canary, small: for the same traffic, seconds to the roll-back of each one.

- z_test: the pooled test of two proportions, one-sided at 5 %, on the totals so far, at every look.
- kayenta: Spinnaker's judge. kayenta-judge/.../NetflixACAJudge.scala calls MannWhitneyClassifier(fraction = 0.25,
  confLevel = 0.98): a metric is "High" when the lower confidence limit of the Mann-Whitney test's location shift is
  above 0.25 times the Hodges-Lehmann estimate's size. Points are the minutes' error ratios of a window.
- argo: the example of Argo Rollouts' docs/features/analysis.md: interval 5m, successCondition result[0] >= 0.95,
  failureLimit 3; an analysis has failed when more measurements failed than the limit (analysis/analysis.go).
- flagger: the example of docs.flagger.app/usage/metrics with the one of its how-it-works page: interval 1m, threshold
  5, request-success-rate min 99; failed checks add up and are not taken back by a check that passes
  (pkg/controller/scheduler.go).
"""

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from canary_scenarios import Array, Traffic

FRACTION, CONFIDENCE = 0.25, 0.98


def first(hit: "Array", seconds: float) -> "Array":
    """Seconds to the first hit of each row."""
    return np.where(hit.any(axis=1), (hit.argmax(axis=1) + 1) * seconds, np.inf)


def z_test(traffic: "Traffic", level: float = 0.05) -> "Array":
    n_b, x_b, n_c, x_c = (np.cumsum(part, axis=1) for part in traffic[:4])
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (x_b + x_c) / (n_b + n_c)
        z = (x_c / n_c - x_b / n_b) / np.sqrt(pooled * (1 - pooled) * (1 / n_b + 1 / n_c))
    return first(np.nan_to_num(z) >= NormalDist().inv_cdf(1 - level), traffic.look)


def per_minute(traffic: "Traffic") -> "tuple[Array, Array]":
    """Error ratios of each minute: baseline, canary."""
    step = max(1, round(60 / traffic.look))
    looks = traffic.baseline_total.shape[1] // step * step
    sums = [part[:, :looks].reshape(len(part), -1, step).sum(axis=2) for part in traffic[:4]]
    return sums[1] / np.maximum(sums[0], 1), sums[3] / np.maximum(sums[2], 1)


def kayenta(traffic: "Traffic", window: int = 60, every: int = 60) -> "Array":
    """window, every: minutes; judged is the window that lies behind."""
    baseline, canary = per_minute(traffic)
    ends = range(window, baseline.shape[1] + 1, every)
    hits = [_is_high(baseline[:, end - window : end], canary[:, end - window : end]) for end in ends]
    if not hits:
        return np.full(len(baseline), np.inf)
    hit = np.stack(hits, axis=1)
    return np.where(hit.any(axis=1), (hit.argmax(axis=1) * every + window) * 60.0, np.inf)


def _is_high(control: "Array", experiment: "Array") -> "Array":
    """The lower limit of the shift's two-sided interval, by the normal approximation of the rank sum."""
    m, n = control.shape[1], experiment.shape[1]
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    place = max(0, round(m * n / 2 - z * math.sqrt(m * n * (m + n + 1) / 12)))
    shifts = np.sort((experiment[:, :, None] - control[:, None, :]).reshape(len(control), -1), axis=1)
    estimate = np.median(shifts, axis=1)
    return (shifts[:, place] > FRACTION * np.abs(estimate)) & (estimate > 0)


def windowed_bad(traffic: "Traffic", minutes: int, every: int) -> "Array":
    """The canary's bad share over the last `minutes`, every so many minutes."""
    step = round(60 / traffic.look) or 1
    total, bad = (np.cumsum(part, axis=1) for part in traffic[2:4])
    found = []
    for end in range(every * step, total.shape[1] + 1, every * step):
        start = end - minutes * step
        n = total[:, end - 1] - (total[:, start - 1] if start > 0 else 0)
        x = bad[:, end - 1] - (bad[:, start - 1] if start > 0 else 0)
        found.append(x / np.maximum(n, 1))
    return np.stack(found, axis=1)


def argo(traffic: "Traffic") -> "Array":
    failed = windowed_bad(traffic, 5, 5) > 0.05
    return first(np.cumsum(failed, axis=1) > 3, 300.0)


def flagger(traffic: "Traffic") -> "Array":
    failed = windowed_bad(traffic, 1, 1) > 0.01
    return first(np.cumsum(failed, axis=1) >= 5, 60.0)


PEERS = {"z-test": z_test, "Kayenta, hourly": kayenta, "Argo": argo, "Flagger": flagger}
