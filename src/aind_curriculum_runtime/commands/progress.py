"""Draw every session of every animal, one row an animal: .html is a page for a browser, .svg and .png are pictures.

SOURCE is a table with a row for each session and the columns of auto-train (CSV, JSON lines or Parquet), such as
'curriculum replay' writes, or a ledger's folder or URL. A mark's fill and number say
the stage at which the session was run, its edge and small number the stage that was suggested; a cross stands where
nobody wrote the stage down. Needs the extra 'diagram'.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ..cohort.progress import AXES, ORDERS
from ..command.options import command, output_option
from ..command.reporting import Output
from ..contract.errors import CurriculumError
from .stats import PICTURES, Picture, read_cohort, source_argument, stages_option, told

EXAMPLES: Final = """\
  curriculum progress sessions.csv -o progress.html
  curriculum progress sessions.csv -o progress.svg --across relative-date --sort progress
  curriculum progress sessions.csv -o progress.png --highlight 668463 --highlight 671087"""

FORMATS: Final = (".html", *PICTURES)


@command(__doc__, EXAMPLES)
@source_argument
@output_option(FORMATS)
@stages_option
@click.option(
    "--across",
    "axis",
    type=click.Choice(tuple(AXES)),
    default="session",
    help="what runs from left to right (default: session)",
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(tuple(ORDERS)),
    default="subject",
    help="the order of the rows (default: subject)",
)
@click.option("--descending", is_flag=True, help="sort the other way round")
@click.option("--highlight", "highlighted", multiple=True, metavar="SUBJECT", help="mark this animal; may be repeated")
def execute(
    source: str,
    output: Path,
    stages: str | None,
    axis: str,
    order: str,
    descending: bool,
    highlighted: tuple[str, ...],
) -> Output:
    """Carry out the command.

    Args:
        source: The table or the ledger.
        output: The file; its suffix says the format.
        stages: All stages in their order, or None to read it off the table.
        axis: What runs from left to right.
        order: What the rows are sorted by.
        descending: Whether the last row is first.
        highlighted: Animals to mark.

    Returns:
        Nothing for stdout; exit code 3 when rows had to be left out.

    Raises:
        CurriculumError: ``usage.invalid``, ``usage.extra_needed``, ``output.directory_missing``,
            ``output.not_writable``; whatever reading the table raises.
    """
    target = Picture(output, FORMATS, "progress")
    cohort = read_cohort(source, stages)
    unknown = sorted(set(highlighted) - {one.subject for one in cohort.animals})
    if unknown:
        raise CurriculumError(
            "usage.invalid", f"{source} has no animal {unknown[0]!r} to highlight.", "Check the name, or leave it out."
        )
    title = f"Progress: {Path(source).stem}"
    if target.form == ".html":
        from ..cohort.page import page

        text = page(cohort, title=title, axis=axis, order=order, descending=descending, highlighted=highlighted)
        target.write(text.encode("utf-8", "backslashreplace"))
    else:
        from ..cohort.drawing import draw

        target.draw(draw(cohort, title=title, axis=axis, order=order, descending=descending, highlighted=highlighted))
    return Output(b"", told(cohort))
