"""A verdict as a line of JSON. Written by hand: a dump of the same takes longer than the verdict."""

import json
import math
from typing import NamedTuple, Self

from kaizen_tui.analysis.settings import Settings
from kaizen_tui.analysis.verdict import Evidence, Verdict


def _quoted(text: str) -> str:
    return json.dumps(text).replace("\x7f", "\\u007f")


class StreamNames(NamedTuple):
    """A stream's name and its SLIs', as JSON."""

    stream: str
    slis: tuple[str, ...]

    @classmethod
    def of(cls, stream: str, settings: Settings) -> Self:
        return cls(_quoted(stream), tuple(_quoted(sli.name) for sli in settings.slis))


def verdict_line(names: StreamNames, verdict: Verdict) -> str:
    """Without a line end, in ASCII. Numbers have seven digits; null stands for what nothing bounds."""
    evidence = verdict.evidence
    ratio = ",".join(
        [f"{name}:[{one.low:.7g},{_number(one.high)}]" for name, one in zip(names.slis, evidence, strict=True)]
    )
    slis = ",".join([f"{name}:{_sli(one)}" for name, one in zip(names.slis, evidence, strict=True)])
    more = f',"why":{_quoted(verdict.why)}' if verdict.why else ""
    if verdict.traffic:
        more += f',"traffic":{_quoted(verdict.traffic)}'
    return (
        f'{{"stream":{names.stream},"t":{verdict.at!r},"verdict":"{verdict.answer}",'
        f'"log_e_rollback":{_number(verdict.log_e_rollback)},"log_e_promote":{_number(verdict.log_e_promote)},'
        f'"ratio":{{{ratio}}},"sli":{{{slis}}}{more}}}'
    )


def _number(value: float | None) -> str:
    return "null" if value is None or value in (math.inf, -math.inf) else f"{value:.7g}"


def _sli(one: Evidence) -> str:
    counts = ""
    if one.counted is not None:
        counts = (
            ',"baseline":{"total":%.15g,"bad":%.15g},"canary":{"total":%.15g,"bad":%.15g}' % one.counted  # noqa: UP031
        )
    if one.bound is not None:
        counts += f',"bound":{one.bound!r}'
    if one.skipped:
        counts += f',"skipped":{_quoted(one.skipped)}'
    promote = "null" if one.log_e_promote is None else f"{one.log_e_promote:.7g}"
    return f'{{"log_e_rollback":{one.log_e_rollback:.7g},"log_e_promote":{promote},"looks":{one.looks}{counts}}}'
