"""Nine curricula that nobody here wrote, each moved into a repo of the template, with a session of its task.

They are those of aind-behavior-vr-foraging-curricula on PyPI: tasks of 4 to 99 kB of JSON, imports of seconds. Their
code comes from the package each time and is kept nowhere here. It goes into the repo as it is, but for the name of the
curriculum, which a repo of the template has in lower case, and for the command line, which is the runtime's.

    python tests/real_curricula.py FOLDER [NAME ...]

makes those repos in a folder, each with its environment, to try a command on them by hand.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

from support import PROJECT, Repo, call, clean_environment, commit_all, folder_of_these_tests, generate, make_template
from vr_sessions import write_session

PACKAGE = "aind_behavior_vr_foraging_curricula"
VERSION = "1.3.2"
TASK = "aind-behavior-vr-foraging"

_DEPLETION, _REVERSALS = "depletion", "deterministic_reversals"
NINE = {
    "depletion": (),
    "depletion-stops-offset": (_DEPLETION,),
    "depletion-stops-rate": (_DEPLETION,),
    "deterministic-reversals": (_DEPLETION,),
    "deterministic-reversals-reward-capped": (_DEPLETION, _REVERSALS),
    "learning-sets": (),
    "replenishment-depletion-offset": (_DEPLETION,),
    "single-site": (),
    "template": (),
}
"""Each curriculum, and the others of the package whose code it shares."""

# What the modules take from the package's command line, for a function that nothing calls any more.
_CLI = """
from typing import Any, Generic, TypeVar

from .utils import model_from_json_file

__all__ = ["CurriculumCliArgs", "CurriculumSuggestion", "model_from_json_file"]

S = TypeVar("S")
M = TypeVar("M")


class CurriculumCliArgs:
    data_directory: Any
    input_trainer_state: Any


class CurriculumSuggestion(Generic[S, M]):
    def __init__(self, **fields: Any) -> None: ...
"""

_TASK_OF_FIRST_STAGE = """
import sys
from importlib import import_module

print(import_module(sys.argv[1]).CURRICULUM.see_stages()[0].task.model_dump_json())
"""


@functools.cache
def _package() -> Path:
    """The package's code, from PyPI."""
    target = folder_of_these_tests() / "vr-foraging"
    command = ["uv", "pip", "install", "-q", "--no-deps", "--target", target, f"{PACKAGE.replace('_', '-')}=={VERSION}"]
    subprocess.run(command, check=True, env=clean_environment())
    return target / PACKAGE


def port(template: Path, name: str, folder: Path) -> Repo:
    """Make the repo of a curriculum.

    Args:
        template: A git repo of the template.
        name: One of ``NINE``.
        folder: Where the repo comes, under its name.

    Returns:
        The repo, with its environment and its sample session, committed.
    """
    own, package = name.replace("-", "_"), f"vr_{name.replace('-', '_')}"
    repo = Repo(generate(template, folder / name, curriculum_name=f"vr-{name}"))
    source = repo.path / "src" / package
    shutil.rmtree(source)
    shutil.rmtree(repo.path / "tests" / "data")
    (repo.path / "tests" / "test_examples.py").unlink()
    for part in (own, *NINE[name]):
        shutil.copytree(_package() / part, source / part, ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    shutil.copy(_package() / "utils.py", source)
    inside = source.relative_to(repo.path).as_posix()
    version = (
        f'from aind_curriculum_runtime import curriculum_version\n\n__semver__ = curriculum_version("vr-{name}")\n'
    )
    repo.write(f"{inside}/__init__.py", version)
    repo.write(f"{inside}/cli.py", _CLI)
    module = source / own / "curriculum.py"
    text = re.sub('(?m)^CURRICULUM_NAME = ".*"', f'CURRICULUM_NAME = "vr-{name}"', module.read_text(encoding="utf-8"))
    repo.write(f"{inside}/{own}/curriculum.py", text)
    repo.edit("pyproject.toml", f"{package}.curriculum:", f"{package}.{own}.curriculum:")
    runtime = '    "aind-curriculum-runtime",\n'
    repo.edit("pyproject.toml", runtime, f'{runtime}    "{TASK}[data]=={VERSION}",\n')
    repo.sync()
    made = call([repo.script("python"), "-c", _TASK_OF_FIRST_STAGE, f"{package}.{own}.curriculum"])
    assert made.code == 0, made.text
    write_session(repo.session, made.stdout.decode("utf-8"))
    commit_all(repo.path, "Bring the curriculum over")
    return repo


def environment_of_all(folder: Path) -> tuple[Path, dict[str, str]]:
    """Make one environment in which the package's own nine curricula can be imported, with this runtime.

    Args:
        folder: Where it comes.

    Returns:
        Its Python, and the variables to call it with.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    needed = ["-e", f"{PROJECT}[checks]", f"{TASK}[data]=={VERSION}"]
    subprocess.run(["uv", "venv", "-q", folder, "--python", sys.executable], check=True, env=clean_environment())
    subprocess.run(["uv", "pip", "install", "-q", "--python", python, *needed], check=True, env=clean_environment())
    return python, {**clean_environment(), "PYTHONPATH": str(_package().parent)}


if __name__ == "__main__":
    where = Path(sys.argv[1]).absolute()
    of_this_tree = where / "of-this-tree"  # stays: the repos are locked to it
    if not of_this_tree.exists():
        make_template(of_this_tree)
    for one in sys.argv[2:] or NINE:
        print(port(of_this_tree, one, where).path)
