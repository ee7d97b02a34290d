"""Look whether this version can be released, and with --yes release it: a tag, and a bundle of each curriculum.

Everything must be committed, the version be above the last release and as far as the changes need, the changelog tell
of it, and the contract checks pass. Without --yes nothing is done. The tag is made here; pushing it is up to you.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..command.options import FOLDER, command, repo_option
from ..contract.errors import CurriculumError
from ..curriculum.concerned import concerns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..versions.gates import Gate, Release
    from ..versions.publish import Store

EXAMPLES: Final = """\
  curriculum release
  curriculum release --yes
  curriculum release --yes --publish s3://our-bucket/curricula"""


@command(__doc__, EXAMPLES)
@click.option("--dry-run/--no-dry-run", default=None, help="only look (default)")
@click.option("--yes", is_flag=True, help="release it; the same as --no-dry-run")
@click.option("--output", type=FOLDER, metavar="DIR", help="where bundles go (default: dist)")
@click.option("--publish", metavar="URL", help="also upload to URL/<name>/<version>/")
@repo_option()
def execute(dry_run: bool | None, yes: bool, output: Path | None, publish: str | None, repo: Path | None) -> bytes:
    """Carry out the command.

    Args:
        dry_run: True or None to only look; False to release.
        yes: Whether to release.
        output: The folder for bundles, or None for ``dist``.
        publish: URL to upload bundles to.
        repo: The curriculum repo, or None for the one around the working directory.

    Returns:
        What was done, or would be.

    Raises:
        CurriculumError: ``repo.not_releasable`` with what does not hold; ``output.exists``, ``output.refused`` and
            others of publishing, after which nothing is left of the release.
    """
    from ..versions.gates import look
    from ..versions.repo import repo_root

    if yes and dry_run:
        raise CurriculumError("usage.invalid", "--yes and --dry-run contradict one another.", "Give one of them.")
    acting = yes or dry_run is False
    store = _store(publish)
    root = repo_root(repo or Path())
    release = look(root)
    concerns(None, release.version)
    _require(release.version, release.gates)
    if store is not None:
        for name in release.names:
            store.require_free(name, release.version)
    _require(release.version, [_contract_checks(root)])
    output = Path(os.path.abspath(output if output is not None else root / "dist"))
    done = _release(release, output, store, acting=acting)
    if not acting:
        done.append("Nothing was done: this was a dry run. Add --yes to release.")
    return ("\n".join(done) + "\n").encode("utf-8")


def _contract_checks(root: Path) -> Gate:
    """Whether no contract check of level error fails; takes some seconds."""
    if importlib.util.find_spec("repo_review") is None:
        raise CurriculumError(
            "usage.extra_needed",
            "A release needs the extra 'checks', which is not installed.",
            'Depend on "aind-curriculum-runtime[checks]" in the dev group and run `uv sync`.',
        )
    from ..checks.engine.under_test import repo_at
    from ..checks.report import review
    from ..versions.gates import Gate

    report = review(repo_at(root))
    errors = [row for row in report.rows if row.status == "failed" and row.level == "error"]
    told = "; ".join(f"{row.id} {row.title}" for row in errors[:3])
    return Gate(
        title="the contract checks pass",
        passed=not errors,
        why=f"{len(errors)} failed: {told}" if errors else f"{report.count('passed')} passed",
        fix="fix what `curriculum check` finds",
    )


def _require(version: str, gates: Sequence[Gate]) -> None:
    """Show what holds and what does not; go on only when all does."""
    for gate in gates:
        print(f"{'ok' if gate.passed else 'NO'}  {gate.title}: {gate.why}", file=sys.stderr)
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        fix = "; ".join(dict.fromkeys(gate.fix for gate in failed))
        raise CurriculumError(
            "repo.not_releasable",
            f"{version} was not released: {'; '.join(gate.why for gate in failed)}.",
            f"{fix[:1].upper()}{fix[1:]}.",
        )


def _store(url: str | None) -> Store | None:
    if url is None:
        return None
    from ..versions.publish import Store

    return Store(url)


def _release(release: Release, output: Path, store: Store | None, *, acting: bool) -> list[str]:
    """Make the bundles, then the tag, then upload; whatever fails, what was made before is taken back."""
    from ..project.git import Git
    from ..versions.bundle import contents, require_free, write_bundle
    from ..versions.reading import opened, read

    git = Git(release.root, hooks=True)  # the tag is the person's own, as if made by hand
    with opened([str(release.root)], release.root) as (place,):
        snapshots = read([(place, name) for name in place.names], full=True)
        bundles = {snapshot.model.name: contents(place, snapshot) for snapshot in snapshots}
    targets = {name: output / f"{name}-{release.version}" for name in bundles}
    for target in targets.values():
        require_free(target)
    told = [] if release.tagged else [f"tag     {release.tag}"]
    told += [f"bundle  {target}" for target in targets.values()]
    told += [f"publish {store.url}/{name}/{release.version}" for name in bundles if store is not None]
    if not acting:
        return told
    written: list[Path] = []
    published: list[tuple[str, list[str]]] = []
    tagged = False
    try:
        for name, files in bundles.items():
            write_bundle(targets[name], files)
            written.append(targets[name])
        if not release.tagged:
            git.do("tag", "--annotate", "--message", f"Release {release.version}", release.tag)
            tagged = True
        for name, files in bundles.items():
            if store is not None:
                store.publish(name, release.version, files)
                published.append((name, list(files)))
    except BaseException:
        for name, names in published:
            if store is not None:
                store.withdraw(name, release.version, names)
        if tagged:
            git.ask("tag", "--delete", release.tag)
        for target in written:
            shutil.rmtree(target, ignore_errors=True)
        raise
    if not release.tagged:
        told.append(f"Next: git push origin {release.tag}")
    return told
