"""The mark that all processes of one call bear: a variable in their environment.

Owns its name and its making. The contract says that variables never change a result, so it is harmless.
"""

from __future__ import annotations

import os
from typing import Final

__all__ = ["MARK", "new_mark"]

MARK: Final = "CURRICULUM_CALL"
"""Environment variable that the processes of one call are told by."""


def new_mark() -> str:
    """A value of ``MARK`` that no other call has."""
    return os.urandom(16).hex()
