"""The published JSON Schemas: current, and true of what real processes print."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from support import PROJECT, Repo, Result

from aind_curriculum_runtime.contract import documents as models
from aind_curriculum_runtime.contract.errors import CODES, CurriculumError, error_line

NAMES = ["describe.schema.json", "error.schema.json", "metadata.schema.json", "suggestion.schema.json"]


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((models.SCHEMA_DIRECTORY / name).read_text(encoding="ascii"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


SUGGESTION, ERROR, DESCRIBE = (validator(f"{name}.schema.json") for name in ("suggestion", "error", "describe"))


def altered(document: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    change(changed)
    assert changed != document, "the change changes nothing"
    return changed


# The files


def test_the_files_are_those_that_the_models_give() -> None:
    written = {file.name: file.read_bytes() for file in models.SCHEMA_DIRECTORY.iterdir()}
    assert written == models.schemas(), "run `python -m aind_curriculum_runtime.contract.documents`"
    assert sorted(written) == NAMES


def test_the_module_writes_the_files_where_they_differ(tmp_path: Path) -> None:
    package = tmp_path / "aind_curriculum_runtime"
    shutil.copytree(PROJECT / "src" / package.name, package, ignore=shutil.ignore_patterns("schemas", "__pycache__"))
    command = [sys.executable, "-m", "aind_curriculum_runtime.contract.documents"]

    def write() -> str:
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stderr

    assert sorted(write().split()) == sorted([*NAMES, *["wrote"] * len(NAMES)])
    written = package / "contract" / "schemas"
    assert {file.name: file.read_bytes() for file in written.iterdir()} == models.schemas()
    (written / "error.schema.json").write_bytes(b"{}")
    assert write() == "wrote error.schema.json\n"
    assert {file.name: file.read_bytes() for file in written.iterdir()} == models.schemas()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_indented_ascii_with_sorted_keys_and_a_final_newline(name: str) -> None:
    content = (models.SCHEMA_DIRECTORY / name).read_bytes()
    assert content == (json.dumps(json.loads(content), indent=2, sort_keys=True) + "\n").encode("ascii")


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described(name: str) -> None:
    properties = validator(name).schema["properties"]
    assert [field for field, schema in properties.items() if not schema.get("description")] == []


def test_the_schemas_come_with_an_installed_package(shared_repo: Repo) -> None:
    code = "from importlib.resources import files; print(*sorted(\
        f.name for f in (files('aind_curriculum_runtime') / 'contract' / 'schemas').iterdir()))"
    done = subprocess.run([shared_repo.script("python"), "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == NAMES


# The suggestion


@pytest.fixture(scope="module")
def suggestions(shared_repo: Repo) -> list[dict[str, Any]]:
    """What `run` prints from each stage of a generated repo, GRADUATED included."""
    stages = ["s_habituation", "s_shaping", "s_discrimination", "GRADUATED"]
    results = [shared_repo.curriculum("demo", "--stage", stage) for stage in stages]
    assert {one.code for one in results} == {0}, [one.text for one in results]
    return [one.document for one in results]


@pytest.fixture(scope="module")
def suggestion(suggestions: list[dict[str, Any]]) -> dict[str, Any]:
    return suggestions[1]


def test_what_run_prints_is_a_suggestion_by_the_schema(shared_repo: Repo, state: Path) -> None:
    result = shared_repo.curriculum("run", "--path", shared_repo.session, "--input-trainer-state", state)
    assert result.code == 0, result.text
    SUGGESTION.validate(result.document)
    models.Suggestion.model_validate_json(result.stdout)


def test_the_suggestion_from_any_stage_follows_the_schema(suggestions: list[dict[str, Any]]) -> None:
    for one in suggestions:
        SUGGESTION.validate(one)


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.pop("trainer_state"),
        lambda it: it.pop("metrics"),
        lambda it: it.pop("version"),
        lambda it: it.pop("dsl_version"),
        lambda it: it.update(warnings=[]),
        lambda it: it.update(trainer_state=None),
        lambda it: it.update(trainer_state=json.dumps(it["trainer_state"])),
        lambda it: it.update(metrics=None),
        lambda it: it.update(metrics=[1.0]),
        lambda it: it.update(version="1.0"),
        lambda it: it.update(version=1),
        lambda it: it.update(dsl_version=None),
        lambda it: it["trainer_state"].pop("stage"),
        lambda it: it["trainer_state"].update(subject="1234"),
        lambda it: it["trainer_state"].update(is_on_curriculum="yes"),
        lambda it: it["trainer_state"].update(active_policies="p_lengthen_delay"),
        lambda it: it["trainer_state"]["stage"].update(policies=[]),
        lambda it: it["trainer_state"]["stage"]["task"].pop("task_parameters"),
        lambda it: it["trainer_state"]["stage"]["task"].update(own_field=1),
        lambda it: it["trainer_state"]["stage"]["graph"]["nodes"].update({"0": 1}),
        lambda it: it["trainer_state"]["stage"]["graph"]["graph"].update({"0": [["pt", 0, 1]]}),
        lambda it: it["trainer_state"]["curriculum"].pop("version"),
        lambda it: it["trainer_state"]["curriculum"]["graph"]["nodes"]["0"].pop("task"),
    ],
)
def test_a_suggestion_that_is_altered_does_not_follow_the_schema(
    suggestion: dict[str, Any], change: Callable[[dict[str, Any]], object]
) -> None:
    assert not SUGGESTION.is_valid(altered(suggestion, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["trainer_state"]["stage"]["task"]["task_parameters"].update(own_parameter={"deep": [1, None]}),
        lambda it: it["trainer_state"]["stage"]["task"]["task_parameters"].clear(),
        lambda it: it["trainer_state"].update(active_policies=None),
        lambda it: it["trainer_state"]["stage"].update(metrics_provider=None),
        lambda it: it["metrics"].update(own_metric=[1.5]),
        lambda it: it["metrics"].clear(),
    ],
)
def test_what_a_curriculum_is_free_in_follows_the_schema(
    suggestion: dict[str, Any], change: Callable[[dict[str, Any]], object]
) -> None:
    SUGGESTION.validate(altered(suggestion, change))


def test_reading_a_suggestion_with_the_model_imports_nothing_that_it_names(
    suggestion: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "hostile_rules.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    hostile = altered(
        suggestion, lambda it: it["trainer_state"]["stage"].update(metrics_provider="hostile_rules.attack")
    )
    file = tmp_path / "suggestion.json"
    file.write_text(json.dumps(hostile), encoding="utf-8")
    code = (
        "import pathlib, sys\n"
        "from aind_curriculum_runtime.contract.documents import Suggestion\n"
        f"Suggestion.model_validate_json(pathlib.Path({str(file)!r}).read_bytes())\n"
        "print([name for name in ('hostile_rules', 'aind_behavior_curriculum') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


# The error line


@pytest.fixture(scope="module")
def failures(shared_repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Failures of real processes, of different exit codes."""
    folder = tmp_path_factory.mktemp("failures")
    state = folder / "trainer_state.json"
    assert shared_repo.curriculum("init", "--output", state).code == 0
    document = json.loads(state.read_bytes())

    def state_with(name: str, **changes: Any) -> Path:
        file = folder / f"{name}.json"
        file.write_text(json.dumps({**document, **changes}), encoding="utf-8")
        return file

    def run(file: Path, session: Path = shared_repo.session) -> Result:
        return shared_repo.curriculum("run", "--path", session, "--input-trainer-state", file)

    return {
        "usage.invalid": shared_repo.curriculum("evaluate"),
        "state.invalid": run(state_with("invalid", is_on_curriculum=0)),
        "state.missing": run(folder / "no such file \u00e9.json"),
        "session.missing": run(state, folder / "nowhere"),
        "state.off_curriculum": run(state_with("off", is_on_curriculum=False)),
        "state.rule_refused": run(state_with("refused", active_policies=["shutil.rmtree"])),
    }


@pytest.mark.parametrize(
    "code",
    [
        "usage.invalid",
        "state.invalid",
        "state.missing",
        "session.missing",
        "state.off_curriculum",
        "state.rule_refused",
    ],
)
def test_the_line_of_a_real_failure_follows_the_schema(failures: dict[str, Result], code: str) -> None:
    result = failures[code]
    assert (result.error["code"], result.error["exit"]) == (code, result.code)
    ERROR.validate(result.error)
    models.ErrorLine.model_validate(result.error)


@pytest.mark.parametrize("code", CODES)
def test_the_line_of_every_code_follows_the_schema(code: str) -> None:
    line = error_line(CurriculumError(code, "It failed."))
    ERROR.validate(json.loads(line.partition(b" ")[2]))


@pytest.mark.parametrize(
    "change",
    [
        *[lambda it, key=key: it.pop(key) for key in models.ErrorLine.model_fields],
        lambda it: it.update(contract=2),
        lambda it: it.update(code="state.unheard_of"),
        lambda it: it.update(code="usage.invalid"),
        lambda it: it.update(exit=1),
        lambda it: it.update(exit=65),
        lambda it: it.update(exit="77"),
        lambda it: it.update(message=None),
        lambda it: it.update(hint=None),
        lambda it: it.update(where=["$"]),
        lambda it: it.update(curriculum=1),
    ],
)
def test_an_error_line_that_is_altered_does_not_follow_the_schema(
    failures: dict[str, Result], change: Callable[[dict[str, Any]], object]
) -> None:
    changed = altered(failures["state.rule_refused"].error, change)
    assert not ERROR.is_valid(changed)
    with pytest.raises(ValidationError):
        models.ErrorLine.model_validate(changed)


def test_a_field_that_a_later_runtime_adds_is_accepted(failures: dict[str, Result], shared_repo: Repo) -> None:
    ERROR.validate({**failures["state.invalid"].error, "retry_after": 5})
    DESCRIBE.validate({**shared_repo.curriculum("describe", "--json").document, "features": []})


# The description


def test_what_describe_prints_follows_the_schema(shared_repo: Repo) -> None:
    result = shared_repo.curriculum("describe", "--json")
    assert result.code == 0, result.text
    DESCRIBE.validate(result.document)
    models.Description.model_validate_json(result.stdout)


@pytest.mark.parametrize(
    "change",
    [
        *[lambda it, key=key: it.pop(key) for key in models.Description.model_fields],
        *[lambda it, key=key: it["curricula"][0].pop(key) for key in ("name", "version", "distribution", "object")],
        lambda it: it.update(contract="1"),
        lambda it: it.update(contract=2),
        lambda it: it.update(curricula=[]),
        lambda it: it.update(commands=None),
        lambda it: it["curricula"][0].update(object="my_curriculum.curriculum:CURRICULUM:again"),
        lambda it: it["curricula"][0].update(name=""),
    ],
)
def test_a_description_that_is_altered_does_not_follow_the_schema(
    shared_repo: Repo, change: Callable[[dict[str, Any]], object]
) -> None:
    changed = altered(shared_repo.curriculum("describe", "--json").document, change)
    assert not DESCRIBE.is_valid(changed)
