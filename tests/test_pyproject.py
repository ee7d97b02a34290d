"""Whatever stands in pyproject.toml or uv.lock, every command that reads it ends in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fleet_support import fleet_environment
from support import commit_all, git

from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.command.grammar import ProcessFacts, read
from aind_curriculum_runtime.commands.program import PROGRAM
from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.fleet import cli as fleet_cli
from aind_curriculum_runtime.fleet.errors import FleetError
from aind_curriculum_runtime.project import uv_lock
from aind_curriculum_runtime.project.pyproject import Pyproject

SOUND = """\
[project]
name = "odd"
version = "0.1.0"
dependencies = ["AIND_curriculum.runtime[checks] >=0.1"]
[project.entry-points."aind_curriculum_runtime.curricula"]
odd = "odd.curriculum : CURRICULUM"
"""

# What is written as pyproject.toml, and what is said of it where that keeps its curricula from being known.
ODD: dict[str, tuple[str | bytes, str | None]] = {
    "an empty file": ("", None),
    "no table project": ("project = 3\n", "has a project that is not a table"),
    "project is a list": ("[[project]]\nname = 'odd'\n", "has a project that is not a table"),
    "no TOML": ("[project\n", "is not valid TOML"),
    "a merge that was left": ("<<<<<<< ours\n" + SOUND, "is not valid TOML"),
    "not UTF-8": ('[project]\nname = "M\u00fcller"\n'.encode("latin-1"), "is not valid TOML"),
    "UTF-16": (SOUND.encode("utf-16"), "is not valid TOML"),
    "nested too deeply": ("a = " + "[" * 100_000, "is not valid TOML"),
    "a very large integer": ("a = " + "1" * 5000, "is not valid TOML"),
    "entry points are a list": ("[project]\nname = 'odd'\nentry-points = []\n", "entry-points that is not a table"),
    "the group is text": (
        "[project]\nname = 'odd'\n[project.entry-points]\n'aind_curriculum_runtime.curricula' = 'odd'\n",
        "curricula that is not a table",
    ),
    "scripts are a number": (SOUND.replace("[project.e", "scripts = 3\n[project.e"), "scripts that is not a table"),
    "a curriculum is a number": (SOUND.replace('"odd.curriculum : CURRICULUM"', "3"), None),
    "dependencies are a number": (re.sub("dependencies = .*", "dependencies = 3", SOUND), None),
    "dependencies hold a table": (re.sub("dependencies = .*", "dependencies = [{ a = 1 }, 3]", SOUND), None),
    "dynamic is a number": (SOUND.replace('version = "0.1.0"', "dynamic = 3"), None),
    "name and version are numbers": (SOUND.replace('"odd"', "3").replace('"0.1.0"', "0.1"), None),
    "no name": (SOUND.replace('name = "odd"', ""), None),
    "tool is text": ("tool = 'uv'\n" + SOUND, None),
    "members are a number": (SOUND + "[tool.uv.workspace]\nmembers = 3\nexclude = 'x'\n", None),
    "members are no patterns": (
        SOUND + "[tool.uv.workspace]\nmembers = ['', '.', '..', '/', '**a', '[', 'c:/x', 3, \"a\\u0000b\"]\n",
        None,
    ),
    "the settings of repo-review are a list": (SOUND + "[tool]\nrepo-review = []\n", None),
    "a byte order mark": ("\ufeff" + SOUND, None),
}
odd = pytest.mark.parametrize("content", [one for one, _ in ODD.values()], ids=ODD)


def write(folder: Path, content: str | bytes) -> Path:
    """Write a repo whose pyproject.toml holds ``content``, committed and tagged as a release."""
    folder.mkdir()
    file = folder / "pyproject.toml"
    file.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    commit_all(folder, "Odd")
    git(folder, "tag", "v0.1.0")
    return folder


def carried_out(arguments: list[str]) -> Any:
    """Run a command of `curriculum` in this process; give its result."""
    return read(PROGRAM, arguments, ProcessFacts(stdout_is_terminal=False)).carry_out()


def ends_in_a_sentence(command: Callable[[], Any]) -> str:
    """Run a command in this process, where any exception but one with a sentence fails the test."""
    try:
        command()
    except (CurriculumError, FleetError) as error:
        assert error.message.endswith((".", "?", "!")) and "Traceback" not in error.message
        assert getattr(error, "code", "") != "runtime.internal"
        return error.message
    return ""


@pytest.mark.parametrize(("content", "problem"), ODD.values(), ids=ODD)
def test_commands_of_a_curriculum_end_in_a_sentence(content: str | bytes, problem: str | None, tmp_path: Path) -> None:
    folder = write(tmp_path / "odd", content)
    commands = [["bump", "major"], ["export", str(tmp_path / "bundle")]]
    if problem is not None:  # else each would try to import a curriculum, and take seconds
        commands += [["diff", "v0.1.0"], ["release", "--dry-run"]]
    for argv in commands:
        # No curriculum of that name can be imported, so that none of these has anything to do.
        assert ends_in_a_sentence(lambda argv=argv: carried_out([*argv, "--repo", str(folder)])), argv  # type: ignore[misc]


@odd
def test_checks_end_in_findings(content: str | bytes, tmp_path: Path) -> None:
    folder = write(tmp_path / "odd", content)
    (folder / "uv.lock").write_text("package = [3, { name = 3 }]\n", encoding="utf-8")
    told = carried_out(["check", str(folder), "--select", "LP001", "--select", "LP004", "--select", "VE001"])
    assert b" passed" in told.document or b" failed" in told.document


@odd
def test_commands_of_a_task_repo_end_in_a_sentence(
    content: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in fleet_environment().items():
        monkeypatch.setenv(name, value)
    task, source = write(tmp_path / "task", content), write(tmp_path / "odd", content)
    git(task, "submodule", "--quiet", "add", "--", source.as_posix(), "curricula/odd")
    for argv in (["list"], ["list", "--json"], ["check"], ["add", source.as_uri(), "curricula/more", "--no-check"]):
        ends_in_a_sentence(lambda argv=argv: fleet_cli._execute([*argv, "-C", str(task)]))  # type: ignore[misc]
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(("content", "problem"), ODD.values(), ids=ODD)
def test_what_is_wrong_is_told_in_words(content: str | bytes, problem: str | None, tmp_path: Path) -> None:
    found = Pyproject.parse(content if isinstance(content, bytes) else content.encode("utf-8"))
    assert (found.problem is None) == (problem is None) and (problem or "") in (found.problem or "")
    assert found.workspace_members(tmp_path) == set()


def test_a_folder_of_that_name_and_no_file_are_told_apart(tmp_path: Path) -> None:
    assert Pyproject.read(tmp_path).is_missing
    (tmp_path / "pyproject.toml").mkdir()
    found = Pyproject.read(tmp_path)
    assert not found.is_missing and found.fault is not None and found.fault.startswith("cannot be read: ")
    assert "cannot be read" in str(repo_at(tmp_path).pyproject_error)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_what_is_sound_is_read_by_its_meaning(mark: str) -> None:
    found = Pyproject.parse((mark + SOUND).replace("\n", "\r\n").encode("utf-8"))
    assert (found.name, found.version) == ("odd", "0.1.0")
    assert found.curricula == {"odd": "odd.curriculum:CURRICULUM"}
    assert found.dependency_names == {"aind-curriculum-runtime"}


def test_members_of_a_workspace_are_its_patterns_without_what_is_excluded(tmp_path: Path) -> None:
    for name in ("a/one", "a/two", "b"):
        (tmp_path / name).mkdir(parents=True)
    found = Pyproject.parse('[tool.uv.workspace]\nmembers = ["a/*", "b"]\nexclude = ["a/two"]\n')
    assert found.workspace_members(tmp_path) == {tmp_path / "a" / "one", tmp_path / "b"}


@pytest.mark.parametrize(
    "content", [b"package = 3", b"[[package]", b"\xff", b"package = [3]", b"a = " + b"[" * 100_000]
)
def test_an_odd_lock_file_holds_no_versions(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_bytes(content)
    assert uv_lock.versions(uv_lock.read(tmp_path)) == {}
    assert uv_lock.version_in(tmp_path, "semver") is None


def test_a_locked_version_is_found_with_and_without_parsing(tmp_path: Path) -> None:
    text = 'version = 1\n\n[[package]]\nname = "semver"\nversion = "3.1.1"\n\n[[package]]\nname = "x"\n'
    (tmp_path / "uv.lock").write_bytes(text.replace("\n", "\r\n").encode("utf-8"))
    assert uv_lock.versions(uv_lock.read(tmp_path))["semver"] == "3.1.1" == uv_lock.version_in(tmp_path, "semver")
    assert uv_lock.version_in(tmp_path, "x") is None


PINNED = {
    "a-task==1.3.2": True,
    "A_Task[data] == 1.3.2 ; python_version > '3.10'": True,
    "a-task===1.3.2": True,
    "a-task @ git+https://github.com/o/a-task@4f2a": True,
    "a-task @ git+https://github.com/o/tasks@v1.2.0#subdirectory=packages/a-task": True,
    "a-task @ https://example.org/a_task-1.3.2-py3-none-any.whl": True,
    "a-task": False,
    "a-task>=1.3": False,
    "a-task~=1.3.2": False,
    "a-task==1.3.*": False,
    "a-task>=1.3,==1.3.2": True,
    "a-task==1.3.2,<2": False,
    "a-task @ git+https://github.com/o/a-task": False,
    "a-task @ git+ssh://git@github.com/o/a-task": False,
    "a-task; python_version == '3.11'": False,
}


@pytest.mark.parametrize(("asked", "pinned"), PINNED.items(), ids=PINNED)
def test_a_package_is_pinned_by_number_commit_or_file(asked: str, pinned: bool) -> None:
    found = Pyproject.parse(f'[project]\ndependencies = ["another>=1", "{asked}"]\n')
    assert (found.requirement("a-task"), found.is_pinned("a-task")) == (asked, pinned)


@pytest.mark.parametrize(
    ("source", "pinned"),
    [
        ("{ git = 'https://github.com/o/a-task', rev = '4f2a' }", True),
        ("{ git = 'https://github.com/o/a-task', tag = 'v1' }", True),
        ("{ path = '../a-task' }", True),
        ("{ workspace = true }", True),
        ("{ git = 'https://github.com/o/a-task', branch = 'main' }", False),
        ("{ git = 'https://github.com/o/a-task' }", False),
        ("[{ index = 'x' }]", False),
    ],
)
def test_a_source_of_uv_pins_by_commit_tag_or_folder(source: str, pinned: bool) -> None:
    text = f'[project]\ndependencies = ["a-task>=1"]\n[tool.uv.sources]\nA_Task = {source}\n'
    assert Pyproject.parse(text).is_pinned("a-task") is pinned


def test_a_package_that_is_not_asked_for_has_no_requirement() -> None:
    assert Pyproject.parse(SOUND).requirement("a-task") is None
