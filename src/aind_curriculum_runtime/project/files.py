"""Read a file up to a size limit; write a file whole or not at all, or create one, or write several.

Owns these, and which errors of the system are transient. Knows nothing of what the files hold.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from ..contract.errors import CurriculumError

__all__ = [
    "PIPE_LIMIT",
    "create_atomically",
    "is_transient",
    "read_at_most",
    "write_atomically",
    "write_together",
    "written_beside",
]

PIPE_LIMIT: Final = 5.0
"""Seconds without a byte after which a pipe is given up."""

_TRANSIENT_NAMES: Final = (
    *("ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTDOWN", "EHOSTUNREACH", "EIO", "ENETDOWN", "ENETRESET"),
    *("ENETUNREACH", "ENODEV", "ENOLINK", "ENONET", "ENOTCONN", "ENXIO", "EREMOTEIO", "ESHUTDOWN", "ESTALE"),
    *("ETIMEDOUT", "EAGAIN", "EBUSY"),
)
_TRANSIENT_ERRNO: Final = frozenset(getattr(errno, name) for name in _TRANSIENT_NAMES if hasattr(errno, name))
# bad network path, network busy, network name gone, not found or no longer available, semaphore
# timeout, network unreachable, and the file being in use by another program
_TRANSIENT_WINERROR: Final = frozenset({32, 33, 51, 53, 54, 55, 59, 64, 65, 67, 121, 1231, 1232, 1236, 1265})


def is_transient(error: BaseException) -> bool:
    """Whether an error may pass by itself: a share that does not answer, a device that is busy.

    Args:
        error: Any exception; only an ``OSError`` can be transient.

    Returns:
        True for an error that ends a command with exit code 75.
    """
    if not isinstance(error, OSError):
        return False
    if isinstance(error, TimeoutError | ConnectionError):  # those of sockets have no error number
        return True
    return error.errno in _TRANSIENT_ERRNO or getattr(error, "winerror", None) in _TRANSIENT_WINERROR


def read_at_most(path: Path, limit: int) -> bytes | None:
    """Read a file, unless it is larger than a limit.

    Args:
        path: The file.
        limit: The largest size to read, in bytes.

    Returns:
        All its bytes, or None when there are more than ``limit``.

    Raises:
        OSError: As ``open`` and ``read`` raise it; ``EINVAL`` for a pipe to which nobody writes.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        if status.st_size > limit:
            return None
        # A pipe or a device has no size to go by.
        data = _from_pipe(file.fileno(), limit) if stat.S_ISFIFO(status.st_mode) else file.read(limit + 1)
    return None if len(data) > limit else data


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe too, without waiting for whoever may write to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _from_pipe(descriptor: int, limit: int) -> bytes:
    """Read a pipe to its end, or to more than ``limit``; nobody is waited for without end."""
    import select

    data = b""
    while len(data) <= limit:
        if not select.select([descriptor], [], [], PIPE_LIMIT)[0]:
            raise OSError(errno.EINVAL, f"it is a pipe to which nothing was written for {PIPE_LIMIT:.0f} s")
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        data += chunk
    return data


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path`` and rename it into place: a reader sees the old file or the new.

    Args:
        path: The file to write or replace, as for ``written_beside``.
        data: All of the new content.

    Raises:
        OSError: As ``written_beside``.
    """
    with written_beside(path) as file:
        file.write(data)


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[BinaryIO]:
    """Open a new file beside ``path``, and rename it into place once all of it is written.

    Args:
        path: The file to write or replace; its folder must exist. A link stays and its target is replaced; a device or
            a pipe is written to directly.

    Yields:
        The file to write to.

    Raises:
        OSError: The folder is missing, not writable or full; ``path`` is then as it was, and so it is when the body
            raises.
    """
    if path.is_symlink():  # such as a link to a subject's state on a share, which others read too
        path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file() and not path.is_dir():  # renaming as root would replace the null device
        with path.open("wb") as file:
            yield file
        return
    with _beside(path, lambda beside: beside.replace(path)) as file:
        yield file


def create_atomically(path: Path, data: bytes) -> bool:
    """Write ``data`` beside ``path`` and link it to that name, which exactly one of several writers can have done.

    Args:
        path: The file to create; its folder must exist.
        data: All of its content.

    Returns:
        Whether it is there now; False when there was a file of that name, which stays as it is.

    Raises:
        OSError: The folder is missing, not writable or full.
    """
    try:
        with _beside(path, lambda beside: _give_free_name(beside, path)) as file:
            file.write(data)
    except FileExistsError:
        return False
    return True


def _give_free_name(beside: Path, path: Path) -> None:
    if sys.platform == "win32":  # which refuses to rename to a name that is taken
        beside.rename(path)
    else:
        os.link(beside, path)


@contextlib.contextmanager
def _beside(path: Path, put_there: Callable[[Path], object]) -> Iterator[BinaryIO]:
    """A new file of the same folder to write to, which is put there once all of it is on the disk; nothing is left."""
    # A new name each time: threads of one launcher may write at once, and a power cut may leave a part behind.
    beside = path.with_name(f".{path.name}.{os.urandom(6).hex()}.part")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put_there(beside)
    finally:
        with contextlib.suppress(OSError):  # such as that it was renamed
            beside.unlink()


def write_together(files: Mapping[Path, bytes | None]) -> None:
    """Write and delete several files, or leave them all as they were.

    Args:
        files: Each file with its new content, or None to delete it. Folders are made where there are none, and
            those that lose their last file go too.

    Raises:
        CurriculumError: ``output.not_writable``; every file is then as it was.
    """
    before: dict[Path, bytes | None] = {}
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path, new in files.items() if new is not None}
    try:
        for path, part in parts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(files[path] or b"")
            if path.exists():
                part.chmod(path.stat().st_mode)
        for path in files:
            content = path.read_bytes() if path.exists() else None
            if path in parts:
                parts[path].replace(path)
            else:
                path.unlink(missing_ok=True)
            before[path] = content
    except OSError as error:
        for path, content in before.items():
            with contextlib.suppress(OSError):
                path.write_bytes(content) if content is not None else path.unlink()
        raise CurriculumError(
            "output.not_writable",
            f"Nothing was changed: {error.filename or 'a file'} could not be written ({error.strerror}).",
            "Check that this account may write there; every file is as it was.",
        ) from error
    finally:
        for part in parts.values():
            with contextlib.suppress(OSError):
                part.unlink()
    for path in files.keys() - parts.keys():
        with contextlib.suppress(OSError):  # not empty
            for folder in path.parents:
                folder.rmdir()
