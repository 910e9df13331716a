"""`kaizen deploy`, `observe`, `learn`, `abort`, `pause`, `resume`: a canary by hand."""

import os
import sys

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_FAILED, EXIT_NO, EXIT_REFUSED, EXIT_UNDECIDED
from kaizen_tui.cli.invocation import Call, command, is_interactive
from kaizen_tui.cli.output import emit, emit_json, note, warn
from kaizen_tui.cli.parameters import known_ticket, ticket_argument
from kaizen_tui.cli.telling import telling
from kaizen_tui.core.canary_state import parts, percent
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.text import safe


@command("deploy", writes=True)
@ticket_argument()
@click.option("--share", metavar="SHARE", help="Of the users, such as 1%; else the rollout's first step.")
@click.option("--print-config", is_flag=True, help="Print what HAProxy's configuration needs; change nothing.")
@click.option("-y", "--yes", is_flag=True, help="With --share 0: don't ask, though the baseline shows no numbers.")
def deploy(call: Call, ticket_id: str, share: str | None, print_config: bool, yes: bool) -> int:
    """Starts the ticket's canary: in review it passes the gate and gives the first share of the users.

    In canary, --share sets another share by hand. 100 % comes with the release alone. `kaizen run` then drives it.
    When it is complete and the baseline's servers run the release, --share 0 gives them all users again.
    """
    from kaizen_tui.cli.decisions import decision_json, print_refusal, print_warnings
    from kaizen_tui.loop.deploy import deploy as start

    ticket_id = known_ticket(call.workspace, ticket_id)
    if print_config:
        return _print_config(call, ticket_id)
    wanted = _share(share)
    if wanted == 0:
        return _to_baseline(call, ticket_id, yes=yes)
    with telling(call.session(), ticket_id) as notifier:
        decision = start(notifier.session, ticket_id, wanted, os.environ)
    if call.json:
        emit_json(decision_json(ticket_id, decision))
    if not decision.allowed:
        print_refusal(decision)
        return EXIT_REFUSED
    print_warnings(decision)
    if not call.json:
        from kaizen_tui.loop.canary_acts import state_of

        state = state_of(call.session(), ticket_id)
        given = state.share if state is not None else 0.0
        emit(f"{ticket_id}: {percent(given)} of the users get the canary; `kaizen run {ticket_id}` drives it")
    return EXIT_DONE


def _share(text: str | None) -> float | None:
    from kaizen_tui.core.units import parse_fraction

    if text is None:
        return None
    try:
        return parse_fraction(text)
    except ValueError as error:
        raise UsageError(f"--share: {error}", hint="such as --share 1%") from None


def _to_baseline(call: Call, ticket_id: str, *, yes: bool) -> int:
    from kaizen_tui.cli.decisions import decision_json
    from kaizen_tui.core.unmet import Decision
    from kaizen_tui.loop import release

    session = call.session()
    found = release.look(session, ticket_id, os.environ)
    if not found.done:
        doubt = release.doubt(session, ticket_id)
        if doubt:
            warn(f"{ticket_id}: {doubt}")
            if not yes and is_interactive() and not _is_sure():
                note("nothing was changed")
                return EXIT_NO
        found = release.to_baseline(session, ticket_id, os.environ)
    if call.json:
        emit_json(decision_json(ticket_id, Decision(True, "complete", False, ticket=ticket_id, current="complete")))
    elif parts(found.given):
        emit(safe(f"{ticket_id}: the baseline's servers have all users; the splitter {found.splitter} is at 0 % again"))
    else:
        emit(safe(f"{ticket_id}: the splitter {found.splitter} stands at 0 % already"))
    return EXIT_DONE


def _is_sure() -> bool:
    sys.stderr.write("Give them all users all the same? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _print_config(call: Call, ticket_id: str) -> int:
    from kaizen_tui.loop.rollouts import haproxy_of, plan_of
    from kaizen_tui.traffic.haproxy_config import Site, haproxy_snippet

    plan = plan_of(call.workspace, ticket_id)
    found = haproxy_of(plan)
    text = haproxy_snippet(Site(plan.component.id, found.socket, found.limit_map, found.salt_map))
    if call.json:
        emit_json({"id": ticket_id, "config": text})
    else:
        emit("\n".join(map(safe, text.rstrip("\n").split("\n"))))
    return EXIT_DONE


@command("observe", writes=True)
@ticket_argument()
@click.option("-f", "--follow", is_flag=True, help="Show each new look, until the canary ends or Ctrl+C.")
def observe(call: Call, ticket_id: str, follow: bool) -> int:
    """Shows how a canary stands. While nobody drives it, takes one look and records it; decides nothing.

    Exit code: 0 to be promoted, 1 to be rolled back, 7 not decided.
    """
    from kaizen_tui.cli.canary_output import observed, shown_look
    from kaizen_tui.loop.observing import follow as looks
    from kaizen_tui.loop.observing import observe as take

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    if not follow:
        seen = take(session, ticket_id)
        shown_look(call, seen, whole=True)
        return observed(seen)
    code = EXIT_UNDECIDED
    for seen in looks(session, ticket_id):
        shown_look(call, seen)
        code = observed(seen)
    return code


@command("learn", writes=True)
@ticket_argument()
def learn(call: Call, ticket_id: str) -> int:
    """Takes one look at a canary and does what follows from it: the next step, a roll-back, the release.

    Exit code: 0 released, 1 rolled back, 4 the release waits for its gate, 6 nothing could be decided, 7 not decided.
    """
    from kaizen_tui.cli.canary_output import report_exit, shown_report
    from kaizen_tui.loop.learn import learn as decide

    ticket_id = known_ticket(call.workspace, ticket_id)
    with telling(call.session(), ticket_id) as notifier:
        report = decide(notifier.session, ticket_id, os.environ)
        notifier.report(report)
    shown_report(call, report)
    return report_exit(report)


@command("abort", writes=True)
@ticket_argument()
@click.option("--note", required=True, metavar="TEXT", help="Why.")
def abort(call: Call, ticket_id: str, note: str) -> int:
    """Aborts the ticket; a canary is rolled back first, which is read back and logged."""
    from kaizen_tui.cli.decisions import decision_json, print_refusal
    from kaizen_tui.loop.learn import abort as end

    ticket_id = known_ticket(call.workspace, ticket_id)
    with telling(call.session(), ticket_id) as notifier:
        decision = end(notifier.session, ticket_id, note, os.environ)
    if call.json:
        emit_json(decision_json(ticket_id, decision))
    if not decision.allowed:
        print_refusal(decision)
        return EXIT_REFUSED
    if not call.json:
        back = "; nobody gets the canary any more" if decision.current == "canary" else ""
        emit(f"{ticket_id}: aborted{back}")
    return EXIT_DONE


@command("pause", writes=True)
@ticket_argument()
@click.option("--note", default="", metavar="TEXT", help="Why.")
def pause(call: Call, ticket_id: str, note: str) -> int:
    """Takes a canary from all users for now; `kaizen resume` gives it back."""
    from kaizen_tui.loop.learn import pause as stop

    ticket_id = known_ticket(call.workspace, ticket_id)
    with telling(call.session(), ticket_id) as notifier:
        stop(notifier.session, ticket_id, note, os.environ)
    return _said(call, ticket_id, 0.0, f"paused; nobody gets the canary; `kaizen resume {ticket_id}` goes on")


@command("resume", writes=True)
@ticket_argument()
@click.option("--note", default="", metavar="TEXT", help="Why.")
def resume(call: Call, ticket_id: str, note: str) -> int:
    """Gives a paused canary the share that it had."""
    from kaizen_tui.loop.learn import resume as go_on

    ticket_id = known_ticket(call.workspace, ticket_id)
    with telling(call.session(), ticket_id) as notifier:
        share = go_on(notifier.session, ticket_id, note, os.environ)
    return _said(call, ticket_id, share, f"{percent(share)} of the users get the canary")


def _said(call: Call, ticket_id: str, share: float, text: str) -> int:
    if call.json:
        emit_json({"id": ticket_id, "share": share})
    else:
        emit(f"{ticket_id}: {text}")
    return EXIT_DONE


@command("run", writes=True)
@ticket_argument("ids", metavar="[ID…]", nargs=-1)
@click.option("--once", is_flag=True, help="One look at each, then end.")
@click.option("--advise", is_flag=True, help="Decide and log; touch nothing.")
def run(call: Call, ids: tuple[str, ...], once: bool, advise: bool) -> int:
    """Drives canaries to their ends: looks, next steps, roll-backs, releases. Without an ID all, until Ctrl+C.

    May be killed at any moment and started again anywhere: it goes on where it was. Exit code: 0 all were released,
    1 one was rolled back, 6 one can't be driven, 7 one isn't decided.
    """
    from kaizen_tui.cli.canary_output import shown_report, waiting
    from kaizen_tui.loop.controller import Controller, Ears

    workspace = call.workspace
    named = [known_ticket(workspace, text) for text in ids]
    ears = Ears(
        lambda report: shown_report(call, report, stream=True, advise=advise),
        lambda one, words: warn(f"{one}: {words}"),
    )
    with waiting() as wait, telling(call.session()) as notifier:
        controller = Controller(notifier.session, named, os.environ, ears, wait, advise=advise, notify=notifier)
        controller.run(once=once)
    statuses = controller.statuses.values()
    if "aborted" in statuses:
        return EXIT_NO
    if controller.failed:
        return EXIT_FAILED
    return EXIT_DONE if all(status == "complete" for status in statuses) else EXIT_UNDECIDED
