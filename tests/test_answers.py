"""A transition whose `return` was forgotten is refused: it could never hold, and nothing would say so."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from failing import failed_run
from support import Repo

from aind_curriculum_runtime import manual_transition
from aind_curriculum_runtime.curriculum.answers import never_answers

RULES = "src/my_curriculum/rules.py"


def forgets(metrics: Any) -> Any:
    """Enough trials."""
    metrics.trials >= 20  # noqa: B015


def returns_nothing_in_the_middle(metrics: Any) -> Any:
    if metrics.trials >= 20:
        return
    with Path("x").open():
        metrics.trials += 1


def returns_none_by_name(metrics: Any) -> Any:
    return None


def answers_on_one_path(metrics: Any) -> Any:
    if metrics.trials >= 20:
        return True


def answers_with_a_name(metrics: Any) -> Any:
    answer = None
    return answer


def only_raises(metrics: Any) -> Any:
    raise ValueError("no such metric")


def yields(metrics: Any) -> Iterator[bool]:
    yield True


@manual_transition
def by_a_person(metrics: Any) -> bool:  # type: ignore[empty-body]
    """The trainer decides."""


@functools.wraps(forgets)
def decorated(metrics: Any) -> bool:
    return bool(forgets(metrics))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (forgets, True),
        (returns_nothing_in_the_middle, True),
        (returns_none_by_name, True),
        (answers_on_one_path, False),
        (answers_with_a_name, False),
        (only_raises, False),
        (yields, False),
        (by_a_person, False),
        (decorated, False),
        (len, False),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_what_can_return_no_value_is_known_without_a_call(function: Callable[..., Any], expected: bool) -> None:
    assert never_answers(function) is expected


@pytest.fixture
def file(tmp_path: Path, shaping_bytes: bytes) -> Path:
    target = tmp_path / "trainer_state.json"
    target.write_bytes(shaping_bytes)
    return target


@pytest.mark.parametrize(
    ("rule", "comparison"),
    [
        ("st_shaping_discrimination", "metrics.good_sessions_in_a_row >= 2"),
        ("st_habituation_shaping", "metrics.trials >= 20"),  # of another stage than the subject's
        (
            "pt_lengthen_delay_hold_delay",
            "metrics.median_reaction_time is not None and metrics.median_reaction_time > 1.5",
        ),
    ],
)
def test_a_forgotten_return_is_refused_with_name_and_line(rule: str, comparison: str, repo: Repo, file: Path) -> None:
    repo.edit(RULES, f"return {comparison}", comparison)
    line = 1 + (repo.path / RULES).read_text(encoding="utf-8").splitlines().index(
        f"def {rule}(metrics: DetectionMetrics) -> bool:"
    )
    error, _ = failed_run(repo, repo.session, file, code="result.no_answer", exit_code=76)
    assert f"my_curriculum.rules.{rule}" in error["message"] and f"(rules.py, line {line})" in error["message"]


def test_none_on_some_paths_is_did_not_hold(repo: Repo, file: Path) -> None:
    repo.edit(
        RULES,
        "    return metrics.good_sessions_in_a_row >= 2",
        "    if metrics.good_sessions_in_a_row >= 2:\n        return True",
    )
    result = repo.curriculum("run", "--data-directory", repo.session, "--input-trainer-state", file)
    assert result.code == 0, result.text
    assert result.document["trainer_state"]["stage"]["name"] == "s_shaping"
