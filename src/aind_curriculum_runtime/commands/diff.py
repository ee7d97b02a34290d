"""Say what changed between two versions of the curriculum, and which bump that needs.

A version is a git ref (v1.2.0, main, a commit), the path of a repo, or the path of a bundle. Without NEW it is the
working tree; without OLD the last release. Nothing in the working tree is touched.

With --cohort it says instead which animals would be treated otherwise: both versions decide the same sessions, each
from the stage that was run. The exit code is 3 where a session could not be compared, and 4 where more of the decisions
change than --fail-over allows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..command.cohort_options import cohort_options
from ..command.options import all_option, command, curriculum_option, repo_option
from ..command.reporting import DIFFERENT, LEFT_OUT, Output
from ..curriculum.concerned import concerns

if TYPE_CHECKING:
    from fractions import Fraction

    from ..versions.snapshot import Place

EXAMPLES: Final = """\
  curriculum diff
  curriculum diff v0.1.0 v0.2.0
  curriculum diff origin/main . --format md
  curriculum diff origin/main --cohort sessions.csv --fail-over 5%"""

_FORMAT_NAMES: Final = ("text", "json", "md", "html", "github")
_OF_A_COHORT: Final = ("html", "github")


@command(__doc__, EXAMPLES)
@click.argument("old", required=False, help="the older version (default: the last release)")
@click.argument("new", required=False, help="the newer version (default: the working tree)")
@curriculum_option
@repo_option("the repo of the refs (default: here)")
@cohort_options
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMAT_NAMES),
    default="text",
    help="default: text; html and github (a comment, and the step's summary) are of a cohort",
)
@all_option("list every parameter or animal (default: the first of many; json and html have all)")
def execute(
    old: str | None,
    new: str | None,
    curriculum: str | None,
    repo: Path | None,
    cohort: str | None,
    fail_over: Fraction | None,
    form: str,
    everything: bool,
) -> bytes | Output:
    """Carry out the command.

    Args:
        old: The older version, or None for the last release.
        new: The newer version, or None for the working tree.
        curriculum: The curriculum, where there are several.
        repo: The repo of the refs, or None for the one around the working directory.
        cohort: The sessions that both versions decide, or None to compare the versions themselves.
        fail_over: The share of the decisions that may change; None for all.
        form: Format of the result.
        everything: Whether text and Markdown list all of many.

    Returns:
        What changed; of a cohort with ``DIFFERENT`` or ``LEFT_OUT``.

    Raises:
        CurriculumError: Whatever is wrong with one of the versions, or with the cohort, by its code.
    """
    from ..contract.errors import CurriculumError
    from ..versions.diff import compare
    from ..versions.reading import choose, opened, read_both
    from ..versions.repo import repo_root
    from ..versions.sentences import FORMATS

    if cohort is None and (fail_over is not None or form in _OF_A_COHORT):
        asked = "--fail-over" if fail_over is not None else f"--format {form}"
        raise CurriculumError("usage.invalid", f"{asked} is about animals.", "Name their sessions by --cohort SOURCE.")
    root = repo_root(repo or Path())
    old = old if old is not None else last_release(root)
    new = new if new is not None else str(root)
    with opened([old, new], root) as (before, after):
        name = choose(before, after, curriculum)
        concerns(name)
        if cohort is not None:
            return _over_cohort(before, after, name, cohort, fail_over, form, everything)
        ((older, newer),) = read_both(before, after, [name])
    found = compare(older, newer)
    return FORMATS[form](found, everything).encode("utf-8")


def _over_cohort(
    before: Place, after: Place, name: str, cohort: str, fail_over: Fraction | None, form: str, everything: bool
) -> Output:
    from ..cohort.comparing import compare_over
    from ..cohort.difference_forms import written
    from ..cohort.provenance import provenance

    found = compare_over(before, after, name, cohort)
    document = written(found, provenance(before, after, name, cohort), form, everything=everything)
    if fail_over is not None and found.is_over(fail_over):
        return Output(document, DIFFERENT)
    return Output(document, LEFT_OUT if found.left_out or found.cut is not None else 0)


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
