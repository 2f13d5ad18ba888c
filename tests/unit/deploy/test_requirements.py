"""The lock files: every package pinned, by hash, from whatever registry the machine uses."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.source_tree import ROOT

FOLDER = ROOT / "deploy"
LOCKS = sorted(FOLDER.glob("requirements*.txt"), key=lambda path: path.name)
PINNED = re.compile(
    r"^(?P<requirement>[A-Za-z0-9][\w.\[\], -]*==\S+(?: ;.*)?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def requirements(path: Path) -> list[Requirement]:
    """Return what a lock file asks for."""
    return [Requirement(found["requirement"]) for found in PINNED.finditer(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_everything_is_pinned_by_hash(path: Path) -> None:
    """Each entry has one version and the hashes of its files, and nothing says where to fetch it."""
    text = path.read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(requirements(path)) == len(entries) > 0
    assert "://" not in text
    assert "--index" not in text


def test_the_locks_fulfil_what_the_project_asks_for() -> None:
    """Every declared dependency is locked, at a version that the declaration allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, wanted in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", [*project["dependencies"], *extras["dev"], *extras["build"]]),
    ):
        locked = {canonicalize_name(r.name): r.specifier for r in requirements(FOLDER / name)}
        for requirement in map(Requirement, wanted):
            (pin,) = locked[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(pin.version, prereleases=True), f"{name}: {requirement}, {pin}"


def test_the_image_has_the_versions_that_are_tested() -> None:
    """What both lock files name has one version in both."""
    tested = {r.name: r.specifier for r in requirements(FOLDER / "requirements-dev.txt")}
    shipped = {r.name: r.specifier for r in requirements(FOLDER / "requirements.txt")}
    assert {name: tested.get(name) for name in shipped} == shipped
