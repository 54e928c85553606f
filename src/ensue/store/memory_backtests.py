"""Backtests in memory.

One rule: they are sorted when they are asked for.
"""

from functools import partial

from ensue.backtests import Backtest
from ensue.store.turn import Turn, by_turns


class MemoryBacktests:
    """The backtests that were asked for."""

    def __init__(self, turn: Turn) -> None:
        """Begin empty."""
        self.turn = turn
        self._backtests: dict[str, Backtest] = {}

    @by_turns
    def save(self, backtest: Backtest) -> None:
        """Insert or replace a backtest by its id."""
        self._note()
        self._backtests[backtest.id] = backtest

    @by_turns
    def find(self, backtest: str) -> Backtest | None:
        """Return a backtest by its id."""
        return self._backtests.get(backtest)

    @by_turns
    def latest(self, limit: int = 100) -> list[Backtest]:
        """Return backtests, the one asked for last first."""
        return sorted(self._backtests.values(), key=lambda one: (one.asked_at, one.id), reverse=True)[:limit]

    @by_turns
    def keep_latest(self, count: int) -> None:
        """Forget all but so many, those asked for last."""
        self._note()
        self._backtests = {one.id: one for one in self.latest(count)}

    def _note(self) -> None:
        """Note how it is now, for the case that the transaction fails."""
        self.turn.undo_by(partial(setattr, self, "_backtests", dict(self._backtests)))
