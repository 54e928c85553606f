"""Brings a database to the newest schema: `migrations/*.sql`, each applied once, in order of its number.

One rule: a migration and the new number (`user_version`) are committed together, or neither.
Not here: what the tables are for (the migrations say it).
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ensue.errors import rejected

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(connection: sqlite3.Connection, directory: Path = MIGRATIONS) -> None:
    """Apply the migrations that are missing; Rejected for a newer database, or one that is somebody else's."""
    scripts = sorted(directory.glob("[0-9]*.sql"))
    if _version(connection) == len(scripts):
        return
    connection.execute("begin immediate")
    try:
        _apply(connection, scripts)
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def _apply(connection: sqlite3.Connection, scripts: list[Path]) -> None:
    version = _version(connection)  # read again: another process may have migrated meanwhile
    _check(connection, version, len(scripts))
    for script in scripts[version:]:
        for statement in _statements(script.read_text(encoding="utf-8")):
            connection.execute(statement)
    connection.execute(f"pragma user_version = {len(scripts)}")


def _check(connection: sqlite3.Connection, version: int, newest: int) -> None:
    if version > newest:
        raise rejected(
            "database_newer",
            "",
            f"the database has schema {version}; this version of Ensue knows {newest}.",
            "Use the version of Ensue that wrote it, or a later one.",
        )
    if version == 0 and connection.execute("select 1 from sqlite_master").fetchone():
        raise rejected(
            "database_foreign",
            "",
            "the file is a database of another program.",
            "Give the path of an Ensue database, or of a file that does not exist yet.",
        )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("pragma user_version").fetchone()
    return int(version)


def _statements(script: str) -> Iterator[str]:
    """Split a script; a trigger is one statement, with the semicolons in it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
