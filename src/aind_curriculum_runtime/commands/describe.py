"""Say what is installed here: contract, runtime, library and curricula with their versions.

A launcher reads it with --json before it relies on more than the first contract.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ..command.declared import CURRICULUM
from ..command.options import command, json_option
from ..contract.errors import CONTRACT_VERSION
from ..curriculum.discovery import choose, installed
from ..project.installed import dsl_version, runtime_version

EXAMPLES: Final = """\
  curriculum describe
  curriculum describe --json"""


@command(__doc__, EXAMPLES)
@json_option("print a JSON object (schema: describe.schema.json)")
def execute(as_json: bool) -> bytes:
    """Carry out the command.

    Args:
        as_json: Whether it is for launchers.

    Returns:
        The description.

    Raises:
        CurriculumError: ``repo.no_curriculum`` when none is installed.
    """
    description = describe()
    if as_json:
        return json.dumps(description).encode() + b"\n"
    lines = [
        f"contract       {description['contract']}",
        f"runtime        {description['runtime_version']}",
        f"dsl            {description['dsl_version']}",
        "",
    ]
    rows = [(one["name"], one["version"], one["object"]) for one in description["curricula"]]
    rows.insert(0, ("curriculum", "version", "object"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines += ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines += [
        f"{one['name']} was {', '.join(one['formerly'])}" for one in description["curricula"] if "formerly" in one
    ]
    return ("\n".join(lines) + "\n").encode()


def describe() -> dict[str, Any]:
    """Collect the description without importing a curriculum.

    Returns:
        What ``describe.schema.json`` says.

    Raises:
        CurriculumError: ``repo.no_curriculum`` when none is installed.
    """
    curricula = installed() or [choose([], None)]
    return {
        "contract": CONTRACT_VERSION,
        "runtime_version": runtime_version(),
        "dsl_version": dsl_version(),
        "commands": [one.name for one in CURRICULUM],
        "curricula": [
            {
                "name": one.name,
                "version": one.version,
                "distribution": one.distribution,
                "object": one.target,
                **({"formerly": [*one.formerly]} if one.formerly else {}),
            }
            for one in curricula
        ],
    }
