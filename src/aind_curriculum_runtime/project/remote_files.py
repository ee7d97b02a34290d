"""Files behind a URL that fsspec understands, such as s3://: reaching them, and creating one that is not there.

Owns the timeouts, the one way to write that never replaces a file, and which errors mean that nobody answered. Knows
nothing of what the files hold.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final

from .files import is_transient

__all__ = ["connect", "create", "is_away", "said"]

_TRIES: Final = 5
_AWAY: Final = re.compile(r"Endpoint|ConnectTimeout|ReadTimeout|ConnectionClosed|ConnectionError|ServerDisconnected")


def connect(url: str) -> tuple[Any, str]:
    """Find what serves a URL; nothing is asked of it yet.

    Args:
        url: Anything that fsspec understands: a path, ``file://``, ``s3://bucket/prefix`` and others.

    Returns:
        The file system of fsspec, and the path on it, without a slash at its end.

    Raises:
        ImportError: fsspec is not installed, or what it needs for this kind of URL.
        ValueError: No kind of URL that it knows.
    """
    from fsspec.core import url_to_fs

    options: dict[str, Any] = {}
    if url.startswith(("s3://", "s3a://")):
        # Bounded, so that the command ends with an error where a rig's network drops packets.
        timeouts = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 2}}
        options = {"config_kwargs": timeouts, "use_listings_cache": False, "skip_instance_cache": True}
    files, base = url_to_fs(url, **options)
    return files, str(base).rstrip("/")


def create(files: Any, path: str, data: bytes) -> None:
    """Write a file that does not exist yet.

    Args:
        files: What ``connect`` gave, for a store that creates a file in one step.
        path: The path on it.
        data: All of its content.

    Raises:
        FileExistsError: There is one.
        OSError: As the store raises it.
    """
    for _ in range(_TRIES - 1):
        try:
            files.pipe_file(path, data, mode="create")
            return
        except OSError as error:
            # S3's answer to two that write at once, of whom none may have won.
            if "ConditionalRequestConflict" not in str(error):
                raise
            time.sleep(0.2)
    files.pipe_file(path, data, mode="create")


def is_away(error: BaseException) -> bool:
    """Whether an error means that nobody answered, so that another try in a minute may work.

    Args:
        error: What fsspec, or a client below it, raised.
    """
    kinds = " ".join(one.__name__ for one in type(error).__mro__)
    return is_transient(error) or isinstance(error, TimeoutError) or bool(_AWAY.search(kinds))


def said(error: BaseException) -> str:
    """What an error says, on one line and without its full stop."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
