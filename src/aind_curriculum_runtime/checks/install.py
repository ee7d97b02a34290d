"""How to bring this very runtime into another repo's environment.

Owns the ``uv run --with`` arguments, read from how this package itself is installed.
"""

from __future__ import annotations

import importlib.metadata
import json

__all__ = ["requirement"]


def requirement() -> list[str]:
    """Say what ``uv run`` needs to lay this runtime, with its checks, over an environment.

    Returns:
        Arguments for ``uv run``.
    """
    distribution = importlib.metadata.distribution("aind-curriculum-runtime")
    name = "aind-curriculum-runtime[checks]"
    record = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not record:
        return ["--with", f"{name}=={distribution.version}"]
    if "vcs_info" in record:
        return ["--with", f"{name} @ git+{record['url']}@{record['vcs_info']['commit_id']}"]
    return ["--with", f"{name} @ {record['url']}"]
