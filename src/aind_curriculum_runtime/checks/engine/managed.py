"""Digests of the files that the template manages and that are the same in every repo.

Owns ``managed.json``, package data that goes with the runtime: a repo's runtime is pinned to the commit of its
template, so the digests are those of the files the repo was given. Run as a module in the template's repo, it
writes the digests again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from ...project.template import FileClass, classify

__all__ = ["digest", "digests", "digests_of"]

_FILE = Path(__file__).with_name("managed.json")


def digests() -> dict[str, str]:
    """Read the digests that go with this runtime.

    Returns:
        SHA-256 in hexadecimal by path in the repo.
    """
    found: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def digests_of(template: Path) -> dict[str, str]:
    """Work out the digests from the template's files.

    Args:
        template: The folder ``template`` of the template's repo.

    Returns:
        SHA-256 in hexadecimal by path, for managed files without a suffix ``.jinja``.
    """
    names = sorted(path.relative_to(template).as_posix() for path in template.rglob("*") if path.is_file())
    return {
        name: digest((template / name).read_bytes())
        for name in names
        if not name.endswith(".jinja")
        # Users are expected to add lines to .gitignore.
        and name != ".gitignore"
        and classify(name, "{package}") is FileClass.MANAGED
    }


def digest(content: bytes) -> str:
    """The SHA-256 of a text file, the same for all line endings.

    Args:
        content: The file's bytes.

    Returns:
        The digest in hexadecimal.
    """
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


if __name__ == "__main__":
    from ...project.files import write_atomically

    text = json.dumps(digests_of(Path(sys.argv[1])), indent=2) + "\n"
    write_atomically(_FILE, text.encode("utf-8"))
