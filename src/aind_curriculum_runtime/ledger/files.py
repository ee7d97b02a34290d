"""What lies where in a store of files, in a folder or in a bucket.

    ledger.json                       what this is, and its form
    subjects/786543/00000001.json     an entry, never changed again
    graphs/4f1c....json               the graph of a curriculum, by its hash
    known/786543.json                 what the last reader worked out; it can be removed at any time
    documents/mirrors.json            a document about the ledger as a whole

Both are laid out alike, so one that is synchronised with the other is the same ledger.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["DOCUMENTS", "GRAPHS", "KNOWN", "MARK", "SUBJECTS", "content_name", "entry_name", "place_of"]

MARK: Final = "ledger.json"
SUBJECTS: Final = "subjects"
GRAPHS: Final = "graphs"
KNOWN: Final = "known"
DOCUMENTS: Final = "documents"

_ENTRY: Final = re.compile(r"[0-9]{8}\.json")


def entry_name(place: int) -> str:
    """The name of the file of an entry, by its number."""
    return f"{place:08}.json"


def place_of(name: str) -> int:
    """The number of the entry that a file of this name holds; 0 for any other file."""
    return int(name[:8]) if _ENTRY.fullmatch(name) else 0


def content_name(key: str) -> str:
    """The name of the file of a graph, by its hash; of what is known, by the subject; or of a document, by its name."""
    return f"{key}.json"
