"""The suggestion: the one JSON document that a launcher reads.

Owns its four keys, its bytes, and the check that those bytes can be read back. Knows nothing of where they go.

Source of the rules: the contract's section "Success" (docs/contract.md).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError
from ..contract.strict_json import encode, parse
from ..curriculum.validation import first_fault
from .plain_state import checked
from .state import deserialise

if TYPE_CHECKING:
    from aind_behavior_curriculum import Trainer, TrainerState
    from pydantic import BaseModel

    from .evaluate import Evaluated

__all__ = ["KEYS", "as_json", "state_document", "suggestion"]

KEYS = ("trainer_state", "metrics", "version", "dsl_version")


def suggestion(evaluated: Evaluated) -> bytes:
    """Write the suggestion, and make sure that it can be read back.

    Args:
        evaluated: The evaluation that it reports.

    Returns:
        One line of ASCII with its newline.

    Raises:
        CurriculumError: ``result.not_finite``, ``result.not_serialisable`` or ``result.not_reloadable``.
    """
    import aind_behavior_curriculum

    # The dict has no name, so it is freed here: with many stages it is as large as what is read back.
    encoded, reread = _encoded(
        {
            "trainer_state": as_json(evaluated.after, "trainer_state"),
            "metrics": as_json(evaluated.metrics, "metrics"),
            "version": evaluated.trainer.curriculum.version,
            "dsl_version": aind_behavior_curriculum.__version__,
        }
    )
    if tuple(reread) != KEYS:
        raise AssertionError(f"the suggestion has the keys {list(reread)}")
    _require_reloadable(evaluated.after, reread.pop("trainer_state"), evaluated.trainer)
    return encoded + b"\n"


def state_document(state: TrainerState[Any], trainer: Trainer[Any]) -> bytes:
    """Write a trainer state alone, as a state file that the next ``run`` accepts.

    Args:
        state: The trainer state.
        trainer: The trainer of its curriculum.

    Returns:
        One line of ASCII with its newline.

    Raises:
        CurriculumError: As ``suggestion`` does.
    """
    encoded, reread = _encoded(as_json(state, "trainer_state"))
    _require_reloadable(state, reread, trainer)
    return encoded + b"\n"


def _encoded(document: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """A document's bytes and what they read back as, after the parser that launchers use has read them too."""
    from pydantic_core import from_json

    try:
        encoded = encode(document)
        from_json(encoded)  # allows 200 levels
        return encoded, parse(encoded)
    except ValueError as error:
        where = "$.metrics" if "metrics" in document else "$.trainer_state"
        raise _not_serialisable(where, error) from error


def as_json(model: BaseModel, name: str) -> Any:
    """Turn a model into plain JSON values, the same for the same model in every process.

    Args:
        model: A trainer state or metrics.
        name: What it is called in messages.

    Returns:
        What pydantic's JSON mode gives, with the elements of sets in a fixed order.

    Raises:
        CurriculumError: ``result.not_finite`` naming the field (pydantic would write null, and the next
            session could not load it), or ``result.not_serialisable``.
    """
    try:
        return _settled(model.model_dump(warnings=False), model.model_dump(mode="json", warnings=False), f"$.{name}")
    except CurriculumError:
        raise
    except Exception as error:
        raise _not_serialisable(_unwritable(model, f"$.{name}"), error) from error


def _unwritable(model: BaseModel, where: str) -> str:
    """The JSON path of the first field that pydantic cannot write."""
    from pydantic import BaseModel

    for name, value in {**vars(model), **(model.model_extra or {})}.items():
        try:
            model.model_dump(mode="json", include={name}, warnings=False)
        except Exception:
            place = f"{where}.{name}"
            return _unwritable(value, place) if isinstance(value, BaseModel) else place
    return where


def _not_serialisable(where: str, error: Exception) -> CurriculumError:
    name = where.removeprefix("$.")
    return CurriculumError(
        "result.not_serialisable",
        f"{name if '.' in name else 'The ' + name.replace('_', ' ')} cannot be written as JSON: "
        f"{' '.join(str(error).split()).rstrip('.')}.",
        "Use float, int, bool, str and lists or dicts of them; convert numpy values with .item() or .tolist().",
        where=where,
    )


_FINITE = "Decide in the metrics code what a session without such a value means"
_FINITE_PARAMETER = "A stage or a policy set it: give it a finite number"


def _settled(value: Any, plain: Any, where: str) -> Any:
    """Go through a value and its JSON form together: refuse numbers that JSON does not have, sort sets.

    The JSON form is changed where it is: with many stages a copy is a good part of a run's memory.
    """
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise CurriculumError(
            "result.not_finite",
            f"{where.removeprefix('$.')} is {value}, which JSON cannot say.",
            f"{_FINITE if where.startswith('$.metrics') else _FINITE_PARAMETER}; None is allowed where the field is "
            "declared as optional.",
            where=where,
        )
    if isinstance(plain, dict):
        # A key may have another form in JSON, but pydantic keeps the order.
        same = isinstance(value, dict) and len(value) == len(plain)
        inner: Iterable[Any] = value.values() if same else plain.values()
        for one, (key, entry) in zip(inner, plain.items(), strict=True):
            plain[key] = _settled(one, entry, f"{where}.{key}")
        return plain
    if isinstance(plain, list):
        if isinstance(value, set | frozenset):
            for index, one in enumerate(value):
                _settled(one, None, f"{where}[{index}]")
            return sorted(plain, key=lambda entry: json.dumps(entry, sort_keys=True))
        inner = value if isinstance(value, list | tuple) and len(value) == len(plain) else plain
        for index, (one, entry) in enumerate(zip(inner, plain, strict=True)):
            plain[index] = _settled(one, entry, f"{where}[{index}]")
        return plain
    if isinstance(plain, float) and not math.isfinite(plain):  # from a serialiser of the author's
        return _settled(plain, None, where)
    if isinstance(plain, str) and not plain.isascii():
        plain.encode()  # raises for half a surrogate pair: a launcher's parser would refuse the whole document
    return plain


def _require_reloadable(state: TrainerState[Any], plain: dict[str, Any], trainer: Trainer[Any]) -> None:
    """Load the next state as the next session will, and as a launcher that has only the library does."""
    from aind_behavior_curriculum import TrainerState
    from pydantic import ValidationError

    try:
        again = deserialise(checked(plain), trainer).state
        reloaded = as_json(again, "trainer_state")
        written = encode(plain)
        plain = {**plain, "curriculum": None}  # frees the graph of all stages, which is read next
        TrainerState.model_validate_json(written)
    except CurriculumError as error:
        raise _not_reloadable(error.message, error.where) from error
    except ValidationError as error:
        fault = first_fault(error)
        where = f"$.trainer_state.{fault.place}"
        raise _not_reloadable(f"{fault.message} at {where}", where) from None
    for key in ("stage", "active_policies", "is_on_curriculum"):
        if reloaded[key] != plain[key]:
            raise _not_reloadable(f"{key} reads back as something else", f"$.trainer_state.{key}")
    _require_nothing_lost(state.stage, again.stage, "$.trainer_state.stage")


def _require_nothing_lost(value: Any, again: Any, where: str) -> None:
    """Refuse a value that pydantic loses silently: the JSON before and after is the same.

    Args:
        value: A part of the next trainer state.
        again: The same part as it was read back.
        where: JSON path of both.
    """
    from pydantic import BaseModel

    if isinstance(value, BaseModel) and isinstance(again, BaseModel):
        read, beside = vars(again), again.model_extra or {}
        for name, one in vars(value).items():
            if name not in type(value).model_fields:
                continue  # a cached property
            place = f"{where}.{name}"
            if name not in read and name not in beside:
                raise _not_reloadable(
                    f"{place} is not written, because its field is declared as {type(again).__name__}, "
                    f"not as {type(value).__name__}",
                    place,
                    "Declare the field as SerializeAsAny[...], or as a union of all the classes it may hold.",
                )
            # A class with extra="allow" takes this name as an extra value, and the field gets its default.
            if name in read and name in beside and read[name] != one:
                raise _not_reloadable(
                    f"{place} is not read back, because its field is known by its alias only",
                    place,
                    "Take the alias out, or give the class model_config = ConfigDict(populate_by_name=True).",
                )
            _require_nothing_lost(one, read[name] if name in read else beside[name], place)
    elif isinstance(value, dict) and isinstance(again, dict):
        for (key, one), entry in zip(value.items(), again.values(), strict=False):
            _require_nothing_lost(one, entry, f"{where}.{key}")
    elif isinstance(value, list | tuple) and isinstance(again, list | tuple):
        for index, (one, entry) in enumerate(zip(value, again, strict=False)):
            _require_nothing_lost(one, entry, f"{where}[{index}]")


_HINT = (
    "A policy set a parameter to a value its field refuses, or a Task or Stage class has fields of its own; "
    "parameters belong in task_parameters."
)


def _not_reloadable(why: str, where: str | None, hint: str = _HINT) -> CurriculumError:
    return CurriculumError(
        "result.not_reloadable",
        f"The next trainer state could not be loaded again: {why.rstrip('.')}.",
        hint,
        where=where,
    )
