"""What a fresh copy of the template holds, by real `copier` runs that never get ``unsafe``."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import (
    PROJECT,
    Repo,
    call,
    commit_all,
    copier_command,
    generate,
    git,
    hosted_at,
    lines_of_ci,
    make_template,
    printed_commands,
    run_together,
)

from aind_curriculum_runtime.project.template import FILES, FileClass, classify

LONG_NAME = "a-curriculum-of-a-name-that-is-as-long-as-any-name-may-becom"
ANSWERS = {
    "curriculum_name": "my-curriculum",
    "description": "It trains.",
    "task_package": "my-task==1.2.0",
    "task_class": "my_task.task_logic:MyTask",
    "user_name": "A. Author",
    "user_email": "author@example.org",
    "github_user": "an-owner",
    "python_version": "3.12",
}
PIN = "[tool.uv.sources.aind-curriculum-runtime]"
NO_ASKING = "Interactive session required"


def files_of(repo: Path) -> list[str]:
    """Every file that git has of a repo."""
    return git(repo, "-c", "core.quotePath=off", "ls-files").splitlines()


def pin_of(repo: Path) -> dict[str, str]:
    """Where a repo's `pyproject.toml` says that the runtime comes from."""
    pyproject = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = pyproject["tool"]["uv"]["sources"]["aind-curriculum-runtime"]
    return found


@pytest.fixture(scope="session")
def config() -> dict[str, Any]:
    """The template's copier.yml."""
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "copier.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def fresh(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy without an environment, which no test changes."""
    return generate(template, tmp_path_factory.mktemp("fresh") / "my-curriculum")


# Questions.


def test_the_command_line_copies_with_all_defaults_and_no_trust(template: Path, tmp_path: Path) -> None:
    done = copier_command(
        "copy", "--defaults", "--vcs-ref=HEAD", template, tmp_path / "new", data={"curriculum_name": "my-curriculum"}
    )
    assert done.code == 0, done.text
    assert (tmp_path / "new" / "pyproject.toml").is_file()


def test_eight_answers_are_all_that_is_asked(template: Path, tmp_path: Path) -> None:
    done = copier_command("copy", "--vcs-ref=HEAD", template, tmp_path / "new", data=ANSWERS)
    assert len(ANSWERS) == 8
    assert done.code == 0, done.text


def test_seven_are_all_for_a_curriculum_with_a_task_of_its_own(template: Path, tmp_path: Path) -> None:
    answers = {**ANSWERS, "task_package": "none"}
    del answers["task_class"]
    done = copier_command("copy", "--vcs-ref=HEAD", template, tmp_path / "new", data=answers)
    assert done.code == 0, done.text


@pytest.mark.parametrize("asked", ANSWERS)
def test_every_one_of_the_eight_is_asked(asked: str, template: Path, tmp_path: Path) -> None:
    others = {name: answer for name, answer in ANSWERS.items() if name != asked}
    done = copier_command("copy", "--vcs-ref=HEAD", template, tmp_path / "new", data=others)
    assert done.code != 0
    assert NO_ASKING in done.text


def test_the_name_is_the_first_question_and_the_only_one_without_a_default(config: dict[str, Any]) -> None:
    questions = [name for name in config if not name.startswith("_")]
    assert questions[0] == "curriculum_name"
    assert [name for name in questions if "default" not in config[name]] == ["curriculum_name"]


def test_every_asked_question_has_a_help_text(config: dict[str, Any]) -> None:
    assert all(config[name]["help"] for name in ANSWERS)


def test_the_package_is_named_as_the_curriculum_with_underscores(fresh: Path) -> None:
    assert [folder.name for folder in (fresh / "src").iterdir()] == ["my_curriculum"]


def test_answers_are_stored_but_for_the_package_name(template: Path, tmp_path: Path) -> None:
    new = generate(template, tmp_path / "new", **ANSWERS)
    stored = yaml.safe_load((new / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert set(stored) == {"_commit", "_src_path", "runtime_url", *ANSWERS}
    assert {name: stored[name] for name in ANSWERS} == ANSWERS


def more(question: str, sentence: str, *answers: str) -> list[Any]:
    """Answers that are refused as one that is tried by default is."""
    return [pytest.param(question, answer, sentence, marks=pytest.mark.exhaustive) for answer in answers]


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        *[
            ("curriculum_name", name, "Use lower case letters")
            for name in ("", "My-Curriculum", "my_curriculum", "my--curriculum", "1st")
        ],
        *more("curriculum_name", "Use lower case letters", "my curriculum", "-my", "my-"),
        ("curriculum_name", "größe", "Use lower case letters"),
        ("curriculum_name", "my-curriculum\n", "Use lower case letters"),
        ("curriculum_name", "../elsewhere", "Use lower case letters"),
        ("curriculum_name", f"{LONG_NAME}y", "at most 60 characters"),
        *[("curriculum_name", name, "That name is taken") for name in ("class", "json", "aux", "pydantic")],
        *more("curriculum_name", "That name is taken", "match", "py-compile", "tests", "aind-curriculum-runtime"),
        *[("description", answer, "Use one line of text") for answer in ("", 'a "quoted" word', "two\nlines")],
        *more("description", "Use one line of text", " ", "a \\ backslash", "a tab\there", " spaces "),
        ("user_name", "", "Use one line of text"),
        ("user_name", 'A "quoted" name', "Use one line of text"),
        ("task_package", "", "Write a package and its version"),
        ("task_package", "my task", "Write a package and its version"),
        ("task_package", "../my-task", "Write a package and its version"),
        ("task_package", 'my-task==1; python_version < "3"', "Write a package and its version"),
        *more("task_package", "Write a package and its version", "-", "none\n", "my-task @ ../my-task", "my-task[==1"),
        ("task_package", "my-task", "Write the one version that the rig runs, as in my-task==1.2.0"),
        ("task_package", "my-task>=1.2", "Write the one version that the rig runs, as in my-task==1.2.0"),
        ("task_package", "aind-behavior-vr-foraging>=1.3", "as in aind-behavior-vr-foraging==1.2.0"),
        *more("task_package", "Write the one version", "my-task==1.*", "my-task~=1.2", "my-task==1,<2", "my-task[all]"),
        ("task_package", "my-task @ git+https://host/owner/repo", "Write the tag or commit .* behind the URL"),
        ("task_package", "my-task @ git+ssh://git@host/owner/repo.git", "Write the tag or commit .* behind the URL"),
        ("task_package", "my-task @ git+https://me:secret@host/owner/repo@v1", "would be stored in the repo"),
        ("task_package", "My_Curriculum==1.0", "The curriculum itself has that name"),
        ("user_email", "nobody", "not an e-mail address"),
        ("user_email", "a@b\n", "not an e-mail address"),
        ("github_user", "an owner", "Use letters, digits and dashes"),
        ("python_version", "3.10", "Invalid choice"),
        ("runtime_url", "gh:owner/repo", "not a URL that uv accepts"),
        ("runtime_url", 'https://host/"repo', "not a URL that uv accepts"),
    ],
)
def test_a_bad_answer_is_refused_with_a_sentence(
    question: str, answer: str, sentence: str, template: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        generate(template, tmp_path / "new", **{question: answer})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, 'Question "task_class" is required'),
        ("", "Name the task's class by its module"),
        ("MyTask", "Name the task's class by its module"),
        ("my-task:MyTask", "Name the task's class by its module"),
        ("my_task:MyTask()", "Name the task's class by its module"),
        ("my_task:MyTask\n", "Name the task's class by its module"),
        ("my_curriculum.task:MyTask", "my_curriculum is the curriculum's own package: name a class of my-task"),
    ],
)
def test_a_bad_class_is_refused_with_a_sentence(
    answer: str | None, sentence: str, template: Path, tmp_path: Path
) -> None:
    given = {} if answer is None else {"task_class": answer}
    with pytest.raises(ValueError, match=sentence):
        generate(template, tmp_path / "new", task_package="my-task==1.2.0", **given)


def test_no_name_of_a_standard_module_is_free(config: dict[str, Any]) -> None:
    taken = config["curriculum_name"]["validator"].split("'")[1].split()
    modules = {
        name.replace("_", "-")
        for name in sys.stdlib_module_names
        if re.fullmatch(r"[a-z0-9_]+", name) and name[0] != "_"
    }
    assert modules - set(taken) == set()


def test_a_template_that_is_a_plain_folder_is_refused(template: Path, tmp_path: Path) -> None:
    shutil.copytree(template, tmp_path / "plain", ignore=shutil.ignore_patterns(".git"))
    with pytest.raises(ValueError, match="plain folder, not a git clone, so the runtime cannot be pinned"):
        generate(tmp_path / "plain", tmp_path / "new")


def test_a_template_with_uncommitted_changes_is_refused(tmp_path: Path) -> None:
    draft = make_template(tmp_path / "draft")
    (draft / "README.md").write_text("changed\n", encoding="utf-8")
    with (
        pytest.warns(match="Dirty template changes"),
        pytest.raises(ValueError, match="pinned to a commit that exists nowhere"),
    ):
        generate(draft, tmp_path / "new")


def test_a_misspelt_variable_is_an_error(tmp_path: Path) -> None:
    misspelt = make_template(tmp_path / "template")
    with (misspelt / "template" / "CHANGELOG.md.jinja").open("a", encoding="utf-8") as changelog:
        changelog.write("{{ curiculum_name }}\n")
    commit_all(misspelt, "A misspelt variable")
    with pytest.raises(Exception, match="'curiculum_name' is undefined"):
        generate(misspelt, tmp_path / "new")


def test_the_template_asks_for_no_trust_by_its_configuration(config: dict[str, Any]) -> None:
    assert not {"_tasks", "_jinja_extensions", "_external_data"} & set(config)
    assert all("version" in migration for migration in config["_migrations"])


# Files.


def test_every_file_of_a_fresh_copy_is_in_exactly_one_class(fresh: Path) -> None:
    rows = {name: [rule for rule in FILES if rule.covers(name, "my_curriculum")] for name in files_of(fresh)}
    assert {name: found for name, found in rows.items() if len(found) != 1} == {}


def test_every_row_of_the_table_covers_a_file(fresh: Path) -> None:
    names = files_of(fresh)
    assert [rule.pattern for rule in FILES if not any(rule.covers(name, "my_curriculum") for name in names)] == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pyproject.toml", FileClass.MANAGED),
        (".github/workflows/ci.yml", FileClass.MANAGED),
        ("README.md", FileClass.SEED),
        ("docs/README.md", None),
        ("src/my_curriculum/curriculum.py", FileClass.EXAMPLE),
        ("src/other_package/curriculum.py", None),
        ("tests/data/session/behavior/Logs/session_input.json", FileClass.EXAMPLE),
        ("tests/database.py", None),
        ("uv.lock", None),
    ],
)
def test_a_file_is_classified_by_its_path(path: str, expected: FileClass | None) -> None:
    assert classify(path, "my_curriculum") is expected


def test_copier_yml_says_the_same_as_the_table(config: dict[str, Any]) -> None:
    def patterns(*classes: FileClass) -> list[str]:
        return sorted("/" + rule.pattern.split("/{package}")[0] for rule in FILES if rule.file_class in classes)

    on_update = [
        re.fullmatch(r"\{% if _copier_operation == 'update' %\}(.*)\{% endif %\}", line) for line in config["_exclude"]
    ]
    assert sorted(found[1] for found in on_update if found) == patterns(FileClass.EXAMPLE)
    assert sorted(config["_skip_if_exists"]) == patterns(FileClass.SEED, FileClass.EXAMPLE)


def test_no_lock_file_is_shipped_and_none_is_ignored(fresh: Path) -> None:
    assert "uv.lock" not in files_of(fresh)
    assert call(["git", "check-ignore", "uv.lock"], cwd=fresh).code == 1


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"curriculum_name": LONG_NAME, "python_version": "3.11"}, id="long name"),
        pytest.param({"curriculum_name": "a", "python_version": "3.12"}, id="short name"),
        pytest.param({"description": "It's 50 % größer: {a} #1 | <b>", "python_version": "3.13"}, id="odd description"),
        pytest.param({"user_name": "Zoë Ångström-O'Neil 山田"}, id="author beyond ASCII"),
    ],
)
def test_every_rendered_file_is_clean_and_parses(answers: dict[str, str], template: Path, tmp_path: Path) -> None:
    new = generate(template, tmp_path / "new", **answers)
    assert_clean(new)
    for answer in answers.values():
        assert any(answer in (new / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "LICENSE"))


TASKS = {
    "VR foraging": {"task_package": "aind-behavior-vr-foraging"},
    "any other": {"task_package": "my-task==1.2.0", "task_class": "my_task:MyTask"},
}


@pytest.mark.parametrize("answers", [pytest.param(answers, id=name) for name, answers in TASKS.items()])
def test_with_a_task_of_the_rigs_every_file_is_clean_and_in_exactly_one_class(
    answers: dict[str, str], template: Path, fresh: Path, tmp_path: Path
) -> None:
    new = generate(template, tmp_path / "new", **answers)
    assert_clean(new)
    names = set(files_of(new))
    assert {name for name in names if classify(name, "my_curriculum") is None} == set()
    assert names.isdisjoint({".", "own_task"}) and len(names - set(files_of(fresh))) < 8
    assert "DetectionTask" not in "".join(path.read_text(encoding="utf-8") for path in new.glob("src/**/*.py"))


def assert_clean(new: Path) -> None:
    """Assert that every file of a fresh copy is well-formed, without leftovers of Jinja."""
    for name in files_of(new):
        content = (new / name).read_bytes()
        text = content.decode("utf-8")
        assert b"\r" not in content, f"{name} has a carriage return"
        assert text.endswith("\n") and not text.endswith("\n\n"), f"{name} does not end with one newline"
        # GitHub's expressions, ${{ … }}, are no leftovers.
        assert not re.search(r"(?<!\$)\{\{|\{%|\{#", text), f"{name} has unrendered Jinja"
        parse(name, text)


def parse(name: str, text: str) -> None:
    """Read a file by its kind; raise where it is malformed."""
    match Path(name).suffix:
        case ".toml":
            tomllib.loads(text)
        case ".yml" | ".yaml":
            yaml.safe_load(text)
        case ".json" if "SoftwareEvents" in name:
            for line in text.splitlines():
                json.loads(line)
        case ".json":
            json.loads(text)
        case ".py":
            compile(text, name, "exec")


def test_the_template_has_no_symlinks() -> None:
    modes = [line.split(" ", 1)[0] for line in git(PROJECT, "ls-files", "--stage", "template").splitlines()]
    assert modes and set(modes) == {"100644"}


def test_every_path_of_the_template_can_be_checked_out_on_windows() -> None:
    names = git(PROJECT, "ls-files", "template", "hooks").splitlines()
    assert "hooks/migrate.py" in names
    for name in names:
        for part in name.split("/"):
            assert not re.search(r'[<>:"|?*\\\x00-\x1f]', part), name
            assert not part.endswith((".", " ")), name


@pytest.mark.parametrize("name", ["pyproject.toml", "src/any.py", "tests/data/any.json"])
def test_text_files_have_line_feeds_on_every_system(name: str, template: Path, fresh: Path) -> None:
    for repo in (template, fresh):
        assert git(repo, "check-attr", "text", "eol", "--", name).splitlines() == [
            f"{name}: text: auto",
            f"{name}: eol: lf",
        ]


# The pin.


@pytest.mark.parametrize("tagged", ["at a tag", "after a tag", "without a tag"])
def test_the_runtime_is_pinned_to_the_templates_commit(tagged: str, tmp_path: Path) -> None:
    source = make_template(tmp_path / "template")
    if tagged != "without a tag":
        git(source, "tag", "v0.1.0")
    if tagged == "after a tag":
        commit_all(source, "A commit after the tag")
    assert pin_of(generate(source, tmp_path / "new"))["rev"] == git(source, "rev-parse", "HEAD")


def test_without_a_ref_the_latest_tag_is_what_is_pinned(tmp_path: Path) -> None:
    source = make_template(tmp_path / "template")
    git(source, "tag", "v0.1.0")
    commit_all(source, "A commit after the tag")
    done = copier_command("copy", "--defaults", source, tmp_path / "new", data={"curriculum_name": "my-curriculum"})
    assert done.code == 0, done.text
    assert pin_of(tmp_path / "new")["rev"] == git(source, "rev-parse", "v0.1.0")


def test_the_pin_is_a_table_of_its_own_between_comments(fresh: Path) -> None:
    lines = (fresh / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index(PIN)
    assert [line.split(" ")[0] for line in lines[start - 2 : start + 4]] == ["#", "#", PIN, "git", "rev", "#"]
    assert lines[start + 4 :], "as the file's last lines every neighbouring edit would conflict"


@pytest.mark.parametrize("folder", ["a clone with spaces", "100% größer #1"])
@pytest.mark.parametrize("spelling", ["relative", "absolute"])
def test_the_url_of_a_local_clone_leads_back_to_it(folder: str, spelling: str, tmp_path: Path) -> None:
    source = make_template(tmp_path / folder)
    new = tmp_path / "new"
    typed = Path("..", folder) if spelling == "relative" else source
    (tmp_path / "elsewhere").mkdir()
    done = copier_command(
        "copy", "--defaults", typed, new, data={"curriculum_name": "my-curriculum"}, cwd=tmp_path / "elsewhere"
    )
    assert done.code == 0, done.text
    pin = pin_of(new)
    assert pin["git"].startswith("file:///")
    assert git(tmp_path, "ls-remote", pin["git"], "HEAD").split()[0] == pin["rev"]
    stored = yaml.safe_load((new / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert Path(stored["_src_path"]) == source.resolve()


@pytest.mark.parametrize(
    ("spelling", "url"),
    [
        ("gh:an-owner/a-template", "https://github.com/an-owner/a-template.git"),
        ("gh:an-owner/a-template.git", "https://github.com/an-owner/a-template.git"),
        ("https://github.com/an-owner/a-template", "https://github.com/an-owner/a-template"),
        ("https://github.com/an-owner/a-template.git", "https://github.com/an-owner/a-template.git"),
        ("https://me:secret@github.com/an-owner/a-template.git", "https://github.com/an-owner/a-template.git"),
        ("git+https://github.com/an-owner/a-template.git", "https://github.com/an-owner/a-template.git"),
        ("git+ssh://git@github.com/an-owner/a-template.git", "ssh://git@github.com/an-owner/a-template.git"),
        ("git@github.com:an-owner/a-template.git", "ssh://git@github.com/an-owner/a-template.git"),
        ("gl:an-owner/a-template", "https://gitlab.com/an-owner/a-template.git"),
    ],
)
def test_the_url_of_a_hosted_template_is_one_that_uv_accepts(
    spelling: str, url: str, template: Path, tmp_path: Path
) -> None:
    new = copy_hosted(spelling, template, tmp_path / "new")
    assert pin_of(new) == {"git": url, "rev": git(template, "rev-parse", "HEAD")}


@pytest.mark.parametrize("spelling", ["gh:an-owner/a-template", "git@github.com:an-owner/a-template.git"])
def test_uv_installs_the_runtime_from_a_hosted_template(spelling: str, template: Path, tmp_path: Path) -> None:
    new = copy_hosted(spelling, template, tmp_path / "new")
    described = Repo(new).launch("describe", "--json", env=hosted_at(template))
    assert described.code == 0, described.text
    assert [one["name"] for one in described.document["curricula"]] == ["my-curriculum"]


def copy_hosted(spelling: str, template: Path, target: Path) -> Path:
    """Copy the template as if it were hosted."""
    # The command line, because Copier keeps for itself the environment it was imported in.
    arguments = ("copy", "--defaults", "--vcs-ref=HEAD", spelling, target)
    done = copier_command(*arguments, data={"curriculum_name": "my-curriculum"}, env=hosted_at(template))
    assert done.code == 0, done.text
    return target


# A fresh repo passes its own checks.


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            {"curriculum_name": LONG_NAME, "user_name": "Zoë Ångström-O'Neil", "description": "long " * 40 + "text"},
            id="long",
        ),
        pytest.param({"curriculum_name": "a", "description": "x"}, id="short", marks=pytest.mark.exhaustive),
    ],
)
def test_a_fresh_repo_passes_its_linters_types_and_tests(
    answers: dict[str, str], template: Path, tmp_path: Path
) -> None:
    repo = Repo(generate(template, tmp_path / "new", **answers)).sync()
    commit_all(repo.path, "Lock")
    for command in (*lines_of_ci(repo), "ruff format --check"):
        done = call(["uv", "run", "--locked", *command.split()], cwd=repo.path)
        assert done.code == 0, f"{command}: {done.stdout.decode('utf-8', 'replace')}{done.text}"


def test_a_package_without_types_may_be_imported(repo: Repo) -> None:
    (site,) = repo.package.parents[1].glob(".venv/**/site-packages")
    untyped = site / "pandas_of_another_planet" / "__init__.py"
    untyped.parent.mkdir(exist_ok=True)
    untyped.write_text("def read_csv(path):\n    return path\n", encoding="utf-8")
    text = (repo.package / "metrics.py").read_text(encoding="utf-8")
    repo.write(
        "src/my_curriculum/metrics.py", text.replace("import os\n", "import os\nimport pandas_of_another_planet\n")
    )
    done = call([repo.script("mypy")], cwd=repo.path)
    shutil.rmtree(untyped.parent)
    assert done.code == 0, done.stdout.decode("utf-8", "replace")


def test_the_next_steps_that_copier_prints_work_as_printed(template: Path, tmp_path: Path) -> None:
    done = copier_command(
        "copy", "--defaults", "--vcs-ref=HEAD", template, "my repo", data={"curriculum_name": "a"}, cwd=tmp_path
    )
    commands = printed_commands(done.text)
    assert commands[0] == 'cd "my repo"'
    ran = run_together(commands, tmp_path)
    assert ran.code == 0, ran.text
    assert git(tmp_path / "my repo", "status", "--porcelain") == ""
    assert "uv.lock" in files_of(tmp_path / "my repo")
