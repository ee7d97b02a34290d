"""Draw the curriculum: .svg and .png are pictures, .html is one page for a browser, .md is Markdown for a repo.

Stages with their transitions and policies, and parameters by stage. Pictures and the page need the extra
'diagram'. With --check nothing is written: the exit code is 1 when the file is not what would be written.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import click

from ..command.options import command, curriculum_option, output_option
from ..command.output import planned
from ..command.reporting import Output
from ..contract.console_script import as_called
from ..contract.errors import CurriculumError
from .show import loaded_model

if TYPE_CHECKING:
    from ..look.model import CurriculumModel

EXAMPLES: Final = """\
  curriculum diagram -o curriculum.svg
  curriculum diagram -o curriculum.png --sheet stages
  curriculum diagram -o docs/curriculum.md --check
  curriculum diagram -o README.md

Into a Markdown file of yours the diagram goes between these two lines, and nothing else is touched:
  <!-- curriculum diagram -->
  <!-- end of the curriculum diagram -->"""

FORMATS: Final = (".svg", ".png", ".html", ".md")
NOT_CURRENT: Final = 1


@command(__doc__, EXAMPLES)
@output_option(FORMATS)
@click.option(
    "--sheet",
    type=click.Choice(("both", "stages", "parameters")),
    help="of .svg and .png: stages with transitions and policies, parameters by stage, or both (default)",
)
@click.option("--check", is_flag=True, help="only look whether FILE is current: exit code 1 if not")
@curriculum_option
def execute(output: Path, sheet: str | None, check: bool, curriculum: str | None) -> Output:
    """Carry out the command.

    Args:
        output: The file; its suffix says the format.
        sheet: What a picture shows, or None for both sheets.
        check: Whether to compare the file instead of writing it.
        curriculum: The curriculum, where there are several.

    Returns:
        Nothing for stdout; exit code 1 when --check finds the file not current.

    Raises:
        CurriculumError: ``usage.invalid``, ``usage.extra_needed``, ``output.directory_missing``,
            ``output.not_writable``; whatever choosing and loading the curriculum raises.
    """
    named: Path = output
    form = named.suffix.lower()
    if form not in FORMATS:
        raise CurriculumError(
            "usage.invalid",
            f"The suffix of {named.name!r} does not say which format to write.",
            f"End the name in one of: {', '.join(FORMATS)}.",
        )
    if sheet is not None and form in (".html", ".md"):
        raise CurriculumError(
            "usage.invalid", f"A {form} file always holds both sheets.", "Leave --sheet out, or write .svg or .png."
        )
    if form != ".md":
        from ..look.drawing import require_extra

        require_extra()
    file = Path(os.path.abspath(named))  # the curriculum's code may change the working directory
    target = planned(file, "diagram") if not check else None
    model = loaded_model(curriculum)
    content = _markdown(file, model) if form == ".md" else drawn(model, form, sheet or "both")
    if target is None:
        return _checked(file, named, content)
    target.write(content)
    return Output(b"")


def drawn(model: CurriculumModel, form: str, sheet: str = "both") -> bytes:
    """Draw a curriculum.

    Args:
        model: The curriculum.
        form: One of ``FORMATS``.
        sheet: ``both``, ``stages`` or ``parameters``; of .svg and .png.

    Returns:
        The file's bytes.

    Raises:
        ImportError: The extra ``diagram`` is not installed.
    """
    if form == ".md":
        from ..look.mermaid import markdown

        return markdown(model).encode("utf-8")
    if form == ".html":
        from ..look.page import page

        return page(model).encode("utf-8")
    from ..look.dot import Sheet, draw
    from ..look.drawing import png, svg

    chosen: Sheet = next(one for one in get_args(Sheet) if one == sheet)
    drawing = draw(model, chosen)
    return svg(drawing).encode("utf-8") if form == ".svg" else png(drawing)


def _markdown(target: Path, model: CurriculumModel) -> bytes:
    """The whole page, or somebody's own file with the diagram put into its place; never that file overwritten."""
    from ..look.mermaid import HEADER, inserted

    try:
        text = target.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return drawn(model, ".md")  # missing; what cannot be read is told when it is written or compared
    with_diagram = inserted(model, text)
    if with_diagram is not None:
        return with_diagram.encode("utf-8")
    if text.strip() and HEADER not in text:
        raise CurriculumError(
            "usage.invalid",
            f"{target} was not written by this command, which would overwrite it.",
            "Give another name, or put the lines <!-- curriculum diagram --> and "
            "<!-- end of the curriculum diagram --> where the diagram is to go.",
            where=str(target),
        )
    return drawn(model, ".md")


def _checked(file: Path, named: Path, content: bytes) -> Output:
    try:
        # Git may have given the lines other ends.
        current = file.read_bytes().replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")
        why = "is not current"
    except FileNotFoundError:
        current, why = False, "is missing"
    except OSError as error:
        current, why = False, f"could not be read ({error.strerror})"
    if current:
        return Output(b"")
    print(as_called(f"curriculum: {named} {why}.\n  hint: curriculum diagram -o {named.as_posix()}"), file=sys.stderr)
    return Output(b"", NOT_CURRENT)
