"""What `kaizen score` and `kaizen evaluate` print of a score-card, and the exit code of its verdict."""

import os
from typing import TYPE_CHECKING, Any

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO, EXIT_UNDECIDED
from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.output import emit, emit_json, warn
from kaizen_tui.cli.show_parts import card_lines

if TYPE_CHECKING:
    from kaizen_tui.loop.cards import Saved

EXITS = {"pass": EXIT_DONE, "fail": EXIT_NO, "inconclusive": EXIT_UNDECIDED}


def show_saved(call: Call, saved: "Saved") -> int:
    """The card as a table, or with --json as an object, and in the summary of a GitHub job. Returns its exit code."""
    card = saved.card
    if call.json:
        emit_json(saved_json(call, saved))
    elif call.plain:
        emit("\n".join(line for line in card_lines(card, call.paint) if line))
    else:
        emit("\n".join(card_lines(card, call.paint)))
    if not card.in_sandbox:
        warn("not measured in a sandbox: this score-card doesn't open the canary's gate")
    write_summary(saved)
    return EXITS[card.verdict]


def saved_json(call: Call, saved: "Saved") -> dict[str, Any]:
    """The `Evaluation` object of docs/json.md."""
    return {
        "id": saved.card.ticket,
        "verdict": saved.card.verdict,
        "path": call.workspace.relative(saved.path),
        "sha256": saved.digest,
        "score_card": saved.card.model_dump(mode="json", by_alias=True),
    }


def write_summary(saved: "Saved") -> None:
    """Appends the card as Markdown to $GITHUB_STEP_SUMMARY, where that is set. One that can't be written is warned of:
    the score-card stands."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from kaizen_tui.export.card_markdown import card_markdown

    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(card_markdown(saved.card) + "\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        warn(f"the summary can't be written: {why}; {path}")
