"""Say what changed between two versions of the curriculum, and which bump that needs.

A version is a git ref (v1.2.0, main, a commit), the path of a repo, or the path of a bundle. Without NEW it is the
working tree; without OLD the last release. Nothing in the working tree is touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ..command.options import all_option, command, curriculum_option, repo_option
from ..curriculum.concerned import concerns

EXAMPLES: Final = """\
  curriculum diff
  curriculum diff v0.1.0 v0.2.0
  curriculum diff origin/main . --format md"""

_FORMAT_NAMES: Final = ("text", "json", "md")


@command(__doc__, EXAMPLES)
@click.argument("old", required=False, help="the older version (default: the last release)")
@click.argument("new", required=False, help="the newer version (default: the working tree)")
@curriculum_option
@repo_option("the repo of the refs (default: here)")
@click.option("--format", "form", type=click.Choice(_FORMAT_NAMES), default="text", help="default: text")
@all_option("list every parameter that changed (default: the first of many; json has all)")
def execute(
    old: str | None, new: str | None, curriculum: str | None, repo: Path | None, form: str, everything: bool
) -> bytes:
    """Carry out the command.

    Args:
        old: The older version, or None for the last release.
        new: The newer version, or None for the working tree.
        curriculum: The curriculum, where there are several.
        repo: The repo of the refs, or None for the one around the working directory.
        form: Format of the result.
        everything: Whether text and Markdown list all parameters that changed.

    Returns:
        What changed.

    Raises:
        CurriculumError: Whatever is wrong with one of the versions, by its code.
    """
    from ..versions.diff import compare
    from ..versions.reading import choose, opened, read_both
    from ..versions.repo import repo_root
    from ..versions.sentences import FORMATS

    root = repo_root(repo or Path())
    old = old if old is not None else last_release(root)
    new = new if new is not None else str(root)
    with opened([old, new], root) as (before, after):
        name = choose(before, after, curriculum)
        concerns(name)
        ((older, newer),) = read_both(before, after, [name])
    found = compare(older, newer)
    return FORMATS[form](found, everything).encode("utf-8")


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
