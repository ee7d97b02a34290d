"""A digest of the code that decides: the modules of the curriculum's package, and versions of what it is built on."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..curriculum.discovery import Registered
from ..project.distributions import version_of
from ..project.packages import top_of

__all__ = ["digest_of_code"]


LIBRARY: Final = ("aind-behavior-curriculum", "pydantic", "aind-curriculum-runtime")
"""What decides beside the curriculum's own code."""


def digest_of_code(registered: Registered, packages: Iterable[str] = LIBRARY) -> str:
    """Tell by which code a curriculum decides.

    Args:
        registered: Which curriculum; it is imported already.
        packages: The distributions whose versions count.

    Returns:
        A hash that is the same on every machine for the same code and packages.
    """
    top = sys.modules[top_of(registered.target)]
    found = hashlib.sha256()
    for folder in map(Path, getattr(top, "__path__", [])):
        for module in sorted(folder.rglob("*.py")):
            found.update(module.relative_to(folder).as_posix().encode() + b"\0")
            found.update(hashlib.sha256(module.read_bytes()).digest())
    if not hasattr(top, "__path__"):
        found.update(Path(str(top.__file__)).read_bytes())
    for one in packages:
        found.update(f"{one} {version_of(one)}".encode() + b"\0")
    return found.hexdigest()
