"""Whether a transition may end without a value is read in its source, without a false alarm."""

from __future__ import annotations

import ast
import textwrap

import pytest

from aind_curriculum_runtime.checks.engine.returns import function_at, may_return_none

ALWAYS = {
    "one return": "return metrics.trials > 3",
    "both branches": "if metrics.trials > 3:\n    return True\nelse:\n    return False",
    "an early one": "if metrics.trials > 3:\n    return True\nreturn False",
    "with": "with context():\n    return metrics.trials > 3",
    "try": "try:\n    return metrics.trials > 3\nexcept KeyError:\n    return False",
    "try with else": "try:\n    one = metrics.trials\nexcept KeyError:\n    return False\nelse:\n    return one > 3",
    "finally": "try:\n    pass\nfinally:\n    return True",
    "raise": "if metrics.trials > 3:\n    return True\nraise ValueError",
    "a loop without end": "while True:\n    if metrics.trials > 3:\n        return True",
    "for with else": "for one in metrics.days:\n    if one:\n        return True\nelse:\n    return False",
    "match": "match metrics.stage:\n    case 1:\n        return True\n    case _:\n        return False",
    "match a name": "match metrics.stage:\n    case 1:\n        return True\n    case other:\n        return other > 0",
    "assert False": "if metrics.trials > 3:\n    return True\nassert False",
    "assert_never": "if metrics.trials > 3:\n    return True\ntyping.assert_never(metrics)",
    "a function inside": "def inner(one):\n    return\nreturn inner(metrics) is None",
}
SOMETIMES = {
    "if alone": ("if metrics.trials > 3:\n    return True", 1),
    "a bare return": ("if metrics.trials is None:\n    return\nreturn metrics.trials > 3", 3),
    "return None": ("if metrics.trials is None:\n    return None\nreturn metrics.trials > 3", 3),
    "one branch": ("if metrics.trials > 3:\n    return True\nelif metrics.trials > 2:\n    return False", 1),
    "a handler": ("try:\n    return metrics.trials > 3\nexcept KeyError:\n    pass", 1),
    "for": ("for one in metrics.days:\n    return True", 1),
    "for with break": ("for one in metrics.days:\n    break\nelse:\n    return False", 1),
    "while with break": ("while True:\n    if metrics.trials:\n        break", 1),
    "match without a rest": ("match metrics.stage:\n    case 1:\n        return True", 1),
    "match with a guard": ("match metrics.stage:\n    case _ if metrics.trials:\n        return True", 1),
}


def path_without_value(body: str) -> int | None:
    module = ast.parse(f"def st_one_two(metrics):\n{textwrap.indent(body, '    ')}")
    function = function_at(module, 1)
    assert function is not None
    return may_return_none(function)


@pytest.mark.parametrize("body", ALWAYS.values(), ids=ALWAYS)
def test_a_value_on_every_path_is_seen(body: str) -> None:
    assert path_without_value(body) is None


@pytest.mark.parametrize(("body", "line"), SOMETIMES.values(), ids=SOMETIMES)
def test_a_path_without_a_value_is_told_by_its_line(body: str, line: int) -> None:
    assert path_without_value(body) == line


def test_a_decorated_function_is_found_by_its_first_decorator() -> None:
    module = ast.parse("import x\n\n@x.rule\n@x.other\ndef st_one_two(metrics):\n    return True")
    for line in (3, 4, 5):
        function = function_at(module, line)
        assert function is not None and function.name == "st_one_two"
    assert function_at(module, 1) is None
