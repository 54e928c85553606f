"""The store in memory: for tests, scenarios and backtests; nothing outlives the process.

One rule: to its callers it is the SQLite store, transactions included; one conformance suite holds both to it.
Not here: how each of the three keeps its records (`memory_journal`, `memory_ledger`, `memory_catalog`).
"""

from contextlib import AbstractContextManager

from ensue.store.memory_backtests import MemoryBacktests
from ensue.store.memory_catalog import MemoryCatalog
from ensue.store.memory_inbox import MemoryInbox
from ensue.store.memory_journal import MemoryJournal
from ensue.store.memory_ledger import MemoryLedger
from ensue.store.memory_operators import MemoryOperators
from ensue.store.turn import Turn


class MemoryStore:
    """The three of them in memory; a thread waits while another one holds the transaction."""

    def __init__(self) -> None:
        """Begin empty."""
        self._turn = Turn()
        self.journal = MemoryJournal(self._turn)
        self.ledger = MemoryLedger(self._turn)
        self.catalog = MemoryCatalog(self._turn)
        self.inbox = MemoryInbox(self._turn)
        self.backtests = MemoryBacktests(self._turn)
        self.operators = MemoryOperators(self._turn)

    def transaction(self) -> AbstractContextManager[None]:
        """Keep what was done at the end; take it back on any error. One at a time: others wait for their turn."""
        return self._turn.transaction()

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
