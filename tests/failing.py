"""How a failed command is checked: everything that the contract says of a failure, in one place."""

from __future__ import annotations

import hashlib
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

from support import Repo, Result

ERROR_FIELDS = ["contract", "code", "exit", "message", "hint", "where", "curriculum", "version", "dsl_version"]


def contents(path: Path) -> dict[str, str]:
    """What stands at ``path``: every file below it with its size and its bytes' hash, folders too."""
    if not path.exists():
        return {}
    found = {}
    for one in [path, *sorted(path.rglob("*"))]:
        name = one.relative_to(path).as_posix()
        if one.is_dir():
            found[name] = "folder"
        elif one.stat().st_size > 2**24:  # a sparse file that is too large to hash in a test
            found[name] = f"{one.stat().st_size} bytes of {one.stat().st_mtime_ns}"
        else:
            found[name] = hashlib.sha256(one.read_bytes()).hexdigest()
    return found


def assert_failed(result: Result, code: str, exit_code: int) -> dict[str, Any]:
    """Check a failure against the contract and give its error line."""
    assert result.code == exit_code, result.text
    assert result.stdout == b""
    error = result.error
    assert list(error) == ERROR_FIELDS
    assert (error["contract"], error["code"], error["exit"]) == (1, code, exit_code), result.text
    for field in ("message", "hint"):
        assert error[field].strip() == error[field] != "", error
    for field in ("where", "curriculum", "version"):
        assert error[field] is None or error[field], error
    assert error["dsl_version"].count(".") == 2
    shown = "curriculum: " + error["message"]
    assert error["message"].endswith("...") or shown in [line.rstrip("\r") for line in result.text.splitlines()]
    return error


def failed_run(
    repo: Repo,
    session: Path,
    state: Path | None,
    *arguments: str | Path,
    code: str,
    exit_code: int,
    **options: Any,
) -> tuple[dict[str, Any], Result]:
    """Evaluate a session, which must fail as said and leave session and state as they were.

    Args:
        repo: A generated repo.
        session: The session directory.
        state: The trainer state, or None to leave it to the session directory.
        arguments: Further options.
        code: The error code that must come.
        exit_code: The exit code that must come.
        options: How to start the process.

    Returns:
        The error line and the process's result.
    """
    inputs = [path for path in (session, state) if path is not None]
    before = [contents(path) for path in inputs]
    given = ["--input-trainer-state", state] if state is not None else []
    result = repo.curriculum("run", "--data-directory", session, *given, *arguments, **options)
    assert [contents(path) for path in inputs] == before
    return assert_failed(result, code, exit_code), result


def add_metrics_code(repo: Repo, at_import: str = "", in_call: str = "pass") -> None:
    """Have the repo's metrics code do something more: when it is imported, and when it is called."""
    original = (repo.package / "metrics.py").read_text(encoding="utf-8")
    wrapped = "\n\n".join(
        [
            original,
            textwrap.dedent(at_import),
            "_original = metrics_from_dataset",
            "def metrics_from_dataset(data_directory):\n" + textwrap.indent(textwrap.dedent(in_call), "    "),
            "    return _original(data_directory)\n",
        ]
    )
    name = (repo.package / "metrics.py").relative_to(repo.path).as_posix()
    repo.write(name, wrapped)


def bound_by_permissions(command: list[str | Path]) -> list[str | Path]:
    """Have ``command`` obey the permissions of files, which root (in a container) otherwise may ignore."""
    if sys.platform == "linux" and os.geteuid() == 0:
        return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    return command
