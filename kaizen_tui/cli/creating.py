"""`kaizen create`: a worktree and a branch for a change, and a generator's proposal in it."""

from typing import TYPE_CHECKING, Any

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO, EXIT_REFUSED
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import emit, emit_json, note, warn
from kaizen_tui.cli.parameters import known_ticket, ticket_argument
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.loop.context import Session
    from kaizen_tui.loop.creation.run import Made, Wish

_MOST_SHOWN = 20  # files, reasons


@command("create", writes=True)
@ticket_argument()
@click.option("--generator", metavar="NAME", help="Of config.yml; else the one that the component names.")
@click.option("--base", metavar="REV", help="Where a new branch begins; else the head of the default branch.")
@click.option("--dry-run", is_flag=True, help="Only show the diff that the generator proposes; change nothing.")
def create(call: Call, ticket_id: str, generator: str | None, base: str | None, dry_run: bool) -> int:
    """Makes a worktree on the branch kaizen/ID for the ticket's change; prints its path.

    A generator proposes the change, in the sandbox: its diff is checked, committed, and described in Patch-Spec.md.
    Without one the worktree is ready for your own. A branch or worktree that is there is used again, never reset.
    Exit code: 0 done, 1 the generator has nothing to do, 4 its diff is refused, 6 it failed.
    """
    from kaizen_tui.loop.creation.run import Wish

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    made = _made(call, session, ticket_id, Wish(generator, base, dry_run))
    if call.json:
        emit_json(_json(made, dry_run=dry_run))
    elif dry_run:
        _show_diff(call, made)
    elif not made.nothing and not made.refused:
        emit(safe(made.place.path))
    _tell(made, dry_run=dry_run)
    if made.refused:
        return EXIT_REFUSED
    return EXIT_NO if made.nothing else EXIT_DONE


def _made(call: Call, session: "Session", ticket_id: str, wish: "Wish") -> "Made":
    from kaizen_tui.cli.progress import listening
    from kaizen_tui.loop.creation.generator import GeneratorError
    from kaizen_tui.loop.creation.run import create

    with listening(plain=call.plain) as listener:
        try:
            return create(session, ticket_id, wish, listener)
        except GeneratorError as error:
            listener.output(error.what, error.printed)
            raise


def _show_diff(call: Call, made: "Made") -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in made.patch.decode("utf-8", "replace").splitlines():
        head = line.startswith(("diff --git ", "+++ ", "--- ", "index "))
        text = safe(line.replace("\t", "    "))
        emit(call.paint(text, bold=True) if head else call.paint(text, colours.get(line[:1])))


def _tell(made: "Made", *, dry_run: bool) -> None:
    """What was done, on stderr."""
    if made.nothing:
        note(f"kaizen: the generator {safe(made.generator)} has nothing to do for {made.ticket}; nothing was made")
        return
    if made.generator:
        _tell_files(made)
    if made.refused:
        what = "the diff is refused" if made.changes else "refused"
        note(f"kaizen: error: {what}: nothing was committed")
        _list(made.refused)
        if made.kept:
            note(f"kaizen: the diff is in {safe(made.kept)}")
        return
    place = made.place
    if dry_run:
        where = f"branch {place.branch} at {place.base[:12]}, worktree {place.path}"
        note(safe(f"kaizen: a dry run: nothing was changed; without it: {where}"))
        return
    done = f"commit {made.commit[:12]} on" if made.commit else "worktree of"
    again = " (it was there, and is used again)" if place.there or place.tip else ""
    note(safe(f"kaizen: {made.ticket}: {done} branch {place.branch}{again}"))
    if made.proof.text:
        (note if made.proof.state == "fail_on_base" else warn)(
            f"kaizen: {made.proof.text}" if made.proof.state == "fail_on_base" else made.proof.text
        )
    if made.skeleton:
        note(f"kaizen: {safe(made.skeleton)} in it waits for the tests")
    if made.sections:
        note(f"kaizen: Patch-Spec.md: {', '.join(made.sections)}")
    _tell_next(made)


def _tell_next(made: "Made") -> None:
    if made.status in ("draft", "planned"):
        note(f"kaizen: {made.ticket} is still {made.status}; `kaizen why {made.ticket}` says what it needs to move")
    after = "look at the commit" if made.commit else "commit the change there"
    note(f"kaizen: next: {after}, then `kaizen evaluate {made.ticket}`")


def _tell_files(made: "Made") -> None:
    counts = {line.path: line for line in made.lines}
    said = []
    for change in made.changes:
        line = counts.get(change.path)
        size = "binary" if change.binary else f"+{line.added} -{line.removed}" if line is not None else ""
        executable = "new executable" if change.new_executable else ""
        link = f"link to {change.target}" if change.target else ""
        about = ", ".join(part for part in (size, executable, link) if part)
        said.append(f"{change.kind:<8} {change.path}" + (f"  ({about})" if about else ""))
    _list(said)


def _list(lines: "tuple[str, ...] | list[str]") -> None:
    for line in lines[:_MOST_SHOWN]:
        note("  " + safe(line))
    if len(lines) > _MOST_SHOWN:
        note(f"  and {len(lines) - _MOST_SHOWN} more")


def _json(made: "Made", *, dry_run: bool) -> dict[str, Any]:
    """The object of docs/json.md."""
    counts = {line.path: line for line in made.lines}
    return {
        "id": made.ticket,
        "dry_run": dry_run,
        "branch": made.place.branch,
        "worktree": made.place.path,
        "base": made.place.base,
        "reused": bool(made.place.tip or made.place.there),
        "generator": made.generator or None,
        "commit": made.commit or None,
        "nothing_to_do": made.nothing,
        "refused": list(made.refused),
        "files": [
            {
                "path": change.path,
                "change": change.kind,
                "binary": change.binary,
                "new_executable": change.new_executable,
                "added": counts[change.path].added if change.path in counts else None,
                "removed": counts[change.path].removed if change.path in counts else None,
            }
            for change in made.changes
        ],
        "diff": made.patch.decode("utf-8", "replace") if dry_run else None,
        "kept": made.kept or None,
        "result": made.result.model_dump(),
        "added_tests": made.proof.state,
        "patch_spec": list(made.sections),
        "skeleton": made.skeleton or None,
    }
