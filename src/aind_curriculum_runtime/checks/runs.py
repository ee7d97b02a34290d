"""The processes that checks look at, each started as a launcher would and made once.

Owns how a process is run (pipes, time limit, no child left) and the table of scenarios. Knows nothing of
what a check concludes from them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .base import NotApplicable

if TYPE_CHECKING:
    from .repo import CurriculumRepo, Target

__all__ = ["SCENARIOS", "Process", "Runs"]

TIMEOUT: Final = 120.0
"""Seconds that one run may take."""

PIPE_GRACE: Final = 2.0
"""Seconds after the process's end by which its pipes must be closed."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What a finished process left."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    pipes_held: bool = False
    folder: Path
    """Scratch folder of the run, which holds its session directory."""

    @property
    def session(self) -> Path:
        """The copy of the sample session that it ran on."""
        return self.folder / "session"

    @property
    def document(self) -> Any:
        """Stdout as JSON, or None."""
        with contextlib.suppress(ValueError):
            return json.loads(self.stdout)
        return None

    @property
    def answer(self) -> Any:
        """What ``inside`` wrote to its file, or None."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.folder / "answer.json").read_text(encoding="utf-8"))
        return None

    @property
    def said(self) -> str:
        """The end of stderr in one line, for messages."""
        lines = [line for line in self.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        told = [line for line in lines if line.startswith("curriculum: ")]
        return " ".join((told or lines or ["nothing on stderr"])[-1].removeprefix("curriculum: ").split())[:300]

    @property
    def ended(self) -> str:
        """How it ended, for messages."""
        return f"did not end within {TIMEOUT:.0f} s" if self.timed_out else f"ended with {self.code}"


@dataclass(kw_only=True)
class Invocation:
    """A process to start."""

    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


Scenario = Callable[["Runs", "Target", Path], Invocation]


class Runs:
    """The runs of one repo under test.

    Args:
        repo: The repo.
    """

    def __init__(self, repo: CurriculumRepo) -> None:
        self._repo = repo
        self._futures: dict[tuple[Target, str], Future[Process]] = {}
        self._lock = threading.Lock()
        self.on_done: Callable[[], None] = lambda: None

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2))

    @cached_property
    def scratch(self) -> Path:
        """Folder for everything that runs write; removed by ``close``."""
        return Path(tempfile.mkdtemp(prefix="curriculum-check-")).resolve()

    def start(self, names: Iterable[str]) -> int:
        """Start runs, in the order of ``SCENARIOS`` so that one never waits for a later one.

        Args:
            names: Keys of ``SCENARIOS``.

        Returns:
            How many were started.
        """
        wanted = set(names)
        for target in self._repo.targets:
            for name in SCENARIOS:
                if name in wanted:
                    self._future(target, name)
        return len(self._futures)

    def get(self, target: Target, name: str) -> Process:
        """Wait for a run, starting it if need be.

        Args:
            target: Which curriculum.
            name: A key of ``SCENARIOS``.

        Returns:
            What it left.

        Raises:
            NotApplicable: The run cannot be made: no sample session, or the curriculum does not import.
        """
        return self._future(target, name).result()

    def close(self) -> None:
        """Wait for what still runs and remove the scratch folder."""
        if "_pool" in self.__dict__:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if "scratch" in self.__dict__:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _future(self, target: Target, name: str) -> Future[Process]:
        with self._lock:
            if (target, name) not in self._futures:
                self._futures[target, name] = self._pool.submit(self._run, target, name)
            return self._futures[target, name]

    def _run(self, target: Target, name: str) -> Process:
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))
            invocation = SCENARIOS[name](self, target, folder)
            return run(invocation, folder)
        finally:
            self.on_done()

    # What scenarios are made of.

    def command(self, *arguments: str | Path) -> list[str]:
        """The launcher's command line (docs/contract.md, section "Call")."""
        return ["uv", "run", "-q", "--directory", str(self._repo.root), "curriculum", *map(str, arguments)]

    def inside(self, target: Target, folder: Path, *arguments: str | Path) -> Invocation:
        """A run of ``inside`` in the curriculum's own environment; its answer goes to a file."""
        command = ["uv", "run", "-q", "--directory", str(self._repo.root), *self._with_runtime]
        program = ["python", "-m", "aind_curriculum_runtime.checks.inside", "--object", target.object]
        return Invocation(command=[*command, *program, "--answer", str(folder / "answer.json"), *map(str, arguments)])

    @cached_property
    def _with_runtime(self) -> list[str]:
        """For a repo that does not depend on the runtime: this very one, laid over its environment."""
        if self._repo.uses_runtime:
            return []
        from .install import requirement

        return [*requirement()]

    def session(self, folder: Path, name: str = "session") -> Path:
        """A copy of the sample session for one run.

        Raises:
            NotApplicable: The repo has no sample session.
        """
        if self._repo.session is None:
            raise NotApplicable("the repo has no sample session at tests/data/session (--session names another)")
        shutil.copytree(self._repo.session, folder / name)
        return folder / name

    def facts(self, target: Target) -> dict[str, Any]:
        """What the curriculum says of itself.

        Raises:
            NotApplicable: It does not import.
        """
        answer = self.get(target, "facts").answer
        if not isinstance(answer, dict) or "error" in answer:
            raise NotApplicable("the curriculum does not import")
        return answer

    def state(self, target: Target, folder: Path, stage: str | None = None, **changes: Any) -> Path:
        """A trainer state file, at the first stage or at another, with ``changes`` to its JSON."""
        facts = self.facts(target)
        state = json.loads(json.dumps(facts["states"][stage or facts["stages"][0]["name"]]))
        state.update(changes)
        path = folder / "trainer_state.json"
        path.write_text(json.dumps(state), encoding="utf-8")
        return path

    def launch(self, target: Target, folder: Path, *extra: str | Path, stage: str | None = None) -> Invocation:
        """The launcher's call on the sample session."""
        session, state = self.session(folder), self.state(target, folder, stage)
        return Invocation(
            command=self.command("run", "--data-directory", session, "--input-trainer-state", state, *extra)
        )

    def launch_with(self, target: Target, folder: Path, state: Path) -> Invocation:
        """The launcher's call on the sample session with a state file of the scenario's."""
        session = self.session(folder)
        return Invocation(command=self.command("run", "--data-directory", session, "--input-trainer-state", state))


def run(invocation: Invocation, folder: Path) -> Process:
    """Run a process to its end, watching its pipes.

    Args:
        invocation: What to run.
        folder: Its scratch folder.

    Returns:
        What it left; a process that does not end is ended with all its children.
    """
    dropped = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED", "UV_PROJECT_ENVIRONMENT"}
    environment = {key: value for key, value in os.environ.items() if key not in dropped} | dict(invocation.env)
    process = subprocess.Popen(
        invocation.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=invocation.cwd,
        start_new_session=sys.platform != "win32",
    )
    assert process.stdout is not None and process.stderr is not None
    received: list[list[bytes]] = [[], []]

    def drain(pipe: Any, into: list[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := pipe.read1(1 << 16):
                into.append(chunk)

    readers = [
        threading.Thread(target=drain, args=(pipe, into), daemon=True)
        for pipe, into in zip((process.stdout, process.stderr), received, strict=True)
    ]
    for reader in readers:
        reader.start()
    timed_out = False
    try:
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        timed_out = True
        _end_tree(process)
    deadline = time.monotonic() + PIPE_GRACE
    for reader in readers:
        reader.join(max(0.0, deadline - time.monotonic()))
    pipes_held = not timed_out and any(reader.is_alive() for reader in readers)
    if pipes_held:
        _end_tree(process)
    return Process(
        code=process.wait(),
        stdout=b"".join(received[0]),
        stderr=b"".join(received[1]),
        timed_out=timed_out,
        pipes_held=pipes_held,
        folder=folder,
    )


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children; those may live on after it."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


# The scenarios. Each makes what it needs in its own folder and says what to start.


def _facts(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.inside(target, folder, "facts")


def _launcher(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder)


def _named(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder, "--curriculum", target.name or "")


def _seeded(seed: int) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        invocation = runs.launch(target, folder)
        invocation.env = {"PYTHONHASHSEED": str(seed)}
        return invocation

    return scenario


def _environment(runs: Runs, target: Target, folder: Path) -> Invocation:
    invocation = runs.launch(target, folder)
    names = ["MUTE_SUGGESTION", "OUTPUT_SUGGESTION", "CURRICULUM", "DATA_DIRECTORY", "INPUT_TRAINER_STATE", "DEMO"]
    values = {"MUTE_SUGGESTION": "1", "OUTPUT_SUGGESTION": str(folder), "DEMO": "1"}
    invocation.env = {
        prefix + name: values.get(name, "decoy") for prefix in ("", "CURRICULUM_", "AIND_CURRICULUM_") for name in names
    } | {"DEBUG": "1", "PYTHONWARNINGS": "error", "COLUMNS": "1"}
    return invocation


def _working_directory(runs: Runs, target: Target, folder: Path) -> Invocation:
    """Started elsewhere, among files with tempting names (`--project` keeps the working directory)."""
    invocation = runs.launch(target, folder)
    decoys = folder / "decoys"
    (decoys / "demo").mkdir(parents=True)
    for name in ("json.py", "pydantic.py", f"{target.package}.py", "sitecustomize.py"):
        (decoys / name).write_text(
            "raise SystemExit('a file of the working directory was imported')\n", encoding="utf-8"
        )
    for name in ("trainer_state.json", "suggestion.json", "curriculum.json", ".env"):
        (decoys / name).write_text("{}\n", encoding="utf-8")
    invocation.command[invocation.command.index("--directory")] = "--project"
    invocation.cwd = decoys
    return invocation


def _keyword(runs: Runs, target: Target, folder: Path) -> Invocation:
    """A relative directory with a name that has been magic; it is not there."""
    state = runs.state(target, folder)
    return Invocation(command=runs.command("run", "--data-directory", "demo", "--input-trainer-state", state))


def _spaces(runs: Runs, target: Target, folder: Path) -> Invocation:
    inner = folder / "Sitzung 1 \u00e9\u00df \u96ea"
    inner.mkdir()
    return runs.launch(target, inner)


def _describe(runs: Runs, target: Target, folder: Path) -> Invocation:
    return Invocation(command=runs.command("describe", "--json"))


def _injected(what: str) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        from .inject import write_injection

        invocation = runs.launch(target, folder)
        invocation.env = write_injection(folder / "injected", what, target.package)
        return invocation

    return scenario


def _at_stage(runs: Runs, target: Target, folder: Path) -> Invocation:
    """The library's own evaluation of every stage, in one process."""
    return runs.inside(target, folder, "evaluate", "--session", runs.session(folder))


def _providers(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.inside(target, folder, "providers", "--session", runs.session(folder))


def _witnesses(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.inside(target, folder, "witnesses")


def _reload(runs: Runs, target: Target, folder: Path) -> Invocation:
    document = folder / "suggestion.json"
    document.write_bytes(runs.get(target, "launcher").stdout)
    return runs.inside(target, folder, "reload", "--document", document)


def _next(runs: Runs, target: Target, folder: Path) -> Invocation:
    document = runs.get(target, "launcher").document
    if not isinstance(document, dict) or not isinstance(document.get("trainer_state"), dict):
        raise NotApplicable("there is no suggestion to go on from")
    state = folder / "next.json"
    state.write_text(json.dumps(document["trainer_state"]), encoding="utf-8")
    return runs.launch_with(target, folder, state)


def _stages(runs: Runs, target: Target, folder: Path) -> Invocation:
    """Every stage's suggestion through the production path, in one process."""
    return runs.inside(target, folder, "suggest", "--session", runs.session(folder))


def _no_state(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch_with(target, folder, folder / "no such state.json")


def _not_json(runs: Runs, target: Target, folder: Path) -> Invocation:
    path = runs.state(target, folder)
    path.write_bytes(path.read_bytes()[:-20])
    return runs.launch_with(target, folder, path)


def _changed_state(change: Callable[[dict[str, Any]], None]) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        path = runs.state(target, folder)
        state = json.loads(path.read_text(encoding="utf-8"))
        change(state)
        path.write_text(json.dumps(state), encoding="utf-8")
        return runs.launch_with(target, folder, path)

    return scenario


def _other_curriculum(state: dict[str, Any]) -> None:
    state["curriculum"]["name"] = "a-curriculum-of-another-repo"


def _other_version(state: dict[str, Any]) -> None:
    version = state["curriculum"]["version"]
    state["curriculum"]["version"] = f"{int(version.partition('.')[0]) + 1}.0.0"


def _unknown_stage(state: dict[str, Any]) -> None:
    state["stage"]["name"] = "s_not_of_this_curriculum"


def _off_curriculum(state: dict[str, Any]) -> None:
    state["is_on_curriculum"] = False


def _no_session(runs: Runs, target: Target, folder: Path) -> Invocation:
    state = runs.state(target, folder)
    missing = folder / "no such session"
    return Invocation(command=runs.command("run", "--data-directory", missing, "--input-trainer-state", state))


def _unknown_option(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder, "--no-such-option")


HOSTILE: Final = "curriculum_check_witness.touch"
"""A reference to a module that leaves a file when it is imported and another when it is called."""


def _hostile(place: str) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        from .inject import write_witness

        def change(state: dict[str, Any]) -> None:
            if place == "provider":
                state["stage"]["metrics_provider"] = HOSTILE
            elif place == "policy":
                state["active_policies"] = [HOSTILE]
            else:
                graph = state["stage"]["graph"]
                graph["nodes"]["0"] = HOSTILE
                graph["graph"]["0"] = [[HOSTILE, 0]]

        invocation = _changed_state(change)(runs, target, folder)
        invocation.env = write_witness(folder / "injected", folder / "witness")
        return invocation

    return scenario


def _session_of(folders: Iterable[str]) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        session = folder / "session"
        for name in ("", *folders):
            (session / name).mkdir(parents=True, exist_ok=True)
        state = runs.state(target, folder)
        return Invocation(command=runs.command("run", "--data-directory", session, "--input-trainer-state", state))

    return scenario


def _lock(runs: Runs, target: Target, folder: Path) -> Invocation:
    root = str(runs._repo.root)
    return Invocation(command=["uv", "lock", "--check", "--offline", "--quiet", "--directory", root])


def _last_release(runs: Runs, target: Target, folder: Path) -> Invocation:
    from .versions import unpack_last_release

    return runs.inside(target, folder, "facts", "--source", unpack_last_release(runs._repo, folder))


SCENARIOS: Final[dict[str, Scenario]] = {
    "facts": _facts,
    "launcher": _launcher,
    "witnesses": _witnesses,
    "evaluate": _at_stage,
    "stages": _stages,
    "providers": _providers,
    "named": _named,
    "seed 1": _seeded(1),
    "seed 2": _seeded(2),
    "environment": _environment,
    "working directory": _working_directory,
    "keyword": _keyword,
    "spaces": _spaces,
    "describe": _describe,
    "noise": _injected("noise"),
    "not finite": _injected("nan"),
    "reload": _reload,
    "next": _next,
    "no state": _no_state,
    "not json": _not_json,
    "other curriculum": _changed_state(_other_curriculum),
    "other version": _changed_state(_other_version),
    "unknown stage": _changed_state(_unknown_stage),
    "off curriculum": _changed_state(_off_curriculum),
    "no session": _no_session,
    "unknown option": _unknown_option,
    "hostile provider": _hostile("provider"),
    "hostile policy": _hostile("policy"),
    "hostile graph": _hostile("graph"),
    "empty session": _session_of([]),
    "aborted session": _session_of(["behavior/SoftwareEvents", "behavior/Logs"]),
    "lock": _lock,
    "last release": _last_release,
}
"""Every run, in an order in which none needs a later one."""
