"""Which rules the library loads again by the name that it writes, decorated ones too, and what is said of others."""

import functools
import sys

import pytest
from aind_behavior_curriculum import (
    GRADUATED,
    Graduated,
    MetricsProvider,
    Policy,
    PolicyTransition,
    Stage,
    StageTransition,
    create_curriculum,
)
from small_rules import Level, LickParameters, LickTask, metrics_a

from aind_curriculum_runtime import manual_transition
from aind_curriculum_runtime.curriculum.rule_names import why_not_loadable


def careful(function):
    @functools.wraps(function)
    def inner(*arguments):
        return function(*arguments)

    return inner


def careless(function):
    def inner(*arguments):
        return function(*arguments)

    return inner


def plain(metrics):
    return True


@careful
def decorated(metrics):
    return True


@careful
@careful
def decorated_twice(metrics):
    return True


@careless
def nameless(metrics):
    return True


@StageTransition
def of_the_library(metrics):
    return True


@PolicyTransition
def of_another_class_of_the_library(metrics):
    return True


@manual_transition
def by_hand(metrics):
    """A person decides."""


def twice(metrics):
    return True


first_of_two = twice


def twice(metrics):
    return False


class Rules:
    """Rules that have no name at the top level."""

    @staticmethod
    def fixed(metrics):
        return True

    @classmethod
    def of_class(cls, metrics):
        return True

    def bound(self, metrics):
        return True

    def __call__(self, metrics):
        return True


alias = plain
elsewhere = careful(plain)
partial = functools.partial(plain)
named_partial = functools.update_wrapper(functools.partial(plain), plain)
short = lambda metrics: True  # noqa: E731

LOADED = {
    "a function": plain,
    "a function under another name": alias,
    "functools.wraps": decorated,
    "functools.wraps, twice": decorated_twice,
    "@StageTransition": of_the_library,
    "@PolicyTransition": of_another_class_of_the_library,
    "@manual_transition": by_hand,
    "the second of two": twice,
}

HERE = __name__
REFUSED = {
    "a decorator without functools.wraps": (nameless, "It is made inside careless. If that is a decorator, put `@fun"),
    "a decorator's result under another name": (elsewhere, "A decorator made it of plain, and"),
    "the first of two": (first_of_two, f"{HERE} has something else under the name twice."),
    "a lambda": (short, "It is a lambda"),
    "a partial": (partial, "It is an object of the class partial, which has no name"),
    "a partial with another's name": (named_partial, "A decorator made it of plain"),
    "an object": (Rules(), "It is an object of the class Rules"),
    "a static method": (Rules.fixed, "It is a method of Rules."),
    "a class method": (Rules.of_class, "It is a method of Rules."),
    "a bound method": (Rules().bound, "It is a method of Rules."),
}


def loaded_again(rule) -> bool:
    """Whether the library, given its own JSON of a curriculum with this transition, calls the same again."""
    curriculum = create_curriculum("names", "0.1.0", (LickTask, Graduated), pkg_location=HERE)()
    stage = Stage(name="s_a", task=LickTask(task_parameters=LickParameters()), metrics_provider=metrics_a)
    transition = StageTransition(rule)
    curriculum.add_stage_transition(stage, GRADUATED, transition)
    try:
        again = type(curriculum).model_validate_json(curriculum.model_dump_json())
    except ValueError:  # it cannot even be written
        return False
    ((found, _),) = again.graph.graph[0]
    return found.callable is transition.callable and found.invoke(Level()) == transition.invoke(Level())


@pytest.mark.parametrize("rule", LOADED.values(), ids=LOADED)
def test_what_the_library_loads_again_is_accepted(rule) -> None:
    assert loaded_again(rule)
    assert why_not_loadable(StageTransition(rule).callable) is None


@pytest.mark.parametrize(("rule", "says"), REFUSED.values(), ids=REFUSED)
def test_what_the_library_does_not_load_again_is_refused_with_its_kind(rule, says: str) -> None:
    assert not loaded_again(rule)
    told = why_not_loadable(StageTransition(rule).callable)
    assert told is not None and told.startswith(says), told
    assert "top level of a module" in told


def test_a_bare_function_as_metrics_provider_or_policy_is_a_rule_of_the_library() -> None:
    stage = Stage(
        name="s_a",
        task=LickTask(task_parameters=LickParameters()),
        metrics_provider=metrics_a,
        start_policies=[a_policy],
    )
    assert isinstance(stage.metrics_provider, MetricsProvider) and isinstance(stage.start_policies[0], Policy)
    assert why_not_loadable(stage.metrics_provider.callable) is None
    assert why_not_loadable(stage.start_policies[0].callable) is None


def a_policy(metrics, task):
    return task


def test_a_rule_whose_module_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, HERE)
    assert why_not_loadable(plain) is not None
