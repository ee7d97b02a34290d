"""List the released curricula at a URL: a folder, s3://bucket/prefix, or another that fsspec knows.

Only bundles that are there as a whole are listed, as `curriculum release --publish` puts them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from ...command.options import json_option
from ..options import command
from ..tables import print_table

EXAMPLES: Final = """\
  curricula catalog s3://our-bucket/curricula
  curricula catalog /mnt/share/curricula --json"""


@command(__doc__, EXAMPLES)
@click.argument("url", metavar="URL", help="where curricula are published")
@json_option("print a JSON array")
def execute(url: str, as_json: bool, start: Path) -> int:
    """Carry out the command.

    Args:
        url: Where curricula are published.
        as_json: Whether to print a JSON array.
        start: Not used.

    Returns:
        0.

    Raises:
        CurriculumError: ``usage.extra_needed``, ``usage.unknown_bundle``, ``output.refused`` or ``transient.io``.
    """
    from ...versions.publish import Store

    found = Store(url).versions()
    if as_json:
        print(json.dumps([{"name": one.name, "version": one.version} for one in found], indent=2))
    else:
        print_table(("curriculum", "version"), [(one.name, one.version) for one in found])
    return 0
