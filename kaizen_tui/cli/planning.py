"""`kaizen plan`: tickets from alerts, once from a file or as they come."""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_FAILED, EXIT_NOT_FOUND, complain, error_line, explain
from kaizen_tui.cli.invocation import Call, command, is_interactive
from kaizen_tui.cli.output import emit, emit_json, note, warn
from kaizen_tui.cli.parameters import COMPONENT_ID, known_component
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.cli.webhook import Webhook
    from kaizen_tui.core.alert import Payload
    from kaizen_tui.loop.alerts import Outcome
    from kaizen_tui.loop.context import Session

DEFAULT_PORT = 9099
TOKEN = "KAIZEN_WEBHOOK_TOKEN"  # noqa: S105 (the variable's name)
_QUIET = ("known", "ignored")


@command("plan", writes=True)
@click.option(
    "--from-alerts", "source", metavar="FILE|-", help="Read Alertmanager's webhook JSON, or its list of alerts."
)
@click.option("--listen", metavar="HOST:PORT", help="Serve the webhook at http://HOST:PORT/alerts.")
@click.option("-c", "--component", type=COMPONENT_ID, metavar="ID", help="For alerts that name none of the registry.")
def plan(call: Call, source: str | None, listen: str | None, component: str | None) -> int:
    """Makes a draft ticket of each alert, never two of one; notes on it when the alert ends or comes back.

    An alert's labels say what it is about: component, slo (a metric of it), severity (page, ticket). With a
    $KAIZEN_WEBHOOK_TOKEN the webhook takes only requests that carry it, and may listen on other addresses than this
    machine's own.
    """
    if component is not None:
        from kaizen_tui.store.reading import read_component_file

        read_component_file(call.workspace, known_component(call.workspace, component))
    if source is not None and listen is None:
        return _once(call, source, component)
    if listen is not None and source is None:
        return _listen(call, listen, component)
    raise UsageError(
        "nothing to plan from" if source is None else "--from-alerts and --listen exclude each other",
        hint=f"`kaizen plan --from-alerts FILE`, or `kaizen plan --listen 127.0.0.1:{DEFAULT_PORT}`",
    )


def _once(call: Call, source: str, component: str | None) -> int:
    from kaizen_tui.core.alert import read_payload
    from kaizen_tui.loop.alerts import plan_from_alerts

    session = call.session()  # before standard input is waited for
    data, name = _read(source)
    payload = read_payload(data, name)
    return _report_all(call, payload, plan_from_alerts(session, payload, component))


def _read(source: str) -> tuple[bytes, str]:
    """At most as much as is taken, and one byte more; and what to call it."""
    from kaizen_tui.core.alert import MAX_BYTES

    if source == "-":
        if is_interactive():
            note("reading alerts from the terminal; Ctrl+D ends them")
        return sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
    try:
        with open(source, "rb") as file:
            return file.read(MAX_BYTES + 1), source
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        hint = "name the file with the alerts, or - for standard input"
        raise StoreError(f"cannot read: {why}", where=source, hint=hint) from error


def _report_all(call: Call, payload: "Payload", outcomes: "Iterable[Outcome]") -> int:
    found = []
    for outcome in outcomes:
        found.append(outcome)
        if not call.json:
            emit(_line(call, outcome))
        _tell(outcome)
    if call.json:
        emit_json({"alerts": [outcome_json(outcome) for outcome in found], "truncated": payload.truncated})
    elif not found:
        note("no alerts in it; nothing to do")
    _tell_truncated(payload)
    acts = {outcome.act for outcome in found}
    return EXIT_FAILED if "failed" in acts else EXIT_NOT_FOUND if "unplaced" in acts else EXIT_DONE


def _line(call: Call, outcome: "Outcome") -> str:
    """`KAIZ-012  created  HighLatency`, and for a note what was noted."""
    act = f"{outcome.act}: {outcome.why}" if outcome.act in ("noted", "ignored") else outcome.act
    cells = (outcome.ticket or "-", act, outcome.alert.name)
    return ("\t" if call.plain else "  ").join(map(safe, cells))


def _tell(outcome: "Outcome") -> None:
    """What a person should know of an alert, on stderr."""
    name = outcome.alert.name
    if outcome.act in ("unplaced", "failed"):
        complain(error_line(f"no ticket for {name}: {outcome.why}", hint=outcome.hint))
    elif outcome.act == "ended":
        warn(f"{name}: {outcome.why}; {outcome.hint}")
    for text in outcome.warnings:
        warn(f"{outcome.ticket}: {text}")


def _tell_truncated(payload: "Payload") -> None:
    if payload.truncated:
        warn(f"Alertmanager left out {payload.truncated} alerts (max_alerts)")


def outcome_json(outcome: "Outcome") -> dict[str, Any]:
    """The `Alert` object of docs/json.md."""
    from kaizen_tui.core.times import format_epoch

    alert = outcome.alert
    return {
        "fingerprint": alert.fingerprint,
        "name": alert.name,
        "state": alert.state,
        "starts_at": format_epoch(alert.starts),
        "act": outcome.act,
        "ticket": outcome.ticket or None,
        "component": outcome.component or None,
        "why": outcome.why,
        "hint": outcome.hint,
        "warnings": list(outcome.warnings),
    }


def _listen(call: Call, text: str, component: str | None) -> int:
    """Serves until Ctrl+C or SIGTERM."""
    from kaizen_tui.cli.webhook import PATH, Webhook
    from kaizen_tui.core.place import parse_place
    from kaizen_tui.store.lock import Lock

    place = parse_place(text, DEFAULT_PORT)
    token = os.environ.get(TOKEN, "")
    if not place.is_local and not token:
        raise UsageError(
            f"{safe(place.host)} can be reached from other machines, and nothing says who may post",
            hint=f"set ${TOKEN} to a long random text, or listen on 127.0.0.1",
        )
    session = call.session()
    with Lock(session.workspace) as lock:  # what can't be written to is said now, not at the first alert
        for mended in lock.notes:
            warn(mended)
    events = _Events(call, session, component)
    try:
        server = Webhook(place, token, events.take, explain)
    except OSError as error:
        where = f"{place.shown_host}:{place.port}"
        raise StoreError(f"cannot listen: {error.strerror}", where=where, hint="name another HOST:PORT") from error
    note(f"kaizen: listening on http://{safe(place.shown_host)}:{place.port}{PATH} (Ctrl+C ends it)")
    events.stop = server.stop
    _serve(server)
    if events.broken is not None:
        raise events.broken
    complain("kaizen: ended")
    return EXIT_DONE


def _serve(server: "Webhook") -> None:
    """Until a signal; requests that are being worked on are finished first."""
    before = {number: signal.signal(number, lambda *_: server.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.serve_forever(0.2)
    finally:
        server.server_close()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Events:
    """Does what each payload calls for and tells of it: a line on stderr, or JSON Lines on stdout.

    broken: that nobody reads stdout any more, which ends the server.
    """

    def __init__(self, call: Call, session: "Session", component: str | None) -> None:
        self.stop: Callable[[], object] = lambda: None
        self.broken: BrokenPipeError | None = None
        self._call = call
        self._session = session
        self._component = component

    def take(self, payload: "Payload") -> dict[str, Any]:
        """What is answered. Raises KaizenError."""
        from kaizen_tui.loop.alerts import plan_from_alerts

        found = []
        for outcome in plan_from_alerts(self._session, payload, self._component):
            found.append(outcome)
            self._tell(outcome)
        _tell_truncated(payload)
        failed = sum(outcome.act == "failed" for outcome in found)
        return {"alerts": [outcome_json(outcome) for outcome in found], "failed": failed}

    def _tell(self, outcome: "Outcome") -> None:
        if self._call.json:
            self._line_out(outcome)
        try:
            if not self._call.json and outcome.act not in (*_QUIET, "unplaced", "failed"):
                note(f"kaizen: {self._session.stamp()} {_line(self._call, outcome)}")
            _tell(outcome)
        except OSError:  # nobody reads stderr any more; the answer says the same
            return

    def _line_out(self, outcome: "Outcome") -> None:
        import json

        try:
            emit(json.dumps(outcome_json(outcome)).replace("\x7f", "\\u007f"))
            sys.stdout.flush()
        except BrokenPipeError as error:
            self.broken = error
            self.stop()
