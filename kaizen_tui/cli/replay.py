"""`kaizen replay`: recordings of requests, made ready to be played to both versions by an evaluation."""

from typing import TYPE_CHECKING, Any

import click

from kaizen_tui.cli.errors import EXIT_DONE
from kaizen_tui.cli.groups import Subcommands
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import emit_json, note, warn
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from click.decorators import FC

    from kaizen_tui.traffic.recording import Recording


@click.command("replay", cls=Subcommands, invoke_without_command=True)
@click.pass_context
def replay(ctx: click.Context) -> int:
    """Makes recordings for `evaluation.replay`: requests without credentials, as a HAR file (docs/replay.md)."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return EXIT_DONE


def _shared(function: "FC") -> "FC":
    options: Sequence[Callable[[FC], FC]] = (
        click.option("-o", "--output", required=True, metavar="PATH|-", help="Where to."),
        click.option(
            "--redact-key", "keys", multiple=True, metavar="NAME", help="Mask what has this name as well; repeatable."
        ),
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N requests."),
        click.option("--force", is_flag=True, help="Replace a file that is there."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@command("import", workspace=False)
@click.argument("source", metavar="FILE.har|-")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Only requests to this host; repeatable.")
@_shared
def import_(
    call: Call,
    source: str,
    hosts: tuple[str, ...],
    output: str,
    keys: tuple[str, ...],
    limit: int | None,
    force: bool,
) -> int:
    """Takes the requests out of a HAR file, without credentials.

    Of a browser, mitmproxy or another tool. Only what a replay needs is kept: no answers, no cookies, no Authorization;
    other credentials are masked. Look at the file before you commit it: no program knows all of yours.
    """
    from kaizen_tui.core.errors import UsageError
    from kaizen_tui.traffic.recording import MAX_BYTES, read_har

    _not_there(output, force)
    with _opened(source) as file:
        data = file.read(MAX_BYTES + 1)
    recording = read_har(data, _shown(source), frozenset(host.lower() for host in hosts))
    if not hosts and len(recording.hosts) > 1:
        most = sorted(recording.hosts.items(), key=lambda pair: (-pair[1], pair[0]))
        names = ", ".join(f"{host} ({count})" for host, count in most[:8]) + (", …" if len(most) > 8 else "")
        raise UsageError(f"the recording has requests to several hosts: {names}", hint=f"--host {most[0][0]}")
    return _write(call, recording, output, keys, limit)


@command("record", workspace=False)
@click.option("--haproxy-log", "source", required=True, metavar="FILE|-", help="HAProxy's HTTP log, plain or JSON.")
@_shared
def record(call: Call, source: str, output: str, keys: tuple[str, ...], limit: int | None, force: bool) -> int:
    """Makes a recording of the GETs in a log of HAProxy.

    With their times; a log has no headers and no bodies. Credentials in paths and queries are masked.
    """
    from kaizen_tui.traffic.haproxy_log import LONGEST_LINE, read_haproxy_log

    _not_there(output, force)

    def lines(file: "BinaryIO") -> "Iterator[bytes]":
        while line := file.readline(LONGEST_LINE):
            yield line

    with _opened(source) as file:
        recording = read_haproxy_log(lines(file), _shown(source))
    return _write(call, recording, output, keys, limit)


def _write(call: Call, recording: "Recording", output: str, keys: "Sequence[str]", limit: int | None) -> int:
    from kaizen_tui import __version__
    from kaizen_tui.export.destination import put
    from kaizen_tui.traffic.recording import write_har
    from kaizen_tui.traffic.redact import Redactor

    taken = recording.requests[:limit]
    left_out = dict(recording.left_out)
    if len(taken) < len(recording.requests):
        left_out["beyond --limit"] = len(recording.requests) - len(taken)
    redactor = Redactor(keys)
    redactor.learn(recording.raw)
    requests = redactor.redact(taken)
    code = put(output, [write_har(requests, __version__)])
    if code:
        return code
    if not requests:
        warn("no request is left to replay")
    told = {
        "path": None if output == "-" else output,
        "requests": len(requests),
        "seconds": round(requests[-1].at, 3) if requests else 0.0,
        "secrets_masked": redactor.found,
        "left_out": dict(sorted(left_out.items(), key=lambda pair: -pair[1])),
    }
    if call.json and output != "-":
        emit_json(told)
    else:
        _tell(told)
    return EXIT_DONE


def _tell(told: dict[str, Any]) -> None:
    where = f" to {safe(told['path'])}" if told["path"] else ""
    count, masked = told["requests"], told["secrets_masked"]
    note(
        f"kaizen: {count} request{'' if count == 1 else 's'} over {told['seconds']:g} s written{where}; "
        f"{masked} secret{'' if masked == 1 else 's'} masked or left out"
    )
    for reason, times in told["left_out"].items():
        note(f"  left out: {times} × {safe(reason)}")


def _opened(source: str) -> "BinaryIO":
    import sys

    from kaizen_tui.core.errors import StoreError

    if source == "-":
        return sys.stdin.buffer
    try:
        return open(source, "rb")
    except OSError as error:
        raise StoreError("cannot read the recording", where=source, hint=(error.strerror or "").lower()) from error


def _shown(source: str) -> str:
    return "standard input" if source == "-" else source


def _not_there(output: str, force: bool) -> None:
    """Before anything is read. A pipe or a device is no file that could be lost."""
    import os

    from kaizen_tui.core.errors import StoreError

    if output != "-" and not force and os.path.isfile(output):
        raise StoreError("the file is there already", where=output, hint="--force replaces it, or choose another name")


replay.add_command(import_)
replay.add_command(record)
