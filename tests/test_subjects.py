"""What people do to animals: the matrix, in this process, on a real ledger in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aind_curriculum_runtime.client import CurriculumError as NoAnswer
from aind_curriculum_runtime.client import Kind
from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.fleet import deciding
from aind_curriculum_runtime.fleet.cli import main
from aind_curriculum_runtime.fleet.tables import _fitted
from aind_curriculum_runtime.ledger.entry import Session, at, digest_of_state, without_graph
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of, known, next_state
from aind_curriculum_runtime.ledger.recording import Draft, add, change, evaluation, hold
from aind_curriculum_runtime.ledger.standing import Standing
from aind_curriculum_runtime.ledger.stuck import stuck
from aind_curriculum_runtime.subjects.overview import days_since, local

MOUSE, OTHER = "786543", "786544"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

PARAMETERS: dict[str, Any] = {
    "volume": 3.0,
    "count": 2,
    "is_loud": False,
    "name": "tone",
    "nothing": None,
    "weights": [1.0, 2.0],
    "gain": {"x": 1.0, "y": 2.0},
    "patches": [{"label": "A", "rate": 0.5}, {"label": "Odor 90", "rate": 0.1}],
}


def state(stage: str = "s_a", policies: tuple[str, ...] = (), **parameters: Any) -> dict[str, Any]:
    return {
        "curriculum": {"name": "c", "version": "1.0.0", "graph": {"nodes": {}}},
        "stage": {"name": stage, "task": {"task_parameters": {**PARAMETERS, **parameters}}},
        "is_on_curriculum": True,
        "active_policies": list(policies),
    }


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Lab:
    """A ledger, the commands on it, and the sessions of its animals."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.store = FolderStore.create(folder / "ledger")
        self.folder, self._capture = folder, capture

    def __call__(self, *arguments: str | Path) -> Said:
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["subjects", *map(str, arguments), "--ledger", self.store.url])
        said = self._capture.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    def enroll(self, subject: str = MOUSE, stage: str = "s_a", hours: float = 0, **facts: Any) -> None:
        kept, graph = without_graph(state(stage))
        draft = change("enrolled", {"state": kept, "by": "me", **facts}, graph)
        add(self.store, subject, draft, now=lambda: NOON + timedelta(hours=hours))

    def session(self, day: int, after: str = "s_a", subject: str = MOUSE, **facts: Any) -> None:
        kept, graph = without_graph(state(after))
        given = known(self.store, subject).standing.next_state
        assert given is not None
        content = {"given": digest_of_state(given), "stage_run": given["stage"]["name"], "metrics": {"trials": day}}
        content |= {"state": kept, "outcome": f"{after} {day}", **facts}
        start = NOON + timedelta(days=day)
        one = Session(f"{subject}_day_{day}", at(start))
        add(self.store, subject, evaluation(one, content, graph), now=lambda: start + timedelta(hours=1))

    def held(self, day: int, subject: str = MOUSE) -> None:
        start = NOON + timedelta(days=day)
        error = {"code": "session.incomplete", "exit": 66, "message": f"Day {day} is empty.", "hint": ""}
        one = Session(f"{subject}_day_{day}", at(start))
        add(self.store, subject, hold(one, {"given": None, "error": error}), now=lambda: start + timedelta(hours=1))

    def standing(self, subject: str = MOUSE) -> Standing:
        return known(self.store, subject).standing

    def places(self, subject: str = MOUSE) -> int:
        return len(entries_of(self.store, subject))

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("list", "--json").out)
        return found


@pytest.fixture
def lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Lab]:
    yield Lab(tmp_path, capsys)


@pytest.fixture
def animal(lab: Lab) -> Lab:
    lab.enroll()
    return lab


# What is done, and what it shows first


def test_off_keeps_the_stage_and_on_brings_it_back(animal: Lab) -> None:
    said = animal("off", MOUSE, "--reason", "ill", "--by", "anna")
    assert said.out.splitlines() == [
        f"{MOUSE} is taken off its curriculum",
        "  on curriculum yes -> no",
        f"Written as entry 2 of {MOUSE}.",
    ]
    after = next_state(animal.store, known(animal.store, MOUSE))
    assert after is not None and (after["stage"]["name"], after["is_on_curriculum"]) == ("s_a", False)
    last = entries_of(animal.store, MOUSE)[-1].content
    assert (last["by"], last["reason"]) == ("anna", "ill")
    assert animal("on", MOUSE).code == 0
    assert animal.standing().is_on


def test_what_is_so_already_writes_nothing(animal: Lab) -> None:
    assert animal("on", MOUSE) == (0, f"{MOUSE}: nothing would change.\n", "")
    assert animal.places() == 1


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("volume=2.5", "volume", 2.5),
        ("volume=2", "volume", 2.0),
        ("count=5", "count", 5),
        ("is_loud=true", "is_loud", True),
        ('name="white = noise"', "name", "white = noise"),
        ("nothing=4", "nothing", 4),
        ("weights=[3.0, 4]", "weights", [3.0, 4]),
        ("gain.x=7.5", "gain.x", 7.5),
        ("patches[label=A].rate=0.9", "patches[label=A].rate", 0.9),
        ('patches[label="Odor 90"].rate = 0.9', 'patches[label="Odor 90"].rate', 0.9),
    ],
)
def test_a_parameter_is_pinned_on_top_of_every_suggestion_until_it_is_released(
    animal: Lab, assignment: str, path: str, value: Any
) -> None:
    assert animal("pin", MOUSE, assignment).code == 0
    assert animal.standing().pins == {path: value}
    animal.session(1)
    assert animal.standing().pins == {path: value}
    assert animal("pin", MOUSE, assignment).out == f"{MOUSE}: nothing would change.\n"
    said = animal("release", MOUSE, path)
    assert f"  pinned        {path} -> none" in said.out.splitlines()
    assert animal.standing().pins == {}


def test_a_pin_shows_the_leaf_that_changes(animal: Lab) -> None:
    assert "  parameters    gain.x: 1.0 -> 7.5" in animal("pin", MOUSE, "gain.x=7.5").out.splitlines()


def test_undo_walks_back_through_what_people_did(animal: Lab) -> None:
    animal("pin", MOUSE, "volume=1.0")
    animal.session(1, "s_b")
    animal("off", MOUSE)
    assert "(off)" in animal("undo", MOUSE).out
    assert "(pinned volume)" in animal("undo", MOUSE).out
    assert animal.standing().is_on and not animal.standing().pins and animal.standing().stage == "s_b"
    once_too_often = animal("undo", MOUSE)
    assert (once_too_often.code, once_too_often.err) == (
        64,
        f"curricula: Nothing is left to undo for {MOUSE} but that it was enrolled, and it has sessions since.\n"
        "  hint: Undo that by its number: --entry 1; or a session: `curricula subjects show` lists them.\n",
    )
    assert "(enrolled)" in animal("undo", MOUSE, "--entry", "1").out
    said = animal("undo", MOUSE)
    assert (said.code, said.err.splitlines()[0]) == (
        64,
        f"curricula: Nobody changed anything for {MOUSE} that could be undone.",
    )


def test_an_enrolment_without_sessions_is_what_undo_takes_back(animal: Lab) -> None:
    assert "(enrolled)" in animal("undo", MOUSE).out
    assert animal.listed() == []


def test_a_session_is_undone_by_its_number_and_brought_back_by_undoing_that(animal: Lab) -> None:
    animal.session(1, "s_b")
    said = animal("undo", MOUSE, "--entry", "2")
    assert "  stage         s_b -> s_a" in said.out.splitlines()
    assert '  last metrics  {"trials": 1} -> none' in said.out.splitlines()
    assert animal.standing().stage == "s_a"
    again = animal("undo", MOUSE, "--entry", "2")
    assert (again.code, again.err) == (
        64,
        f"curricula: Entry 2 of {MOUSE} was undone by entry 3 already.\n"
        "  hint: To bring it back, undo that one: --entry 3.\n",
    )
    assert animal("undo", MOUSE, "--entry", "3").code == 0
    assert animal.standing().stage == "s_b"


def test_what_comes_too_late_without_an_undone_session_is_told(animal: Lab) -> None:
    """Both were run in the past of the enrolment, so each counts only because the one before led to it."""
    animal.enroll(OTHER, hours=24 * 365)
    animal.session(1, "s_b", OTHER)
    animal.session(2, "s_c", OTHER)
    assert "  came too late none -> entry 3" in animal("undo", OTHER, "--entry", "2").out.splitlines()


def test_sessions_held_back_by_a_clock_that_was_ahead_count_once_its_session_is_undone(animal: Lab) -> None:
    animal.session(1, "s_b")
    animal.session(30, "s_c")
    animal.session(2, "s_d")
    assert (animal.standing().stage, animal.standing().late) == ("s_c", (4,))
    assert "  stage         s_c -> s_d" in animal("undo", MOUSE, "--entry", "3").out.splitlines()
    assert (animal.standing().stage, animal.standing().late) == ("s_d", ())


def test_a_session_is_given_to_the_animal_that_it_is_of(animal: Lab) -> None:
    animal.enroll(OTHER)
    animal.session(1, "s_b")
    said = animal("reassign", MOUSE, f"{MOUSE}_day_1", "--to", OTHER, "--reason", "two cages", "--by", "anna")
    assert said.code == 0
    assert (animal.standing().stage, animal.standing(OTHER).stage) == ("s_a", "s_b")
    assert animal.standing(OTHER).metrics == {"trials": 1}
    told = json.loads(animal("show", OTHER, "--json").out)[-1]
    assert (told["reassigned_from"], told["by"], told["reason"]) == (MOUSE, "anna", "two cages")
    again = animal("reassign", MOUSE, f"{MOUSE}_day_1", "--to", OTHER)
    assert again.code == 64 and "has no session" in again.err
    assert (animal.places(), animal.places(OTHER)) == (3, 2)


def test_a_reassignment_that_was_cut_short_is_finished_by_the_same_call(animal: Lab) -> None:
    animal.enroll(OTHER)
    animal.session(1, "s_b")
    entry = entries_of(animal.store, MOUSE)[-1]
    kept = {key: entry.content[key] for key in ("session", "given", "state", "metrics", "outcome")}
    add(animal.store, OTHER, change("evaluated", {**kept, "reassigned_from": MOUSE}))
    assert animal("reassign", MOUSE, f"{MOUSE}_day_1", "--to", OTHER).code == 0
    assert (animal.places(), animal.places(OTHER)) == (3, 2)


def test_an_enrolment_that_was_cut_short_is_finished_by_the_same_call(lab: Lab) -> None:
    file = lab.folder / "state.json"
    file.write_text(json.dumps(state()), encoding="utf-8")
    several = ["enroll", MOUSE, OTHER, "--state", str(file), "--group", "pilot", "--yes"]
    lab("enroll", MOUSE, "--state", file, "--group", "pilot")
    assert f"{MOUSE}: nothing would change." in lab(*several).out.splitlines()
    assert (lab.places(), lab.places(OTHER)) == (1, 1)
    said = lab(*several)
    assert (said.code, f"{MOUSE} is enrolled already" in said.err) == (64, True)
    lab("off", MOUSE)
    said = lab("enroll", MOUSE, "third", "--state", file, "--yes")
    assert (said.code, f"{MOUSE} is enrolled already" in said.err) == (64, True)
    assert lab.store.subjects() == [MOUSE, OTHER]


def test_groups_are_listed_and_chosen_by(lab: Lab) -> None:
    lab.enroll(groups=["pilot"])
    lab.enroll(OTHER)
    assert lab("group", OTHER, "night", "pilot").code == 0
    assert [one["groups"] for one in lab.listed()] == [["pilot"], ["night", "pilot"]]
    said = lab("list", "--group", "night")
    assert [line.split()[0] for line in said.out.splitlines()] == ["subject", OTHER]


def test_a_state_that_somebody_has_is_enrolled(lab: Lab) -> None:
    file = lab.folder / "state.json"
    file.write_text(json.dumps(state("s_c", ("m.p_one",))), encoding="utf-8")
    said = lab("enroll", MOUSE, "--state", file, "--group", "pilot")
    assert said.out.splitlines() == [
        f"{MOUSE} is enrolled",
        "  curriculum    c 1.0.0",
        "  stage         s_c",
        "  policies      p_one",
        "  groups        pilot",
        f"Written as entry 1 of {MOUSE}.",
    ]
    whole = json.loads(lab("next", MOUSE).out)
    assert whole == state("s_c", ("m.p_one",))


def test_several_animals_change_only_with_yes_and_all_or_none(lab: Lab) -> None:
    lab.enroll()
    lab.enroll(OTHER)
    said = lab("off", MOUSE, OTHER)
    assert (said.code, said.out.splitlines()[-1]) == (0, "Nothing was written. With --yes 2 animals would change.")
    assert lab("off", MOUSE, OTHER, "nobody", "--yes").code == 64
    assert (lab.places(), lab.places(OTHER)) == (1, 1)
    assert lab("off", MOUSE, OTHER, MOUSE, "--yes").code == 0
    assert (lab.places(), lab.places(OTHER)) == (2, 2)


@pytest.mark.parametrize(("answer", "places"), [("y", 2), ("Yes", 2), ("n", 1), ("", 1), (None, 1)])
def test_at_a_terminal_a_person_is_asked(
    animal: Lab, monkeypatch: pytest.MonkeyPatch, answer: str | None, places: int
) -> None:
    def typed(question: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr(deciding, "is_asked", lambda: True)
    monkeypatch.setattr("builtins.input", typed)
    assert animal("off", MOUSE).code == 0
    assert animal.places() == places


def test_what_others_wrote_meanwhile_is_shown_before_anything_is_written(
    animal: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []

    def typed(question: str) -> str:
        questions.append(question)
        if len(questions) == 1:  # a session ends on a rig while the person thinks
            animal.session(1, "s_b")
        return "y"

    monkeypatch.setattr(deciding, "is_asked", lambda: True)
    monkeypatch.setattr("builtins.input", typed)
    said = animal("pin", MOUSE, "volume=1.0")
    assert len(questions) == 2
    assert said.err == f"Others wrote meanwhile: {MOUSE}.\n"
    assert (animal.standing().stage, animal.standing().pins) == ("s_b", {"volume": 1.0})


# What cannot be done


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (["show", "../../evil"], "'../../evil' cannot be the name of a subject.", "Use 1 to 64 letters"),
        (["enroll", "CON"], "'CON' cannot be the name of a subject.", "Use 1 to 64 letters"),
        (["enroll", "a:b"], "'a:b' cannot be the name of a subject.", "Use 1 to 64 letters"),
        (["off", "x" * 300], "cannot be the name of a subject.", "Use 1 to 64 letters"),
        (["enroll", "Mouse"], "The subject 'Mouse' is not known, but 'mouse' is.", "Write it as 'mouse'"),
        (["off", "MOUSE"], "The subject 'MOUSE' is not known, but 'mouse' is.", "Write it as 'mouse'"),
        (["show", "mose"], "There is no subject 'mose' in ", "Did you mean 'mouse'?"),
        (["off", "zzz"], "There is no subject 'zzz' in ", "`curricula subjects list` shows those that there are."),
        (["off", "gone"], "gone is not enrolled.", "`curricula subjects enroll gone` enrolls it."),
        (["next", "gone"], "gone is not enrolled.", "enrolls it."),
        (["enroll", "mouse"], "mouse is enrolled already, at the stage s_a.", "move mouse --stage NAME"),
        (["pin", "mouse", "volum=1.0"], "'volum' is no parameter of the stage s_a.", "Near it: volume"),
        (["pin", "mouse", "gain=1.0"], "'gain' holds several parameters of the stage s_a.", "It holds: gain.x, gain.y"),
        (["pin", "mouse", "x=1"], "'x' is no parameter of the stage s_a.", "Near it: gain.x"),
        (["pin", "mouse", "volume"], "'volume' is not of the form PATH=VALUE.", "Such as volume=3.0."),
        (["pin", "mouse", "vol"], "'vol' is not of the form PATH=VALUE.", "Its parameters: volume, count, is_loud"),
        (["pin", "mouse", "zz=1"], "'zz' is no parameter of the stage s_a.", "Its parameters: volume, count, is_loud"),
        (["pin", "mouse", "is_loud=yes"], "'yes' is not a value in JSON.", "It is false now; write true or false."),
        (["pin", "mouse", "volume=loud"], "'loud' is not a value in JSON.", "It is 3.0 now"),
        (["pin", "mouse", "name=loud"], "'loud' is not a value in JSON.", "A text needs quotes: name='\"loud\"'."),
        (["pin", "mouse", "volume=NaN"], "'NaN' is not a value in JSON.", "It is 3.0 now"),
        (["pin", "mouse", "volume=true"], "volume is a number, and true is true or false.", "It is 3.0 now"),
        (["pin", "mouse", "count=2.5"], "count is a whole number, and 2.5 is a number.", "It is 2 now"),
        (["pin", "mouse", "is_loud=1"], "is_loud is true or false, and 1 is a whole number.", "It is false now"),
        (["pin", "mouse", "volume=null"], "volume is a number, and null is null.", "It is 3.0 now"),
        (["pin", "mouse", 'weights=["a"]'], "weights is a list, and", "It is [1.0, 2.0] now"),
        (["pin", "mouse", 'patches[label]=["B"]'], "patches[label] is the names of a list", "one of its elements"),
        (["release", "mouse", "volume"], "'volume' is not pinned for mouse.", "Pinned: nothing."),
        (["undo", "mouse", "--entry", "9"], "mouse has no entry 9.", "It has the entries 1 to 1"),
        (["undo", "mouse", "--entry", "0"], "Invalid value for '--entry'", "See `curricula subjects undo --help`."),
        (["reassign", "mouse", "day_1", "--to", "mouse"], "recorded under mouse already", "another animal"),
        (["reassign", "mouse", "day_1", "--to", "zzz"], "mouse has no session 'day_1'.", "It has none."),
        (["off", "mouse", "--by", " "], "--by is empty.", "leave the option out"),
        (["group", "mouse", ""], "NAME is empty.", "leave the option out"),
        (["enroll", "m2", "--group", ""], "--group is empty.", "leave the option out"),
        (["off"], "Missing argument 'SUBJECT...'", "See `curricula subjects off --help`."),
        (["offf"], "There is no command 'offf'.", "Did you mean `curricula subjects off`?"),
        (["off", "mouse", "--reson", "x"], "There is no option '--reson'.", "Did you mean --reason?"),
    ],
)
def test_bad_input_gets_its_sentence_and_hint_and_writes_nothing(
    lab: Lab, arguments: list[str], sentence: str, hint: str
) -> None:
    lab.enroll("mouse")
    lab.enroll("gone")
    lab("undo", "gone")
    before = sorted((lab.folder / "ledger").rglob("subjects/*/*"))
    said = lab(*arguments)
    assert (said.code, said.out) == (64, "")
    first, second = said.err.splitlines()
    assert first.startswith("curricula: ") and sentence in first
    assert second.startswith("  hint: ") and hint in second
    assert sorted((lab.folder / "ledger").rglob("subjects/*/*")) == before


@pytest.mark.parametrize("arguments", [[], ["--foo"]])
def test_the_group_itself_says_which_commands_there_are(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["subjects", *arguments])
    assert ended.value.code == 64
    assert "curricula subjects list" in capsys.readouterr().err or not arguments


def test_a_state_that_is_off_is_not_enrolled(lab: Lab) -> None:
    file = lab.folder / "state.json"
    file.write_text(json.dumps({**state(), "is_on_curriculum": False}), encoding="utf-8")
    said = lab("enroll", MOUSE, "--state", file)
    assert (said.code, said.err.splitlines()[0]) == (69, f"curricula: The trainer state {file} is off curriculum.")
    assert lab.store.subjects() == []


def test_a_state_is_written_only_into_a_folder_that_is_there(animal: Lab) -> None:
    said = animal("next", MOUSE, "-o", animal.folder / "none" / "state.json")
    assert (said.code, said.err.splitlines()[0]) == (
        74,
        f"curricula: The folder for the trainer state, {animal.folder / 'none'}, is missing.",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["enroll", "1", "--state", "{}/s.json", "--stage", "s_a"], 64, "--state already says"),
        (["enroll", "1", "--state", "{}/s.json"], 66, "There is no trainer state at"),
        (["enroll", "1", "--group", ""], 64, "--group is empty."),
        (["enroll", "../../evil"], 64, "'../../evil' cannot be the name"),
        (["next", "1", "-o", "{}/none/s.json"], 74, "The folder for the trainer state"),
        (["reassign", "1", "a", "--to", "1"], 64, "recorded under 1 already"),
        (["review", "--by", ""], 64, "--by is empty."),
        (["enroll", "1"], 75, "There is no ledger at"),
    ],
)
def test_what_is_wrong_with_the_options_is_said_before_the_ledger_is_asked(
    lab: Lab, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, sentence: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["subjects", *(one.format(lab.folder) for one in arguments), "--ledger", str(lab.folder / "away")])
    assert (ended.value.code, sentence in capsys.readouterr().err.splitlines()[0]) == (code, True)


def test_a_relative_ledger_is_the_one_in_the_working_directory(
    animal: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(animal.folder)
    with pytest.raises(SystemExit) as ended:
        main(["subjects", "verify", "--ledger", "ledger"])
    assert (ended.value.code, capsys.readouterr().out) == (0, "1 animal: all entries fit.\n")


def test_a_relative_ledger_of_a_task_repo_is_refused_with_the_whole_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.curricula]\nledger = "data/ledger"\n', encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["subjects", "list", "-C", str(tmp_path)])
    assert (ended.value.code, capsys.readouterr().err) == (
        64,
        f"curricula: The ledger 'data/ledger' in {tmp_path / 'pyproject.toml'} is a relative path.\n"
        f"  hint: Write the whole path, such as {tmp_path / 'data' / 'ledger'}.\n",
    )


def test_a_ledger_that_is_away_is_said_so(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["subjects", "list", "--ledger", str(lab.folder / "away")])
    assert ended.value.code == 75
    assert "There is no ledger at" in capsys.readouterr().err


def test_a_damaged_entry_is_named_by_verify(animal: Lab) -> None:
    animal.session(1)
    animal.enroll(OTHER)
    assert animal("verify").out == "2 animals: all entries fit.\n"
    file = animal.folder / "ledger" / "subjects" / MOUSE / "00000001.json"
    file.write_bytes(file.read_bytes().replace(b'"by":"me"', b'"by":"you"').replace(b'"by": "me"', b'"by": "you"'))
    said = animal("verify")
    assert said.code == 1 and said.out.startswith(f"Entry 2 of {MOUSE}") and "2 animals: 1 finding." in said.out
    assert animal("verify", OTHER).code == 0


# Looking


def test_show_tells_what_happened_and_from_which_stage_to_which(animal: Lab) -> None:
    animal.session(1, "s_b")
    animal.held(2)
    animal("pin", MOUSE, "volume=1.5", "--reason", "drinks little", "--by", "anna")
    animal("undo", MOUSE, "--by", "ben")
    lines = [line.split(None, 3) for line in animal("show", MOUSE).out.splitlines()]
    assert [" ".join(line[3].split()) for line in lines[1:]] == [
        "enrolled s_a me",
        f"{MOUSE}_day_1 -> s_b",
        f"{MOUSE}_day_2 held Day 2 is empty.",
        "undone: pinned volume anna: 1.5, drinks little",
        "undid 4 ben",
    ]
    told = json.loads(animal("show", MOUSE, "--json").out)
    assert [(one["stage_before"], one["stage_after"]) for one in told[:2]] == [(None, "s_a"), ("s_a", "s_b")]
    assert (told[1]["metrics"], told[3]["undone_by"], told[2]["error"]["exit"]) == ({"trials": 1}, 5, 66)


def test_list_has_a_row_for_each_enrolled_animal(lab: Lab) -> None:
    lab.enroll()
    lab.enroll(OTHER)
    lab.session(1)
    lab("pin", MOUSE, "volume=1.0")
    lab("off", OTHER)
    one, other = lab.listed()
    assert (one["subject"], one["stage"], one["sessions_at_stage"], one["pinned"]) == (MOUSE, "s_a", 1, {"volume": 1.0})
    assert (other["is_on_curriculum"], other["last_session"], other["days_since"]) == (False, None, None)
    header, first, second = lab("list").out.splitlines()
    assert header.split() == ["subject", "stage", "sessions", "last", "session", "days", "state"]
    assert first.endswith("on, pinned: volume") and second.endswith("off")


def test_review_lists_what_nobody_has_looked_at(animal: Lab) -> None:
    animal.enroll(OTHER)
    assert animal("review").out == "Nothing to review.\n"
    animal.session(1, "s_b")
    animal.held(1, OTHER)
    lines = animal("review").out.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [[MOUSE, f"{MOUSE}_day_1"], [OTHER, f"{OTHER}_day_1"]]
    assert lines[0].endswith("s_a    -> s_b") and lines[1].endswith("held: Day 1 is empty.")
    add(animal.store, MOUSE, change("accepted", {"accepts": 2, "by": "me"}))
    assert [line.split()[0] for line in animal("review").out.splitlines()[1:]] == [OTHER]
    assert animal.standing().stage == "s_b"
    animal.session(2, "s_b")
    assert len(animal("review").out.splitlines()) == 3


def test_review_takes_one_key_for_each_animal(animal: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for subject in (OTHER, "786545"):
        animal.enroll(subject)
        animal.session(1, "s_b", subject)
    animal.session(1, "s_b")
    keys = iter("xaoq")
    monkeypatch.setattr("aind_curriculum_runtime.fleet.commands.subjects.review.is_asked", lambda: True)
    monkeypatch.setattr("click.getchar", lambda: next(keys))
    said = animal("review", "--by", "anna")
    assert said.code == 0 and "3 of 3" in said.out and "  trials: 1" in said.out
    assert [entries_of(animal.store, one)[-1].kind for one in (MOUSE, OTHER, "786545")] == [
        "accepted",
        "off",
        "evaluated",
    ]
    assert entries_of(animal.store, MOUSE)[-1].content["by"] == "anna"


def test_times_are_shown_where_people_are() -> None:
    time = at(datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    here = datetime(2026, 3, 1, 23, 59, tzinfo=UTC).astimezone()
    assert local(time) == here.strftime("%Y-%m-%d %H:%M")
    assert [days_since(time, here + timedelta(hours=hours)) for hours in (0, 24, 48)] == [0, 1, 2]


@pytest.mark.parametrize("window", [60, 80, 120, 200])
def test_a_table_fits_the_window(window: int) -> None:
    widths = _fitted([2, 16, 32, 19, 40], window)
    assert sum(widths) + 2 * 4 <= window
    assert widths[0] == 2 and min(widths[1:-1]) >= 6 and widths[-1] >= 14


# Stuck


def standing(**facts: Any) -> Standing:
    return Standing(**{"state": state(), "stage": "s_a", "is_on": True, **facts})


@pytest.mark.parametrize(
    ("facts", "others", "why"),
    [
        ({"at_stage": 10, "stuck_after": 10}, [], None),
        ({"at_stage": 11, "stuck_after": 10}, [], "11 sessions at s_a, which should take 10"),
        ({"at_stage": 11, "stuck_after": 20}, [1, 1, 1], None),
        ({"at_stage": 12}, [2, 4, 100], None),
        ({"at_stage": 13}, [2, 4, 100], "13 sessions at s_a, where others took 4"),
        ({"at_stage": 50}, [2, 4], None),
        ({"held": 1}, [], None),
        ({"held": 2}, [], "the last 2 sessions gave no metrics"),
        ({"held": 2, "is_on": False}, [], None),
        ({"at_stage": 50, "stuck_after": 1, "stage": None}, [], None),
    ],
)
def test_an_animal_is_stuck(facts: dict[str, Any], others: list[int], why: str | None) -> None:
    assert stuck(standing(**facts), others) == why


def test_list_names_the_stuck_by_what_others_took(lab: Lab) -> None:
    for number in range(3):
        subject = f"fast-{number}"
        lab.enroll(subject)
        lab.session(1, "s_b", subject)
    lab.enroll()
    for day in range(1, 4):
        lab.session(day)
    assert lab("list", "--stuck") == (0, "No animal is stuck.\n", "")
    lab.session(4)
    said = lab("list", "--stuck")
    assert said.code == 1 and said.out.splitlines()[1].endswith("stuck: 4 sessions at s_a, where others took 1")
    assert [one["stuck"] for one in lab.listed()].count(None) == 3


def test_a_declared_bound_comes_with_the_entries_and_goes_with_the_stage(animal: Lab) -> None:
    animal.session(1, stuck_after=1)
    assert (animal.standing().stuck_after, animal.standing().took) == (1, {})
    animal.session(2, stuck_after=1)
    assert animal("list", "--stuck").code == 1
    animal.session(3, "s_b")
    assert (animal.standing().stuck_after, animal.standing().took) == (None, {"s_a": (3,)})


def test_migrating_is_no_training(animal: Lab) -> None:
    animal.session(1)
    animal("off", MOUSE)
    kept, graph = without_graph(state("s_new"))
    add(animal.store, MOUSE, lambda _: Draft("migrated", {"state": kept, "by": "me"}, graph))
    found = animal.standing()
    assert (found.stage, found.is_on, found.at_stage, found.took) == ("s_new", False, 1, {})


class Installed:
    """A curriculum at the version 2.0.0, which has renamed the stage s_a and says nothing of s_z."""

    asked = 0

    def ask(self, *arguments: str) -> Any:
        if arguments[0] == "init":
            return self._state("s_new")
        self.asked += 1
        old = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
        assert old["is_on_curriculum"] and old["curriculum"]["graph"] == {"nodes": {}}
        if old["stage"]["name"] == "s_z":
            raise NoAnswer(Kind.STATE, "There is no s_z.", "Move it.", exit_code=65)
        return {"trainer_state": self._state("s_new")}

    def _state(self, stage: str) -> dict[str, Any]:
        return {**state(stage), "curriculum": {"name": "c", "version": "2.0.0", "graph": {"nodes": {}}}}


def test_animals_are_migrated_all_at_once_with_yes_and_those_that_cannot_be_are_named(
    animal: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Installed()
    monkeypatch.setattr(
        "aind_curriculum_runtime.fleet.commands.subjects.migrate.curriculum_client", lambda *_: installed
    )
    animal("pin", MOUSE, "volume=1.0")
    animal.enroll(OTHER)
    animal.enroll("zzz", "s_z")
    said = animal("migrate")
    assert said.out.splitlines() == [
        *(f"{MOUSE} is migrated to c 2.0.0", "  curriculum    c 1.0.0 -> c 2.0.0", "  stage         s_a -> s_new"),
        *(f"{OTHER} is migrated to c 2.0.0", "  curriculum    c 1.0.0 -> c 2.0.0", "  stage         s_a -> s_new"),
        "Nothing was written. With --yes 2 animals would change.",
    ]
    assert (said.code, said.err) == (1, "Not migrated: zzz. There is no s_z.\n  hint: Move it.\n")
    assert installed.asked == 2  # once for each state, however many animals have it
    assert [animal.places(one) for one in (MOUSE, OTHER)] == [2, 1]
    assert animal("migrate", MOUSE, OTHER, "--yes").code == 0
    assert animal.standing().pins == {"volume": 1.0}
    assert animal("migrate", MOUSE, OTHER).out == "Every animal of c is at the version 2.0.0.\n"


def test_a_graph_that_is_gone_is_named(animal: Lab) -> None:
    for one in (animal.folder / "ledger" / "graphs").iterdir():
        one.unlink()
    with pytest.raises(CurriculumError, match=f"graph of the trainer state of {MOUSE} .* cannot be used"):
        next_state(animal.store, known(animal.store, MOUSE))
