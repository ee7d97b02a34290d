"""Reading a file of another system: its bytes as plain data, and which system wrote it.

Owns the limits, what of YAML is taken (what JSON can say, by the safe loader, no key twice), and the sentences of
refusals. Knows nothing of the formats themselves.
"""

from __future__ import annotations

import importlib.util
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, parse
from ..project.files import is_transient, read_at_most
from . import autotrain, mtrain
from .imported import Imported, SourceFault

if TYPE_CHECKING:
    import yaml

__all__ = ["DEPTH_LIMIT", "SIZE_LIMIT", "VALUE_LIMIT", "read", "require_installed"]

SIZE_LIMIT: Final = 2 * 2**20
"""Bytes of the largest file that is read; those in use have some 15,000."""

VALUE_LIMIT: Final = 100_000
"""Values that a file may have once its YAML aliases are written out; those in use have some 2,000."""

DEPTH_LIMIT: Final = 30
"""Objects and lists within each other; those in use have some 8, and Python reads 200 parentheses."""

_MODULES: Final = {"Jinja2": "jinja2", "PyYAML": "yaml", "ruff": "ruff"}
_FORMS: Final = "An import reads a curriculum of auto-train (.json) or a regimen of mtrain (.yml, .yaml or .json)."


def read(path: Path) -> Imported:
    """Read what another system wrote.

    Args:
        path: The file.

    Returns:
        The curriculum.

    Raises:
        CurriculumError: ``source.missing``, ``source.unreadable``, ``source.invalid``, ``source.other_schema``,
            ``source.rule_refused``, ``usage.invalid``, ``usage.extra_needed`` or ``transient.io``.
    """
    shown = os.path.abspath(path)
    suffix = path.suffix.lower()
    if suffix not in (".json", ".yml", ".yaml"):
        raise CurriculumError("usage.invalid", f"{path.name!r} is no file that can be imported.", _FORMS, where=shown)
    data = _bytes(path, shown)
    try:
        document = _json(data) if suffix == ".json" else _yaml(data)
        if not isinstance(document, dict):
            raise SourceFault("$", "it is not an object")
        _require_json(document, "$", DEPTH_LIMIT)
        if mtrain.is_regimen(document):
            return mtrain.read(document, path.name)
        return autotrain.read(document, path.name)
    except SourceFault as fault:
        message = f"{path.name} cannot be imported: {fault.where}: {fault.why}."
        raise CurriculumError(fault.code, message, fault.hint or f"Fix the file. {_FORMS}", where=fault.where) from None


def require_installed(*packages: str) -> None:
    """Make sure of packages that only an import needs.

    Args:
        *packages: Their names.

    Raises:
        CurriculumError: ``usage.extra_needed``.
    """
    for package in packages:
        if importlib.util.find_spec(_MODULES[package]) is None:
            raise CurriculumError(
                "usage.extra_needed",
                f"An import needs the extra 'adopt', of which {package} is not installed.",
                "uv add --dev 'aind-curriculum-runtime[adopt]'",
            )


def _bytes(path: Path, shown: str) -> bytes:
    try:
        data = read_at_most(path, SIZE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        raise CurriculumError("source.missing", f"There is no file {shown}.", "Check the path.", where=shown) from None
    except OSError as error:
        code = "transient.io" if is_transient(error) else "source.unreadable"
        why = "it is a directory" if path.is_dir() else error.strerror
        raise CurriculumError(
            code, f"{shown} could not be read: {why}.", "Check the path and its permissions.", where=shown
        ) from error
    if data is None:
        raise CurriculumError(
            "source.unreadable", f"{shown} is larger than {SIZE_LIMIT // 2**20} MiB.", _FORMS, where=shown
        )
    return data


def _json(data: bytes) -> Any:
    try:
        return parse(data)
    except StrictJsonError as error:
        raise SourceFault("$", f"it is not valid JSON: {error}") from None


def _yaml(data: bytes) -> Any:
    require_installed("PyYAML")
    import yaml

    try:
        loader = yaml.SafeLoader(data.decode("utf-8-sig"))
        root = loader.get_single_node()
        _require_plain(loader, root)
        document = loader.construct_document(root) if root is not None else None
    except UnicodeDecodeError as error:
        raise SourceFault("$", f"it is not UTF-8 text (byte {error.start})") from None
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark
        line = f"line {at.line + 1}, column {at.column + 1}: " if at is not None else ""
        raise SourceFault("$", f"it is not valid YAML: {line}{error.problem}") from None
    except RecursionError:
        raise SourceFault("$", "it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise SourceFault("$", f"it is not valid YAML: {' '.join(str(error).split())}") from None
    return document


def _require_plain(loader: yaml.SafeLoader, root: yaml.Node | None) -> None:
    """Refuse YAML with two values for a key, or with aliases that make much or endless data of few bytes."""
    import yaml

    pending, seen = [root], 0
    while pending:
        node = pending.pop()
        seen += 1
        if seen > VALUE_LIMIT:
            raise SourceFault("$", f"it has more than {VALUE_LIMIT} values")
        if isinstance(node, yaml.MappingNode):
            given: dict[str, Any] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise SourceFault("$", f"line {key.start_mark.line + 1}: a key is not a text")
                found = loader.construct_object(value) if isinstance(value, yaml.ScalarNode) else value
                if given.setdefault(key.value, found) != found:
                    line = key.start_mark.line + 1
                    raise SourceFault("$", f"it is not valid YAML: line {line}: the key {key.value!r} stands twice")
                pending.append(value)
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value


def _require_json(value: Any, where: str, depth: int) -> None:
    """Refuse what a trainer state cannot say, which is JSON in UTF-8."""
    if not depth:
        raise SourceFault(where, f"it is nested more than {DEPTH_LIMIT} deep")
    if isinstance(value, dict):
        for key, one in value.items():
            if not isinstance(key, str):
                raise SourceFault(where, f"the key {key!r} is not a text")
            _require_json(one, f"{where}.{key}" if key.isidentifier() else f"{where}[{key!r}]", depth - 1)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            _require_json(one, f"{where}[{index}]", depth - 1)
    elif isinstance(value, str) and value.encode("utf-8", "ignore").decode("utf-8") != value:
        raise SourceFault(where, "the text has half a surrogate pair")
    elif isinstance(value, float) and not math.isfinite(value):
        raise SourceFault(where, f"{value} is no number of JSON")
    elif value is not None and not isinstance(value, str | int | float):
        raise SourceFault(where, f"a {type(value).__name__} is no value of JSON: write it as a text, in quotes")
