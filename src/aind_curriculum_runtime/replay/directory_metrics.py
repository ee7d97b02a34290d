"""Metrics of a session directory: computed by the stage's provider, and kept by the hash of all that they come from.

The cache is a folder that can be removed at any time. A hash covers the files of the session (of those over 16 MiB only
name, size and time), the code of the curriculum with its packages, the stage, and the metrics of the session before.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..curriculum.discovery import Registered
from ..project.files import write_atomically
from ..session.layout import require_session
from ..session.metrics import compute_metrics
from ..session.previous_metrics import instead
from .code import digest_of_code

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Metrics

__all__ = ["DirectoryMetrics", "default_cache"]

_LARGE: Final = 1 << 24


def default_cache() -> Path:
    """The folder for what is kept between replays: that of this user for caches."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "aind-curriculum-runtime" / "metrics"


class DirectoryMetrics:
    """The providers of a curriculum, and what they gave before.

    Args:
        registered: Which curriculum.
        curriculum: The curriculum.
        cache: The folder to keep metrics in, or None for none.
    """

    def __init__(self, registered: Registered, curriculum: Curriculum[Any], cache: Path | None) -> None:
        self._registered = registered
        self._curriculum = curriculum
        self._stages = {stage.name: stage for stage in curriculum.see_stages()}
        self._cache = cache

    @cached_property
    def _code(self) -> str:
        installed = {one.name for one in importlib.metadata.distributions()}  # a provider may use any
        return digest_of_code(self._registered, sorted(installed))

    def of(self, directory: Path, stage: str, previous: str | None) -> Metrics:
        """The metrics of a session.

        Args:
            directory: The session directory.
            stage: The stage whose provider is asked.
            previous: The metrics of the session before as JSON; None to leave it to the directory, which may hold them.

        Returns:
            Metrics, from the cache where they are there.

        Raises:
            CurriculumError: As ``compute_metrics`` raises it.
        """
        directory = require_session(directory)
        kept = self._place(directory, stage, previous)
        if kept is not None and (found := _read(kept)) is not None:
            return found
        with instead(None if previous is None else json.loads(previous), "the session before"):
            metrics = compute_metrics(self._stages[stage], self._curriculum, directory)
        if kept is not None:
            _keep(kept, metrics)
        return metrics

    def _place(self, directory: Path, stage: str, previous: str | None) -> Path | None:
        if self._cache is None:
            return None
        try:
            parts = [self._code, stage, previous or "", _digest_of_files(directory)]
        except OSError:  # the provider says what is wrong
            return None
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return self._cache / key[:2] / f"{key}.json"


def _digest_of_files(directory: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            status = path.stat()
            found.update(path.relative_to(directory).as_posix().encode() + b"\0")
            if status.st_size > _LARGE:
                found.update(f"{status.st_size} {status.st_mtime_ns}".encode())
            else:
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _read(path: Path) -> Metrics | None:
    """Metrics that were kept; None where there are none, or where they do not read."""
    from aind_behavior_curriculum import Metrics

    try:
        kept = json.loads(path.read_bytes())
        model: Any = sys.modules[kept["module"]]
        for name in kept["class"].split("."):
            model = getattr(model, name)
        found = model.model_validate_json(kept["metrics"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if isinstance(found, Metrics) else None


def _keep(path: Path, metrics: Metrics) -> None:
    """Keep metrics, if they read back as they are and the disk has room: a cache may be empty."""
    model = type(metrics)
    with contextlib.suppress(Exception):
        text = metrics.model_dump_json()
        if model.model_validate_json(text) == metrics:
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = {"module": model.__module__, "class": model.__qualname__, "metrics": text}
            write_atomically(path, json.dumps(kept).encode("ascii"))
