"""`curriculum explain`: the account of an evaluation agrees with the evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import Repo, Result

CASES: dict[str, tuple[str, str, dict[str, float]]] = {
    "moves on": ("cycle-and-skip", "s_alternating", {"hit_rate": 0.9, "bias": 0.1}),
    "goes back": ("cycle-and-skip", "s_alternating", {"hit_rate": 0.1, "bias": 0.7}),
    "stays": ("cycle-and-skip", "s_alternating", {"hit_rate": 0.5}),
    "two tracks": ("parallel-tracks", "s_learn_to_stop", {"good_choices": 0.9, "stops": 250}),
    "one track": ("parallel-tracks", "s_learn_to_stop", {"stops": 10}),
    "a person decides": ("manual-line", "s_handling", {"finished_trials": 1000}),
    "graduates": ("cycle-and-skip", "s_probabilistic", {"hit_rate": 0.9, "sessions_at_stage": 5}),
}


def evaluated(repo: Repo, case: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The trainer state before, what `run` says, and what `explain` says."""
    arguments = prepared(repo, case, folder)
    ran, told = repo.curriculum("run", *arguments), repo.curriculum("explain", *arguments, "--json")
    assert (ran.code, told.code) == (0, 0), ran.text + told.text
    return json.loads(Path(arguments[-1]).read_text(encoding="utf-8")), ran.document, told.document


def prepared(repo: Repo, case: str, folder: Path) -> list[Path | str]:
    """Options that name a session with those metrics and a state at that stage."""
    curriculum, stage, metrics = CASES[case]
    session, state = folder / "session", folder / "state.json"
    session.mkdir()
    (session / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    made = repo.curriculum("init", "--curriculum", curriculum, "--stage", stage, "--output", state)
    assert made.code == 0, made.text
    return ["--data-directory", session, "--input-trainer-state", state]


@pytest.mark.parametrize("case", CASES)
def test_the_account_agrees_with_the_suggestion(case: str, shaped_repo: Repo, tmp_path: Path) -> None:
    before, suggestion, told = evaluated(shaped_repo, case, tmp_path)
    after = suggestion["trainer_state"]
    assert told["trainer_state"] == after
    assert told["metrics"] == suggestion["metrics"]
    assert (told["stage"], told["next_stage"]) == (before["stage"]["name"], after["stage"]["name"])
    assert told["active_policies"] == (after["active_policies"] or [])
    held = [one["to"] for one in told["stage_transitions"] if one["outcome"] == "held"]
    assert held == ([after["stage"]["name"]] if told["moved"] else [])
    old, new = (one["stage"]["task"]["task_parameters"] for one in (before, after))
    names = {one["path"] for one in told["parameters"]}
    assert names == {name for name in {**old, **new} if old.get(name, ...) != new.get(name, ...)}
    for one in told["parameters"]:
        assert (one.get("before", ...), one.get("after", ...)) == tuple(
            side.get(one["path"], ...) for side in (old, new)
        )


def test_rules_are_told_in_the_order_of_trying_with_what_they_read(shaped_repo: Repo, tmp_path: Path) -> None:
    _, _, told = evaluated(shaped_repo, "goes back", tmp_path)
    tried = [(one["priority"], one["to"], one["outcome"], one["read"]) for one in told["stage_transitions"]]
    # The first reads the hit rate, which is too low for it to look at the bias.
    assert tried == [
        (1, "s_probabilistic", "did not hold", {"hit_rate": 0.1}),
        (2, "s_single_side", "held", {"bias": 0.7}),
    ]
    assert told["policy_transitions"] == told["policies"] == []
    assert {tuple(one["by"]) for one in told["parameters"]} == {("stage s_single_side",)}


def test_rules_after_the_one_that_holds_are_told_as_not_tried(shaped_repo: Repo, tmp_path: Path) -> None:
    _, _, told = evaluated(shaped_repo, "moves on", tmp_path)
    assert [one["outcome"] for one in told["stage_transitions"]] == ["held", "not tried"]
    assert told["stage_transitions"][1]["read"] == {}


def test_each_change_of_a_parameter_is_told_with_the_policy_that_made_it(shaped_repo: Repo, tmp_path: Path) -> None:
    _, _, told = evaluated(shaped_repo, "one track", tmp_path)
    module = "my_curriculum.parallel_tracks"
    changed = {one["path"]: (one["before"], one["after"], one["by"]) for one in told["parameters"]}
    assert changed == {
        "delay": (0.0, 0.1, [f"{module}.p_delay_grows"]),
        "stop_speed": (12.0, 12.0 * 0.8, [f"{module}.p_stop_slower"]),
    }


def test_policy_transitions_are_told_for_every_active_policy(shaped_repo: Repo, tmp_path: Path) -> None:
    _, _, told = evaluated(shaped_repo, "two tracks", tmp_path)
    tried = [
        (one["from"].rpartition(".")[2], one["to"].rpartition(".")[2], one["outcome"], one["read"])
        for one in told["policy_transitions"]
    ]
    assert tried == [
        ("p_delay_grows", "p_delay_holds", "held", {"good_choices": 0.9}),
        ("p_stop_slower", "p_stop_longer", "held", {"stops": 250}),
    ]


def test_all_fields_count_as_read_by_a_rule_that_takes_them_all(repo: Repo, state: Path) -> None:
    repo.edit("src/my_curriculum/rules.py", "return metrics.trials >= 20", "return metrics.model_dump() == {}")
    told = repo.curriculum("explain", "--path", repo.session, "--input-trainer-state", state, "--json")
    assert told.code == 0, told.text
    assert told.document["stage_transitions"][0]["read"] == told.document["metrics"]


def test_a_field_that_is_read_through_a_property_counts_as_read(repo: Repo, state: Path) -> None:
    repo.edit(
        "src/my_curriculum/metrics.py",
        "\n\ndef metrics_from_dataset",
        "\n    @property\n    def worked(self) -> bool:\n        return self.trials >= 20\n"
        "\n\ndef metrics_from_dataset",
    )
    repo.edit("src/my_curriculum/rules.py", "return metrics.trials >= 20", "return metrics.worked")
    told = repo.curriculum("explain", "--path", repo.session, "--input-trainer-state", state, "--json").document
    assert told["stage_transitions"][0] | {"docstring": ""} == {
        "priority": 1,
        "to": "s_shaping",
        "rule": "my_curriculum.rules.st_habituation_shaping",
        "docstring": "",
        "manual": False,
        "outcome": "held",
        "read": {"trials": 24},
    }


def test_the_text_tells_the_same_in_words(shaped_repo: Repo, tmp_path: Path) -> None:
    result = shaped_repo.curriculum("explain", *prepared(shaped_repo, "stays", tmp_path))
    assert result.code == 0, result.text
    text = result.stdout.decode()
    for said in (
        "The subject stays at s_alternating.",
        "\n  p_shorten_window\n    response_window: 3.0 -> 2.5\n",
        "hit_rate = 0.5",
        "\n  by p_shorten_window\n    response_window: 3.0 -> 2.5\n",
    ):
        assert said in text


def failed(repo: Repo, command: str, *arguments: str | Path) -> tuple[int, str, str]:
    """How a command failed."""
    result: Result = repo.curriculum(command, *arguments)
    assert result.stdout == b""
    return result.code, result.error["code"], result.error["message"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules.py", "return metrics.trials >= 20", "raise ValueError('no')"),
        ("rules.py", "return metrics.trials >= 20", "return exit(0)"),
        ("metrics.py", "    if not trials:", "    if trials:"),
    ],
)
def test_what_fails_in_run_fails_in_explain_alike(file: str, old: str, new: str, repo: Repo, state: Path) -> None:
    repo.edit(f"src/my_curriculum/{file}", old, new)
    arguments = ("--path", repo.session, "--input-trainer-state", state)
    assert failed(repo, "explain", *arguments) == failed(repo, "run", *arguments)


def test_a_state_that_names_a_foreign_function_is_refused(
    shared_repo: Repo, shaping: dict[str, Any], tmp_path: Path
) -> None:
    shaping["stage"]["metrics_provider"] = "shutil.rmtree"
    state = tmp_path / "state.json"
    state.write_text(json.dumps(shaping), encoding="utf-8")
    arguments = ("--path", shared_repo.session, "--input-trainer-state", state)
    assert failed(shared_repo, "explain", *arguments)[:2] == (77, "state.rule_refused")
