"""Chains of sessions of an original, once more in a repo that has adopted its curriculum.

    python tests/adopted_chains.py FOLDER SESSIONS [NAME ...]

measures all nine curricula, or those that are named, as `wrapped.py` does for wrapped ones. It prints a table of
docs/adopt.md.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adopted import adopt
from real_curricula import NINE
from support import Repo, call, make_template
from wrapped import Original, Step, steps_of, wrapped_repo

_NAMES = """
import json, sys
from aind_curriculum_runtime.curriculum.discovery import choose, installed
from aind_curriculum_runtime.curriculum.formerly import declared
from aind_curriculum_runtime.curriculum.loading import load

registered = choose(installed(), None)
load(registered)
print(json.dumps(dict(declared(registered.target))))
"""


def steps_of_today(repo: Repo, folder: Path) -> list[Step]:
    """Evaluate the original's steps once more in a repo that adopted it; what the original said has the names of today.

    Of the curriculum itself, whose graph no evaluation reads, the version is left: `adopt` has compared the rest.
    """
    told = call([repo.script("python"), "-c", _NAMES])
    assert told.code == 0, told.text

    def today(state: dict[str, Any]) -> Any:
        text = json.dumps({**state, "curriculum": state["curriculum"]["version"]})
        for old, now in told.document.items():
            text = text.replace(json.dumps(old), json.dumps(now))
        return json.loads(text)

    def suggested(document: Any) -> Any:
        return None if document is None else {**document, "trainer_state": today(document["trainer_state"])}

    return [
        replace(one, before=today(one.before), theirs=suggested(one.theirs), ours=suggested(one.ours))
        for one in steps_of(repo, folder)
    ]


def main(folder: Path, sessions: int, names: Sequence[str]) -> None:
    """Measure curricula, and print the table."""
    template = make_template(folder / "template")
    original = Original.installed(folder / "original")
    for name in names:
        repo = wrapped_repo(template, folder / f"vr-{name}", name)
        chains = original.chains(folder / "steps", name, sessions)
        done = adopt(repo)
        assert done.code == 0, done.text
        found = steps_of_today(repo, chains)
        steps = done.stdout.decode("utf-8").count("  src/")
        print(f"| {name} | {len(found)} | {sum(one.is_equal for one in found)} | {steps} |", flush=True)
        shutil.rmtree(repo.path)


if __name__ == "__main__":
    main(Path(os.path.abspath(sys.argv[1])), int(sys.argv[2]), sys.argv[3:] or [*NINE])
