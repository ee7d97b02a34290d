"""Checks of versions (VE): one semantic number, the same everywhere, and a new one for a new graph."""

from __future__ import annotations

from collections.abc import Iterable

from semver import Version

from ...contract.versions import SEMVER, semver_of
from ...versions.changelog import has_entry
from ...versions.numbers import enough, level_between
from ..engine.check import Check, TargetCheck
from ..engine.findings import Finding, NotApplicable
from ..engine.releases import last_release
from ..engine.repo import Target
from ..engine.under_test import CurriculumRepo


class VE001(Check):
    """The version is semantic

    A new major version means that stages changed; launchers and trainer states go by it.
    """

    family = "versions"
    requires = frozenset({"LP001"})
    fix = 'Write version = "MAJOR.MINOR.PATCH" under [project], such as "1.2.0", and run `uv lock`.'

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if "version" not in repo.project:
            if repo.version_is_generated:
                raise NotApplicable("the version is made when the package is built")
            yield Finding(message="[project] has no version.", path="pyproject.toml")
        elif not SEMVER.fullmatch(repo.version):
            yield Finding(
                message=f"The version {repo.project['version']!r} is not semantic.",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", "version ="),
            )


class VE002(TargetCheck):
    """The package, the curriculum and the document agree on the version

    Data is labelled with the document's version; the commit is found by the package's.
    """

    family = "versions"
    requires = frozenset({"VE001", "SO004"})
    runs = ("facts", "launcher")
    fix = 'Pass curriculum_version("NAME") to create_curriculum, so that pyproject.toml alone states it; run `uv sync`.'

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        package, curriculum = repo.version, repo.runs.facts(target)["version"]
        document = repo.runs.suggestion(target)["version"]
        if not package == curriculum == document:
            yield Finding(
                message=f"pyproject.toml says {package}, the curriculum {curriculum} and the document {document}.",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", "version ="),
                fix=None if repo.packages else f"Run `uv run {repo.command} wrap {target.object}`.",
            )


class VE003(Check):
    """The changelog has an entry for the version

    It is the first thing that somebody who updates a fleet reads.
    """

    family = "versions"
    level = "warning"
    requires = frozenset({"VE001"})
    fix = "Add a heading `## [VERSION]` to CHANGELOG.md with what changed."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if not repo.from_template and not (repo.root / "CHANGELOG.md").is_file():
            raise NotApplicable("the repo was not made from the template and keeps no changelog")
        try:
            text = (repo.root / "CHANGELOG.md").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            yield Finding(message="There is no CHANGELOG.md.", path="CHANGELOG.md")
            return
        if not has_entry(text, repo.version):
            yield Finding(message=f"CHANGELOG.md has no entry for {repo.version}.", path="CHANGELOG.md")


class VE004(TargetCheck):
    """A graph that changed since the last release has a new version

    Two different curricula under one number cannot be told apart in the data.
    """

    family = "versions"
    requires = frozenset({"VE001", "LP005"})
    runs = ("facts", "last release")
    fix = (
        "Raise the version in pyproject.toml (minor for parameters or transitions, major for stages), add it to the "
        "changelog, and run `uv lock`."
    )

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        repo.require_own_code()
        tag = last_release(repo)
        if tag is None:
            raise NotApplicable("there is no release tag (v1.2.3) yet")
        if semver_of(tag.removeprefix("v")) != repo.version:
            return
        then = repo.runs.get(target, "last release").answer
        if not isinstance(then, dict) or "error" in then:
            raise NotApplicable(f"the curriculum of {tag} does not import any more")
        if then["graph"] != repo.runs.facts(target)["graph"]:
            yield Finding(
                message=f"The curriculum is not the one that was released as {tag}, but has its version.",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", "version ="),
            )


class VE005(TargetCheck):
    """The version is above the last release, and far enough

    A version edited by hand may go back, and then two different curricula bear one number; or it may be raised too
    little, and then the states of animals are accepted that a stage is gone from.
    """

    family = "versions"
    requires = frozenset({"VE001", "LP005"})
    runs = ("since release",)
    fix = "`uv run curriculum bump` raises it as far as the changes need; `uv run curriculum diff` shows them."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        repo.require_own_code()
        tag = last_release(repo)
        if tag is None:
            raise NotApplicable("there is no release tag (v1.2.3) yet")
        released = semver_of(tag.removeprefix("v"))
        if released != repo.version and (why := self._why(repo, target, released)):
            yield Finding(message=why, path="pyproject.toml", line=repo.line_of("pyproject.toml", "version ="))

    def _why(self, repo: CurriculumRepo, target: Target, released: str) -> str | None:
        if Version.parse(repo.version) < Version.parse(released):
            return f"The version {repo.version} is below {released}, which was released already."
        process = repo.runs.get(target, "since release")
        difference = process.document
        if not isinstance(difference, dict):
            raise NotApplicable(f"the curriculum could not be compared with its last release: {process.said}")
        before, needed = difference["old_version"], difference["needs"]
        given = level_between(before, repo.version)
        if enough(given, needed):
            return None
        return f"From {before} to {repo.version} is a {given} bump, and what changed needs a {needed} one."


CHECKS = (VE001(), VE002(), VE003(), VE004(), VE005())
