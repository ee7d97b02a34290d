"""The template of a curriculum repo: where it is, and which version is the newest.

Owns reading Copier's answers, and asking a template's repo for its tags. Knows nothing of how an update is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..processes.children import Children, last_line
from ..project.git import Git
from ..project.template import ANSWERS

__all__ = [
    "Answers",
    "Reference",
    "TemplateUnreachable",
    "is_after",
    "newest",
    "parse_version",
    "read_answers",
    "remote_versions",
    "why_unknown",
]


class TemplateUnreachable(Exception):
    """The template's repo did not answer; the message is what git said."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a repo records about its template."""

    source: str
    """As Copier was given it: a URL, a shorthand or a folder."""

    version: str
    """A tag, or what ``git describe`` said of the commit."""

    @property
    def url(self) -> str:
        """The source as git takes it, expanded as Copier does it."""
        for short, host in (("gh:", "https://github.com/"), ("gl:", "https://gitlab.com/")):
            if self.source.startswith(short):
                return f"{host}{self.source[len(short) :].lstrip('/').removesuffix('.git')}.git"
        url = self.source.removeprefix("git+")
        if url.startswith(("https://github.com/", "https://gitlab.com/")) and not url.endswith(".git"):
            return f"{url}.git"
        return str(Path(url).expanduser()) if url.startswith("~") else url


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A version of a template."""

    name: str
    """A tag, or HEAD where there are none."""

    commit: str


def read_answers(folder: Path) -> Answers | None:
    """Read Copier's answers file.

    Args:
        folder: The repo.

    Returns:
        Source and version, or None when there is no answers file that names both.
    """
    import yaml

    try:
        found: Any = yaml.safe_load((folder / ANSWERS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    if not isinstance(found, dict) or not found.get("_src_path") or not found.get("_commit"):
        return None
    return Answers(source=str(found["_src_path"]), version=str(found["_commit"]))


def why_unknown(folder: Path) -> str:
    """Why ``read_answers`` returned None.

    Args:
        folder: The repo.

    Returns:
        The beginning of a sentence.
    """
    if not (folder / ANSWERS).is_file():
        return f"{ANSWERS} is missing, so its template is not known"
    return f"{ANSWERS} does not tell _src_path and _commit, so its template is not known"


def remote_versions(url: str, directory: Path, processes: Children) -> dict[str, str]:
    """Ask a repo for its tags and its HEAD.

    Args:
        url: The repo, as git takes it.
        directory: Where git runs.
        processes: Starts git.

    Returns:
        Commit ids by tag, and under ``HEAD``.

    Raises:
        TemplateUnreachable: It did not answer.
    """
    done = Git(directory, processes).try_("ls-remote", "--", url, "HEAD", "refs/tags/*")
    if done.code:
        raise TemplateUnreachable(last_line(done.stderr))
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        commit, _, name = line.partition("\t")
        # An annotated tag comes twice; the second, with ^{}, is its commit.
        found[name.removeprefix("refs/tags/").removesuffix("^{}")] = commit
    return found


def newest(versions: dict[str, str]) -> Reference | None:
    """The version that Copier would take: the latest release, or HEAD where there is none.

    Args:
        versions: Commit ids by tag, and under ``HEAD``.

    Returns:
        The version; None for an empty repo.
    """
    name = latest_release(versions) or "HEAD"
    return Reference(name=name, commit=versions[name]) if name in versions else None


def latest_release(tags: Iterable[str]) -> str | None:
    """The highest tag that is a release.

    Args:
        tags: Names.

    Returns:
        The tag, or None.
    """
    releases = {tag: version for tag in tags if (version := parse_version(tag)) is not None}
    return max(releases, key=lambda tag: releases[tag], default=None)


def is_after(version: str, release: str) -> bool:
    """Whether a version is after a release, going by their names.

    Args:
        version: A tag, perhaps a pre-release's, or what ``git describe`` said of a commit after one.
        release: A release tag.

    Returns:
        True when it is; False also when the names do not show it.
    """
    begins = re.match(r"v?\d+(\.\d+)*", version)
    numbers, latest = parse_version(begins[0]) if begins else None, parse_version(release)
    if begins is None or numbers is None or latest is None:
        return False
    follows = re.fullmatch(r"-\d+-g[0-9a-f]+", version[begins.end() :]) is not None
    return numbers > latest or (numbers == latest and follows)


def parse_version(tag: str) -> tuple[int, ...] | None:
    """The numbers of a release tag; None for any other, such as a pre-release's.

    Args:
        tag: Such as v1.2.3.

    Returns:
        Its numbers, or None.
    """
    return tuple(map(int, tag.removeprefix("v").split("."))) if re.fullmatch(r"v?\d+(\.\d+)*", tag) else None
