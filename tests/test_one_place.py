"""What must be known in one module only, because the second one would be forgotten when it changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aind_curriculum_runtime.processes.environment import GIT, PYTHON, RUNS, UV

SOURCE = Path(__file__).parent.parent / "src" / "aind_curriculum_runtime"
ENVIRONMENT = ["processes/environment.py"]


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        *((f'"{name}"', ENVIRONMENT) for name in (*GIT, "VIRTUAL_ENV", "PYTHONHOME", "UV_PROJECT", "UV_WORKING_DIR")),
        ("import tomllib", ["project/pyproject.py", "project/uv_lock.py"]),
        ('["git"', ["project/git.py"]),
        ('"commondir"', ["project/git_directory.py"]),
        ('"direct_url.json"', ["project/distributions.py"]),
        ('"aind_curriculum_runtime.curricula"', ["project/distributions.py"]),
        ('"aind_curriculum_runtime.formerly"', ["project/distributions.py"]),
        ("start_new_session", ["processes/children.py", "processes/tree_posix.py"]),
        ("killpg", ["processes/tree_posix.py"]),
        ("taskkill.exe", ["processes/tree_windows.py"]),
        ("subprocess.Popen(", ["processes/children.py", "processes/tree.py"]),
    ],
)
def test_a_fact_has_one_place(text: str, modules: list[str]) -> None:
    found = [path for path in SOURCE.rglob("*.py") if text in path.read_text(encoding="utf-8")]
    assert sorted(path.relative_to(SOURCE).as_posix() for path in found) == modules


def test_no_variable_is_in_two_groups() -> None:
    names = (*GIT, *PYTHON, *UV, *RUNS)
    assert len(set(names)) == len(names)


def test_what_a_launcher_waits_for_imports_no_reader_of_releases() -> None:
    program = (
        "import sys; from aind_curriculum_runtime import cli, client; "
        "from aind_curriculum_runtime.commands import list, version; "
        "print({'semver', 'tomllib', 'aind_curriculum_runtime.project.git'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"
