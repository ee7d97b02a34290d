"""Record what each check says of a real fault, for its page in the docs.

    uv run python tests/record_examples.py

Seeds the faults of mutations.py one by one, the first of each check, and writes src/.../checks/examples.json. Then
run `python -m aind_curriculum_runtime.checks.pages docs/checks`.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from mutations import MUTATIONS
from support import PROJECT, Repo, commit_all, generate, make_template

from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.checks.report import review

FILE = PROJECT / "src" / "aind_curriculum_runtime" / "checks" / "examples.json"


def main() -> None:
    examples: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        repo = Repo(generate(make_template(folder / "template"), folder / "my-curriculum")).sync()
        commit_all(repo.path, "Lock")
        for mutation in MUTATIONS:
            if mutation.check in examples:
                continue
            mutation.apply(repo)
            (row,) = review(repo_at(repo.path), select=[mutation.check]).rows
            finding = row.findings[0]
            said = f"{row.id} {row.level}: {finding.where + ': ' if finding.where else ''}{finding.sentence}"
            # Folders of this machine, and the runs' own, are nobody's business.
            said = re.sub(rf"\S*{re.escape(tempfile.gettempdir())}\S*/", "/data/", said)
            examples[mutation.check] = {"fault": mutation.fault, "said": said}
            mutation.undo(repo)
    FILE.write_text(json.dumps(dict(sorted(examples.items())), indent=2) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
