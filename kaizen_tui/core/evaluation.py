"""`evaluation:` of a component or a ticket: how a change is tested and measured before anybody gets it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kaizen_tui.core.fields import is_metric_name
from kaizen_tui.core.typed import Argv, Block, Bytes, Integer, Number, Share, Span, Text, WorkTreePath

REPLAY_METRICS = ("replay_p50_ms", "replay_p95_ms", "replay_p99_ms", "replay_requests_per_s")
BENCHMARK_FORMATS = ("json", "pytest-benchmark", "hyperfine", "pyperf", "k6", "locust", "autocannon")


def _method(text: str) -> str:
    if not (text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError(f"`{text}` is no HTTP method such as POST")
    return text


def _route(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError(f"`{text}` is no route; begin with /")
    return text


class SuiteCommand(Block):
    """The test command, run in both work trees; `junit` is the report that it writes, within the work tree."""

    command: Argv
    junit: WorkTreePath | None = None


def _metric(text: str) -> str:
    if not is_metric_name(text):
        raise ValueError(f"`{text}` is no name of a metric; use letters, digits and _.:-")
    return text


class Benchmark(Block):
    """A command that measures, run in `pairs` interleaved pairs, a fresh process each.

    output: the file that it writes, within the work tree; None when it prints its results.
    metrics: which of its measurements are compared, and under which name: the output's -> the component's. Without it
    all that the format compares by default, under their own.
    """

    command: Argv
    output: WorkTreePath | None = None
    metrics: dict[Annotated[str, AfterValidator(_metric)], Annotated[Text, AfterValidator(_metric)]] = Field(
        default_factory=dict
    )
    format: Literal["json", "pytest-benchmark", "hyperfine", "pyperf", "k6", "locust", "autocannon"] = "json"
    pairs: Annotated[Integer, Field(ge=2, le=10_000)] = 20


def _of_replay(text: str) -> str:
    if text not in REPLAY_METRICS:
        raise ValueError(f"a replay doesn't measure `{text}`; it measures {', '.join(REPLAY_METRICS)}")
    return text


def _expected(text: str) -> str:
    words = text.split(None, 2)
    if len(words) < 2:
        raise ValueError(f"`{text}` is no expected difference such as `GET /items/* body.price`")
    return f"{_method(words[0])} {_route(words[1])}{' ' if words[2:] else ''}{''.join(words[2:])}"


class Replay(Block):
    """Recorded requests, replayed to both versions. Only safe methods, but for the routes allowed by name.

    pairs: passes of each version that are timed. speed: 2 plays at twice the recorded pace. expect: how the candidate's
    answers may differ, each a route and a place in them, as the report of the replay writes them. metrics: which of its
    measurements are compared, and under which name: REPLAY_METRICS -> the component's; all of them without it.
    """

    har: WorkTreePath
    serve: Argv
    routes: dict[Annotated[str, AfterValidator(_method)], tuple[Annotated[Text, AfterValidator(_route)], ...]] = Field(
        default_factory=dict
    )
    pairs: Annotated[Integer, Field(ge=1, le=1_000)] = 10
    speed: Annotated[Number, Field(gt=0, le=1_000)] = 1.0
    metrics: dict[Annotated[str, AfterValidator(_of_replay)], Annotated[Text, AfterValidator(_metric)]] = Field(
        default_factory=dict
    )
    expect: tuple[Annotated[Text, AfterValidator(_expected)], ...] = ()


class SandboxLimits(Block):
    """What a sandboxed command may take: bytes, processes, seconds; None is the sandbox's default.

    disk: bytes that it may add to its work tree.
    """

    memory: Bytes | None = None
    disk: Bytes | None = None
    pids: Annotated[Integer, Field(ge=1, le=100_000)] | None = None
    time: Span | None = None
    network: Literal["none", "host"] = "none"


class Evaluation(Block):
    """How a candidate is evaluated. tolerance: how much worse still counts as unchanged, as a share."""

    setup: Argv | None = None
    tests: SuiteCommand | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    replay: Replay | None = None
    tolerance: Annotated[Share, Field(lt=1)] = 0.05
    sandbox: SandboxLimits = SandboxLimits()
