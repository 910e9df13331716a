"""The summary at the end of a story: what took how long, what was decided on which evidence, what was typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from kaizen_tui.demo.acting import Cast
from kaizen_tui.demo.chapters import Chapters


def times(cast: Cast, chapters: Chapters) -> None:
    """Tells how long the steps took."""
    took = chapters.times
    cast.teller.report(f"The whole loop took {sum(seconds for _, seconds in took):.0f} s:")
    for text, seconds in took:
        cast.teller.report(f"  {seconds:5.1f} s  {text}")
    cast.teller.report("")


def verdict(cast: Cast, ticket_id: str) -> None:
    """Tells how a canary ended, from the ticket's log."""
    ticket = cast.data("show", ticket_id)
    entries = [one["entry"] for one in cast.data("log", ticket_id)["entries"]]
    cast.teller.report(f"{ticket_id} {ticket['title']}: {_outcome(str(ticket['status']), entries)}")
    for entry in entries:
        if entry["event"] == "verdict":
            cast.teller.report("  " + _evidence(entry))
    shares = [f"{one['to'] * 100:g} %" for one in entries if one["event"] == "rollout" and one.get("verified")]
    cast.teller.report(f"  shares, each read back: {', '.join(shares)}")


def _outcome(status: str, entries: Sequence[Mapping[str, Any]]) -> str:
    approved = [str(one["actor"]).partition(" <")[0] for one in entries if one["event"] == "approve"]
    if status == "complete":
        return f"released, approved at the end by {approved[-1]}"
    return "rolled back by itself" if status == "aborted" else status.replace("_", " ")


def _evidence(entry: Mapping[str, Any]) -> str:
    ratio = entry.get("ratio")
    said = f"verdict {entry['verdict']} at {entry['share'] * 100:g} % after {entry.get('looks', '?')} looks"
    if entry.get("sli"):
        said += f": {entry['sli']}, evidence {entry['evidence']:g} of {entry['needed']:g}"
    return said + (f", canary over baseline {ratio[0]:g} to {ratio[1]:g}" if ratio else "")


def quoted(cast: Cast, *words: str) -> int:
    """Tells a command and what it prints; its exit code."""
    done = cast.ask(*words)
    cast.teller.report(f"\n$ kaizen {' '.join(words)}\n{done.out.rstrip()}")
    return done.code


def commands(cast: Cast) -> None:
    """Tells what was typed, to be tried at home."""
    cast.teller.report("\nWhat was typed:")
    for who, line in cast.commands:
        cast.teller.report(f"  {line}" + (f"    # {who}" if who else ""))
