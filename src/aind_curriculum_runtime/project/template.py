"""Which files of a generated repo are the template's, and which are the user's.

Owns the table of these files, which the template's ``copier.yml`` repeats in Copier's words (a test compares the two),
and how a repo made from this template is recognised. Knows nothing of Copier and git.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

__all__ = ["ANSWERS", "FILES", "PIN_COMMENT", "FileClass", "FileRule", "classify", "is_from_template"]

ANSWERS: Final = ".copier-answers.yml"
"""The file in which Copier keeps a repo's answers."""

PIN_COMMENT: Final = "# --- the runtime, at the commit this repo's template is from"
"""How the pin of the runtime begins in a generated repo's ``pyproject.toml``."""


class FileClass(Enum):
    """What an update from the template does with a file."""

    MANAGED = "managed"
    """The template's, without curriculum code. An update merges it; edits beside the template's lines stay."""

    SEED = "seed"
    """An update never changes it, but creates it when it is missing: every repo needs one."""

    EXAMPLE = "example"
    """The user's own from the start. An update never touches it, and once deleted it stays deleted."""


@dataclass(frozen=True, kw_only=True)
class FileRule:
    """One row of the table."""

    pattern: str
    """A file or a folder relative to the repo's root, with forward slashes; ``{package}`` is the package's name."""

    file_class: FileClass

    def covers(self, path: str, package: str) -> bool:
        """Whether the row covers a file.

        Args:
            path: The file relative to the repo's root, with forward slashes.
            package: Name of the repo's Python package.

        Returns:
            True for the file itself, and for everything in a folder.
        """
        own = self.pattern.replace("{package}", package)
        return path == own or path.startswith(f"{own}/")


FILES: Final = (
    FileRule(pattern=ANSWERS, file_class=FileClass.MANAGED),
    FileRule(pattern=".gitattributes", file_class=FileClass.MANAGED),
    FileRule(pattern=".github", file_class=FileClass.MANAGED),
    FileRule(pattern=".gitignore", file_class=FileClass.MANAGED),
    FileRule(pattern=".pre-commit-config.yaml", file_class=FileClass.MANAGED),
    FileRule(pattern="pyproject.toml", file_class=FileClass.MANAGED),
    FileRule(pattern="tests/test_contract.py", file_class=FileClass.MANAGED),
    FileRule(pattern="CHANGELOG.md", file_class=FileClass.SEED),
    FileRule(pattern="LICENSE", file_class=FileClass.SEED),
    FileRule(pattern="README.md", file_class=FileClass.SEED),
    FileRule(pattern="docs/curriculum.md", file_class=FileClass.EXAMPLE),
    FileRule(pattern="src/{package}", file_class=FileClass.EXAMPLE),
    FileRule(pattern="tests/data", file_class=FileClass.EXAMPLE),
    FileRule(pattern="tests/test_examples.py", file_class=FileClass.EXAMPLE),
)
"""Every file that the template ships, by class. No two rows cover the same file."""


def classify(path: str, package: str) -> FileClass | None:
    """The class of a file in a generated repo.

    Args:
        path: The file relative to the repo's root, with forward slashes.
        package: Name of the repo's Python package.

    Returns:
        Its class, or None for a file that is not from the template.
    """
    return next((rule.file_class for rule in FILES if rule.covers(path, package)), None)


def is_from_template(folder: Path) -> bool:
    """Whether a repo was made from this template.

    Args:
        folder: The repo.

    Returns:
        True when its answers have ``runtime_url``, which no other template asks for.
    """
    try:
        answers = (folder / ANSWERS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"^runtime_url:", answers, re.MULTILINE) is not None
