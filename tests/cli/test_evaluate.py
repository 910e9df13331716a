"""`kaizen evaluate` on real commits, in the real sandbox: verdicts, failures, settings, and what candidates try."""

import json
from pathlib import Path

import pytest

from tests.cli import replays
from tests.cli.evaluations import BENCH, PLAIN, N, Shop

UNITTEST = "  tests: {command: [python, -m, unittest, -q]}\n"
TEST = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertTrue({ok})\n"


@pytest.fixture(autouse=True)
def _sandbox(sandbox: None) -> None:
    """Each test here needs it."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


# What is planted here is so large that no load on the machine hides it; 30 % is for the nightly tests.
def test_a_slowdown_is_found(shop: Shop) -> None:
    candidate = shop.change(work=f"N = {N * 3}\n")
    done = shop.cli("evaluate", "KAIZ-001", "--json")
    assert done.code == 1, done
    assert done.data["score_card"] == shop.card
    assert shop.verdict() == "regressed"
    assert shop.card["commits"] == {"baseline": shop.git("rev-parse", "main"), "candidate": candidate}
    assert shop.card["metrics"][0]["samples"] == 20
    assert shop.card["sandbox"]["kind"] == "bubblewrap"
    assert "no network" in shop.card["sandbox"]["protections"]
    assert "about" in done.err
    assert shop.leftovers() == []


def test_a_gain_is_found_and_opens_the_gates_condition(shop: Shop) -> None:
    shop.change(work=f"N = {N // 3}\n")
    done = shop.ok("evaluate", "KAIZ-001")
    assert shop.verdict() == "improved"
    assert "pass" in done.out
    entry = shop.ok("log", "KAIZ-001", "--json").data["entries"][-1]["entry"]
    assert (entry["event"], entry["verdict"]) == ("evaluate", "pass")
    assert not any(
        one in shop.cli("why", "KAIZ-001").out for one in ("not been evaluated", "not measured in a sandbox")
    )


def test_the_same_commit_twice(shop: Shop) -> None:
    shop.cli("evaluate", "KAIZ-001", "--baseline", "main", "--candidate", "main")
    assert shop.verdict() in ("unchanged", "inconclusive")


@pytest.mark.nightly
@pytest.mark.parametrize("nth", range(10))
@pytest.mark.parametrize(("factor", "verdict"), [(1.3, "regressed"), (1 / 1.3, "improved")])
def test_what_is_planted_is_found_every_time(shop: Shop, factor: float, verdict: str, nth: int) -> None:
    shop.change(work=f"N = {int(N * factor)}\n")
    shop.cli("evaluate", "KAIZ-001")
    assert shop.verdict() == verdict


MANY = """\
import json, time

def loop(n):
    began = time.perf_counter()
    x = 0
    for i in range(n): x += i * i
    return (time.perf_counter() - began) * 1000

print(json.dumps({f"loop_{n}_ms": min(loop(n * 200) for _ in range(20)) for n in range(5, 23)}))
"""


@pytest.mark.nightly
def test_the_same_commit_twice_ten_times(tmp_path: Path) -> None:
    """With a replay: over 200 verdicts, of which 5 % may be wrong."""
    place = replays.shop(tmp_path / "w", pairs=10, tolerance=5, more=PLAIN, flaws="5ms")
    place.write("bench.py", MANY)
    place.commit("many metrics")
    verdicts: list[str] = []
    for _ in range(10):
        place.cli("evaluate", "KAIZ-001", "--baseline", "main", "--candidate", "main")
        verdicts += [str(one["verdict"]) for one in place.card["metrics"]]
    counts = {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}
    print(counts)
    assert len(verdicts) > 200
    assert counts.get("regressed", 0) + counts.get("improved", 0) <= 0.05 * len(verdicts), counts


def test_too_few_pairs(shop: Shop) -> None:
    shop.change(work="N = 5_000\n")
    done = shop.cli("evaluate", "KAIZ-001", "--pairs", "3")
    assert done.code == 7
    assert "3 pairs are too few for an interval; 2 more pairs at least" in done.out


def test_tests_are_run_and_their_output_shown(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", UNITTEST)
    shop.write("test_a.py", TEST.format(ok=True))
    shop.commit("tests")
    shop.change(work="N = 1\n")
    assert shop.cli("evaluate", "KAIZ-001").code == 0
    assert shop.card["tests"]["passed"] == 1
    shop.change(test_a=TEST.format(ok="print('\\x1b[31mred') or False"))
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 1
    assert "AssertionError" in done.err
    assert "\x1b" not in done.text


def test_a_junit_report_is_counted(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "  tests: {command: [python, -m, pytest, -q, --junitxml=out.xml], junit: out.xml}\n")
    shop.write("test_a.py", "def test_a(): pass\ndef test_b(): assert False\n")
    shop.write("out.xml", '<testsuite><testcase name="stale"/></testsuite>')
    shop.commit("tests")
    shop.change(work="N = 1\n")
    assert shop.cli("evaluate", "KAIZ-001").code == 1
    assert (shop.card["tests"]["passed"], shop.card["tests"]["failed"]) == (1, 1)
    shop.change(conftest="import sys; sys.exit(3)\n")  # no report at all: that of the commit doesn't count
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 1
    assert "the run left no such file" in done.out


def test_a_report_that_says_all_is_well_though_the_run_failed(tmp_path: Path) -> None:
    good = '<testsuite><testcase name="a"/></testsuite>'
    script = f"open('out.xml', 'w').write('{good}'); raise SystemExit(4)"
    shop = Shop(tmp_path / "shop", "  tests: {command: [python, run.py], junit: out.xml}\n")
    shop.write("run.py", script)
    shop.commit("tests")
    shop.change(work="N = 1\n")
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 1
    assert "ended with exit code 4, though its report names no failed test" in done.out


def test_a_benchmark_that_fails_with_the_candidate_fails_it(shop: Shop) -> None:
    shop.change(work="raise RuntimeError('no \\x1b[2J work')\n")
    done = shop.cli("evaluate", "KAIZ-001", "--pairs", "2")
    assert done.code == 1
    assert "of the candidate ended with exit code 1" in done.out
    assert "RuntimeError" in done.err
    assert "\x1b" not in done.text


def test_a_benchmark_that_fails_with_the_baseline_is_an_error(shop: Shop) -> None:
    good = shop.git("rev-parse", "HEAD")
    shop.write("work.py", "raise RuntimeError\n")
    bad = shop.commit("broken")
    done = shop.cli("evaluate", "KAIZ-001", "--baseline", bad, "--candidate", good)
    assert done.code == 6
    assert "of the baseline ended with exit code 1" in done.err
    assert not Path(shop.ws.score_card_path("KAIZ-001")).exists()
    assert shop.leftovers() == []


def test_output_in_a_file_under_the_components_name(tmp_path: Path) -> None:
    shop = Shop(
        tmp_path / "shop",
        "  benchmarks:\n    - {command: [python, bench.py], output: out/r.json, metrics: {t_s: loop_ms}, pairs: 2}\n",
    )
    text = "import json; print('noise'); open('out/r.json', 'w').write(json.dumps({'t_s': N, 'other': 1}))"
    shop.write("out/r.json", '{"t_s": 99}')
    shop.write("bench.py", "from work import N\n" + text)
    shop.write("work.py", "N = 0.02\n")
    shop.commit("base")
    shop.change(work="N = 0.03\n")
    shop.cli("evaluate", "KAIZ-001")
    (metric,) = shop.card["metrics"]
    assert (metric["name"], metric["baseline"], metric["candidate"]) == ("loop_ms", 20.0, 30.0)
    shop.change(bench="pass\n")  # writes nothing: the file of the commit is no result
    assert "the run left no such file" in shop.cli("evaluate", "KAIZ-001").text


def test_a_link_out_of_the_worktree_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"loop_ms": 1}', encoding="utf-8")
    shop = Shop(tmp_path / "shop", "  benchmarks: [{command: [python, bench.py], output: out.json, pairs: 2}]\n")
    shop.write("bench.py", "open('out.json', 'w').write('{\"loop_ms\": 5}')")
    shop.commit("base")
    shop.change(bench=f"import os; os.path.lexists('out.json') or os.symlink('{secret}', 'out.json')")
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 1
    assert "a symbolic link is in the way" in done.out
    assert secret.read_text(encoding="utf-8") == '{"loop_ms": 1}'


def test_the_tickets_own_evaluation_wins_key_by_key(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", PLAIN + UNITTEST)
    shop.write("test_a.py", TEST.format(ok=True))
    with shop.ticket("KAIZ-001").open("a", encoding="utf-8") as file:
        file.write("evaluation: {tolerance: 50%, benchmarks: [{command: [python, bench.py], pairs: 5}]}\n")
    shop.commit("tests")
    shop.change(work=f"N = {N + 1}\n")
    shop.cli("evaluate", "KAIZ-001")
    assert (shop.card["pairs"], shop.card["tolerance"], shop.card["tests"]["passed"]) == (5, 0.5, 1)


def test_setup_runs_once_in_each_worktree(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", "  setup: [python, make.py]\n" + PLAIN)
    shop.write("make.py", "open('work.py', 'a').write('N = 1000\\n')")
    shop.commit("base")
    shop.change(make="raise SystemExit('no compiler')")
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 1
    assert "`python make.py` of the candidate ended with exit code 1" in done.out
    assert "no compiler" in done.err
    assert not shop.card["metrics"]


def test_without_evaluation_the_error_says_what_to_write(shop: Shop) -> None:
    shop.change(work="N = 1\n")
    shop.configure("  tolerance: 5%")
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 2
    assert "no `evaluation:`" in done.err
    assert "kaizen score" in done.err


def test_without_bubblewrap_it_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.change(work="N = 1\n")
    (tmp_path / "bin").mkdir()
    for name in ("git", "sh"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    done = shop.cli("evaluate", "KAIZ-001", env={"PATH": str(tmp_path / "bin")})
    assert done.code == 2
    assert "bubblewrap is not installed" in done.err
    assert not Path(shop.ws.score_card_path("KAIZ-001")).exists()


def test_without_the_sandbox_only_where_a_person_trusted_that(shop: Shop, tmp_path: Path) -> None:
    shop.change(work="N = 1000\n")
    shop.config("sandbox: {mode: unsafe-local}\n")
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    refused = shop.cli("evaluate", "KAIZ-001", "--pairs", "2", env=env)
    assert refused.code == 4
    assert "kaizen trust" in refused.err
    assert shop.cli("trust", env=env).code == 0
    done = shop.cli("evaluate", "KAIZ-001", "--pairs", "5", env=env)
    assert shop.card["sandbox"]["kind"] == "unsafe-local"
    assert "doesn't open the canary's gate" in done.err


def test_the_network_takes_config_yml_as_well(shop: Shop, tmp_path: Path) -> None:
    shop.change(work="N = 1\n")
    shop.configure(PLAIN + "  sandbox: {network: host}\n")
    done = shop.cli("evaluate", "KAIZ-001", env={"XDG_DATA_HOME": str(tmp_path)})
    assert done.code == 2
    assert "config.yml doesn't allow it" in done.err


def test_two_benchmarks_of_one_metric(tmp_path: Path) -> None:
    one = "    - {command: [python, bench.py], pairs: 2}\n"
    shop = Shop(tmp_path / "shop", f"  benchmarks:\n{one}{one}")
    shop.change(work="N = 1\n")
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 6
    assert "measures `loop_ms`, as a benchmark before it does" in done.err


def test_a_finished_evaluation_is_not_added_to(shop: Shop) -> None:
    shop.change(work=f"N = {N // 2}\n")
    shop.cli("evaluate", "KAIZ-001", "--pairs", "5")
    seed = shop.card["seed"]
    shop.cli("evaluate", "KAIZ-001", "--pairs", "6")
    assert shop.card["pairs"] == 6
    assert shop.card["seed"] != seed


def test_a_change_of_the_benchmark_itself_is_said(shop: Shop) -> None:
    shop.change(bench=BENCH + "# and more\n")
    shop.cli("evaluate", "KAIZ-001", "--pairs", "5")
    assert "the change touches what measures it: bench.py" in shop.card["reasons"][-1]
    shop.change(bench=BENCH, work="N = 5000\n")
    shop.cli("evaluate", "KAIZ-001", "--pairs", "5")
    assert "touches" not in json.dumps(shop.card["reasons"])


def test_a_score_card_that_was_edited_opens_no_gate(shop: Shop) -> None:
    shop.change(work="raise SystemExit(1)\n")
    shop.cli("evaluate", "KAIZ-001", "--pairs", "2")
    for status in ("planned", "in_progress", "in_review"):
        shop.cli("update", "KAIZ-001", "--status", status)
    path = Path(shop.ws.score_card_path("KAIZ-001"))
    path.write_bytes(path.read_bytes().replace(b'"verdict": "fail"', b'"verdict": "pass"'))
    refused = shop.cli("update", "KAIZ-001", "--status", "canary")
    assert refused.code == 4
    assert "was changed by hand, or copied" in refused.text


def test_a_benchmark_that_says_nonsense(shop: Shop) -> None:
    shop.change(bench=BENCH.replace("json.dumps(", "json.dumps([]) or ("))
    done = shop.cli("evaluate", "KAIZ-001", "--pairs", "2")
    assert done.code == 1
    assert "must be an object" in json.dumps(shop.card["reasons"])


def test_what_the_two_versions_measure_in_other_terms_is_not_compared(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", '  benchmarks:\n    - {command: [sh, -c, "cat x.y; cat out.json"]}\n')
    shop.write("out.json", '{"wait": {"value": 4, "unit": "s"}, "a": {"value": 4, "direction": "lower"}}')
    shop.write("x.y", "")
    shop.commit("bench")
    shop.git("checkout", "-q", "-b", "kaizen/KAIZ-001")
    shop.write("out.json", '{"wait": {"value": 4, "unit": "ms"}, "a": {"value": 8, "direction": "higher"}}')
    shop.commit("change")
    shop.git("checkout", "-q", "main")
    assert shop.cli("evaluate", "KAIZ-001", "--pairs", "5").code == 7
    assert shop.card["reasons"] == [
        "wait can't be compared: it was measured in s, lower is better and in ms, lower is better",
        "a can't be compared: it was measured in no unit, lower is better and in no unit, higher is better",
    ]
    assert [one["name"] for one in shop.card["metrics"]] == ["sh_cpu_s"]


def test_changes_that_are_not_committed_are_said(shop: Shop) -> None:
    shop.change(work="N = 1\n")
    shop.git("worktree", "add", "-q", ".kaizen/worktrees/KAIZ-001", "kaizen/KAIZ-001")
    tree = shop.root / ".kaizen/worktrees/KAIZ-001"
    assert "aren't committed" not in shop.cli("evaluate", "KAIZ-001", "--pairs", "2").err
    (tree / "tickets/KAIZ-001/Patch-Spec.md").write_text("of the ticket, not of the change")
    assert "aren't committed" not in shop.cli("evaluate", "KAIZ-001", "--pairs", "2").err
    (tree / "work.py").write_text("N = 2\n")
    said = shop.cli("evaluate", "KAIZ-001", "--pairs", "2").err
    assert f"changes in {tree} aren't committed, so they are not evaluated" in said
    named = shop.cli("evaluate", "KAIZ-001", "--pairs", "2", "--candidate", "kaizen/KAIZ-001")
    assert "aren't committed" not in named.err


def test_long_lines_of_a_failed_command_are_cut(shop: Shop) -> None:
    shop.change(work="import sys; sys.exit('x' * 5000)\n")
    done = shop.cli("evaluate", "KAIZ-001", "--pairs", "2")
    assert max(map(len, done.err.splitlines())) < 350


def test_without_a_branch_the_command_that_makes_it_is_named(shop: Shop) -> None:
    done = shop.cli("evaluate", "KAIZ-001")
    assert done.code == 2
    assert "no branch kaizen/KAIZ-001 says which commit is the candidate" in done.err
    assert "`kaizen create KAIZ-001` makes it" in done.err
