"""Commands that tell what is installed, and choosing among several curricula."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from support import Repo, Result, call, generate

from aind_curriculum_runtime.command.declared import CURRICULUM

COMMANDS = [one.name for one in CURRICULUM]
DSL = version("aind-behavior-curriculum")
RUNTIME = version("aind-curriculum-runtime")
INFO = [["list"], ["version"], ["dsl-version"], ["describe"]]


# One curriculum


def test_list_prints_the_names_as_the_existing_repos_do(shared_repo: Repo) -> None:
    result = shared_repo.curriculum("list")
    assert (result.code, result.stdout, result.stderr) == (0, b"Available curricula:\n - my-curriculum\n", b"")


def test_list_as_json_is_an_array_of_names_and_versions(shared_repo: Repo) -> None:
    result = shared_repo.curriculum("list", "--json")
    assert result.document == [{"name": "my-curriculum", "version": "0.1.0"}]


def test_version_prints_the_version_alone(shared_repo: Repo) -> None:
    assert shared_repo.curriculum("version").stdout == b"0.1.0\n"
    assert shared_repo.curriculum("version", "--json").document == {"my-curriculum": "0.1.0"}


def test_dsl_version_prints_the_librarys_version_alone(shared_repo: Repo) -> None:
    installed = shared_repo.curriculum("describe", "--json").document["dsl_version"]
    assert shared_repo.curriculum("dsl-version").stdout == f"{installed}\n".encode()
    assert shared_repo.curriculum("dsl-version", "--json").document == {"dsl_version": installed}
    assert shared_repo.curriculum("demo").document["dsl_version"] == installed


def test_describe_is_a_table_for_people(shared_repo: Repo) -> None:
    assert shared_repo.curriculum("describe").stdout.decode().splitlines() == [
        "contract       1",
        f"runtime        {RUNTIME}",
        f"dsl            {DSL}",
        "",
        "curriculum     version  object",
        "my-curriculum  0.1.0    my_curriculum.curriculum:CURRICULUM",
    ]


def test_describe_as_json_is_for_launchers(shared_repo: Repo) -> None:
    result = shared_repo.curriculum("describe", "--json")
    assert result.document == {
        "contract": 1,
        "runtime_version": RUNTIME,
        "dsl_version": DSL,
        "commands": COMMANDS,
        "curricula": [
            {
                "name": "my-curriculum",
                "version": "0.1.0",
                "distribution": "my-curriculum",
                "object": "my_curriculum.curriculum:CURRICULUM",
            }
        ],
    }
    assert result.stdout.endswith(b"}\n") and result.stdout.count(b"\n") == 1


def test_the_runtimes_own_version_is_an_option(shared_repo: Repo) -> None:
    assert shared_repo.curriculum("--version").stdout == f"aind-curriculum-runtime {RUNTIME}\n".encode()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_goes_to_stdout_with_an_example(shared_repo: Repo, command: str) -> None:
    result = shared_repo.curriculum(command, "--help")
    assert (result.code, result.stderr) == (0, b"")
    text = result.stdout.decode()
    assert text.startswith(f"usage: curriculum {command} ")
    assert f"examples:\n  curriculum {command}" in text
    assert f"\n  {command} " in shared_repo.curriculum("--help").stdout.decode()


# No curriculum


def here(*arguments: str) -> Result:
    """Run the command in this project's own environment, which holds no curriculum."""
    return call([sys.executable, "-m", "aind_curriculum_runtime.cli", *arguments])


def test_without_a_curriculum_list_says_so() -> None:
    assert here("list").stdout == b"No curriculum is installed here.\n"
    assert here("list", "--json").stdout == b"[]\n"


@pytest.mark.parametrize("command", ["version", "describe", "init", "demo"])
def test_without_a_curriculum_the_other_commands_fail_with_the_way_to_declare_one(command: str) -> None:
    result = here(command)
    assert (result.code, result.stdout) == (78, b"")
    assert result.error["code"] == "repo.no_curriculum"
    assert '[project.entry-points."aind_curriculum_runtime.curricula"]' in result.error["hint"]


# What is imported


LIST_MODULES = """
import atexit, sys
atexit.register(lambda: print("modules:", *sys.modules, file=sys.stderr))
from aind_curriculum_runtime.cli import main
main()
"""


def imported(repo: Repo, *arguments: str | Path) -> set[str]:
    """Names of all modules that a command has imported by its end."""
    result = call([repo.script("python"), "-c", LIST_MODULES, *arguments])
    assert result.code == 0, result.text
    line = next(line for line in result.text.splitlines() if line.startswith("modules: "))
    return set(line.split()[1:])


HEAVY = {"pydantic", "pydantic_core", "aind_behavior_curriculum", "my_curriculum"}


@pytest.mark.parametrize(
    "arguments",
    [
        *INFO,
        *[[*command, "--json"] for command in INFO],
        ["--help"],
        ["--version"],
        *[[command, "--help"] for command in COMMANDS],
    ],
    ids=" ".join,
)
def test_telling_what_is_installed_imports_neither_curriculum_nor_library(
    shared_repo: Repo, arguments: list[str]
) -> None:
    modules = imported(shared_repo, *arguments)
    assert "aind_curriculum_runtime.command.guard" in modules
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()


def test_evaluating_does_not_import_the_models_of_the_schemas(shared_repo: Repo, state: Path) -> None:
    modules = imported(shared_repo, "run", "--path", shared_repo.session, "--input-trainer-state", state)
    assert HEAVY - modules == set()
    assert "aind_curriculum_runtime.contract.documents" not in modules


# Several curricula

WITNESS = """
import os
from pathlib import Path

with Path(os.environ["IMPORT_WITNESS"]).open("a", encoding="utf-8") as witness:
    witness.write(f"{CURRICULUM.name} ")
"""

ANOTHER = '''"""Another curriculum, of one stage."""

from aind_behavior_curriculum import Metrics, MetricsProvider, Stage, TaskParameters, create_curriculum, create_task

WaitTask = create_task(name="Wait", task_parameters=TaskParameters)


def metrics_from_dataset(data_directory) -> Metrics:
    return Metrics()


s_wait = Stage(
    name="s_wait",
    task=WaitTask(task_parameters=TaskParameters()),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
CURRICULUM = create_curriculum("NAME", "VERSION", (WaitTask,), pkg_location=__name__)()
CURRICULUM.add_stage(s_wait)
'''

OTHER_PROJECT = """\
[build-system]
requires = ["uv_build>=0.8.22,<1"]
build-backend = "uv_build"

[project]
name = "other-distribution"
version = "2.0.0-rc.1"
requires-python = ">=3.11"
dependencies = ["aind-behavior-curriculum"]

[project.entry-points."aind_curriculum_runtime.curricula"]
third-curriculum = "other_distribution.curriculum:CURRICULUM"
"""


@pytest.fixture(scope="module")
def several_curricula(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo of two curricula whose environment holds a third one, of another distribution."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("several") / "my-curriculum"), quick=True)
    repo.write("src/my_curriculum/second.py", ANOTHER.replace("NAME", "second-curriculum").replace("VERSION", "0.1.0"))
    repo.write("other/pyproject.toml", OTHER_PROJECT)
    repo.write("other/src/other_distribution/__init__.py", "")
    repo.write(
        "other/src/other_distribution/curriculum.py",
        ANOTHER.replace("NAME", "third-curriculum").replace("VERSION", "2.0.0-rc.1"),
    )
    for name in ("src/my_curriculum/curriculum.py", "src/my_curriculum/second.py"):
        repo.write(name, (repo.path / name).read_text(encoding="utf-8") + WITNESS)
    other = repo.path / "other" / "src" / "other_distribution" / "curriculum.py"
    repo.write(other.relative_to(repo.path).as_posix(), other.read_text(encoding="utf-8") + WITNESS)
    entry = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
    repo.edit("pyproject.toml", entry, entry + 'second-curriculum = "my_curriculum.second:CURRICULUM"\n')
    repo.edit(
        "pyproject.toml",
        '    "aind-curriculum-runtime",\n',
        '    "aind-curriculum-runtime",\n    "other-distribution",\n',
    )
    project = (repo.path / "pyproject.toml").read_text(encoding="utf-8")
    repo.write("pyproject.toml", project + '\n[tool.uv.sources.other-distribution]\npath = "other"\neditable = true\n')
    return repo.sync()


class Several:
    """The repo of several curricula, and a record of which of them were imported."""

    names = ("my-curriculum", "second-curriculum", "third-curriculum")

    def __init__(self, repo: Repo, folder: Path) -> None:
        self.repo = repo
        self.folder = folder
        self.witness = folder / "imported.txt"

    def curriculum(self, *arguments: str | Path) -> Result:
        self.witness.write_text("", encoding="utf-8")
        return self.repo.curriculum(*arguments, env={"IMPORT_WITNESS": str(self.witness)})

    @property
    def imported(self) -> list[str]:
        """The curricula that the last command imported."""
        return self.witness.read_text(encoding="utf-8").split()

    def state(self, name: str) -> Path:
        """A trainer state of the curriculum of that name."""
        target = self.folder / f"{name}.json"
        result = self.curriculum("init", "--curriculum", name, "--output", target)
        assert result.code == 0, result.text
        return target

    def run(self, state: Path, *arguments: str) -> Result:
        return self.curriculum("run", "--path", self.repo.session, "--input-trainer-state", state, *arguments)


@pytest.fixture
def several(several_curricula: Repo, tmp_path: Path) -> Several:
    return Several(several_curricula, tmp_path)


@pytest.fixture
def several_to_change(several: Several) -> Iterator[Several]:
    """The same, for tests that change the repo's files."""
    before = {file: file.read_bytes() for file in several.repo.path.rglob("*.py") if ".venv" not in file.parts}
    yield several
    for file, content in before.items():
        file.write_bytes(content)


def test_list_names_all_curricula_in_order(several: Several) -> None:
    assert several.curriculum("list").stdout == (
        b"Available curricula:\n - my-curriculum\n - second-curriculum\n - third-curriculum\n"
    )
    assert several.curriculum("list", "--json").document == [
        {"name": "my-curriculum", "version": "0.1.0"},
        {"name": "second-curriculum", "version": "0.1.0"},
        {"name": "third-curriculum", "version": "2.0.0-rc.1"},
    ]


def test_version_tells_them_apart_where_they_differ(several: Several) -> None:
    assert several.curriculum("version").stdout == (
        b"my-curriculum 0.1.0\nsecond-curriculum 0.1.0\nthird-curriculum 2.0.0-rc.1\n"
    )
    assert several.curriculum("version", "--curriculum", "third-curriculum").stdout == b"2.0.0-rc.1\n"
    assert several.curriculum("version", "--json").document == {
        "my-curriculum": "0.1.0",
        "second-curriculum": "0.1.0",
        "third-curriculum": "2.0.0-rc.1",
    }


def test_describe_has_a_row_for_each(several: Several) -> None:
    rows = several.curriculum("describe").stdout.decode().splitlines()[-4:]
    assert [row.split() for row in rows] == [
        ["curriculum", "version", "object"],
        ["my-curriculum", "0.1.0", "my_curriculum.curriculum:CURRICULUM"],
        ["second-curriculum", "0.1.0", "my_curriculum.second:CURRICULUM"],
        ["third-curriculum", "2.0.0-rc.1", "other_distribution.curriculum:CURRICULUM"],
    ]
    described: list[dict[str, Any]] = several.curriculum("describe", "--json").document["curricula"]
    assert [one["distribution"] for one in described] == ["my-curriculum", "my-curriculum", "other-distribution"]


@pytest.mark.parametrize("arguments", INFO, ids=" ".join)
def test_telling_what_is_installed_imports_none_of_them(several: Several, arguments: list[str]) -> None:
    assert several.curriculum(*arguments).code == 0
    assert several.imported == []


@pytest.mark.parametrize("name", Several.names)
def test_run_goes_by_the_states_own_curriculum_and_imports_only_that(several: Several, name: str) -> None:
    state = several.state(name)
    assert several.imported == [name]
    result = several.run(state)
    assert result.code == 0, result.text
    assert result.document["trainer_state"]["curriculum"]["name"] == name
    assert several.imported == [name]


def test_run_with_the_states_own_curriculum_asked_for_is_the_same(several: Several) -> None:
    state = several.state("second-curriculum")
    assert several.run(state, "--curriculum", "second-curriculum").stdout == several.run(state).stdout != b""


def test_run_refuses_a_state_of_another_curriculum_than_is_asked_for(several: Several) -> None:
    result = several.run(several.state("second-curriculum"), "--curriculum", "my-curriculum")
    assert (result.code, result.stdout) == (65, b"")
    assert (result.error["code"], result.error["where"]) == ("state.other_curriculum", "$.curriculum.name")
    assert "second-curriculum" not in several.imported


def test_run_refuses_a_state_of_a_curriculum_that_is_not_installed(several: Several) -> None:
    state = several.state("my-curriculum")
    document = json.loads(state.read_bytes())
    document["curriculum"]["name"] = "elsewhere"
    state.write_text(json.dumps(document), encoding="utf-8")
    result = several.run(state)
    assert (result.code, result.error["code"]) == (65, "state.other_curriculum")
    assert all(name in result.error["hint"] for name in Several.names)
    assert several.imported == []


@pytest.mark.parametrize("command", ["init", "demo"])
def test_where_nothing_tells_which_curriculum_is_meant_one_must_be_named(several: Several, command: str) -> None:
    result = several.curriculum(command)
    assert (result.code, result.stdout, result.error["code"]) == (64, b"", "usage.curriculum_needed")
    assert all(name in result.error["hint"] for name in Several.names)
    assert several.imported == []


@pytest.mark.parametrize("command", ["init", "demo", "version"])
def test_a_curriculum_that_is_not_there_is_a_fault_of_usage(several: Several, command: str) -> None:
    result = several.curriculum(command, "--curriculum", "fourth-curriculum")
    assert (result.code, result.stdout, result.error["code"]) == (64, b"", "usage.unknown_curriculum")
    assert all(name in result.error["hint"] for name in Several.names)


def test_the_demo_runs_the_curriculum_that_is_named(several: Several) -> None:
    result = several.curriculum("demo", "--curriculum", "second-curriculum")
    assert result.document["trainer_state"]["stage"]["name"] == "s_wait"
    assert several.imported == ["second-curriculum"]


def test_a_curriculum_that_is_broken_does_not_stop_the_others(several_to_change: Several) -> None:
    several = several_to_change
    state, second = several.state("my-curriculum"), several.state("second-curriculum")
    several.repo.write("src/my_curriculum/second.py", "raise RuntimeError('half written')\n")
    assert several.run(state).code == 0
    assert several.curriculum("list").code == 0
    broken = several.run(second)
    assert (broken.code, broken.stdout, broken.error["code"]) == (78, b"", "repo.import_failed")
    assert broken.error["curriculum"] == "second-curriculum"
    assert "RuntimeError: half written" in broken.text


def test_two_distributions_with_a_curriculum_of_one_name_are_a_fault_of_the_repo(several: Several) -> None:
    repo = several.repo
    old, new = 'third-curriculum = "other', 'my-curriculum = "other'
    repo.edit("other/pyproject.toml", old, new)
    try:
        repo.sync()
        result = several.curriculum("list")
    finally:
        repo.edit("other/pyproject.toml", new, old)
        repo.sync()
    assert (result.code, result.stdout, result.error["code"]) == (78, b"", "repo.duplicate_name")
    assert "my-curriculum (my_curriculum.curriculum:CURRICULUM)" in result.error["message"]
    assert "other-distribution (other_distribution.curriculum:CURRICULUM)" in result.error["message"]
