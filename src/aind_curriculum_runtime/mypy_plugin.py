"""Types for mypy of the classes that the library makes by a call: ``TaskA = create_task(...)``.

To mypy such a name is a variable, so ``task: TaskA`` would be an error, and each use of the task another. Named in the
``[tool.mypy]`` of a generated repo. Knows nothing of curricula, and nothing else imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy.exprtotype import TypeTranslationError, expr_to_unanalyzed_type
from mypy.nodes import GDEF, RefExpr, SymbolTableNode, TypeInfo
from mypy.plugin import DynamicClassDefContext, Plugin
from mypy.types import AnyType, Instance, Type, TypeOfAny

__all__ = ["plugin"]

_BASES: Final = {
    "aind_behavior_curriculum.task.create_task": "aind_behavior_curriculum.task.Task",
    "aind_behavior_curriculum.curriculum.create_curriculum": "aind_behavior_curriculum.curriculum.Curriculum",
}
"""The functions that make a class, and the class that it derives from; each base has one type variable."""


class _Plugin(Plugin):
    def get_dynamic_class_hook(self, fullname: str) -> Callable[[DynamicClassDefContext], None] | None:
        return _define if fullname in _BASES else None


def _define(context: DynamicClassDefContext) -> None:
    """Make the name that the call is assigned to a class."""
    callee, api = context.call.callee, context.api
    symbol = api.lookup_fully_qualified_or_none(_BASES[callee.fullname]) if isinstance(callee, RefExpr) else None
    parameters = _parameters(context)
    if symbol is None or not isinstance(symbol.node, TypeInfo):
        return  # another version of the library
    if parameters is None and not api.final_iteration:
        api.defer()
        return
    base = Instance(symbol.node, [parameters or AnyType(TypeOfAny.from_error)])
    info = api.basic_new_typeinfo(context.name, base, context.call.line)
    api.add_symbol_table_node(context.name, SymbolTableNode(GDEF, info))


def _parameters(context: DynamicClassDefContext) -> Type | None:
    """The class given as ``task_parameters``; Any for what is no class, None when mypy has not come to it yet."""
    for name, value in zip(context.call.arg_names, context.call.args, strict=True):
        if name == "task_parameters":
            try:
                return context.api.anal_type(expr_to_unanalyzed_type(value, context.api.options))
            except TypeTranslationError:
                break
    return AnyType(TypeOfAny.special_form)


def plugin(version: str) -> type[Plugin]:
    """The entry point that mypy calls.

    Args:
        version: Version of mypy.

    Returns:
        The plugin's class.
    """
    return _Plugin
