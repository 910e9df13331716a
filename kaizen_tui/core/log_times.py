"""Times in a log that can't be: earlier than what they follow, or no times at all. No proof of anything, but a hint."""

from kaizen_tui.core.log_view import LogEntry, LogProblem, LogView
from kaizen_tui.core.times import age, parse_rfc3339

# Clocks of machines that share a repository differ by so much without anybody having done wrong, in seconds.
SKEW = 60


def doubtful_times(log: LogView) -> tuple[LogProblem, ...]:
    """A finding for each proven entry that says it was written before one that it follows, in the log's order."""
    lines = {row.entry.hash: row.line for row in log.rows if isinstance(row.entry, LogEntry)}
    known: dict[str, tuple[int | None, LogEntry]] = {}
    found: list[LogProblem] = []
    for entry in log.proven:
        at = _seconds(entry.at)
        known[entry.hash] = (at, entry)
        if at is None:
            found.append(LogProblem(lines[entry.hash], entry.seq, f"there is no such time as {entry.at}", "time"))
            continue
        before = [(then, earlier) for then, earlier in (known[prev] for prev in entry.prev) if then is not None]
        then, earlier = max(before, key=lambda pair: pair[0], default=(at, entry))
        if then - at > SKEW:
            message = (
                f"the entry's time is {age(then - at)} before that of entry {earlier.seq}, which it follows: "
                "a clock was wrong, or the time is made up"
            )
            found.append(LogProblem(lines[entry.hash], entry.seq, message, "time"))
    return tuple(found)


def _seconds(at: str) -> int | None:
    try:
        return parse_rfc3339(at)
    except ValueError:
        return None
