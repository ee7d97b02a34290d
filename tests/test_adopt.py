"""`curriculum adopt`: the code of a wrapped curriculum moves into the repo, and its animals go on to the letter."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from adopted import adopt
from adopted_chains import steps_of_today
from real_curricula import NINE, VERSION
from support import PROJECT, Repo, Result, call, clean_environment, commit_all, generate, git, lines_of_ci
from wrapped import COMMAND, Original, run, unlike, wrapped_repo

LEGACY = PROJECT / "tests" / "data" / "legacy"
PACKAGE = "lick_lab_curricula"
SOURCES = LEGACY / "src" / PACKAGE
SHAPING, TIMING = f"{PACKAGE}.shaping.curriculum:CURRICULUM", f"{PACKAGE}.timing:CURRICULUM"


@pytest.fixture(scope="module", autouse=True)
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A lab's package, as one that is installed by name and version."""
    links, source = tmp_path_factory.mktemp("links"), tmp_path_factory.mktemp("legacy") / "legacy"
    shutil.copytree(LEGACY, source, ignore=shutil.ignore_patterns("__pycache__"))
    command = ["uv", "build", "-q", "--wheel", "--out-dir", links, source]
    subprocess.run(command, check=True, env=clean_environment())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(links))
        yield


def session(folder: Path, licks: list[float]) -> Path:
    """A session directory of the lab's task."""
    (folder / "behavior").mkdir(parents=True)
    (folder / "behavior" / "licks.json").write_text(json.dumps(licks), encoding="utf-8")
    return folder


def wrapped(template: Path, folder: Path, target: str) -> Repo:
    """A repo that wraps a curriculum of the lab's package, committed."""
    repo = Repo(generate(template, folder, curriculum_name=folder.name))
    sample = session(folder.with_name(f"{folder.name}-session"), [1, 1, 0])
    bring = ["uv", "run", "-q", "--directory", folder, "--with", f"{PACKAGE}==2.4.1"]
    done = call([*bring, COMMAND, "wrap", target, "--session", sample])
    assert done.code == 0, done.text
    repo.sync()
    commit_all(repo.path, "Wrap")
    git(repo.path, "tag", "v2.4.1")
    return repo


LICKS = [[1.0, 0.0], [1.0, 1.0, 1.0], [0.0], [1.0, 1.0, 0.0, 1.0], [1.0], [1.0, 1.0, 0.0], [1.0] * 7, [1.0, 0.0, 1.0]]


@pytest.fixture(scope="module")
def wrapping(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return wrapped(template, tmp_path_factory.mktemp("wrapping") / "lick-shaping", SHAPING)


@pytest.fixture(scope="module")
def chain(wrapping: Repo) -> list[tuple[Path, Path, Any]]:
    """Sessions one after the other as the package's own command evaluates them: session, state, what it printed."""

    def own_command(*arguments: str | Path) -> bytes:
        found = call([wrapping.script("python"), "-m", f"{PACKAGE}.cli", *arguments])
        assert found.code == 0, found.text
        return found.stdout

    folder = wrapping.path.with_name("chain")
    folder.mkdir()
    (folder / "stage").write_text("s_shape", encoding="utf-8")
    state, steps = json.loads(own_command("init", "shaping", "-", folder / "stage")), []
    for number, licks in enumerate(LICKS):
        file = folder / f"{number}.json"
        file.write_text(json.dumps(state), encoding="utf-8")
        where = session(folder / str(number), licks)
        printed = json.loads(own_command("run", "shaping", where, file))
        steps.append((where, file, printed))
        state = printed["trainer_state"]
    return steps


@pytest.fixture(scope="module")
def adopted(wrapping: Repo, chain: list[Any]) -> tuple[Repo, str]:
    """The repo with its curriculum adopted, and what the command printed; the chain was made before."""
    done = adopt(wrapping)
    assert done.code == 0, done.text
    return wrapping, done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def lab(adopted: tuple[Repo, str]) -> Repo:
    return adopted[0]


def in_new_form(repo: Repo, document: Any) -> Any:
    """What the package's own command printed, with the names of the repo."""
    module = (repo.path / "src" / repo.path.name.replace("-", "_") / "curriculum.py").read_text(encoding="utf-8")
    (former,) = [node for node in ast.parse(module).body if ast.unparse(node).startswith("FORMERLY")]
    text = json.dumps(document)
    for old, now in ast.literal_eval(former.value).items():  # type: ignore[attr-defined]
        text = text.replace(json.dumps(old), json.dumps(now))
    return json.loads(text)


def test_the_same_states_give_the_same_in_the_new_form(lab: Repo, chain: list[tuple[Path, Path, Any]]) -> None:
    stages, delays = set(), set()
    for where, state, printed in chain:
        done = run(lab, "run", "--data-directory", where, "--input-trainer-state", state)
        assert done.code == 0, done.text
        ours, theirs = done.document["trainer_state"], in_new_form(lab, printed)["trainer_state"]
        assert done.document["metrics"] == printed["metrics"]
        assert done.document["version"] == printed["version"] == "2.4.1"
        assert {key: ours[key] for key in ours if key != "curriculum"} == {
            key: theirs[key] for key in theirs if key != "curriculum"
        }
        assert ours["curriculum"]["name"] == "lick-shaping"
        assert PACKAGE.encode() not in done.stdout
        again = where.parent / "again.json"
        again.write_text(json.dumps(ours), encoding="utf-8")
        next_one = run(lab, "run", "--data-directory", where, "--input-trainer-state", again)
        assert (next_one.code, next_one.stderr) == (0, b""), next_one.text
        stages.add(ours["stage"]["name"])
        delays.add(ours["stage"]["task"]["task_parameters"]["delay"])
    assert stages == {"s_shape", "s_final"} and len(delays) >= 3  # the chain tunes, and moves on


def test_the_package_is_gone_from_the_environment(lab: Repo) -> None:
    found = call([lab.script("python"), "-c", f"import {PACKAGE}"])
    assert found.code == 1 and "ModuleNotFoundError" in found.text


def test_the_repo_says_what_it_is_now(lab: Repo) -> None:
    project = tomllib.loads((lab.path / "pyproject.toml").read_text(encoding="utf-8"))
    points = project["project"]["entry-points"]
    assert points["aind_curriculum_runtime.curricula"] == {"lick-shaping": "lick_shaping.curriculum:CURRICULUM"}
    assert points["aind_curriculum_runtime.formerly"] == {"LickShaping": "lick_shaping.curriculum:CURRICULUM"}
    assert project["project"]["version"] == "2.4.1"
    asked = project["project"]["dependencies"]
    assert not [one for one in asked if one.startswith(("lick-lab", "platformdirs"))]
    assert "annotated-types>=0.6" in asked and asked.count("aind-behavior-curriculum>=0.0.42,<0.1") == 1
    (described,) = run(lab, "describe", "--json").document["curricula"]
    assert described["formerly"] == ["LickShaping"]
    for page in ("README.md", "docs/curriculum.md"):
        text = (lab.path / page).read_text(encoding="utf-8")
        assert PACKAGE not in text and "wraps" not in text
    assert "The code of the curriculum is in this repo now" in (lab.path / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_is_moved_is_copied_letter_by_letter(lab: Repo) -> None:
    home = lab.path / "src" / "lick_shaping"
    files = sorted(path.relative_to(home).as_posix() for path in home.rglob("*.py"))
    assert files == [
        *("__init__.py", "curriculum.py", "metrics.py", "policies.py"),
        *("shared/__init__.py", "shared/helpers.py", "shared/task.py"),
    ]
    was = (SOURCES / "shaping" / "policies.py").read_text(encoding="utf-8")
    changed = was.replace("lick_lab_curricula.task", "lick_shaping.shared.task").replace(
        "from .. import", "from .shared import"
    )
    assert (home / "policies.py").read_text(encoding="utf-8") == changed
    assert (home / "metrics.py").read_bytes() == (SOURCES / "shaping" / "metrics.py").read_bytes()
    assert (home / "shared" / "helpers.py").read_text(encoding="utf-8").startswith('# Copyright of the lab.\n\n"""What')


def test_what_the_curriculum_does_not_need_stays_behind(lab: Repo) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (lab.path / "src").rglob("*.py"))
    for name in ("suggested", "TRAINER", "OldTask", "unused", "__version__", "# ---- the command ----"):
        assert name not in text, name


def test_the_command_says_what_it_did(adopted: tuple[Repo, str]) -> None:
    told = adopted[1]
    assert told.splitlines()[0].startswith(
        "LickShaping 2.4.1 is lick-shaping now: 7 modules of lick_lab_curricula are code"
    )
    assert "what they make is the same, compared part by part" in told
    assert "4 rule paths of before lead to today's" in told and "No step is left for you." in told
    assert not (adopted[0].path / "docs" / "ADOPT-STEPS.md").exists()


def test_the_contract_and_the_ci_of_the_repo_hold(lab: Repo) -> None:
    report = run(lab, "check", "--format", "json", timeout=600).document["checks"]
    assert [one["id"] for one in report if one["status"] == "failed" and one["level"] == "error"] == ["SE003"]
    for line in [one for one in lines_of_ci(lab) if not one.startswith("pytest")]:
        done = call(["uv", "run", "--locked", *line.split()], cwd=lab.path)
        assert done.code == 0, f"{line}: {done.stdout.decode('utf-8', 'replace')}{done.text}"


def test_a_move_alone_is_no_reason_for_a_greater_number(lab: Repo) -> None:
    try:
        assert run(lab, "bump").stdout == b"2.4.1\n"
        done = run(lab, "bump", "patch")
        assert (done.code, done.stdout) == (0, b"2.4.2\n"), done.text
    finally:
        lab.restore()


def refused(result: Result, code: str) -> dict[str, Any]:
    assert (result.code, result.stdout, result.error["code"]) == (78, b"", code), result.text
    return result.error


def test_a_repo_with_code_of_its_own_has_nothing_to_adopt(lab: Repo, locked_repo: Repo) -> None:
    for repo in (lab, locked_repo):  # `uv run` would write the lock of another
        before = git(repo.path, "status", "--porcelain")
        error = refused(run(repo, "adopt"), "repo.not_wrapped")
        assert "wraps no curriculum" in error["message"] and "curriculum wrap" in error["hint"]
        assert git(repo.path, "status", "--porcelain") == before


def test_a_package_that_is_not_installed_is_said(wrapping: Repo, tmp_path: Path) -> None:
    repo = Path(shutil.copytree(wrapping.path, tmp_path / "alone", ignore=shutil.ignore_patterns(".venv")))
    git(repo, "reset", "--quiet", "--hard", "v2.4.1")
    here = call([sys.executable, "-m", "aind_curriculum_runtime.cli", "adopt", "--repo", repo])
    error = refused(here, "repo.import_failed")
    assert PACKAGE in error["message"] and git(repo, "status", "--porcelain") == ""


# What a tool cannot move


@pytest.fixture(scope="module")
def timing(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo that wraps the curriculum which takes values from a file and from the environment."""
    return wrapped(template, tmp_path_factory.mktemp("timing") / "timing", TIMING)


def test_nothing_is_written_over_what_git_could_not_bring_back(timing: Repo) -> None:
    timing.write("src/timing/curriculum.py", "MINE = 1\n")
    error = refused(run(timing, "adopt"), "repo.uncommitted")
    assert "src/timing/curriculum.py" in error["message"]
    commit_all(timing.path, "Mine")
    error = refused(run(timing, "adopt"), "repo.not_fresh")
    assert error["where"] == "src/timing/curriculum.py"
    git(timing.path, "reset", "--quiet", "--hard", "HEAD~1")
    assert git(timing.path, "status", "--porcelain") == ""


def test_what_is_left_is_a_list_with_file_and_line(timing: Repo) -> None:
    done = adopt(timing)
    assert done.code == 0, done.text
    told = done.stdout.decode("utf-8")
    assert "is NOT the same yet" in told and "3 steps are left for you, in docs/ADOPT-STEPS.md" in told
    page = (timing.path / "docs" / "ADOPT-STEPS.md").read_text(encoding="utf-8")
    steps = [line for line in page.splitlines() if line.startswith("- [ ] ")]
    text = (timing.path / "src" / "timing" / "curriculum.py").read_text(encoding="utf-8").splitlines()
    for word, used in (("reads files", "__file__"), ("reads the environment", "os.environ")):
        (step,) = [one for one in steps if word in one]
        path, line = step.split("`")[1].split(":")
        assert path == "src/timing/curriculum.py" and used in text[int(line) - 1]
    (step,) = [one for one in steps if "does not load" in one]
    assert "values.json" in step


def test_when_they_are_done_it_is_the_same(timing: Repo) -> None:
    shutil.copy(SOURCES / "timing" / "values.json", timing.path / "src" / "timing")
    timing.edit("src/timing/curriculum.py", ' + float(os.environ.get("LICK_LAB_DELAY", "0"))', "")
    found = run(timing, "init", "--stage", "s_late")
    assert found.code == 0, found.text
    assert found.document["stage"]["task"]["task_parameters"]["delay"] == 0.5
    assert found.document["curriculum"]["graph"]["graph"]["0"] == [
        ["timing.shared.shaping.curriculum.st_shape_final", 1]
    ]


# Curricula that nobody here wrote


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return Original.installed(tmp_path_factory.mktemp("original") / "home")


@pytest.mark.parametrize(
    ("name", "sessions"),
    [("depletion", 5), *(pytest.param(name, 20, marks=pytest.mark.exhaustive) for name in NINE)],
    ids=lambda value: str(value),
)
def test_a_real_curriculum_gives_what_its_own_command_gave(
    name: str,
    sessions: int,
    original: Original,
    template: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # A short path: by a long one `uv run --with` starts the script without what it brings (`wrap`'s hint says so).
    repo = wrapped_repo(template, tmp_path_factory.mktemp("repo") / f"vr-{name}", name)
    steps = original.chains(tmp_path / "steps", name, sessions)
    done = adopt(repo)
    assert done.code == 0, done.text
    told = done.stdout.decode("utf-8")
    assert f"{VERSION} is vr-{name} now" in told
    if name == "depletion":  # the one that the guide shows
        (shown,) = re.findall(r"```text\n(.*?)```", (PROJECT / "docs" / "adopt.md").read_text("utf-8"), re.DOTALL)
        assert told.startswith(shown)
    found = steps_of_today(repo, steps)
    assert unlike(name, found) == []
    assert len(found) >= 2 * sessions
    shutil.rmtree(repo.path / ".venv")
