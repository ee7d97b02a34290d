"""Migrations: an animal of an older major version goes on where the curriculum says, or is told where."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from release_support import CURRICULUM, STAGES, set_version, sync, undone
from support import Repo, Result, commit_all, generate, git

from aind_curriculum_runtime import Migration, Tombstone

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


def test_task_parameters_are_those_of_the_new_stage_as_enrolled(migrated: Repo, session: Path) -> None:
    old = old_state(migrated, "s_shaping")
    assert old["stage"]["task"]["task_parameters"]["reward_volume"] == 4.0
    after = run(migrated, session, old).document["trainer_state"]["stage"]
    assert (after["name"], after["task"]["task_parameters"]["reward_volume"]) == ("s_shaping", 3.5)


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
    assert (second.code, second.stderr) == (0, b"")
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
        ("MIGRATIONS = {\n    0: ", "MIGRATIONS = {\n    '0': ", "MIGRATIONS is not a dict"),
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
    assert statuses == {"MI001": "passed", "MI002": "passed", "MI003": "passed", "MI005": "skipped"}


def test_the_contract_checks_name_the_stage_that_a_migration_misses(repo: Repo) -> None:
    repo.edit(CURRICULUM, '            "GRADUATED": "GRADUATED",\n', '            "s_typo": "s_shaping",\n')
    result = repo.curriculum("check", "--select", "MI002", "--format", "json", cwd=repo.path)
    (row,) = result.document["checks"]
    assert [finding["message"] for finding in row["findings"]] == [
        "The migration from version 0 says nothing of 'GRADUATED', a stage of v0.1.0.",
        "The migration from version 0 names 's_typo', which v0.1.0 does not have.",
    ]
    assert row["findings"][0]["path"] == CURRICULUM


@pytest.mark.parametrize("stages", [{1: "s_a"}, {"s_a": None}, {"s_a": 1}])
def test_a_migration_maps_names_to_names_or_tombstones(stages: Any) -> None:
    with pytest.raises(TypeError, match="names to names or tombstones"):
        Migration(stages=stages)


@pytest.mark.parametrize("message", ["", "  ", None])
def test_a_tombstone_has_words(message: Any) -> None:
    with pytest.raises(TypeError, match="where the animals go"):
        Tombstone(message)
