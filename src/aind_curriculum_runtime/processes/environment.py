"""What the curriculum's process inherits of the launcher's environment.

Owns the list of variables that would lead `uv run` or Python away from the curriculum's own environment.
Knows nothing of processes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["DROPPED", "default_environment"]

DROPPED: Final = (
    # the launcher's own virtual environment and Python
    *("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "__PYVENV_LAUNCHER__"),
    # these make uv take another project or another environment than the curriculum's
    *("UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "UV_NO_PROJECT"),
    *("UV_ISOLATED", "UV_ENV_FILE", "UV_NO_SYNC"),
)
"""Variables that are not passed on; everything else is, such as proxies, PATH and uv's cache."""


def default_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment a curriculum is run in unless the host gives another.

    Args:
        environment: What to start from; the launcher's own by default.

    Returns:
        A copy without the variables in ``DROPPED``, and with the programs of the launcher's virtual environment
        taken off PATH: a repo that has no command `curriculum` would get the launcher's.
    """
    given = dict(os.environ if environment is None else environment)
    own = {_same(Path(given["VIRTUAL_ENV"]))} if given.get("VIRTUAL_ENV") else set()
    if sys.prefix != sys.base_prefix:
        own.add(_same(Path(sys.prefix)))
    # Windows has no case in the names of variables; os.environ gives them in capitals.
    kept = {key: value for key, value in given.items() if key.upper() not in DROPPED}
    for key in kept:
        if key.upper() == "PATH":
            folders = kept[key].split(os.pathsep)
            kept[key] = os.pathsep.join(one for one in folders if not (one and _same(Path(one).parent) in own))
    return kept


def _same(path: Path) -> str:
    return os.path.normcase(os.path.abspath(path))
