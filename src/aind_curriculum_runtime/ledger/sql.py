"""The store in a database: SQLite in a file for one machine, PostgreSQL for a lab.

    ledger_form      the form of all of it, one row
    ledger_entries   subject, place, data, recorded: rows are only added; the primary key gives each place one writer
    ledger_graphs    digest, data: the graph of a curriculum, by its hash
    ledger_known     subject, outline, data: what the last reader worked out; rows can be removed at any time
    ledger_documents name, data: documents about the ledger as a whole

A statement is a transaction: it has happened or it has not. No password of a URL is in a message or in ``url``.
SQLite needs locks that network shares do not have: a folder does there.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..contract.errors import CurriculumError
from ..project.files import is_transient
from .entry import FORMAT
from .store import Doing, Outline, gone, no_answer, no_ledger, refused, require_form

__all__ = ["SqlStore"]

_WAIT: Final = 5
"""Seconds for a server to answer a call."""

_STATEMENT: Final = 20
"""Seconds for a statement, or for others to leave the file of SQLite."""

_TABLES: Final = sa.MetaData()
_FORM: Final = sa.Table(
    "ledger_form",
    _TABLES,
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("form", sa.Integer, nullable=False),
)
_ENTRIES: Final = sa.Table(
    "ledger_entries",
    _TABLES,
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("recorded", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.current_timestamp()),
)
_GRAPHS: Final = sa.Table(
    "ledger_graphs",
    _TABLES,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
_KNOWN: Final = sa.Table(
    "ledger_known",
    _TABLES,
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("outline", sa.LargeBinary, nullable=False),  # the first line of data, for those who read all subjects
    sa.Column("data", sa.LargeBinary, nullable=False),
)
_DOCUMENTS: Final = sa.Table(
    "ledger_documents",
    _TABLES,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

_AWAY: Final = re.compile("08...|40...|53[23]..|55P03|57...")
"""SQLSTATE: no connection, beaten by another, no room for one more connection, too long, shut down."""

_STARTING: Final = re.compile("starting up|shutting down|recovery|too many|connection slots")
"""Of a server that refuses a connection; it has no SQLSTATE for us then."""

_AWAY_SQLITE: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_PROTOCOL")


class SqlStore:
    """A database with ledgers.

    Args:
        url: ``sqlite:///`` with the whole path of a file, or ``postgresql://`` as libpq knows it.

    Raises:
        CurriculumError: As ``FolderStore`` raises it; ``usage.invalid`` for a URL that is none of these.
        ImportError: The driver of the database is not installed.
    """

    def __init__(self, url: str) -> None:
        self._engine, self.url = _engine(url)
        require_form(self._one(sa.select(_FORM.c.form)), self.url)

    @classmethod
    def create(cls, url: str) -> SqlStore:
        """Make a ledger: its tables, in a database that may have others, or the file of SQLite.

        Args:
            url: As for the store; one that is a ledger stays as it is.

        Returns:
            The store.

        Raises:
            CurriculumError: As ``FolderStore.create`` raises it.
            ImportError: The driver of the database is not installed.
        """
        engine, shown = _engine(url, may_create=True)
        with _told(shown, "written to"), contextlib.suppress(IntegrityError), engine.begin() as connection:
            _TABLES.create_all(connection)
            connection.execute(sa.insert(_FORM).values(row=1, form=FORMAT))
        engine.dispose()
        return cls(url)

    def subjects(self) -> list[str]:
        """Names of the subjects that have entries, sorted."""
        each = _each_subject()
        return sorted(row.subject for row in self._rows(sa.select(each.c.subject).where(each.c.subject.is_not(None))))

    def outlines(self) -> Iterator[Outline]:
        """Every subject that has entries, sorted by name; quicker than asking for one after the other."""
        each = _each_subject()
        last = sa.select(sa.func.max(_ENTRIES.c.place)).where(_ENTRIES.c.subject == each.c.subject).scalar_subquery()
        subjects = each.outerjoin(_KNOWN, _KNOWN.c.subject == each.c.subject)
        found = sa.select(each.c.subject, last.label("last"), _KNOWN.c.outline).select_from(subjects)
        for row in sorted(self._rows(found.where(each.c.subject.is_not(None))), key=lambda row: str(row.subject)):
            yield Outline(row.subject, row.last, row.outline or b"")

    def last(self, subject: str) -> int:
        """Number of the subject's last entry; 0 for one that has none."""
        return self._one(sa.select(sa.func.max(_ENTRIES.c.place)).where(_ENTRIES.c.subject == subject)) or 0

    def read(self, subject: str, after: int = 0) -> Iterator[bytes]:
        """The subject's entries in their order, from the one after ``after``."""
        of_subject = (_ENTRIES.c.subject == subject) & (_ENTRIES.c.place > after)
        entries = sa.select(_ENTRIES.c.place, _ENTRIES.c.data).where(of_subject).order_by(_ENTRIES.c.place)
        # All at once: SQLite lets nobody write while somebody reads.
        for expected, row in enumerate(self._rows(entries), after + 1):
            if row.place != expected:
                raise gone(self.url, subject, expected)
            yield row.data

    def entry(self, subject: str, place: int) -> bytes | None:
        """The bytes of one entry; None when it is not there."""
        is_it = (_ENTRIES.c.subject == subject) & (_ENTRIES.c.place == place)
        data: bytes | None = self._one(sa.select(_ENTRIES.c.data).where(is_it))
        return data

    def append(self, subject: str, place: int, data: bytes) -> bool:
        """Write an entry, whole or not at all; False when somebody else has that place."""
        return self._add(sa.insert(_ENTRIES).values(subject=subject, place=place, data=data))

    def keep_graph(self, digest: str, data: bytes) -> None:
        """Keep the graph of a curriculum, once for all that name it."""
        if self.graph(digest) != data:
            self._replace(_GRAPHS, {"digest": digest}, {"data": data})

    def graph(self, digest: str) -> bytes | None:
        """The bytes of a graph; None when it is not there."""
        data: bytes | None = self._one(sa.select(_GRAPHS.c.data).where(_GRAPHS.c.digest == digest))
        return data

    def graphs(self) -> list[str]:
        """The hashes of all graphs, sorted."""
        return sorted(row.digest for row in self._rows(sa.select(_GRAPHS.c.digest)))

    def keep_known(self, subject: str, data: bytes) -> None:
        """Keep what a reader worked out of a subject's entries."""
        self._replace(_KNOWN, {"subject": subject}, {"outline": data.partition(b"\n")[0], "data": data})

    def known(self, subject: str) -> bytes | None:
        """What the last reader kept; None when it is not there."""
        data: bytes | None = self._one(sa.select(_KNOWN.c.data).where(_KNOWN.c.subject == subject))
        return data

    def keep_document(self, name: str, data: bytes) -> None:
        """Keep a document about the ledger as a whole, in place of the one before."""
        self._replace(_DOCUMENTS, {"name": name}, {"data": data})

    def document(self, name: str) -> bytes | None:
        """The bytes of a document; None when it is not there."""
        data: bytes | None = self._one(sa.select(_DOCUMENTS.c.data).where(_DOCUMENTS.c.name == name))
        return data

    def _one(self, query: sa.Select[Any]) -> Any:
        """The first column of the first row; None when there is none."""
        rows = self._rows(query)
        return rows[0][0] if rows else None

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with _told(self.url, "read"), self._engine.connect() as connection:
            return connection.execute(query).all()

    def _add(self, insert: sa.Insert) -> bool:
        """Add a row; False when there is one of its key."""
        with _told(self.url, "written to"):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert)
            except IntegrityError:
                return False
            return True

    def _replace(self, table: sa.Table, key: dict[str, str], values: dict[str, bytes]) -> None:
        [(name, value)] = key.items()
        with _told(self.url, "written to"), self._engine.begin() as connection:
            is_there = connection.execute(sa.update(table).where(table.c[name] == value).values(values)).rowcount
        if not is_there:
            self._add(sa.insert(table).values({**key, **values}))


def _each_subject() -> sa.CTE:
    """Each subject once, and a last row without one.

    From one to the next by the primary key: neither database does so for DISTINCT, which reads all the entries.
    """
    subject = _ENTRIES.c.subject
    each = sa.select(sa.func.min(subject).label("subject")).cte("each_subject", recursive=True)
    following = sa.select(sa.func.min(subject)).where(subject > each.c.subject).scalar_subquery()
    return each.union_all(sa.select(following).where(each.c.subject.is_not(None)))


def _engine(url: str, *, may_create: bool = False) -> tuple[sa.Engine, str]:
    """Make the engine of a URL, which connects to nothing yet, and the URL as messages show it."""
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):  # its message may hold all of the URL
        raise CurriculumError(
            "usage.invalid",
            "The URL of the ledger cannot be read.",
            "Give postgresql://USER@HOST/DATABASE or sqlite:////PATH.",
        ) from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, may_create)
    server = (parsed.username, None, parsed.host, parsed.port, parsed.database)
    shown = sa.URL.create("postgresql", *server).render_as_string()
    query = dict(parsed.query)
    options = [str(query.pop("options", "")), f"-c statement_timeout={_STATEMENT}s -c lock_timeout={_STATEMENT}s"]
    arguments = {
        "connect_timeout": _WAIT,
        "tcp_user_timeout": _STATEMENT * 1000,  # a server that vanished while it was asked
        "keepalives_idle": _STATEMENT,
        "application_name": "curriculum",
        **query,
        "options": " ".join(filter(None, options)),
    }
    # Of a long-lived launcher's connection, whether it still stands is looked at first.
    parsed = parsed.set(drivername="postgresql+psycopg", query={})
    return sa.create_engine(parsed, connect_args=arguments, pool_pre_ping=True), shown


def _sqlite(url: sa.URL, may_create: bool) -> tuple[sa.Engine, str]:
    path = Path(url.database or "")
    shown = f"sqlite:///{path.as_posix()}"
    if not path.is_absolute() or url.query:
        raise CurriculumError(
            "usage.invalid",
            f"The ledger {shown} needs the whole path of a file, and nothing after it.",
            f"Give it as sqlite:///{Path(os.path.abspath(path)).as_posix()}.",
        )
    with _told(shown, "written to" if may_create else "read"):
        if may_create:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.is_file():
            raise no_ledger(shown)
    mode = "rwc" if may_create else "rw"  # SQLite would make a file wherever none is

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=_STATEMENT, check_same_thread=False)

    connecting: Callable[[], Any] = connect
    return sa.create_engine(sa.URL.create("sqlite", database=str(path)), creator=connecting), shown


@contextlib.contextmanager
def _told(shown: str, doing: Doing) -> Iterator[None]:
    """Turn what the database raises into an error of ours."""
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        origin = error.orig if isinstance(error, DBAPIError) else error
        if _has_no_tables(origin):
            raise no_ledger(shown) from error
        said = " ".join(str(origin).split()).rstrip(".")
        if isinstance(error, PoolTimeoutError) or _is_away(origin):
            raise no_answer(shown, said, "Check that the database runs and can be reached,") from error
        raise refused(shown, doing, said, "Check that this account may use it and that it has room") from error


def _has_no_tables(error: BaseException | None) -> bool:
    return getattr(error, "sqlstate", None) == "42P01" or str(error).startswith("no such table")


def _is_away(error: BaseException | None) -> bool:
    """Whether the database is there no longer, or busy, rather than refusing."""
    if isinstance(error, OSError):
        return is_transient(error)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "").startswith(_AWAY_SQLITE)
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return _AWAY.fullmatch(state) is not None
    # A server that answers and refuses says FATAL; nobody else does.
    return "FATAL" not in str(error) or _STARTING.search(str(error)) is not None
