"""What is installed is what was written, and the locks hold what is asked for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from source_tree import PACKAGE, ROOT, SRC

LOCKS = ["requirements.lock", "requirements-build.lock", "requirements-dev.lock"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)
#: Nothing but pins, hashes, markers and comments: no host, no path, no option.
LOCK_LINE = re.compile(
    r" *#[^/]*"
    r"|[a-z0-9._-]+(\[[a-z,-]+\])?==[0-9][A-Za-z0-9.!+]*( ; [^/]+?)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel as `make dist` does, from the tree as it is."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def group(name: str) -> list[str]:
    """Give the requirements of a dependency group, those it includes among them."""
    found: list[str] = []
    for entry in project()["dependency-groups"][name]:
        found += [entry] if isinstance(entry, str) else group(entry["include-group"])
    return found


def pins(lock: str) -> dict[str, str]:
    """Give the versions of *lock* by canonical name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in PIN.findall(text)}


def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    """Migrations, py.typed and whatever is read at run time are files like any other."""
    written = {
        path.relative_to(SRC).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert written - set(wheel.namelist()) == set()
    assert "fettled/py.typed" in written


def test_the_wheel_holds_the_migrations(wheel: zipfile.ZipFile) -> None:
    """A daemon installed from the wheel can make its database."""
    versions = [
        name
        for name in wheel.namelist()
        if re.fullmatch(r"fettled/store/migrations/versions/[^_]\w*\.py", name)
    ]

    assert versions


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No tests, no caches, no databases of whoever built it."""
    foreign = {
        name
        for name in wheel.namelist()
        if not name.startswith(("fettled/", "fettled-")) or "__pycache__" in name
    }

    assert not foreign
    assert not {name for name in wheel.namelist() if re.search(r"\.(db|log|pyc|env)(-|$)", name)}


def test_the_wheel_tells_its_version_licence_and_command(wheel: zipfile.ZipFile) -> None:
    """The metadata are what a package index and `fettled --version` show."""
    import fettled  # noqa: PLC0415 - the tree under test

    info = f"fettled-{fettled.__version__}.dist-info"
    metadata = HeaderParser().parsestr(wheel.read(f"{info}/METADATA").decode())

    assert metadata["Version"] == fettled.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
    assert "fettled = fettled.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_nothing_of_a_machine(lock: str) -> None:
    """No index, no host, no path; a hash for every file that may be installed."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if PIN.match(line)]

    assert not [line for line in lines if not LOCK_LINE.fullmatch(line)]
    assert all(line.endswith("\\") for line in pinned)


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", project()["project"]["dependencies"]),
        ("requirements-build.lock", project()["build-system"]["requires"]),
        ("requirements-build.lock", group("build")),
        ("requirements-dev.lock", project()["project"]["dependencies"]),
        ("requirements-dev.lock", group("dev")),
        (
            "requirements-dev.lock",
            [
                wanted
                for extra in project()["project"]["optional-dependencies"].values()
                for wanted in extra
            ],
        ),
    ],
    ids=["runtime", "build", "build group", "dev runtime", "dev", "extras"],
)
def test_a_lock_is_in_step_with_what_is_asked_for(lock: str, asked: list[str]) -> None:
    """Whoever changes a requirement runs `make lock`."""
    locked = pins(lock)
    wanted = [Requirement(text) for text in asked]

    assert not {
        str(requirement)
        for requirement in wanted
        if locked.get(canonicalize_name(requirement.name)) is None
        or not requirement.specifier.contains(locked[canonicalize_name(requirement.name)])
    }


def test_the_locks_agree() -> None:
    """Tests run on the versions that are shipped."""
    shipped = pins("requirements.lock") | pins("requirements-build.lock")

    assert shipped.items() <= pins("requirements-dev.lock").items()


def test_the_makefile_offers_the_documented_targets() -> None:
    """`make help` lists what the README and CONTRIBUTING speak of."""
    done = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=30
    )
    offered = set(re.findall(r"^ +make (\w+)", done.stdout, re.MULTILINE))
    spoken_of = {
        target
        for page in ("README.md", "CONTRIBUTING.md")
        for target in re.findall(r"`make (\w+)", Path(ROOT / page).read_text(encoding="utf-8"))
    }

    assert spoken_of <= offered
    assert {"setup", "demo", "run", "test", "check", "bench"} <= offered
