"""The store in one SQLite file: the Journal, the Ledger and the Catalog over one database.

One rule: one thread at a time writes, in a transaction; all others read what was committed, and never wait for it.
Not here: how each of the three keeps its records (`journal`, `ledger`, `catalog`).
"""

from contextlib import AbstractContextManager
from pathlib import Path

from ensue.store.backtests import SqliteBacktests
from ensue.store.catalog import SqliteCatalog
from ensue.store.database import Database, Synchronous
from ensue.store.inbox import SqliteInbox
from ensue.store.journal import SqliteJournal
from ensue.store.ledger import SqliteLedger
from ensue.store.operators import SqliteOperators


class SqliteStore:
    """The three of them in one file, safe to use from any thread."""

    def __init__(self, path: Path | str, *, synchronous: Synchronous = "FULL") -> None:
        """Open or create the file and bring it to the newest schema.

        `FULL` makes each commit durable; `NORMAL` may lose the last ones when the machine loses power.
        Rejected for a file that is not ours or was written by a newer version, Unavailable if it cannot be opened.
        """
        self._database = Database(Path(path), synchronous)
        self.journal = SqliteJournal(self._database)
        self.ledger = SqliteLedger(self._database)
        self.catalog = SqliteCatalog(self._database)
        self.inbox = SqliteInbox(self._database)
        self.backtests = SqliteBacktests(self._database)
        self.operators = SqliteOperators(self._database)

    def transaction(self) -> AbstractContextManager[None]:
        """Commit at the end, durably; roll back on any error. One at a time: others wait for their turn."""
        return self._database.transaction()

    def close(self) -> None:
        """Let go of the database, once a transaction under way has ended."""
        self._database.close()
