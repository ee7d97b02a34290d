"""Strict JSON: what is read, what is refused, and what is written."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_curriculum_runtime.contract.strict_json import StrictJsonError, encode, parse

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
DOCUMENTS = st.lists(VALUES) | st.dictionaries(st.text(), VALUES)
BOM = b"\xef\xbb\xbf"


def nest(innermost: str, levels: list[bool]) -> bytes:
    """Put a JSON text inside of arrays (False) and objects (True)."""
    for is_object in levels:
        innermost = f'{{"before": 1, "inner": {innermost}, "after": []}}' if is_object else f"[0, {innermost}]"
    return innermost.encode()


@given(VALUES)
def test_what_is_written_reads_back_as_it_was(value: Any) -> None:
    reread = parse(encode(value))
    assert reread == value
    assert json.dumps(reread) == json.dumps(value)  # 1, 1.0 and True compare equal


@given(VALUES)
def test_what_is_written_is_one_line_of_ascii(value: Any) -> None:
    encoded = encode(value)
    assert encoded.isascii()
    assert b"\n" not in encoded and b"\r" not in encoded


@given(VALUES)
def test_a_byte_order_mark_changes_nothing(value: Any) -> None:
    assert parse(BOM + encode(value)) == value


@given(VALUES)
def test_text_that_is_not_escaped_reads_as_its_escaped_form(value: Any) -> None:
    assert parse(json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")) == value


@given(st.text(), LEAVES, LEAVES, st.lists(st.booleans(), max_size=8))
def test_a_duplicate_key_is_refused_at_any_depth(key: str, first: Any, second: Any, levels: list[bool]) -> None:
    name = json.dumps(key)
    twice = f'{{{name}: {json.dumps(first)}, "x{name[1:]}: 0, {name}: {json.dumps(second)}}}'
    with pytest.raises(StrictJsonError, match="stands twice"):
        parse(nest(twice, levels))


def test_a_duplicate_key_is_found_however_it_is_spelled() -> None:
    with pytest.raises(StrictJsonError, match="'stage' stands twice"):
        parse(rb'{"stage": 1, "\u0073tage": 2}')


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@given(levels=st.lists(st.booleans(), max_size=8))
def test_a_number_that_is_not_finite_is_refused_at_any_depth(constant: str, levels: list[bool]) -> None:
    with pytest.raises(StrictJsonError, match=constant):
        parse(nest(constant, levels))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")], {"a": {"b": float("nan")}}])
def test_a_number_that_is_not_finite_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(value)


@given(DOCUMENTS, st.data())
def test_a_document_cut_short_at_any_point_is_refused(document: Any, data: st.DataObject) -> None:
    encoded = encode(document)
    length = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(StrictJsonError):
        parse(encoded[:length])
    with pytest.raises(StrictJsonError):
        parse(BOM + encoded[:length])


def test_a_file_that_ends_too_early_is_called_cut_short() -> None:
    with pytest.raises(StrictJsonError, match="cut short"):
        parse(b'{"stage": {"name": "s_a",\n')


@given(DOCUMENTS, st.sampled_from(["x", "{}", "]", "}", ",", "null"]))
def test_anything_after_the_document_is_refused(document: Any, more: str) -> None:
    with pytest.raises(StrictJsonError, match="Extra data"):
        parse(encode(document) + more.encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"name": "caf\xe9"}',
        b'{"name": "\xed\xa0\x80"}',
    ],
    ids=["cp1252", "half a surrogate pair"],
)
def test_other_encodings_are_refused_with_the_position(data: bytes) -> None:
    with pytest.raises(StrictJsonError, match=r"not UTF-8 text \(byte \d+\)"):
        parse(data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_what_powershell_writes_is_refused_by_its_name(encoding: str) -> None:
    text = "\ufeff{}" if encoding == "utf-16-be" else "{}"
    with pytest.raises(StrictJsonError, match="UTF-16"):
        parse(text.encode(encoding))


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_nesting_without_end_is_refused(opening: str) -> None:
    with pytest.raises(StrictJsonError, match="nested too deeply"):
        parse(opening.encode() * 200_000)


def test_a_value_nested_without_end_is_not_written() -> None:
    value: list[Any] = []
    for _ in range(200_000):
        value = [value]
    with pytest.raises(StrictJsonError, match="nested too deeply"):
        encode(value)


def test_a_number_of_more_digits_than_python_converts_is_refused() -> None:
    with pytest.raises(StrictJsonError):
        parse(b"9" * (sys.get_int_max_str_digits() + 1))


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_one_error_class(data: bytes) -> None:
    try:
        json.dumps(parse(data), allow_nan=False)
    except StrictJsonError as error:
        assert str(error)
