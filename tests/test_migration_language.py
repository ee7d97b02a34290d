"""What MIGRATIONS may say, what a plain state becomes by it, and that no leaf of it is lost unsaid."""

from __future__ import annotations

import copy
import json
import sys
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_curriculum_runtime import Compute, CurriculumError, Drop, Migration, Rename, Set, Tombstone
from aind_curriculum_runtime.contract.leaves import leaves, parts
from aind_curriculum_runtime.curriculum.migration import declared, require_fitting
from aind_curriculum_runtime.curriculum.moving import Migrated, migrated, path_through

PARAMETERS = {
    "volume": 2.5,
    "by_mouse": {"m 1": {"gain": 2}},
    "patches": [
        {"label": "A", "reward": {"amount": 1.5, "delay": 0.25}},
        {"label": "B b", "reward": {"amount": 7.0, "delay": 0.5}},
    ],
}


def state(parameters: Any = PARAMETERS, **more: Any) -> dict[str, Any]:
    return {"stage": {"name": "s", "task": {"task_parameters": parameters}}, "active_policies": None, **more}


def by(*operations: Any, parameters: Any = PARAMETERS) -> tuple[dict[str, Any], Migrated]:
    """Parameters after some operations, and the whole of it."""
    result = migrated(state(parameters), "1.0.0", {"1.4.0": Migration(parameters=operations)}, "1.5.0")
    return result.state["stage"]["task"]["task_parameters"], result


def refused(*operations: Any) -> CurriculumError:
    with pytest.raises(CurriculumError) as caught:
        by(*operations)
    return caught.value


# Which migrations, in what order


@pytest.mark.parametrize(
    ("version", "to", "keys"),
    [
        ("1.3.9", "1.6.0", ["1.4.0", "1.10.0"]),
        ("1.4.0", "1.10.0", ["1.10.0"]),
        ("1.10.0", "1.10.1", []),
        ("1.4.0-rc.1", "1.10.0", ["1.10.0"]),  # it counts as the version that it leads to
        ("1.0.0", "2.0.0", ["1.4.0", "1.10.0", 1]),
        ("1.12.0", "2.0.0", [1]),
        ("0.9.0", "1.10.0", []),  # no way
        ("2.0.0", "1.10.0", []),
    ],
)
def test_a_state_goes_through_the_versions_of_its_major_and_then_through_the_major(
    version: str, to: str, keys: list[Any]
) -> None:
    declared = {1: Migration(stages={"s": "s"}), "1.10.0": Migration(), "1.4.0": Migration()}
    assert path_through(declared, version, to) == keys


# Operations


def test_a_renamed_parameter_keeps_its_value() -> None:
    after, result = by(Rename("volume", "reward.volume"))
    assert after["reward"] == {"volume": 2.5} and "volume" not in after
    (done,) = result.steps[0].parameters
    assert done.as_json() == {"did": "renamed", "was": "volume", "path": "reward.volume", "before": 2.5, "after": 2.5}


def test_so_does_one_deep_in_a_list_in_every_element() -> None:
    after, result = by(Rename("patches[*].reward.amount", "patches[*].reward.size"))
    assert [one["reward"]["size"] for one in after["patches"]] == [1.5, 7.0]
    assert [(one.was, one.path) for one in result.steps[0].parameters] == [
        (f"patches[label={label}].reward.amount", f"patches[label={label}].reward.size") for label in ("A", '"B b"')
    ]


def test_an_element_is_named_as_diff_names_it() -> None:
    assert by(Drop('patches[label="B b"]'))[0]["patches"] == PARAMETERS["patches"][:1]  # type: ignore[index]
    assert by(Set("patches[label=A].reward.delay", 1.0))[0]["patches"][0]["reward"]["delay"] == 1.0
    assert by(Set("patches[1].reward.delay", 1.0))[0]["patches"][1]["reward"]["delay"] == 1.0
    assert by(Set('by_mouse["m 1"].gain', 3))[0]["by_mouse"] == {"m 1": {"gain": 3}}


def test_the_field_that_names_elements_may_have_another_name() -> None:
    after, _ = by(Rename("patches", "trials"), Rename("trials[*].label", "trials[*].name"))
    assert [one["name"] for one in after["trials"]] == ["A", "B b"] and "patches" not in after


def test_a_value_may_be_computed_of_itself_or_of_others() -> None:
    after, _ = by(
        Compute("patches[*].reward.delay", lambda seconds: seconds * 1000),
        Compute("rate", lambda volume, gain: volume / gain, of=("volume", 'by_mouse["m 1"].gain')),
        Compute("patches[*].share", lambda amount: amount / 8.5, of="patches[*].reward.amount"),
    )
    assert [one["reward"]["delay"] for one in after["patches"]] == [250.0, 500.0]
    assert after["rate"] == 1.25 and after["patches"][1]["share"] == 7 / 8.5
    assert after["volume"] == 2.5


def test_operations_follow_each_other() -> None:
    after, _ = by(Rename("volume", "size"), Compute("size", lambda size: size * 2), Set("volume", 1))
    assert (after["size"], after["volume"]) == (5.0, 1)


def test_an_operation_leaves_a_state_alone_that_does_not_have_its_parameter() -> None:
    operations = [Rename("x", "y"), Drop("x"), Compute("y", abs, of="x"), Rename("patches[9].x", "patches[0].x")]
    after, result = by(*operations)
    assert after == PARAMETERS and list(result.steps[0].idle) == operations


def test_the_given_state_is_left_as_it_is() -> None:
    before = copy.deepcopy(PARAMETERS)

    def careless(patches: Any) -> Any:
        patches.clear()
        return []

    by(Drop("volume"), Compute("patches", careless), Rename("by_mouse", "mice"))
    assert before == PARAMETERS


def test_by_stage_other_stages_keep_what_they_have() -> None:
    for stage, expected in (("s", {"size": 1}), ("t", {"volume": 1})):
        given = state({"volume": 1})
        given["stage"]["name"] = stage
        one = Migration(parameters={"s": [Rename("volume", "size")]})
        result = migrated(given, "1.0.0", {"1.4.0": one}, "1.4.0")
        assert result.state["stage"]["task"]["task_parameters"] == expected and result.fate == "keep"


def test_what_is_given_up_for_the_stage_goes_through_no_later_migration() -> None:
    later = Migration(parameters=[Compute("volume", lambda _: 1 / 0)])
    result = migrated(state(), "1.0.0", {"1.4.0": Migration(parameters="stage"), "1.5.0": later}, "1.5.0")
    assert result.fate == "stage" and len(result.steps) == 2


# Rules


def test_policies_and_rules_of_the_stage_are_renamed_within_a_major_version() -> None:
    given = state(active_policies=["m.p_old", "m.p_end"])
    given["stage"] |= {
        "metrics_provider": "m.provider",
        "start_policies": ["m.p_old", "m.p_end"],
        "graph": {
            "nodes": {"0": "m.p_old", "1": "m.p_end", "2": "m.p_stay"},
            "graph": {"0": [["m.t", 1], ["m.t", 2]], "1": [["m.t", 0]], "2": [["m.t", 0]]},
        },
    }
    one = Migration(
        policies={"p_old": "p_new", "m.p_end": None}, rules={"t": "other.t", "provider": "metrics_of"}, note="Said."
    )
    result = migrated(given, "1.0.0", {"1.4.0": one}, "1.4.0")
    stage = result.state["stage"]
    assert result.state["active_policies"] == ["m.p_new"]
    assert (stage["metrics_provider"], stage["start_policies"]) == ("m.metrics_of", ["m.p_new"])
    assert stage["graph"] == {
        "nodes": {"0": "m.p_new", "2": "m.p_stay"},
        "graph": {"0": [["other.t", 2]], "2": [["other.t", 0]]},
    }
    (step,) = result.steps
    assert step.policies == {"m.p_old": "m.p_new", "m.p_end": None} and step.note == "Said."
    assert step.rules == {"m.provider": "m.metrics_of", "m.p_old": "m.p_new", "m.p_end": None, "m.t": "other.t"}


def test_a_policy_transition_that_there_is_no_more_leaves_the_graph() -> None:
    given = state()
    given["stage"]["graph"] = {"nodes": {"0": "m.p"}, "graph": {"0": [["m.t_gone", 0], ["m.t", 0]]}}
    result = migrated(given, "1.0.0", {"1.4.0": Migration(rules={"t_gone": None})}, "1.4.0")
    assert result.state["stage"]["graph"]["graph"] == {"0": [["m.t", 0]]}
    assert result.steps[0].rules == {"m.t_gone": None}


# What cannot be carried out


def test_a_rename_never_takes_the_place_of_another_value() -> None:
    error = refused(Rename("volume", "by_mouse"))
    assert (error.code, error.exit) == ("repo.migration", 78)
    assert error.message == (
        "The migration to version 1.4.0 renames a parameter to by_mouse, which the trainer state has too "
        "(at the stage 's')."
    )


@pytest.mark.parametrize("path", ["volume.x", "patches[2].x", "patches[label=C].x", "patches.x", "by_mouse[0]"])
def test_a_value_is_not_put_where_there_is_no_place_for_it(path: str) -> None:
    error = refused(Set(path, 1))
    assert error.code == "repo.migration" and f"puts a value at {path}, for which" in error.message


def test_a_value_that_follows_from_others_needs_all_of_them() -> None:
    error = refused(Compute("rate", min, of=("volume", "time")))
    assert error.code == "repo.migration" and "computes rate of time, which the trainer state does not" in error.message


def test_what_the_authors_function_raises_is_the_authors() -> None:
    error = refused(Compute("volume", lambda volume: volume / 0))
    assert (error.code, error.exit, error.show_traceback) == ("code.raised", 70, True)
    assert "computes volume in the migration to version 1.4.0 failed: ZeroDivisionError" in error.message


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_and_what_it_returns_is_json(value: Any) -> None:
    error = refused(Compute("volume", lambda _: value))
    assert (error.code, error.exit) == ("result.not_serialisable", 76) and "computes volume" in error.message


# What may be declared


@pytest.mark.parametrize("stages", [{1: "s_a"}, {"s_a": None}, {"s_a": 1}])
def test_a_migration_maps_names_to_names_or_tombstones(stages: Any) -> None:
    with pytest.raises(TypeError, match="names to names or tombstones"):
        Migration(stages=stages)


@pytest.mark.parametrize("message", ["", "  ", None])
def test_a_tombstone_has_words(message: Any) -> None:
    with pytest.raises(TypeError, match="where the animals go"):
        Tombstone(message)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Migration(policies={"p": 1}), "policies maps names to names or None"),  # type: ignore[dict-item]
        (lambda: Migration(rules={"r": 1}), "rules maps names to names or None"),  # type: ignore[dict-item]
        (lambda: Migration(stages=["s"]), r"stages is a dict of names, not \['s'\]"),  # type: ignore[arg-type]
        (lambda: Migration(note=1), "note is a text"),  # type: ignore[arg-type]
        (lambda: Migration(parameters="kept"), 'parameters is "keep", "stage", a list of'),  # type: ignore[arg-type]
        (lambda: Migration(parameters=[Tombstone("x")]), 'parameters is "keep"'),  # type: ignore[list-item]
        (lambda: Migration(parameters={1: "keep"}), "parameters maps names of stages"),  # type: ignore[dict-item]
        (lambda: Rename("a", ""), "'' is no path of a parameter"),
        (lambda: Rename(1, "a"), "a parameter is named by its path, not by 1"),  # type: ignore[arg-type]
        (lambda: Rename("a..b", "a"), "is no path of a parameter"),
        (lambda: Rename("a b", "a"), "is no path of a parameter"),
        (lambda: Rename("patches[*].x", "x"), r"do not have as many \[\*\]"),
        (lambda: Rename("patches[0]", "patch"), "elements of a list have none"),
        (lambda: Drop("patches[label]"), "is no path of a parameter"),
        (lambda: Set("a", float("nan")), r"Set\('a'\) has no JSON value"),
        (lambda: Set("a", {1}), r"Set\('a'\) has no JSON value"),
        (lambda: Compute("a", 3), "has no function, but 3"),  # type: ignore[arg-type]
        (lambda: Compute("a", abs, of="b[*]"), r"do not have as many \[\*\]"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused_where_it_stands(make: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        make()


ONE = Migration(stages={"s": "s"})


@pytest.mark.parametrize(
    ("migrations", "told"),
    [
        ([], "is not a dict of versions"),
        ({"1.4.0": "s"}, "has a str at '1.4.0', not a Migration"),
        ({"1.4": Migration()}, "has the key '1.4', which is no version of three numbers"),
        ({"1.4.0-rc.1": Migration()}, "has the key '1.4.0-rc.1', which is no version"),
        ({"1.4.0+x": Migration()}, "has the key '1.4.0+x', which is no version"),
        ({"01.4.0": Migration()}, "has the key '01.4.0', which is no version"),
        ({"0": ONE}, "has the key '0', which is no version"),
        ({"1.0.0": Migration()}, "has the key '1.0.0', before which its major version has none"),
        ({"1.4.0": ONE}, "maps stages at '1.4.0', but within a major version stages keep their names"),
        ({-1: ONE}, "has the key -1, which is neither a version"),
        ({True: ONE}, "has the key True, which is neither"),
        ({1.4: ONE}, "has the key 1.4, which is neither"),
        ({0: Migration()}, "does not say at 0 where the animals of its stages go"),
        ({0: Migration(stages={"s": "s"}, rules={"a": "b"})}, "maps rules at 0"),
        ({0: Migration(stages={"s": "s"}, parameters={"t": "keep"})}, "has parameters of 't' at 0"),
        ({0: Migration(stages={"s": Tombstone("x")}, parameters={"s": "keep"})}, "has parameters of 's' at 0"),
    ],
)
def test_a_key_that_leads_nowhere_is_refused(migrations: Any, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("declaring")
    module.MIGRATIONS = migrations  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "declaring", module)
    with pytest.raises(CurriculumError) as caught:
        declared("declaring:CURRICULUM")
    assert caught.value.code == "repo.migration" and f"declaring.MIGRATIONS {told}" in caught.value.message


@pytest.mark.parametrize(
    ("key", "version", "fits"),
    [("1.4.0", "1.3.9", False), ("1.4.0", "1.4.0", True), ("1.4.0", "1.4.0-rc.1", True), ("1.4.0", "2.0.0", True),
     ("2.1.0", "2.0.0", False), (1, "1.9.0", False), (1, "2.0.0", True)],
)  # fmt: skip
def test_a_key_is_not_beyond_the_curriculums_own_version(key: Any, version: str, fits: bool) -> None:
    migrations = {key: ONE}
    if fits:
        require_fitting(migrations, version, ["s"])
        return
    with pytest.raises(CurriculumError, match=f"but this is version {version}") as caught:
        require_fitting(migrations, version, ["s"])
    assert caught.value.code == "repo.migration"


def test_parameters_of_a_stage_that_there_is_not_are_refused() -> None:
    """Nothing would happen: a value in seconds would be read as milliseconds."""
    typo = Migration(parameters={"s_typo": [Compute("delay", lambda seconds: seconds * 1000)]})
    for migrations, version in (({"1.4.0": typo}, "1.4.0"), ({"1.4.0": typo, 1: ONE}, "2.0.0")):
        with pytest.raises(CurriculumError, match="of 's_typo', which is no stage of version 1") as caught:
            require_fitting(migrations, version, ["s"])
        assert caught.value.hint == "Its stages: s."
    require_fitting({"1.4.0": typo}, "2.0.0", ["s"])  # no state comes this way


def test_a_declaration_does_not_change_afterwards() -> None:
    given = {"p": "q"}
    value = [1]
    one = Migration(policies=given, parameters=[Set("a", value)])
    given["p"] = "x"
    value.append(2)
    assert one.policies == {"p": "q"} and one.operations() == [Set("a", [1])]
    with pytest.raises(TypeError):
        one.policies["p"] = "x"  # type: ignore[index]


# No leaf is lost unsaid


KEYS = st.sampled_from(["a", "b", "c", "d e", "name"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-1, 1) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def chains(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Migration]]:
    """Task parameters, and migrations whose paths are often theirs."""
    parameters = draw(st.dictionaries(KEYS, VALUES, max_size=4))
    known = [path for path in leaves(parameters) if is_path(path)] + ["a", "b.c", "a[*]", "a[*].b", "c[*].a"]
    names = st.sampled_from(known)
    operation = st.one_of(
        st.builds(lambda one, other: attempt(Rename, one, other), names, names),
        st.builds(Drop, names),
        st.builds(Set, names, VALUES),
        st.builds(lambda path: Compute(path, lambda value: [value]), names),
    )
    operations = st.lists(operation.filter(lambda one: one is not None), max_size=4)
    return parameters, {key: Migration(parameters=draw(operations)) for key in ("1.1.0", "1.2.0", "1.3.0")}


def is_path(path: str) -> bool:
    try:
        return bool(parts(path))
    except ValueError:
        return False


def attempt(make: Any, *arguments: Any) -> Any:
    try:
        return make(*arguments)
    except TypeError:
        return None


@given(chains())
def test_after_a_chain_of_migrations_no_leaf_is_lost_or_made_up_without_being_named(
    drawn: tuple[dict[str, Any], dict[str, Migration]],
) -> None:
    parameters, migrations = drawn
    before = json.dumps(parameters)
    try:
        result = migrated(state(parameters), "1.0.0", migrations, "1.3.0")
    except CurriculumError as error:
        assert error.code == "repo.migration"
        return
    finally:
        assert json.dumps(parameters) == before
    # By name and by what was said, the old leaves become the new ones.
    told = {one.was or one.path for step in result.steps for one in step.parameters}
    named = told | {one.path for step in result.steps for one in step.parameters}
    after = result.state["stage"]["task"]["task_parameters"]
    then, now = values(parameters), values(after)
    for path in then.keys() | now.keys():
        if then.get(path, ...) != now.get(path, ...):
            assert is_told(path, named), (path, named)


def values(value: Any, place: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], str]:
    """Every plain value by its keys and indexes; those inside of lists count for their outermost list."""
    if isinstance(value, dict) and value:
        return {found: one for key, inner in value.items() for found, one in values(inner, (*place, key)).items()}
    return {place: json.dumps(value)}


def is_told(place: tuple[Any, ...], named: set[str]) -> bool:
    """Whether something at a place, around it or within it is named."""
    for path in named:
        keys = [part for part in parts(path.replace("[name]", "")) if isinstance(part, str)]
        length = min(len(keys), len(place))
        if tuple(keys[:length]) == place[:length]:
            return True
    return False
