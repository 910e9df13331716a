"""Which required sections of a Patch-Spec.md still hold template text."""

import pytest

from kaizen_tui.core.patch_spec import template, unfilled_sections

BOTH = ("Summary", "Rollback Procedure")


def spec(summary: str, rollback: str = "Restart the old version.") -> str:
    return f"# Patch\n\n## Summary\n{summary}\n\n## Design\n\n## Rollback Procedure\n{rollback}\n"


def test_a_new_patch_spec_is_all_template() -> None:
    text = template("KAIZ-001 Optimize {curly} <!-- things -->")
    assert text.startswith("# Patch specification: KAIZ-001 Optimize {curly} <!-- things -->\n")
    assert unfilled_sections(text) == BOTH


def test_the_template_with_both_sections_written_passes() -> None:
    text = template("KAIZ-001 Optimize")
    for heading, words in (("Summary", "Batch the broadcasts."), ("Rollback Procedure", "systemctl restart x@stable")):
        text = text.replace(f"## {heading}\n", f"## {heading}\n\n{words}\n")
    assert unfilled_sections(text) == ()


@pytest.mark.parametrize(
    "text",
    ["", "TBD", "- TBD", "**TODO**", "_to be determined_.", "[Brief description]", "<describe the change>",
     "{{summary}}", "...", "…", "<!-- what -->", "<!-- what\n\nand why", "---", "Half of it is here.\n\n[And why]",
     "1. TODO", "**What:** TBD", "Done.\n- [the other half]"],
)  # fmt: skip
def test_template_text_is_seen(text: str) -> None:
    assert "Summary" in unfilled_sections(spec(text))


@pytest.mark.parametrize(
    "text",
    ["Batch the broadcasts.", "- [x] restarted", "See [the design](https://x.io).", "<https://x.io/design>",
     "The TODO list is shorter now.", "```\n[section]\n...\n```", "~~~\nTBD\n~~~", "### Part\nWords.", "Words.\n\n---",
     "Words. <!-- and a remark -->", "As in [1].", "| a | b |\n|---|---|\n| 1 | 2 |"],
)  # fmt: skip
def test_what_a_person_wrote_is_no_template(text: str) -> None:
    assert unfilled_sections(spec(text)) == ()


def test_sections_are_found_however_their_headings_are_written() -> None:
    assert unfilled_sections("# 1. SUMMARY:\nx\n### rollback procedure ##\r\ny\n") == ()
    assert unfilled_sections("Summary: x\nRollback Procedure: y\n") == BOTH
    assert unfilled_sections("## Summary\n## Rollback Procedure\ny") == ("Summary",)
    assert unfilled_sections("```\n## Summary\nx\n## Rollback Procedure\ny\n```") == BOTH
    assert unfilled_sections("") == BOTH


def test_hostile_text_costs_no_time() -> None:
    for text in (
        "<!--" * 50_000,
        "#" + " " * 200_000 + "x",
        "[" * 200_000,
        "*" * 200_000,
        "#### " * 50_000,
        "<" * 200_000,
    ):
        assert unfilled_sections(text + "\n") == BOTH
