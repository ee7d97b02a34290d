"""Objects as JSON text: what ``session.suggestion.as_json`` gives, by one call of pydantic where that is the same.

It is not for a number that JSON does not have, which pydantic writes as null, nor for sets, whose order is that of the
process: they go the long way.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ..session.suggestion import as_json

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["written"]

_UNSURE: Final = ("null", "NaN", "Infinity")
"""What pydantic may have written for a number that JSON does not have."""


def written(model: BaseModel, name: str) -> str:
    """Write an object as JSON.

    Args:
        model: Metrics, a task or its parameters.
        name: What it is called in messages.

    Returns:
        One line of JSON.

    Raises:
        CurriculumError: ``result.not_finite`` or ``result.not_serialisable``.
    """
    if not _may_hold_sets(type(model)) and not model.__pydantic_extra__:
        try:
            serializer = model.__pydantic_serializer__
            text = serializer.to_json(model, warnings=False).decode()
            if any(one in text for one in _UNSURE):
                json.dumps(serializer.to_python(model, mode="json", warnings=False), allow_nan=False)
            return text
        except Exception:
            pass  # the long way says in words what is wrong
    plain: Any = as_json(model, name)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=256)
def _may_hold_sets(model: type[BaseModel]) -> bool:
    try:
        return "uniqueItems" in json.dumps(model.model_json_schema(mode="serialization"))
    except Exception:  # a type that has no schema
        return True
