"""The migration runner: as a process of its own, and as real updates call it."""

from __future__ import annotations

import ast
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from support import PROJECT, Repo, Result, call, commit_all, copier_command, git, make_template

HOOKS = PROJECT / "hooks"
ENTRY = """\
  - version: "{version}"
    when: true
    command: ["{{{{ _copier_python }}}}", "{{{{ _copier_conf.src_path }}}}/hooks/migrate.py", "{version}"]
"""


def migrate(hooks: Path, repo: Path, *arguments: str, **environment: str) -> Result:
    """Run a copy of the runner in a repo, with the environment that Copier gives."""
    given = {"STAGE": "after", "VERSION_FROM": "v0.1.0", "VERSION_TO": "v0.3.0"} | environment
    return call([sys.executable, hooks / "migrate.py", *arguments], cwd=repo, env=given)


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A copy of hooks/, to add migrations to."""
    return shutil.copytree(HOOKS, tmp_path / "hooks", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A git repo that holds one file."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "kept.txt").write_text("kept\n", encoding="utf-8")
    commit_all(folder, "A repo")
    return folder


def add_migration(hooks: Path, version: str, code: str) -> None:
    """Write the module of a migration."""
    target = hooks / "migrations" / f"v{version.replace('.', '_')}.py"
    target.write_text(f"from pathlib import Path\n\n\n{code}", encoding="utf-8", newline="\n")


BOTH = """\
def before(repo: Path) -> None:
    (repo / "before.txt").write_text(str(repo), encoding="utf-8")


def after(repo: Path) -> None:
    (repo / "after.txt").write_text(str(repo), encoding="utf-8")
"""


@pytest.mark.parametrize(("stage", "other"), [("before", "after"), ("after", "before")])
def test_the_function_of_the_stage_is_called_with_the_repo(stage: str, other: str, hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", BOTH)
    done = migrate(hooks, project, "0.3.0", STAGE=stage)
    assert (done.code, done.stdout, done.stderr) == (0, b"", b"")
    assert Path((project / f"{stage}.txt").read_text(encoding="utf-8")) == project.resolve()
    assert not (project / f"{other}.txt").exists()


def test_a_stage_that_the_migration_does_not_have_is_left_out(hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", "def before(repo: Path) -> None: ...\n")
    assert migrate(hooks, project, "0.3.0", STAGE="after").code == 0


def test_what_the_first_step_changed_is_put_into_the_index(hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", BOTH)
    migrate(hooks, project, "0.3.0", STAGE="before")
    assert git(project, "status", "--porcelain") == "A  before.txt"


def test_a_migration_may_run_twice(hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", BOTH)
    runs = [migrate(hooks, project, "0.3.0", STAGE="before") for _ in range(2)]
    assert [run.code for run in runs] == [0, 0]
    assert git(project, "status", "--porcelain") == "A  before.txt"


def test_no_bytecode_is_left_in_the_template(hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", BOTH)
    migrate(hooks, project, "0.3.0")
    assert list(hooks.rglob("__pycache__")) == []


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            'def after(repo: Path) -> None:\n    raise ValueError("no\\nsetting")\n',
            "migrate.py: The migration to 0.3.0 failed in its 'after' step (v0_3_0.py, line 5): ValueError: no setting",
        ),
        (
            "def after(repo: Path) -> None:\n    raise SystemExit(0)\n",
            "migrate.py: The migration to 0.3.0 failed in its 'after' step (v0_3_0.py, line 5): SystemExit: 0",
        ),
        (
            "import no_such_module\n",
            "migrate.py: The migration to 0.3.0 failed in its 'after' step (v0_3_0.py, line 4): "
            "ModuleNotFoundError: No module named 'no_such_module'",
        ),
    ],
)
def test_a_migration_that_fails_is_told_in_one_sentence(code: str, sentence: str, hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", code)
    done = migrate(hooks, project, "0.3.0")
    assert done.code == 1
    assert done.text.splitlines() == [sentence]


def test_a_migration_with_a_syntax_error_is_told_in_one_sentence(hooks: Path, project: Path) -> None:
    add_migration(hooks, "0.3.0", "def after(repo:\n")
    done = migrate(hooks, project, "0.3.0")
    assert done.code == 1
    assert len(done.text.splitlines()) == 1
    assert "SyntaxError" in done.text


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["0.9.0"], {}, "migrate.py: There is no migration to 0.9.0: v0_9_0.py is missing in hooks/migrations."),
        ([], {}, "migrate.py: One version X.Y.Z is needed, not ''."),
        (["../0.3.0"], {}, "migrate.py: One version X.Y.Z is needed, not '../0.3.0'."),
        (["0.3.0", "0.4.0"], {}, "migrate.py: One version X.Y.Z is needed, not '0.3.0 0.4.0'."),
        (
            ["0.3.0"],
            {"STAGE": "task"},
            "migrate.py: STAGE is 'task', but Copier sets it to one of before, after.",
        ),
        (
            ["0.3.0"],
            {"VERSION_FROM": ""},
            "migrate.py: VERSION_FROM is not set, but Copier sets it: the script is run by `copier update`.",
        ),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(
    arguments: list[str], environment: dict[str, str], sentence: str, hooks: Path, project: Path
) -> None:
    add_migration(hooks, "0.3.0", BOTH)
    done = migrate(hooks, project, *arguments, **environment)
    assert done.code == 1
    assert done.text.splitlines() == [sentence]
    assert git(project, "status", "--porcelain") == ""


def test_the_first_step_outside_of_git_is_told_in_one_sentence(hooks: Path, tmp_path: Path) -> None:
    add_migration(hooks, "0.3.0", BOTH)
    (tmp_path / "plain").mkdir()
    done = migrate(hooks, tmp_path / "plain", "0.3.0", STAGE="before", GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert done.code == 1
    assert done.text.startswith("migrate.py: git add failed: fatal: not a git repository")
    assert len(done.text.splitlines()) == 1


def test_runner_and_migrations_import_nothing_but_the_standard_library() -> None:
    files = list(HOOKS.rglob("*.py"))
    assert HOOKS / "migrate.py" in files
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file
                names = [str(node.module)]
            assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names | {"__future__"}, file


def test_every_migration_has_its_entry_in_copier_yml_oldest_first() -> None:
    config = yaml.safe_load((PROJECT / "copier.yml").read_text(encoding="utf-8"))
    versions = [migration["version"] for migration in config["_migrations"]]
    text = "_migrations:\n" + "".join(ENTRY.format(version=version) for version in versions)
    assert config["_migrations"] == (yaml.safe_load(text)["_migrations"] or [])
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")])
    modules = {file.stem for file in (HOOKS / "migrations").glob("*.py")}
    assert modules == {f"v{version.replace('.', '_')}" for version in versions}


def test_the_readme_of_the_migrations_shows_the_entry_that_works() -> None:
    readme = (HOOKS / "migrations" / "README.md").read_text(encoding="utf-8")
    shown = [line.strip() for line in readme.splitlines()]
    assert [line for line in shown if line in ENTRY.format(version="0.3.0")] != []
    for line in ENTRY.format(version="0.3.0").splitlines():
        assert line.strip() in shown


# Real updates.


RENAME = """\
def before(repo: Path) -> None:
    replace(repo / "pyproject.toml", "[tool.old-name]", "[tool.new-name]")


def after(repo: Path) -> None:
    for file in (repo / "src").rglob("*.py"):
        replace(file, "old_name", "new_name")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new), encoding="utf-8", newline="\\n")
"""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template of three releases that change one managed file; v0.2.0 has a migration."""
    template = Repo(make_template(tmp_path_factory.mktemp("releases") / "template"))
    commit_all(template.path, "Release 0.1.0")
    git(template.path, "tag", "v0.1.0")
    add_migration(template.path / "hooks", "0.2.0", RENAME)
    config = (template.path / "copier.yml").read_text(encoding="utf-8")
    entry = "_migrations:\n" + ENTRY.format(version="0.2.0")
    template.write("copier.yml", re.sub(r"^_migrations:.*\n(  .*\n)*", lambda _: entry, config, flags=re.MULTILINE))
    template.edit("template/pyproject.toml.jinja", "line-length = 120", "line-length = 110")
    commit_all(template.path, "Release 0.2.0")
    git(template.path, "tag", "v0.2.0")
    template.edit("template/pyproject.toml.jinja", "line-length = 110", "line-length = 100")
    commit_all(template.path, "Release 0.3.0")
    git(template.path, "tag", "v0.3.0")
    return template.path


def copy(template: Path, target: Path, version: str) -> Repo:
    """Copy one release without trust, and commit the repo."""
    options: dict[str, Any] = {"defaults": True, "quiet": True, "vcs_ref": version}
    copier.run_copy(str(template), target, data={"curriculum_name": "my-curriculum"}, **options)
    commit_all(target, "Scaffold")
    return Repo(target)


def test_a_copy_of_a_template_with_migrations_needs_no_trust(releases: Path, tmp_path: Path) -> None:
    assert line_length(copy(releases, tmp_path / "my-curriculum", "v0.3.0")) == 100


def test_an_update_across_a_migration_asks_for_trust_and_changes_nothing(releases: Path, tmp_path: Path) -> None:
    repo = copy(releases, tmp_path / "my-curriculum", "v0.1.0")
    done = copier_command("update", "--defaults", cwd=repo.path)
    assert done.code != 0
    assert "migrations" in done.text and "--trust" in done.text
    assert git(repo.path, "status", "--porcelain") == ""


def test_an_update_past_a_migration_that_was_already_crossed_needs_no_trust(releases: Path, tmp_path: Path) -> None:
    repo = copy(releases, tmp_path / "my-curriculum", "v0.2.0")
    copier.run_update(repo.path, defaults=True, overwrite=True, quiet=True)
    assert line_length(repo) == 100


def test_a_trusted_update_runs_both_steps_and_merges_what_they_changed(releases: Path, tmp_path: Path) -> None:
    repo = copy(releases, tmp_path / "my-curriculum", "v0.1.0")
    with (repo.path / "pyproject.toml").open("a", encoding="utf-8", newline="\n") as pyproject:
        pyproject.write("\n[tool.old-name]\nours = true\n")
    rules = repo.write("src/my_curriculum/rules.py", "old_name = 1\n")
    commit_all(repo.path, "The user's own")
    # Trust is what a user must give too, for this one update.
    copier.run_update(repo.path, defaults=True, overwrite=True, quiet=True, unsafe=True)
    text = (repo.path / "pyproject.toml").read_text(encoding="utf-8")
    assert text.endswith("\n[tool.new-name]\nours = true\n")
    assert "old-name" not in text
    assert line_length(repo) == 100
    assert rules.read_text(encoding="utf-8") == "new_name = 1\n"


def line_length(repo: Repo) -> int:
    """The setting that every release of the template changes."""
    pyproject = tomllib.loads((repo.path / "pyproject.toml").read_text(encoding="utf-8"))
    found: int = pyproject["tool"]["ruff"]["line-length"]
    return found


def test_a_failing_first_step_stops_the_update_before_anything_is_changed(releases: Path, tmp_path: Path) -> None:
    template = shutil.copytree(releases, tmp_path / "template")
    add_migration(
        template / "hooks", "0.2.0", 'def before(repo: Path) -> None:\n    raise ValueError("not this one")\n'
    )
    commit_all(template, "A failing migration")
    git(template, "tag", "--force", "v0.3.0")
    repo = copy(template, tmp_path / "my-curriculum", "v0.1.0")
    done = copier_command("update", "--defaults", "--trust", cwd=repo.path)
    assert done.code != 0
    assert "The migration to 0.2.0 failed in its 'before' step" in done.text
    assert git(repo.path, "status", "--porcelain") == ""
