"""Count what a table of sessions says: how long animals were at each stage, when they came there, where they left.

SOURCE is a table with a row for each session and the columns of auto-train (CSV, JSON lines or Parquet), such as
'curriculum replay' writes, or a ledger's folder or URL. The time to a stage is estimated by Kaplan and Meier: an
animal that is no longer seen counts as long as it was. Stages stand in the order that the decisions say, or that
--stages says.
"""

from __future__ import annotations

import contextlib
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..cohort import report
from ..cohort.survival import UNITS, Unit
from ..command.options import FILE, all_option, command, json_option
from ..command.output import planned
from ..command.reporting import LEFT_OUT, Output
from ..contract.console_script import as_called
from ..contract.errors import CurriculumError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..cohort.sessions import Cohort
    from ..look.dot import Drawing
    from ..tables.row import Row

EXAMPLES: Final = """\
  curriculum stats sessions.csv
  curriculum stats sessions.csv --group curriculum_version --time days
  curriculum stats sessions.csv --csv animals > animals.csv
  curriculum stats sessions.csv -o curves.svg"""

PICTURES: Final = (".svg", ".png")

_NAMED: Final = 10
"""Rows that are named one by one, of those that could not be used."""

stages_option: Final = click.option(
    "--stages",
    metavar="A,B,...",
    help="all stages in their order (default: read off the decisions); a row with another one is left out",
)

source_argument: Final = click.argument("source", help="the table of sessions, or the ledger")


@command(__doc__, EXAMPLES)
@source_argument
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE",
    help="draw the time to each stage too: .svg or .png, with the extra 'diagram'",
)
@stages_option
@click.option("--group", metavar="COLUMN", help="count apart the animals that differ in this column")
@click.option(
    "--time",
    "unit",
    type=click.Choice(UNITS),
    default="sessions",
    help="what the time to a stage is counted in (default: sessions)",
)
@click.option(
    "--left-after",
    type=click.IntRange(min=0),
    default=14,
    metavar="DAYS",
    help="an animal has left that had no session in so many days before the table's last one (default: 14)",
)
@all_option("list every animal (default: the first of many)")
@json_option("print everything as a JSON object")
@click.option("--csv", "table", type=click.Choice(tuple(report.CSV_TABLES)), help="print one of the tables as CSV")
def execute(
    source: str,
    output: Path | None,
    stages: str | None,
    group: str | None,
    unit: Unit,
    left_after: int,
    everything: bool,
    as_json: bool,
    table: str | None,
) -> Output:
    """Carry out the command.

    Args:
        source: The table or the ledger.
        output: The picture to write, or None.
        stages: All stages in their order, or None to read it off the table.
        group: The column that says the group of an animal, or None for one group.
        unit: What the time to a stage is counted in.
        left_after: Days without a session after which an animal has left.
        everything: Whether the text lists every animal.
        as_json: Whether to print a JSON object.
        table: The table to print as CSV, or None.

    Returns:
        The statistics; exit code 3 when rows had to be left out.

    Raises:
        CurriculumError: ``usage.invalid``, and with a picture ``usage.extra_needed``, ``output.directory_missing`` and
            ``output.not_writable``; whatever reading the table raises.
    """
    if as_json and table is not None:
        raise CurriculumError("usage.invalid", "--json and --csv exclude each other.", "Leave one of them out.")
    picture = Picture(output, PICTURES, "picture of the curves") if output is not None else None
    cohort = read_cohort(source, stages, group)
    newest = max(one.day for one in cohort.sessions)
    found = report.statistics(cohort, unit, newest - timedelta(days=left_after))
    if picture is not None:
        from ..cohort.curve_drawing import draw

        picture.draw(draw(found, f"Time to each stage: {Path(source).stem}"))
    if as_json:
        document = report.as_json(found)
    elif table is not None:
        document = report.as_csv(found, table)
    else:
        document = report.as_text(found, everything=everything).encode("utf-8", "backslashreplace")
    return Output(document, told(cohort))


class Picture:
    """A file that is going to hold a picture, or a page.

    Args:
        file: As it was named; its suffix says the format.
        formats: Suffixes that it may have.
        what: What it will hold, for sentences.

    Raises:
        CurriculumError: ``usage.invalid``, ``usage.extra_needed``, ``output.directory_missing`` or
            ``output.not_writable``, before any work is done.
    """

    def __init__(self, file: Path, formats: Sequence[str], what: str) -> None:
        self.form = file.suffix.lower()
        if self.form not in formats:
            raise CurriculumError(
                "usage.invalid",
                f"The suffix of {file.name!r} does not say which format to write.",
                f"End the name in one of: {', '.join(formats)}.",
            )
        from ..look.drawing import require_extra

        require_extra()
        self._target = planned(file, what)

    def write(self, data: bytes) -> None:
        """Write the file whole or not at all."""
        self._target.write(data)

    def draw(self, drawing: Drawing) -> None:
        """Write a drawing in the format that the suffix says."""
        from ..look.drawing import png, svg

        self.write(svg(drawing).encode("utf-8", "backslashreplace") if self.form == ".svg" else png(drawing))


def read_cohort(source: str, stages: str | None, group: str | None = None) -> Cohort:
    """Read the table that was named.

    Args:
        source: The table or the ledger.
        stages: All stages in their order, separated by commas, or None.
        group: The column that says the group of an animal, or None.

    Returns:
        Its animals.

    Raises:
        CurriculumError: ``usage.invalid`` for stages that are empty or named twice; whatever reading the table raises.
    """
    from ..cohort.sessions import read

    names = [name.strip() for name in stages.split(",")] if stages is not None else []
    if "" in names or len(set(names)) < len(names):
        raise CurriculumError(
            "usage.invalid", f"--stages {stages!r} has a stage without a name, or twice.", "Name each stage once."
        )
    with _rows(source) as rows:
        return read(rows, stages=names, group=group)


@contextlib.contextmanager
def _rows(source: str) -> Iterator[Iterator[Row]]:
    from ..ledger.files import MARK
    from ..tables.row import Row

    if "://" in source or (Path(source) / MARK).is_file():
        from ..ledger.opening import open_store
        from ..subjects.exporting import exported

        store = open_store(source)
        with exported(store, store.subjects(), lambda _: None) as (_, cells):
            # A URL may hold a password, and the table's name stands in messages.
            yield (Row("the ledger", number, row) for number, row in enumerate(cells, 1))
    elif Path(source).is_dir():
        raise CurriculumError(
            "usage.invalid",
            f"{source} is a folder, and no ledger.",
            "Make a table of its sessions first, by `curriculum replay`.",
            where=source,
        )
    else:
        from ..tables.reading import rows

        yield rows(Path(source))


def told(cohort: Cohort) -> int:
    """Say on stderr what had to be left out, and what is none of what happened.

    Args:
        cohort: The animals that were read.

    Returns:
        The exit code.
    """
    if cohort.simulated is not None:
        print(as_called(f"curriculum: {cohort.simulated}."), file=sys.stderr)
    count = len(cohort.left_out)
    if not count:
        return 0
    lines = [one.told for one in cohort.left_out[:_NAMED]]
    if count > _NAMED:
        lines.append(f"and {count - _NAMED} more")
    of = count + sum(1 for _ in cohort.sessions)
    print(as_called("\n  ".join([f"curriculum: {count} of {of} rows were left out.", *lines])), file=sys.stderr)
    return LEFT_OUT
