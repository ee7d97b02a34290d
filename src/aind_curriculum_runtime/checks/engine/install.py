"""How to bring this very runtime into another repo's environment.

Owns the ``uv run --with`` arguments, read from how this package itself is installed.
"""

from __future__ import annotations

import importlib.metadata
import json
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = ["requirement"]

_NAME = "aind-curriculum-runtime"


def requirement() -> list[str]:
    """Say what ``uv run`` needs to lay this runtime, with its checks, over an environment.

    Returns:
        Arguments for ``uv run``.
    """
    distribution = importlib.metadata.distribution(_NAME)
    record = json.loads(distribution.read_text("direct_url.json") or "{}")
    if not record:
        return ["--with", f"{_NAME}[checks]=={distribution.version}"]
    if "vcs_info" in record:
        return ["--with", f"{_NAME}[checks] @ git+{record['url']}@{record['vcs_info']['commit_id']}"]
    if record.get("dir_info", {}).get("editable"):
        # Editable there as here: uv would keep a wheel that it once built from the folder.
        return ["--with-editable", f"{url2pathname(urlsplit(record['url']).path)}[checks]"]
    return ["--with", f"{_NAME}[checks] @ {record['url']}"]
