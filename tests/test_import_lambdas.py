"""Rules that were lambdas: what is translated says what the lambda said, and nothing else ever comes through."""

from __future__ import annotations

import ast
import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aind_curriculum_runtime.adoption.lambdas import LONGEST, DoesMore, NotUnderstood, Translated, translate

COUNTS = ("session_total", "session_at_current_stage")
WHOLE = ("finished_trials",)

RECORDS = st.fixed_dictionaries(
    {
        "session_total": st.integers(0, 12),
        "session_at_current_stage": st.integers(0, 6),
        "finished_trials": st.lists(st.integers(0, 900), max_size=7),
        "foraging_efficiency": st.lists(st.none() | st.floats(0, 2), max_size=7),
    }
)


def translated(text: str) -> Translated:
    """Translate a condition of the task that the tests know."""
    return translate(text, counts=COUNTS, whole=WHOLE)


# Lambdas of the grammar.

PLACES = st.integers(-4, 2)
NUMBERS = st.integers(0, 900).map(str) | st.floats(0, 2).map(repr)
COMPARISONS = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
FIELDS = st.sampled_from(("finished_trials", "foraging_efficiency")).map("metrics.{}".format)
SLICES = st.builds("[{}:{}]".format, PLACES | st.just(""), PLACES | st.just(""))
HISTORIES = st.builds("{}{}".format, FIELDS, st.just("") | SLICES)
SINGLE = (
    NUMBERS
    | st.sampled_from(COUNTS).map("metrics.{}".format)
    | st.builds("{}[{}]".format, FIELDS, PLACES)
    | st.builds("{}({})".format, st.sampled_from(("np.mean", "len", "sum", "min", "max")), HISTORIES)
)
VALUES = st.recursive(
    SINGLE,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("{} {} {}".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("({}) {} {}".format, inner, st.sampled_from(("/", "//", "%")), st.sampled_from(("2", "0.5", "3")))
        | st.builds("-{}".format, inner)
        | st.builds("abs({})".format, inner)
        | st.builds("{}({}, {})".format, st.sampled_from(("min", "max")), inner, inner)
    ),
    max_leaves=4,
)
ANSWERS = st.recursive(
    st.builds("{} {} {}".format, VALUES, COMPARISONS, VALUES)
    | st.builds("{} {} {} {} {}".format, NUMBERS, COMPARISONS, VALUES, COMPARISONS, NUMBERS)
    | st.sampled_from(("True", "False")),
    lambda inner: (
        st.builds("{}\n   {} {}".format, inner, st.sampled_from(("and", "or")), inner)
        | st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner)
        | st.builds("not {}".format, inner)
    ),
    max_leaves=6,
)
LAMBDAS = ANSWERS.map("lambda metrics:\n    {}\n".format)


def number(value: float | None) -> float:
    return math.nan if value is None else value


def mean(values: list[float | None]) -> float:
    """As NumPy adds up to seven values; test_import_mice.py compares with NumPy itself."""
    total = 0.0
    for value in values:
        total += number(value)
    return total / len(values) if values else math.nan


def outcome(code: str, names: dict[str, Any], record: dict[str, Any]) -> object:
    """What a lambda gives, or the type of what it raises."""
    try:
        return eval(code, names)(SimpleNamespace(**record))
    except (IndexError, ValueError, OverflowError, ZeroDivisionError) as error:
        return type(error)


@given(LAMBDAS, RECORDS)
def test_a_translated_rule_says_what_the_lambda_says(text: str, record: dict[str, Any]) -> None:
    found = translated(text)
    as_it_was = {**record, "foraging_efficiency": [number(one) for one in record["foraging_efficiency"]]}
    expected = outcome(text.replace("\n", ""), {"np": SimpleNamespace(mean=mean)}, as_it_was)
    assert outcome(f"lambda metrics: {found.code}", {"number": number, "mean": mean}, record) == expected


@given(LAMBDAS, RECORDS)
def test_a_history_may_be_cut_to_what_a_rule_looks_back_at(text: str, record: dict[str, Any]) -> None:
    found = translated(text)
    if found.look_back is None:
        return
    names, rule = {"number": number, "mean": mean}, f"lambda metrics: {found.code}"
    cut = {name: value[-found.look_back :] if name not in COUNTS else value for name, value in record.items()}
    assert outcome(rule, names, cut) == outcome(rule, names, record)


@given(LAMBDAS)
def test_what_a_rule_uses_is_known(text: str) -> None:
    found = translated(text)
    tree = ast.parse(found.code, mode="eval")
    assert found.counts | found.histories == {one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute)}
    called = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    assert found.helpers == called & {"number", "mean"}


# What must not come through.

HOSTILE = (
    "__import__('os').system('true')",
    "open('/etc/passwd').read()",
    "exec('1')",
    "eval('1')",
    "globals()['x']",
    "getattr(metrics, 'x')",
    "metrics.__class__",
    "metrics._secret[-1]",
    "metrics.finished_trials.append(1)",
    "metrics.finished_trials.__len__()",
    "().__class__.__base__.__subclasses__()[0]",
    "(lambda: 1)()",
    "(seen := 1)",
    "np.load('x')",
    "np.__dict__",
    "np.random.rand()",
    "numpy.core.os",
    "math.inf",
    "print(1)",
    "(yield 1)",
    "[print for print in [open]][0]('x')",
    "f'{open}'",
    "type('x', (), {})",
    "breakpoint()",
)


@given(st.sampled_from(HOSTILE), LAMBDAS)
@settings(max_examples=300)
def test_a_lambda_that_does_more_than_compare_metrics_is_refused(fragment: str, text: str) -> None:
    body = text.removeprefix("lambda metrics:")
    for hidden in (f"lambda metrics: ({fragment}) > 0 or {body}", f"lambda metrics: {body} and abs({fragment}) < 1"):
        with pytest.raises(DoesMore):
            translated(hidden)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.finished_trials[-1] >= 200",
        "print('hello')",
        "lambda: True",
        "lambda metrics, other: True",
        "lambda metrics, also=[]: True",
        "lambda *metrics: True",
        "lambda metrics, *, also=1: True",
    ],
)
def test_what_is_no_lambda_over_metrics_is_refused(text: str) -> None:
    with pytest.raises(DoesMore):
        translated(text)


@pytest.mark.parametrize(
    "text",
    [
        "lambda metrics: np.std(metrics.foraging_efficiency[-5:]) < 0.1",
        "lambda metrics: np.mean(metrics.finished_trials[-5:] > 10",
        "lambda metrics: all(one > 0.5 for one in metrics.foraging_efficiency[-3:])",
        "lambda metrics: metrics.finished_trials > 3",
        "lambda metrics: metrics.finished_trials[-1]",
        "lambda metrics: metrics.session_total[-1] > 3",
        "lambda metrics: 1 if metrics.session_total else 0",
        "lambda metrics: metrics.session_total in (1, 2)",
        "lambda metrics: metrics.session_total ** 99 > 1",
        "lambda metrics: metrics.session_total / metrics.session_at_current_stage > 1",
        "lambda metrics: metrics.session_total / 0 > 1",
        "lambda metrics: metrics.session_total > 1e999",
        "lambda metrics: metrics.session_total > 1j",
        "lambda metrics: metrics.finished_trials[::2][-1] > 1",
        "lambda metrics: metrics.finished_trials[True] > 1",
        "lambda np: np.mean[-1] > 1",
        "lambda metrics: metrics.session_total > 1\0",
        "lambda metrics: " + "(" * 500,
        "lambda metrics: " + "-" * 3000 + "1 > 0",
        "lambda metrics: 0 < 1" + " - 1" * 300,
        "lambda metrics: True" + " " * LONGEST,
        "",
    ],
)
def test_what_is_not_understood_is_left_to_a_person(text: str) -> None:
    with pytest.raises(NotUnderstood):
        translated(text)


LETTERS = st.text("metrics.trials[-1] >= 20 and not np.mean(5:)lambda_importopenexec'\"\\\n;#@=,{}", max_size=12)


@given(LAMBDAS, LETTERS, st.integers(0, 300), st.integers(0, 20))
def test_whatever_is_written_into_a_lambda_only_the_grammar_comes_out(
    text: str, written: str, place: int, left_out: int
) -> None:
    changed = text[:place] + written + text[place + left_out :]
    try:
        tree = ast.parse(translated(changed).code, mode="eval")
    except (DoesMore, NotUnderstood):
        return
    names = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    assert names <= {"metrics", "number", "mean", "map", "len", "abs", "min", "max", "sum"}
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Lambda | ast.comprehension | ast.NamedExpr | ast.JoinedStr | ast.Yield)
        if isinstance(node, ast.Attribute):
            assert isinstance(node.value, ast.Name) and node.value.id == "metrics" and node.attr[0] != "_"
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, bool | int | float)
