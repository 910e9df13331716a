"""Commands of config.yml run only where a person said that they may."""

from pathlib import Path

import pytest

from kaizen_tui.core.errors import StoreError
from kaizen_tui.store.trust import UntrustedError, is_trusted, need_trust, trust_folder
from tests.cli.world import World

SETTINGS = """\
generators: {codemod: {command: [./tools/codemod, "--all; rm -rf /"]}}
splitters: {app: {type: command, command: [./share]}}
notify: [{on: [verdict], command: ["./notify\\u202e.sh"]}]
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


def test_trust_is_shown_given_lost_by_a_change_and_taken_back(world: World, home: dict[str, str]) -> None:
    world.config(SETTINGS)
    before = world.cli("trust", "--check")
    assert before.code == 1
    assert "generators.codemod: ./tools/codemod '--all; rm -rf /'" in before.out
    assert "\u202e" not in before.out
    with pytest.raises(UntrustedError, match=r"splitter `app` is from a config\.yml"):
        need_trust(world.ws, home, "the splitter `app`")
    given = world.ok("trust")
    assert "3 commands in config.yml; commands of this file may run on this machine" in given.out
    assert world.ok("trust", "--check").code == 0
    need_trust(world.ws, home, "the splitter `app`")
    world.config(SETTINGS + "theme: kaizen-light\n")
    assert world.cli("trust", "--check").code == 1
    world.ok("trust")
    world.config(SETTINGS)
    assert world.ok("trust", "--check").code == 0  # the old content is still trusted
    data = world.ok("trust", "--revoke", "--json").data
    assert data["trusted"] is False
    assert data["commands"][1] == {"name": "splitters.app", "argv": ["./share"]}
    world.config(SETTINGS + "theme: kaizen-light\n")
    assert world.cli("trust", "--check").code == 1


def test_what_weakens_the_sandbox_is_shown(world: World, home: dict[str, str]) -> None:
    world.config(
        "sandbox: {mode: container, network: host}\n"
        "generators: {agent: {command: [agent], network: host, pass_env: [AGENT_KEY]}}\n"
    )
    said = world.cli("trust", "--check").out
    assert "sandbox.mode: container: evaluations and generators run without the sandbox" in said
    assert "sandbox.network: host: evaluations may use the network" in said
    assert "generators.agent: gets the network, $AGENT_KEY" in said


def test_the_same_file_elsewhere_is_another_one(world: World, home: dict[str, str], tmp_path: Path) -> None:
    world.config(SETTINGS)
    world.ok("trust")
    world.ok("init", str(tmp_path / "clone"))
    (tmp_path / "clone/registry/kaizen/config.yml").write_text(SETTINGS, encoding="utf-8")
    assert world.cli("-C", str(tmp_path / "clone"), "trust", "--check").code == 1


def test_without_settings_there_is_nothing_to_trust(world: World, home: dict[str, str]) -> None:
    Path(world.ws.config_path).unlink(missing_ok=True)
    assert is_trusted(world.ws, home)
    assert "no commands in config.yml" in world.ok("trust").out


def test_wrong_words_and_wrong_settings(world: World, home: dict[str, str]) -> None:
    assert world.cli("trust", "--revoke", "--check").code == 2
    world.config("generators: 7\n")
    wrong = world.cli("trust")
    assert wrong.code == 6
    assert "registry/kaizen/config.yml:1" in wrong.err
    assert not is_trusted(world.ws, home)


def test_where_trust_is_kept() -> None:
    assert trust_folder({"HOME": "/home/ada"}) == "/home/ada/.local/share/kaizen/trusted"
    assert trust_folder({"HOME": "/home/ada", "XDG_DATA_HOME": "relative"}) == "/home/ada/.local/share/kaizen/trusted"
    with pytest.raises(StoreError, match="no home directory"):
        trust_folder({})
