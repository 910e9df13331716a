"""A canary in full, for the width that there is: how it stands, on what evidence, how that came, who drives it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from kaizen_tui.core.canary_state import BLIND, parts, percent
from kaizen_tui.core.commands import to_baseline
from kaizen_tui.core.numbers import human_number, with_unit
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import age, parse_rfc3339
from kaizen_tui.tui.canary.drawing import Kind, Row, both_versions, filled, gauge, interval_course
from kaizen_tui.tui.canary.mini import about
from kaizen_tui.tui.celltext import clip, pad
from kaizen_tui.tui.deeds.events_words import one_line
from kaizen_tui.tui.words import BAD, GOOD, MUTED, STRONG, WARN, text

if TYPE_CHECKING:
    from kaizen_tui.loop.canary_standing import SliStanding, Standing

_GAUGE = 10
_CHART = 5  # lines
_LABEL = 11
_BESIDE = 96  # cells from which on two charts stand beside each other
_NARROWEST = 16
_STYLES: dict[Kind, str] = {
    "blank": "", "line": MUTED, "baseline": MUTED, "canary": GOOD, "missed": BAD,
    "open": WARN, "good": GOOD, "bad": BAD,
}  # fmt: skip


def canary_lines(one: "Standing", width: int) -> list[Content]:
    """Everything, in lines of at most `width` cells where words allow it."""
    said = [_place(one, width), *_driver(one), *_state(one), *_last(one), _numbers(one)]
    if one.trouble:
        said.append(Content.assemble(text("✖ ", BAD), text(one.trouble, BAD)))
    if not one.slis:
        words = "no look yet: there is no evidence" if one.runs else "what its looks measured is not kept here"
        return [*said, text(words, MUTED)]
    said += _evidence(one)
    for sli in one.slis:
        said += [Content(""), *_sli(one, sli, width)]
    return said


def summary(one: "Standing", width: int) -> list[Content]:
    """How it stands and on what evidence, without its course: for the pane beside the board."""
    said = [_place(one, width), *_driver(one), *_state(one), _numbers(one)]
    if one.trouble:
        said.append(Content.assemble(text("✖ ", BAD), text(one.trouble, BAD)))
    return [*said, *(_evidence(one) if one.slis else [])]


def _place(one: "Standing", width: int) -> Content:
    state = one.state
    parts_said = [text(percent(state.wanted), STRONG), text(" of the users")]
    if 0 < parts(state.share) < parts(1.0):
        steps = " → ".join(percent(step) for step in (*one.steps, 1.0))
        parts_said.append(text(f"  step {one.step} of {len(one.steps)}", STRONG))
        parts_said += [text(f"  {steps}", MUTED)] if width >= _BESIDE else []
    here, whole = age(int(max(0.0, one.at - state.share_at))), age(int(max(0.0, one.at - state.since)))
    long, short = text(f"  {here} here, {whole} in all", MUTED), text(f"  {here} here", MUTED)
    said = Content.assemble(*parts_said, long)
    return said if said.cell_length <= width else Content.assemble(*parts_said, short)


def _driver(one: "Standing") -> list[Content]:
    if one.status != "canary":
        return []
    if one.driven_by:
        return [text(f"{one.driven_by} drives it", MUTED)]
    return [Content.assemble(text("⚠ nobody drives this canary: ", WARN), text(f"`kaizen run {one.id}`", WARN))]


def _state(one: "Standing") -> list[Content]:
    """What is out of the ordinary, and the judge's answer."""
    state, said = one.state, []
    if state.ending is not None:
        done = "rolled back, and read back" if state.ending.verified else "being rolled back; not confirmed yet"
        said.append(text(f"✖ {done}: {state.ending.reason}", BAD))
        return said
    if one.status == "complete":
        said.append(text("✔ released to all users", GOOD))
        if one.stands:
            said.append(text(f"once the baseline's servers run it: `{to_baseline(one.id)}`", WARN))
        return said
    if state.lost:
        said.append(text(f"✖ the splitter can't be reached: {state.lost}", BAD))
    if state.pause is not None:
        why = f": {state.pause.reason}" if state.pause.reason else ""
        style, what = (BAD, "nobody gets it for now") if state.pause.cause == BLIND else (WARN, "paused")
        said.append(text(f"‖ {what}{why}", style))
    if one.judged.astray:
        said.append(text(f"⚠ {one.judged.astray}", WARN))
    answer = one.judged.answer
    if answer == "rollback":
        said.append(text(f"✖ it has to go back: {one.judged.why}", BAD))
    elif one.held:
        why = f": {one.judged.why}" if one.judged.why else ""
        said.append(text(f"⚠ hold, a person has to look{why}", WARN))
    elif one.in_doubt:
        said.append(
            text("⚠ verdict promote, but the looks that are here don't suffice for it: nothing is released yet", WARN)
        )
    elif state.verdict == "promote":
        said.append(text("✔ verdict promote: it waits for the approvals", GOOD))
    elif answer == "promote":
        then = "the next step" if one.next_share is not None else "the release"
        stays = f"; it stays {age(int(one.stays))} longer, as `min_duration` asks" if one.stays else ""
        said.append(text(f"✔ there is the evidence for {then}{stays}", GOOD))
    elif one.estimate is not None and one.estimate.kind == "rollback":
        said.append(text(f"✖ on its way back in about {about(one.estimate.seconds)[1:]}, if it goes on like this", BAD))
    elif one.estimate is not None:
        then = "the next step" if one.next_share is not None else "the verdict"
        said.append(text(f"about {about(one.estimate.seconds)[1:]} to {then}, if it goes on like this", MUTED))
    elif one.runs and state.pause is None:
        said.append(text("it waits for evidence", MUTED))
    return said


def _last(one: "Standing") -> list[Content]:
    """The last decision, who took it and when."""
    if one.last is None:
        return []
    ago = age(int(max(0.0, one.at - parse_rfc3339(one.last.at))))
    head = text("last decision  ", MUTED)
    return [Content.assemble(head, text(one_line(one.last.as_dict())), text(f"  {ago} ago", MUTED))]


def _numbers(one: "Standing") -> Content:
    events = max((sum(sli.events) for sli in one.slis), default=0)
    counted = f"{one.looks} looks counted" + (f" · {human_number(float(events))} events" if events else "")
    if one.data_age is None:
        none = text(" · no numbers of both versions yet", WARN) if one.runs else Content("")
        return Content.assemble(text(counted, MUTED), none)
    data = text(f" · data {age(int(one.data_age))} old", BAD if one.stale and one.runs else MUTED)
    return Content.assemble(text(counted, MUTED), data)


def _evidence(one: "Standing") -> list[Content]:
    """Of all SLIs together."""
    promotes = [sli.promote for sli in one.slis]
    known = [value for value in promotes if value is not None]
    lowest = min(known) if len(known) == len(promotes) else None
    back = _gauge("✖ to go back", one.rollback, one.needed_rollback, BAD)
    if lowest is None:
        return [back]
    return [back, _gauge("✔ to go on  ", lowest, one.needed_promote, GOOD)]


def _gauge(name: str, value: float, needed: float, style: str) -> Content:
    full, empty = gauge(filled(value, needed, _GAUGE), _GAUGE)
    return Content.assemble(
        text(f"{name} ", MUTED),
        Content.styled(full, style),
        Content.styled(empty, MUTED),
        text(f" {_evalue(value)} of {needed:g}"),
    )


def _evalue(value: float) -> str:
    return ">1M" if value > 1e6 else "<0.01" if value < 0.01 else human_number(value)


def _sli(one: "Standing", sli: "SliStanding", width: int) -> list[Content]:
    values = [text(f"{clip(safe(sli.name), 28)}  ", STRONG)]
    for value, whose in ((sli.canary, "canary"), (sli.baseline, "baseline")):
        shown = "–" if value is None else with_unit(value, safe(sli.unit))
        missed = whose == "canary" and value is not None and sli.target is not None and not sli.target.meets(value)
        values += [text(shown, BAD if missed else STRONG), text(f" {whose}   ", MUTED)]
    values.append(_ratio(sli, width))
    gauges = [_gauge("✖", sli.rollback, one.needed_rollback, BAD)]
    if sli.promote is not None:
        gauges += [Content("   "), _gauge("✔", sli.promote, one.needed_promote, GOOD)]
    counts = f"   {sli.looks} looks"
    if sum(sli.events):
        both = [f"{bad:,} of {human_number(float(all_))}" for bad, all_ in zip(sli.bad, sli.events, strict=True)]
        what = f"above {sli.bound}" if sli.bound else "bad"
        counts += f" · {what}: canary {both[1]}, baseline {both[0]}"
    said = [Content.assemble(*values)]
    if width >= _BESIDE + 20:
        said.append(Content.assemble(*gauges, text(counts, MUTED)))
    else:
        said += [Content.assemble(*gauges), text(counts.strip(), MUTED)]
    if sli.skipped:
        said.append(text(f"the last look didn't count: {sli.skipped}", WARN))
    return [*said, *_charts(sli, width)]


def _ratio(sli: "SliStanding", width: int) -> Content:
    low, high = sli.ratio
    if low is None or high is None:
        return text("ratio not known yet", MUTED)
    limit = sli.promote_ratio
    style = BAD if low > 1 else GOOD if limit is not None and high < limit else ""
    asked = "" if limit is None or width < _BESIDE else f" (below {limit:g} to go on)"
    return Content.assemble(text("ratio ", MUTED), text(f"[{low:.2f}, {high:.2f}]", style), text(asked, MUTED))


def _charts(sli: "SliStanding", width: int) -> list[Content]:
    """The course of both versions on one axis with the target, and of the interval of their ratio."""
    course, target = sli.course, sli.target
    beside = width >= _BESIDE
    room = (width - 4) // 2 - _LABEL - 1 if beside else width - _LABEL - 2
    if room < _NARROWEST or len(course) < 2:
        return []
    ends = [band.low for band in course], [band.high for band in course]
    right = _drawn(interval_course(*ends, sli.promote_ratio, room, _CHART), "×")
    legend = text(pad(" " * (_LABEL + 1) + "canary ÷ baseline: the interval", room + _LABEL + 1), MUTED)
    if target is None or all(band.baseline is None and band.canary is None for band in course):
        return [legend, *right]
    rows = both_versions([band.baseline for band in course], [band.canary for band in course], target, room, _CHART)
    left = _drawn(rows, f" {safe(sli.unit)}".rstrip(), slo=target.threshold)
    both = Content.assemble(
        Content(" " * (_LABEL + 1)), text("■", GOOD), text(" canary  ", MUTED), text("─ baseline  ┄ SLO", MUTED)
    )
    if not beside:
        return [both, *left, legend, *right]
    used = _LABEL + 1 + cell_len("■ canary  ─ baseline  ┄ SLO")
    gap = Content(" " * (room + _LABEL + 3 - used))
    return [Content.assemble(both, gap, legend), *_beside(left, right)]


def _beside(left: Iterable[Content], right: Iterable[Content]) -> list[Content]:
    return [Content.assemble(one, Content("  "), two) for one, two in zip(left, right, strict=True)]


def _drawn(rows: Iterable[Row], unit: str, slo: float | None = None) -> list[Content]:
    lines = []
    for row in rows:
        label = ""
        if row.label is not None:
            name = "SLO " if slo is not None and row.label == slo else ""
            label = clip(f"{name}{human_number(row.label)}{unit}", _LABEL)
        runs = [Content.styled(words, _STYLES[kind]) if _STYLES[kind] else Content(words) for words, kind in row.runs]
        lines.append(Content.assemble(text(f"{label:>{_LABEL}} ", MUTED), *runs))
    return lines
