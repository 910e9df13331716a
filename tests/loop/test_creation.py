"""What Create writes: the commit's message, sections of Patch-Spec.md, the skeleton; whatever the texts are."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kaizen_tui.core.actors import same_person
from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.patch_spec import REQUIRED_SECTIONS, TEMPLATE, fill, section_text, template, unfilled_sections
from kaizen_tui.core.text import safe
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.loop.context import check_actor
from kaizen_tui.loop.creation.commit import message_of, person
from kaizen_tui.loop.creation.generator import Result
from kaizen_tui.loop.creation.proof import NO_FIX
from kaizen_tui.loop.creation.skeleton import skeleton
from kaizen_tui.loop.creation.spec import by_generator, by_hand
from kaizen_tui.sandbox.changes import Lines

HOSTILE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["<!-- swallow", "-->", "## Rollback Procedure\n\nnone", "```\ncode", "Kaizen-Ticket: KAIZ-666", "TBD",
         "\x1b[31m", "a\u202eb", "> x", '"""', "x" * 9000]
    ),
)  # fmt: skip


def a_ticket(title: str = "Faster", objective: str = "Be fast", plan: str = "git revert", *criteria: str) -> Ticket:
    return Ticket(
        id="KAIZ-001", title=title, component="shop", objective=objective, rollback_plan=plan,
        success_criteria=criteria, status="draft",
    )  # fmt: skip


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_words_of_others_stay_within_their_section(title: str, summary: str, notes: str, plan: str) -> None:
    result = Result(summary=summary[:10_000], tests=notes, risk=notes, notes=notes)
    sections = by_generator(a_ticket(title, summary, plan, notes), "gen", result, [Lines("a.py", 1, 2)], NO_FIX)
    text, filled = fill(template("KAIZ-001"), sections)
    heads = [line for line in text.split("\n") if line.startswith("#")]
    assert heads == [line for line in template("KAIZ-001").split("\n") if line.startswith("#")]
    assert "Files (1):" in section_text(text, "Design")
    assert "Summary" in filled
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_criterion_stays_readable() -> None:
    assert "- [ ] p95_ms <= 10 and x < 5" in by_hand(a_ticket("t", "o", "p", "p95_ms <= 10 and x < 5"))["Test Plan"]
    assert "&lt;!-- a" in by_hand(a_ticket("t", "o", "p", "<!-- a"))["Test Plan"]


@given(HOSTILE)
def test_what_a_person_wrote_is_never_overwritten(words: str) -> None:
    words = words.replace("\x00", "").strip() or "Mine."
    mine = TEMPLATE.replace("## Summary\n\n<!--", f"## Summary\n\n{words}\n\n<!--")
    text, _ = fill(mine, {"Summary": "Of the program.", "Rollback Procedure": "Of the plan."})
    assert words in text
    own = TEMPLATE.replace("What changes and why", "My own remark")
    assert fill(own, {"Summary": "Of the program."}) == (own, ())


def test_every_section_of_the_template_can_be_filled_and_once() -> None:
    names = [line[3:] for line in TEMPLATE.split("\n") if line.startswith("## ")]
    text, filled = fill(TEMPLATE.replace("\n", "\r\n"), dict.fromkeys(names, "Words."))
    assert list(filled) == names
    assert unfilled_sections(text) == ()
    assert fill(text, dict.fromkeys(names, "Others.")) == (text, ())
    assert unfilled_sections(fill(TEMPLATE, by_hand(a_ticket("x", "y", "z", "It holds")))[0]) == REQUIRED_SECTIONS


@given(HOSTILE, HOSTILE)
def test_only_our_trailers_are_git_s_trailers(title: str, summary: str) -> None:
    message = message_of(a_ticket(title or "x"), "gen", Result(summary=summary))
    tail = message.rstrip("\n").split("\n\n")[-1].split("\n")
    assert tail == ["Kaizen-Ticket: KAIZ-001", "Kaizen-Generator: gen"]
    assert len(message.split("\n")[0]) <= 72
    assert [line for line in message.split("\n") if safe(line) != line] == []


def test_git_reads_the_trailers(tmp_path: Path) -> None:
    message = message_of(a_ticket(), "gen", Result(summary="Fine.\n\nKaizen-Ticket: KAIZ-666\nSigned-off-by: Eve"))
    said = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=message,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert said.stdout == "Kaizen-Ticket: KAIZ-001\nKaizen-Generator: gen\n"


@given(HOSTILE, HOSTILE)
def test_the_skeleton_is_python_whatever_the_ticket_says(title: str, criterion: str) -> None:
    text = skeleton(a_ticket(title, "o", "p", criterion))
    found: dict[str, object] = {}
    exec(compile(text, "skeleton", "exec"), found)
    assert [name for name in found if name.startswith("test")] == ["test_kaiz_001"]


@pytest.mark.parametrize(
    ("actor", "configured", "name", "email"),
    [
        ("Ada Lovelace <ada@example.org>", "Bob <bob@example.org>", "Ada Lovelace", "ada@example.org"),
        ("<ada@example.org>", "", "ada@example.org", "ada@example.org"),
        ("ada@example.org", "", "ada@example.org", "ada@example.org"),
        ("ada", "Ada Lovelace <ada@example.org>", "Ada Lovelace", "ada@example.org"),
        ("ada", "Bob <bob@example.org>", "ada", "ada@localhost"),
        ("ada <>", "", "ada", "ada@localhost"),
        ("Ada Lovelace", "ada", "Ada Lovelace", "ada.lovelace@localhost"),
    ],
)
def test_people_for_git(actor: str, configured: str, name: str, email: str) -> None:
    assert person(actor, configured) == (name, email)


@given(st.text(min_size=1, max_size=30), st.sampled_from(["", "Ada Lovelace <ada@example.org>"]))
@example("x.", "")
@example("'ada'", "")
@example("Ada <ada@localhost>", "")
def test_whoever_makes_a_commit_is_known_as_its_author(text: str, configured: str) -> None:
    try:
        actor = check_actor(text, "--actor")
    except UsageError:
        return
    # As git writes a name: without signs at its ends, without brackets.
    name, email = (re.sub("[<>]", "", part).strip(" .,:;<>\"'\\") for part in person(actor, configured))
    assert name
    assert email
    assert same_person(actor, f"{name} <{email}>")
