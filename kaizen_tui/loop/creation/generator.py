"""Runs a generator: a command of config.yml that proposes a change, in the sandbox."""

import json
import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from kaizen_tui.core.checker import FieldErrors
from kaizen_tui.core.config import Generator
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.typed import StrictBlock
from kaizen_tui.loop.evaluation.bench import how, python_environment, shown, tail
from kaizen_tui.sandbox.bwrap import SOCKETS
from kaizen_tui.sandbox.host import python_paths
from kaizen_tui.sandbox.inside import read_inside
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine
from kaizen_tui.sandbox.run import run
from kaizen_tui.sandbox.spec import Limits, Mode, Spec
from kaizen_tui.sandbox.worktree import Worktree
from kaizen_tui.store.reading import TicketFile

NOTHING_TO_DO = 3  # the exit code by which a generator says so
_RESULT, _TICKET = "result.json", "ticket.yml"
_RESULT_BYTES = 1 << 20
_Words = Annotated[str, Field(strict=True, max_length=10_000)]


class GeneratorError(StoreError):
    """A generator failed. printed: the end of what it said, hostile."""

    def __init__(self, what: str, printed: str, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.printed = printed


class Result(StrictBlock):
    """What a generator may say of its proposal. All of it is hostile text."""

    summary: _Words = ""
    tests: _Words = ""
    risk: _Words = ""
    notes: _Words = ""


def generate(
    lease: Lease,
    machine: Machine,
    tree: Worktree,
    generator: Generator,
    ticket: TicketFile,
    mode: Mode,
    env: Mapping[str, str],
) -> Result | None:
    """Lets it work in `tree`; None when it has nothing to do. env: where the variables of `pass_env` are.

    Raises GeneratorError, UsageError, StoreError.
    """
    exchange = f"{lease.folder}/exchange"
    os.mkdir(exchange)
    with open(f"{exchange}/{_TICKET}", "wb") as file:
        file.write(ticket.data)
    limits = limits_of(generator)
    inside = SOCKETS if mode == "bubblewrap" else exchange
    environment = {
        **python_environment(),
        **_passed(generator, env),
        "KAIZEN_TICKET_ID": ticket.id,
        "KAIZEN_TICKET_FILE": f"{inside}/{_TICKET}",
        "KAIZEN_RESULT_FILE": f"{inside}/{_RESULT}",
        "KAIZEN_BASE_SHA": tree.commit,
        "KAIZEN_BUDGET_SECONDS": f"{limits.time:g}",
    }
    spec = Spec(
        generator.command,
        tree.path,
        name="generator",
        environment=environment,
        stdin=json.dumps(ticket.raw).encode() + b"\n",
        read_only=(*python_paths(), *generator.read_only),
        sockets=exchange,
        network=generator.network,
        limits=limits,
        mode=mode,
    )
    outcome = run(lease, spec, machine)
    if outcome.exit_code == NOTHING_TO_DO and not outcome.troubles:
        return None
    if not outcome.ok:
        what = f"the generator {shown(generator.command)} {how(outcome)}"
        raise GeneratorError(what, tail(outcome), "nothing was made; run it by hand to see why")
    try:
        return _result(exchange)
    except StoreError as error:
        what = f"the result of the generator {shown(generator.command)} can't be taken: {error.what}"
        raise GeneratorError(what, tail(outcome), error.hint) from error


def limits_of(generator: Generator) -> Limits:
    """The sandbox's own limits where the settings give none."""
    usual = Limits()
    return Limits(
        memory=generator.memory or usual.memory,
        pids=generator.pids or usual.pids,
        time=generator.time or usual.time,
        disk=generator.disk or usual.disk,
    )


def _passed(generator: Generator, env: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in generator.pass_env if not env.get(name)]
    if missing:
        raise UsageError(f"the generator needs ${missing[0]}, which isn't set", hint="set it, or take it from pass_env")
    return {name: env[name] for name in generator.pass_env}


def _result(exchange: str) -> Result:
    if not os.path.lexists(f"{exchange}/{_RESULT}"):
        return Result()
    hint = "write an object with the texts summary, tests, risk and notes, or nothing"
    try:
        raw = json.loads(read_inside(exchange, _RESULT, _RESULT_BYTES))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"$KAIZEN_RESULT_FILE holds no JSON ({error})", hint=hint) from None
    try:
        return Result.read(raw)
    except FieldErrors as wrong:
        raise StoreError(f"$KAIZEN_RESULT_FILE: {wrong.errors[0].message}", hint=hint) from None
