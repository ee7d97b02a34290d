"""Errors: the table of codes and the line that a launcher parses."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aind_curriculum_runtime
from aind_curriculum_runtime import SessionError, TransientError
from aind_curriculum_runtime.contract.documents import ErrorLine
from aind_curriculum_runtime.contract.errors import (
    CODES,
    ERROR_LINE_LIMIT,
    ERROR_PREFIX,
    CurriculumError,
    ExitCode,
    error_line,
)

SOURCE = Path(aind_curriculum_runtime.__file__).parent
FIELDS = ["contract", "code", "exit", "message", "hint", "where", "curriculum", "version", "dsl_version"]

# Half a surrogate pair is what Python makes of a file name that is not UTF-8.
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from('\\"\n\0\x7fé😀\ud800\udfff'))
LONG_TEXT = st.builds(lambda text, times: text * times, ANY_TEXT, st.sampled_from([1, 100, 20_000]))
LONG_TEXTS = LONG_TEXT | st.none()


def parsed(line: bytes) -> dict[str, object]:
    """The record in an error line that has the form the contract says."""
    assert len(line) <= ERROR_LINE_LIMIT
    assert line.endswith(b"\n") and line.count(b"\n") == 1 and b"\r" not in line
    text = line.decode("ascii")
    assert text.startswith(ERROR_PREFIX)
    record: dict[str, object] = json.loads(text.removeprefix(ERROR_PREFIX))
    return record


@given(
    code=st.sampled_from(sorted(CODES)),
    message=LONG_TEXT,
    hint=LONG_TEXT,
    where=LONG_TEXTS,
    curriculum=LONG_TEXTS,
    version=LONG_TEXTS,
    dsl_version=LONG_TEXTS,
)
def test_the_line_keeps_its_form_whatever_the_texts(
    code: str,
    message: str,
    hint: str,
    where: str | None,
    curriculum: str | None,
    version: str | None,
    dsl_version: str | None,
) -> None:
    error = CurriculumError(code, message, hint, where=where)
    line = error_line(error, curriculum=curriculum, version=version, dsl_version=dsl_version)
    record = parsed(line)
    assert list(record) == FIELDS
    assert (record["contract"], record["code"], record["exit"]) == (1, code, int(CODES[code]))
    ErrorLine.model_validate_json(line.removeprefix(ERROR_PREFIX.encode()))  # a parser that is stricter than Python's


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_short_texts_arrive_whole(message: str, hint: str, where: str) -> None:
    record = parsed(error_line(CurriculumError("code.raised", message, hint, where=where)))
    assert (record["message"], record["hint"], record["where"]) == (message, hint, where)


@pytest.mark.parametrize("character", ["a", "é", "😀", "\ud800", "\0"], ids=ascii)
def test_a_megabyte_of_message_is_cut_and_the_rest_kept(character: str) -> None:
    error = CurriculumError("code.raised", "It failed: " + character * 2**20, "Fix it.", where="$.metrics")
    record = parsed(error_line(error, curriculum="my-curriculum", version="0.1.0", dsl_version="0.0.42"))
    assert str(record["message"]).startswith("It failed: ") and str(record["message"]).endswith("...")
    assert (record["hint"], record["where"]) == ("Fix it.", "$.metrics")
    assert (record["curriculum"], record["version"], record["dsl_version"]) == ("my-curriculum", "0.1.0", "0.0.42")


def test_a_text_that_fits_exactly_is_not_cut() -> None:
    shortest = len(error_line(CurriculumError("code.raised", "")))
    fits = "x" * (ERROR_LINE_LIMIT - shortest)
    assert parsed(error_line(CurriculumError("code.raised", fits)))["message"] == fits
    assert parsed(error_line(CurriculumError("code.raised", fits + "x")))["message"] != fits + "x"


def test_half_a_surrogate_pair_is_shown_by_its_number() -> None:
    assert parsed(error_line(CurriculumError("state.missing", "No file a\udcff.json.")))["message"] == (
        r"No file a\udcff.json."
    )


def codes_in_source() -> Iterator[str]:
    """Every string in the source, besides docstrings and the table itself, that has the form of a code."""
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        table = {
            id(constant)
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "CODES"
            for constant in ast.walk(node)
        }
        families = {code.partition(".")[0] for code in CODES}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in table:
                family, dot, rest = node.value.partition(".")
                if dot and family in families and rest.replace("_", "").isalpha():
                    yield node.value


def codes_raised() -> Iterator[str]:
    """The first argument of every `CurriculumError(...)` in the source that is written out there."""
    for file in SOURCE.rglob("*.py"):
        if file.parent == SOURCE / "client":
            continue  # the client has a class of its own by that name, for what a launcher catches
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "CurriculumError":
                for constant in ast.walk(node.args[0]):
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                        yield constant.value


def test_every_code_that_the_source_raises_is_in_the_table() -> None:
    raised = set(codes_raised())
    assert len(raised) > 20, "the source was not found"
    assert raised <= set(CODES)


def test_every_code_in_the_table_is_used_in_the_source() -> None:
    assert set(CODES) - set(codes_in_source()) == set()


def test_an_unknown_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        CurriculumError("state.no_such_code", "It failed.")


def test_every_exit_code_has_a_code_and_a_meaning() -> None:
    assert set(CODES.values()) == set(ExitCode)
    assert len({status.meaning for status in ExitCode}) == len(ExitCode)


def test_exit_codes_of_uv_and_the_interpreter_are_not_used() -> None:
    assert {0, 1, 2}.isdisjoint(ExitCode)


def test_exit_codes_are_those_of_the_contract() -> None:
    assert {int(status) for status in ExitCode} == {64, 65, 66, 69, 70, 74, 75, 76, 77, 78}


@pytest.mark.parametrize(
    ("error", "status"), [(SessionError("Aborted."), 66), (TransientError("The share is away."), 75)]
)
def test_errors_for_curriculum_code_bring_a_hint_of_their_own(error: CurriculumError, status: int) -> None:
    assert error.exit == status
    assert error.hint
    assert not error.show_traceback
