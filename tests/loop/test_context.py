"""Who acts: found in order, checked before it can reach a log."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.errors import UsageError
from kaizen_tui.core.text import safe
from kaizen_tui.loop.context import MAX_ACTOR, check_actor, open_session, random_token, resolve_actor, utc_now
from kaizen_tui.store.workspace import Workspace


def test_the_explicit_actor_wins(tmp_path: Path) -> None:
    assert resolve_actor(" Ada ", {"KAIZEN_ACTOR": "Bob"}, str(tmp_path)) == "Ada"
    assert resolve_actor(None, {"KAIZEN_ACTOR": "Bob"}, str(tmp_path)) == "Bob"


def test_gits_identity_goes_before_the_login(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    require_program("git")
    env = {"KAIZEN_ACTOR": "", "LOGNAME": "bob"}
    assert resolve_actor(None, env, str(tmp_path)) == "bob"
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for key, value in (("user.name", "Eve Moss"), ("user.email", "eve@example.org")):
        subprocess.run(["git", "-C", str(tmp_path), "config", key, value], check=True)
    assert resolve_actor(None, env, str(tmp_path)) == "Eve Moss <eve@example.org>"


def test_without_any_name_the_system_is_asked(tmp_path: Path) -> None:
    assert resolve_actor(None, {}, str(tmp_path)) != ""


@pytest.mark.parametrize(
    "actor",
    [
        "",
        " ",
        "a\nb",
        "a\x1b[0m",
        "a\u202eb",
        "a\u200bb",
        "x" * (MAX_ACTOR + 1),
        ".",
        "<>",
        "x <y",
        "x <",
        "<x> y",
        "x> <y>",
    ],
)
def test_what_is_no_name_is_refused(actor: str) -> None:
    with pytest.raises(UsageError):
        check_actor(actor, "--actor")


@given(st.text(min_size=1, max_size=30))
def test_whatever_is_taken_is_safe_to_show(text: str) -> None:
    try:
        actor = check_actor(text, "--actor")
    except UsageError:
        return
    assert safe(actor) == actor == text.strip()


def test_a_session_on_the_real_clock(workspace: Workspace) -> None:
    session = open_session(workspace, "Ada")
    assert session.stamp().endswith("Z")
    assert utc_now().utcoffset() is not None
    assert len({random_token() for _ in range(100)}) == 100
