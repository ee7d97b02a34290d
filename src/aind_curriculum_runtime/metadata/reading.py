"""Reading back what was written of a session, from its own file or out of the ``Acquisition`` it was merged into.

Owns finding the three parts in either, and comparing two documents leaf by leaf.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.leaves import ABSENT, changed
from ..contract.strict_json import StrictJsonError, parse
from ..project.files import is_transient, read_at_most
from .keys import restored
from .record import FORMAT

__all__ = ["Difference", "Written", "differences", "json_object", "read_written", "written_of"]

_LARGEST: Final = 1 << 26
_LONGEST: Final = 100
_COMPARED: Final = (
    *("outcome", "stage_run", "stage_suggested", "suggested_parameters", "policies_after", "is_on_curriculum_after"),
)


class Written(NamedTuple):
    """What was written of a session, with its keys as they were."""

    code: dict[str, Any]
    """The ``Code`` without its parameters."""

    parameters: dict[str, Any]
    metrics: dict[str, Any]


class Difference(NamedTuple):
    """One thing that is not as it was written."""

    what: str
    written: Any
    """In the metadata; ABSENT where it has none."""

    found: Any

    @property
    def sentence(self) -> str:
        """The difference in words, without a full stop."""
        return f"{self.what} is {_shown(self.found)}, and {_shown(self.written)} in the metadata"


def _shown(value: Any) -> str:
    text = "missing" if value is ABSENT else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def json_object(path: Path) -> dict[str, Any] | None:
    """Read a file that should hold a JSON object.

    Args:
        path: The file.

    Returns:
        The object; None where there is none that can be read.
    """
    try:
        content = parse(read_at_most(path, _LARGEST) or b"")
    except (OSError, StrictJsonError):
        return None
    return content if isinstance(content, dict) else None


def read_written(path: Path) -> Written:
    """Read the metadata of a session.

    Args:
        path: What ``curriculum metadata`` printed, or an ``Acquisition`` that it was merged into.

    Returns:
        Its parts.

    Raises:
        CurriculumError: ``metadata.invalid`` when it is neither; ``transient.io``.
    """
    try:
        data = read_at_most(path, _LARGEST)
        document = parse(data or b"")
    except OSError as error:
        code = "transient.io" if is_transient(error) else "metadata.invalid"
        told = f"The metadata {path} could not be read: {error.strerror}."
        raise CurriculumError(code, told, "Give a file that `curriculum metadata` wrote.", where=str(path)) from error
    except StrictJsonError as error:
        raise _invalid(path, f"is not JSON: {error}") from None
    found = [(code, metrics) for code, metrics in _candidates(document) if _format(code) is not None]
    if len(found) != 1:
        why = "holds those of several curricula" if found else "holds no metadata of a curriculum"
        raise _invalid(path, why)
    code, metrics = found[0]
    if _format(code) != FORMAT:
        raise _invalid(path, f"has the form {_format(code)} of another runtime; this one reads {FORMAT}")
    return written_of({"code": code, "output_parameters": metrics})


def written_of(document: Mapping[str, Any]) -> Written:
    """Take a document apart that was not written to a file.

    Args:
        document: What ``record.acquisition`` returned.

    Returns:
        Its parts.
    """
    code, metrics = document["code"], document["output_parameters"]
    rest = {name: one for name, one in code.items() if name != "parameters"}
    return Written(rest, restored(code["parameters"]), restored(metrics))


def _candidates(document: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    if not isinstance(document, dict):
        return
    if isinstance(document.get("stimulus_epoch"), dict):
        metrics = document.get("output_parameters")
        yield document.get("code"), metrics if isinstance(metrics, dict) else {}
        return
    epochs = [_objects(epoch.get("performance_metrics")) for epoch in _list(document, "stimulus_epochs")]
    metrics = next((_objects(one.get("output_parameters")) for one in epochs if one.get("output_parameters")), {})
    for stream in _list(document, "data_streams"):
        yield from ((code, metrics) for code in _list(stream, "code"))


def _list(holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = holder.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _objects(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _format(code: Any) -> Any:
    """The form of the parameters of a ``Code``; None for one of something else."""
    parameters = code.get("parameters") if isinstance(code, dict) else None
    is_ours = isinstance(parameters, dict) and {"format", "outcome", "hashes", "code"} <= parameters.keys()
    return parameters["format"] if is_ours and isinstance(parameters, dict) else None


def _invalid(path: Path, why: str) -> CurriculumError:
    hint = "Give what `curriculum metadata` printed, or the acquisition.json that it was merged into."
    return CurriculumError("metadata.invalid", f"The metadata {path} {why}.", hint, where=str(path))


def differences(written: Written, found: Written) -> Iterator[Difference]:
    """Compare what was written of a session with what is found now.

    Args:
        written: The metadata.
        found: The same, made again.

    Yields:
        What a session led to and is not the same, leaf by leaf.
    """
    for name in _COMPARED:
        was, now = written.parameters.get(name), found.parameters.get(name)
        yield from (Difference(one.path, one.before, one.after) for one in changed(was, now, name))
    yield from (
        Difference(one.path, one.before, one.after) for one in changed(written.metrics, found.metrics, "metrics")
    )
    was, now = ((one.parameters.get("held") or {}).get("code") for one in (written, found))
    if was != now:
        yield Difference("held.code", was, now)
