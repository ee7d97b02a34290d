"""Former names: states that another repo wrote are read as this one's own, and nothing that they name is imported."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from release_support import CURRICULUM, set_version, sync, undone
from support import FIRST_SESSION, Repo, Result, commit_all, generate
from test_info_commands import HEAVY, imported
from test_references import COLLECTED, HERE, STATE, TRAINER, every_place, keys_of, put, state

from aind_curriculum_runtime import CurriculumError
from aind_curriculum_runtime.client import Client, Kind
from aind_curriculum_runtime.client import CurriculumError as NoSuggestion
from aind_curriculum_runtime.curriculum.formerly import faults, with_own_rules
from aind_curriculum_runtime.curriculum.references import collect, known
from aind_curriculum_runtime.fleet.errors import FleetError
from aind_curriculum_runtime.fleet.members import Member, TaskRepo, named

OLD_PACKAGE = "old_lab_curricula.detection"
POLICIES = ("p_lengthen_delay", "p_hold_delay")
FORMERLY = {
    **{f"{OLD_PACKAGE}.policies.{name}": f"my_curriculum.rules.{name}" for name in POLICIES},
    f"{OLD_PACKAGE}.policies.pt_lengthen": "my_curriculum.rules.pt_lengthen_delay_hold_delay",
    f"{OLD_PACKAGE}.metrics.metrics_from_dataset": "my_curriculum.metrics.metrics_from_dataset",
}
ENTRY = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
FORMER_NAME = '[project.entry-points."aind_curriculum_runtime.formerly"]\nDetectionOld = "{0}"\n'
LAST = "CURRICULUM.add_stage_transition(s_discrimination, s_shaping, StageTransition(st_discrimination_shaping))\n"


@pytest.fixture(scope="module")
def adopted(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo whose curriculum was DetectionOld in another package."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("formerly") / "my-curriculum"), quick=True)
    repo.edit("pyproject.toml", ENTRY, f"{ENTRY}\n{FORMER_NAME.format('my_curriculum.curriculum:CURRICULUM')}")
    repo.edit(CURRICULUM, LAST, f"{LAST}\nFORMERLY = {FORMERLY!r}\n")
    repo.sync()
    commit_all(repo.path, "Adopt")
    return repo


@pytest.fixture
def repo(adopted: Repo) -> Iterator[Repo]:
    with undone(adopted):
        yield adopted


@pytest.fixture(scope="module")
def own(adopted: Repo) -> dict[str, Any]:
    """A state of the repo's own, at the stage that has a rule in every place; the test must not change it."""
    found: dict[str, Any] = adopted.curriculum("init", "--stage", "s_shaping").document
    return found


@pytest.fixture
def old(own: dict[str, Any]) -> dict[str, Any]:
    """The same as the other repo wrote it."""
    text = json.dumps(own)
    for before, now in FORMERLY.items():
        text = text.replace(now, before)
    found: dict[str, Any] = json.loads(text)
    found["curriculum"]["name"] = "DetectionOld"
    assert len([one for one in collect(found) if one[2].startswith(OLD_PACKAGE)]) == 6
    return found


@pytest.fixture
def run(adopted: Repo, tmp_path: Path) -> Callable[..., Result]:
    """Run a state with the sample session."""

    def run(state: dict[str, Any], *arguments: str | Path, command: str = "run", **options: Any) -> Result:
        file = tmp_path / "trainer_state.json"
        file.write_text(json.dumps(state), encoding="utf-8")
        where = ("--data-directory", adopted.session, "--input-trainer-state", file)
        return adopted.curriculum(command, *where, *arguments, **options)

    return run


Run = Callable[..., Result]


def test_a_state_of_the_old_repo_goes_on_to_the_letter_in_the_new_form(
    run: Run, own: dict[str, Any], old: dict[str, Any]
) -> None:
    result = run(old)
    assert result.code == 0, result.text
    assert result.stdout == run(own).stdout
    assert OLD_PACKAGE.encode() not in result.stdout and b"DetectionOld" not in result.stdout


def test_parameters_that_were_tuned_for_the_animal_stay(run: Run, old: dict[str, Any]) -> None:
    old["stage"]["task"]["task_parameters"]["response_delay"] = 0.7
    after = run(old).document["trainer_state"]["stage"]["task"]["task_parameters"]
    assert after["response_delay"] == 0.95


def test_stderr_says_so_once(run: Run, old: dict[str, Any]) -> None:
    first = run(old)
    told = "the trainer state has names that 'my-curriculum' or its rules had before; it goes on with today's"
    assert first.stderr == f"curriculum: {told}\n".encode() + FIRST_SESSION
    second = run(first.document["trainer_state"])
    assert (second.code, second.stderr) == (0, FIRST_SESSION)


def test_explain_goes_the_same_way(run: Run, own: dict[str, Any], old: dict[str, Any]) -> None:
    found = run(old, command="explain")
    assert found.code == 0, found.text
    assert found.stdout == run(own, command="explain").stdout


@pytest.mark.parametrize("name", ["my-curriculum", "DetectionOld"])
def test_the_curriculum_may_be_asked_for_by_either_name(run: Run, old: dict[str, Any], name: str) -> None:
    assert run(old, "--curriculum", name).code == 0


def test_a_rule_that_moved_within_the_repo_is_found_too(run: Run, own: dict[str, Any], old: dict[str, Any]) -> None:
    old["curriculum"]["name"] = "my-curriculum"
    assert run(old).stdout == run(own).stdout


def test_a_state_with_old_and_new_paths_goes_on(run: Run, own: dict[str, Any], old: dict[str, Any]) -> None:
    old["active_policies"] = own["active_policies"]
    assert run(old).stdout == run(own).stdout


def test_nothing_that_a_former_path_names_is_imported(run: Run, old: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "old_lab_curricula"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        f"import pathlib\npathlib.Path({str(tmp_path / 'imported')!r}).touch()\n", encoding="utf-8"
    )
    result = run(old, env={"PYTHONPATH": str(tmp_path)})
    assert result.code == 0, result.text
    assert not (tmp_path / "imported").exists()


def refused(result: Result, code: str, status: int) -> dict[str, Any]:
    assert (result.code, result.stdout) == (status, b""), result.text
    assert result.error["code"] == code and "\nTraceback" not in result.text
    return result.error


@pytest.mark.parametrize(
    "path",
    [
        f"{OLD_PACKAGE}.policies.p_never",
        f"{OLD_PACKAGE}.policies",
        "shutil.rmtree",
        f"{OLD_PACKAGE}.policies.pt_lengthen",
    ],
    ids=["not declared", "a module", "hostile", "of another kind"],
)
def test_a_path_that_is_neither_of_today_nor_declared_is_refused(run: Run, old: dict[str, Any], path: str) -> None:
    old["active_policies"] = [path]
    error = refused(run(old), "state.rule_refused", 77)
    assert repr(path) in error["message"] and error["where"] == "$.active_policies[0]"


def test_a_name_that_no_curriculum_had_is_refused(run: Run, old: dict[str, Any]) -> None:
    old["curriculum"]["name"] = "Detection"
    error = refused(run(old), "state.other_curriculum", 65)
    assert "'Detection'" in error["message"]


def test_another_major_version_is_refused_under_the_old_name_too(run: Run, old: dict[str, Any]) -> None:
    old["curriculum"]["version"] = "3.1.0"
    refused(run(old), "state.other_version", 65)


def test_a_former_path_that_leads_nowhere_is_a_fault_of_the_repo(repo: Repo, run: Run, old: dict[str, Any]) -> None:
    repo.edit(CURRICULUM, "'my_curriculum.rules.p_lengthen_delay'", "'my_curriculum.rules.p_gone'")
    error = refused(run(old), "repo.formerly", 78)
    assert "'my_curriculum.rules.p_gone'" in error["message"]


def test_other_animals_go_on_meanwhile(repo: Repo, run: Run, own: dict[str, Any]) -> None:
    repo.edit(CURRICULUM, "'my_curriculum.rules.p_lengthen_delay'", "'my_curriculum.rules.p_gone'")
    assert run(own).code == 0


@pytest.mark.parametrize("declared", ["['a.b']", "{'a.b': 1}", "{1: 'a.b'}", "'a.b'"])
def test_a_declaration_of_another_form_is_a_fault_of_the_repo(
    repo: Repo, run: Run, own: dict[str, Any], declared: str
) -> None:
    repo.edit(CURRICULUM, f"FORMERLY = {FORMERLY!r}", f"FORMERLY = {declared}")
    error = refused(run(own), "repo.formerly", 78)
    assert "FORMERLY is not a dict" in error["message"]


def test_an_old_state_of_an_older_major_version_is_migrated_under_the_names_of_today(
    repo: Repo, run: Run, old: dict[str, Any], tmp_path: Path
) -> None:
    migrations = "MIGRATIONS = {0: Migration(stages={'s_shaping': 's_shaping'})}\n"
    repo.edit(CURRICULUM, "import curriculum_version", "import Migration, curriculum_version")
    repo.edit(CURRICULUM, LAST, f"{LAST}\n{migrations}")
    set_version(repo, "0.1.0", "1.0.0")
    try:
        sync(repo)
        result = run(old, "--output-suggestion", tmp_path)
    finally:
        repo.restore()
        sync(repo)
    assert result.code == 0, result.text
    notes = json.loads((tmp_path / "suggestion.notes.json").read_bytes())["migration"]
    assert notes["policies"] == {"my_curriculum.rules.p_lengthen_delay": "my_curriculum.rules.p_lengthen_delay"}


def test_telling_what_is_installed_names_the_old_name_and_imports_no_curriculum(adopted: Repo) -> None:
    (described,) = adopted.curriculum("describe", "--json").document["curricula"]
    assert (described["name"], described["formerly"]) == ("my-curriculum", ["DetectionOld"])
    assert adopted.curriculum("describe").stdout.decode().splitlines()[-1] == "my-curriculum was DetectionOld"
    assert adopted.curriculum("list").stdout == b"Available curricula:\n - my-curriculum\n"
    for command in ("list", "describe"):
        assert {name.partition(".")[0] for name in imported(adopted, command)} & HEAVY == set()


@pytest.mark.parametrize(
    ("old_target", "code"),
    [
        ("my_curriculum.curriculum:GONE", "repo.formerly"),
        ("my_curriculum.curriculum:CURRICULUM", "repo.duplicate_name"),
    ],
)
def test_a_former_name_leads_to_one_curriculum(
    repo: Repo, run: Run, old: dict[str, Any], old_target: str, code: str
) -> None:
    if code == "repo.duplicate_name":  # another curriculum has that name today
        repo.edit("pyproject.toml", ENTRY, f'{ENTRY}DetectionOld = "my_curriculum.other:CURRICULUM"\n')
    else:
        repo.edit(
            "pyproject.toml", FORMER_NAME.format("my_curriculum.curriculum:CURRICULUM"), FORMER_NAME.format(old_target)
        )
    try:
        sync(repo)
        results = [run(old), repo.curriculum("list")]
    finally:
        repo.restore()
        sync(repo)
    for result in results:
        assert "'DetectionOld'" in refused(result, code, 78)["message"]


def test_the_launchers_client_takes_the_answer_under_the_new_name(
    adopted: Repo, old: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "trainer_state.json"
    file.write_text(json.dumps(old), encoding="utf-8")
    client = Client(adopted.path)
    found = client.suggest(adopted.session, file)
    assert found.curriculum == "my-curriculum"
    assert client.describe().formerly == {"DetectionOld": "my-curriculum"}
    assert asyncio.run(client.suggest_async(adopted.session, file)).raw == found.raw
    old["curriculum"]["name"] = "Detection"
    file.write_text(json.dumps(old), encoding="utf-8")
    with pytest.raises(NoSuggestion) as raised:
        client.suggest(adopted.session, file, curriculum="my-curriculum")
    assert raised.value.kind is Kind.STATE


def test_a_task_repo_finds_it_by_either_name(adopted: Repo, tmp_path: Path) -> None:
    repo = TaskRepo(adopted.path.parent, [Member(adopted.path.parent, adopted.path.name, is_submodule=False)])
    assert [one.folder for one in named(repo, ["DetectionOld", "my-curriculum"])] == ["my-curriculum"]
    with pytest.raises(FleetError, match="no curriculum 'Detection'"):
        named(repo, ["Detection"])


def test_the_check_passes_and_names_a_path_that_is_a_rule_today(repo: Repo) -> None:
    def checked() -> dict[str, Any]:
        (row,) = repo.curriculum("check", "--select", "MI005", "--format", "json", cwd=repo.path).document["checks"]
        return dict(row)

    assert checked()["status"] == "passed"
    repo.edit(CURRICULUM, "FORMERLY = {", "FORMERLY = {'my_curriculum.rules.p_hold_delay': 'my_curriculum.rules.p_x', ")
    (finding,) = checked()["findings"]
    assert "'my_curriculum.rules.p_hold_delay' as a former path" in finding["message"]
    assert (finding["path"], finding["line"] is not None) == (CURRICULUM, True)


# On the plain JSON


FORMER = {f"old.{kind}.{name.rpartition('.')[2]}": name for kind, _, name in COLLECTED}


def aged() -> dict[str, Any]:
    """The state of `test_references` with a former path in every place."""
    changed = state()
    for kind, where, name in COLLECTED:
        put(changed, keys_of(where), f"old.{kind}.{name.rpartition('.')[2]}")
    return changed


def test_every_place_of_a_reference_is_read_by_today_and_nothing_else_changes() -> None:
    before = aged()
    assert with_own_rules(before, FORMER, known(TRAINER.curriculum)) == STATE
    assert before == aged()


def test_a_former_path_outside_of_the_places_of_references_is_left_as_it_is() -> None:
    path = next(iter(FORMER))
    for keys in every_place(STATE["stage"]["task"]):
        changed = state()
        put(changed["stage"]["task"], list(keys), path)
        assert with_own_rules(changed, FORMER, known(TRAINER.curriculum)) == changed


def test_a_path_of_today_means_todays_rule() -> None:
    former = {f"{HERE}.p_a": f"{HERE}.p_b"}
    assert with_own_rules(STATE, former, known(TRAINER.curriculum)) == STATE
    assert [*faults(former, known(TRAINER.curriculum))] == [
        f"FORMERLY names '{HERE}.p_a' as a former path, which is that of a rule today."
    ]


def test_a_former_path_leads_to_a_rule_that_a_state_can_name() -> None:
    former = {"old.st": f"{HERE}.st_at_one", "old.p": "old.q", "old.q": f"{HERE}.p_a"}
    (first, second) = faults(former, known(TRAINER.curriculum))
    assert f"'old.st' to '{HERE}.st_at_one'" in first and "'old.p' to 'old.q'" in second
    changed = state()
    changed["active_policies"] = ["old.p"]
    with pytest.raises(CurriculumError, match=r"leads from 'old\.p' to 'old\.q'") as caught:
        with_own_rules(changed, former, known(TRAINER.curriculum))
    assert caught.value.exit == 78
