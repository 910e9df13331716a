"""The finished pairs of an evaluation, kept until its score-card is written: an interrupted one goes on where it was.

.kaizen/evaluations/ID.jsonl  a line for what is finished, the first of which says of what: commits, settings, machine
.kaizen/evaluations/ID.replay.json  the report of the last replay, which stays
.kaizen/evaluations/ID.answers.json  what the finished pairs of a replay learned of both versions' answers
.kaizen/evaluations/lock      held by the one evaluation that runs: two at once would disturb each other's measurements
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from kaizen_tui.analysis.formats.measurement import Measurement
from kaizen_tui.core.errors import ConflictError, StoreError
from kaizen_tui.core.scorecard import TestResults
from kaizen_tui.store import files
from kaizen_tui.store.workspace import Workspace

Sample = tuple[Measurement, ...]
Pair = tuple[Sample, Sample]  # of the baseline and of the candidate

_LIMIT = 256 * files.MIB


def key_of(parts: Mapping[str, object]) -> str:
    """One text for all that must be the same for pairs to belong together."""
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def only_one(workspace: Workspace) -> Iterator[None]:
    """Held while an evaluation runs. Raises ConflictError when another does, StoreError."""
    folder = _folder(workspace)
    path = f"{folder}/lock"
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise files.in_words(error, "cannot write", path) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        files.sweep(folder)
        yield
    except BlockingIOError:
        what = "another evaluation runs in this workspace, and two at once would disturb each other's measurements"
        raise ConflictError(what, hint="wait for it to end") from None
    finally:
        os.close(fd)


def _folder(workspace: Workspace) -> str:
    workspace.refuse_writing()
    folder = f"{workspace.state}/evaluations"
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
    except OSError as error:
        raise files.in_words(error, "cannot make", folder) from error
    return folder


class Kept:
    """What is finished of one evaluation, in memory and on disk. Only under `only_one`.

    seed: of the evaluation. resumed: pairs and tests of an interrupted run were found. report_path: of its replay.
    """

    def __init__(self, workspace: Workspace, ticket_id: str, key: str, seed: int, *, fresh: bool) -> None:
        """key: of `key_of`. seed: for a new one. fresh: begin anew whatever is there. Raises StoreError."""
        self._path = f"{_folder(workspace)}/{ticket_id}.jsonl"
        self._answers_path = f"{_folder(workspace)}/{ticket_id}.answers.json"
        self.report_path = f"{_folder(workspace)}/{ticket_id}.replay.json"
        self._key = key
        self._pairs: dict[tuple[int, int], Pair] = {}
        self.tests: TestResults | None = None
        self.seed = seed
        data = b"" if fresh else files.read_optional(self._path, _LIMIT) or b""
        self.resumed = self._read(data, key)
        if not self.resumed:
            self._pairs, self.tests, self.seed = {}, None, seed
            _remove(self._answers_path)
            files.replace_file(self._path, _line({"key": key, "seed": seed}), durable=False)

    def pair(self, benchmark: int, number: int) -> Pair | None:
        """A finished pair; both count from 0."""
        return self._pairs.get((benchmark, number))

    def count(self, benchmark: int, most: int) -> int:
        """How many of the first `most` pairs of a benchmark are finished."""
        return sum(1 for which, number in self._pairs if which == benchmark and number < most)

    @property
    def pairs(self) -> int:
        """All finished ones."""
        return len(self._pairs)

    def add(self, benchmark: int, number: int, pair: Pair) -> None:
        """Keeps a pair. Raises StoreError."""
        self._pairs[benchmark, number] = pair
        old, new = ([item.__dict__ for item in sample] for sample in pair)
        self._append({"benchmark": benchmark, "pair": number, "baseline": old, "candidate": new})

    def add_tests(self, tests: TestResults) -> None:
        """Keeps the tests' result. Raises StoreError."""
        self.tests = tests
        self._append({"tests": tests.model_dump(mode="json")})

    def drop(self, benchmark: int, since: int) -> None:
        """Forgets the pairs of one from a number on: they are measured anew, and replace those on disk."""
        self._pairs = {key: pair for key, pair in self._pairs.items() if key[0] != benchmark or key[1] < since}

    def keep_answers(self, state: Mapping[str, object]) -> None:
        """Keeps what a replay learned, in the place of what it knew before. Raises StoreError."""
        files.replace_file(self._answers_path, _line({"key": self._key, **state}), durable=False)

    def answers(self) -> dict[str, Any] | None:
        """What `keep_answers` was given last, None where it is damaged or of another evaluation. Raises StoreError."""
        data = files.read_optional(self._answers_path, _LIMIT) or b""
        try:
            state = json.loads(data)
            return dict(state) if state["key"] == self._key else None
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def put_report(self, report: bytes | None) -> None:
        """The report of the replay, which stays; None removes that of an earlier evaluation. Raises StoreError."""
        if report is None:
            _remove(self.report_path)
        else:
            files.replace_file(self.report_path, report, durable=False)

    def forget(self) -> None:
        """For when the score-card is written: the next evaluation measures anew.

        Adding pairs to a result that one has seen, until it pleases, would make wrong verdicts more frequent than said.
        """
        for path in (self._answers_path, self._path):
            _remove(path)

    def _append(self, entry: dict[str, object]) -> None:
        files.append_line(self._path, _line(entry))

    def _read(self, data: bytes, key: str) -> bool:
        """False when it is of another evaluation, or not to be read. A torn last line is what the kill left."""
        if data[-1:] != b"\n":  # cut off, or the next line would be written behind it
            data = data[: data.rfind(b"\n") + 1]
            if data:
                files.replace_file(self._path, data, durable=False)
        head, *rest = data.split(b"\n")
        try:
            said = json.loads(head)
            if said["key"] != key:
                return False
            self.seed = int(said["seed"])
            for line in rest:
                if line:
                    self._take(json.loads(line))
        except (ValueError, TypeError, KeyError, RecursionError):
            return False
        return bool(self._pairs) or self.tests is not None

    def _take(self, entry: dict[str, Any]) -> None:
        if "tests" in entry:
            self.tests = TestResults.model_validate(entry["tests"])
            return
        old, new = (tuple(_measurement(item) for item in entry[side]) for side in ("baseline", "candidate"))
        self._pairs[int(entry["benchmark"]), int(entry["pair"])] = (old, new)


def _remove(path: str) -> None:
    """Where there is one."""
    try:
        files.sys.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise files.in_words(error, "cannot remove", path) from error


def _measurement(said: dict[str, Any]) -> Measurement:
    return Measurement(**{**said, "runs": tuple(said["runs"])})


def _line(entry: object) -> bytes:
    try:
        return json.dumps(entry, allow_nan=False).encode() + b"\n"
    except ValueError as error:
        raise StoreError(f"a measurement can't be kept: {error}") from error
