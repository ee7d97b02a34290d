"""The table of runs: what is started, on which state and session, in which environment.

Each scenario makes what it needs in its own folder and returns what to start. Knows nothing of what checks conclude
from the results.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ...contract.versions import semver_of
from .faults import write_injection, write_witness
from .findings import NotApplicable
from .kept_state import keep, kept
from .process import Invocation, Process
from .releases import last_release, unpack_last_release
from .repo import Target
from .runs import SEED, Runs, Scenario

__all__ = ["SCENARIOS", "telling_stage"]


def _fresh(scenario: Scenario) -> Scenario:
    """Have a run made by a fresh process, also where forks can be had (``fork_server`` says what those cannot show)."""

    def fresh(runs: Runs, target: Target, folder: Path) -> Invocation | Process:
        made = scenario(runs, target, folder)
        return made if isinstance(made, Process) else replace(made, forked=None)

    return fresh


def _facts(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.probe(target, folder, "facts")


def _ahead(runs: Runs, target: Target, folder: Path) -> Invocation:
    """The launcher's call on the state of the last check, while the import that makes that state goes on."""
    state = kept(runs.environment, target)
    if state is None:
        raise NotApplicable("no check of this environment came before")
    path = folder / "trainer_state.json"
    path.write_bytes(state)
    return runs.launch(target, folder, state=path)


def _launcher(runs: Runs, target: Target, folder: Path) -> Invocation | Process:
    path = runs.state(target, folder)
    state = path.read_bytes()
    if kept(runs.environment, target) != state:
        keep(runs.environment, target, state)
    else:
        with contextlib.suppress(NotApplicable):  # another check kept it a moment ago
            ahead = runs.get(target, "ahead")
            if (ahead.folder / path.name).read_bytes() == state:
                return ahead
    return runs.launch(target, folder, state=path)


def _named(runs: Runs, target: Target, folder: Path) -> Invocation:
    if target.name is None:
        raise NotApplicable("the curriculum is not declared, so it has no name to choose it by")
    return runs.launch(target, folder, "--curriculum", target.name)


def _elsewhere(number: int) -> Scenario:
    """The launcher's run with what may differ from rig to rig, several things at once; ``_alone`` tells them apart."""

    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        if number == 1:
            variables = {**_again_variables(1), **write_injection(folder / "injected", "listing", target.package)}
            return runs.launch(target, _folder_with_spaces(folder), env=variables)
        invocation = runs.launch(target, folder, env={**_again_variables(2), **_variables_of_others(runs, folder)})
        _set_times(folder)
        return _in_another_folder(invocation, target, folder)

    return scenario


def _alone(together: str, scenario: Scenario) -> Scenario:
    """A run in which one thing differs, made only if the run in which several do does not print the same.

    Two things that cancel each other out would not be found; each adds an import, which takes seconds. Nor is it made
    where the launcher's own call prints something else when it is just repeated: then no run tells anything alone.
    """

    def alone(runs: Runs, target: Target, folder: Path) -> Invocation | Process:
        other = runs.get(target, together)
        # Where the launcher's own run failed, that is told, and nothing is compared with it.
        if runs.get(target, "launcher").code != 0 or _prints_the_same(runs, target, together):
            return other
        return scenario(runs, target, folder) if _prints_the_same(runs, target, "repeated") else other

    return alone


def _prints_the_same(runs: Runs, target: Target, name: str) -> bool:
    process = runs.get(target, name)
    return process.code == 0 and process.stdout == runs.get(target, "launcher").stdout


def _repeated(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder)


_ZONES: Final = {1: "EAS-14", 2: "WES+12"}
"""26 hours apart, so the local date always differs."""


def _again_variables(number: int) -> dict[str, str]:
    return {"PYTHONHASHSEED": str(number), "TZ": _ZONES[number]}


def _again(number: int) -> Scenario:
    """The launcher's run with another hash seed and time zone, and once with other times of change of its files."""

    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        invocation = runs.launch(target, folder, env=_again_variables(number))
        if number == 2:
            _set_times(folder)
        return invocation

    return scenario


def _set_times(folder: Path) -> None:
    """As if the session had been copied at another time."""
    for path in (folder / "session").rglob("*"):
        os.utime(path, (1e9, 1e9))


def _environment(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder, env=_variables_of_others(runs, folder))


def _variables_of_others(runs: Runs, folder: Path) -> dict[str, str]:
    names = ["MUTE_SUGGESTION", "OUTPUT_SUGGESTION", "CURRICULUM", "DATA_DIRECTORY", "INPUT_TRAINER_STATE", "DEMO"]
    values = {"MUTE_SUGGESTION": "1", "OUTPUT_SUGGESTION": str(folder), "DEMO": "1"}
    prefixes = ("", "CURRICULUM_", "AIND_CURRICULUM_")
    decoys = {prefix + name: values.get(name, "decoy") for prefix in prefixes for name in names}
    others = {"DEBUG": "1", "PYTHONWARNINGS": "error", "COLUMNS": "1"}
    if str(runs.repo.project_root).isascii():  # else Python could not read the path of an editable package
        others["LC_ALL"] = "C"
    somebody = dict.fromkeys(("USER", "USERNAME", "LOGNAME"), "somebody-else")
    return decoys | others | somebody


def _working_directory(runs: Runs, target: Target, folder: Path) -> Invocation:
    return _in_another_folder(runs.launch(target, folder), target, folder)


def _in_another_folder(invocation: Invocation, target: Target, folder: Path) -> Invocation:
    """Start it in another folder, among files that code might read by mistake (`--project` keeps that folder)."""
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
    """A data directory that does not exist, with a name that was once a keyword."""
    if (runs.root / "demo").exists():
        raise NotApplicable("the repo has a folder of its own named demo")
    return runs.command("run", "--data-directory", "demo", "--input-trainer-state", runs.state(target, folder))


def _spaces(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, _folder_with_spaces(folder))


def _folder_with_spaces(folder: Path) -> Path:
    inner = folder / "Sitzung 1 \u00e9\u00df \u96ea"
    inner.mkdir()
    return inner


def _describe(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.command("describe", "--json")


def _injected(what: str) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        return runs.launch(target, folder, env=write_injection(folder / "injected", what, target.package))

    return scenario


def _evaluate(runs: Runs, target: Target, folder: Path) -> Invocation:
    """The library's own evaluation of every stage, in one process."""
    return runs.probe(target, folder, "evaluate", "--session", runs.session(folder))


def _stages(runs: Runs, target: Target, folder: Path) -> Invocation:
    """Every stage's suggestion as the runtime writes it, in one process with another hash seed."""
    invocation = runs.probe(target, folder, "suggest", "--session", runs.session(folder))
    invocation.env = {**invocation.env, "PYTHONHASHSEED": str(SEED + 1)}
    return invocation


def telling_stage(runs: Runs, target: Target) -> str:
    """The first stage at which evaluating the sample session changes the trainer state.

    At other stages a command that never evaluates prints the same.

    Args:
        runs: The runs.
        target: Which curriculum.

    Returns:
        Its name; the first stage's when there is none.
    """
    facts, answer = runs.facts(target), runs.answer(target, "evaluate")
    names = [stage["name"] for stage in facts["stages"]]
    for name in names:
        after = answer.get(name, {}).get("trainer_state")
        if after is not None and after != facts["states"][name]:
            return str(name)
    return str(names[0])


def _telling(runs: Runs, target: Target, folder: Path) -> Invocation | Process:
    stage = telling_stage(runs, target)
    if stage == runs.facts(target)["stages"][0]["name"]:
        return runs.get(target, "launcher")
    return runs.launch(target, folder, state=runs.state(target, folder, stage))


def _witnesses(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.probe(target, folder, "witnesses")


def _reload(runs: Runs, target: Target, folder: Path) -> Invocation:
    document = folder / "suggestion.json"
    document.write_bytes(runs.get(target, "launcher").stdout)
    return runs.probe(target, folder, "reload", "--document", document)


def _next(runs: Runs, target: Target, folder: Path) -> Invocation:
    state = folder / "next.json"
    state.write_text(json.dumps(runs.suggestion(target)["trainer_state"]), encoding="utf-8")
    return runs.launch(target, folder, state=state)


def _no_state(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder, state=folder / "no such state.json")


def _not_json(runs: Runs, target: Target, folder: Path) -> Invocation:
    path = runs.state(target, folder)
    path.write_bytes(path.read_bytes()[:-20])
    return runs.launch(target, folder, state=path)


def _changed(change: Callable[[dict[str, Any]], None]) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        return runs.launch(target, folder, state=_changed_state(runs, target, folder, change))

    return scenario


def _changed_state(runs: Runs, target: Target, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    path = runs.state(target, folder)
    state = json.loads(path.read_text(encoding="utf-8"))
    change(state)
    path.write_text(json.dumps(state), encoding="utf-8")
    return path


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
    missing = folder / "no such session"
    return runs.command("run", "--data-directory", missing, "--input-trainer-state", runs.state(target, folder))


def _unknown_option(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.launch(target, folder, "--no-such-option")


HOSTILE: Final = "curriculum_check_witness.touch"
"""A reference to a function whose module writes a file when it is imported or called."""


def _hostile(place: str) -> Scenario:
    def change(state: dict[str, Any]) -> None:
        if place == "provider":
            state["stage"]["metrics_provider"] = HOSTILE
        elif place == "policy":
            state["active_policies"] = [HOSTILE]
        else:
            graph = state["stage"]["graph"]
            graph["nodes"]["0"] = HOSTILE
            graph["graph"]["0"] = [[HOSTILE, 0]]

    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        state = _changed_state(runs, target, folder, change)
        return runs.launch(target, folder, state=state, env=write_witness(folder / "injected", folder / "witness"))

    return scenario


def _session_of(folders: Iterable[str]) -> Scenario:
    def scenario(runs: Runs, target: Target, folder: Path) -> Invocation:
        session = folder / "session"
        for name in ("", *folders):
            (session / name).mkdir(parents=True, exist_ok=True)
        state = runs.state(target, folder)
        return runs.command("run", "--data-directory", session, "--input-trainer-state", state)

    return scenario


def _lock(runs: Runs, target: Target, folder: Path) -> Invocation:
    # Nothing is written: --check only compares.
    return Invocation(command=["uv", "lock", "--check", "--offline", "--quiet", "--directory", str(runs.root)])


def _last_release(runs: Runs, target: Target, folder: Path) -> Invocation:
    return runs.probe(target, folder, "facts", "--source", unpack_last_release(runs.repo, folder))


def _since_release(runs: Runs, target: Target, folder: Path) -> Invocation:
    """What changed since the last release, asked only where the version says that something did."""
    runs.repo.require_runtime()
    tag = last_release(runs.repo)
    if tag is None or semver_of(tag.removeprefix("v")) == runs.repo.version:
        raise NotApplicable("the version is that of the last release")
    chosen = [] if target.name is None else ["--curriculum", target.name]
    return runs.command("diff", "--format", "json", *chosen)


def _migrations(runs: Runs, target: Target, folder: Path) -> Invocation:
    declared = runs.facts(target).get("migrations")
    if not declared or "error" in declared:
        raise NotApplicable("the curriculum declares no migrations")
    return runs.probe(target, folder, "migrations", "--session", runs.session(folder), "--repo", runs.root)


SCENARIOS: Final[dict[str, Scenario]] = {
    "facts": _facts,
    "ahead": _fresh(_ahead),  # beside the import
    "stages": _fresh(_stages),  # waits for nothing
    "witnesses": _witnesses,  # takes longest
    "launcher": _fresh(_launcher),
    "noise": _fresh(_injected("noise")),
    "elsewhere 1": _fresh(_elsewhere(1)),
    "elsewhere 2": _fresh(_elsewhere(2)),
    "repeated": _fresh(_repeated),
    "evaluate": _evaluate,
    "telling": _telling,
    "named": _named,
    "seed 1": _fresh(_alone("elsewhere 1", _again(1))),
    "seed 2": _fresh(_alone("elsewhere 2", _again(2))),
    "environment": _fresh(_alone("elsewhere 2", _environment)),
    "working directory": _fresh(_alone("elsewhere 2", _working_directory)),
    "keyword": _keyword,
    "spaces": _fresh(_alone("elsewhere 1", _spaces)),
    "describe": _fresh(_describe),
    "not finite": _injected("nan"),
    "listing": _fresh(_alone("elsewhere 1", _injected("listing"))),
    "reload": _reload,
    "next": _next,
    "no state": _no_state,
    "not json": _not_json,
    "other curriculum": _changed(_other_curriculum),
    "other version": _changed(_other_version),
    "unknown stage": _changed(_unknown_stage),
    "off curriculum": _changed(_off_curriculum),
    "no session": _no_session,
    "unknown option": _unknown_option,
    "hostile provider": _hostile("provider"),
    "hostile policy": _hostile("policy"),
    "hostile graph": _hostile("graph"),
    "empty session": _session_of([]),
    "aborted session": _session_of(["behavior/SoftwareEvents", "behavior/Logs"]),
    "lock": _lock,
    "last release": _fresh(_last_release),
    "since release": _fresh(_since_release),
    "migrations": _migrations,
}
"""Every run by name; none needs a later one. Those that are not fresh are forked where the system can."""
