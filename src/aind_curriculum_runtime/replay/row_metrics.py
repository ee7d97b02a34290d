"""Metrics of a session in a table: as one cell, by the curriculum's own hook, or by columns of their names.

A curriculum whose metrics look back declares beside its ``Curriculum`` object how a row leads on from the last one::

    def metrics_from_row(row: dict[str, Any], previous: ForagingMetrics | None) -> ForagingMetrics: ...

``row`` holds what was measured in the session by the names of its columns, and ``subject_id``, ``session``,
``session_date``, ``current_stage_suggested``, ``current_stage_actual`` (the stage that the session is decided from) and
``session_at_current_stage``. ``previous`` are the metrics of the animal's last session that was decided.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import encode
from ..curriculum.author_code import a_value, curriculum_code
from ..curriculum.validation import first_fault, input_name
from ..look.read import metrics_class

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Metrics
    from pydantic import ValidationError

__all__ = ["HOOK", "RowMetrics"]

HOOK: Final = "metrics_from_row"


class RowMetrics:
    """How the rows of a table become metrics of a curriculum.

    Args:
        target: Where the curriculum's object is, ``package.module:OBJECT``.
        curriculum: The object.

    Raises:
        CurriculumError: ``repo.curriculum_invalid`` when the hook cannot be called.
    """

    def __init__(self, target: str, curriculum: Curriculum[Any]) -> None:
        module = target.partition(":")[0]
        self.hook: Callable[[dict[str, Any], Metrics | None], Any] | None = getattr(sys.modules[module], HOOK, None)
        if self.hook is not None and not callable(self.hook):
            raise CurriculumError(
                "repo.curriculum_invalid",
                f"{module}.{HOOK} is {a_value(self.hook)}, not a function.",
                f"Write `def {HOOK}(row, previous)`, which returns metrics, or take the name away.",
                where=f"{module}:{HOOK}",
            )
        self._models = {
            stage.name: metrics_class(stage, curriculum.see_stage_transitions(stage))
            for stage in curriculum.see_stages()
        }

    def of(
        self,
        stage: str,
        whole: Mapping[str, Any] | None,
        measured: Mapping[str, Any],
        about: Mapping[str, Any],
        previous: Metrics | None,
    ) -> Metrics:
        """The metrics of a session.

        Args:
            stage: The stage that it is decided from.
            whole: Its metrics as one object, where the table has them.
            measured: What was measured in it.
            about: What else the hook gets.
            previous: The metrics of the animal's session before, which are no other's.

        Returns:
            An object of its own.

        Raises:
            CurriculumError: ``source.invalid`` where the row does not hold such metrics; ``code.raised`` or
                ``result.metrics_type`` for the hook.
        """
        from aind_behavior_curriculum import Metrics
        from pydantic import ValidationError

        model: type[Metrics] | None = self._models[stage]
        if whole is not None:
            try:  # as they come from the session before on a rig
                return (model or Metrics).model_validate_json(encode(whole))
            except ValidationError as error:
                if self.hook is None or model is None:  # the hook is for tables whose metrics are of another system
                    raise _unfit(model or Metrics, error) from None
        if self.hook is not None:
            return self._by_hook({**measured, **about}, previous)
        return Metrics(**measured) if model is None else _by_columns(model, measured)

    def _by_hook(self, row: dict[str, Any], previous: Metrics | None) -> Metrics:
        from aind_behavior_curriculum import Metrics

        assert self.hook is not None
        try:
            metrics = self.hook(row, previous)
        except BaseException:
            with curriculum_code("code.raised", f"{HOOK} failed", "Fix it there, or the row."):
                raise
        if not isinstance(metrics, Metrics):
            raise CurriculumError(
                "result.metrics_type",
                f"{HOOK} returned {a_value(metrics)} instead of Metrics.",
                "Return an object of the curriculum's Metrics class.",
            )
        return metrics


def _by_columns(model: type[Metrics], measured: Mapping[str, Any]) -> Metrics:
    """Metrics whose fields are columns; none is left to its default, which would be a decision by nothing."""
    from pydantic import ValidationError

    missing = [name for name in model.model_fields if name not in measured]
    if missing:
        raise CurriculumError(
            "source.invalid",
            f"{model.__name__} needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}, "
            "which the table lacks.",
            f"Where they follow from the sessions before, write {HOOK}(row, previous) beside the curriculum.",
        )
    values = {input_name(name, field): measured[name] for name, field in model.model_fields.items()}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # A text of digits reads as a number, and pandas writes whole numbers with a point.
        again = {
            one["loc"][0]: _other_form(one["input"], one["type"]) for one in error.errors() if len(one["loc"]) == 1
        }
    try:
        return model.model_validate({**values, **again})
    except ValidationError as error:
        raise _unfit(model, error) from None


def _other_form(value: Any, fault: str) -> Any:
    if fault == "int_type" and isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if fault == "string_type" and isinstance(value, int | float) else value


def _unfit(model: type[Metrics], error: ValidationError) -> CurriculumError:
    fault = first_fault(error)
    found = "" if fault.kind == "missing" else f" (it is {'empty' if fault.found is None else repr(fault.found)[:60]})"
    return CurriculumError(
        "source.invalid",
        f"{model.__name__} cannot be made of the row: {fault.place}: {fault.message}{found}.",
        "Correct the cell, or leave the row out.",
    )
