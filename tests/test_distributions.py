"""Installed distributions: our own reading of them tells what ``importlib.metadata`` tells."""

from __future__ import annotations

import importlib.metadata
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Repo, call

from aind_curriculum_runtime.project.distributions import entry_points, version_of

GROUP = "aind_curriculum_runtime.curricula"


def theirs(group: str) -> list[tuple[str, str, str, str]]:
    """Entry points as the standard library finds them."""
    points = importlib.metadata.entry_points(group=group)
    return sorted((one.name, one.value, one.dist.name, one.dist.version) for one in points if one.dist is not None)


def ours(group: str) -> list[tuple[str, str, str, str]]:
    """Entry points as we find them."""
    return sorted((one.name, one.value, *one.distribution) for one in entry_points(group))


def write_metadata(site: Path, folder: str, *, name: str, version: str, points: str | None) -> None:
    """Write the metadata of an installed distribution."""
    target = site / folder
    target.mkdir(parents=True)
    file = "METADATA" if folder.endswith(".dist-info") else "PKG-INFO"
    text = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nSummary: Café: two\n\nVersion: 9.9.9\n"
    (target / file).write_text(text, encoding="utf-8")
    if points is not None:
        (target / "entry_points.txt").write_text(points, encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed distributions, in front of the others."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def test_all_entry_points_of_this_environment_are_found() -> None:
    groups = importlib.metadata.entry_points().groups
    assert len(groups) > 1, "this environment has too few entry points to compare by"
    for group in groups:
        assert ours(group) == theirs(group), group


def test_all_versions_of_this_environment_are_found() -> None:
    installed = {one.name: one.version for one in importlib.metadata.distributions()}
    assert len(installed) > 20
    assert {name: version_of(name) for name in installed} == installed


def test_a_distribution_is_found_by_any_spelling_of_its_name() -> None:
    spellings = ["aind-behavior-curriculum", "aind_behavior_curriculum", "AIND.Behavior--Curriculum"]
    assert len({version_of(name) for name in spellings}) == 1


@pytest.mark.parametrize("name", ["no-such-distribution", "aind", "aind-behavior-curriculum-0.0.42"])
def test_a_distribution_that_is_not_installed_is_not_found(name: str) -> None:
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        version_of(name)


@pytest.mark.parametrize(
    "points",
    [
        f"[{GROUP}]\na = m:A\n",
        f"[console_scripts]\nx = y:z\n\n[{GROUP}]\n# b = m:B\n  a=m:A  \nc = m:C [extra]\n\n[{GROUP}.x]\nd = m:D\n",
        f"[{GROUP}]\r\na = m:A = 1\r\n",
        f"[console_scripts]\n{GROUP} = y:z\n",
        "",
        None,
    ],
    ids=["one", "among others", "Windows line endings", "name in another place", "empty", "no file"],
)
def test_the_file_of_entry_points_is_read_as_the_standard_library_reads_it(site: Path, points: str | None) -> None:
    write_metadata(site, "some_curriculum-1.0.0.dist-info", name="some-curriculum", version="1.0.0", points=points)
    assert ours(GROUP) == theirs(GROUP)
    assert version_of("some-curriculum") == "1.0.0"


def declare(site: Path, folder: str, target: str) -> None:
    write_metadata(site, folder, name="twice", version="1.0.0", points=f"[{GROUP}]\ntwice = {target}\n")


def in_two_folders(site: Path) -> None:
    declare(site, "twice-1.0.0.dist-info", "first:A")
    declare(site / "later", "twice-2.0.0.dist-info", "second:B")
    sys.path.append(str(site / "later"))


def as_an_egg(site: Path) -> None:
    declare(site, "twice.egg-info", "first:A")


def in_an_archive(site: Path) -> None:
    with zipfile.ZipFile(site / "archive.zip", "w") as archive:
        archive.writestr("twice-1.0.0.dist-info/METADATA", "Name: twice\nVersion: 1.0.0\n")
        archive.writestr("twice-1.0.0.dist-info/entry_points.txt", f"[{GROUP}]\ntwice = first:A\n")
    sys.path.insert(0, str(site / "archive.zip"))


def on_a_path_that_is_missing(site: Path) -> None:
    sys.path.insert(0, str(site / "missing"))
    declare(site, "twice-1.0.0.dist-info", "first:A")


@pytest.mark.parametrize("install", [in_two_folders, as_an_egg, in_an_archive, on_a_path_that_is_missing])
def test_a_distribution_is_found_wherever_and_however_it_is_installed(
    site: Path, install: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", sys.path.copy())
    install(site)
    importlib.invalidate_caches()
    assert ours(GROUP) == theirs(GROUP) == [("twice", "first:A", "twice", "1.0.0")]
    assert version_of("twice") == importlib.metadata.version("twice") == "1.0.0"


def test_a_generated_repo_is_found_as_the_standard_library_finds_it(shared_repo: Repo) -> None:
    code = (
        "import importlib.metadata as m; from aind_curriculum_runtime.project.distributions import entry_points\n"
        f"point, = m.entry_points(group='{GROUP}'); mine, = entry_points('{GROUP}')\n"
        "print(mine.name, mine.value, *mine.distribution)\n"
        "print(point.name, point.value, point.dist.name, point.dist.version)"
    )
    result = call([shared_repo.script("python"), "-c", code])
    first, second = result.stdout.decode().splitlines()
    assert first == second == "my-curriculum my_curriculum.curriculum:CURRICULUM my-curriculum 0.1.0"


def test_list_does_not_import_the_standard_librarys_metadata(shared_repo: Repo) -> None:
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print([name for name in ('importlib.metadata', 'email') if name in sys.modules], "
        "file=sys.stderr))\n"
        "from aind_curriculum_runtime.cli import main; main(['list'])"
    )
    result = call([shared_repo.script("python"), "-c", code])
    assert (result.code, result.stderr.split()) == (0, [b"[]"]), result.text
