"""The example curriculum for replays: its code as it stands, with the metadata that an installer writes beside it."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorded import EXAMPLE, NAME, RECORDED
from support import Result, call

from aind_curriculum_runtime.project.distributions import ENTRY_POINT_GROUP

TABLE = RECORDED / "autotrain_overrides_26_mice.csv"
TARGET = "coupled_baiting.curriculum:CURRICULUM"


@dataclass(frozen=True)
class Installed:
    """A curriculum that can be imported, without an environment of its own."""

    folders: list[Path]

    def replay(self, *arguments: str | Path, **options: Any) -> Result:
        """Run `curriculum replay`."""
        path = os.pathsep.join(map(str, self.folders))
        command = [sys.executable, "-m", "aind_curriculum_runtime.cli", "replay", *arguments]
        return call(command, env={"PYTHONPATH": path}, **options)


def install(folder: Path, source: Path = EXAMPLE / "src", name: str = NAME, target: str = TARGET) -> Installed:
    """Write the metadata of a distribution into a folder, and say where its code is."""
    metadata = folder / f"{name.replace('-', '_')}-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n", encoding="utf-8")
    entry = f"[{ENTRY_POINT_GROUP}]\n{name} = {target}\n"
    (metadata / "entry_points.txt").write_text(entry, encoding="utf-8")
    return Installed([folder, source])


def recorded_rows() -> list[dict[str, str]]:
    """The rows of the record, as texts."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write rows as CSV."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    return path


def read_decisions(path: Path) -> list[dict[str, Any]]:
    """The rows of a table of decisions: of CSV as texts, of JSON lines as values."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
