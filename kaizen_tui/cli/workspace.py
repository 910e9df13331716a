"""`kaizen init`, `doctor`, `completion`, and the hidden `merge-driver` that git calls."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO
from kaizen_tui.cli.invocation import Call, command, working_directory
from kaizen_tui.cli.output import emit, emit_json, note
from kaizen_tui.cli.parameters import TICKET_ID, WordType
from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.loop.sandbox_check import SandboxReport
    from kaizen_tui.store.doctor import Finding
    from kaizen_tui.store.renumber import Renumbered

EVERY = "every"  # what `--renumber` without an id stands for; no ticket can be called so
SHELLS = {
    "bash": 'eval "$(kaizen completion bash)"  in ~/.bashrc',
    "zsh": 'eval "$(kaizen completion zsh)"  in ~/.zshrc, after compinit',
    "fish": "kaizen completion fish > ~/.config/fish/completions/kaizen.fish",
}


@command("init")
@click.argument("directory", required=False, metavar="[DIR]", type=click.Path(file_okay=False))
def init(call: Call, directory: str | None) -> int:
    """Makes DIR (else this directory) a workspace. What is there already stays as it is; doing it again is harmless."""
    from kaizen_tui.store.init import init_workspace

    named = os.path.join(call.directory or "", directory or "")
    root = os.path.abspath(os.path.join(working_directory(named), named))
    report = init_workspace(root)
    if call.json:
        emit_json({"workspace": root, "created": report.created, "kept": report.kept})
        return EXIT_DONE
    for path in report.created:
        emit(f"made  {safe(path)}")
    for path in report.kept:
        emit(f"kept  {safe(path)}")
    if not call.plain:
        where = "" if directory is None and call.directory is None else f" in {safe(root)}"
        note(f"kaizen: the workspace{where} is ready; next: `kaizen component ID -n NAME -t 0..3 -o OWNER` makes a")
        note("        component, `kaizen new TITLE -c ID` a ticket about it")
    return EXIT_DONE


@command("doctor", writes=True)
@click.option("--fix", is_flag=True, help="Mend what a program can mend.")
@click.option(
    "--renumber",
    is_flag=False,
    flag_value=EVERY,
    default=None,
    type=TICKET_ID,
    metavar="[ID]",
    help="Give a ticket another id: the one named, or each one that shares its id or uid with another.",
)
@click.option("--offline", is_flag=True, help="Don't ask the metrics server.")
@click.option("--test-notify", is_flag=True, help="Send a test event to each receiver of notifications.")
def doctor(call: Call, fix: bool, renumber: str | None, offline: bool, test_notify: bool) -> int:
    """Checks the workspace's health: left-overs, torn logs, doubled ids, git, the metrics server, notifications.

    Each component's queries are asked once, each for metrics.timeout at most. Also says what contains an evaluation on
    this machine. Exit 1 if errors remain.
    """
    from kaizen_tui.store import doctor as health

    workspace = call.workspace
    found = health.examine(workspace)
    done: list[str] = []
    moved: list[Renumbered] = []
    if renumber is not None:
        moved = _renumber(call, found, renumber)
    if fix:
        done = [health.fix(workspace, finding) for finding in found if finding.fixable]
    if fix or renumber is not None:
        found = health.examine(workspace)
    if not offline:
        found += _metrics(call)
    took, faults = _notify(call, send=test_notify)
    found += faults
    sandbox = _sandbox(call)
    found += sandbox.findings
    if call.json:
        emit_json(
            {
                "findings": [finding._asdict() for finding in found],
                "fixed": done,
                "renumbered": [{"old": one.old, "new": one.new, "paths": list(one.paths)} for one in moved],
                "notified": took,
                "sandbox": sandbox.as_json(),
            }
        )
    else:
        for text in done:
            emit(f"mended: {safe(text)}")
        for one in moved:
            emit(safe(f"renumbered: {one.old} -> {one.new}; git add {' '.join(one.paths)}"))
        for finding in found:
            emit(_finding_line(finding))
        for text in took:
            note(f"kaizen: {safe(text)}")
        if test_notify and not took and not faults:
            note("kaizen: notify: no test event was sent: config.yml names no receiver")
        for line in () if call.plain else _folded(sandbox.lines):
            note(line)
        if not found:
            note("kaizen: the workspace is healthy")
        elif not fix and any(finding.fixable for finding in found):
            note("kaizen: `kaizen doctor --fix` mends what is marked so")
    return EXIT_NO if any(finding.level == "error" for finding in found) else EXIT_DONE


def _metrics(call: Call) -> "list[Finding]":
    from kaizen_tui.loop.context import utc_now
    from kaizen_tui.loop.metrics_check import check_metrics

    return check_metrics(call.workspace, utc_now().timestamp())


def _notify(call: Call, *, send: bool) -> "tuple[list[str], list[Finding]]":
    from kaizen_tui.loop.context import utc_now
    from kaizen_tui.loop.notify_check import check_notify, try_receivers

    took, found = try_receivers(call.session(), os.environ) if send else ([], [])
    named = {finding.subject for finding in found}
    rest = check_notify(call.workspace, utc_now().timestamp())
    return took, [*found, *(one for one in rest if one.code != "notify" or one.subject not in named)]


def _sandbox(call: Call) -> "SandboxReport":
    from kaizen_tui.loop.sandbox_check import check_sandbox

    return check_sandbox(call.workspace)


def _folded(lines: Iterable[str]) -> Iterator[str]:
    from textwrap import wrap

    for line in lines:
        yield from wrap(f"kaizen: {safe(line)}", 79, subsequent_indent=" " * 8, break_on_hyphens=False)


def _renumber(call: Call, found: "list[Finding]", wanted: str) -> "list[Renumbered]":
    from kaizen_tui.cli.parameters import known_ticket
    from kaizen_tui.store.doctor import renumber

    session = call.session()
    if wanted != EVERY:
        ids = [known_ticket(call.workspace, wanted)]
    else:
        ids = list(dict.fromkeys(finding.renumber for finding in found if finding.renumber))
        if not ids:
            note("kaizen: no ticket needs another id")
    return [
        renumber(call.workspace, ticket_id, actor=session.actor, at=session.now(), token=session.token)
        for ticket_id in ids
    ]


def _finding_line(finding: "Finding") -> str:
    where = f"{finding.where}: " if finding.where else ""
    advice = f"; `--fix` {finding.fix}" if finding.fixable else f"; {finding.fix}" if finding.fix else ""
    return safe(f"{where}{finding.level}: {finding.message}{advice}")


@command("completion", data=False, workspace=False)
@click.argument("shell", type=WordType("shell", SHELLS), metavar="bash|zsh|fish")
def completion(call: Call, shell: str) -> int:
    """Prints the script that completes commands, options, ids, components and statuses in your shell.

    \b
    bash:  eval "$(kaizen completion bash)"   in ~/.bashrc
    zsh:   eval "$(kaizen completion zsh)"    in ~/.zshrc, after compinit
    fish:  kaizen completion fish > ~/.config/fish/completions/kaizen.fish
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from kaizen_tui.cli.app import COMPLETE_VARIABLE, group

    kind = get_completion_class(shell)
    if kind is None:
        raise StoreError(f"this click knows no completion for {shell}")
    # The base class' source(): bash's own runs bash first, to look at its version.
    emit(ShellComplete.source(kind(group, {}, "kaizen", COMPLETE_VARIABLE)))
    return EXIT_DONE


@command("merge-driver", data=False, workspace=False, hidden=True)
@click.argument("base", type=click.Path())
@click.argument("ours", type=click.Path())
@click.argument("theirs", type=click.Path())
@click.argument("path", required=False, default="")
def merge_driver(call: Call, base: str, ours: str, theirs: str, path: str) -> int:
    """Merges two versions of a ticket for git (`%O %A %B %P`): the result replaces OURS. Exit 1 on a conflict."""
    from kaizen_tui.store.merge import merge_ticket

    merged, conflict = merge_ticket(_read(base), _read(ours), _read(theirs))
    try:
        with open(ours, "wb") as file:
            file.write(merged)
    except OSError as error:
        raise StoreError(f"can't write the merged ticket: {error.strerror}", where=ours) from error
    if conflict:
        note(f"kaizen: conflict in {safe(path or ours)}: both sides changed the same field")
        return EXIT_NO
    return EXIT_DONE


def _read(path: str) -> bytes:
    """git's own temporary files, so none of the store's checks apply."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise StoreError(f"can't read what git wants merged: {error.strerror}", where=path) from error
