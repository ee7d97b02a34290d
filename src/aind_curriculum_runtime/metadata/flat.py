"""The facts of a session with one level of keys, for the lab metadata of NWB and for tables.

Owns how a key is made of a path: the parts are joined by two underscores, and underscores that would be taken for such
a joint are written ``%5F``. Lists, empty objects and null are JSON text, because HDF5 has neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..contract.strict_json import encode

__all__ = ["flat"]


def flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """Write a document with one level of keys.

    Args:
        document: What ``record.acquisition`` returned.

    Returns:
        Texts, numbers and truth values by the path of each, in order.
    """
    return dict(_flat(document, ""))


def _flat(value: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        key = before + re.sub(r"^_+|_+$|_{2,}", lambda found: "%5F" * len(found[0]), name)
        if isinstance(one, Mapping) and one:
            yield from _flat(one, f"{key}__")
        else:
            yield key, encode(one).decode() if one is None or isinstance(one, list | Mapping) else one
