"""The weekly update of one repo, step by step in bash, with real git, Copier and uv; only `gh` is a stand-in."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from fleet_support import NEWEST, OLDER, changes_a_line_that_the_template_changes, make_releases, scaffold
from support import PROJECT, Repo, call, commit_all, git

BRANCH = "curriculum-template"
PASSES, FAILS = "exit 0", "echo 'GR001 error: A finding.'; exit 1"

GH = r"""#!/bin/sh
printf '%s\n' "$*" >> "$PLACE/gh.log"
case "$1 $2" in
  "pr view") cat "$PLACE/pull-request" 2> /dev/null || { echo "no pull requests found" >&2; exit 1; } ;;
  "pr create") echo OPEN > "$PLACE/pull-request" ;;
esac
"""
"""Knows one pull request, and writes down what it is asked."""

UV = """#!/bin/sh
case "$1" in
  lock | tool) exec "$UV" "$@" ;;
  run) {checks} ;;
esac
"""
"""uv whose environment is never made: for all but the one run in which the checks are real."""


@dataclass
class Run:
    """What one run of the workflow left."""

    said: str = ""
    failed: list[str] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hosted:
    """A repo as GitHub has it, where its workflow runs."""

    place: Path

    @property
    def remote(self) -> Path:
        return self.place / "remote.git"

    @property
    def asked(self) -> list[str]:
        """What `gh` was asked so far."""
        log = self.place / "gh.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    @property
    def body(self) -> str:
        """What the pull request says."""
        return (self.place / "temp" / "body.md").read_text(encoding="utf-8")

    def branch(self) -> str:
        """The commit of the pull request's branch, or nothing."""
        return git(self.remote, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")

    def push(self, branch: str, message: str) -> None:
        """Let a person push a commit to a branch."""
        work = self.place / f"person on {branch}"
        git(self.place, "clone", "--quiet", "--branch", branch, str(self.remote), str(work))
        (work / "README.md").write_text(f"# {message}\n", encoding="utf-8")
        commit_all(work, message)
        git(work, "push", "--quiet", "origin", "HEAD")

    def run(self, *, checks: str | None = PASSES, token: str = "a-token", to: str = "") -> Run:
        """Run the workflow's steps as GitHub does, in a fresh clone."""
        stubs, temp, work = (self.place / name for name in ("stubs", "temp", f"work-{len(list(self.place.iterdir()))}"))
        for folder in (stubs, temp):
            folder.mkdir(exist_ok=True)
        git(self.place, "clone", "--quiet", str(self.remote), str(work))
        for name, text in (("gh", GH), ("uv", None if checks is None else UV.format(checks=checks))):
            if text is not None:
                (stubs / name).write_text(text, encoding="utf-8", newline="\n")
                (stubs / name).chmod(0o755)
        workflow = yaml.safe_load((PROJECT / ".github/workflows/update-curriculum.yml").read_text(encoding="utf-8"))
        inputs = {name: one["default"] for name, one in workflow[True]["workflow_call"]["inputs"].items()}
        inputs |= {"to": to, "copier": f"copier=={importlib.metadata.version('copier')}"}
        run = Run()
        for step in (one for one in workflow["jobs"]["update"]["steps"] if "run" in one):
            known = {f"inputs.{name}": text for name, text in inputs.items()} | {"secrets.token": token}
            known |= {
                f"steps.{name}.outputs.{key}": text for name, all_ in run.outputs.items() for key, text in all_.items()
            }
            if run.failed or not holds(step.get("if", "'' == ''"), known):
                continue
            output = temp / "output"
            output.write_text("", encoding="utf-8")
            env = {name: evaluated(str(text), known) for name, text in step.get("env", {}).items()}
            env |= {"PLACE": str(self.place), "UV": str(shutil.which("uv")), "GITHUB_OUTPUT": str(output)}
            env |= {"RUNNER_TEMP": str(temp), "GITHUB_STEP_SUMMARY": str(temp / "summary.md")}
            shell = f'PATH="$(cd "{stubs.as_posix()}" && pwd):$PATH"\n{step["run"]}'
            done = call(
                [shutil.which("bash") or "bash", "-eo", "pipefail", "-c", shell], cwd=work, env=env, timeout=600
            )
            run.said += done.stdout.decode("utf-8") + done.text
            if done.code:
                run.failed.append(step["name"])
            lines = output.read_text(encoding="utf-8").splitlines()
            run.outputs[step.get("id", step["name"])] = dict(line.split("=", 1) for line in lines)
        return run


def value(term: str, known: dict[str, str]) -> str:
    """A word of GitHub's expressions: a text, or something known."""
    return term[1:-1] if term.startswith("'") else known.get(term, "")


def holds(condition: str, known: dict[str, str]) -> bool:
    """Whether a condition holds: two terms and what is between them."""
    left, sign, right = condition.split(" ")
    return (value(left, known) == value(right, known)) is (sign == "==")


def evaluated(text: str, known: dict[str, str]) -> str:
    """A text with its expressions replaced."""

    def one(found: re.Match[str]) -> str:
        term = found[1]
        return str(holds(term, known)).lower() if " " in term else value(term, known)

    return re.sub(r"\$\{\{ (.*?) \}\}", one, text)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_releases(tmp_path_factory.mktemp("releases") / "template")


def hosted(repo: Repo, place: Path) -> Hosted:
    """Put a repo where GitHub would have it."""
    git(place, "clone", "--quiet", "--bare", str(repo.path), "remote.git")
    return Hosted(place)


@pytest.fixture
def old(releases: Path, tmp_path: Path) -> Hosted:
    """A repo at an older version of the template."""
    return hosted(scaffold(releases, OLDER, tmp_path / "mine"), tmp_path)


def files_at(repo: Path, commit: str) -> dict[str, str]:
    """Ids of all files of a commit but the lock file."""
    rows = (line.split() for line in git(repo, "ls-tree", "-r", commit).splitlines())
    return {name: number for _, _, number, name in rows if name != "uv.lock"}


def test_an_update_comes_as_one_pull_request_with_the_checks_in_it(releases: Path, tmp_path: Path) -> None:
    made = scaffold(releases, OLDER, tmp_path / "mine").sync()
    commit_all(made.path, "Lock")
    repo = hosted(made, tmp_path)
    run = repo.run(checks=None)
    assert run.failed == [], run.said
    assert f"From {OLDER} of the template to {NEWEST}.\n\nThe checks passed:" in repo.body
    assert re.search(r"^\d+ passed, ", repo.body, re.MULTILINE), repo.body
    title = f"Update the curriculum template to {NEWEST}"
    assert [one.partition(" --body")[0] for one in repo.asked] == [
        "auth setup-git",
        f"pr view {BRANCH} --json state --jq .state",
        f"pr create --head {BRANCH} --title {title}",
    ]
    fresh = scaffold(releases, NEWEST, tmp_path / "fresh" / "mine")
    assert files_at(repo.remote, repo.branch()) == files_at(fresh.path, "HEAD")
    assert git(repo.remote, "log", "-1", "--format=%s %ce", BRANCH).startswith(f"{title} 41898282+github-actions[bot]")
    assert "[tool.uv" not in git(repo.remote, "show", f"{BRANCH}:uv.lock")
    newest = git(releases, "rev-parse", NEWEST)
    assert newest in git(repo.remote, "show", f"{BRANCH}:uv.lock"), "the runtime did not move"


@pytest.mark.exhaustive
def test_later_runs_renew_the_pull_request_and_leave_work_of_somebodys_own(old: Hosted) -> None:
    assert old.run().failed == []
    first = old.branch()

    assert old.run(checks=FAILS).failed == ["Tell of conflicts and of checks that fail"]
    assert old.branch() == first, "the same update was pushed again"
    assert "The checks failed:\n\n```\nGR001 error: A finding.\n```" in old.body
    assert [one.split(" ")[1] for one in old.asked] == ["setup-git", "view", "create", "setup-git", "view", "edit"]

    old.push("main", "The repo moves on")
    assert old.run().failed == []
    assert git(old.remote, "merge-base", "main", BRANCH) == git(old.remote, "rev-parse", "main")

    old.push(BRANCH, "By hand")
    asked = old.asked
    run = old.run()
    assert run.failed == [], run.said
    assert f"::warning::The branch {BRANCH} has work of somebody's own" in run.said
    assert old.asked[len(asked) :] == ["auth setup-git"]
    assert git(old.remote, "log", "-1", "--format=%s", BRANCH) == "By hand"


def test_without_a_newer_release_nothing_is_done_and_no_token_is_needed(releases: Path, tmp_path: Path) -> None:
    repo = hosted(scaffold(releases, NEWEST, tmp_path / "mine"), tmp_path)
    run = repo.run(token="")
    assert (run.failed, repo.asked, repo.branch()) == ([], [], ""), run.said
    assert "The template has no newer release." in run.said


def test_a_repo_that_is_ahead_of_the_latest_release_is_left_alone(releases: Path, tmp_path: Path) -> None:
    ahead = tmp_path / "ahead"
    git(tmp_path, "clone", "--quiet", str(releases), str(ahead))
    commit_all(ahead, "After the release")
    repo = hosted(scaffold(ahead, "HEAD", tmp_path / "mine"), tmp_path)
    run = repo.run()
    assert (run.failed, repo.asked, repo.branch()) == ([], [], ""), run.said


def test_without_a_token_the_error_says_which_one_is_needed(old: Hosted) -> None:
    run = old.run(token="")
    assert run.failed == ["Look for a newer release"]
    assert (old.asked, old.branch()) == ([], "")
    (error,) = [line for line in run.said.splitlines() if line.startswith("::error::")]
    for word in ("contents, pull requests and workflows", "CURRICULUM_UPDATE_TOKEN", "uvx copier update"):
        assert word in error


def test_conflicts_mark_the_pull_request_and_fail_the_run(releases: Path, tmp_path: Path) -> None:
    made = scaffold(releases, OLDER, tmp_path / "mine")
    changes_a_line_that_the_template_changes(made)
    commit_all(made.path, "Ours")
    repo = hosted(made, tmp_path)
    run = repo.run()
    assert run.failed == ["Tell of conflicts and of checks that fail"], run.said
    assert f"pr create --head {BRANCH} --title Conflicts: Update the curriculum template to {NEWEST}" in repo.asked[-1]
    assert repo.body.startswith("**Not to be merged as it is.**")
    assert "\n- pyproject.toml\n\nFrom " in repo.body
    assert "The checks failed" in repo.body
    assert "<<<<<<< " in git(repo.remote, "show", f"{BRANCH}:pyproject.toml")


def test_a_push_that_is_refused_says_what_the_token_must_be_allowed(old: Hosted) -> None:
    hook = old.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'refusing to update workflow' >&2\nexit 1\n", encoding="utf-8", newline="\n")
    hook.chmod(0o755)
    run = old.run()
    assert run.failed == ["Push the branch"]
    assert "::error::The push was refused; git's words are above. CURRICULUM_UPDATE_TOKEN must be" in run.said
    assert old.asked == ["auth setup-git"]


def test_an_update_that_copier_refuses_ends_with_the_way_to_make_it(releases: Path, tmp_path: Path) -> None:
    template = tmp_path / "migrating"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    made = scaffold(template, OLDER, tmp_path / "mine")
    Repo(template).edit(
        "copier.yml", "_migrations: []", '_migrations:\n  - version: "1000.0.0"\n    command: ["git", "--version"]'
    )
    commit_all(template, "A migration")
    git(template, "tag", "v1000.0.0")
    repo = hosted(made, tmp_path)
    run = repo.run()
    assert run.failed == ["Update"], run.said
    assert "::error::Copier cannot update this repo; its words are above. By hand: uvx copier update" in run.said
    assert (repo.asked, repo.branch()) == ([], "")


def test_the_token_is_given_to_the_last_two_steps_alone() -> None:
    workflow = yaml.safe_load((PROJECT / ".github/workflows/update-curriculum.yml").read_text(encoding="utf-8"))
    steps: list[dict[str, Any]] = workflow["jobs"]["update"]["steps"]
    given = [one.get("name") for one in steps if "${{ secrets.token }}" in str(one)]
    assert given == ["Push the branch", "Open one pull request"]
