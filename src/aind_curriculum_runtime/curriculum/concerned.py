"""Which curriculum this process is about, for the error line.

A process runs one command, and its failure can come from anywhere, even from a call of ``os._exit`` deep in curriculum
code, where no exception can carry the name. So the process keeps it; it is not passed from function to function.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Concerned", "concerned", "concerns"]


class Concerned(NamedTuple):
    """What is known of the curriculum so far."""

    name: str | None = None
    version: str | None = None


_known = Concerned()


def concerns(name: str | None, version: str | None = None) -> None:
    """Record which curriculum the command is about.

    Args:
        name: Its name.
        version: Its semantic version, once it is known.
    """
    global _known
    _known = Concerned(name, version)


def concerned() -> Concerned:
    """The curriculum that was recorded last; no name before that."""
    return _known
