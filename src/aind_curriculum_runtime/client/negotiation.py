"""Which contract a repo speaks: what ``curriculum describe --json`` says, asked once.

Owns the reading of the description and its cache. Knows nothing of suggestions.

Source of the rules: the contract's section "Versions" (docs/contract.md).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import CONTRACT_VERSION
from .errors import CurriculumError, Kind

__all__ = ["Cache", "Description", "read_description"]


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is installed in a curriculum's environment."""

    contract: int
    """Number of the contract that the repo's runtime implements."""

    runtime_version: str
    """Version of aind-curriculum-runtime there."""

    dsl_version: str
    """Version of aind-behavior-curriculum there."""

    commands: tuple[str, ...]
    """Commands that `curriculum` knows there."""

    curricula: dict[str, str]
    """Names of the curricula with their versions."""

    formerly: dict[str, str]
    """Names that curricula had before, each with the one of today."""

    raw: dict[str, Any]
    """The whole document; a later runtime may add keys."""


def read_description(document: Any) -> Description:
    """Read what ``describe --json`` printed.

    Args:
        document: The parsed document.

    Returns:
        The description.

    Raises:
        CurriculumError: Of the kind ``incompatible`` when the repo speaks a newer contract than this client, or
            ``schema`` when the document is not valid.
    """
    contract = document.get("contract") if isinstance(document, dict) else None
    if not isinstance(contract, int) or isinstance(contract, bool) or contract < 1:
        raise _wrong("$.contract")
    # Before the rest: in another contract it may have another form.
    if contract > CONTRACT_VERSION:
        raise CurriculumError(
            Kind.INCOMPATIBLE,
            f"The curriculum's repo speaks contract {contract}; this client knows contract {CONTRACT_VERSION}.",
            "Update aind-curriculum-runtime in the launcher's environment, or check out an older curriculum.",
            where="$.contract",
        )
    for key in ("runtime_version", "dsl_version"):
        if not isinstance(document.get(key), str):
            raise _wrong(f"$.{key}")
    commands, curricula = document.get("commands"), document.get("curricula")
    if not isinstance(commands, list) or not all(isinstance(one, str) for one in commands):
        raise _wrong("$.commands")
    if not isinstance(curricula, list) or not all(
        isinstance(one, dict)
        and isinstance(one.get("name"), str)
        and isinstance(one.get("version"), str)
        and isinstance(one.get("formerly", []), list)
        for one in curricula
    ):
        raise _wrong("$.curricula")
    return Description(
        contract=contract,
        runtime_version=document["runtime_version"],
        dsl_version=document["dsl_version"],
        commands=tuple(commands),
        curricula={one["name"]: one["version"] for one in curricula},
        formerly={str(name): one["name"] for one in curricula for name in one.get("formerly", [])},
        raw=document,
    )


def _wrong(where: str) -> CurriculumError:
    return CurriculumError(
        Kind.SCHEMA,
        f"The description of the curriculum's repo is not valid at {where}.",
        "Run `curriculum describe --json` in the curriculum's repo.",
        where=where,
    )


class Cache:
    """Keeps the description of each repo until its ``uv.lock`` or ``pyproject.toml`` changes.

    Safe to use from several threads: if several ask for one repo, the others wait for the first. Failures are not kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}
        self._known: dict[Path, tuple[tuple[int, ...], Description]] = {}

    def get(self, repo: Path, ask: Callable[[], Description]) -> Description:
        """The description of a repo, asked for only if it is not known.

        Args:
            repo: Absolute path of the repo.
            ask: Asks the repo for it.

        Returns:
            What ``ask`` returns now, or returned before.

        Raises:
            CurriculumError: As ``ask`` raises it.
        """
        with self._lock:
            lock = self._locks.setdefault(repo, threading.Lock())
        with lock:
            before = _stamp(repo)
            known = self._known.get(repo)
            if known is not None and known[0] == before:
                return known[1]
            description = ask()
            # uv may have written the lock; after any other change in between, the next call asks again.
            self._known[repo] = (_stamp(repo) if before[1] == 0 else before, description)
            return description


def _stamp(repo: Path) -> tuple[int, ...]:
    def changed(name: str) -> int:
        try:
            return (repo / name).stat().st_mtime_ns
        except OSError:
            return 0

    return changed("pyproject.toml"), changed("uv.lock")
