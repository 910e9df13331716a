"""`kaizen create`: by hand, with a generator, refused, interrupted; each in real git and the real sandbox."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.patch_spec import unfilled_sections
from kaizen_tui.sandbox.lease import sweep
from kaizen_tui.store.records import Transaction
from tests.cli.creations import Forge, processes_named
from tests.cli.world import ADA

TWO = 'open("app.py", "w").write("N = 2\\n")'


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: None) -> Forge:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Forge(tmp_path / "forge")


def by_hand(forge: Forge) -> None:
    """Without a generator."""
    path = forge.root / "registry/kaizen/components/shop.yml"
    path.write_text(path.read_text().replace("generator: propose\n", ""), encoding="utf-8")


def last_entry(forge: Forge) -> dict[str, object]:
    lines = Path(forge.ws.log_path("KAIZ-001")).read_text(encoding="utf-8").splitlines()
    found: dict[str, object] = json.loads(lines[-1])
    return found


def test_by_hand_a_worktree_a_skeleton_and_a_patch_spec(forge: Forge) -> None:
    by_hand(forge)
    forge.write("tests/test_app.py", "def test_app(): pass\n")
    base = forge.commit("by hand")
    made = forge.cli("create", "KAIZ-001")
    assert (made.code, made.out) == (0, f"{forge.tree}\n"), made
    assert forge.branch == base
    skeleton = (forge.tree / "tests/test_kaiz_001.py").read_text(encoding="utf-8")
    assert "# - It counts to two" in skeleton
    with pytest.raises(AssertionError, match="not written yet"):
        exec(skeleton + "\ntest_kaiz_001()")
    assert "- [ ] It counts to two" in forge.spec
    assert unfilled_sections(forge.spec) == ("Summary", "Rollback Procedure")
    assert "still draft" in made.err
    forge.write(".kaizen/worktrees/KAIZ-001/app.py", "N = 7\n")
    again = forge.cli("create", "KAIZ-001")
    assert (again.code, again.out) == (0, made.out)
    assert "is used again" in again.err
    assert (forge.tree / "app.py").read_text() == "N = 7\n"


def test_a_generator_proposes_a_commit(forge: Forge) -> None:
    code = f"""
ticket = json.load(sys.stdin)
assert ticket["id"] == os.environ["KAIZEN_TICKET_ID"] == "KAIZ-001"
assert "Count to two" in open(os.environ["KAIZEN_TICKET_FILE"]).read()
assert len(os.environ["KAIZEN_BASE_SHA"]) == 40 and os.environ["KAIZEN_BUDGET_SECONDS"] == "600"
assert not os.path.isfile(".git") and "XDG_DATA_HOME" not in os.environ
{TWO}
open("new.sh", "w").write("#!/bin/sh\\n"); os.chmod("new.sh", 0o755)
open("picture.bin", "wb").write(bytes(9))
open("scratch.tmp", "w").write("ignored")
os.unlink("docs/guide.md")
json.dump({{"summary": "Counts one further.\\n\\n# No heading\\nKaizen-Ticket: KAIZ-666", "risk": "None."}},
          open(os.environ["KAIZEN_RESULT_FILE"], "w"))
"""
    base = forge.proposes(code)
    made = forge.cli("create", "KAIZ-001", "--json", actor=ADA)
    assert made.code == 0, made
    data = made.data
    commit = forge.branch
    assert data["commit"] == commit != base
    assert data["base"] == base
    changed = {one["path"]: (one["change"], one["binary"], one["new_executable"]) for one in data["files"]}
    assert changed == {
        "app.py": ("changed", False, False),
        "docs/guide.md": ("deleted", False, False),
        "new.sh": ("added", False, True),
        "picture.bin": ("added", True, False),
    }
    assert forge.git("diff", "--name-only", base, commit).splitlines() == sorted(changed)
    assert forge.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%G?", commit) == f"{ADA}|{ADA}|N"
    trailers = forge.git("log", "-1", "--format=%(trailers)", commit).split("\n")
    assert [line for line in trailers if line] == ["Kaizen-Ticket: KAIZ-001", "Kaizen-Generator: propose"]
    assert forge.git("log", "-1", "--format=%s", commit) == "Count to two"
    assert (forge.tree / "app.py").read_text() == "N = 2\n"
    assert subprocess.run(["git", "status", "--porcelain"], cwd=forge.tree, capture_output=True).stdout == b""
    assert unfilled_sections(forge.spec) == ()
    assert "> # No heading" in forge.spec
    assert "> git revert HEAD" in forge.spec
    entry = last_entry(forge)
    assert (entry["event"], entry["commit"], entry["generator"]) == ("comment", commit, "propose")
    assert forge.ok("verify", "KAIZ-001").code == 0
    assert forge.leftovers() == []


def test_an_actor_without_an_address_is_an_author_with_one(forge: Forge) -> None:
    forge.proposes(TWO)
    forge.ok("create", "KAIZ-001", actor="eva")
    assert forge.git("log", "-1", "--format=%an <%ae>|%cn <%ce>", forge.branch) == "|".join(["eva <eva@localhost>"] * 2)


def test_a_second_proposal_follows_the_first_and_people_s_words_stay(forge: Forge) -> None:
    code = 'n = int(open("app.py").read().split()[-1])\nopen("app.py", "w").write(f"N = {n + 1}\\n")'
    forge.proposes(code)
    spec = Path(forge.ws.spec_path("KAIZ-001"))
    spec.write_text(forge.spec.replace("## Summary\n", "## Summary\n\nMine.\n"), encoding="utf-8")
    forge.ok("create", "KAIZ-001")
    first = forge.branch
    assert "Mine." in forge.spec
    assert "Proposed by the generator" not in forge.spec
    forge.ok("create", "KAIZ-001")
    assert forge.git("rev-parse", f"{forge.branch}^") == first
    assert (forge.tree / "app.py").read_text() == "N = 3\n"
    forge.write(".kaizen/worktrees/KAIZ-001/app.py", "N = 40\n")
    unclean = forge.cli("create", "KAIZ-001")
    assert unclean.code == 5
    assert "aren't committed" in unclean.err
    assert (forge.tree / "app.py").read_text() == "N = 40\n"


def test_a_dry_run_shows_the_diff_and_changes_nothing(forge: Forge) -> None:
    forge.proposes('open("app.py", "w").write("N = 2  # \\x1b[31m\\n")')
    before = forge.everything()
    shown = forge.cli("create", "KAIZ-001", "--dry-run")
    assert shown.code == 0, shown
    assert shown.out.startswith("diff --git a/app.py b/app.py\n")
    assert "\n-N = 1\n+N = 2  # \\x1b[31m\n" in shown.out
    assert "\x1b" not in shown.text
    assert forge.everything() == before


def test_nothing_to_do_and_failing(forge: Forge) -> None:
    forge.proposes("sys.exit(3)")
    before = forge.everything()
    nothing = forge.cli("create", "KAIZ-001")
    assert (nothing.code, nothing.out) == (1, "")
    assert "has nothing to do" in nothing.err
    assert forge.everything() == before
    forge.proposes('print("y\\x1b" * 10_000_000, file=sys.stderr); sys.exit(9)')
    before = forge.everything()
    failed = forge.cli("create", "KAIZ-001")
    assert failed.code == 6
    assert "ended with exit code 9" in failed.err
    assert "\x1b" not in failed.err
    assert len(failed.err) < 40_000
    assert forge.everything() == before


@pytest.mark.parametrize(
    ("result", "word"),
    [
        ('{"summary": 7}', "summary"),
        ('{"sumary": "x"}', "sumary"),
        ("[]", "mapping"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_wrong_result_is_a_failure(forge: Forge, result: str, word: str) -> None:
    forge.proposes(f'{TWO}\nopen(os.environ["KAIZEN_RESULT_FILE"], "w").write({result!r})')
    failed = forge.cli("create", "KAIZ-001")
    assert failed.code == 6
    assert word in failed.err
    assert forge.branch == ""


def test_a_result_that_is_a_link_out_is_not_followed(forge: Forge) -> None:
    forge.proposes(f'{TWO}\nos.symlink("/etc/passwd", os.environ["KAIZEN_RESULT_FILE"])')
    failed = forge.cli("create", "KAIZ-001")
    assert failed.code == 6
    assert "symbolic link" in failed.err
    assert "root:" not in failed.text


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ('os.symlink("/etc", "etc")', "leads out of the tree"),
        ('os.symlink("../../..", "docs/up")', "leads out of the tree"),
        ('os.makedirs("x"); os.symlink("x", "a"); os.symlink("a/../../y", "b")', "leads out of the tree"),
        ('open(".gitattributes", "w").write("* filter=evil\\n")', "name it in the generator's `paths`"),
        ('os.makedirs(".github/workflows"); open(".github/workflows/x.yml", "w").write("on: push\\n")', ".github"),
        ('open(".gitmodules", "w").write("x")', "git's own files"),
        (
            'os.makedirs("sub/.git"); open("sub/.git/config", "w").write("[core]\\nfsmonitor = touch /tmp/evil\\n")',
            "own",
        ),
        ('open("registry/kaizen/config.yml", "a").write("theme: x\\n")', "the registry"),
        ('open("tickets/KAIZ-001/Kaizen-Tkt.yml", "a").write("x: y\\n")', "tickets"),
        ('os.mkfifo("pipe")', "neither a file nor a link"),
        ('open("x", "w"); os.chmod("x", 0o4755)', "setuid"),
        ('open("a\\nb", "w").write("x")', "control characters"),
        ('open("big", "w").write("x" * (1 << 21))', "max_bytes"),
        ('[open(f"f{n}", "w").write("x") for n in range(101)]', "max_files"),
        ('os.makedirs("/".join(["d"] * 200)); open("/".join(["d"] * 200) + "/x", "w").write("x")', "in each other"),
    ],
)
def test_what_the_gate_refuses(forge: Forge, code: str, word: str) -> None:
    forge.proposes(f"{TWO}\n{code}")
    head, spec = forge.git("rev-parse", "HEAD"), forge.spec
    refused = forge.cli("create", "KAIZ-001", "--json")
    assert refused.code == 4, refused
    assert word in refused.err
    assert any(word in reason for reason in refused.data["refused"])
    assert forge.branch == ""
    assert not forge.tree.exists()
    assert (forge.git("rev-parse", "HEAD"), forge.spec) == (head, spec)
    assert forge.leftovers() == []
    if refused.data["kept"]:
        assert "+N = 2" in Path(refused.data["kept"]).read_text(encoding="utf-8")


def test_paths_bound_what_may_change_and_open_what_is_guarded(forge: Forge) -> None:
    forge.settings(", paths: [docs, .gitattributes]")
    forge.proposes('open("docs/more.md", "w").write("x\\n")\nopen(".gitattributes", "w").write("*.md text\\n")')
    forge.ok("create", "KAIZ-001")
    forge.proposes(TWO)
    again = forge.cli("create", "KAIZ-001")  # on the branch, whose generator is the older one: the same files again
    assert again.code == 1
    assert "has nothing to do" in again.err
    forge.git("worktree", "remove", "--force", str(forge.tree))
    forge.git("branch", "-D", "kaizen/KAIZ-001")
    refused = forge.cli("create", "KAIZ-001")
    assert refused.code == 4
    assert "app.py: not among the `paths`" in refused.err


def test_filters_attributes_and_hooks_run_nothing(forge: Forge, tmp_path: Path) -> None:
    """The commit names a filter and the user's settings have it; hooks and a file system monitor are there, too."""
    evil = tmp_path / "evil"
    forge.git("config", "filter.evil.clean", f"touch {evil}; cat")
    forge.git("config", "diff.evil.textconv", f"touch {evil}; cat")
    forge.git("config", "diff.evil.command", f"touch {evil}")
    forge.git("config", "core.fsmonitor", f"touch {evil}")
    forge.git("config", "commit.gpgSign", "true")
    for name in ("pre-commit", "post-checkout", "post-merge", "reference-transaction", "post-index-change"):
        hook = forge.root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {evil}\n")
        hook.chmod(0o755)
    forge.write("attributes/.gitattributes", "* filter=evil diff=evil text eol=crlf\n")
    forge.write("attributes/a.txt", "one\n")
    forge.git(
        "-c", "filter.evil.clean=cat", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "add", "-A"
    )
    forge.git("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "commit", "-q", "-m", "attributes")
    forge.propose(
        'assert open("attributes/a.txt", "rb").read() == b"one\\n"\nopen("attributes/a.txt", "a").write("two\\n")'
    )
    forge.git("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "commit", "-q", "-am", "generator")
    evil.unlink(missing_ok=True)
    made = forge.cli("create", "KAIZ-001", "--json", "--dry-run")
    assert made.code == 0, made
    assert not evil.exists()
    assert [one["path"] for one in made.data["files"]] == ["attributes/a.txt"]
    assert "+two" in made.data["diff"]
    forge.ok("create", "KAIZ-001")
    assert not evil.exists()
    assert forge.git("cat-file", "blob", f"{forge.branch}:attributes/a.txt") == "one\ntwo"


def test_git_stays_masked_and_a_link_instead_of_a_folder_is_not_followed(forge: Forge) -> None:
    code = """
import shutil
for name in (".git",):
    for act in (os.unlink, lambda n: os.rename(n, "x"), lambda n: open(n, "w").write("gitdir: /tmp"), os.mkdir):
        try: act(name)
        except OSError: pass
shutil.rmtree("docs"); os.symlink("tools", "docs")
"""
    forge.proposes(code)
    made = forge.cli("create", "KAIZ-001", "--json")
    assert made.code == 0, made
    assert forge.git("ls-tree", forge.branch, "docs").startswith("120000 ")


def test_too_many_files_too_much_time_end_it(forge: Forge) -> None:
    forge.settings(", time: 2s, disk: 4MiB")
    forge.proposes('os.makedirs("m")\nfor n in range(10**6): open(f"m/{n}", "w").write("x" * 100)')
    many = forge.cli("create", "KAIZ-001")
    assert many.code == 6
    assert "was ended" in many.err
    forge.proposes("import time, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(1000)")
    late = forge.cli("create", "KAIZ-001")
    assert late.code == 6
    assert "took longer than 2 s" in late.err
    assert forge.branch == ""
    assert forge.leftovers() == []


def test_without_trust_nothing_runs(forge: Forge) -> None:
    forge.proposes(TWO)
    forge.ok("trust", "--revoke")
    refused = forge.cli("create", "KAIZ-001", "--dry-run")
    assert refused.code == 4
    assert "`kaizen trust`" in refused.err
    assert forge.branch == ""


def test_words_that_are_wrong(forge: Forge, tmp_path: Path) -> None:
    assert "did you mean `propose`?" in forge.cli("create", "KAIZ-001", "--generator", "propos").err
    assert forge.cli("create", "KAIZ-001", "--base", "nowhere").code == 2
    assert forge.cli("create", "KAIZ-002").code == 3
    by_hand(forge)
    forge.ok("create", "KAIZ-001")
    assert "never reset" in forge.cli("create", "KAIZ-001", "--base", "HEAD~0^{tree}").err
    forge.git("worktree", "remove", "--force", str(forge.tree))
    forge.tree.mkdir()
    (forge.tree / "mine").write_text("mine")
    in_the_way = forge.cli("create", "KAIZ-001")
    assert in_the_way.code == 6
    assert (forge.tree / "mine").read_text() == "mine"


def test_the_variables_of_pass_env_only(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.settings(", pass_env: [AGENT_KEY]")
    forge.proposes('open("app.py", "w").write(os.environ["AGENT_KEY"] + str("OTHER_KEY" in os.environ))')
    assert "$AGENT_KEY, which isn't set" in forge.cli("create", "KAIZ-001").err
    monkeypatch.setenv("AGENT_KEY", "k")
    monkeypatch.setenv("OTHER_KEY", "o")
    forge.ok("create", "KAIZ-001")
    assert (forge.tree / "app.py").read_text() == "kFalse"


SUITE = """\
evaluation:
  tests: {command: [python, -m, unittest, discover, -s, tests]}
"""
TEST = "import unittest, app\\nclass T(unittest.TestCase):\\n    def test_n(self): self.assertEqual(app.N, 2)\\n"


@pytest.mark.parametrize(
    ("fix", "test", "state", "code"),
    [
        (TWO, TEST, "fail_on_base", 0),
        (TWO, TEST.replace("2)", "app.N)"), "pass_on_base", 4),
        (TWO, "", "no_tests", 0),
    ],
)
def test_the_tests_of_a_fix_fail_on_the_base(forge: Forge, fix: str, test: str, state: str, code: int) -> None:
    path = forge.root / "registry/kaizen/components/shop.yml"
    path.write_text(path.read_text() + SUITE, encoding="utf-8")
    forge.ok("update", "KAIZ-001", "--label", "bug")
    forge.write("tests/test_base.py", "import unittest\nclass B(unittest.TestCase):\n    def test_b(self): pass\n")
    forge.proposes(fix + (f'\nopen("tests/test_n.py", "w").write("{test}")' if test else ""))
    made = forge.cli("create", "KAIZ-001", "--json")
    assert made.code == code, made
    assert made.data["added_tests"] == state
    assert (forge.branch != "") == (code == 0)


def test_where_no_suite_is_set_the_proof_is_unknown(forge: Forge) -> None:
    forge.ok("update", "KAIZ-001", "--label", "fix")
    forge.proposes(f'{TWO}\nopen("test_n.py", "w").write("")')
    made = forge.cli("create", "KAIZ-001", "--json")
    assert made.data["added_tests"] == "unknown"
    assert "nothing says how tests are run" in made.err
    assert "were not tried." in forge.spec.replace("\n", " ")


def test_tests_that_never_end_show_nothing(forge: Forge) -> None:
    path = forge.root / "registry/kaizen/components/shop.yml"
    path.write_text(path.read_text() + SUITE + "  sandbox: {time: 2s}\n", encoding="utf-8")
    forge.ok("update", "KAIZ-001", "--label", "bug")
    forge.proposes(f'{TWO}\nos.mkdir("tests")\nopen("tests/test_n.py", "w").write("import time; time.sleep(1000)")')
    made = forge.cli("create", "KAIZ-001", "--json")
    assert made.data["added_tests"] == "unknown"
    assert "discover -s tests` took longer than 2 s and was ended" in made.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ended_in_the_middle_it_leaves_nothing(forge: Forge, number: signal.Signals) -> None:
    mark = f"mark-{os.urandom(6).hex()}"
    forge.config(f"generators: {{propose: {{command: [python, tools/propose.py, {mark}]}}}}\n")
    forge.ok("trust")
    forge.proposes(f"{TWO}\nimport time\ntime.sleep(1000)")
    before = forge.everything()
    process = subprocess.Popen(
        [sys.executable, "-m", "kaizen_tui.cli.entry", "create", "KAIZ-001"],
        cwd=forge.root, env=forge.environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while "generator propose" not in process.stderr.readline():
        assert process.poll() is None
    while not processes_named(mark):
        assert process.poll() is None
    process.send_signal(number)
    process.communicate()
    if number == signal.SIGKILL:  # the next one removes it
        sweep(str(forge.root / ".kaizen/sandbox"))
    assert forge.leftovers() == []
    assert processes_named(mark) == []
    assert forge.branch == ""
    assert forge.everything() == before


def test_when_the_log_cannot_be_written_all_is_as_it_was(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("no space left", where="Promotion-Log")

    forge.proposes(TWO)
    before = {name: data for name, data in forge.everything().items() if not name.startswith(".git/")}
    monkeypatch.setattr(Transaction, "commit", full)
    assert forge.cli("create", "KAIZ-001").code == 6
    assert forge.branch == ""
    assert {name: data for name, data in forge.everything().items() if not name.startswith(".git/")} == before


def test_a_workspace_below_the_checkout_s_root_is_closed_too(forge: Forge) -> None:
    (forge.root / "platform").mkdir()
    for name in ("registry", "tickets"):
        (forge.root / name).rename(forge.root / "platform" / name)
    forge.proposes(f'{TWO}\nopen("platform/registry/kaizen/config.yml", "a").write("theme: x\\n")')
    forge.ok("-C", "platform", "trust")
    refused = forge.cli("-C", "platform", "create", "KAIZ-001")
    assert refused.code == 4
    assert "platform/registry/kaizen/config.yml: tickets and the registry" in refused.err
    forge.proposes(TWO)
    made = forge.ok("-C", "platform", "create", "KAIZ-001")
    assert made.out == f"{forge.root}/platform/.kaizen/worktrees/KAIZ-001\n"


def test_without_the_sandbox_only_by_a_trusted_setting(forge: Forge) -> None:
    forge.proposes(f'{TWO}\njson.dump({{"summary": "Here."}}, open(os.environ["KAIZEN_RESULT_FILE"], "w"))')
    settings = Path(forge.ws.config_path)
    settings.write_text(settings.read_text() + "sandbox: {mode: unsafe-local}\n", encoding="utf-8")
    assert forge.cli("create", "KAIZ-001").code == 4
    forge.ok("trust")
    forge.ok("create", "KAIZ-001")
    assert "> Here." in forge.spec
    assert (forge.tree / "app.py").read_text() == "N = 2\n"


def test_lint_knows_the_generators(forge: Forge) -> None:
    assert "generator" not in forge.cli("lint").out
    forge.config("generators: {proposal: {command: [x]}}\n")
    assert (
        "shop.yml:5: warning: config.yml has no generator `propose`; did you mean `proposal`?" in forge.cli("lint").out
    )


def test_a_branch_that_is_checked_out_elsewhere_is_used_there(forge: Forge) -> None:
    forge.proposes(TWO)
    forge.git("checkout", "-q", "-b", "kaizen/KAIZ-001")
    made = forge.ok("create", "KAIZ-001")
    assert made.out == f"{forge.root}\n"
    assert (forge.root / "app.py").read_text() == "N = 2\n"
    assert not forge.tree.exists()


def test_a_checkout_that_was_moved_or_copied(forge: Forge) -> None:
    by_hand(forge)
    forge.ok("create", "KAIZ-001")
    moved, copy = (forge.root.with_name(name) for name in ("moved", "copy"))
    shutil.copytree(forge.root, copy, symlinks=True)
    foreign = forge.cli("-C", str(copy), "create", "KAIZ-001")
    assert foreign.code == 6
    assert f"is another repository's, of which this one is a copy; {forge.tree}" in foreign.err
    forge.root.rename(moved)
    forge.root.mkdir()  # where the tests run
    gone = forge.cli("-C", str(moved), "create", "KAIZ-001")
    assert gone.code == 6
    assert f"`git worktree repair {moved}/.kaizen/worktrees/KAIZ-001`" in gone.err


def test_a_ticket_that_is_at_its_end(forge: Forge) -> None:
    forge.ok("update", "KAIZ-001", "--status", "aborted", "--note", "not needed")
    ended = forge.cli("create", "KAIZ-001")
    assert ended.code == 4
    assert "nothing left to create" in ended.err
