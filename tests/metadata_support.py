"""An environment with the real aind-data-schema, and metadata merged into its ``Acquisition`` there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import PROJECT, Repo, clean_environment


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds aind-data-schema, which pins an older pydantic."""
    return environment(tmp_path_factory.mktemp("schema"), "aind-data-schema==2.9.*")


def environment(home: Path, *packages: str) -> Path:
    """Make an environment of its own for packages; give its Python."""
    python = Repo(home).script("python")
    for command in (
        ["uv", "venv", "--quiet", "--python", sys.executable],
        ["uv", "pip", "install", "--quiet", "--python", str(python), *packages],
    ):
        subprocess.run(command, cwd=home, check=True, env=clean_environment())
    return python


def merged(schema: Path, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The acquisitions that they are merged into in one process, each validated and read back from its JSON."""
    done = subprocess.run(
        [schema, PROJECT / "tests" / "merge_metadata.py"],
        input="".join(json.dumps(one) + "\n" for one in documents),
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def require_merged(schema: Path, documents: list[dict[str, Any]]) -> None:
    """Merge them, and find every field and value again."""
    for document, found in zip(documents, merged(schema, documents), strict=True):
        epoch, code = found["stimulus_epochs"][0], found["data_streams"][0]["code"][0]
        assert {key: code[key] for key in document["code"]} == document["code"]
        assert {key: epoch[key] for key in document["stimulus_epoch"]} == document["stimulus_epoch"]
        assert epoch["performance_metrics"]["output_parameters"] == document["output_parameters"]
