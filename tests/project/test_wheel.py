"""What people install: a wheel that works away from the checkout, with the styles inside."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (found,) = target.glob("kaizen_tui-*.whl")
    return found


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin/ of a fresh environment with the wheel in it; what it depends on is this environment's, so no network."""
    place = tmp_path_factory.mktemp("env")
    venv.create(place, with_pip=False, symlinks=True)
    home = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    # This environment knows the checkout through a .pth file, which is not followed from a path in another .pth file.
    (home / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet", "--no-deps"]
    options = ["--no-index", "--ignore-installed", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, str(wheel)], check=True, capture_output=True)
    return place / "bin"


def run(*command: object, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KAIZEN_"))}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    outside = [name for name in names if not name.startswith("kaizen_tui/") and ".dist-info/" not in name]
    assert outside == []
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_style_is_in_the_wheel(wheel: Path) -> None:
    styles = {f"kaizen_tui/styles/{path.name}" for path in (ROOT / "styles").glob("*.tcss")}
    assert styles
    assert styles <= set(zipfile.ZipFile(wheel).namelist())


def test_the_installed_program_is_not_the_checkout(bin_folder: Path, tmp_path: Path) -> None:
    path = run(bin_folder / "python", "-c", "import kaizen_tui; print(kaizen_tui.__file__)", cwd=tmp_path)
    assert Path(path.strip()).is_relative_to(bin_folder.parent)


def test_works_away_from_the_checkout(bin_folder: Path, tmp_path: Path) -> None:
    kaizen = bin_folder / "kaizen"
    version = run(bin_folder / "python", "-c", "import kaizen_tui; print(kaizen_tui.__version__)", cwd=tmp_path)
    assert version.strip() in run(kaizen, "--version", cwd=tmp_path)
    run(kaizen, "init", cwd=tmp_path)
    run(kaizen, "new", "Improve memory utilization", "--component", "example-service", cwd=tmp_path)
    assert "Improve memory utilization" in run(kaizen, "list", cwd=tmp_path)


def test_the_board_finds_its_styles(bin_folder: Path, tmp_path: Path) -> None:
    code = "from kaizen_tui.tui.app import KaizenApp as A; p = A.CSS_PATH; print(*([p] if isinstance(p, str) else p))"
    paths = run(bin_folder / "python", "-c", code, cwd=tmp_path).split()
    assert paths
    assert all(Path(path).is_file() and Path(path).is_relative_to(bin_folder.parent) for path in paths)
