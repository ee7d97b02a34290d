"""The two names of the runtime's console script, and texts that name the one which was called.

A repo whose dependencies install a `curriculum` of their own calls the second (docs/adopt.md); there a hint to run the
first would lead to another program. Imports nothing but the standard library.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

__all__ = ["NAMES", "as_called"]

NAMES: Final = ("curriculum", "aind-curriculum")

# In backticks, in an example on a line of its own, and in the help's first line; not the word in a sentence.
_CALL: Final = re.compile(r"(?m)(`(?:uv run (?:-q )?)?|^ {2,}|hint: |^usage: )curriculum (?=[a-zA-Z-]+)")


def as_called(text: str) -> str:
    """Name the console script that this process was started by.

    Args:
        text: A message or a help text, which calls the script by its first name.

    Returns:
        The text; the same unless the second was called.
    """
    name = Path(sys.argv[0]).stem
    return text if name != NAMES[1] else _CALL.sub(rf"\g<1>{name} ", text)
