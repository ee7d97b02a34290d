"""The mark of all processes of one call: a variable in their environment.

Owns its name and how its value is made. It is harmless: by the contract, variables never change a result.
"""

from __future__ import annotations

import os
from typing import Final

__all__ = ["MARK", "new_mark"]

MARK: Final = "CURRICULUM_CALL"
"""Environment variable by which the processes of one call are recognised."""


def new_mark() -> str:
    """A value of ``MARK`` that no other call has."""
    return os.urandom(16).hex()
