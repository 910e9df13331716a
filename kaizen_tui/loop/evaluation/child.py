"""The process of apart.py; run as `python -P -m kaizen_tui.loop.evaluation.child ROOT TICKET ACTOR`, never imported.

Tells what happens as JSON lines on stdout. Ends as if by SIGTERM when stdin closes.
"""

import os
import signal
import sys
import threading

from kaizen_tui.core.errors import KaizenError
from kaizen_tui.loop.evaluation.apart import Finished, Printed, Told, Unfinished, encode
from kaizen_tui.loop.evaluation.progress import Step


class _Lines:
    """Hears the evaluation, and tells whoever started this process."""

    def step(self, step: Step) -> None:
        tell(step)

    def output(self, title: str, text: str) -> None:
        tell(Printed(title, text))


def tell(told: Told) -> None:
    """Writes a line at once. Raises BrokenPipeError when nobody reads any more."""
    sys.stdout.buffer.write(encode(told).encode() + b"\n")
    sys.stdout.buffer.flush()


def end_with_stdin() -> None:
    """In a thread: waits until stdin closes."""
    while os.read(0, 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def evaluate(root: str, ticket_id: str, actor: str) -> None:
    """From the commits to the score-card. Raises KaizenError."""
    from kaizen_tui.loop.commits import find_commits
    from kaizen_tui.loop.context import open_session
    from kaizen_tui.loop.evaluation.bench import CommandError
    from kaizen_tui.loop.evaluation.run import Wish, evaluate
    from kaizen_tui.store.workspace import Workspace

    session = open_session(Workspace(root), actor)
    listener = _Lines()
    try:
        commits = find_commits(session.workspace, ticket_id, None, None)
        saved = evaluate(session, ticket_id, commits, Wish(), listener)
    except CommandError as error:
        listener.output(error.what, error.printed)
        raise
    tell(Finished(saved.card.verdict, saved.card.pairs, saved.card.reasons))


def main() -> int:
    """Returns the exit status: 0 when there is a score-card, whatever its verdict."""
    threading.Thread(target=end_with_stdin, daemon=True).start()
    try:
        evaluate(*sys.argv[1:4])
    except (KaizenError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        tell(Unfinished(str(error)))
        return getattr(error, "exit_code", 6)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the dashboard is gone, and everything is removed by now
        os._exit(0)
