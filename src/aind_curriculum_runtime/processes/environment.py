"""Which environment variables a child process inherits.

Owns the variables that would make git, Python or uv work on another repo than the intended one, in groups that callers
choose from. Knows nothing of processes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["GIT", "PYTHON", "RUNS", "UV", "default_environment", "without"]

GIT: Final = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
    *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"),
)
"""Git sets these for hooks: a command in a submodule would then work on the superproject."""

PYTHON: Final = (
    "VIRTUAL_ENV",
    *("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "__PYVENV_LAUNCHER__"),
)
"""The virtual environment and the Python of the caller; each curriculum has its own."""

UV: Final = (
    *("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "UV_NO_PROJECT"),
    *("UV_ISOLATED", "UV_ENV_FILE", "UV_NO_SYNC"),
)
"""These make uv use another project or environment than the curriculum's."""

RUNS: Final = ("UV_FROZEN", "UV_LOCKED", "PYTHONHASHSEED")
"""The contract checks set these for their runs: uv refuses the first two together, or either with UV_NO_SYNC."""


def without(*groups: tuple[str, ...], environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Copy an environment without some groups of variables.

    Args:
        *groups: Names of variables to leave out.
        environment: What to start from; this process's own by default.

    Returns:
        Everything else, such as proxies, PATH and uv's cache.
    """
    dropped = {name for group in groups for name in group}
    # Windows ignores case in the names of variables; os.environ gives them in capitals.
    given = os.environ if environment is None else environment
    return {name: value for name, value in given.items() if name.upper() not in dropped}


def default_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that a curriculum runs in, unless the host gives another.

    Args:
        environment: What to start from; the launcher's own by default.

    Returns:
        A copy without the variables of ``PYTHON`` and ``UV``, and without the launcher's virtual environment on PATH:
        a repo that has no command `curriculum` would run the launcher's.
    """
    given = os.environ if environment is None else environment
    own = {_same(Path(given["VIRTUAL_ENV"]))} if given.get("VIRTUAL_ENV") else set()
    if sys.prefix != sys.base_prefix:
        own.add(_same(Path(sys.prefix)))
    kept = without(PYTHON, UV, environment=given)  # not GIT: a launcher is not a git hook, so it set those on purpose
    for key in kept:
        if key.upper() == "PATH":
            folders = kept[key].split(os.pathsep)
            kept[key] = os.pathsep.join(one for one in folders if not (one and _same(Path(one).parent) in own))
    return kept


def _same(path: Path) -> str:
    return os.path.normcase(os.path.abspath(path))
