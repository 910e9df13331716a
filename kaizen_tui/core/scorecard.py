"""Score-card.json: what the evaluation of a candidate found (schema `kaizen.scorecard/1`; pydantic, strict)."""

import json
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from kaizen_tui.core.checker import FieldError, FieldErrors, Path
from kaizen_tui.core.numbers import with_unit
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.core.typed import field_errors
from kaizen_tui.core.values import kind_of, quoted

SCHEMA: Final = "kaizen.scorecard/1"
MAX_BYTES = 8 * 1024 * 1024

Verdict = Literal["pass", "fail", "inconclusive"]
MetricVerdict = Literal["improved", "unchanged", "regressed", "inconclusive"]
# `canary`: of a criterion that no benchmark measures and whose metric has a live source: the canary judges it.
CriterionVerdict = Literal["pass", "fail", "inconclusive", "canary"]
# `external`: made by `kaizen score` from results of which nobody here knows where they ran.
SandboxKind = Literal["bubblewrap", "container", "unsafe-local", "external"]


def _time(text: str) -> str:
    parse_rfc3339(text)
    return text


Time = Annotated[str, AfterValidator(_time)]
Commit = Annotated[str, StringConstraints(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\z")]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Ratio(_Part):
    """Candidate over baseline: the typical ratio of a pair and its 95 % confidence interval."""

    point: Annotated[float, Field(ge=0)]
    low: Annotated[float, Field(ge=0)]
    high: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.point <= self.high:
            raise ValueError("must have low <= point <= high")
        return self


class MetricResult(_Part):
    """One metric of both versions.

    unit: "" where it has none. samples: pairs that counted. baseline, candidate: medians, in `unit`. ratio: None where
    none can be formed (a baseline of zero). more_pairs: how many more pairs a verdict would take, when inconclusive.
    """

    name: Annotated[str, Field(min_length=1)]
    unit: str = ""
    direction: Literal["lower", "higher"]
    samples: Count
    baseline: float | None
    candidate: float | None
    ratio: Ratio | None = None
    verdict: MetricVerdict
    more_pairs: Count | None = None


class TestResults(_Part):
    """The candidate's tests. duration_s: seconds."""

    __test__: ClassVar[bool] = False  # the name makes pytest take it for a class of tests

    passed: Count
    failed: Count
    errors: Count
    skipped: Count
    duration_s: Annotated[float, Field(ge=0)]

    @property
    def ok(self) -> bool:
        """True when some test passed and none failed or broke."""
        return self.passed > 0 and self.failed == 0 and self.errors == 0


class CriterionResult(_Part):
    """One automatic criterion: `pass` when a success criterion holds, or when an abort criterion doesn't.

    text: as in the ticket. measured: the candidate's median, baseline: the baseline's, where it was needed.
    """

    text: str
    kind: Literal["success", "abort"]
    metric: str
    measured: float | None
    baseline: float | None = None
    verdict: CriterionVerdict


class Commits(_Part):
    """What was compared: two full commit hashes."""

    baseline: Commit
    candidate: Commit


class Machine(_Part):
    """Where it ran. memory_bytes: 0 where it is unknown."""

    system: str
    arch: str
    cpu: str = ""
    cores: Count = 0
    memory_bytes: Count = 0
    python: str = ""


class SandboxRecord(_Part):
    """What the candidate ran in. protections: the measures that were in force, such as "no network", "pids cgroup".

    The limits are None where none was set; time_s is seconds.
    """

    kind: SandboxKind
    protections: tuple[str, ...] = ()
    memory_bytes: Count | None = None
    pids: Count | None = None
    time_s: Annotated[float, Field(ge=0)] | None = None
    network: Literal["none", "host"] = "none"

    @property
    def opens_canary(self) -> bool:
        """True for a sandbox whose score-card may open the canary gate."""
        return self.kind == "bubblewrap"


class ScoreCard(_Part):
    """The results of one evaluation.

    pairs: measured pairs that counted. tolerance: how much worse still counted as unchanged, as a share.
    tests: None when the component has none. reasons: the overall verdict in words, one clause each.
    seed: of the order within the pairs and of the statistics; from it and the samples come the same verdicts.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    schema_: Literal["kaizen.scorecard/1"] = Field(default=SCHEMA, alias="schema")
    ticket: str
    created_at: Time
    commits: Commits
    pairs: Count
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.05
    metrics: tuple[MetricResult, ...] = ()
    tests: TestResults | None = None
    criteria: tuple[CriterionResult, ...] = ()
    machine: Machine
    sandbox: SandboxRecord
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    seed: Count | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [metric.name for metric in self.metrics]
        twice = next((name for position, name in enumerate(names) if name in names[:position]), None)
        if twice is not None:
            raise ValueError(f"two results for the metric {quoted(twice)}")
        if self.verdict == "pass":
            self._justified()
        return self

    def _justified(self) -> None:
        if self.tests is not None and (self.tests.failed or self.tests.errors):
            raise ValueError("verdict pass contradicts the failed tests")
        for criterion in self.criteria:
            if criterion.verdict not in ("pass", "canary"):
                raise ValueError(
                    f"verdict pass contradicts the criterion {quoted(criterion.text)}: {criterion.verdict}"
                )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The score-card in the bytes of a file. Raises FieldErrors: not JSON, NaN, another schema, wrong fields."""
        raw = _load(data)
        if not isinstance(raw, dict):
            raise FieldErrors([FieldError((), f"a score-card is a JSON object, not {kind_of(raw)}")])
        if raw.get("schema") != SCHEMA:
            found = f"schema is {quoted(str(raw['schema']))}" if "schema" in raw else "schema is missing"
            raise FieldErrors([FieldError(("schema",), found, f'this version reads "{SCHEMA}"')])
        try:
            return cls.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
        except ValidationError as error:
            raise field_errors(error, cls, raw) from None

    def to_json(self) -> bytes:
        """The file's bytes: indented JSON with a final newline; parse() reads it back equal."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8") + b"\n"

    def measured(self, criterion: CriterionResult) -> str:
        """What one of its criteria was held against, in words: "30.5 ms against 21.8 ms", "" where nothing was."""
        unit = next((metric.unit for metric in self.metrics if metric.name == criterion.metric), "")
        values = (criterion.measured, criterion.baseline)
        return " against ".join(with_unit(value, unit) for value in values if value is not None)

    @property
    def in_sandbox(self) -> bool:
        """True when it was measured in a sandbox that counts for the canary gate."""
        return self.sandbox.opens_canary


def _fail(message: str, hint: str = "", line: int = 0, path: Path = ()) -> FieldErrors:
    return FieldErrors([FieldError(path, message, hint, line)])


def _load(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise _fail(f"a score-card of more than {MAX_BYTES // 2**20} MiB")
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        raise _fail(f"not UTF-8 at byte {error.start}", line=data.count(b"\n", 0, error.start) + 1) from None
    except json.JSONDecodeError as error:
        raise _fail(f"not JSON: {error.msg} (column {error.colno})", line=error.lineno) from None
    except RecursionError:
        raise _fail("nested too deeply") from None
    except ValueError as error:  # of the two hooks, or an integer of thousands of digits
        raise _fail(str(error)) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number; a metric without a value is null")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(
            f"the key {quoted(next(key for key in keys if keys.count(key) > 1))} stands twice in one object"
        )
    return found
