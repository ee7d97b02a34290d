"""Say what changed between two versions of the curriculum, and which bump that needs.

A version is a git ref (v1.2.0, main, a commit), the path of a repo, or the path of a bundle. Without NEW it is the
working tree; without OLD the last release. Nothing in the working tree is touched.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from ..command.arguments import Once, Parser, path
from ..curriculum.concerned import concerns

EXAMPLES: Final = """\
  curriculum diff
  curriculum diff v0.1.0 v0.2.0
  curriculum diff origin/main . --format md"""

_FORMAT_NAMES: Final = ("text", "json", "md")


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("old", nargs="?", metavar="OLD", help="the older version (default: the last release)")
    parser.add_argument("new", nargs="?", metavar="NEW", help="the newer version (default: the working tree)")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")
    parser.add_argument("--repo", action=Once, type=path, metavar="DIR", help="the repo of the refs (default: here)")
    parser.add_argument("--format", action=Once, choices=_FORMAT_NAMES, default=None, help="default: text")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        What changed.

    Raises:
        CurriculumError: Whatever is wrong with one of the versions, by its code.
    """
    from ..versions.diff import compare
    from ..versions.reading import choose, opened, read
    from ..versions.repo import repo_root
    from ..versions.sentences import FORMATS

    root = repo_root(arguments.repo or Path())
    old = arguments.old if arguments.old is not None else last_release(root)
    new = arguments.new if arguments.new is not None else str(root)
    with opened([old, new], root) as (before, after):
        name = choose(before, after, arguments.curriculum)
        concerns(name)
        found = compare(*read([(before, name), (after, name)]))
    return FORMATS[arguments.format or "text"](found).encode("utf-8")


def last_release(root: Path) -> str:
    """The tag of the last release.

    Args:
        root: The curriculum repo.

    Returns:
        Its name.

    Raises:
        CurriculumError: ``repo.no_release`` when nothing was released yet; ``repo.shallow``; ``repo.no_git``.
    """
    from ..contract.errors import CurriculumError
    from ..project.git import Git
    from ..versions.releases import newest_release, require_commit

    git = Git(root)
    require_commit(git)
    tag = newest_release(git)
    if tag is None:
        raise CurriculumError(
            "repo.no_release",
            "Nothing was released yet: there is no tag such as v1.2.3 on the way to this commit.",
            "Name both versions, or fetch the tags: git fetch --tags",
            where=str(root),
        )
    return tag
