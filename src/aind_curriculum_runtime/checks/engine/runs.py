"""The runs that checks look at: each made once, as many side by side as there are cores, each in a scratch folder.

Owns starting, sharing and cleaning up, forks instead of fresh processes where that can be, and the parts that scenarios
are built from. The table of scenarios is passed in. Knows nothing of what checks conclude from the results.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from .findings import NotApplicable, RunBroken
from .process import ENDED_BY_US, Forked, Invocation, Process, Processes, Server
from .repo import RepoFiles, Target

__all__ = ["SEED", "Runs", "Scenario"]

Scenario = Callable[["Runs", Target, Path], Invocation | Process]
"""Makes what a run needs in the given folder, and returns what to start, or a run that was made already."""

SEED: Final = 1
"""Hash seed of the process that forks, and of every process that may be forked from it instead."""

_WAITING: Final = 64
"""Runs that may wait for each other, or for a core."""

_SESSION_KEPT: Final = {"launcher", "evaluate"}
"""Runs whose session directory is kept, because SE001 looks at it."""


class Runs:
    """The runs of one repo under test.

    Args:
        repo: The repo.
        scenarios: Every run by its name; none needs a later one.
    """

    def __init__(self, repo: RepoFiles, scenarios: Mapping[str, Scenario]) -> None:
        self._repo = repo
        self._scenarios = scenarios
        self._futures: dict[tuple[Target, str], Future[Process]] = {}
        self._servers: dict[Target, Future[Server | None]] = {}
        self._lock = threading.Lock()
        self._cores = threading.Semaphore(max(2, os.cpu_count() or 2))
        self._processes = Processes()
        self._going_on: dict[str, float] = {}
        self.on_done: Callable[[], None] = lambda: None

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=_WAITING)

    @cached_property
    def scratch(self) -> Path:
        """Folder for everything that runs write; removed by ``close``, and at the latest when Python ends."""
        folder = Path(tempfile.mkdtemp(prefix="curriculum-check-")).resolve()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    @property
    def processes(self) -> int:
        """How many processes were started afresh; those forked from one of them are not counted."""
        return self._processes.started

    @property
    def going_on(self) -> dict[str, float]:
        """The runs whose processes run now, with the seconds since their start."""
        now = time.monotonic()
        return {name: now - started for name, started in list(self._going_on.items())}

    def start(self, names: Iterable[str]) -> int:
        """Start runs in the order of the table, so that none waits for a later one.

        Args:
            names: Names of scenarios.

        Returns:
            How many runs were started so far.
        """
        wanted = set(names)
        self._settle()
        for name in self._scenarios:
            for target in self._repo.targets:
                if name in wanted:
                    self._future(target, name)
        return len(self._futures)

    def get(self, target: Target, name: str) -> Process:
        """Wait for a run, and start it first if needed.

        Args:
            target: Which curriculum.
            name: Of a scenario.

        Returns:
            What it left.

        Raises:
            NotApplicable: The run cannot be made: no sample session, or the curriculum does not import.
            RunBroken: The program cannot be started.
        """
        self._settle()
        return self._future(target, name).result()

    def answer(self, target: Target, name: str) -> Any:
        """What a run of ``probe`` answered.

        Args:
            target: Which curriculum.
            name: Of a scenario.

        Returns:
            The answer.

        Raises:
            NotApplicable: As ``get`` raises it.
            RunBroken: The process did not start, or ended without an answer.
        """
        process = self.get(target, name)
        if process.answer is None:
            raise RunBroken(f"A process that imports the curriculum {process.ended} without an answer: {process.said}.")
        return process.answer

    def close(self, *, interrupted: bool = False) -> None:
        """Wait for what still runs and remove the scratch folder.

        Args:
            interrupted: End what still runs instead of waiting for it.
        """
        if interrupted:
            self._processes.end()
        if "_pool" in self.__dict__:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._processes.end_servers()
        if "scratch" in self.__dict__:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _settle(self) -> None:
        """Work out what all runs share now, in this one thread."""
        _ = self.scratch, self._repo.targets, self._repo.snapshot

    def _future(self, target: Target, name: str) -> Future[Process]:
        with self._lock:
            if (target, name) not in self._futures:
                self._futures[target, name] = self._pool.submit(self._run, target, name)
            return self._futures[target, name]

    def _run(self, target: Target, name: str) -> Process:
        try:
            process = self._made(target, name)
            return process if process.is_conclusive else self._made(target, name, forks=False)
        finally:
            self.on_done()

    def _made(self, target: Target, name: str, *, forks: bool = True) -> Process:
        # No space in the path: one scenario tries that.
        folder = Path(tempfile.mkdtemp(prefix=f"{name.replace(' ', '-')}-", dir=self.scratch))
        made = self._scenarios[name](self, target, folder)
        if isinstance(made, Process):
            return made
        try:
            server = self._server(target) if forks and made.forked is not None else None
        except TimeoutError:
            return Process(code=ENDED_BY_US, stdout=b"", stderr=b"", timed_out=True, folder=folder)
        with self._core(name):
            process = self._processes.run(made, folder, server)
        if name not in _SESSION_KEPT:  # thirty copies of a session with videos would fill the disk
            shutil.rmtree(process.session, ignore_errors=True)
        return process

    @contextmanager
    def _core(self, name: str) -> Iterator[None]:
        """Wait for one of the cores, and have it."""
        with self._cores:
            self._going_on[name] = time.monotonic()
            try:
                yield
            finally:
                self._going_on.pop(name, None)  # with several curricula there may be two of a name

    def _server(self, target: Target) -> Server | None:
        """The process that forks for a curriculum; the first run that asks starts it, the others wait for it."""
        if self._with_runtime or not self._repo.uses_runtime:
            return None
        with self._lock:
            is_mine = target not in self._servers
            future = self._servers.setdefault(target, Future())
        if is_mine:
            program = ("python", "-m", "aind_curriculum_runtime.checks.engine.fork_server", "--object", target.object)
            try:
                invocation = self._uv_run(*program)
                invocation.env = {**invocation.env, "PYTHONHASHSEED": str(SEED)}
                with self._core("import"):
                    future.set_result(self._processes.serve(invocation))
            except BaseException as error:
                future.set_exception(error)
        return future.result()

    # The parts that scenarios are built from.

    @property
    def root(self) -> Path:
        """The repo's folder."""
        return self._repo.root

    @property
    def repo(self) -> RepoFiles:
        """The repo under test."""
        return self._repo

    @cached_property
    def _uv_environment(self) -> dict[str, str]:
        """Variables that keep `uv run` from writing into the repo; without them it may write the lock file.

        Raises:
            NotApplicable: There is neither a lock file nor an environment, so the call could only write one.
        """
        has_environment = (self._repo.project_root / ".venv").is_dir()
        if self._repo.lock is not None:
            if has_environment:
                return {"UV_FROZEN": "1"}
            # An environment in the scratch folder, which is removed at the end; the repo's bytecode goes there too.
            places = {"UV_PROJECT_ENVIRONMENT": "environment", "PYTHONPYCACHEPREFIX": "bytecode"}
            own = {name: str(self.scratch / folder) for name, folder in places.items()}
            return {"UV_FROZEN": "1", "PYTHONDONTWRITEBYTECODE": "", **own}
        if has_environment:
            return {"UV_NO_SYNC": "1"}
        raise NotApplicable("there is neither a uv.lock nor an environment (run `uv sync` in the repo first)")

    def _uv_run(self, *arguments: str | Path) -> Invocation:
        command = ["uv", "run", "-q", "--directory", str(self.root), *map(str, arguments)]
        return Invocation(command=command, env=self._uv_environment)

    def command(self, *arguments: str | Path, env: dict[str, str] | None = None) -> Invocation:
        """The launcher's command line (docs/contract.md, section "Call").

        Args:
            arguments: What follows the command that a launcher calls.
            env: Variables added to the environment.

        Returns:
            What to start.
        """
        invocation = self._uv_run(self._repo.command, *arguments)
        invocation.env = {**invocation.env, **(env or {})}
        invocation.forked = Forked(program="curriculum", arguments=[*map(str, arguments)])
        return invocation

    def probe(self, target: Target, folder: Path, *arguments: str | Path) -> Invocation:
        """A run of ``probe`` in the curriculum's own environment; the answer goes to a file."""
        program = ["python", "-m", "aind_curriculum_runtime.checks.engine.probe"]
        asked = [*map(str, ("--object", target.object, "--answer", folder / "answer.json", *arguments))]
        invocation = self._uv_run(*self._with_runtime, *program, *asked)
        # hypothesis would leave a folder in the working directory, which is the repo.
        own = {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"), "PYTHONHASHSEED": str(SEED)}
        invocation.env = {**invocation.env, **own}
        invocation.forked = Forked(program="probe", arguments=asked)
        return invocation

    @cached_property
    def _with_runtime(self) -> list[str]:
        """Arguments that add this runtime where the repo lacks the runtime or its extra `checks`."""
        needed = {"aind-curriculum-runtime", "hypothesis"}
        if needed <= self._repo.locked.keys() or (self._repo.uses_runtime and not self._repo.locked):
            return []
        from .install import requirement

        return [*requirement()]

    def session(self, folder: Path, name: str = "session") -> Path:
        """A copy of the sample session for one run.

        Raises:
            NotApplicable: The repo has no sample session.
        """
        if self._repo.session is None:
            raise NotApplicable("there is no sample session at tests/data/session (--session DIR names another)")
        shutil.copytree(self._repo.session, folder / name)
        return folder / name

    def facts(self, target: Target) -> dict[str, Any]:
        """What ``probe`` answers to ``facts``: the graph, its rules, and a trainer state for every stage.

        Raises:
            NotApplicable: It does not import.
        """
        answer = self.get(target, "facts").answer
        if not isinstance(answer, dict) or "error" in answer:
            raise NotApplicable("the curriculum does not import")
        return answer

    def state(self, target: Target, folder: Path, stage: str | None = None) -> Path:
        """Write a trainer state file, at the first stage unless another is named."""
        facts = self.facts(target)
        path = folder / "trainer_state.json"
        path.write_text(json.dumps(facts["states"][stage or facts["stages"][0]["name"]]), encoding="utf-8")
        return path

    def launch(
        self,
        target: Target,
        folder: Path,
        *extra: str | Path,
        state: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> Invocation:
        """The launcher's call on the sample session, with a state at the first stage unless another is given."""
        session = self.session(folder)
        state = state if state is not None else self.state(target, folder)
        call = ("run", "--data-directory", session, "--input-trainer-state", state)
        return self.command(*call, *extra, env=env)

    def suggestion(self, target: Target) -> dict[str, Any]:
        """What the launcher's call printed.

        Raises:
            NotApplicable: It printed no JSON object.
        """
        document = self.get(target, "launcher").document
        if not isinstance(document, dict) or not isinstance(document.get("trainer_state"), dict):
            raise NotApplicable("there is no suggestion to go on from")
        return document
