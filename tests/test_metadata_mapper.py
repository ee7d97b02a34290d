"""The mapper in use, VR foraging's own from PyPI, on sessions that a launcher concluded here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from metadata_support import environment
from support import PROJECT, call, commit_all, git
from test_subjects_launcher import MOUSE, Lab
from test_subjects_launcher import lab as lab

from aind_curriculum_runtime.client import Suggestion

WITH_MAPPER = "1.2.1"
"""The last release that has one; from 1.3 on the package goes without."""


@pytest.fixture(scope="module")
def mapper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the mapper, the launcher's library and aind-data-schema."""
    package = f"aind-behavior-vr-foraging[mappers]=={WITH_MAPPER}"
    return environment(tmp_path_factory.mktemp("mapper"), package, "aind-data-schema==2.9.*")


@pytest.fixture
def task_repo(tmp_path: Path) -> Path:
    """A task's repo as the mapper wants it: with a remote, and with Bonsai."""
    repo = tmp_path / "task"
    (repo / ".bonsai").mkdir(parents=True)
    (repo / ".bonsai" / "bonsai.config").write_text("<Config><Packages/></Config>", encoding="utf-8")
    (repo / ".bonsai" / "bonsai.exe").write_bytes(b"")
    (repo / "src").mkdir()
    (repo / "src" / "main.bonsai").write_bytes(b"")
    commit_all(repo, "A task")
    git(repo, "remote", "add", "origin", "https://example.org/task.git")
    return repo


def facts(acquisition: dict[str, Any], name: str) -> dict[str, Any]:
    """What an acquisition says of the curriculum: the table of docs/metadata.md, by the names of its rows."""
    (epoch,), (stream,) = acquisition["stimulus_epochs"], acquisition["data_streams"]
    code = next(one for one in stream["code"] if one["name"] == name)
    keys = ("url", "name", "version", "commit_hash", "language", "language_version")
    return {
        "stimulus_epochs[].curriculum_status": epoch["curriculum_status"],
        "stimulus_epochs[].training_protocol_name": epoch["training_protocol_name"],
        "stimulus_epochs[].performance_metrics.output_parameters": epoch["performance_metrics"]["output_parameters"],
        **{f"data_streams[].code[].{key}": code[key] for key in keys},
    }


@pytest.mark.exhaustive
def test_the_mapper_reads_ours_unchanged_and_writes_nothing_that_ours_lacks(
    lab: Lab, mapper: Path, task_repo: Path, tmp_path: Path
) -> None:
    git(lab.repo.path, "remote", "add", "origin", "https://example.org/curriculum.git")
    lab.subjects.prepare(MOUSE, lab.session(1))
    outcome = lab.subjects.conclude(MOUSE, lab.rig(1), lab.repo.path, files=True)
    assert isinstance(outcome, Suggestion)
    metadata = lab.subjects.metadata(MOUSE, lab.session(1), lab.repo.path)
    output = tmp_path / "mapped.json"
    script = PROJECT / "tests" / "vr_mapper.py"
    done = call([mapper, script, lab.session(1), task_repo, lab.repo.path, output])
    git(lab.repo.path, "remote", "remove", "origin")
    assert done.code == 0, done.text

    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["read"] == json.loads(outcome.raw)
    name = metadata["code"]["name"]
    epoch = {**metadata["stimulus_epoch"], "performance_metrics": {"output_parameters": metadata["output_parameters"]}}
    ours = facts({"stimulus_epochs": [epoch], "data_streams": [{"code": [metadata["code"]]}]}, name)
    assert facts(found["mapped"], name) == ours
    text = (PROJECT / "docs" / "metadata.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^\| [^|]+ \| `([^`|]+)` \| yes \|", text)) == set(ours)
