"""What an author declares beside the ``Curriculum`` object, in its module, such as migrations or bounds of stages.

Found here; what it must be, the module of each name says (``migration``, ``formerly``, ``bounds``).
"""

from __future__ import annotations

import sys
from typing import Any, Final

__all__ = ["FORMERLY", "MIGRATIONS", "STUCK_AFTER", "beside"]

FORMERLY: Final = "FORMERLY"
MIGRATIONS: Final = "MIGRATIONS"
STUCK_AFTER: Final = "STUCK_AFTER"


def beside(target: str, name: str) -> Any | None:
    """What stands under a name beside a loaded curriculum, as its author wrote it.

    Args:
        target: Where the curriculum's object is, ``package.module:OBJECT``.
        name: One of the names above.

    Returns:
        It, not yet checked; None when the module has nothing of that name.
    """
    return getattr(sys.modules.get(target.partition(":")[0]), name, None)
