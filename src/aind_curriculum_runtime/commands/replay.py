"""Decide the sessions that animals had, by this version: a table of sessions in, a table of decisions out.

SOURCE is a table (CSV, JSON lines or Parquet, with the columns of auto-train or fewer), a ledger (its URL or
folder), or a folder of session directories. Each session is decided from the stage at which it was run; with
--mode simulate each animal follows the suggestions, which is no forecast: its metrics stay those of the stages it
was at. A session that cannot be decided says why and the rest goes on; the exit code is then 3. It is 4 where
--verify finds that `run` would say something else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from ..command.options import FILE, FOLDER, command, curriculum_option, json_option
from ..command.output import planned
from ..command.reporting import DIFFERENT, LEFT_OUT, Output
from ..contract.errors import CurriculumError

if TYPE_CHECKING:
    from ..replay.decisions import Decided, Replay
    from ..replay.processes import Results
    from ..replay.sessions import Source
    from ..replay.summary import Summary
    from ..replay.verifying import Sample
    from ..tables.form import Form

EXAMPLES: Final = """\
  curriculum replay sessions.csv -o decisions.csv
  curriculum replay /share/ledger -o decisions.parquet --jobs 4
  curriculum replay sessions.csv -o simulated.csv --mode simulate
  curriculum replay sessions.csv -o decisions.jsonl --verify 100"""

_TOLD: Final = 10
"""Differences that are told."""


@command(__doc__, EXAMPLES)
@click.argument("source", metavar="SOURCE", help="a table, a ledger, or a folder of session directories")
@click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help="the table: .csv, .jsonl or .parquet")
@click.option("--mode", type=click.Choice(["as-run", "simulate"]), default="as-run", help="default: as-run")
@click.option("--any-curriculum", is_flag=True, help="decide sessions of curricula of other names too")
@click.option("--parameters", is_flag=True, help="all parameters of each next session, not only where policies ran")
@click.option("--verify", type=click.IntRange(1), metavar="N", help="decide N random sessions by the Trainer too")
@click.option("--jobs", type=click.IntRange(1), default=1, metavar="N", help="processes of this machine (default: 1)")
@click.option("--scheduler", metavar="ADDRESS", help="decide on the Dask cluster of this scheduler")
@click.option("--cache", type=FOLDER, metavar="DIR", help="where metrics of session directories are kept")
@curriculum_option
@json_option("print what it led to as a JSON object")
def execute(
    source: str,
    output: Path,
    mode: str,
    any_curriculum: bool,
    parameters: bool,
    verify: int | None,
    jobs: int,
    scheduler: str | None,
    cache: Path | None,
    curriculum: str | None,
    as_json: bool,
) -> Output:
    """Carry out the command.

    Args:
        source: Where the sessions come from.
        output: The table to write.
        mode: ``as-run`` or ``simulate``.
        any_curriculum: Whether sessions of other curricula are decided too.
        parameters: Whether every row has the parameters of the next session.
        verify: How many sessions to decide by the production path too; None for none.
        jobs: How many processes.
        scheduler: The address of a Dask scheduler, or None.
        cache: The folder for metrics of session directories, or None for that of this user.
        curriculum: The curriculum, where there are several.
        as_json: Whether to print a JSON object.

    Returns:
        What it led to; with ``LEFT_OUT`` where a session has no decision, ``DIFFERENT`` where `run` has another one.

    Raises:
        CurriculumError: Whatever is wrong with the curriculum, the source as a whole, the scheduler or the output.
    """
    from ..replay.decisions import Asked, Replay
    from ..replay.directory_metrics import default_cache
    from ..replay.opening import opened
    from ..replay.processes import here, in_processes, on_cluster
    from ..replay.table_source import NotTogether
    from ..replay.verifying import Sample, differences
    from ..tables.form import form_of

    if scheduler is not None and jobs > 1:
        raise CurriculumError("usage.invalid", "--jobs is of this machine.", "Give it, or --scheduler.")
    target, form = planned(output, "table of decisions"), form_of(output)
    kept = str((cache if cache is not None else default_cache()).absolute())
    replay = Replay(Asked(curriculum, mode == "simulate", parameters, any_curriculum, kept))

    def results(found: Source) -> Results:
        if scheduler is not None:
            return on_cluster(replay.asked._replace(code=replay.code), found.animals(), scheduler)
        return here(replay, found.animals()) if jobs == 1 else in_processes(replay.asked, found.animals(), jobs)

    found = opened(source)
    sample = Sample(verify or 0)
    try:
        with target.open() as file:
            summary = _written(file, form, results(found), sample)
    except NotTogether:
        _tell("the sessions of an animal do not stand together, so the whole table is held in memory")
        found, sample = opened(source, in_memory=True), Sample(verify or 0)
        with target.open() as file:
            summary = _written(file, form, results(found), sample)
    unlike = list(differences(replay, sample))
    for sentence in (*summary.named, *(f"not as `run` decides: {one}" for one in unlike[:_TOLD])):
        _tell(sentence)
    if summary.left_out > len(summary.named):
        _tell(f"... and {summary.left_out - len(summary.named)} more, each in the column error")
    if found.cut is not None:
        _tell(f"the source ends early: {found.cut}")
    told = {**summary.as_json(), "cut": found.cut, "verified": len(sample), "different": len(unlike)}
    document = json.dumps({**_head(replay), **told, "output": str(target.path)}).encode("ascii") + b"\n"
    if not as_json:
        document = _text(replay, summary, found, len(sample), len(unlike), target.path)
    is_whole = not summary.left_out and found.cut is None
    return Output(document, DIFFERENT if unlike else 0 if is_whole else LEFT_OUT)


def _written(file: BinaryIO, form: Form, results: Results, sample: Sample) -> Summary:
    """Write each row as soon as it is decided."""
    from ..command.progress import counting
    from ..replay.columns import for_form
    from ..replay.summary import Summary
    from ..tables.writing import write

    summary = Summary()

    def rows() -> Iterator[Decided]:
        with counting("sessions") as show:
            for animal, decided in results:
                summary.add(decided)
                sample.add(animal, decided)
                show(summary.sessions)
                yield from decided

    columns, as_cells = for_form(form)
    write(file, form, columns, map(as_cells, rows()))
    return summary


def _head(replay: Replay) -> dict[str, str]:
    mode = "simulate" if replay.asked.simulate else "as-run"
    return {"curriculum": replay.curriculum.name, "version": replay.curriculum.version, "mode": mode}


def _text(replay: Replay, summary: Summary, source: Source, verified: int, different: int, output: Path) -> bytes:
    counts = ", ".join(f"{count:,} {decision}" for decision, count in sorted(summary.decisions.items()))
    how = "simulated, which is no forecast" if replay.asked.simulate else "as they were run"
    by = f"{replay.curriculum.name} {replay.curriculum.version}"
    lines = [f"{_many(summary.sessions, summary.animals)}, {how}, by {by}: {counts or 'none'}."]
    if not replay.asked.simulate:
        lines.append(
            f"{summary.overridden:,} were run at another stage than suggested, {summary.open_loop:,} at one that "
            f"nobody wrote down; {summary.missing:,} in between are missing."
        )
    if summary.left_out:
        lines.append(f"Left out: {_many(summary.left_out, summary.animals_left_out)}.")
    if source.cut is not None:
        lines.append("The source ends early: what comes after was not read.")
    if verified:
        lines.append(f"{verified:,} of them decided by the Trainer too: {different or 'none'} otherwise.")
    return "".join(f"{line}\n" for line in [*lines, str(output)]).encode("utf-8", "backslashreplace")


def _many(sessions: int, animals: int) -> str:
    of = [
        f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in ((sessions, "session"), (animals, "animal"))
    ]
    return " of ".join(of)


def _tell(sentence: str) -> None:
    print(f"curriculum: {sentence}", file=sys.stderr)
