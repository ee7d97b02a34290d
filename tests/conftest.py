"""Fixtures: real repos, generated once a worker and restored after each test that changes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from release_support import S3, s3_server
from shaped import curricula, with_shapes
from support import Repo, commit_all, generate, make_template

from aind_curriculum_runtime.look.model import CurriculumModel, from_json

# The checks' processes inherit this environment. Bytecode kept apart from the sources would not be dropped with
# them when a test edits one, and Python takes a file of the same size and second for the same file.
os.environ.pop("PYTHONPYCACHEPREFIX", None)

# The same examples each time, however busy the machine is: what fails here fails for everybody. To look further,
# `pytest --hypothesis-profile=default`.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


_LONG = ("test_docs", "test_update", "test_fleet", "test_check", "test_release", "test_template")
"""What the names of files begin with that take long: first, so that in the end no worker is left alone with one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.name.startswith(_LONG))


@pytest.fixture(scope="session", autouse=True)
def copier_of_a_new_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep Copier from this user's settings, which may trust templates, and from this user's cache."""
    home = tmp_path_factory.mktemp("copier")
    (home / "settings.yml").write_text("{}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(home / "settings.yml"))
        patch.setenv("COPIER_CACHE_DIR", str(home / "cache"))
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repo of this working tree, to scaffold from."""
    return make_template(tmp_path_factory.mktemp("template") / "template")


@pytest.fixture(scope="session")
def shared_repo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A fresh generated repo with its environment; tests that change it take ``repo`` instead."""
    return Repo(generate(template, tmp_path_factory.mktemp("generated") / "my-curriculum"), quick=True).sync()


@pytest.fixture
def repo(shared_repo: Repo) -> Iterator[Repo]:
    """A generated repo that the test may change; everything is put back afterwards."""
    yield shared_repo
    shared_repo.restore()


@pytest.fixture(scope="session")
def locked_repo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A generated repo with its lock file committed, as a clone has it: for the contract checks, which look at that."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("locked") / "my-curriculum"), quick=True).sync()
    commit_all(repo.path, "Lock")
    return repo


@pytest.fixture
def state(shared_repo: Repo, tmp_path: Path) -> Path:
    """A trainer state file at the first stage."""
    target = tmp_path / "trainer_state.json"
    result = shared_repo.curriculum("init", "--output", target)
    assert result.code == 0, result.text
    return target


@pytest.fixture(scope="session")
def shaping_bytes(shared_repo: Repo) -> bytes:
    """A trainer state at the stage that has policies, a policy transition and a metrics provider."""
    result = shared_repo.curriculum("init", "--stage", "s_shaping")
    assert result.code == 0, result.text
    return result.stdout


@pytest.fixture
def shaping(shaping_bytes: bytes) -> dict[str, Any]:
    """The same as JSON, for the test to change."""
    found: dict[str, Any] = json.loads(shaping_bytes)
    return found


@pytest.fixture(scope="session")
def shaped_repo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A generated repo with curricula of the shapes in use beside its own, and with Graphviz; left as it is."""
    return with_shapes(Repo(generate(template, tmp_path_factory.mktemp("shaped") / "my-curriculum"), quick=True))


@pytest.fixture(scope="session")
def models(shaped_repo: Repo) -> dict[str, CurriculumModel]:
    """The models of all curricula of that repo, as `show --json` prints them."""
    found = {}
    for name in curricula():
        result = shaped_repo.curriculum("show", "--json", "--curriculum", name)
        assert result.code == 0, result.text
        found[name] = from_json(result.document)
    return found


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """An S3 interface with a bucket, to which the clients of this process and its children go."""
    with s3_server(tmp_path_factory.mktemp("s3") / "log.txt") as server, pytest.MonkeyPatch.context() as patch:
        server.make_bucket("bucket")
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL of the module's own."""
    from ledger_support import postgresql_server  # whose drivers no other tests need

    with postgresql_server() as server:
        yield server
