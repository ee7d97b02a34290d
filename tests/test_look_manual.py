"""Manual transitions: a person decides, and everything that reads the curriculum knows."""

from pathlib import Path

import pytest
from aind_behavior_curriculum import Metrics, StageTransition
from support import Repo

from aind_curriculum_runtime import manual_transition
from aind_curriculum_runtime.curriculum.manual import is_manual
from aind_curriculum_runtime.curriculum.rule_names import why_not_loadable

PLAIN = '''def st_habituation_shaping(metrics: DetectionMetrics) -> bool:
    """Enough trials to go on."""
    return metrics.trials >= 20
'''
MANUAL = '''@manual_transition
def st_habituation_shaping(metrics: DetectionMetrics) -> bool:
    """The trainer judges the animal calm."""
    return True
'''


@manual_transition
def st_a_b(metrics: Metrics) -> bool:
    """The trainer decides."""
    raise AssertionError("its body is never run")


@pytest.fixture
def gated(repo: Repo) -> Repo:
    """The repo with a gate that only a person opens behind the first stage."""
    repo.edit("src/my_curriculum/rules.py", PLAIN, MANUAL)
    repo.edit(
        "src/my_curriculum/rules.py",
        "from .metrics import DetectionMetrics\n",
        "from aind_curriculum_runtime import manual_transition\n\nfrom .metrics import DetectionMetrics\n",
    )
    return repo


def test_it_never_holds_and_its_body_is_never_run() -> None:
    assert StageTransition(st_a_b).invoke(Metrics()) is False


def test_it_is_found_again_by_its_name() -> None:
    assert why_not_loadable(st_a_b) is None
    assert StageTransition(st_a_b).name == f"{__name__}.st_a_b"


def test_its_signature_is_checked_like_any_others() -> None:
    @manual_transition
    def st_wrong(metrics: int) -> bool:
        """Nobody decides."""
        return False

    with pytest.raises(TypeError, match="metrics"):
        StageTransition(st_wrong)


def test_it_is_told_from_an_ordinary_rule() -> None:
    assert is_manual(st_a_b)
    assert not is_manual(test_it_is_found_again_by_its_name)


def test_it_must_say_who_decides() -> None:
    def st_silent(metrics: Metrics) -> bool:
        return False

    with pytest.raises(TypeError, match=r"st_silent .* docstring that says who decides"):
        manual_transition(st_silent)


def test_a_session_never_leads_through_it(gated: Repo, state: Path) -> None:
    result = gated.curriculum("run", "--path", gated.session, "--input-trainer-state", state)
    assert result.code == 0, result.text
    assert result.document["trainer_state"]["stage"]["name"] == "s_habituation"


def test_show_tells_that_a_person_decides(gated: Repo) -> None:
    shown = gated.curriculum("show", env={"COLUMNS": "140"}).stdout.decode()
    line = next(line for line in shown.splitlines() if "st_habituation" in line)
    assert "[by a person] The trainer judges the animal calm." in line
    transitions = gated.curriculum("show", "--json").document["transitions"]
    assert [one["rule"]["manual"] for one in transitions] == [True, False, False, False]


def test_explain_tells_that_a_person_decides_and_that_nothing_was_read(gated: Repo, state: Path) -> None:
    arguments = ("explain", "--path", gated.session, "--input-trainer-state", state)
    told = gated.curriculum(*arguments, "--json").document["stage_transitions"][0]
    assert (told["manual"], told["outcome"], told["read"]) == (True, "did not hold", {})
    assert "by a person" in gated.curriculum(*arguments).stdout.decode()


def witnessed(repo: Repo) -> tuple[str, str]:
    """What became of the check that every transition can hold: whether it passed, and what it found."""
    result = repo.curriculum("check", repo.path, "--select", "LP", "--select", "GR", "--format", "json")
    check = next(one for one in result.document["checks"] if one["id"] == "GR005")
    return check["status"], " ".join(one["message"] for one in check["findings"])


def test_the_checks_do_not_take_it_for_a_rule_that_can_never_hold(gated: Repo) -> None:
    assert witnessed(gated) == ("passed", "")
    gated.edit("src/my_curriculum/rules.py", "@manual_transition\n", "")
    gated.edit("src/my_curriculum/rules.py", "return True", "return False")
    assert "st_habituation_shaping" in witnessed(gated)[1]
