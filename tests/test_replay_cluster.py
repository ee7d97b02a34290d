"""A replay on a Dask cluster: real workers in processes of their own, one of which is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster
from replay_support import TABLE, Installed
from test_replay import example as example
from test_replay import replay as replay

from aind_curriculum_runtime import CurriculumError
from aind_curriculum_runtime.replay import processes
from aind_curriculum_runtime.replay.decisions import Replay
from aind_curriculum_runtime.replay.processes import here, on_cluster
from aind_curriculum_runtime.replay.table_source import Table


@pytest.fixture(scope="module")
def cluster(example: Installed) -> Iterator[LocalCluster]:
    """Two workers that can import the curriculum."""
    with pytest.MonkeyPatch.context() as patch:
        for folder in example.folders:
            patch.syspath_prepend(folder)
        with LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
            yield made


def test_a_cluster_gives_the_bytes_of_one_process_though_a_worker_is_killed(
    cluster: LocalCluster, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_CHUNK", 20)
    expected = list(here(replay, Table(TABLE).animals()))
    results = on_cluster(replay.asked._replace(code=replay.code), Table(TABLE).animals(), cluster.scheduler_address)
    found = [next(results)]
    os.kill(cluster.workers[0].pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    found += results
    assert found == expected


def test_workers_with_other_code_are_refused(cluster: LocalCluster, replay: Replay) -> None:
    with pytest.raises(CurriculumError, match="is not the version that the replay was started with") as caught:
        list(on_cluster(replay.asked._replace(code="0" * 64), Table(TABLE).animals(), cluster.scheduler_address))
    assert caught.value.code == "repo.version"


@pytest.mark.exhaustive
def test_the_command_writes_the_same_file_by_a_cluster(
    cluster: LocalCluster, example: Installed, tmp_path: Path
) -> None:
    for name, more in (("here", []), ("cluster", ["--scheduler", cluster.scheduler_address])):
        done = example.replay(TABLE, "-o", tmp_path / f"{name}.csv", *more)
        assert done.code == 0, done.text
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "cluster.csv").read_bytes()
