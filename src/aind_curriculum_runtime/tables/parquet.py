"""Parquet, through pyarrow: the one module that imports it, when somebody uses this form.

Owns which types of Parquet become which plain values. Of the libraries that read Parquet without pandas, arro3-io has
34 MB installed against pyarrow's 165, and reads the same files as fast; but a damaged file ends its process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Final

from ..contract.errors import CurriculumError

__all__ = ["Invalid", "read", "write"]

_BATCH: Final = 1000
"""Rows that are in memory at once."""


class Invalid(ValueError):
    """A file is no Parquet, or damaged; the message says why."""


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise CurriculumError(
            "usage.extra_needed",
            "A table in Parquet needs pyarrow, which is not installed.",
            'Depend on "aind-curriculum-runtime[parquet]" and run `uv sync`; or use CSV or JSON lines.',
        ) from None
    return pyarrow


def read(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Read rows.

    Args:
        file: The table.

    Yields:
        Their cells, as JSON has them: dates and times are texts.

    Raises:
        Invalid: It cannot be read.
        CurriculumError: ``usage.extra_needed``.
    """
    pyarrow = _pyarrow()
    try:
        source = pyarrow.parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 16)
        for batch in source.iter_batches(batch_size=_BATCH, use_threads=False):
            for cells in batch.to_pylist():
                yield {name: _plain(value) for name, value in cells.items() if not name.startswith("__index_level_")}
    except (pyarrow.ArrowException, ValueError, OSError) as error:  # a damaged page is an OSError of pyarrow's
        raise Invalid(" ".join(str(error).split()).rstrip(".")) from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and math.isnan(value):  # what pandas writes for a value that is missing
        return None
    return str(value) if isinstance(value, bytes) else value


def write(file: BinaryIO, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows.

    Args:
        file: Where to.
        columns: The type of each column by its name: ``text``, ``whole``, ``number`` or ``flag``.
        rows: Their cells in the columns' order.

    Raises:
        CurriculumError: ``usage.extra_needed``.
    """
    pyarrow = _pyarrow()
    types = {
        "text": pyarrow.string(),
        "whole": pyarrow.int64(),
        "number": pyarrow.float64(),
        "flag": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    left = iter(rows)
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(left, _BATCH)):
            writer.write_batch(pyarrow.record_batch(list(zip(*batch, strict=True)), schema=schema))
