"""Backtests on SQLite.

One rule: a backtest is one row, replaced as it gets on.
"""

import msgspec

from ensue.backtests import Backtest
from ensue.store.database import Database
from ensue.store.instants import micros
from ensue.store.statements import statements

SQL = statements("backtests")

_encode = msgspec.json.Encoder().encode
_backtest = msgspec.json.Decoder(Backtest).decode


class SqliteBacktests:
    """The backtests that were asked for."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    def save(self, backtest: Backtest) -> None:
        """Insert or replace a backtest by its id."""
        body = _encode(backtest).decode()
        self._database.write(SQL["save"], {"id": backtest.id, "asked_at": micros(backtest.asked_at), "body": body})

    def find(self, backtest: str) -> Backtest | None:
        """Return a backtest by its id."""
        row = self._database.row(SQL["find"], {"id": backtest})
        return _backtest(row[0]) if row else None

    def latest(self, limit: int = 100) -> list[Backtest]:
        """Return backtests, the one asked for last first."""
        return [_backtest(body) for (body,) in self._database.rows(SQL["latest"], {"limit": limit})]

    def keep_latest(self, count: int) -> None:
        """Forget all but so many, those asked for last."""
        self._database.write(SQL["keep_latest"], {"count": count})
