"""Where a workspace is found, and that no id leads out of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import NotFoundError, UsageError
from kaizen_tui.store.workspace import Workspace, find_workspace
from tests.store.worlds import make_workspace


def test_the_nearest_directory_at_or_above_the_current_one_is_found(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    inner = tmp_path / "tickets" / "KAIZ-001"
    inner.mkdir(parents=True)
    assert find_workspace(None, {}, str(inner)).root == str(tmp_path)
    assert find_workspace(None, {}, str(tmp_path)).root == str(tmp_path)


def test_an_inner_workspace_hides_the_outer_one(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    make_workspace(tmp_path / "inner")
    assert find_workspace(None, {}, str(tmp_path / "inner" / "registry")).root == str(tmp_path / "inner")


def test_the_option_goes_before_the_variable_and_the_variable_before_the_place(tmp_path: Path) -> None:
    for name in ("option", "variable", "here"):
        make_workspace(tmp_path / name)
    environment = {"KAIZEN_WORKSPACE": str(tmp_path / "variable")}
    here = str(tmp_path / "here")
    assert find_workspace("../option", environment, here).root == str(tmp_path / "option")
    assert find_workspace(None, environment, here).root == str(tmp_path / "variable")
    assert find_workspace(None, {"KAIZEN_WORKSPACE": ""}, here).root == here


@pytest.mark.parametrize(
    ("explicit", "environment"), [("sub", {}), ("", {}), (None, {"KAIZEN_WORKSPACE": "sub"}), (None, {})]
)
def test_no_workspace_is_an_error_that_names_init(
    tmp_path: Path, explicit: str | None, environment: dict[str, str]
) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(NotFoundError) as caught:
        find_workspace(explicit, environment, str(tmp_path))
    assert "kaizen init" in str(caught.value)


def test_a_named_workspace_is_not_searched_for_above(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(NotFoundError):
        find_workspace("sub", {}, str(tmp_path))


def test_the_paths_of_a_ticket(tmp_path: Path) -> None:
    ws = Workspace(str(tmp_path))
    assert ws.ticket_path("KAIZ-001") == str(tmp_path / "tickets" / "KAIZ-001" / "Kaizen-Tkt.yml")
    assert ws.component_path("pcc-main") == str(tmp_path / "registry" / "kaizen" / "components" / "pcc-main.yml")
    assert ws.relative(ws.log_path("KAIZ-001")) == "tickets/KAIZ-001/Promotion-Log"
    assert ws.relative("/etc/passwd") == "/etc/passwd"
    assert ws.relative(str(tmp_path) + "-other/x") == str(tmp_path) + "-other/x"


@pytest.mark.parametrize(
    "wrong", ["", ".", "..", "../KAIZ-001", "KAIZ-001/..", "KAIZ-1", "kaiz-001", "KAIZ-001\n", "KAIZ-001\0", "KAIZ-٠٠١"]
)
def test_a_wrong_ticket_id_gets_no_path(tmp_path: Path, wrong: str) -> None:
    ws = Workspace(str(tmp_path))
    for path_of in (ws.ticket_dir, ws.ticket_path, ws.log_path, ws.spec_path, ws.score_card_path):
        with pytest.raises(UsageError):
            path_of(wrong)


@given(st.text())
def test_no_text_leads_out_of_the_workspace(text: str) -> None:
    ws = Workspace("/w")
    for path_of, folder in ((ws.ticket_dir, "/w/tickets"), (ws.component_path, "/w/registry/kaizen/components")):
        try:
            path = path_of(text)
        except UsageError:
            continue
        assert Path(path).parent == Path(folder)
