"""`curriculum diff` and `curriculum bump`: what changed between two versions, and the number that it needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from release_support import CURRICULUM, METRICS, PACKAGE, RULES, STAGES, release, set_version, undone
from support import Repo, call, commit_all, generate, git

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.project.files import write_together
from aind_curriculum_runtime.project.git import Git
from aind_curriculum_runtime.versions.bump import with_version
from aind_curriculum_runtime.versions.changelog import has_entry, opened_entry
from aind_curriculum_runtime.versions.numbers import enough, level_between, raised
from aind_curriculum_runtime.versions.releases import newest_release, releases
from aind_curriculum_runtime.versions.sameness import same_value

LEVELS = st.sampled_from(["patch", "minor", "major"])
SMALL = st.integers(0, 30)
VERSIONS = st.builds("{}.{}.{}{}".format, SMALL, SMALL, SMALL, st.sampled_from(["", "-alpha.1", "-rc.2", "-rc.10"]))


@pytest.fixture(scope="module")
def released(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo whose v0.1.0 is released."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("diff") / "my-curriculum"), quick=True).sync()
    release(repo, "v0.1.0")
    return repo


@pytest.fixture
def repo(released: Repo) -> Iterator[Repo]:
    with undone(released):
        yield released


def diff(repo: Repo, *versions: str | Path) -> dict[str, Any]:
    result = repo.curriculum("diff", *versions, "--format", "json", cwd=repo.path)
    assert result.code == 0, result.text
    document: dict[str, Any] = result.document
    return document


def told(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["level"], one["where"], one["text"]) for one in document["changes"]]


# What needs which bump


def test_a_version_differs_in_nothing_from_itself(released: Repo) -> None:
    document = diff(released, "v0.1.0", "HEAD")
    assert (document["needs"], document["changes"], document["warnings"]) == ("none", [], [])


_ADD = "\nCURRICULUM.add_stage_transition(s_habituation, GRADUATED, StageTransition(st_habituation_shaping))\n"
_FIRST = "CURRICULUM.add_stage_transition(s_discrimination, GRADUATED, StageTransition(st_discrimination_graduated))\n"
_SECOND = "CURRICULUM.add_stage_transition(s_discrimination, s_shaping, StageTransition(st_discrimination_shaping))\n"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param(
            [(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")],
            [("minor", "s_habituation", "reward_volume")],
            id="parameter",
        ),
        pytest.param(
            [(CURRICULUM, _SECOND, "")],
            [("minor", "s_discrimination -> s_shaping", "removed (st_discrimination_shaping)")],
            id="transition-removed",
        ),
        pytest.param(
            [(CURRICULUM, _SECOND, _SECOND + _ADD)],
            [("minor", "s_habituation -> GRADUATED", "added (st_habituation_shaping, priority 2)")],
            id="transition-added",
        ),
        pytest.param(
            [(CURRICULUM, _FIRST + _SECOND, _SECOND + _FIRST)],
            [
                ("minor", "s_discrimination -> s_shaping", "priority"),
                ("minor", "s_discrimination -> GRADUATED", "priority"),
            ],
            id="priority",
        ),
        pytest.param(
            [(STAGES, "start_policies=[Policy(p_lengthen_delay)]", "start_policies=[Policy(p_hold_delay)]")],
            [
                ("minor", "s_shaping", "p_lengthen_delay is no longer a start policy"),
                ("minor", "s_shaping", "p_hold_delay is now a start policy"),
                ("minor", "s_shaping", "order in which policies are applied"),
            ],
            id="start-policy",
        ),
        pytest.param(
            [(METRICS, "water: float =", "reward: float ="), (METRICS, "water=sum(", "reward=sum(")],
            [
                ("minor", "DetectionMetrics", "water removed"),
                ("minor", "DetectionMetrics", "reward added"),
                ("patch", "my_curriculum.metrics.metrics_from_dataset", "other code"),
                ("patch", "my_curriculum.metrics", "other code beside its rules"),
            ],
            id="metrics-field",
        ),
        pytest.param(
            [(RULES, "metrics.trials >= 20", "metrics.trials >= 25")],
            [("patch", "my_curriculum.rules.st_habituation_shaping", "other code")],
            id="code-of-a-rule",
        ),
        pytest.param(
            [(METRICS, "CRITERION = 0.75", "CRITERION = 0.8")],
            [("patch", "my_curriculum.metrics", "other code beside its rules")],
            id="code-that-rules-use",
        ),
        pytest.param(
            [(RULES, '"""Enough trials to go on."""', '"""Twenty trials."""')],
            [("patch", "my_curriculum.rules.st_habituation_shaping", "docstring")],
            id="docstring",
        ),
        pytest.param(
            [(RULES, "    return metrics.trials >= 20", "    # enough\n    return (metrics.trials >= 20)")],
            [],
            id="layout-and-comments",
        ),
        pytest.param([(STAGES, "reward_volume=6.0", "reward_volume=6.0 + 1e-12")], [], id="the-last-digits"),
    ],
)
def test_each_change_is_told_with_the_bump_it_needs(
    repo: Repo, edits: list[tuple[str, str, str]], expected: list[tuple[str, str, str]]
) -> None:
    for file, old, new in edits:
        repo.edit(file, old, new)
    document = diff(repo)
    assert sorted(told(document)) == sorted(expected)
    levels = ["none", "patch", "minor", "major"]
    assert document["needs"] == max((one[0] for one in expected), key=levels.index, default="none")


def test_code_that_is_imported_when_a_rule_is_called_is_compared_too(repo: Repo) -> None:
    repo.write(f"{PACKAGE}/limits.py", "from . import numbers\n\n\ndef enough():\n    return numbers.TRIALS\n")
    repo.write(f"{PACKAGE}/numbers.py", "TRIALS = 20\n")
    late = "from my_curriculum.limits import enough\n\n    return metrics.trials >= enough()"
    repo.edit(RULES, "return metrics.trials >= 20", late)
    commit_all(repo.path, "Late")
    repo.write(f"{PACKAGE}/numbers.py", "TRIALS = 2\n")
    assert told(diff(repo, "HEAD", ".")) == [("patch", "my_curriculum.numbers", "other code beside its rules")]


def test_a_name_that_is_imported_from_elsewhere_is_other_code(repo: Repo) -> None:
    repo.edit(METRICS, "import json\n", "import json\nfrom statistics import median as typical\n")
    repo.edit(METRICS, "hit_rate = len(hits) / len(trials)", "hit_rate = typical([len(hits) / len(trials)])")
    commit_all(repo.path, "A median")
    repo.edit(METRICS, "import median as", "import mean as")
    assert told(diff(repo, "HEAD", ".")) == [("patch", "my_curriculum.metrics", "other code beside its rules")]


def test_a_renamed_stage_is_major_and_looks_renamed(repo: Repo) -> None:
    for file in (STAGES, CURRICULUM):
        text = (repo.path / file).read_text(encoding="utf-8")
        repo.write(file, text.replace("s_habituation", "s_acclimation"))
    document = diff(repo)
    assert document["needs"] == "major"
    assert [(one["old"], one["new"]) for one in document["renamed"]] == [("s_habituation", "s_acclimation")]
    assert told(document) == [("major", "s_acclimation", "looks renamed from s_habituation")]


def test_a_stage_that_is_unlike_all_others_is_added(repo: Repo) -> None:
    repo.edit(
        STAGES,
        "s_discrimination = Stage(",
        's_other = Stage(name="s_other", task=DetectionTask(), start_policies=[Policy(p_hold_delay)])\n\n'
        "s_discrimination = Stage(",
    )
    repo.edit(CURRICULUM, "import s_discrimination, ", "import s_discrimination, s_other, ")
    repo.edit(CURRICULUM, _SECOND, _SECOND.replace("s_shaping", "s_other", 1))
    document = diff(repo)
    assert document["needs"] == "major" and document["renamed"] == []
    assert ("major", "s_other", "added") in told(document)


def test_a_parameter_that_is_gone_is_warned_of_by_every_stage_whose_states_hold_it(repo: Repo) -> None:
    for file in ("task.py", "stages.py", "rules.py"):
        text = (repo.package / file).read_text(encoding="utf-8")
        repo.write(f"src/my_curriculum/{file}", text.replace("stimulus_contrast", "contrast"))
    (warning,) = diff(repo)["warnings"]
    assert "s_habituation, s_shaping, s_discrimination hold the task parameter stimulus_contrast" in warning
    assert "(65)" in warning


def test_a_rule_that_running_states_name_and_that_is_gone_is_warned_of(repo: Repo) -> None:
    for file in (STAGES, RULES):
        text = (repo.path / file).read_text(encoding="utf-8")
        repo.write(file, text.replace("p_hold_delay", "p_keep_delay"))
    (warning,) = [one for one in diff(repo)["warnings"] if "p_hold_delay," in one]
    assert "s_shaping" in warning and "(77)" in warning


@pytest.mark.parametrize("form", ["text", "md"])
def test_people_read_values_before_and_after(repo: Repo, form: str) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    text = repo.curriculum("diff", "--format", form, cwd=repo.path).stdout.decode()
    (line,) = [one for one in text.splitlines() if "s_habituation" in one or "s\\_habituation" in one]
    assert line.index("6.0") < line.index("6.5") and "minor" in line
    assert "needs a minor bump" in text.lower()


_PATCHES = """\
class Patch(BaseModel):
    label: str
    odor: list[float] = [1.0, 0.0]
    available: float = 50.0


class Block(BaseModel):
    patches: list[Patch]


"""
_BLOCKS = (
    "    blocks: list[Block] = [Block(patches=[Patch(label=one, odor=[0.5] * 40) for one in 'ABCD'])]\n"
    "    sequence: list[int] = list(range(500))\n"
)


@pytest.fixture
def patches(repo: Repo) -> Repo:
    """A repo whose task has blocks of patches, and a sequence of 500 numbers."""
    task = f"{PACKAGE}/task.py"
    repo.edit(task, "import Field", "import BaseModel, Field")
    repo.edit(task, "class DetectionParameters(", _PATCHES + "class DetectionParameters(")
    repo.edit(task, "    distractors: bool", _BLOCKS + "    distractors: bool")
    commit_all(repo.path, "Patches")
    return repo


def text_of(repo: Repo, *options: str) -> str:
    return repo.curriculum("diff", "HEAD", ".", *options, cwd=repo.path).stdout.decode()


def test_one_number_in_a_list_of_models_is_one_change_with_its_path(patches: Repo) -> None:
    patch = "Patch(label=one, odor=[0.5] * 40, available=40.0 if one == 'B' else 50.0)"
    other = f"blocks=[Block(patches=[{patch} for one in 'ABCD'])]"
    patches.edit(STAGES, "import DetectionParameters", "import Block, DetectionParameters, Patch")
    patches.edit(STAGES, "(reward_volume=6.0)", f"(reward_volume=6.0, {other})")
    path = "blocks[0].patches[label=B].available"
    (change,) = [one for one in diff(patches, "HEAD", ".")["changes"] if one["kind"] == "parameter"]
    told = {"kind": "parameter", "where": "s_habituation", "text": path, "level": "minor"}
    assert change == told | {"path": path, "before": 50.0, "after": 40.0}
    assert f"  minor  s_habituation: {path}: 50.0 -> 40.0\n" in text_of(patches)
    git(patches.path, "tag", "v0.2.0")
    result = patches.curriculum("bump", cwd=patches.path)
    changelog = (patches.path / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"- s_habituation: {path}: 50.0 -> 40.0\n" in changelog, result.text


def test_what_is_the_same_in_many_places_and_stages_is_told_once(patches: Repo) -> None:
    task = f"{PACKAGE}/task.py"
    patches.edit(task, "available: float = 50.0", "available: float = 40.0")
    patches.edit(task, "list(range(500))", "[*range(499), 7]")
    stages = "s_habituation, s_shaping, s_discrimination"
    assert text_of(patches).split("\n\n")[1].splitlines() == [
        "parameters",
        f"  minor  {stages}: blocks[0].patches[*].available: 50.0 -> 40.0 (in 4 places)",
        f"  minor  {stages}: sequence: [499] 499 -> 7 (1 of 500 values differ)",
    ]
    every = text_of(patches, "--all")
    assert [every.count(f"blocks[0].patches[label={one}].available: 50.0 -> 40.0\n") for one in "ABCD"] == [3] * 4
    found = [(one["where"], one["path"]) for one in diff(patches, "HEAD", ".")["changes"] if one["kind"] == "parameter"]
    assert len(found) == 3 * (4 + 1)


def test_an_element_that_is_added_is_told_as_a_whole(patches: Repo) -> None:
    stages = "s_habituation, s_shaping, s_discrimination"
    patches.edit(f"{PACKAGE}/task.py", "'ABCD'", "'AB'")
    commit_all(patches.path, "Two")
    patches.edit(f"{PACKAGE}/task.py", "'AB'", "'ABE'")
    assert text_of(patches).split("\n\n")[1].splitlines()[1:] == [
        f'  minor  {stages}: blocks[0].patches[label]: ["A", "B"] -> ["A", "B", "E"]',
        f"  minor  {stages}: blocks[0].patches[label=E]: added, 2 values",
    ]
    added = [one for one in diff(patches, "HEAD", ".")["changes"] if one["text"].endswith(" added")]
    assert {(one["path"], one["within"]) for one in added} == {
        ("blocks[0].patches[label=E].odor", "blocks[0].patches[label=E]"),
        ("blocks[0].patches[label=E].available", "blocks[0].patches[label=E]"),
    }
    assert not any("before" in one for one in added)


@pytest.mark.parametrize("form", ["text", "md"])
def test_of_many_changed_parameters_the_first_are_listed_and_the_rest_counted(repo: Repo, form: str) -> None:
    task = f"{PACKAGE}/task.py"
    gains = "    gains: dict[str, int] = {f'g{i}': i for i in range(50)}\n"
    repo.edit(task, "    distractors: bool", f"{gains}    distractors: bool")
    commit_all(repo.path, "Gains")
    repo.edit(task, ": i for i in range(50)}", ": i + 1 for i in range(50)}")
    text, every = text_of(repo, "--format", form), text_of(repo, "--format", form, "--all")
    assert ("g19" in text, "g20" in text, "and 30 more (--all shows them)" in text) == (True, False, True)
    assert ("g49" in every, "more (" in every) == (True, False)


# Where versions come from


def test_a_value_of_null_is_told_as_a_value(repo: Repo) -> None:
    task = f"{PACKAGE}/task.py"
    repo.edit(task, "    distractors: bool", "    timeout: float | None = None\n    distractors: bool")
    commit_all(repo.path, "A timeout")
    repo.edit(task, "timeout: float | None = None", "timeout: float | None = 2.0")
    text = repo.curriculum("diff", "HEAD", ".", cwd=repo.path)
    assert b"minor  s_habituation, s_shaping, s_discrimination: timeout: null -> 2.0\n" in text.stdout, text.text
    table = repo.curriculum("diff", ".", "HEAD", "--format", "md", cwd=repo.path)
    assert b"s\\_discrimination | timeout | 2.0 | null | minor |" in table.stdout, table.text


def test_a_hook_of_another_repo_does_not_change_which_repo_is_meant(repo: Repo, tmp_path: Path) -> None:
    commit_all(tmp_path, "A task repo")
    hook = {"GIT_DIR": str(tmp_path / ".git"), "GIT_INDEX_FILE": str(tmp_path / ".git" / "index")}
    result = repo.curriculum("diff", "v0.1.0", "HEAD", cwd=repo.path, env=hook)
    assert result.code == 0, result.text


def test_a_ref_is_read_without_touching_the_working_tree(repo: Repo) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    repo.write("notes.txt", "mine")
    before = git(repo.path, "status", "--porcelain", "--ignored"), (repo.path / STAGES).read_bytes()
    assert diff(repo, "v0.1.0", "HEAD")["needs"] == "none"
    assert (git(repo.path, "status", "--porcelain", "--ignored"), (repo.path / STAGES).read_bytes()) == before


def test_another_repo_can_be_the_older_version(repo: Repo, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(repo.path, other, ignore=shutil.ignore_patterns(".venv", ".git"))
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    (change,) = diff(repo, other, ".")["changes"]
    assert (change["path"], change["before"], change["after"]) == ("reward_volume", 6.0, 6.5)


def test_each_version_has_its_own_number(repo: Repo) -> None:
    set_version(repo, "0.1.0", "0.2.0")
    commit_all(repo.path, "Two")
    document = diff(repo, "v0.1.0", "HEAD")
    assert (document["old_version"], document["new_version"]) == ("0.1.0", "0.2.0")


def test_a_version_of_when_the_distribution_had_another_name_is_read(repo: Repo) -> None:
    repo.edit("pyproject.toml", 'name = "my-curriculum"', 'name = "former-name"')
    text = (repo.path / CURRICULUM).read_text(encoding="utf-8")
    repo.write(CURRICULUM, text.replace('version("my-curriculum")', 'version("former-name")'))
    commit_all(repo.path, "As it was called then")
    git(repo.path, "checkout", "--quiet", "v0.1.0", "--", ".")
    assert diff(repo, "HEAD", ".")["needs"] == "none"


def test_a_folder_of_a_larger_repo_is_read_from_its_own_part(repo: Repo, tmp_path: Path) -> None:
    inner = tmp_path / "larger" / "curricula" / "mine"
    shutil.copytree(repo.path, inner, ignore=shutil.ignore_patterns(".venv", ".git"))
    commit_all(tmp_path / "larger", "All")
    git(tmp_path / "larger", "tag", "v0.1.0")
    result = repo.curriculum("diff", "v0.1.0", ".", "--format", "json", cwd=inner)
    assert result.code == 0, result.text
    assert result.document["needs"] == "none"


# Bad input


def refused(repo: Repo, *arguments: str | Path, cwd: Path | None = None) -> dict[str, Any]:
    result = repo.curriculum(*arguments, cwd=cwd or repo.path)
    assert result.stdout == b"" and result.code == result.error["exit"], result.text
    assert result.error["message"].endswith(".") and result.error["hint"]
    assert "\nTraceback" not in result.text
    return result.error


def test_a_ref_that_is_not_there_is_named_with_the_releases(released: Repo) -> None:
    error = refused(released, "diff", "v9.9.9", "HEAD")
    assert (error["code"], error["exit"]) == ("usage.unknown_ref", 64)
    assert "'v9.9.9'" in error["message"] and "v0.1.0" in error["hint"]


def test_an_option_of_git_is_no_ref(released: Repo) -> None:
    assert refused(released, "diff", "--", "--output=x", "HEAD")["code"] == "usage.unknown_ref"
    assert not (released.path / "x").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("pyproject.toml", "aind_curriculum_runtime.curricula", "another.group", "repo.no_curriculum"),
        ("pyproject.toml", "[project]\n", "[project\n", "repo.no_curriculum"),
        (
            CURRICULUM,
            "CURRICULUM = create",
            "raise RuntimeError('half written')\nCURRICULUM = create",
            "repo.import_failed",
        ),
        (CURRICULUM, "CURRICULUM = create", "raise SystemExit(0)\nCURRICULUM = create", "repo.import_failed"),
    ],
)
def test_a_ref_that_holds_no_curriculum_is_a_fault_of_the_repo(
    repo: Repo, file: str, old: str, new: str, code: str
) -> None:
    repo.edit(file, old, new)
    commit_all(repo.path, "Broken")
    git(repo.path, "tag", "broken")
    git(repo.path, "reset", "--quiet", "--hard", "v0.1.0")
    error = refused(repo, "diff", "broken", "v0.1.0")
    assert (error["code"], error["exit"]) == (code, 78)
    assert "broken" in error["message"]


def test_a_module_that_a_version_lacks_is_not_taken_from_what_is_installed(repo: Repo) -> None:
    git(repo.path, "rm", "-rq", "src/my_curriculum")
    commit_all(repo.path, "Gone")
    git(repo.path, "tag", "gone")
    git(repo.path, "reset", "--quiet", "--hard", "v0.1.0")
    error = refused(repo, "diff", "gone", "v0.1.0")
    assert error["code"] == "repo.import_failed" and "there is no module my_curriculum.curriculum" in error["message"]


def test_without_git_there_is_a_sentence(released: Repo, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(released.path, copy, ignore=shutil.ignore_patterns(".venv", ".git"))
    for command in (["diff"], ["diff", "v0.1.0"], ["bump"], ["release"]):
        error = refused(released, *command, cwd=copy)
        assert (error["code"], error["exit"]) == ("repo.no_git", 78)
    result = released.curriculum("diff", "v0.1.0", cwd=released.path, env={"PATH": str(tmp_path)})
    assert result.error["code"] == "repo.no_git" and "cannot be started" in result.error["message"]


def test_a_shallow_clone_is_told_how_to_fetch_the_rest(released: Repo, tmp_path: Path) -> None:
    commit_all(released.path, "One more")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", released.path.as_uri(), str(clone))
    for command in (["diff"], ["bump"], ["release"]):
        error = refused(released, *command, cwd=clone)
        assert (error["code"], error["hint"]) == ("repo.shallow", "Fetch the rest: git fetch --unshallow --tags")
    assert "--unshallow" in refused(released, "diff", "v0.1.0", cwd=clone)["hint"]


def test_a_repo_without_a_release_is_told_what_to_do(repo: Repo) -> None:
    git(repo.path, "tag", "--delete", "v0.1.0")
    try:
        for command in (["diff"], ["bump"]):
            assert refused(repo, *command)["code"] == "repo.no_release"
        assert repo.curriculum("bump", "minor", cwd=repo.path).stdout == b"0.2.0\n"
    finally:
        git(repo.path, "tag", "v0.1.0")


# bump


def versions(repo: Repo) -> tuple[bytes, bytes]:
    return (repo.path / "pyproject.toml").read_bytes(), (repo.path / "CHANGELOG.md").read_bytes()


def test_bump_raises_by_what_changed_and_opens_the_entry(repo: Repo) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    project, _ = versions(repo)
    result = repo.curriculum("bump", cwd=repo.path)
    assert (result.code, result.stdout) == (0, b"0.2.0\n"), result.text
    after, changelog = versions(repo)
    assert after == project.replace(b'version = "0.1.0"', b'version = "0.2.0"')
    head, _, rest = changelog.decode().partition("## [0.2.0] - ")
    assert head.endswith("## [Unreleased]\n\n") and "- s_habituation: reward_volume: 6.0 -> 6.5\n" in rest
    assert rest.index("reward_volume") < rest.index("## [0.1.0]")


def test_bump_refuses_less_than_the_changes_need(repo: Repo) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    before = versions(repo)
    error = refused(repo, "bump", "patch")
    assert (error["code"], error["exit"]) == ("usage.bump_too_small", 64)
    assert "minor" in error["message"] and "reward_volume" in error["message"]
    assert versions(repo) == before


def test_bump_takes_a_higher_level_that_is_named(repo: Repo) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    assert repo.curriculum("bump", "major", cwd=repo.path).stdout == b"1.0.0\n"


def test_bump_twice_is_bump_once(repo: Repo) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    repo.curriculum("bump", cwd=repo.path)
    before = versions(repo)
    again = repo.curriculum("bump", cwd=repo.path)
    assert (again.code, again.stdout, versions(repo)) == (0, b"0.2.0\n", before)
    assert "already" in again.text


def test_bump_without_a_change_leaves_the_version(repo: Repo) -> None:
    before = versions(repo)
    result = repo.curriculum("bump", cwd=repo.path)
    assert (result.code, result.stdout, versions(repo)) == (0, b"0.1.0\n", before)


@pytest.mark.parametrize("broken", ["no changelog", "no section", "entry is there", "dynamic version"])
def test_a_bump_that_cannot_be_made_leaves_both_files(repo: Repo, broken: str) -> None:
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    if broken == "no changelog":
        (repo.path / "CHANGELOG.md").unlink()
        (repo.path / "CHANGELOG.md").mkdir()  # what is there is no file
    elif broken == "no section":
        repo.edit("CHANGELOG.md", "## [Unreleased]\n", "")
    elif broken == "entry is there":
        repo.edit("CHANGELOG.md", "## [0.1.0]", "## [0.2.0]")
    else:
        repo.edit("pyproject.toml", 'version = "0.1.0"', 'dynamic = ["version"]')
    before = {path.name: path.read_bytes() for path in repo.path.iterdir() if path.is_file()}
    error = refused(repo, "bump")
    assert error["code"] == ("repo.version" if broken == "dynamic version" else "repo.changelog")
    assert {path.name: path.read_bytes() for path in repo.path.iterdir() if path.is_file()} == before


# Pure functions


def test_when_one_file_cannot_be_replaced_the_other_is_put_back(tmp_path: Path) -> None:
    project, log = tmp_path / "pyproject.toml", tmp_path / "CHANGELOG.md"
    project.write_bytes(b"before")
    (log / "inner").mkdir(parents=True)
    with pytest.raises(CurriculumError) as caught:
        write_together({project: b"after", log: b"after"})
    assert caught.value.code == "output.not_writable"
    assert project.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CHANGELOG.md", "pyproject.toml"]


def test_releases_are_ordered_by_number_and_before_them_their_prereleases(tmp_path: Path) -> None:
    commit_all(tmp_path, "Released often")
    for tag in ("v1.10.0", "v1.9.0", "v1.10.0-rc.10", "v1.10.0-rc.2", "v1.10.0-alpha", "v1.10", "latest"):
        git(tmp_path, "tag", tag)
    ordered = ["v1.9.0", "v1.10.0-alpha", "v1.10.0-rc.2", "v1.10.0-rc.10", "v1.10.0"]
    assert releases(Git(tmp_path)) == ordered
    assert newest_release(Git(tmp_path), before="1.10.0") == "v1.9.0"


@given(VERSIONS, LEVELS)
def test_a_raised_version_is_higher_and_far_enough(version: str, level: Any) -> None:
    found = raised(version, level)
    assert Version(found) > Version(version) and "-" not in found
    if "-" not in version:
        assert level_between(version, found) == level
        assert enough(level_between(version, found), level)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_last_digit_of_a_float_is_no_change(value: float) -> None:
    import math

    assert same_value(value, math.nextafter(value, math.inf)) or abs(value) > 1e308


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.000001, False),
        ([0.1 + 0.2, {"a": 1}], [0.3, {"a": 1.0}], True),
        ([1, 2], [1, 2, 3], False),
        ({"a": 1}, {"b": 1}, False),
        (None, 0, False),
        ("1", 1, False),
        (10**17, 10**17 + 1, False),
    ],
)
def test_values_are_compared_by_meaning(old: Any, new: Any, same: bool) -> None:
    assert same_value(old, new) is same


PROJECTS = [
    '[project]\nname = "x"\nversion = "1.0.0"  # the one place\n',
    "# version = '1.0.0'\n[project]\nversion='1.0.0'\n[tool.x]\nversion = '1.0.0'\n",
    '[tool.x]\nversion = "1.0.0"\n\n[project]\r\nversion   =   "1.0.0"\r\n',
]


@pytest.mark.parametrize("text", PROJECTS)
def test_the_version_is_changed_and_nothing_else(text: str) -> None:
    changed = with_version(text, "2.0.0")
    assert len(changed) == len(text) and sum(a != b for a, b in zip(text, changed, strict=True)) == 1
    assert with_version(changed, "1.0.0") == text


@pytest.mark.parametrize(
    "text", ['project = {name = "x", version = "1.0.0"}\n', '[project]\nname = "x"\n', '[project]\nversion = "1.0"\n']
)
def test_a_version_that_stands_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(CurriculumError) as caught:
        with_version(text, "2.0.0")
    assert caught.value.code == "repo.version"


def test_an_entry_takes_what_is_unreleased_and_moves_the_links() -> None:
    text = (
        "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- A thing.\n\n## [1.0.0]\n\n- First.\n\n"
        "[unreleased]: https://example.org/x/compare/v1.0.0...HEAD\n"
    )
    assert opened_entry(text, "1.1.0", "2026-01-31", ["not needed"]) == (
        "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-01-31\n\n### Fixed\n\n- A thing.\n\n"
        "## [1.0.0]\n\n- First.\n\n"
        "[unreleased]: https://example.org/x/compare/v1.1.0...HEAD\n"
        "[1.1.0]: https://example.org/x/compare/v1.0.0...v1.1.0\n"
    )


@pytest.mark.parametrize("heading", ["## [1.2.0]", "## 1.2.0 - 2026-01-31", "## [v1.2.0] - 2026-01-31"])
def test_an_entry_is_known_by_its_heading(heading: str) -> None:
    assert has_entry(f"# Changelog\n\n{heading}\n", "1.2.0")
    assert not has_entry(f"# Changelog\n\n{heading}\n", "1.2")


def test_the_command_is_called_as_a_launcher_calls(released: Repo) -> None:
    result = call(["uv", "run", "-q", "--directory", released.path, "curriculum", "diff", "v0.1.0", "--format", "json"])
    assert json.loads(result.stdout)["needs"] == "none"
