"""`kaizen evaluate`: tests the candidate and measures it against the baseline, in the sandbox."""

from typing import TYPE_CHECKING

import click

from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import note, warn
from kaizen_tui.cli.parameters import known_ticket, ticket_argument

if TYPE_CHECKING:
    from kaizen_tui.loop.cards import Saved
    from kaizen_tui.loop.context import Session

MOST_PAIRS = 10_000


@command("evaluate", writes=True)
@ticket_argument()
@click.option("--candidate", metavar="REV", help="The commit to evaluate; else the head of the branch kaizen/ID.")
@click.option("--baseline", metavar="REV", help="Compared with; else where the candidate left the default branch.")
@click.option(
    "--pairs", type=click.IntRange(2, MOST_PAIRS), metavar="N", help="Of each benchmark and the replay, not its own."
)
@click.option(
    "--resume/--fresh", "resume", default=True, help="Go on with the pairs that an interrupted run left (the default)."
)
def evaluate(
    call: Call, ticket_id: str, candidate: str | None, baseline: str | None, pairs: int | None, resume: bool
) -> int:
    """Tests the candidate and measures it against the baseline, both in the sandbox; writes the score-card.

    What is run stands under `evaluation:` of the component or the ticket. Exit code: 0 pass, 1 fail, 7 inconclusive.
    Ctrl+C leaves nothing behind but the finished pairs, with which the next run goes on.
    """
    from kaizen_tui.cli.verdicts import show_saved

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    try:
        saved = _evaluated(call, session, ticket_id, (baseline, candidate), pairs, fresh=not resume)
    except KeyboardInterrupt:
        note("kaizen: interrupted; what was finished is kept, the same command goes on")
        raise
    return show_saved(call, saved)


def _evaluated(
    call: Call,
    session: "Session",
    ticket_id: str,
    revisions: tuple[str | None, str | None],
    pairs: int | None,
    *,
    fresh: bool,
) -> "Saved":
    from kaizen_tui.cli.progress import listening
    from kaizen_tui.loop.commits import find_commits
    from kaizen_tui.loop.creation.place import uncommitted
    from kaizen_tui.loop.evaluation.bench import CommandError
    from kaizen_tui.loop.evaluation.run import Wish, evaluate

    commits = find_commits(call.workspace, ticket_id, *revisions)
    folder = uncommitted(call.workspace, ticket_id) if revisions[1] is None else ""
    if folder:
        warn(f"changes in {folder} aren't committed, so they are not evaluated")
    with listening(plain=call.plain) as listener:
        try:
            return evaluate(session, ticket_id, commits, Wish(pairs, fresh), listener)
        except CommandError as error:
            listener.output(error.what, error.printed)
            raise
