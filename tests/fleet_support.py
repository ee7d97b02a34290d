"""What the tests of `curricula` share: a template of three versions, task repos, and people's edits."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
from support import PROJECT, Repo, Result, call, commit_all, committer, folder_of_these_tests, git, make_template

OLDEST, OLDER, NEWEST = "v0.0.1", "v0.0.2", "v999.0.0"
"""Two synthetic older versions of the template, and the working tree."""

MARKER = re.compile(rb"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)
ADDED_QUESTION = "github_user"


def make_releases(target: Path) -> Path:
    """Make a template repo of two synthetic older versions, the project's released tags, and the working tree.

    From the oldest to the newest version: questions and a managed file come in two steps, a managed file goes, lines of
    managed files change, and an example file comes.
    """
    shutil.copytree(_releases(), target, symlinks=True)
    return target


@functools.cache
def _releases() -> Path:
    """The one that the others are copies of."""
    template = make_template(folder_of_these_tests() / "releases")
    now = git(template, "rev-parse", "HEAD")
    for version, change in ((OLDEST, _make_oldest), (OLDER, _make_older)):
        change(template)
        commit_all(template, f"The template as it may have been at {version}")
        git(template, "tag", version)
        git(template, "rm", "-r", "-q", "--", ".")
        git(template, "checkout", "-q", now, "--", ".")
    commit_all(template, "The template as it is in the working tree")
    git(template, "tag", NEWEST)
    git(template, "fetch", "-q", str(PROJECT), "refs/tags/*:refs/tags/*")
    return template


def released_tags() -> list[str]:
    """The versions of this project that were released."""
    return [tag for tag in git(PROJECT, "tag", "--list").splitlines() if re.fullmatch(r"v\d+(\.\d+)*", tag)]


def _make_older(template: Path) -> None:
    shipped = Repo(template / "template")
    shipped.write(".editorconfig", "root = true\n\n[*]\ncharset = utf-8\n")  # goes
    shipped.edit("pyproject.toml.jinja", "line-length = 120", "line-length = 110")
    shipped.edit(".gitignore", "dist/\n", "")
    # The question for the task's package comes, as if a repo had been made without it.
    Repo(template).edit("copier.yml", "\ntask_package:\n", "\ntask_package:\n  when: false\n")


def _make_oldest(template: Path) -> None:
    _make_older(template)
    shipped = Repo(template / "template")
    (shipped.path / ".pre-commit-config.yaml.jinja").unlink()  # a managed file comes
    (shipped.path / "{{ own_task }}" / "tests" / "test_examples.py.jinja").unlink()  # an example comes
    shipped.edit(".github/workflows/ci.yml", "      - run: uv run mypy\n", "")
    for file in shipped.path.rglob("*.jinja"):
        text = file.read_text(encoding="utf-8")
        text = text.replace("{{ github_user }}", "AllenNeuralDynamics")
        file.write_text(text, encoding="utf-8", newline="\n")
    questions = (template / "copier.yml").read_text(encoding="utf-8")
    without = re.sub(rf"(?m)^{ADDED_QUESTION}:\n(?:[ \t]+.*\n|\n)+", "", questions)
    assert without != questions
    (template / "copier.yml").write_text(without, encoding="utf-8", newline="\n")


def scaffold(template: Path | str, version: str, target: Path, **answers: Any) -> Repo:
    """Copy one version of the template, named as its folder, and commit it; no environment."""
    data = {"curriculum_name": target.name, **answers}
    copier.run_copy(str(template), target, data=data, defaults=True, quiet=True, vcs_ref=version)
    commit_all(target, "Scaffold")
    return Repo(target)


# What people do to their repos. None of it may get lost.


def works_on_the_curriculum(repo: Repo) -> None:
    repo.write("README.md", "# Ours\n\nHow we train.\n")
    package = repo.package.relative_to(repo.path).as_posix()
    repo.write(f"{package}/stages.py", (repo.package / "stages.py").read_text(encoding="utf-8") + "\nOURS = 1\n")
    repo.write(f"{package}/reward.py", '"""Reward."""\n')


def adds_a_dependency(repo: Repo) -> None:
    repo.edit(
        "pyproject.toml", '    "aind-curriculum-runtime",\n', '    "aind-curriculum-runtime",\n    "semver>=3",\n'
    )
    repo.edit("pyproject.toml", '    "mypy>=1.15",\n', '    "mypy>=1.15",\n    "pytest-cov>=5",\n')


def adds_sections(repo: Repo) -> None:
    repo.edit("pyproject.toml", "\n[tool.ruff]\n", "\n[tool.coverage.run]\nbranch = true\n\n[tool.ruff]\n")
    text = (repo.path / "pyproject.toml").read_text(encoding="utf-8")
    repo.write("pyproject.toml", text + '\n[tool.codespell]\nskip = "*.lock"\n')


def raises_the_version(repo: Repo) -> None:
    repo.edit("pyproject.toml", 'version = "0.1.0"', 'version = "2.3.1"')
    repo.write("CHANGELOG.md", "# Changelog\n\n## [2.3.1]\n\nOurs.\n")


def deletes_examples(repo: Repo) -> None:
    (repo.package / "metrics.py").unlink()
    shutil.rmtree(repo.path / "tests" / "data")
    (repo.path / "tests" / "test_examples.py").unlink(missing_ok=True)


def renames_the_package(repo: Repo) -> None:
    old = repo.package.name
    repo.package.rename(repo.path / "src" / "renamed")
    for name in ("pyproject.toml",):
        text = (repo.path / name).read_text(encoding="utf-8")
        repo.write(name, text.replace(f'"{old}"', '"renamed"').replace(f'"{old}.', '"renamed.'))
    repo.edit("pyproject.toml", "[tool.ruff]\n", '[tool.uv.build-backend]\nmodule-name = "renamed"\n\n[tool.ruff]\n')


def extends_ci(repo: Repo) -> None:
    text = (repo.path / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    repo.write(".github/workflows/ci.yml", f"{text}\n  ours:\n    runs-on: ubuntu-latest\n    steps: []\n")
    repo.write(".github/workflows/release.yml", "name: Release\non: workflow_dispatch\njobs: {}\n")


def ignores_more_files(repo: Repo) -> None:
    repo.edit(".gitignore", ".venv/\n", "*.mat\n.venv/\n")


EDITS: tuple[Callable[[Repo], None], ...] = (
    works_on_the_curriculum,
    adds_a_dependency,
    adds_sections,
    raises_the_version,
    deletes_examples,
    renames_the_package,
    extends_ci,
    ignores_more_files,
)
"""Edits that merge."""


def changes_a_line_that_the_template_changes(repo: Repo) -> None:
    text = (repo.path / "pyproject.toml").read_text(encoding="utf-8")
    repo.write("pyproject.toml", re.sub(r"(?m)^line-length = \d+$", "line-length = 88", text))


def edits_a_file_that_the_template_drops(repo: Repo) -> None:
    repo.edit(".editorconfig", "charset = utf-8\n", "charset = utf-8\nindent_size = 3\n")


def adds_a_file_that_the_template_adds(repo: Repo) -> None:
    repo.write(".pre-commit-config.yaml", "repos:\n  - repo: ours\n")


CONFLICTS: tuple[Callable[[Repo], None], ...] = (
    changes_a_line_that_the_template_changes,
    edits_a_file_that_the_template_drops,
)
"""Edits that cannot be merged from any older version."""


def own_lines(repo: Path) -> dict[str, Counter[str]]:
    """The lines that people added since the scaffold, by file: what an update must keep."""
    scaffolded = git(repo, "rev-list", "--max-parents=0", "HEAD")
    found = {}
    for name in git(repo, "diff", "--name-only", "--no-renames", "--diff-filter=AM", scaffolded, "HEAD").splitlines():
        if name in {"uv.lock", ".copier-answers.yml"}:
            continue
        was = git(repo, "show", f"{scaffolded}:{name}") if git(repo, "ls-tree", scaffolded, "--", name) else ""
        found[name] = _lines(git(repo, "show", f"HEAD:{name}")) - _lines(was)
    return found


def assert_holds(repo: Path, own: dict[str, Counter[str]]) -> None:
    """Assert that a repo still holds people's lines."""
    for name, lines in own.items():
        assert not lines - _lines((repo / name).read_text(encoding="utf-8")), name


def assert_no_leftovers(repo: Path) -> None:
    """Assert that no file that git knows, or could be told of, holds or is a leftover of a conflict."""
    assert git(repo, "ls-files", "--unmerged") == ""
    for name in git(repo, "ls-files", "--cached", "--others").splitlines():
        assert not name.endswith(".rej"), name
        if (repo / name).is_file():
            assert not MARKER.search((repo / name).read_bytes()), name


def _lines(text: str) -> Counter[str]:
    return Counter(line for line in text.splitlines() if line)


# Task repos.


def fleet_environment(**extra: str) -> dict[str, str]:
    """Variables for `curricula` and git: submodules on this disk, somebody to commit as, nobody's own settings."""
    return {
        **committer(),
        "GIT_ALLOW_PROTOCOL": "file:https:ssh",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **extra,
    }


def script() -> Path:
    """The program `curricula`."""
    return Path(sys.executable).with_name("curricula.exe" if sys.platform == "win32" else "curricula")


@dataclass(frozen=True)
class Task:
    """A task repo with curricula as submodules."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Task:
        """Make an empty one."""
        path.mkdir(parents=True)
        commit_all(path, "A task")
        return cls(path)

    def add(self, repo: Path, folder: str | None = None) -> Path:
        """Add a repo as a submodule, on its branch, and commit the pin."""
        folder = folder or f"curricula/{repo.name}"
        git(self.path, "submodule", "--quiet", "add", "--", repo.as_posix(), folder)
        git(self.path, "commit", "--quiet", "-m", f"Add {folder}")
        return self.path / folder

    def curricula(self, *arguments: str | Path, env: dict[str, str] | None = None, **options: Any) -> Result:
        """Run `curricula` in it."""
        options = {"cwd": self.path, "timeout": 600, **options}
        return call([script(), *arguments], env=fleet_environment(**(env or {})), **options)


def rows(result: Result) -> dict[str, list[str]]:
    """The table on stdout: cells by what stands in the first column."""
    lines = result.stdout.decode("utf-8").split("\n\n")[0].splitlines()
    return {cells[0]: cells[1:] for cells in (re.split(r" {2,}", line) for line in lines[1:])}


def snapshot(repo: Path) -> tuple[str, ...]:
    """All that an untouched repo keeps: its commit, its branch, all refs, and that it is clean, with its files."""
    return (
        git(repo, "rev-parse", "HEAD"),
        git(repo, "branch", "--show-current"),
        git(repo, "for-each-ref"),
        git(repo, "status", "--porcelain"),
        git(repo, "ls-files", "--stage"),
    )


def worktrees(repo: Path) -> list[Path]:
    """The worktrees that git knows of beside the checkout."""
    return list((Path(git(repo, "rev-parse", "--absolute-git-dir")) / "worktrees").glob("*"))
