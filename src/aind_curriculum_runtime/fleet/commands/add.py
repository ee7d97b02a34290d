"""Add a curriculum repo to a task repo, as a submodule.

The repo is looked at before anything changes: one that declares no curriculum, or does not use the runtime, is
refused. What is added is staged, not committed.
"""

from __future__ import annotations

import posixpath
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from ...contract.errors import ExitCode
from ...processes.children import Children, last_line
from ...project.git import Git
from ...project.git_directory import git_directory
from ...project.pyproject import Pyproject
from ..errors import INTERRUPTED, FleetError
from ..lock import SCRATCH_PREFIX, remove_folder
from ..members import Member, quoted, submodules, task_repo
from ..options import command
from ..selection import need_uv
from ..status import RUNTIME
from .check import check

EXAMPLES: Final = """\
  curricula add https://github.com/owner/my-curriculum
  curricula add ../my-curriculum curricula/mine"""


@command(__doc__, EXAMPLES)
@click.argument("url", metavar="URL", help="the curriculum repo, as git takes it")
@click.argument("path", required=False, help="where (default: curricula/NAME)")
@click.option("--no-check", is_flag=True, help="do not make its environment and run its checks")
def execute(url: str, path: str | None, no_check: bool, start: Path) -> int:
    """Carry out the command.

    Args:
        url: The curriculum repo, as git takes it.
        path: Where to add it, or None for ``curricula/NAME``.
        no_check: Whether its environment and its checks are left out.
        start: A folder of the task repo.

    Returns:
        0, or 1 when the curriculum was added but its checks fail.

    Raises:
        FleetError: The URL leads to no curriculum repo, the path is taken, or it is no git repo.
    """
    if not no_check:
        need_uv()
    processes = Children()
    root = task_repo(start)
    git = Git(root, processes)
    folder = path or f"curricula/{_name(url)}"
    target = (root / folder).resolve()
    if not target.is_relative_to(root.resolve()) or target == root.resolve():
        raise FleetError(f"{folder} is not inside of the task repo.", "Give a path from the task repo's root on.")
    folder = target.relative_to(root.resolve()).as_posix()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FleetError(f"There is something at {folder} already.", "Give another PATH.")
    submodules(root, processes)
    kept = git_directory(root)
    kept = kept and kept / "modules" / folder
    if kept is not None and kept.exists():
        raise FleetError(
            f"There was a submodule at {folder} before, and git kept its repo in {kept}.",
            f"Take it again: `git submodule add --force {url} {quoted(folder)}`. Or, if no commit in it is needed, "
            "delete that folder and run this again.",
            ExitCode.REPO,
        )
    _look_at(url, _absolute(url, root, git), processes)
    done = git.try_("submodule", "add", "--", url, folder)
    if done.code:
        raise FleetError(
            f"git submodule add failed: {last_line(done.stderr)}.",
            "Fix what git says, and run it again.",
            ExitCode.REPO,
        )
    print(f"Added {folder}, staged.", flush=True)
    member = Member(root, folder, True)
    if not no_check:
        try:
            state, said = check(member, processes)
        except KeyboardInterrupt:
            print(f"curricula: The checks were interrupted; {folder} stays added.", file=sys.stderr)
            print(f"  hint: Run `curricula check {quoted(folder)}`, then commit.", file=sys.stderr)
            return INTERRUPTED
        print(said)
        if state == "failed":
            raise FleetError(
                f"{member.name} was added, but its checks fail.",
                f"Fix it in {folder}, or take it out again: `git rm --force {quoted(folder)}`.",
                ExitCode.CONTRACT,
            )
    print(f'Next: git commit -m "Add {member.name}"')
    return 0


def _name(url: str) -> str:
    name = re.split(r"[/\\:]", url.rstrip("/\\"))[-1].removesuffix(".git")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise FleetError(f"{url!r} does not end with a name for the folder.", "Give PATH too.")
    return name


def _absolute(url: str, root: Path, git: Git) -> str:
    """Git takes a URL with dots from the task repo's own remote on, and without a remote from its folder on."""
    if not url.startswith(("./", "../")):
        return url
    remote = git.try_("remote", "get-url", "origin")
    base = remote.stdout.strip() if remote.code == 0 else root.as_posix()
    head, separator, tail = base.partition("://") if "://" in base else ("", "", base)
    return head + separator + posixpath.normpath(posixpath.join(tail, url))


def _look_at(typed: str, url: str, processes: Children) -> None:
    """Refuse a URL that leads to no curriculum repo.

    Raises:
        FleetError: It cannot be cloned, or what is there is none.
    """
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX))
    try:
        git = Git(scratch, processes)
        done = git.try_("clone", "--quiet", "--no-checkout", "--depth", "1", "--", url, "clone")
        if done.code:
            raise FleetError(
                f"{typed} cannot be cloned: {last_line(done.stderr)}.", "Check the URL and your access to it."
            )
        shown = Git(scratch / "clone", processes).try_("show", "HEAD:pyproject.toml")
    finally:
        remove_folder(scratch)
    problem = _problem(shown.out if shown.code == 0 else None)
    if problem:
        raise FleetError(
            f"{typed} is not a curriculum repo: {problem}.",
            "Make one with the template, or fix what `curriculum check` finds in it.",
            ExitCode.CONTRACT,
        )


def _problem(content: bytes | None) -> str | None:
    if content is None:
        return "it has no pyproject.toml"
    file = Pyproject.parse(content)
    if file.problem is not None:
        return f"its pyproject.toml {file.problem}"
    if not file.curricula:
        return "its pyproject.toml declares no curriculum"
    if RUNTIME not in file.dependency_names:
        return f"it does not depend on {RUNTIME}"
    if file.command in file.scripts:
        return f"its command `{file.command}` is its own and not the runtime's"
    return None
