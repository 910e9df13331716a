"""An evaluation that is interrupted or killed at some moment: nothing is left, and the next one goes on."""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from _pytest.mark import ParameterSet

from tests.cli import replays
from tests.cli.evaluations import Shop

# Of five pairs at 10 ms, so that much of the time is between the runs.
QUICK = "  setup: [python, -c, pass]\n  benchmarks:\n    - {command: [python, bench.py, MARK], pairs: 5}\n"
SLOW = "  benchmarks:\n    - {command: [python, -c, 'import time; time.sleep(600)', MARK], pairs: 5}\n"


def nightly(*values: int) -> list[ParameterSet]:
    """Values that take long and show little more than the others."""
    return [pytest.param(value, marks=pytest.mark.nightly) for value in values]


@pytest.fixture
def shop(tmp_path: Path, sandbox: None) -> Shop:
    return quick(tmp_path)


def quick(folder: Path) -> Shop:
    shop = Shop(folder / "shop", QUICK)
    shop.write("work.py", "N = 1000\n")
    shop.commit("quick")
    shop.change(work="N = 2000\n")
    return shop


def kept(shop: Shop) -> int:
    """How many pairs an interrupted run left."""
    path = shop.root / ".kaizen/evaluations/KAIZ-001.jsonl"
    return path.read_bytes().count(b'"pair"') if path.exists() else 0


def stop_after(shop: Shop, lines: int, number: signal.Signals) -> int:
    """Begins an evaluation and sends the signal after so many lines of progress; returns the exit code."""
    with shop.begin() as process:
        assert process.stderr is not None
        for _ in range(lines):
            if not process.stderr.readline():
                break
        process.send_signal(number)
        process.stderr.read()
        return process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_is_asked_to_end_leaves_nothing_but_the_finished_pairs(shop: Shop, number: signal.Signals) -> None:
    code = stop_after(shop, 7, number)
    assert code in (130, 128 + number)
    assert shop.leftovers() == []
    assert not Path(shop.ws.score_card_path("KAIZ-001")).exists()
    found = kept(shop)
    assert found >= 1
    done = shop.cli("evaluate", "KAIZ-001")
    assert f"going on: {found} finished pairs were kept" in done.err
    assert shop.card["pairs"] == 5
    assert kept(shop) == 0


def test_a_benchmark_that_never_ends_is_interrupted(shop: Shop) -> None:
    shop.configure(SLOW)
    code = stop_after(shop, 2, signal.SIGINT)
    assert code == 130
    assert shop.leftovers() == []


@pytest.mark.parametrize("lines", [1, 4, 6, *nightly(2, 3, 5, 7)])
def test_after_a_kill_the_next_run_goes_on(shop: Shop, lines: int) -> None:
    stop_after(shop, lines, signal.SIGKILL)
    found = kept(shop)
    shop.cli("evaluate", "KAIZ-001")
    assert shop.card["pairs"] == 5
    assert shop.leftovers() == []
    assert kept(shop) == 0
    assert shop.ok("verify").code == 0
    assert found <= 5


def test_after_a_kill_nothing_is_left_also_without_a_next_run(shop: Shop) -> None:
    stop_after(shop, 6, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while found := shop.leftovers():
        assert time.monotonic() < deadline, found
    assert kept(shop) >= 1


@pytest.fixture
def replayed(tmp_path: Path) -> Shop:
    return with_replay(tmp_path)


def with_replay(folder: Path) -> Shop:
    """Three pairs of a benchmark, then three of a replay."""
    bench = "  benchmarks:\n    - {command: [python, bench.py, MARK], pairs: 3}"
    made = replays.shop(folder / "w", more=bench, pairs=3)
    made.write("work.py", "N = 1000\n")
    made.commit("quick")
    replays.change(made, "field")
    return made


# Worktrees; warm-up and pairs of the benchmark; then those of the replay.
@pytest.mark.parametrize("lines", [2, 6, 9, *nightly(1, 4, 7, 8, 10)])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_replay_that_is_killed_goes_on(replayed: Shop, lines: int, number: signal.Signals) -> None:
    stop_after(replayed, lines, number)
    found, groups = kept(replayed), replayed.groups()
    if number == signal.SIGINT:
        assert replayed.leftovers() == []
    done = replayed.cli("evaluate", "KAIZ-001")
    assert done.code == 1
    assert (f"going on: {found} finished pairs were kept" in done.err) == (found > 0)
    assert "2 of 22 recorded requests answered otherwise: GET /items/* differs at body.price" in done.out
    assert {one["samples"] for one in replayed.card["metrics"]} == {3}
    assert replayed.leftovers() == []
    assert not [folder for folder in groups if os.path.exists(folder)]
    assert sorted(os.listdir(replayed.root / ".kaizen/evaluations")) == ["KAIZ-001.replay.json", "lock"]


class Kept(NamedTuple):
    """What an interrupted evaluation left: the files, by name. A test puts them there again, damaged."""

    shop: Shop
    files: Mapping[str, bytes]

    def put(self, name: str, damage: Callable[[bytes], bytes]) -> None:
        for one, data in self.files.items():
            path = self.shop.root / ".kaizen/evaluations" / one
            path.write_bytes(damage(data) if one == name else data)


def kept_by(shop: Shop, lines: int) -> Kept:
    stop_after(shop, lines, signal.SIGINT)
    folder = shop.root / ".kaizen/evaluations"
    return Kept(shop, {path.name: path.read_bytes() for path in folder.glob("KAIZ-001.*")})


@pytest.fixture(scope="module")
def kept_answers(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept_by(with_replay(tmp_path_factory.mktemp("answers")), 9)


@pytest.fixture(scope="module")
def kept_pairs(tmp_path_factory: pytest.TempPathFactory, sandbox: None) -> Kept:
    return kept_by(quick(tmp_path_factory.mktemp("pairs")), 7)


@pytest.mark.parametrize(
    "damage", [lambda _: b"", lambda data: data[:-40], lambda data: data.replace(b'"noise"', b'"nose"'), lambda _: b"{"]
)
def test_answers_that_were_kept_and_are_damaged_are_no_obstacle(
    kept_answers: Kept, damage: Callable[[bytes], bytes]
) -> None:
    kept_answers.put("KAIZ-001.answers.json", damage)
    shop = kept_answers.shop
    assert "body.price" in shop.cli("evaluate", "KAIZ-001").out
    assert {one["samples"] for one in shop.card["metrics"]} == {3}


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(30))
def test_kills_at_any_moment(shop: Shop, seed: int) -> None:
    killed_again_and_again(shop, random.Random(seed), 1.5)
    assert shop.card["pairs"] == 5


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(30))
def test_kills_at_any_moment_of_a_replay(replayed: Shop, seed: int) -> None:
    killed_again_and_again(replayed, random.Random(seed), 4.0)
    assert {one["samples"] for one in replayed.card["metrics"]} == {3}


def killed_again_and_again(shop: Shop, rng: random.Random, seconds: float) -> None:
    groups = []
    for _ in range(4):
        with shop.begin() as process:
            try:
                process.wait(rng.uniform(0.05, seconds))
            except Exception:  # noqa: BLE001 - still running, as a rule
                process.send_signal(rng.choice([signal.SIGKILL, signal.SIGINT]))
            process.communicate()
        groups += shop.groups()
    shop.cli("evaluate", "KAIZ-001")
    assert shop.leftovers() == []
    assert not [folder for folder in groups if os.path.exists(folder)]
    assert shop.ok("verify").code == 0


def test_fresh_begins_anew(shop: Shop) -> None:
    stop_after(shop, 7, signal.SIGINT)
    assert kept(shop)
    assert "going on" not in shop.cli("evaluate", "KAIZ-001", "--fresh").err


def test_another_commit_begins_anew(shop: Shop) -> None:
    stop_after(shop, 7, signal.SIGINT)
    shop.change(work="N = 3000\n")
    assert "going on" not in shop.cli("evaluate", "KAIZ-001").err


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-7],
        lambda data: data + b'{"benchmark": 0, "pair": 4, "base',
        lambda data: data.replace(b'"value"', b'"valve"'),
        lambda data: b"\xff\x00" + data,
        lambda data: b"",
    ],
    ids=["cut", "torn", "changed", "garbage", "empty"],
)
def test_what_was_kept_and_is_damaged_is_no_obstacle(kept_pairs: Kept, damage: Callable[[bytes], bytes]) -> None:
    kept_pairs.put("KAIZ-001.jsonl", damage)
    assert kept_pairs.shop.cli("evaluate", "KAIZ-001").code in (0, 1, 7)
    assert kept_pairs.shop.card["pairs"] == 5


def test_two_at_once_would_disturb_each_other(shop: Shop) -> None:
    shop.configure(SLOW)
    with shop.begin() as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.readline()
        second = shop.cli("evaluate", "KAIZ-001")
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert second.code == 5
    assert "another evaluation runs" in second.err


def test_pairs_are_in_random_order_and_the_same_for_one_seed(shop: Shop) -> None:
    orders = set()
    for _ in range(2):
        stop_after(shop, 7, signal.SIGINT)
        path = shop.root / ".kaizen/evaluations/KAIZ-001.jsonl"
        orders.add(json.loads(path.read_bytes().split(b"\n")[0])["seed"])
    assert len(orders) == 1  # an evaluation that goes on keeps its seed
