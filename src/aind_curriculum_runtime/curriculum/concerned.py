"""Which curriculum this process is about, for the error line.

A process runs one command, and its failure can come from anywhere: also from a call of ``os._exit`` deep in curriculum
code, where no exception passes. So this is known to the process, not handed from function to function.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Concerned", "concerned", "concerns"]


class Concerned(NamedTuple):
    """What is known so far."""

    name: str | None = None
    version: str | None = None


_known = Concerned()


def concerns(name: str | None, version: str | None = None) -> None:
    """Note which curriculum the command turned out to be about.

    Args:
        name: Its name.
        version: Its semantic version, once it is known.
    """
    global _known
    _known = Concerned(name, version)


def concerned() -> Concerned:
    """The curriculum that was noted last; nothing at first."""
    return _known
