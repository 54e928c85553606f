"""The connections of one SQLite file: one that writes, and a pool of others that only read.

One rule: the thread that holds the transaction sees its own writes; every other thread sees what was committed.
Not here: SQL (`statements`), tables (`migrations`), records (`journal`, `ledger`, `catalog`).

A write outside of a transaction is a transaction of its own.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Literal

from ensue.errors import Unavailable, rejected
from ensue.store.migrate import migrate

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]
Cell = str | int | float | bytes | None
Parameters = Mapping[str, Cell]
NOTHING: Parameters = {}

PATIENCE = 5.0
"""Seconds that a writer waits for another process to finish its transaction."""
CHECKPOINT = 10_000
"""Pages in the write-ahead log before it is written back: 40 MB, for few and large write-backs."""
CACHE = 64_000
"""Pages kept in memory, in KiB, for the writer."""
WORLDLY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""Result codes that are the world's; every other one is a bug of ours."""


Row = tuple[Any, ...]
"""A row of a result: which types its cells have is said by the statement."""


class Database:
    """One SQLite file, opened and migrated."""

    def __init__(self, path: Path, synchronous: Synchronous) -> None:
        """Open or create the file; Rejected if it is not ours, Unavailable if it cannot be opened."""
        self._path = path
        self._turn = Lock()
        self._holder: int | None = None
        self._idle: list[sqlite3.Connection] = []
        self._data_version = -1
        self._generation = 0
        self._is_open = True
        with self._faults():
            self._writer = self._open_writer(synchronous)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the one transaction: commit at the end, roll back on any error; others wait for their turn."""
        if self._is_held_here():
            message = "this thread holds a transaction already"
            raise RuntimeError(message)
        with self._turn, self._faults():
            self._begin()
            try:
                yield
                self._writer.execute("commit")
            finally:
                self._end()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold a transaction: the one that this thread has, or else one of its own."""
        if self._is_held_here():
            yield
            return
        with self.transaction():
            yield

    @property
    def generation(self) -> int | None:
        """Tell apart times between which a writer's memory of the database may be wrong.

        It changes when a transaction was rolled back, and when another process wrote. `None` outside of a transaction.
        """
        return self._generation if self._is_held_here() else None

    def write(self, sql: str, parameters: Parameters) -> None:
        """Execute one statement that writes."""
        with self.writing():
            self._writer.execute(sql, parameters)

    def write_many(self, sql: str, rows: Iterable[tuple[Cell, ...]]) -> None:
        """Execute one statement for each row, with parameters by place."""
        with self.writing():
            self._writer.executemany(sql, rows)

    def rows(self, sql: str, parameters: Parameters = NOTHING) -> list[Row]:
        """Return all rows of a query."""
        with self._reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters) -> Row | None:
        """Return the first row of a query, `None` where there is none."""
        return next(iter(self.rows(sql, parameters)), None)

    def close(self) -> None:
        """Close all connections, once a transaction under way has ended."""
        with self._turn:
            self._is_open = False
            self._writer.close()
            while self._idle:
                self._idle.pop().close()

    def _begin(self) -> None:
        self._writer.execute("begin immediate")
        self._holder = get_ident()
        (version,) = self._writer.execute("pragma data_version").fetchone()  # changes when another connection wrote
        if version != self._data_version:
            self._data_version = version
            self._generation += 1

    def _end(self) -> None:
        """Roll back what was not committed, and let the next one begin."""
        try:
            if self._writer.in_transaction:
                self._generation += 1
                self._writer.execute("rollback")
        finally:
            self._holder = None

    def _is_held_here(self) -> bool:
        return self._holder == get_ident()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for one query: the writer's within a transaction, else one of the pool."""
        if self._is_held_here():
            yield self._writer
            return
        with self._faults():
            connection = self._borrow()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open_reader()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._is_open:
            self._idle.append(connection)
        else:
            connection.close()

    def _open_writer(self, synchronous: Synchronous) -> sqlite3.Connection:
        connection = self._connect()
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute(f"pragma synchronous = {synchronous}")
            connection.execute("pragma foreign_keys = on")
            connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT}")
            connection.execute(f"pragma cache_size = -{CACHE}")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_reader(self) -> sqlite3.Connection:
        if not self._is_open:
            message = "the store is closed"
            raise RuntimeError(message)
        connection = self._connect()
        connection.execute("pragma query_only = on")
        return connection

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path,
            timeout=PATIENCE,
            isolation_level=None,  # transactions begin and end where this module says so
            check_same_thread=False,  # lent to one thread at a time
            cached_statements=256,
        )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn what the world does to a database into errors of ours; a bug stays what it is."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary result code
            if code == sqlite3.SQLITE_NOTADB:
                raise rejected(
                    "database_foreign",
                    "",
                    f"{self._path} is not an SQLite database.",
                    "Give the path of an Ensue database, or of a file that does not exist yet.",
                ) from error
            if code in WORLDLY:
                message = f"the database {self._path} does not answer: {error}"
                raise Unavailable(message) from error
            raise
