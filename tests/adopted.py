"""Repos of the template that have adopted a curriculum, as docs/adopt.md says.

    python tests/adopted.py FOLDER [NAME ...]

makes one of each of the nine real curricula in a folder, with its environment, to try a command on it by hand.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from real_curricula import NINE
from support import Repo, Result, clean_environment, commit_all, make_template
from wrapped import run, wrapped_repo


def adopt(repo: Repo) -> Result:
    """Adopt the curriculum that a repo wraps, and commit."""
    done = run(repo, "adopt")
    if done.code == 0:
        command = ["uv", "sync", "-q", "--reinstall-package", "aind-curriculum-runtime"]
        subprocess.run(command, cwd=repo.path, check=True, env=clean_environment())
        commit_all(repo.path, "Adopt")
    return done


def adopted_repo(template: Path, folder: Path, name: str) -> Repo:
    """A repo of the template that has adopted one of the nine, with its environment and a sample session, committed."""
    repo = wrapped_repo(template, folder, name)
    done = adopt(repo)
    assert done.code == 0, done.text
    return repo


if __name__ == "__main__":
    where = Path(sys.argv[1]).absolute()
    of_this_tree = where / "of-this-tree"  # stays: the repos are locked to it
    if not of_this_tree.exists():
        make_template(of_this_tree)
    for one in sys.argv[2:] or NINE:
        print(adopted_repo(of_this_tree, where / f"vr-{one}", one).path)
