"""Semantic versions, their other spelling in Python packaging, and the major number.

Knows nothing of curricula, or of what is installed. Order and bumps are the library ``semver``'s, in ``versions``;
here is what the launcher's side needs too, so this module imports only the standard library.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["SEMVER", "major", "numbers", "semver_of"]

SEMVER: Final = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
_PEP440: Final = re.compile(
    r"(?P<release>(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2})"
    r"(?:(?P<pre>a|b|rc)(?P<n>0|[1-9]\d*))?(?:\.dev(?P<dev>0|[1-9]\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:\.[a-z0-9]+)*))?",
    re.ASCII,
)
_PRE_NAMES: Final = {"a": "alpha", "b": "beta", "rc": "rc"}


def semver_of(version: str) -> str:
    """Convert a Python packaging version to a semantic version.

    Packaging tools rewrite ``1.2.0-rc.1`` to ``1.2.0rc1``; this converts it back.

    Args:
        version: A version as installed metadata gives it.

    Returns:
        A semantic version, ``version`` itself where it already is one.

    Raises:
        ValueError: No semantic version means the same (``1.2``, ``1!1.0.0``, ``1.0.0.post1``).
    """
    if SEMVER.fullmatch(version):
        return version
    match = _PEP440.fullmatch(version)
    if match is None:
        raise ValueError(f"the version {version!r} is not a semantic version")
    pre = [f"{_PRE_NAMES[match['pre']]}.{match['n']}"] if match["pre"] else []
    dev = [f"dev.{match['dev']}"] if match["dev"] else []
    local = f"+{match['local']}" if match["local"] else ""
    return match["release"] + ("-" + ".".join(pre + dev) if pre or dev else "") + local


def numbers(version: str) -> tuple[int, int, int]:
    """The three numbers of a semantic version, for which a prerelease is the version that it leads to.

    Args:
        version: A semantic version.

    Returns:
        Major, minor and patch number.

    Raises:
        ValueError: ``version`` is not a semantic version.
    """
    match = SEMVER.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a semantic version")
    return int(match[1]), int(match[2]), int(match[3])


def major(version: str) -> int:
    """The major number of a semantic version.

    Args:
        version: A semantic version.

    Returns:
        Its first number.

    Raises:
        ValueError: ``version`` is not a semantic version.
    """
    return numbers(version)[0]
