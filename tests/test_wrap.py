"""`curriculum wrap`: a curriculum of a package from PyPI, unchanged, in a repo of the template."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_curricula import NINE, PACKAGE, VERSION
from support import Repo, call, commit_all, generate, git
from test_clabe import Launch
from test_clabe import clabe as clabe
from test_clabe import launch as launch
from test_clabe import launcher as launcher
from wrapped import COMMAND, DISTRIBUTION, Original, again, moved, run, settled, steps_of, target, unlike, wrapped_repo

from aind_curriculum_runtime.adoption.repo_files import with_curricula, with_requirement, with_setting
from aind_curriculum_runtime.client import Client
from aind_curriculum_runtime.contract.errors import CurriculumError


@pytest.fixture(scope="module")
def wrapping(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo that wraps Depletion, committed."""
    return wrapped_repo(template, tmp_path_factory.mktemp("wrapping") / "vr-depletion", "depletion")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return Original.installed(tmp_path_factory.mktemp("original") / "home")


@pytest.fixture(scope="module")
def steps(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chains of twenty sessions from each stage of Depletion, evaluated by the package's own command."""
    return original.chains(tmp_path_factory.mktemp("steps"), "depletion", 20)


@pytest.fixture
def changed(wrapping: Repo) -> Iterator[Repo]:
    """The wrapping repo, for the test to change; files, commits and tags are as before afterwards."""
    head = git(wrapping.path, "rev-parse", "HEAD")
    yield wrapping
    git(wrapping.path, "reset", "--quiet", "--hard", head)
    for tag in git(wrapping.path, "tag").split():
        git(wrapping.path, "tag", "--delete", tag)
    wrapping.restore()


# What a wrapped repo is


def test_the_package_is_pinned_and_its_curriculum_is_the_repos_under_its_own_name(wrapping: Repo) -> None:
    project = tomllib.loads((wrapping.path / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["name"] == "vr-depletion"
    assert project["project"]["version"] == VERSION
    assert DISTRIBUTION in project["project"]["dependencies"]
    assert project["project"]["entry-points"]["aind_curriculum_runtime.curricula"] == {"Depletion": target("depletion")}
    assert project["tool"]["aind-curriculum-runtime"] == {"command": COMMAND}


def test_nothing_is_left_of_the_example(wrapping: Repo) -> None:
    files = git(wrapping.path, "ls-files").split()
    assert [name for name in files if name.startswith("src/")] == ["src/vr_depletion/__init__.py"]
    assert "tests/test_examples.py" not in files
    assert not [name for name in files if "TrialOutcome" in name]
    written = "".join(
        (wrapping.path / name).read_text(encoding="utf-8") for name in ("README.md", "docs/curriculum.md")
    )
    assert "s_habituation" not in written and "detection" not in written.lower()
    assert "make_s_stage" in written or "stage_one_odor" in written


def test_all_commands_that_look_at_it_work(wrapping: Repo) -> None:
    listed = run(wrapping, "list", "--json").document
    assert listed == [{"name": "Depletion", "version": VERSION}]
    described = run(wrapping, "describe", "--json").document
    assert described["curricula"] == [
        {"name": "Depletion", "version": VERSION, "distribution": "vr-depletion", "object": target("depletion")}
    ]
    for arguments in (["show"], ["demo"], ["init"], ["diagram", "-o", "README.md", "--check"]):
        done = run(wrapping, *arguments)
        assert done.code == 0, done.text
    assert run(wrapping, "version").stdout == f"{VERSION}\n".encode()


def test_the_contract_holds_but_for_what_the_packages_code_does_on_an_aborted_session(wrapping: Repo) -> None:
    done = run(wrapping, "check", "--all", "--format", "json", timeout=600)
    assert [one["id"] for one in done.document["checks"] if one["status"] == "failed"] == ["SE003"]
    skipped = {one["id"] for one in done.document["checks"] if one["status"] == "skipped"}
    assert {"CL008", "GR009", "SO008", "VE004", "VE005"} <= skipped


def test_its_ci_is_green(wrapping: Repo) -> None:
    for line in ("ruff check", "ruff format --check", "mypy", "pytest -q --ignore tests/test_contract.py"):
        done = call(["uv", "run", "-q", "--directory", wrapping.path, *line.split()])
        assert done.code in ((0, 5) if "pytest" in line else (0,)), done.stdout.decode() + done.text


def test_help_and_hints_name_the_command_that_was_called(wrapping: Repo) -> None:
    assert run(wrapping, "--help").stdout.startswith(b"usage: aind-curriculum COMMAND [options]\n")
    told = run(
        wrapping, "run", "--data-directory", wrapping.session, "--input-trainer-state", wrapping.path / "uv.lock"
    )
    assert "`aind-curriculum init`" in told.error["hint"] and told.error["code"] == "state.not_json"


# Beside the package's own command


def real_runs(steps: Path) -> list[Path]:
    """A few steps: one in which a policy tunes, and one in which the animal moves."""
    first = sorted((steps / "one_odor_no_depletion").iterdir())
    tuned = next(one for one in first if _task(one / "suggestion.json", "trainer_state") != _task(one / "state.json"))
    return [tuned, steps / "one_odor_w_depletion_day_0" / "00"]


def _task(file: Path, *keys: str) -> Any:
    document = json.loads(file.read_text(encoding="utf-8"))
    for key in (*keys, "stage", "task"):
        document = document[key]
    return document


def test_its_command_gives_what_the_packages_own_gives(wrapping: Repo, original: Original, steps: Path) -> None:
    """Real processes of both; `chains` is its command's own code, which this shows too."""
    for step in real_runs(steps):
        arguments = ["run", "--data-directory", step / "session", "--input-trainer-state", step / "state.json"]
        theirs, ours = original.curriculum(*arguments), run(wrapping, *arguments)
        assert settled(theirs.document) == settled(ours.document), step
        assert settled(theirs.document) == settled(json.loads((step / "suggestion.json").read_text(encoding="utf-8")))


def test_twenty_sessions_from_each_stage_go_as_by_the_packages_own_command(wrapping: Repo, steps: Path) -> None:
    found = steps_of(wrapping, steps)
    assert len(found) == 4 * 20
    assert [one.name for one in found if not one.is_equal] == []
    assert {"moved", "tuned", "stayed"} <= {*map(moved, found)}


def test_an_animal_goes_on_with_its_file_by_every_launcher(
    wrapping: Repo, steps: Path, launch: Launch, tmp_path: Path
) -> None:
    step = real_runs(steps)[0]
    theirs = json.loads((step / "suggestion.json").read_text(encoding="utf-8"))
    found = Client(wrapping.path).suggest(step / "session", step / "state.json")
    assert (found.curriculum, found.version) == ("Depletion", VERSION)
    assert found.trainer_state["stage"] == theirs["trainer_state"]["stage"]
    assert Client(wrapping.path).command("run")[1:] == ["run", "-q", "--directory", str(wrapping.path), COMMAND, "run"]
    kept = launch(wrapping.path, step / "session", step / "state.json", script=[COMMAND, "run"])
    assert kept.state["stage"] == theirs["trainer_state"]["stage"]
    assert kept.metrics == theirs["metrics"]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", NINE)
def test_all_nine_go_as_by_the_packages_own_command(
    name: str, template: Path, original: Original, tmp_path: Path
) -> None:
    repo = wrapped_repo(template, tmp_path / "repo", name)
    found = steps_of(repo, original.chains(tmp_path / "steps", name, 20))
    assert len(found) >= 20
    assert unlike(name, found) == []


# Other versions of the package


def test_a_version_is_not_raised_here(changed: Repo) -> None:
    error = run(changed, "bump", "minor").error
    assert (error["code"], error["exit"]) == ("repo.wrapped", 78)
    assert git(changed.path, "status", "--porcelain") == ""


def test_it_is_released_under_the_number_that_the_curriculum_has(changed: Repo, tmp_path: Path) -> None:
    ignore = '\n[tool.repo-review.ignore]\nSE003 = "the metrics of the package raise on an aborted session"\n'
    text = (changed.path / "pyproject.toml").read_text(encoding="utf-8")
    changed.write("pyproject.toml", text + ignore)
    commit_all(changed.path, "What the package does on an aborted session")
    done = run(changed, "release", "--yes", "--output", tmp_path / "dist", timeout=600, env=_committer())
    assert done.code == 0, done.text
    assert git(changed.path, "tag").split() == [f"v{VERSION}"]
    bundle = tmp_path / "dist" / f"Depletion-{VERSION}"
    sources = json.loads((bundle / "sources.json").read_text(encoding="utf-8"))
    assert f"{PACKAGE}.depletion.stages" in sources and {name.partition(".")[0] for name in sources} == {PACKAGE}
    assert b"nothing changed" in run(changed, "diff").stdout
    assert b"nothing changed" in run(changed, "diff", bundle).stdout


def test_another_version_of_the_package_is_compared_by_bundles(changed: Repo) -> None:
    changed.edit("pyproject.toml", DISTRIBUTION, DISTRIBUTION.replace(VERSION, "1.3.1"))
    commit_all(changed.path, "An older one")
    error = call(["uv", "run", "-q", "--no-sync", "--directory", changed.path, COMMAND, "diff", "HEAD", "HEAD~1"]).error
    assert error["code"] == "repo.wrapped"
    assert "1.3.1" in error["message"] and "export" in error["hint"]


def test_another_curriculum_of_the_package_is_wrapped_by_the_same_line(changed: Repo) -> None:
    again(changed, "single-site")
    assert run(changed, "list", "--json").document == [{"name": "SingleSite", "version": VERSION}]
    assert run(changed, "demo").code == 0
    changes = git(changed.path, "diff", "--name-only", "HEAD~1").split()
    assert {one.partition("/")[0] for one in changes} == {"README.md", "docs", "pyproject.toml", "tests"}


def _committer() -> dict[str, str]:
    return {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


# What is refused, before anything is written


def refused(repo: Repo, *arguments: str | Path, code: str, says: str) -> dict[str, Any]:
    """Call `wrap`, which must refuse and change nothing."""
    before = git(repo.path, "status", "--porcelain")
    error = repo.curriculum("wrap", *arguments, cwd=repo.path).error
    assert error["code"] == code, error
    assert says in error["message"] and error["hint"], error
    assert git(repo.path, "status", "--porcelain") == before
    return error


LIBRARY = "aind_behavior_curriculum.curriculum:Curriculum"


@pytest.mark.parametrize(
    ("where", "code", "says"),
    [
        ("depletion", "usage.invalid", "does not say where a curriculum is"),
        ("os:path:join", "usage.invalid", "does not say where a curriculum is"),
        ("no_such_package.curriculum:CURRICULUM", "repo.import_failed", "does not import"),
        ("json:CURRICULUM", "repo.import_failed", "does not import"),
        (LIBRARY, "repo.not_a_curriculum", "not a Curriculum object"),
        ("my_curriculum.curriculum:StageTransition", "repo.not_a_curriculum", "not a Curriculum object"),
        ("my_curriculum.curriculum:CURRICULUM", "usage.invalid", "cannot be pinned"),
    ],
)
def test_what_is_no_curriculum_of_a_package_is_refused(where: str, code: str, says: str, repo: Repo) -> None:
    refused(repo, where, code=code, says=says)


@pytest.mark.parametrize("folder", ["a folder with spaces", "a-deep-folder-" * 10])
def test_where_uv_would_start_the_wrong_environment_the_hint_is_another_call(
    folder: str, template: Path, tmp_path: Path
) -> None:
    repo = Repo(generate(template, tmp_path / folder))
    (package := tmp_path / "some").mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "some-package"\nversion = "1"\n', encoding="utf-8")
    (package / "some_package.py").write_text("CURRICULUM = 1\n", encoding="utf-8")
    line = ["uv", "run", "-q", "--directory", repo.path, "--with", package]
    where = ["wrap", "some_package:CURRICULUM"]
    script = call([*line, COMMAND, *where], timeout=600)
    assert script.error["code"] == "repo.import_failed"  # if not, uv has learned it, and the other call can go
    words = script.error["hint"].partition("`")[2].partition(" wrap")[0].split()
    assert words[:4] == ["uv", "run", "--with", "PACKAGE==VERSION"]
    assert call([*line, *words[4:], *where], timeout=600).error["code"] == "repo.not_a_curriculum"


def test_the_curricula_of_a_module_are_named(repo: Repo) -> None:
    where = "my_curriculum.curriculum:StageTransition"
    assert refused(repo, where, code="repo.not_a_curriculum", says=where)["hint"] == "That module has: CURRICULUM."


@pytest.fixture
def packaged(repo: Repo, tmp_path: Path) -> Iterator[Repo]:
    """A repo in whose environment there is a curriculum of a package, as an index would give it, and its command."""
    site = next((repo.path / ".venv").rglob("site-packages"))
    module, info = site / "some_package.py", site / "some_package-2.1.0.dist-info"
    source = (repo.package / "curriculum.py").read_text(encoding="utf-8")
    source = source.replace("from .", "from my_curriculum.").replace('curriculum_version("my-curriculum")', '"2.1.0"')
    module.write_text(source.replace('"my-curriculum"', '"Detection"'), encoding="utf-8")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-package\nVersion: 2.1.0\n", encoding="utf-8")
    (info / "top_level.txt").write_text("some_package\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[console_scripts]\ncurriculum = some_package:main\n", encoding="utf-8")
    yield repo
    module.unlink()
    shutil.rmtree(info)


WHERE = "some_package:CURRICULUM"


def test_a_repo_wraps_what_is_installed(packaged: Repo) -> None:
    done = packaged.curriculum("wrap", WHERE, cwd=packaged.path)
    assert done.code == 0, done.text
    assert "put a small session directory at tests/data/session" in done.stdout.decode()
    project = tomllib.loads((packaged.path / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == "2.1.0"
    assert project["project"]["dependencies"][-1] == "some-package==2.1.0"
    assert not (packaged.path / "tests" / "data").exists()
    assert "## [2.1.0]" in (packaged.path / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (
            {"url": "https://example.org/some.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}},
            f"some-package @ git+https://example.org/some.git@{'0' * 40}",
        ),
        ({"url": "https://example.org/some.whl", "archive_info": {}}, "some-package @ https://example.org/some.whl"),
        ({"url": "file:///home/me/some", "dir_info": {}}, None),
    ],
)
def test_a_package_is_pinned_to_where_it_came_from(
    origin: dict[str, Any], requirement: str | None, packaged: Repo
) -> None:
    info = next((packaged.path / ".venv").rglob("some_package-2.1.0.dist-info"))
    (info / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
    if requirement is None:
        refused(packaged, WHERE, code="usage.invalid", says="this machine's disk")
        return
    assert packaged.curriculum("wrap", WHERE, cwd=packaged.path).code == 0
    project = tomllib.loads((packaged.path / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dependencies"][-1] == requirement


def test_a_session_is_copied_in(packaged: Repo, tmp_path: Path) -> None:
    given = tmp_path / "session"
    (given / "behavior" / "deep").mkdir(parents=True)
    (given / "behavior" / "deep" / "events.bin").write_bytes(b"\x00\r\n\xff")
    done = packaged.curriculum("wrap", WHERE, "--session", given, cwd=packaged.path)
    assert done.code == 0 and b"put a small session" not in done.stdout, done.text
    found = [one.relative_to(packaged.session).as_posix() for one in packaged.session.rglob("*") if one.is_file()]
    assert found == ["behavior/deep/events.bin"]
    assert (packaged.session / found[0]).read_bytes() == b"\x00\r\n\xff"


def test_without_a_session_demo_says_how_to_give_one(packaged: Repo) -> None:
    assert packaged.curriculum("wrap", WHERE, cwd=packaged.path).code == 0
    error = packaged.curriculum("demo", cwd=packaged.path).error
    assert error["code"] == "repo.no_demo_session" and "tests/data/session" in error["hint"]


def test_a_session_that_is_too_large_or_none_is_refused(packaged: Repo, tmp_path: Path) -> None:
    large = tmp_path / "large"
    (large / "behavior-videos").mkdir(parents=True)
    with (large / "behavior-videos" / "video.mp4").open("wb") as file:
        file.truncate(30 * 2**20)
    refused(packaged, WHERE, "--session", large, code="usage.invalid", says="behavior-videos/video.mp4")
    refused(packaged, WHERE, "--session", tmp_path / "none", code="session.missing", says="no session directory")
    (tmp_path / "one" / "behavior").mkdir(parents=True)
    (tmp_path / "one" / "behavior" / "events.json").write_text("{}\n", encoding="utf-8")
    inside = tmp_path / "one" / "behavior"
    refused(packaged, WHERE, "--session", inside, code="usage.invalid", says="not a session directory")


def test_what_is_not_committed_is_not_overwritten(packaged: Repo) -> None:
    packaged.edit("README.md", "## Names", "## Our names")
    refused(packaged, WHERE, code="repo.uncommitted", says="README.md")
    packaged.restore()
    packaged.write("docs/curriculum.md", "Mine.\n")
    refused(packaged, WHERE, code="repo.uncommitted", says="docs/curriculum.md")


def test_without_git_nothing_could_be_brought_back(packaged: Repo, tmp_path: Path) -> None:
    copy = shutil.copytree(packaged.path, tmp_path / "copy", ignore=shutil.ignore_patterns(".git", ".venv"))
    error = packaged.curriculum("wrap", WHERE, "--repo", copy).error
    assert error["code"] == "repo.uncommitted" and "git add" in error["hint"]


def test_a_file_in_another_encoding_is_told(packaged: Repo) -> None:
    head = git(packaged.path, "rev-parse", "HEAD")
    (packaged.path / "README.md").write_bytes(b"caf\xe9\n")
    commit_all(packaged.path, "In Latin-1")
    refused(packaged, WHERE, code="repo.not_fresh", says="README.md is not UTF-8")
    git(packaged.path, "reset", "--quiet", "--hard", head)


def test_somebodys_work_is_not_deleted(packaged: Repo) -> None:
    head = git(packaged.path, "rev-parse", "HEAD")
    packaged.edit("src/my_curriculum/rules.py", ">= 20", ">= 25")
    commit_all(packaged.path, "Work")
    refused(packaged, WHERE, code="repo.not_fresh", says="src/my_curriculum/rules.py")
    git(packaged.path, "reset", "--quiet", "--hard", head)
    packaged.write("src/my_curriculum/more.py", "MORE = 1\n")
    commit_all(packaged.path, "Other work")
    refused(packaged, WHERE, code="repo.not_fresh", says="src/my_curriculum/more.py")
    git(packaged.path, "reset", "--quiet", "--hard", head)


def test_what_people_wrote_about_it_stays_but_for_the_diagram(packaged: Repo) -> None:
    head = git(packaged.path, "rev-parse", "HEAD")
    packaged.edit("README.md", "## Names", "## Our names")
    packaged.write("docs/curriculum.md", "Our page.\n")
    commit_all(packaged.path, "Ours")
    assert packaged.curriculum("wrap", WHERE, cwd=packaged.path).code == 0
    readme = (packaged.path / "README.md").read_text(encoding="utf-8")
    assert "## Our names" in readme and "flowchart" in readme
    assert (packaged.path / "docs" / "curriculum.md").read_text(encoding="utf-8") == "Our page.\n"
    git(packaged.path, "reset", "--quiet", "--hard", head)


def test_a_repo_that_is_not_the_templates_is_refused(packaged: Repo) -> None:
    (packaged.path / ".copier-answers.yml").unlink()
    refused(packaged, WHERE, code="repo.not_fresh", says="not made from the template")


def test_when_a_file_cannot_be_written_all_is_as_it_was(packaged: Repo) -> None:
    git(packaged.path, "rm", "-q", "docs/curriculum.md")
    head = git(packaged.path, "rev-parse", "HEAD")
    commit_all(packaged.path, "No page")
    (packaged.path / "docs").mkdir(exist_ok=True)
    (packaged.path / "docs" / "curriculum.md").mkdir()
    error = packaged.curriculum("wrap", WHERE, cwd=packaged.path).error
    assert error["code"] == "output.not_writable"
    assert git(packaged.path, "status", "--porcelain") == ""
    git(packaged.path, "reset", "--quiet", "--hard", head)


# The command that launchers call


def test_a_command_that_another_package_hides_is_found(packaged: Repo) -> None:
    packaged.sync()
    (next((packaged.path / ".venv").rglob("site-packages")) / "some_package-2.1.0.dist-info").mkdir(exist_ok=True)
    found = packaged.curriculum("check", "--select", "LP003", "--format", "json", cwd=packaged.path).document
    (check,) = found["checks"]
    assert check["status"] == "failed", check
    assert "some-package installs a command `curriculum` too" in check["findings"][0]["message"]
    project = packaged.path / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8") + SETTING, encoding="utf-8")
    (check,) = packaged.curriculum("check", "--select", "LP003", "--format", "json", cwd=packaged.path).document[
        "checks"
    ]
    assert check["status"] == "passed", check


SETTING = '\n[tool.aind-curriculum-runtime]\ncommand = "aind-curriculum"\n'


def test_a_repo_with_a_command_of_its_own_is_called_by_the_other(repo: Repo, state: Path) -> None:
    own = '[project.scripts]\ncurriculum = "my_curriculum.metrics:main"\n\n[dependency-groups]'
    repo.edit("pyproject.toml", "[dependency-groups]", own)
    ask = ("check", "--select", "LP003", "--format", "json")
    assert repo.curriculum(*ask, cwd=repo.path).document["checks"][0]["status"] == "failed"
    project = repo.path / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8") + SETTING, encoding="utf-8")
    assert repo.curriculum(*ask, cwd=repo.path).document["checks"][0]["status"] == "passed"
    repo.edit("pyproject.toml", 'command = "aind-curriculum"', 'command = "other"')
    (check,) = repo.curriculum(*ask, cwd=repo.path).document["checks"]
    assert check["status"] == "failed" and "'other'" in check["findings"][0]["message"]


def test_both_commands_do_the_same(shared_repo: Repo, state: Path) -> None:
    for arguments in (["list"], ["run", "--path", shared_repo.session, "--input-trainer-state", state]):
        first = call([shared_repo.script("curriculum"), *arguments])
        second = call([shared_repo.script(COMMAND), *arguments])
        assert (first.code, first.stdout) == (second.code, second.stdout)


# Pure functions


PROJECT_FILE = """\
[project]
name = "a"
version = "0.1.0"  # ours
dependencies = [
    "aind-behavior-curriculum>=0.0.42,<0.1",
    "some_package[data]>=1",  # a range
    "aind-curriculum-runtime",
]

# How it is found.
[project.entry-points."aind_curriculum_runtime.curricula"]
a = "a.curriculum:CURRICULUM"

[dependency-groups]
dev = ["ruff"]
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_what_is_asked_for_changes_in_pyproject(end: str) -> None:
    text = PROJECT_FILE.replace("\n", end)
    text = with_requirement(text, "some-package==2.1.0")
    text = with_requirement(text, "other==1.0.0")
    text = with_curricula(text, {"Depletion": "some_package.depletion:CURRICULUM"})
    text = with_setting(text, "command", COMMAND, "Why.")
    expected = PROJECT_FILE.replace('    "some_package[data]>=1",  # a range\n', '    "some-package==2.1.0",\n')
    expected = expected.replace('runtime",\n]', 'runtime",\n    "other==1.0.0",\n]')
    expected = expected.replace('a = "a.curriculum:CURRICULUM"', 'Depletion = "some_package.depletion:CURRICULUM"')
    expected += f'\n# Why.\n[tool.aind-curriculum-runtime]\ncommand = "{COMMAND}"\n'
    assert text == expected.replace("\n", end)
    assert with_setting(text, "command", COMMAND, "Why.") == text


@pytest.mark.parametrize(
    "text",
    [
        PROJECT_FILE.replace("dependencies = [\n", "dependencies = [").replace(",\n]", "]"),
        PROJECT_FILE.replace("dependencies", "dynamic"),
        PROJECT_FILE.replace('dependencies = [\n    "aind', 'dependencies = ["x",\n    "aind'),
    ],
)
def test_what_cannot_be_changed_line_by_line_is_left_to_a_person(text: str) -> None:
    with pytest.raises(CurriculumError) as caught:
        with_requirement(text, "other==1.0.0")
    assert caught.value.code == "repo.not_fresh"


def test_curricula_that_stand_in_another_form_are_left_to_a_person() -> None:
    text = PROJECT_FILE.replace('[project.entry-points."aind_curriculum_runtime.curricula"]\na = ', "")
    with pytest.raises(CurriculumError):
        with_curricula(text, {"b": "b:B"})
