"""How a ticket's canary is rolled out: the settings in effect, the splitter, the SLIs that decide."""

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from kaizen_tui.core.canary_plan import canary_steps, promote_ratio
from kaizen_tui.core.component import Component, Metric
from kaizen_tui.core.config import Config, HaproxySplitter
from kaizen_tui.core.errors import NotFoundError, UsageError
from kaizen_tui.core.rollout import Rollout
from kaizen_tui.core.sli import GaugeSli, RateSli, RatioSli
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.models import find_component, load_config, ticket_model
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.trust import need_trust
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.traffic.splitter import Draw, Splitter

if TYPE_CHECKING:
    from kaizen_tui.analysis.settings import Settings, Sli
    from kaizen_tui.core.config import Splitter as SplitterConfig

_DAY = 86400.0  # seconds of looks that are planned where no `max_duration` is
_GAUGE_WEIGHT = 0.2
_HINT = "docs/canary.md shows what a component needs"


class Plan(NamedTuple):
    """What the files say of one canary. draw: which users it gets."""

    ticket: Ticket
    component: Component
    config: Config
    rollout: Rollout
    draw: Draw


def plan_of(workspace: Workspace, ticket_id: str) -> Plan:
    """Raises NotFoundError, YamlProblems, StoreError; UsageError where the settings allow no canary."""
    ticket = ticket_model(workspace, read_ticket_file(workspace, ticket_id))
    component = find_component(workspace, ticket.component)
    if component is None:
        what = f"the registry has no component {quoted(ticket.component)}, so nothing says who gets the canary"
        raise NotFoundError(what, where=workspace.relative(workspace.ticket_path(ticket_id)))
    rollout = rollout_of(ticket, component)
    if not canary_steps(rollout):
        raise UsageError("no step of the rollout is below 100 %", hint="such as `steps: [1%, 5%, 25%, 100%]`")
    return Plan(ticket, component, load_config(workspace), rollout, Draw(ticket_id, ticket.uid))


def rollout_of(ticket: Ticket, component: Component) -> Rollout:
    """The component's settings; each that the ticket has of its own wins."""
    rollout = component.rollout or Rollout()
    own = ticket.rollout
    if own is None:
        return rollout
    return rollout.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def splitter_of(workspace: Workspace, plan: Plan, env: Mapping[str, str], begun: str = "") -> Splitter:
    """The splitter of a canary. begun: the name of the one that it began with, else it is the one of the settings.

    Raises UsageError where there is none, UntrustedError, SplitterError.
    """
    if begun:
        return splitter_named(workspace, plan.config, begun, env)
    return _splitter(workspace, *splitter_settings(plan), env)


def splitter_named(workspace: Workspace, config: Config, name: str, env: Mapping[str, str]) -> Splitter:
    """Raises as `splitter_of`."""
    settings = config.splitters.get(name)
    if settings is None:
        raise UsageError(f"the canary began at the splitter {quoted(name)}, which config.yml doesn't have any more")
    return _splitter(workspace, name, settings, env)


def _splitter(workspace: Workspace, name: str, settings: "SplitterConfig", here: Mapping[str, str]) -> Splitter:
    need_trust(workspace, here, f"the splitter {quoted(name)}")
    if settings.type == "haproxy":
        from kaizen_tui.traffic.haproxy import HaproxyMaps, ask_socket

        socket = settings.socket
        return HaproxyMaps(name, settings.limit_map, settings.salt_map, lambda text: ask_socket(socket, text), socket)
    if settings.type == "flagd":
        from kaizen_tui.traffic.flagd import FlagFile

        return FlagFile(name, os.path.join(workspace.root, settings.file), settings.flag)
    from kaizen_tui.traffic.command import ShareCommand

    return ShareCommand(name, settings.command, workspace.root, here)


def splitter_settings(plan: Plan) -> "tuple[str, SplitterConfig]":
    """The splitter that `rollout.splitter` means: a name of config.yml's, or a type of which there is one; without
    it the only one that there is. Raises UsageError."""
    known, wanted = plan.config.splitters, plan.rollout.splitter
    if wanted is not None and wanted in known:
        return wanted, known[wanted]
    found = [name for name, one in known.items() if wanted in (None, one.type)]
    if len(found) == 1:
        return found[0], known[found[0]]
    if wanted is None:
        what = "config.yml has no splitter" if not known else "config.yml has several splitters"
        raise UsageError(f"{what}, and no `rollout.splitter` names one", hint=_HINT)
    which = "no splitter" if not found else f"{len(found)} splitters"
    raise UsageError(f"`rollout.splitter` is {quoted(wanted)}, and config.yml has {which} of that name or type")


def haproxy_of(plan: Plan) -> HaproxySplitter:
    """Its HAProxy. Raises UsageError where the splitter is another one."""
    name, settings = splitter_settings(plan)
    if settings.type != "haproxy":
        raise UsageError(f"the splitter {quoted(name)} is of type {settings.type}: it needs no configuration")
    return settings


def deciding(plan: Plan) -> tuple[Metric, ...]:
    """The metrics that decide: those named in `rollout.slis`, else all that count events. Raises UsageError."""
    component, named = plan.component, plan.rollout.slis
    if component.versions is None:
        raise UsageError(
            f"{component.id} doesn't say how its versions are told apart", hint="give it `versions:`; " + _HINT
        )
    if not named:
        found = tuple(one for one in component.metrics if one.sli is not None and _events(one))
        if not found:
            raise UsageError(f"{component.id} has no metric that counts events, so nothing can be judged", hint=_HINT)
        return found
    metrics = []
    for name in named:
        metric = component.metric(name)
        if metric is None or metric.sli is None:
            what = f"`rollout.slis` names {quoted(name)}, which has no `sli`" if metric else ""
            raise UsageError(what or f"`rollout.slis` names {quoted(name)}, which {component.id} doesn't have")
        if isinstance(metric.sli, RateSli) or (isinstance(metric.sli, GaugeSli) and metric.direction == "higher"):
            raise UsageError(f"{name} can't judge a canary: more of it is no worse than less", hint=_HINT)
        metrics.append(metric)
    return tuple(metrics)


def _events(metric: Metric) -> bool:
    return not isinstance(metric.sli, GaugeSli | RateSli)


def judge_settings(plan: Plan, share: float) -> "Settings":
    """What the judge is told when it begins at this share of the users, but for what the baseline's past says.

    Raises UsageError where nothing can be judged so.
    """
    from kaizen_tui.analysis.settings import Settings

    rollout = plan.rollout
    looks = math.ceil((rollout.max_duration or _DAY) / rollout.look)
    try:
        slis = tuple(_sli(metric, share) for metric in deciding(plan))
        return Settings(slis, alpha=rollout.alpha, beta=rollout.beta, planned_looks=max(1, looks))
    except ValueError as error:
        raise UsageError(f"{plan.component.id} can't be judged: {error}", hint=_HINT) from None


def _sli(metric: Metric, share: float) -> "Sli":
    from kaizen_tui.analysis.settings import Sli

    ratio = promote_ratio(share)
    if isinstance(metric.sli, RatioSli):
        objective = metric.objective / 100.0 if metric.objective is not None else None
        return Sli(metric.name, "ratio", promote_ratio=ratio, objective=objective)
    if isinstance(metric.sli, GaugeSli):
        return Sli(metric.name, "gauge", promote_ratio=ratio, weight=_GAUGE_WEIGHT, limit=metric.abort_threshold)
    return Sli(metric.name, "histogram", promote_ratio=ratio)
