"""The pure parts of the forms: texts and back, checks, completion, three versions, drafts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.fields import ComponentFields, MetricFields, TicketFields, check_ticket
from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.tui.forms.checks import World, criterion_note, link_note, summary
from kaizen_tui.tui.forms.completion import complete_criterion, complete_word, find_components
from kaizen_tui.tui.forms.state import FormState, Prefill
from kaizen_tui.tui.forms.three_way import merge
from kaizen_tui.tui.forms.values import (
    FIELDS,
    join_labels,
    originals_of,
    shown_values,
    split_labels,
    split_link,
    typed,
)

METRICS = (
    MetricFields("p95_latency_ms", 10.0, 12.0, "ms"),
    MetricFields("error_ratio", 0.5, 2.0, "%"),
    MetricFields("throughput_rps", 500.0, 400.0),
)
COMPONENTS = (
    ComponentFields("pcc-main", "PCC", 0, "backend-team", METRICS, "systemctl restart pcc\nthen look", "", ()),
    ComponentFields("checkout-api", "Checkout", 1, "web-team", (), "", "", ()),
)
WORLD = World(COMPONENTS, ("backend-team", "web-team"), ("latency",))


def ticket(**fields: object) -> TicketFields:
    raw = {"id": "KAIZ-001", "title": "Trim", "component": "pcc-main", "status": "draft", "severity": "high", **fields}
    return check_ticket(raw, "KAIZ-001")  # type: ignore[arg-type]


def edit(**fields: object) -> FormState:
    return FormState.for_edit(ticket(**fields), "etag-1", WORLD)


# Texts and back

LINE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda text: text.strip())
ITEMS = st.lists(LINE, max_size=4)


@given(
    title=LINE,
    owner=LINE,
    objective=LINE,
    success=ITEMS,
    abort=ITEMS,
    plan=LINE,
    links=st.dictionaries(LINE, LINE, max_size=3),
)
def test_what_nobody_touched_changes_nothing(
    title: str, owner: str, objective: str, success: list[str], abort: list[str], plan: str, links: dict[str, str]
) -> None:
    form = edit(
        title=title, owner=owner, objective=objective, success_criteria=success, abort_criteria=abort,
        rollback_plan=plan, links=links,
    )  # fmt: skip
    assert form.changed == ()
    assert form.changes() == type(form.changes())()


@given(title=LINE, success=ITEMS, plan=LINE)
def test_what_stands_in_a_form_is_safe_to_show(title: str, success: list[str], plan: str) -> None:
    values = shown_values(ticket(title=title, success_criteria=success, rollback_plan=plan))
    for field in FIELDS:
        assert safe_block(values[field]) == values[field]
        assert all(safe(line) == line for line in values[field].split("\n"))


@given(success=ITEMS)
def test_a_line_more_leaves_the_other_lines_as_in_the_file(success: list[str]) -> None:
    fields = ticket(success_criteria=success)
    values = shown_values(fields)
    values["success_criteria"] += "\nNew one"
    said = typed(values, originals_of(fields))
    assert list(said.success_criteria) == [*success, "New one"]


def test_a_hostile_line_is_shown_and_kept() -> None:
    fields = ticket(success_criteria=["\x1b[31mred", "plain", "two\nlines"], title="[/]\u202e")
    values = shown_values(fields)
    assert values["success_criteria"].split("\n") == ["\\x1b[31mred", "plain", "two\\nlines"]
    values["success_criteria"] = values["success_criteria"].replace("plain", "edited")
    said = typed(values, originals_of(fields))
    assert said.success_criteria == ("\x1b[31mred", "edited", "two\nlines")
    assert said.title == "[/]\u202e"


@given(
    st.lists(st.text('ab ,"', min_size=1, max_size=6).filter(lambda text: text == text.strip() and text), unique=True)
)
def test_labels_come_back(labels: list[str]) -> None:
    assert split_labels(join_labels(labels)) == labels


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("pr https://x/1", ("pr", "https://x/1")),
        ("pull request  https://x", ("pull request", "https://x")),
        ("pr", ("pr", "")),
        (" pr ", ("pr", "")),
    ],
)
def test_a_link_is_a_name_and_an_address(line: str, pair: tuple[str, str]) -> None:
    assert split_link(line) == pair


# Checks


def test_a_new_form_complains_only_of_what_was_touched() -> None:
    form = FormState.for_new(WORLD)
    assert form.problems() == {}
    form.attempted = True
    assert set(form.problems()) == {"title", "component"}
    form.values["component"] = "pcc-mian"
    assert "did you mean `pcc-main`" in form.problems()["component"]
    form.values |= {"component": "pcc-main", "title": "Trim"}
    assert form.problems() == {}


def test_wrong_values_are_named_at_their_field() -> None:
    form = edit()
    form.values |= {"severity": "hgih", "title": "  ", "links": "pr"}
    assert set(form.problems()) == {"severity", "title", "links"}
    form.values["links"] = "pr https://x\npr https://y"
    assert "second link" in form.problems()["links"]


@pytest.mark.parametrize(
    ("line", "text", "tone"),
    [
        ("p95_latency_ms < 10", "automatic: p95_latency_ms below 10 ms", "good"),
        ("Zero drops for 5 minutes", "manual: needs sign-off", "plain"),
        ("", "", "plain"),
    ],
)
def test_criteria_are_read_as_the_gates_read_them(line: str, text: str, tone: str) -> None:
    assert criterion_note(line, METRICS) == (text, tone)


def test_what_looks_automatic_and_is_not_says_why() -> None:
    note = criterion_note("p95_latency < 10", METRICS)
    assert note.tone == "warn"
    assert "did you mean `p95_latency_ms`" in note.text


def test_links_are_read_back() -> None:
    assert link_note("pr https://x").text == "pr → https://x"
    assert link_note("pr").tone == "bad"


def test_the_summary_counts() -> None:
    form = edit(success_criteria=["p95_latency_ms < 10", "Zero drops"])
    assert summary(form.said, WORLD) == "2 criteria, 1 automatic"


# Completion


@pytest.mark.parametrize(
    ("text", "abort", "completed"),
    [
        ("p9", False, "p95_latency_ms"),
        ("P9", False, "p95_latency_ms"),
        ("  thr", False, "  throughput_rps"),
        ("p95_latency_ms", False, "p95_latency_ms <= 10 ms"),
        ("p95_latency_ms ", True, "p95_latency_ms > 12 ms"),
        ("throughput_rps ", False, "throughput_rps >= 500 rps"),
        ("throughput_rps", True, "throughput_rps < 400 rps"),
        ("p95_latency_ms <= 1.05 *", False, "p95_latency_ms <= 1.05 * baseline"),
        ("p95_latency_ms <= ba", False, "p95_latency_ms <= baseline"),
        ("p95_latency_ms <= 1.05 * b", False, "p95_latency_ms <= 1.05 * baseline"),
        ("", False, ""),
        ("Zero drops", False, ""),
        ("p95_latency_ms <= 10", False, ""),
    ],
)
def test_completion_of_criteria(text: str, abort: bool, completed: str) -> None:
    assert complete_criterion(text, METRICS, abort=abort) == completed


@given(st.text("p95_latncymsbie<=> *.01", max_size=24), st.booleans())
def test_completion_only_adds_and_ends(text: str, abort: bool) -> None:
    steps = 0
    while completed := complete_criterion(text, METRICS, abort=abort):
        assert len(completed) > len(text)
        assert completed.casefold().startswith(text.casefold())
        text, steps = completed, steps + 1
        assert steps < 5


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("abort", [False, True])
def test_a_completed_bound_is_automatic(metric: MetricFields, abort: bool) -> None:
    line = complete_criterion(metric.name, METRICS, abort=abort)
    assert criterion_note(line, METRICS).tone == "good"


def test_completion_of_words() -> None:
    assert complete_word("WEB", WORLD.owners) == "web-team"
    assert complete_word("", WORLD.owners) == ""
    assert complete_word("web-team", WORLD.owners) == ""


def test_components_are_found_by_id_name_and_owner() -> None:
    assert [found.id for found in find_components("", COMPONENTS)] == ["checkout-api", "pcc-main"]
    assert [found.id for found in find_components("web", COMPONENTS)] == ["checkout-api"]
    assert [found.id for found in find_components("main pcc", COMPONENTS)] == ["pcc-main"]
    assert find_components("nothing", COMPONENTS) == []


# Saving


def test_a_new_ticket_takes_what_the_component_has_unless_something_is_typed() -> None:
    form = FormState.for_new(
        WORLD, Prefill(component="pcc-main", title="Burning", success_criteria=["p95_latency_ms < 10"])
    )
    assert form.placeholder("owner") == "backend-team"
    assert form.placeholder("rollback_plan").startswith("systemctl")
    assert form.changed == ()
    new = form.new_ticket()
    assert (new.owner, new.rollback_plan, new.objective) == (None, None, "TBD")
    form.values |= {"owner": "me", "links": "pr https://x"}
    form.values["component"] = "checkout-api"
    assert form.new_ticket().owner == "me"
    assert form.new_ticket().links == (("pr", "https://x"),)


def test_an_edit_changes_only_what_was_changed() -> None:
    form = edit(labels=["a", "b"], links={"pr": "https://x", "doc": "https://d"})
    form.values |= {"title": "Other", "labels": "b, c", "links": "pr https://y"}
    changes = form.changes()
    assert changes.title == "Other"
    assert changes.owner is None
    assert (tuple(changes.add_labels), tuple(changes.remove_labels)) == (("b", "c"), ("a", "b"))
    assert list(changes.links) == [("doc", ""), ("pr", "https://y")]


# Three versions


def test_one_sided_changes_merge_and_two_sided_ones_are_asked_about() -> None:
    form = edit(owner="ann", success_criteria=["one"])
    form.values |= {"title": "Mine", "success_criteria": "one\nmine"}
    theirs = ticket(title="Theirs", owner="bob", success_criteria=["one", "theirs"])
    merged = form.meet(theirs, "etag-2")
    assert merged.taken == ("owner",)
    assert merged.combined == ("success_criteria",)
    assert set(merged.values["success_criteria"].split("\n")) == {"one", "mine", "theirs"}
    (clash,) = merged.clashes
    assert (clash.field, clash.base, clash.theirs, clash.mine) == ("title", "Trim", "Theirs", "Mine")
    form.values["title"] = "Mine, later"
    assert [clash.mine for clash in form.clashes] == ["Mine, later"]
    assert form.changed == ("title", "success_criteria")
    assert form.etag == "etag-2"
    form.settle({"title": "theirs"})
    assert (form.values["title"], form.clashes) == ("Theirs", ())


def test_a_clash_stays_until_it_is_decided() -> None:
    form = edit()
    form.values["title"] = "Mine"
    form.meet(ticket(title="Theirs"), "etag-2")
    form.meet(ticket(title="Theirs", owner="bob"), "etag-3")
    assert [(clash.base, clash.theirs, clash.mine) for clash in form.clashes] == [("Trim", "Theirs", "Mine")]
    form.meet(ticket(title="Theirs again", owner="bob"), "etag-4")
    assert [clash.theirs for clash in form.clashes] == ["Theirs again"]
    again = FormState.for_edit(ticket(title="Theirs again", owner="bob"), "etag-4", WORLD)
    merged = again.restore(form.draft("KAIZ-001", 5, 1))
    assert merged is not None
    assert [clash.mine for clash in again.clashes] == ["Mine"]
    form.values["title"] = "Theirs again"
    assert form.clashes == ()


VALUES = st.fixed_dictionaries({field: st.text("ab\n", max_size=5) for field in FIELDS})


@given(base=VALUES, theirs=VALUES, mine=VALUES)
def test_nothing_typed_is_lost(base: dict[str, str], theirs: dict[str, str], mine: dict[str, str]) -> None:
    merged = merge(base, theirs, mine)
    clashing = {clash.field for clash in merged.clashes}
    for field in FIELDS:
        if field in clashing or theirs[field] in (base[field], mine[field]):
            assert merged.values[field] == mine[field]
        elif mine[field] == base[field]:
            assert merged.values[field] == theirs[field]
        else:
            assert field in merged.combined
    for clash in merged.clashes:
        assert len({clash.base, clash.theirs, clash.mine}) == 3


@given(base=VALUES, mine=VALUES)
def test_a_merge_with_an_unchanged_disk_is_what_was_typed(base: dict[str, str], mine: dict[str, str]) -> None:
    assert merge(base, base, mine) == (mine, (), (), ())
    assert merge(base, mine, base).values == mine


# Drafts


def test_a_draft_is_restored_onto_the_same_ticket() -> None:
    form = edit()
    form.values["title"] = "Typed"
    draft = form.draft("KAIZ-001", 5, 1)
    again = edit()
    assert again.restore(draft) is None
    assert again.values["title"] == "Typed"


def test_a_draft_of_a_ticket_that_changed_meanwhile_is_merged() -> None:
    form = edit(owner="ann")
    form.values |= {"title": "Typed"}
    draft = form.draft("KAIZ-001", 5, 1)
    again = edit(owner="bob", title="Theirs")
    merged = again.restore(draft)
    assert merged is not None
    assert merged.taken == ("owner",)
    assert [clash.field for clash in merged.clashes] == ["title"]
    assert again.values["title"] == "Typed"
    assert again.values["owner"] == "bob"


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.text(max_size=8)))
def test_any_draft_can_be_restored(values: dict[str, str]) -> None:
    form = FormState.for_new(WORLD)
    draft = form.draft("new-1", 1, 1)._replace(values=values)
    form.restore(draft)
    assert set(form.values) == set(FIELDS)
    assert isinstance(form.problems(), dict)
