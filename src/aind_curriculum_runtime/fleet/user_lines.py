"""What a repo's people wrote, and whether it is still there.

Owns the comparison of three versions of a file, line by line: the template's, the repo's, and the merged one. An update
that would lose a line of theirs is not made. Knows nothing of git and Copier.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

__all__ = ["has_marker", "lost_lines"]

_MARKER: Final = re.compile(rb"^(?:<{7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)


def lost_lines(template: bytes, before: bytes, after: bytes) -> list[str]:
    """The lines that people added and that are gone.

    Args:
        template: The file as the template made it; empty where it did not.
        before: The file as it was in the repo.
        after: The file as it would be; empty where it would be deleted.

    Returns:
        Lines of ``before`` that are not ``template``'s and that ``after`` holds too few times. Empty lines and
        space around a line do not count.
    """
    lost = _lines(before) - _lines(template) - _lines(after)
    return list(lost.elements())


def has_marker(before: bytes, after: bytes) -> bool:
    """Whether a merge left conflict markers.

    Args:
        before: The file as it was.
        after: The file as it is.

    Returns:
        True when there are more markers than there were.
    """
    return len(_MARKER.findall(after)) > len(_MARKER.findall(before))


def _lines(content: bytes) -> Counter[str]:
    lines = (line.strip() for line in content.decode("utf-8", "surrogateescape").splitlines())
    return Counter(line for line in lines if line)
