"""The SQL texts by name, read from `queries/*.sql` by aiosql.

One rule: SQL is written in those files, with named parameters, and nowhere else.
Not here: connections and transactions (`database`); this module only reads text.
"""

import re
from pathlib import Path

import aiosql

QUERIES = Path(__file__).parent / "queries"


def statements(name: str) -> dict[str, str]:
    """Return the statements of one file by name.

    Those for many rows (`*!`) are bound by position, in the order declared beside their name: a tuple binds
    several times faster than a mapping.
    """
    queries = aiosql.from_path(QUERIES / f"{name}.sql", "sqlite3", encoding="utf-8")
    found = {}
    for query in queries.available_queries:
        function = getattr(queries, query)
        if query.endswith("_cursor"):
            continue
        is_for_many = function.operation is aiosql.types.SQLOperationType.INSERT_UPDATE_DELETE_MANY
        found[query] = _numbered(function.sql, function.parameters) if is_for_many else function.sql
    return found


def _numbered(sql: str, parameters: list[str]) -> str:
    """Replace each `:name` by its place among the declared parameters, counted from 1."""
    places = {name: number for number, name in enumerate(parameters, 1)}
    return re.sub(r":(\w+)", lambda match: f"?{places[match[1]]}", sql)
