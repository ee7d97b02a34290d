"""Comparing what runs left: a run with the launcher's, two documents, an error line with its exit code.

Owns the wording of a difference.
"""

from __future__ import annotations

import json
from typing import Any

from ...contract.errors import CODES, ERROR_LINE_LIMIT, ERROR_PREFIX
from .process import Process
from .repo import Target
from .runs import Runs

__all__ = ["difference", "error_code", "unequal_place"]


def difference(runs: Runs, target: Target, name: str) -> str | None:
    """Compare a run with the launcher's.

    Args:
        runs: The runs.
        target: Which curriculum.
        name: The run.

    Returns:
        What differs, as the end of a sentence, or None.
    """
    process, usual = runs.get(target, name), runs.get(target, "launcher")
    if process.code != 0:
        return f"the run {process.ended}: {process.said}"
    if process.stdout == usual.stdout:
        return None
    if not process.stdout.strip():
        return "the run printed nothing"
    return f"the run printed another suggestion{unequal_place(usual.document, process.document)}"


def unequal_place(left: Any, right: Any, where: str = "") -> str:
    """Find the first place where two JSON documents differ.

    Args:
        left: One document.
        right: The other.
        where: The place of both in the whole documents.

    Returns:
        Words such as ``: metrics.water is 3.0 in one and 4.0 in the other``; empty when they are equal.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        for key in {**left, **right}:
            if told := unequal_place(left.get(key), right.get(key), f"{where}.{key}" if where else str(key)):
                return told
        return ""
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            if told := unequal_place(*pair, f"{where}[{index}]"):
                return told
        return ""
    if left == right:
        return ""
    one, other = (str(value) if len(str(value)) <= 60 else f"{str(value)[:60]}..." for value in (left, right))
    return f": {where or 'stdout'} is {one} in one and {other} in the other"


def error_code(process: Process) -> str | None:
    """The code in the error line of a failed run.

    Args:
        process: The run.

    Returns:
        The code, or None when the last line of stderr is no valid error line for the exit code.
    """
    last = process.stderr.rstrip(b"\r\n").rpartition(b"\n")[2]
    if not last.isascii() or len(last) >= ERROR_LINE_LIMIT or not last.startswith(ERROR_PREFIX.encode()):
        return None
    try:
        record = json.loads(last[len(ERROR_PREFIX) :])
    except ValueError:
        return None
    code = record.get("code")
    fits = record.get("exit") == process.code and CODES.get(code) == process.code
    return code if fits and record.get("message") and record.get("hint") else None
