"""`kaizen score`: a score-card of results that a CI job has already."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.parameters import WordType, known_ticket, ticket_argument
from kaizen_tui.core.errors import StoreError, UsageError

if TYPE_CHECKING:
    from kaizen_tui.loop.score import Given

FORMATS = ("json", "pytest-benchmark", "hyperfine", "pyperf", "k6", "locust", "autocannon")
FORMAT = WordType("format", dict.fromkeys(FORMATS, ""))
_LIMIT = 64 << 20  # bytes of one file


@command("score", writes=True)
@ticket_argument()
@click.option("--junit", multiple=True, metavar="FILE", help="A test report (JUnit XML); may be repeated.")
@click.option("--benchmark", multiple=True, metavar="FILE", help="Results of the candidate, one sample; repeat it.")
@click.option("--baseline-benchmark", multiple=True, metavar="FILE", help="Of the baseline: the other of each pair.")
@click.option("--format", "form", type=FORMAT, metavar="FORMAT", help=f"Of the benchmarks: {', '.join(FORMATS)}.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=METRIC", help="Compare only these, as METRIC.")
@click.option("--candidate", metavar="REV", help="The commit measured; else the branch kaizen/ID, else HEAD.")
@click.option("--baseline", metavar="REV", help="Compared with; else where the candidate left the default branch.")
def score(
    call: Call,
    ticket_id: str,
    junit: Sequence[str],
    benchmark: Sequence[str],
    baseline_benchmark: Sequence[str],
    form: str | None,
    metrics: Sequence[str],
    candidate: str | None,
    baseline: str | None,
) -> int:
    """Makes a score-card from results that you have already.

    Nobody here knows how they were measured: the score-card says `sandbox: external` and doesn't open the canary's
    gate; `kaizen evaluate` does. Exit code: 0 pass, 1 fail, 7 inconclusive.
    """
    from kaizen_tui.cli.verdicts import show_saved
    from kaizen_tui.loop.commits import find_commits
    from kaizen_tui.loop.score import Results, score_results

    session = call.session()
    ticket_id = known_ticket(call.workspace, ticket_id)
    if baseline_benchmark and not benchmark:
        raise UsageError("results of the baseline alone say nothing", hint="name the candidate's: --benchmark FILE")
    names = dict(map(_renamed, metrics))
    given = [[_read(name) for name in files] for files in (junit, benchmark, baseline_benchmark)]
    commits = find_commits(call.workspace, ticket_id, baseline, candidate, or_head=True)
    saved = score_results(session, ticket_id, commits, Results(given[0], given[1], given[2], form, names))
    return show_saved(call, saved)


def _renamed(text: str) -> tuple[str, str]:
    """`http_req_duration_p95_ms=p95_latency_ms`, or one name that stays."""
    from kaizen_tui.core.fields import is_metric_name

    name, equals, metric = text.partition("=")
    metric = metric if equals else name
    if not is_metric_name(name) or not is_metric_name(metric):
        raise UsageError(
            f"--metric: `{text}` is not NAME=METRIC", hint="such as http_req_duration_p95_ms=p95_latency_ms"
        )
    return name, metric


def _read(name: str) -> "Given":
    from kaizen_tui.loop.score import Given

    try:
        if name == "-":
            return Given("standard input", sys.stdin.buffer.read(_LIMIT + 1))
        with open(name, "rb") as file:
            return Given(name, file.read(_LIMIT + 1))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(f"cannot read: {why}", where=name, hint="name a file with results") from error
