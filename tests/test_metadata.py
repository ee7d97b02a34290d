"""What a session leaves behind for its metadata: merged into real aind-data-schema, and verified from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from metadata_support import environment, merged, require_merged
from metadata_support import schema as schema
from support import Repo, Result, call, commit_all, git

from aind_curriculum_runtime.client import Client, CurriculumError, Hold, Kind
from aind_curriculum_runtime.contract.documents import SCHEMA_DIRECTORY
from aind_curriculum_runtime.metadata.code import Code, code_of, code_of_package, require_exact
from aind_curriculum_runtime.metadata.flat import flat
from aind_curriculum_runtime.metadata.keys import restored, storable
from aind_curriculum_runtime.metadata.record import Record, acquisition
from aind_curriculum_runtime.project.checkout import without_secrets
from aind_curriculum_runtime.project.distributions import Origin
from aind_curriculum_runtime.session.digest import session_digest


class Lab:
    """A curriculum repo as others can have it, and one session."""

    def __init__(self, repo: Repo, remote: Path, folder: Path, state: bytes) -> None:
        self.repo, self.remote, self.folder = repo, remote, folder
        self.session = shutil.copytree(repo.session, folder / "session")
        self.state = folder / "state.json"
        self.state.write_bytes(state)
        self.commit = git(repo.path, "rev-parse", "HEAD")

    def metadata(self, *more: str | Path) -> Result:
        arguments = ["--data-directory", self.session, "--input-trainer-state", self.state]
        return self.repo.curriculum("metadata", *arguments, *more)

    def document(self, *more: str | Path) -> dict[str, Any]:
        result = self.metadata(*more)
        assert result.code == 0, result.text
        found: dict[str, Any] = result.document
        return found

    def verify(self, document: dict[str, Any]) -> Result:
        file = self.folder / "metadata.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        return self.metadata("--verify", file)


@pytest.fixture(scope="module")
def remote(shared_repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the shared repo is pushed to, with its lock committed, while this module runs."""
    before, bare = git(shared_repo.path, "rev-parse", "HEAD"), tmp_path_factory.mktemp("remote") / "repo.git"
    lock = shared_repo.path / "uv.lock"  # there if a test before this module called `uv run`
    was_there = lock.exists()
    call(["uv", "lock", "--quiet", "--directory", shared_repo.path], timeout=600)
    commit_all(shared_repo.path, "Lock")
    git(shared_repo.path, "init", "--quiet", "--bare", str(bare))
    git(shared_repo.path, "remote", "add", "origin", str(bare))
    git(shared_repo.path, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    yield bare
    git(shared_repo.path, "remote", "remove", "origin")
    git(shared_repo.path, "reset", "--quiet", before)
    if not was_there:
        lock.unlink()


@pytest.fixture
def lab(repo: Repo, remote: Path, shaping_bytes: bytes, tmp_path: Path) -> Iterator[Lab]:
    found = Lab(repo, remote, tmp_path, shaping_bytes)
    yield found
    git(repo.path, "reset", "--quiet", "--hard", found.commit)


def test_the_facts_of_a_session_are_printed(lab: Lab) -> None:
    found = lab.document()
    code, parameters = found["code"], found["code"].pop("parameters")
    assert code == {
        "url": str(lab.remote),
        "name": "my_curriculum.curriculum",
        "version": "0.1.0",
        "commit_hash": lab.commit,
        "language": "aind-behavior-curriculum",
        "language_version": lab.repo.curriculum("dsl-version").stdout.decode().strip(),
        "run_script": "curriculum",
    }
    assert found["stimulus_epoch"] == {"curriculum_status": "s_shaping", "training_protocol_name": "my-curriculum"}
    told = lab.repo.curriculum("run", "--data-directory", lab.session, "--input-trainer-state", lab.state).document
    assert found["output_parameters"] == told["metrics"]
    stage = told["trainer_state"]["stage"]
    assert parameters["stage_suggested"] == stage["name"]
    assert parameters["suggested_parameters"] == stage["task"]["task_parameters"]
    assert parameters["policies_after"] == told["trainer_state"]["active_policies"]
    assert parameters["code"]["is_dirty"] is False and parameters["code"]["is_pushed"] is True


def test_the_rule_that_held_is_named_with_what_it_read(lab: Lab) -> None:
    lab.state.unlink()
    lab.repo.curriculum("init", "--output", lab.state)
    parameters = lab.document()["code"]["parameters"]
    assert (parameters["stage_run"], parameters["stage_suggested"]) == ("s_habituation", "s_shaping")
    decision = parameters["decision"]
    assert decision["moved"] is True and decision["rule"].startswith("my_curriculum.rules.st_")
    assert decision["margin"] >= 0
    assert decision["read"].items() <= lab.document()["output_parameters"].items() and decision["read"]


def test_all_of_it_goes_into_acquisitions_in_three_lines(lab: Lab, schema: Path) -> None:
    """An evaluated session, a held one, one without git, and one whose names a database would not take."""
    evaluated = lab.document()
    (lab.session / "behavior" / "SoftwareEvents").rename(lab.folder / "away")
    held = lab.document()
    odd = {
        "trainer_state": {"stage": {"name": "s", "task": {"task_parameters": {"a.b": {"$c": 1}}}}},
        "metrics": {"rate.left": 0.5, "%2E": [1, None], "copy": 1e300, "big": 10**30},
        "version": "1.0.0",
    }
    unknown = [Record(code=Code(), versions={"curriculum": "1.0.0"}, suggestion=one) for one in (odd, None)]
    documents = [evaluated, held, *map(acquisition, unknown)]
    require_merged(schema, documents)
    assert restored(documents[2]["output_parameters"]) == odd["metrics"]


def test_the_document_is_as_its_schema_says(lab: Lab) -> None:
    import jsonschema

    published = json.loads((SCHEMA_DIRECTORY / "metadata.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(lab.document(), published)
    jsonschema.validate(acquisition(Record(code=Code())), published)


def test_a_held_session_says_why_and_has_code_and_stage_all_the_same(lab: Lab) -> None:
    shutil.rmtree(lab.session / "behavior" / "SoftwareEvents")
    found = lab.document()
    parameters = found["code"]["parameters"]
    assert parameters["outcome"] == "held" and parameters["held"]["code"] == "session.incomplete"
    assert found["stimulus_epoch"]["curriculum_status"] == "s_shaping" and found["output_parameters"] == {}
    assert found["code"]["commit_hash"] == lab.commit and found["code"]["version"] == "0.1.0"


def test_a_session_of_an_animal_that_is_off_is_held_and_says_so(lab: Lab) -> None:
    state = json.loads(lab.state.read_bytes())
    lab.state.write_text(json.dumps({**state, "is_on_curriculum": False}), encoding="utf-8")
    parameters = lab.document()["code"]["parameters"]
    assert (parameters["held"]["code"], parameters["is_on_curriculum_before"]) == ("state.off_curriculum", False)
    assert "stage_suggested" not in parameters and "is_on_curriculum_after" not in parameters


def test_the_client_has_the_same_and_a_session_that_was_held_needs_no_process(lab: Lab) -> None:
    client = Client(lab.repo.path)
    outcome = client.suggest(lab.session, lab.state)
    found = client.metadata(lab.session, lab.state, outcome)
    expected = lab.document()
    assert found["code"]["parameters"].pop("source") == "suggestion"
    assert expected["code"]["parameters"].pop("source") == "evaluation"
    assert found == expected
    hold = Hold(reason=CurriculumError(Kind.TIMEOUT, "It hung."), state=lab.state)
    held = Client(lab.repo.path, uv="no such program").metadata(lab.session, lab.state, hold)
    assert held["code"]["parameters"]["held"] == {"code": "timeout", "message": "It hung.", "hint": ""}
    assert held["code"]["commit_hash"] == lab.commit and held["stimulus_epoch"] == expected["stimulus_epoch"]
    (lab.repo.package / "new.py").write_bytes(b"")
    with pytest.raises(CurriculumError) as caught:
        client.metadata(lab.session, lab.state, hold, exact=True)
    assert (caught.value.kind, caught.value.code) == (Kind.REPO, "repo.uncommitted")


def test_a_kept_suggestion_that_the_session_no_longer_leads_to_is_believed_and_told(lab: Lab) -> None:
    arguments = ["--data-directory", lab.session, "--input-trainer-state", lab.state]
    kept = lab.repo.curriculum("run", *arguments, "--output-suggestion", lab.folder).document
    kept["metrics"]["hit_rate"] = 0.25
    (lab.folder / "suggestion.json").write_text(json.dumps(kept), encoding="utf-8")
    result = lab.metadata("--suggestion", lab.folder / "suggestion.json")
    told = "This code makes something else of the session than the suggestion says"
    assert told in result.text
    assert told in result.document["code"]["parameters"]["code"]["cannot_be_had_again"][0]
    refused = lab.metadata("--suggestion", lab.folder / "suggestion.json", "--exact")
    assert (refused.code, refused.error["code"]) == (65, "metadata.differs")
    assert result.document["output_parameters"]["hit_rate"] == 0.25
    assert "rule" not in result.document["code"]["parameters"]["decision"]


@pytest.mark.parametrize(
    ("edit", "code", "told"),
    [
        ({"trainer_state.curriculum.name": "other"}, 65, "The suggestion is of the curriculum 'other', which is not"),
        ({"version": "0.2.0"}, 65, "The suggestion is of the version 0.2.0 of 'my-curriculum', and 0.1.0 is installed"),
        ({"metrics": [1]}, 65, "$.metrics is missing or not an object"),
        ({"trainer_state.stage": None}, 65, "it is of no curriculum, or of no stage"),
        (b'{"metrics": {"rate": NaN}}', 65, "it holds NaN, which JSON does not have"),
        (None, 65, "could not be read"),
    ],
)
def test_a_suggestion_that_is_none_of_this_repo_is_refused(
    edit: Any, code: int, told: str, lab: Lab, tmp_path: Path
) -> None:
    file = tmp_path / "kept.json"
    if isinstance(edit, bytes):
        file.write_bytes(edit)
    elif edit is not None:
        state = json.loads(lab.state.read_bytes())
        document = {"trainer_state": state, "metrics": {}, "version": "0.1.0", "dsl_version": "0"}
        for path, value in edit.items():
            *way, last = path.split(".")
            here: Any = document
            for step in way:
                here = here[step]
            here[last] = value
        file.write_text(json.dumps(document), encoding="utf-8")
    result = lab.metadata("--suggestion", file)
    assert (result.code, result.stdout) == (code, b"") and told in result.error["message"]


def test_a_session_without_a_suggestion_or_a_state_is_told(lab: Lab) -> None:
    assert "no suggestion of this session was kept, so it was evaluated now" in lab.metadata().text
    result = lab.repo.curriculum("metadata", "--data-directory", lab.session)
    assert result.code == 0 and "the session cannot be evaluated: There is no trainer state in" in result.text
    assert result.document["code"]["parameters"]["held"]["code"] == "state.missing"
    assert result.document["stimulus_epoch"] == {}


def test_where_to_look_in_a_ledger_is_refused_without_one(lab: Lab) -> None:
    assert (lab.metadata("--subject", "1").error["code"], lab.metadata("--subject", "1").code) == ("usage.invalid", 64)
    without = [lab.repo.curriculum("metadata", *more) for more in ([], ["--protocol", "--subject", "1"])]
    assert [one.error["message"] for one in without] == [
        "No session is named.",
        "A training protocol is of an animal in a ledger.",
    ]


def test_exact_refuses_changes_that_are_not_committed_which_are_recorded_otherwise(lab: Lab) -> None:
    rules = lab.repo.package / "rules.py"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# tried today\n", encoding="utf-8")
    result = lab.metadata("--exact")
    assert (result.code, result.error["code"], result.stdout) == (78, "repo.uncommitted", b"")
    assert "src/my_curriculum/rules.py" in result.error["message"]
    told = lab.document()["code"]["parameters"]["code"]
    assert told["is_dirty"] is True and told["changed_files"] == ["src/my_curriculum/rules.py"]
    assert "not committed" in told["cannot_be_had_again"][0]


def test_verify_says_equal_of_the_document_and_of_the_acquisition_it_was_merged_into(lab: Lab, schema: Path) -> None:
    result = lab.verify(merged(schema, [lab.document()])[0])
    assert result.code == 0, result.text
    assert result.stdout.decode().startswith(f"equal: {lab.session} gives the same with the code of {lab.commit} ")


def test_verify_finds_an_edited_metric_and_an_edited_session(lab: Lab) -> None:
    document = lab.document()
    document["output_parameters"]["hit_rate"] = 0.76
    lab.session.joinpath("behavior", "Logs").mkdir(exist_ok=True)
    lab.session.joinpath("behavior", "Logs", "late.txt").write_bytes(b"more")
    result = lab.verify(document)
    assert (result.code, result.error["code"], result.stdout) == (65, "metadata.differs", b"")
    assert "the session is" in result.error["message"] and "and 1 more above" in result.error["message"]
    assert "metrics.hit_rate is 0.75, and 0.76 in the metadata" in result.text


def test_verify_takes_the_very_commit_and_finds_another_one_and_another_lock(lab: Lab) -> None:
    """The repo went on: a rule is stricter, and nothing of it counts for the session of then."""
    document = lab.document()
    lab.repo.edit("src/my_curriculum/metrics.py", "    hits = ", "    raise ValueError\n    hits = ")
    newer = commit_all(lab.repo.path, "On")
    assert f"so {lab.commit[:12]} is taken from a clone" in lab.verify(document).text
    document["code"]["parameters"]["code"]["lock_sha256"] = "0" * 64
    result = lab.verify(document)
    assert (result.code, result.text.count(" in the metadata")) == (65, 2)  # in its words, and in the error line
    assert "the lock is " in result.error["message"]
    document = document | {"code": document["code"] | {"commit_hash": newer}}
    assert "the commit's tree is" in lab.verify(document).text
    document = document | {"code": document["code"] | {"commit_hash": "1" * 40}}
    assert "the commit is none that can be had, and 111111111111 in the metadata" in lab.verify(document).text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no metadata of a curriculum"),
        ('{"data_streams": [{"code": [{"url": "x", "parameters": null}]}]}', "holds no metadata of a curriculum"),
    ],
)
def test_metadata_that_is_none_is_refused(content: str, told: str, lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(content, encoding="utf-8")
    result = lab.metadata("--verify", file)
    assert (result.code, result.error["code"]) == (65, "metadata.invalid") and told in result.error["message"]


def test_flat_has_one_level_of_keys_and_no_two_the_same() -> None:
    nested = {"a": {"b_": 1, "b": {"_": 2, "": 3}, "b__c": None}, "a__b": [1, {"x": 2}], "e": {}, "t": "u", "f": True}
    found = flat(nested)
    assert found == {
        "a__b%5F": 1,
        "a__b__%5F": 2,
        "a__b__": 3,
        "a__b%5F%5Fc": "null",
        "a%5F%5Fb": '[1,{"x":2}]',
        "e": "{}",
        "t": "u",
        "f": True,
    }


def test_keys_are_turned_back() -> None:
    value = {"a.b": [{"$x%": {"%2E": None}}], "c": 1}
    assert storable(value) == {"a%2Eb": [{"%24x%25": {"%252E": None}}], "c": 1}
    assert restored(storable(value)) == value


def test_the_hash_of_a_session_is_of_what_the_rig_wrote(tmp_path: Path) -> None:
    behavior = tmp_path / "Behavior"
    (behavior / "Logs").mkdir(parents=True)
    (behavior / "a.csv").write_bytes(b"1")
    before = session_digest(tmp_path)
    for later in ("metrics.json", "Logs/suggestion.json", "Logs/curriculum_metadata.json", "../acquisition.json"):
        (behavior / later).write_bytes(b"{}")
    assert session_digest(tmp_path) == before == before | {"files": 1, "bytes": 1}
    (behavior / "a.csv").rename(behavior / "b.csv")
    assert session_digest(tmp_path) != before


class Place:
    """A folder with a ``pyproject.toml`` and a lock, before git knows of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text('[project]\nname = "a-curriculum"\nversion = "1.0.0"\n', "utf-8")
        (folder / "uv.lock").write_bytes(b"version = 1\n")

    def push(self, remote: Path) -> Place:
        commit_all(self.path, "All")
        git(self.path.parent, "init", "--quiet", "--bare", str(remote))
        git(self.path, "remote", "add", "origin", str(remote))
        git(self.path, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        return self


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


def faults(folder: Path) -> list[str]:
    return [one.code for one in code_of(folder).faults]


def test_code_that_can_be_had_again_has_no_fault(place: Place, tmp_path: Path) -> None:
    code = code_of(place.push(tmp_path / "remote.git").path)
    require_exact(code)
    assert (code.distribution, code.is_dirty, code.details["folder"]) == ("a-curriculum", False, "")


def test_a_lock_is_the_same_whatever_line_ends_git_gave_it(place: Place) -> None:
    before = code_of(place.path).lock
    (place.path / "uv.lock").write_bytes(b"version = 1\r\n")
    assert code_of(place.path).lock == before is not None


def test_what_is_missing_is_told_of_a_repo_without_git_or_remote_or_lock(place: Place, tmp_path: Path) -> None:
    assert faults(place.path) == ["repo.no_git"]
    git(place.path, "init", "--quiet")
    assert code_of(place.path).faults[0].message == f"{place.path} has no commit yet."
    commit_all(place.path, "All")
    assert faults(place.path) == ["repo.no_remote"]
    git(place.path, "remote", "add", "upstream", "https://me:secret@example.org/a/b.git")
    assert faults(place.path) == ["repo.not_pushed"]
    assert code_of(place.path).url == "https://example.org/a/b.git"
    (place.path / "uv.lock").unlink()
    assert faults(place.path) == ["repo.uncommitted", "repo.not_pushed", "repo.no_lock"]


def test_a_shallow_clone_a_submodule_and_a_folder_of_a_larger_repo_are_as_good(place: Place, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    place.push(remote)
    git(tmp_path, "clone", "--quiet", "--depth=1", remote.as_uri(), "shallow")
    shallow = code_of(tmp_path / "shallow")
    assert (shallow.faults, shallow.details["is_shallow"]) == ((), True)

    (task := tmp_path / "task").mkdir()
    commit_all(task, "The task")
    git(task, "submodule", "--quiet", "add", str(remote), "curriculum")
    module = code_of(task / "curriculum")
    assert (module.faults, module.commit, module.url) == ((), shallow.commit, str(remote))

    (place.path / "packages").mkdir()
    inner = Place(place.path / "packages" / "inner")
    (inner.path / "uv.lock").unlink()
    assert faults(inner.path)[0] == "repo.uncommitted"
    commit_all(place.path, "Inner")
    git(place.path, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    found = code_of(inner.path)
    assert (found.faults, found.details["folder"], found.lock) == ((), "packages/inner", shallow.lock)


def test_a_package_is_known_by_the_repo_it_was_installed_from_or_by_nothing() -> None:
    origin = Origin(url="ssh://git:pw@example.org/a", commit="a" * 40, editable=None)
    assert (code_of_package("a", "1.0.0", origin).url, code_of_package("a", "1.0.0", origin).faults) == (
        "ssh://git@example.org/a",
        (),
    )
    code = code_of_package("a", "1.0.0", None)
    assert [one.code for one in code.faults] == ["repo.no_checkout"]
    given = {"curriculum": {"name": "a"}}
    document = acquisition(Record(code=code, given=given, versions={"curriculum": "1.0.0"}))
    assert document["code"]["url"] == "pkg:generic/a@1.0.0"


@pytest.mark.exhaustive
def test_a_wheel_without_a_checkout_says_what_can_be_said(lab: Lab, tmp_path: Path) -> None:
    python = environment(tmp_path, str(lab.repo.path))
    arguments = ["metadata", "--data-directory", lab.session, "--input-trainer-state", lab.state]
    result = call([python.with_name("curriculum"), *arguments])
    assert result.code == 0, result.text
    assert "my-curriculum is installed as a package, without a checkout" in result.text
    assert result.document["code"]["url"] == "pkg:generic/my-curriculum@0.1.0"
    assert "commit_hash" not in result.document["code"] and result.document["output_parameters"]
    refused = call([python.with_name("curriculum"), *arguments, "--exact"])
    assert (refused.code, refused.error["code"]) == (78, "repo.no_checkout")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("https://token@github.com/a/b", "https://github.com/a/b"),
        ("ssh://git@host:22/a", "ssh://git@host:22/a"),
        ("/share/repo.git", "/share/repo.git"),
    ],
)
def test_no_secret_of_a_url_is_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
