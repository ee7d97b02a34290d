"""What is asked of a curriculum's own code, in its own environment: the state of a stage, and a state migrated.

Owns the questions. Nothing of a curriculum is imported here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..client import Client
from ..contract.errors import CurriculumError
from ..contract.strict_json import encode, parse
from ..session.plain_state import parsed, read

__all__ = ["initial_state", "migrated_state", "state_in_file"]


def initial_state(client: Client, stage: str | None) -> dict[str, Any]:
    """Ask for the trainer state at a stage.

    Args:
        client: The curriculum.
        stage: The stage; None for the first.

    Returns:
        The state as JSON.

    Raises:
        client.CurriculumError: There is no such stage, or no answer.
        CurriculumError: The answer is no trainer state of an animal that is trained.
    """
    return _whole(encode(client.ask("init", *([] if stage is None else ["--stage", stage]))), "The curriculum's answer")


def migrated_state(client: Client, state: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for a trainer state in the form of the version that is installed.

    Args:
        client: The curriculum.
        state: The state as another version wrote it.

    Returns:
        The state in this version.

    Raises:
        client.CurriculumError: It cannot be migrated, or there is no answer.
        CurriculumError: The answer is no trainer state of an animal that is trained.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trainer_state.json"
        file.write_bytes(encode({**state, "is_on_curriculum": True}))  # off is what people say of the animal
        told = client.ask("migrate", str(file), "--json")
    return _whole(encode(told.get("trainer_state") if isinstance(told, dict) else None), "The curriculum's answer")


def state_in_file(path: Path, *, or_off: bool = False) -> dict[str, Any]:
    """Read a trainer state that somebody has.

    Args:
        path: The file.
        or_off: Whether it may be of an animal that is off its curriculum, as long as it keeps its stage.

    Returns:
        The state as JSON.

    Raises:
        CurriculumError: As ``session.plain_state.read``; or it is of no animal that is trained.
    """
    read(path)
    return _whole(path.read_bytes(), f"The trainer state {path}", or_off=or_off)


def _whole(data: bytes, what: str, *, or_off: bool = False) -> dict[str, Any]:
    plain = parsed(data, what)
    is_off = plain.content.get("stage") is None if or_off else plain.is_off
    if is_off or plain.written_by is None:
        raise CurriculumError(
            "state.off_curriculum",
            f"{what} is off curriculum{' and has no stage' if or_off else ''}.",
            "Give the state of an animal that is trained, such as `curriculum init` prints.",
        )
    whole: dict[str, Any] = parse(data.removeprefix(b"\xef\xbb\xbf"))
    return whole
