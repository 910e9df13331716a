"""The forms on the screen: keys, readings, drafts, saving. Driven by keys alone; judged by state."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.timer import Timer

from kaizen_tui.loop.edit import Changes, update
from kaizen_tui.store import drafts
from kaizen_tui.store.reading import read_ticket_file
from kaizen_tui.store.workspace import Workspace
from kaizen_tui.tui.app import KaizenApp
from kaizen_tui.tui.form_actions import FORM_ACTIONS
from kaizen_tui.tui.forms.opening import open_new_ticket
from kaizen_tui.tui.forms.state import Prefill
from kaizen_tui.tui.messages import FilesChanged
from kaizen_tui.tui.screens.clash import ClashScreen
from kaizen_tui.tui.screens.form import FormScreen
from kaizen_tui.tui.widgets.form_body import SaveButton
from kaizen_tui.tui.widgets.form_lists import ListField
from kaizen_tui.tui.widgets.form_pick import PickField
from tests.tui.boards import screen_text
from tests.tui.forms.form_world import NOW, add_ticket, form_of, make_app, make_workspace, session_of, values

HOSTILE = "[/] [@click=app.quit]x[/] \x1b[31m \u202eback"


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path)


async def settle(app: KaizenApp, pilot: Pilot[int]) -> None:
    """Until neither a worker nor a message is under way."""
    for _ in range(4):
        await pilot.pause()
        await app.jobs.settled()
    await pilot.pause()


async def opened(app: KaizenApp, pilot: Pilot[int], key: str) -> FormScreen:
    await settle(app, pilot)
    await pilot.press(key)
    await settle(app, pilot)
    return form_of(app)


async def test_how_a_criterion_is_read_stands_there_whole_whatever_the_width(ws: Workspace) -> None:
    lines = ("p95_latency_ms <= 0.5 * baseline", "memory_usage_mb >= 0.98 * baseline", "Nobody waits")
    add_ticket(ws, success_criteria=lines)
    app = make_app(ws)
    async with app.run_test(size=(120, 48)) as pilot:
        form = await opened(app, pilot, "e")
        assert "[● medium]" in screen_text(app)  # seen without colour, and where the cursor is elsewhere
        field = form.body.fields["success_criteria"] if form.body is not None else None
        assert isinstance(field, ListField)
        for width in range(119, 79, -1):
            await pilot.resize_terminal(width, 48)
            await settle(app, pilot)
            text = screen_text(app)
            for line in field.lines:
                for row in line._rows:
                    assert row in text, width


async def test_a_ticket_is_written_with_keys_alone(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        await pilot.press(*"pcc", "enter", *"Trim", "enter", "right", "tab", *"web", "right", "tab")
        assert form.context == "form"
        await pilot.press(*"why", "enter", *"and how", "tab")
        await pilot.press(*"p95", "tab", "tab", "enter", *"Zero drops", "tab")
        await pilot.press(*"mem", "tab", "tab", "tab")
        await pilot.press("tab", *"latency, hot", "tab", *"pr https://x/1", "tab")
        assert isinstance(app.focused, SaveButton)
        await pilot.press("enter")
        await settle(app, pilot)
        assert app.screen is app.main
    made = read_ticket_file(ws, "KAIZ-001").fields
    assert (made.title, made.component, made.severity, made.owner) == ("Trim", "pcc-main", "low", "web-team")
    assert made.objective == "why\nand how"
    assert made.success_criteria == ("p95_latency_ms <= 10 ms", "Zero drops")
    assert made.abort_criteria == ("memory_usage_mb > 250 mb",) or made.abort_criteria[0].startswith(
        "memory_usage_mb > 250"
    )
    assert made.rollback_plan == "systemctl restart pcc@stable"
    assert made.labels == ("latency", "hot")
    assert made.links == (("pr", "https://x/1"),)
    assert drafts.new_drafts(ws) == []


async def test_the_component_is_found_and_its_plan_shown_without_overwriting(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(120, 36)) as pilot:
        form = await opened(app, pilot, "n")
        picker = form.state and form.body and form.body.fields["component"]
        assert isinstance(picker, PickField)
        assert picker.matches == ["checkout-api", "pcc-main"]
        await pilot.press("down", "tab")
        assert values(app)["component"] == "pcc-main"
        assert form.state.placeholder("owner") == "backend-team"
        await pilot.press("tab", "tab", *"me")
        form.body.focus_field("component")  # type: ignore[union-attr]
        await pilot.press("ctrl+u", *"check", "enter")
        assert (values(app)["component"], values(app)["owner"]) == ("checkout-api", "me")


async def test_a_search_that_ends_without_a_component_is_an_error(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        assert form.body is not None
        await pilot.press(*"pcc")
        assert form.body.fields["component"].note.text == ""
        form.body.focus_field("title")
        await settle(app, pilot)
        assert "no component `pcc`" in form.body.fields["component"].note.text


async def test_nothing_is_typed_while_it_is_being_saved(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        await pilot.press(*"pcc", "enter", *"Trim")
        Path(ws.component_path("pcc-main")).unlink()
        form.action_save()
        assert form.saving
        assert form.body is not None
        assert form.body.disabled
        form.action_back()
        assert app.screen is form
        await settle(app, pilot)
        assert "not saved: no component `pcc-main`" in form.noticed
        await pilot.press(*"!")
        assert values(app)["title"] == "Trim!"
    assert drafts.new_drafts(ws) == ["new-1"]


async def test_right_takes_the_prefilled_text_over(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        await pilot.press(*"pcc", "enter")
        for field in ("owner", "rollback_plan"):
            form.body.focus_field(field)  # type: ignore[union-attr]
            await pilot.press("right", *"!")
        assert (values(app)["owner"], values(app)["rollback_plan"]) == (
            "backend-team!",
            "systemctl restart pcc@stable!",
        )


async def test_nothing_is_written_while_a_field_is_wrong(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        await pilot.press("f2")
        await settle(app, pilot)
        assert app.screen is form
        fields = form.body.fields  # type: ignore[union-attr]
        assert fields["title"].note.tone == fields["component"].note.tone == "bad"
        assert "component is empty" in form.key_bar.word
        assert form.context == "form-pick"
        await pilot.press(*"pcc-mian")
        assert "did you mean" in fields["component"].note.text


async def test_lists_are_edited_line_by_line(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        await pilot.press(*"pcc", "enter")
        form.body.focus_field("success_criteria")  # type: ignore[union-attr]
        await pilot.press(*"one two", *["left"] * 4, "enter")
        assert values(app)["success_criteria"] == "one\n two"
        await pilot.press("backspace")
        assert values(app)["success_criteria"] == "one two"
        await pilot.press("end", "enter", *"three", "alt+up")
        assert values(app)["success_criteria"] == "three\none two"
        await pilot.press("down", "end", "enter", *"p95_latency_ms < 5", "up", "up")
        lines = form.body.fields["success_criteria"]  # type: ignore[union-attr]
        assert isinstance(lines, ListField)
        assert lines.lines[2].note.text == "automatic: p95_latency_ms below 5 ms"
        assert lines.lines[0].has_focus
        await pilot.press("up")
        assert form.body.field_of(app.focused) == "objective"  # type: ignore[union-attr]


async def test_a_paste_of_several_lines_is_several_criteria(ws: Workspace) -> None:
    from textual import events

    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        form.body.focus_field("success_criteria")  # type: ignore[union-attr]
        await pilot.pause()
        await pilot.press(*"ab", "left")
        app.post_message(events.Paste("one\x1b\n\ntwo\r\nthree"))
        await settle(app, pilot)
        assert values(app)["success_criteria"] == "aone\\x1b\ntwo\nthreeb"


async def test_esc_keeps_the_draft_and_the_next_form_has_it(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "n")
        await pilot.press(*"pcc", "enter", *"Half a title", "escape")
        await settle(app, pilot)
        assert app.screen is app.main
        assert "draft is kept" in app.main.key_bar.word
    later = make_app(ws, now=lambda: NOW.timestamp() + 300)
    async with later.run_test(size=(80, 24)) as pilot:
        form = await opened(later, pilot, "n")
        assert values(later)["title"] == "Half a title"
        assert "draft of 5 min ago restored" in form.noticed
        await pilot.press("f4")
        await settle(later, pilot)
        assert values(later)["title"] == ""
        assert drafts.new_drafts(ws) == []
        await pilot.press("f4")
        await settle(later, pilot)
        assert values(later)["title"] == "Half a title"
        assert drafts.new_drafts(ws) == ["new-1"]


async def test_the_draft_does_not_wait_for_a_pause_in_the_typing(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        timers: list[Timer] = []

        def hold(_delay: float, callback: Callable[[], None]) -> Timer:
            timers.append(Timer(form, 3600, callback=callback))
            return timers[-1]

        form.set_timer = hold  # type: ignore[method-assign, assignment]
        await pilot.press(*"pcc", "enter", *"Half a title")
        await pilot.pause()
        assert len(timers) == 1  # one that a further key would put off is one that may never come
        form.keep()
        await settle(app, pilot)
        await pilot.press(*" more")
        await pilot.pause()
        assert len(timers) == 2


async def test_what_was_typed_last_is_in_the_draft_when_the_program_ends(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        form.set_timer = lambda _delay, callback: Timer(form, 3600, callback=callback)  # type: ignore[method-assign, assignment]
        await pilot.press(*"pcc", "enter", *"Half a title")
        await pilot.pause()
    await app.jobs.settled()
    draft = drafts.read_draft(ws, "new-1")
    assert draft is not None
    assert draft.values["title"] == "Half a title"


async def test_a_prefilled_form_leaves_the_draft_alone(ws: Workspace) -> None:
    drafts.write_draft(ws, drafts.Draft("new-1", 1, {"title": "Old"}))
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        open_new_ticket(app, Prefill(title="Burning", component="pcc-main", success_criteria=["p95_latency_ms < 10"]))
        await settle(app, pilot)
        assert values(app)["title"] == "Burning"
        await pilot.press("escape")
        await settle(app, pilot)
    assert drafts.new_drafts(ws) == ["new-1"]


async def test_read_only_opens_no_form(ws: Workspace) -> None:
    add_ticket(ws)
    app = make_app(ws, read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        for key in ("n", "e", "E"):
            await pilot.press(key)
            await settle(app, pilot)
            assert app.screen is app.main
            assert "read-only" in app.main.key_bar.word
        open_new_ticket(app)
        await settle(app, pilot)
        assert app.screen is app.main


async def test_keys_typed_before_the_form_is_read_are_not_lost(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        opening = open_new_ticket(app, component="pcc-main")
        assert opening is not None
        await opening
        await pilot.press(*"Early")
        await settle(app, pilot)
        assert values(app)["title"] == "Early"


async def test_a_draft_that_cannot_be_kept_is_said(ws: Workspace) -> None:
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "n")
        Path(drafts.drafts_folder(ws)).parent.mkdir(exist_ok=True)
        Path(drafts.drafts_folder(ws)).write_text("in the way")
        await pilot.press(*"x")
        form.keep()
        await settle(app, pilot)
        assert "draft can't be kept" in form.noticed


# Editing


async def test_an_edit_changes_only_what_was_typed(ws: Workspace) -> None:
    add_ticket(ws, success_criteria=["p95_latency_ms < 10"], labels=["a"])
    before = Path(ws.ticket_path("KAIZ-001")).read_text()
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "e")
        await pilot.press("end", *"!", "f2")
        await settle(app, pilot)
        assert app.screen is app.main
        assert form.state.changed == ("title",)
    after = Path(ws.ticket_path("KAIZ-001")).read_text()
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert all(line.startswith(("title:", "updated_at:")) for line in changed)
    assert read_ticket_file(ws, "KAIZ-001").fields.title == "Delta encoding!"


async def test_saving_an_unchanged_ticket_writes_nothing(ws: Workspace) -> None:
    add_ticket(ws)
    before = Path(ws.ticket_path("KAIZ-001")).read_bytes()
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "e")
        await pilot.press("f2")
        await settle(app, pilot)
        assert app.screen is app.main
    assert Path(ws.ticket_path("KAIZ-001")).read_bytes() == before


async def test_saving_merges_what_only_the_disk_changed(ws: Workspace) -> None:
    add_ticket(ws)
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "e")
        await pilot.press("end", *"!")
        update(session_of(ws, "bob"), "KAIZ-001", Changes(owner="bob"))
        await pilot.press("f2")
        await settle(app, pilot)
        assert app.screen is app.main
    made = read_ticket_file(ws, "KAIZ-001").fields
    assert (made.title, made.owner) == ("Delta encoding!", "bob")


@pytest.mark.parametrize(
    ("keys", "title"), [("", "Delta encoding!"), ("2", "Theirs"), ("3", "Delta encoding"), ("h", "Delta encoding")]
)
async def test_a_clash_is_decided_by_the_person(ws: Workspace, keys: str, title: str) -> None:
    add_ticket(ws)
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "e")
        await pilot.press("end", *"!")
        update(session_of(ws, "bob"), "KAIZ-001", Changes(title="Theirs", owner="bob"))
        await pilot.press("f2")
        await settle(app, pilot)
        assert isinstance(app.screen, ClashScreen)
        await pilot.press(*keys, "enter")
        await settle(app, pilot)
        assert app.screen is form
        assert values(app)["title"] == title
        assert values(app)["owner"] == "bob"
        await pilot.press("f2")
        await settle(app, pilot)
        assert app.screen is app.main
    made = read_ticket_file(ws, "KAIZ-001").fields
    assert (made.title, made.owner) == (title, "bob")


async def test_a_change_on_disk_is_noticed_while_typing(ws: Workspace) -> None:
    add_ticket(ws)
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "e")
        await pilot.press("end", *"!")
        update(session_of(ws, "bob"), "KAIZ-001", Changes(title="Theirs", owner="bob"))
        app.post_message(FilesChanged(frozenset({ws.ticket_path("KAIZ-001")})))
        await settle(app, pilot)
        assert "changed on disk as well: title" in form.noticed
        assert values(app)["title"] == "Delta encoding!"
        assert form.body is not None
        assert form.body.fields["owner"].text == "bob"
        await pilot.press("f6", "escape")
        await settle(app, pilot)
        assert app.screen is form
        assert values(app)["title"] == "Delta encoding!"
        await pilot.press("f6", "t", "enter")
        await settle(app, pilot)
        assert values(app)["title"] == "Theirs"


async def test_another_ticket_changing_on_disk_is_nothing_to_the_form(ws: Workspace) -> None:
    add_ticket(ws)
    add_ticket(ws, "Other")
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await opened(app, pilot, "e")
        app.post_message(FilesChanged(frozenset({ws.ticket_path("KAIZ-002")})))
        await settle(app, pilot)
        assert form.noticed == ""


async def test_a_draft_of_an_edit_meets_a_changed_ticket(ws: Workspace) -> None:
    add_ticket(ws)
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "e")
        await pilot.press("end", *"!", "escape")
        await settle(app, pilot)
    update(session_of(ws, "bob"), "KAIZ-001", Changes(title="Theirs", owner="bob"))
    again = make_app(ws)
    async with again.run_test(size=(80, 24)) as pilot:
        form = await opened(again, pilot, "e")
        assert values(again)["title"] == "Delta encoding!"
        assert values(again)["owner"] == "bob"
        assert "changed on disk as well: title" in form.noticed
        await pilot.press("f2")
        await settle(again, pilot)
        assert isinstance(again.screen, ClashScreen)


async def test_a_broken_ticket_opens_no_form_but_says_why(ws: Workspace) -> None:
    add_ticket(ws)
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        Path(ws.ticket_path("KAIZ-001")).write_text("id: KAIZ-001\ntitle: [\n")
        await pilot.press("e")
        await settle(app, pilot)
        assert app.screen is app.main
        assert app.main.words is not None
        assert "KAIZ-001" in app.main.words.plain


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_hostile_words_stay_words(ws: Workspace, size: tuple[int, int]) -> None:
    add_ticket(
        ws, HOSTILE, owner=HOSTILE, objective=HOSTILE, success_criteria=[HOSTILE], rollback_plan=HOSTILE,
        labels=[HOSTILE], links=[(HOSTILE, "https://x")],
    )  # fmt: skip
    app = make_app(ws)
    async with app.run_test(size=size) as pilot:
        form = await opened(app, pilot, "e")
        assert all("\x1b" not in text and "\u202e" not in text for text in values(app).values())
        svg = app.export_screenshot()
        assert "\x1b" not in svg
        assert "\u202e" not in svg
        form.body.focus_field("rollback_plan")  # type: ignore[union-attr]
        await pilot.press("end", *"!", "f2")
        await settle(app, pilot)
    made = read_ticket_file(ws, "KAIZ-001").fields
    assert made.title == HOSTILE
    assert made.success_criteria == (HOSTILE,)
    assert made.rollback_plan.endswith("!")


async def test_hostile_words_in_a_clash_stay_words(ws: Workspace) -> None:
    add_ticket(ws)
    app = make_app(ws)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, "e")
        await pilot.press("end", *"!")
        update(session_of(ws, "bob"), "KAIZ-001", Changes(title=HOSTILE))
        await pilot.press("f2")
        await settle(app, pilot)
        assert isinstance(app.screen, ClashScreen)
        svg = app.export_screenshot()
        assert "\x1b" not in svg
        assert "\u202e" not in svg


def test_every_key_of_the_forms_has_a_handler() -> None:
    from kaizen_tui.tui.screens.refused import RefusedScreen

    owners = {"clash": ClashScreen, "refused": RefusedScreen}
    for action in FORM_ACTIONS:
        owner = owners.get(action.context, FormScreen)
        if owner is not RefusedScreen:
            assert hasattr(owner, f"action_{action.method}"), action.id
        assert not any(key in ("ctrl+s", "ctrl+q", "ctrl+b", "ctrl+z") for key in action.keys)
