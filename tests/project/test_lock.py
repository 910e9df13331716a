"""What is installed is pinned: every requirement has its line in the lock, within its declared range."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_lock_holds_every_requirement_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(text for extra in project["optional-dependencies"].values() for text in extra),
    ]
    pins = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        name, equals, version = line.partition("#")[0].strip().partition("==")
        if not name:
            continue
        assert equals, f"{line!r} is no exact pin"
        pins[canonicalize_name(name)] = Version(version)
    missing = []
    for requirement in map(Requirement, declared):
        name = canonicalize_name(requirement.name)
        if name not in pins or not requirement.specifier.contains(pins[name], prereleases=True):
            missing.append(f"{requirement} (pinned: {pins.get(name)})")
    assert missing == []
