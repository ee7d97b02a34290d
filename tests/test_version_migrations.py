"""Migrations: an animal of an older version goes on where the curriculum says, or is told where; in a real repo."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleet_support import fleet_environment, script
from release_support import CURRICULUM, PACKAGE, STAGES, set_version, sync, undone
from support import FIRST_SESSION, Repo, Result, call, commit_all, generate, git

from aind_curriculum_runtime.ledger.entry import without_graph
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of, known
from aind_curriculum_runtime.ledger.recording import add, change
from aind_curriculum_runtime.ledger.verify import verify

_LAST = "CURRICULUM.add_stage_transition(s_discrimination, s_shaping, StageTransition(st_discrimination_shaping))\n"
_MIGRATIONS = """
MIGRATIONS = {
    0: Migration(
        stages={
            "s_habituation": "s_acclimation",
            "s_shaping": "s_shaping",
            "s_discrimination": Tombstone("Place its animals by hand, at s_shaping."),
            "GRADUATED": "GRADUATED",
        },
        policies={"p_hold_delay": "p_lengthen_delay"},
        parameters={"s_habituation": "keep", "s_shaping": "stage"},
        note="Rewards are smaller now.",
    ),
}
"""


@pytest.fixture(scope="module")
def migrated(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo at 1.0.0, in which s_habituation is s_acclimation, with v0.1.0 behind it."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("migrations") / "my-curriculum"), quick=True).sync()
    commit_all(repo.path, "Lock")
    git(repo.path, "tag", "v0.1.0")
    states = repo.path.parent / "states"
    states.mkdir()
    for stage in ("s_habituation", "s_shaping", "s_discrimination"):
        assert repo.curriculum("init", "--stage", stage, "--output", states / f"{stage}.json").code == 0
    for file in (STAGES, CURRICULUM):
        text = (repo.path / file).read_text(encoding="utf-8")
        repo.write(
            file, text.replace("s_habituation", "s_acclimation").replace("reward_volume=4.0", "reward_volume=3.5")
        )
    repo.edit(CURRICULUM, "import curriculum_version", "import Migration, Tombstone, curriculum_version")
    repo.edit(CURRICULUM, _LAST, _LAST + _MIGRATIONS)
    set_version(repo, "0.1.0", "1.0.0")
    sync(repo)
    commit_all(repo.path, "One")
    return repo


@pytest.fixture
def repo(migrated: Repo) -> Iterator[Repo]:
    with undone(migrated):
        yield migrated


@pytest.fixture
def session(migrated: Repo, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated.session, tmp_path / "session"))


def old_state(repo: Repo, stage: str) -> dict[str, Any]:
    """A trainer state that v0.1.0 wrote."""
    found: dict[str, Any] = json.loads((repo.path.parent / "states" / f"{stage}.json").read_bytes())
    return found


def run(repo: Repo, session: Path, state: dict[str, Any], *arguments: str | Path) -> Result:
    file = session.parent / "trainer_state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    return repo.curriculum("run", "--data-directory", session, "--input-trainer-state", file, *arguments)


def test_a_state_of_the_old_version_goes_on_at_the_successor_of_its_stage(migrated: Repo, session: Path) -> None:
    result = run(migrated, session, old_state(migrated, "s_habituation"))
    assert result.code == 0, result.text
    # As a subject of this version at that stage: 24 trials are enough to move on from it.
    new = json.loads(migrated.curriculum("init", "--stage", "s_acclimation").stdout)
    assert result.document == run(migrated, session, new).document
    assert result.document["version"] == "1.0.0"


def test_task_parameters_are_those_of_the_new_stage_where_that_is_said(migrated: Repo, session: Path) -> None:
    old = old_state(migrated, "s_shaping")
    assert old["stage"]["task"]["task_parameters"]["reward_volume"] == 4.0
    after = run(migrated, session, old).document["trainer_state"]["stage"]
    assert (after["name"], after["task"]["task_parameters"]["reward_volume"]) == ("s_shaping", 3.5)


def test_all_animals_of_a_ledger_are_migrated_at_once_and_those_that_cannot_be_are_named(
    migrated: Repo, tmp_path: Path
) -> None:
    store = FolderStore.create(tmp_path / "ledger")
    stages = {"a": "s_habituation", "b": "s_shaping", "c": "s_discrimination", "d": "s_habituation"}
    for subject, stage in stages.items():
        state, graph = without_graph(old_state(migrated, stage))
        add(store, subject, change("enrolled", {"state": state, "by": "anna"}, graph))
    add(store, "d", change("off", {"by": "anna"}))

    def migrate(*more: str) -> Result:
        command = [script(), "subjects", "migrate", "--ledger", tmp_path / "ledger", "--by", "ben", *more]
        return call(command, cwd=migrated.path, env=fleet_environment())

    dry = migrate()
    assert dry.text.startswith("Not migrated: c. ") and "Place its animals by hand, at s_shaping." in dry.text
    assert (dry.code, dry.stdout.splitlines()[0]) == (1, b"a is migrated to my-curriculum 1.0.0")
    assert dry.stdout.splitlines()[-1] == b"Nothing was written. With --yes 3 animals would change."
    assert [store.last(subject) for subject in stages] == [1, 1, 1, 2]
    done = migrate("--yes", "--reason", "the new version")
    assert (done.code, done.stdout.count(b"Written as entry")) == (1, 3)
    found = {subject: known(store, subject).standing for subject in stages}
    assert {subject: (one.curriculum["version"], one.stage, one.is_on) for subject, one in found.items()} == {
        "a": ("1.0.0", "s_acclimation", True),
        "b": ("1.0.0", "s_shaping", True),
        "c": ("0.1.0", "s_discrimination", True),
        "d": ("1.0.0", "s_acclimation", False),
    }
    last = entries_of(store, "a")[-1].content
    assert (last["kind"], last["by"], last["reason"]) == ("migrated", "ben", "the new version")
    assert (migrate("--yes", "a", "b", "d").code, [store.last(one) for one in stages]) == (0, [2, 2, 1, 3])
    assert list(verify(store)) == []


def test_and_those_of_the_animal_where_that_is_said(repo: Repo, session: Path, tmp_path: Path) -> None:
    old = old_state(repo, "s_shaping")
    old["stage"]["task"]["task_parameters"]["reward_volume"] = 2.25
    old["active_policies"] = []
    repo.edit(CURRICULUM, '"s_shaping": "stage"', '"s_shaping": "keep"')
    result = run(repo, session, old, "--output-suggestion", tmp_path)
    assert result.document["trainer_state"]["stage"]["task"]["task_parameters"]["reward_volume"] == 2.25
    assert "stage s_shaping -> s_shaping, task parameters kept" in result.text
    notes = json.loads((tmp_path / "suggestion.notes.json").read_bytes())["migration"]
    assert notes["kept"] == [{"path": "reward_volume", "value": 2.25, "at_stage": 3.5}]
    file = session.parent / "trainer_state.json"
    explained = repo.curriculum("explain", "--data-directory", session, "--input-trainer-state", file, "--json")
    assert explained.document["migration"] == notes


def test_where_nothing_is_said_no_tuned_value_is_lost_in_silence(repo: Repo, session: Path) -> None:
    repo.edit(CURRICULUM, ', "s_shaping": "stage"', "")
    error = refused(run(repo, session, old_state(repo, "s_shaping")), "repo.migration", 78)
    assert "reward_volume is 4.0 in its trainer state, and 3.5 at the stage 's_shaping'" in error["message"]
    result = repo.curriculum("check", "--select", "MI003", "--format", "json", cwd=repo.path)
    (row,) = result.document["checks"]
    assert ["reward_volume is 4.0" in finding["message"] for finding in row["findings"]] == [True]


def test_active_policies_are_mapped(migrated: Repo, session: Path, tmp_path: Path) -> None:
    state = old_state(migrated, "s_shaping")
    state["active_policies"] = ["my_curriculum.rules.p_hold_delay"]
    result = run(migrated, session, state, "--output-suggestion", tmp_path)
    assert result.document["trainer_state"]["active_policies"] == ["my_curriculum.rules.p_lengthen_delay"]
    notes = json.loads((tmp_path / "suggestion.notes.json").read_bytes())["migration"]
    assert notes["policies"] == {"my_curriculum.rules.p_hold_delay": "my_curriculum.rules.p_lengthen_delay"}
    assert notes["start_policies"] is False


def test_a_policy_that_is_to_end_does_not_come_back_as_a_start_policy(
    repo: Repo, session: Path, tmp_path: Path
) -> None:
    repo.edit(CURRICULUM, 'policies={"p_hold_delay": "p_lengthen_delay"}', 'policies={"p_lengthen_delay": None}')
    state = old_state(repo, "s_shaping")  # p_lengthen_delay is active there, and a start policy of the new stage too
    result = run(repo, session, state, "--output-suggestion", tmp_path)
    after = result.document["trainer_state"]
    assert not after["active_policies"]
    assert after["stage"]["task"]["task_parameters"]["response_delay"] == 0.0
    notes = json.loads((tmp_path / "suggestion.notes.json").read_bytes())["migration"]
    assert notes["policies"] == {"my_curriculum.rules.p_lengthen_delay": None}


def test_the_sidecar_and_stderr_say_so(migrated: Repo, session: Path, tmp_path: Path) -> None:
    result = run(migrated, session, old_state(migrated, "s_habituation"), "--output-suggestion", tmp_path)
    notes = json.loads((tmp_path / "suggestion.notes.json").read_bytes())["migration"]
    assert (notes["from_version"], notes["to_version"]) == ("0.1.0", "1.0.0")
    assert notes["stage"] == {"from": "s_habituation", "to": "s_acclimation"}
    assert notes["start_policies"] is True and notes["note"] == "Rewards are smaller now."
    assert (tmp_path / "suggestion.json").read_bytes() == result.stdout
    (line,) = [line for line in result.text.splitlines() if "migrated" in line]
    assert all(
        part in line for part in ("0.1.0", "1.0.0", "s_habituation -> s_acclimation", "Rewards are smaller now.")
    )


def test_the_next_session_needs_no_migration_and_leaves_no_notes(migrated: Repo, session: Path, tmp_path: Path) -> None:
    first = run(migrated, session, old_state(migrated, "s_habituation"), "--output-suggestion", tmp_path)
    second = run(migrated, session, first.document["trainer_state"], "--output-suggestion", tmp_path)
    assert (second.code, second.stderr) == (0, FIRST_SESSION)
    assert sorted(path.name for path in tmp_path.glob("suggestion*")) == ["suggestion.json"]


def test_explain_tells_of_the_same_migration(migrated: Repo, session: Path) -> None:
    run(migrated, session, old_state(migrated, "s_habituation"))
    file = session.parent / "trainer_state.json"
    result = migrated.curriculum("explain", "--data-directory", session, "--input-trainer-state", file)
    assert result.code == 0 and "s_habituation -> s_acclimation" in result.text


def test_nothing_that_an_old_state_names_is_imported(migrated: Repo, session: Path, tmp_path: Path) -> None:
    (tmp_path / "witness_of_import.py").write_text(
        f"import pathlib\npathlib.Path({str(tmp_path / 'imported')!r}).touch()\ndef touch(*_): pass\n", encoding="utf-8"
    )
    state = old_state(migrated, "s_shaping")
    state["stage"]["metrics_provider"] = "witness_of_import.touch"
    state["active_policies"] = state["stage"]["start_policies"] = ["witness_of_import.touch"]
    state["stage"]["graph"]["nodes"]["0"] = "witness_of_import.touch"
    file = tmp_path / "trainer_state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    result = migrated.curriculum(
        *("run", "--data-directory", session, "--input-trainer-state", file), env={"PYTHONPATH": str(tmp_path)}
    )
    assert result.code == 0, result.text
    assert b"witness_of_import" not in result.stdout and not (tmp_path / "imported").exists()


def refused(result: Result, code: str, status: int) -> dict[str, Any]:
    assert (result.code, result.stdout) == (status, b""), result.text
    assert result.error["code"] == code and "\nTraceback" not in result.text
    return result.error


def test_a_tombstone_says_where_the_animals_go(migrated: Repo, session: Path) -> None:
    error = refused(run(migrated, session, old_state(migrated, "s_discrimination")), "state.other_version", 65)
    assert error["hint"] == "Place its animals by hand, at s_shaping." and error["where"] == "$.stage.name"


def test_a_version_without_a_migration_is_refused_as_ever(migrated: Repo, session: Path) -> None:
    for version in ("2.0.0", "7.1.0"):
        state = old_state(migrated, "s_shaping")
        state["curriculum"]["version"] = version
        refused(run(migrated, session, state), "state.other_version", 65)


def test_an_old_state_off_curriculum_stays_off(migrated: Repo, session: Path) -> None:
    refused(run(migrated, session, old_state(migrated, "s_shaping") | {"is_on_curriculum": False}),
            "state.off_curriculum", 69)  # fmt: skip


@pytest.mark.parametrize("name", ["s_never", 7, None, ["s_shaping"]])
def test_an_old_state_at_no_old_stage_is_refused(migrated: Repo, session: Path, name: Any) -> None:
    state = old_state(migrated, "s_shaping")
    state["stage"]["name"] = name
    refused(run(migrated, session, state), "state.unknown_stage" if name == "s_never" else "state.invalid", 65)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"s_habituation": "s_acclimation"', '"s_habituation": "s_nowhere"', "'s_nowhere'"),
        ('{"p_hold_delay": "p_lengthen_delay"}', '{"p_lengthen_delay": "p_nothing"}', "'p_nothing'"),
        ("MIGRATIONS = {\n    0: ", "MIGRATIONS = {\n    '0': ", "MIGRATIONS has the key '0', which is no version"),
        ("MIGRATIONS = {\n    0: ", "MIGRATIONS = {\n    1: ", "but this is version 1.0.0"),
    ],
)
def test_a_migration_that_leads_nowhere_is_a_fault_of_the_repo(
    repo: Repo, session: Path, old: str, new: str, told: str
) -> None:
    repo.edit(CURRICULUM, old, new)
    stage = "s_shaping" if "p_nothing" in new else "s_habituation"
    assert told in refused(run(repo, session, old_state(repo, stage)), "repo.migration", 78)["message"]


def test_a_removed_curriculum_can_leave_a_tombstone(repo: Repo, session: Path) -> None:
    entry = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
    repo.edit("pyproject.toml", entry, f'{entry}\n[project.entry-points."aind_curriculum_runtime.tombstones"]\n'
              'gone-curriculum = "my_curriculum.curriculum:GONE"\n')  # fmt: skip
    repo.edit(CURRICULUM, _LAST, _LAST + '\nGONE = Tombstone("Its animals go on in my-curriculum, at s_shaping.")\n')
    state = old_state(repo, "s_shaping")
    state["curriculum"]["name"] = "gone-curriculum"
    try:
        sync(repo)
        error = refused(run(repo, session, state), "state.other_curriculum", 65)
    finally:
        git(repo.path, "checkout", "--quiet", ".")
        sync(repo)
    assert error["hint"] == "Its animals go on in my-curriculum, at s_shaping."


def test_the_contract_checks_try_every_old_stage(migrated: Repo) -> None:
    result = migrated.curriculum("check", "--select", "MI", "--format", "json", cwd=migrated.path)
    assert result.code == 0, result.text
    statuses = {row["id"]: row["status"] for row in result.document["checks"]}
    passed = dict.fromkeys(["MI001", "MI002", "MI003", "MI004"], "passed")
    assert statuses == {**passed, "MI005": "skipped"}


def test_the_contract_checks_name_the_stage_that_a_migration_misses(repo: Repo) -> None:
    repo.edit(CURRICULUM, '            "GRADUATED": "GRADUATED",\n', '            "s_typo": "s_shaping",\n')
    result = repo.curriculum("check", "--select", "MI002", "--format", "json", cwd=repo.path)
    (row,) = result.document["checks"]
    assert [finding["message"] for finding in row["findings"]] == [
        "The migration from version 0 says nothing of 'GRADUATED', a stage of v0.1.0.",
        "The migration from version 0 names 's_typo', which v0.1.0 does not have.",
    ]
    assert row["findings"][0]["path"] == CURRICULUM


# Within a major version

_RENAMED = {"response_delay": "wait_delay", "p_lengthen_delay": "p_lengthen_wait", "metrics_from_dataset": "metrics_of"}
_WITHIN = """
MIGRATIONS = {
    "0.2.0": Migration(
        parameters=[Rename("response_delay", "wait_delay")],
        policies={"p_lengthen_delay": "p_lengthen_wait"},
        rules={"metrics_from_dataset": "metrics_of"},
    ),
}
"""


@pytest.fixture(scope="module")
def renamed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo at 0.2.0, in which a parameter, a policy and the metrics provider have other names than in v0.1.0."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("within") / "my-curriculum"), quick=True).sync()
    commit_all(repo.path, "Lock")
    git(repo.path, "tag", "v0.1.0")
    states = repo.path.parent / "states"
    states.mkdir()
    assert repo.curriculum("init", "--stage", "s_shaping", "--output", states / "s_shaping.json").code == 0
    for path in sorted((repo.path / PACKAGE).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for old, new in _RENAMED.items():
            text = text.replace(old, new)
        repo.write(f"{PACKAGE}/{path.name}", text)
    repo.edit(CURRICULUM, "import curriculum_version", "import Drop, Migration, Rename, curriculum_version")
    repo.edit(CURRICULUM, _LAST, _LAST + _WITHIN)
    set_version(repo, "0.1.0", "0.2.0")
    sync(repo)
    commit_all(repo.path, "Two")
    return repo


@pytest.fixture
def within(renamed: Repo) -> Iterator[Repo]:
    with undone(renamed):
        yield renamed


def tuned(repo: Repo) -> dict[str, Any]:
    """A state of v0.1.0, in the middle of shaping."""
    state = old_state(repo, "s_shaping")
    state["stage"]["task"]["task_parameters"]["response_delay"] = 1.0
    return state


def test_a_rename_with_its_migration_is_a_minor_version_for_the_animals(
    renamed: Repo, session: Path, tmp_path: Path
) -> None:
    result = run(renamed, session, tuned(renamed), "--output-suggestion", tmp_path)
    assert result.code == 0, result.text
    new = json.loads(renamed.curriculum("init", "--stage", "s_shaping").stdout)
    new["stage"]["task"]["task_parameters"]["wait_delay"] = 1.0
    assert result.document == run(renamed, session, new).document
    assert "renamed response_delay -> wait_delay, policies p_lengthen_delay -> p_lengthen_wait" in result.text
    (step,) = json.loads((tmp_path / "suggestion.notes.json").read_bytes())["migration"]["steps"]
    assert step["key"] == "0.2.0" and step["rules"]["my_curriculum.metrics.metrics_from_dataset"]


def test_without_it_the_state_is_refused(within: Repo, session: Path) -> None:
    within.edit(CURRICULUM, '        parameters=[Rename("response_delay", "wait_delay")],\n', "")
    error = refused(run(within, session, tuned(within)), "state.other_parameters", 65)
    assert "response_delay" in error["message"] and "migration" in error["hint"]
    within.edit(CURRICULUM, '        rules={"metrics_from_dataset": "metrics_of"},\n', "")
    error = refused(run(within, session, tuned(within)), "state.rule_refused", 77)
    assert "metrics_from_dataset" in error["message"] and "migration" in error["hint"]


def test_a_function_that_fails_is_the_authors_with_its_traceback(within: Repo, session: Path) -> None:
    within.edit(CURRICULUM, "import Drop, Migration", "import Compute, Drop, Migration")
    within.edit(CURRICULUM, 'Rename("response_delay", "wait_delay")', 'Compute("response_delay", lambda s: s / 0)')
    result = run(within, session, tuned(within))
    assert (result.code, result.stdout, result.error["code"]) == (70, b"", "code.raised")
    assert "ZeroDivisionError" in result.error["message"] and "Traceback" in result.text


def test_the_checks_pass_with_it_and_say_what_is_lost_without(within: Repo) -> None:
    result = within.curriculum("check", "--select", "MI", "--format", "json", cwd=within.path)
    passed = dict.fromkeys(["MI001", "MI002", "MI003", "MI004"], "passed")
    statuses = {row["id"]: row["status"] for row in result.document["checks"]}
    assert statuses == {**passed, "MI005": "skipped"}, result.text
    within.edit(CURRICULUM, 'Rename("response_delay", "wait_delay")', 'Drop("response_dealy")')
    within.edit(CURRICULUM, '{"metrics_from_dataset": "metrics_of"}', '{"metrics_from_dataset": "metrics_off"}')
    result = within.curriculum("check", "--select", "MI", "--format", "json", cwd=within.path)
    said = [finding["message"] for row in result.document["checks"] for finding in row["findings"]]
    assert said == ["The migration to version 0.2.0 turns 'metrics_from_dataset' into 'metrics_off', which is no rule."]
    within.edit(CURRICULUM, "metrics_off", "metrics_of")
    result = within.curriculum("check", "--select", "MI", "--format", "json", cwd=within.path)
    said = [finding["message"] for row in result.document["checks"] for finding in row["findings"]]
    assert "From 's_shaping' of version 0.1.0 there is no suggestion: The task parameter response_delay" in said[1]
    assert said[-1] == ("The migration to version 0.2.0 has nothing to drop: no stage of v0.1.0 has response_dealy.")


# curriculum migrate


def migrate(repo: Repo, folder: Path, state: Any, *arguments: str | Path) -> Result:
    file = folder / "old.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    return repo.curriculum("migrate", file, *arguments)


def test_migrate_shows_before_and_after_and_writes_nothing(renamed: Repo, tmp_path: Path) -> None:
    result = migrate(renamed, tmp_path, tuned(renamed))
    assert result.code == 0, result.text
    assert result.stdout.decode().splitlines() == [
        "my-curriculum: 0.1.0 -> 0.2.0, by the migration to version 0.2.0",
        "",
        "stage",
        "  s_shaping",
        "",
        "active policies",
        "  my_curriculum.rules.p_lengthen_delay -> my_curriculum.rules.p_lengthen_wait",
        "",
        "rules of the stage, by the migration to version 0.2.0",
        "  my_curriculum.metrics.metrics_from_dataset -> my_curriculum.metrics.metrics_of",
        "  my_curriculum.rules.p_lengthen_delay -> my_curriculum.rules.p_lengthen_wait",
        "",
        "task parameters, by the migration to version 0.2.0",
        "  response_delay -> wait_delay: 1.0",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


def test_it_shows_where_an_animal_of_another_major_version_goes(repo: Repo, tmp_path: Path) -> None:
    shaping = old_state(repo, "s_shaping")
    shaping["active_policies"] = ["my_curriculum.rules.p_hold_delay"]
    shaping["stage"]["task"]["task_parameters"]["response_delay"] = 1.0
    assert migrate(repo, tmp_path, shaping).stdout.decode().splitlines() == [
        "my-curriculum: 0.1.0 -> 1.0.0, by the migration from version 0",
        "",
        "stage",
        "  s_shaping",
        "",
        "active policies",
        "  my_curriculum.rules.p_hold_delay -> my_curriculum.rules.p_lengthen_delay",
        "",
        "task parameters of the animal, given up for those of the stage",
        "  reward_volume: 4.0 -> 3.5",
        "  response_delay: 1.0 -> 0.0",
        "",
        "Rewards are smaller now.",
    ]
    repo.edit(CURRICULUM, '"s_shaping": "stage"', '"s_shaping": "keep"')
    kept = migrate(repo, tmp_path, shaping).stdout.decode().splitlines()
    assert "  response_delay: 1.0 (at the stage 0.0)" in kept
    habituation = migrate(repo, tmp_path, old_state(repo, "s_habituation")).stdout.decode()
    assert "  s_habituation -> s_acclimation\n\nactive policies\n  the stage begins with its start" in habituation


def test_its_json_has_all_of_it(renamed: Repo, tmp_path: Path) -> None:
    told = migrate(renamed, tmp_path, tuned(renamed), "--json").document
    assert (told["from_version"], told["to_version"], told["stage"]) == ("0.1.0", "0.2.0", "s_shaping")
    assert told["parameters"] == [{"path": "response_delay", "before": 1.0}, {"path": "wait_delay", "after": 1.0}]
    assert told["migration"]["steps"][0]["parameters"][0]["was"] == "response_delay"
    assert told["trainer_state"]["curriculum"]["version"] == "0.2.0"


def test_what_it_writes_is_the_state_that_run_would_have_made_of_it(
    renamed: Repo, session: Path, tmp_path: Path
) -> None:
    assert migrate(renamed, tmp_path, tuned(renamed), "--output", tmp_path / "new.json").code == 0
    new = json.loads((tmp_path / "new.json").read_bytes())
    again = run(renamed, session, new)
    assert again.stderr == FIRST_SESSION and again.document == run(renamed, session, tuned(renamed)).document
    result = migrate(renamed, tmp_path, new)
    assert (result.code, result.stdout.decode()) == (
        0,
        "my-curriculum: the state needs no migration: at the stage s_shaping it is read by version 0.2.0.\n",
    )


def test_it_writes_over_the_state_only_where_that_is_said(renamed: Repo, tmp_path: Path) -> None:
    before = json.dumps(tuned(renamed))
    result = migrate(renamed, tmp_path, tuned(renamed), "--output", tmp_path / "." / "old.json")
    refused(result, "usage.invalid", 64)
    refused(migrate(renamed, tmp_path, tuned(renamed), "--output", "x.json", "--in-place"), "usage.invalid", 64)
    assert (tmp_path / "old.json").read_text(encoding="utf-8") == before
    assert migrate(renamed, tmp_path, tuned(renamed), "--in-place").code == 0
    assert json.loads((tmp_path / "old.json").read_bytes())["curriculum"]["version"] == "0.2.0"
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


def test_what_run_refuses_it_refuses_and_writes_nothing(renamed: Repo, migrated: Repo, tmp_path: Path) -> None:
    output = tmp_path / "new.json"
    refused(renamed.curriculum("migrate", tmp_path / "none.json", "--output", output), "state.missing", 66)
    other = tuned(renamed)
    other["curriculum"]["name"] = "other"
    refused(migrate(renamed, tmp_path, other, "--output", output), "state.other_curriculum", 65)
    unknown = tuned(renamed)
    unknown["active_policies"] = ["os.system"]
    refused(migrate(renamed, tmp_path, unknown, "--output", output), "state.rule_refused", 77)
    gone = old_state(migrated, "s_discrimination")
    refused(migrate(migrated, tmp_path, gone, "--output", output), "state.other_version", 65)
    refused(migrate(renamed, tmp_path, tuned(renamed) | {"is_on_curriculum": False}, "--output", output),
            "state.off_curriculum", 69)  # fmt: skip
    refused(migrate(renamed, tmp_path, tuned(renamed), "--output", tmp_path / "none" / "new.json"),
            "output.directory_missing", 74)  # fmt: skip
    assert not output.exists()
