"""Backtests and how they are kept: what was asked, how far it is, what came out (B2).

One rule: a result holds totals and samples, never all users, so it stays small however long the span is.
A part of the store beside the Journal; `services.backtests` runs them.
"""

from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from ensue.core.effects import Decision
from ensue.core.events import Json

How = Literal["as_if_live", "as_it_was", "what_happened"]
"""A campaign tried as if it had been live for the whole span, gone through as it was, or its recorded decisions."""
Status = Literal["waiting", "running", "done", "cancelled", "failed", "lost"]
"""`lost`: Ensue ended before the backtest did."""
UNFINISHED: frozenset[Status] = frozenset({"waiting", "running"})


class Side(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is run: a campaign by its id, and the definition that is tried with `as_if_live`, as in the files."""

    campaign: str
    how: How
    definition: dict[str, Json] | None = None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day (UTC): entries by the day of their trigger, outcomes by the day on which they were decided."""

    day: date
    entered: int = 0
    sent: int = 0
    control: int = 0
    cancelled: int = 0
    suppressed: int = 0
    refused: int = 0


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What came out for one side.

    `outcomes` counts by the name under which reports count (`cancelled:open_email`, `refused:not_in_audience`);
    `waiting` are the entries still open at the end. `samples` holds some decisions of each.
    """

    entered: int
    users_sent: int
    outcomes: dict[str, int]
    variations: dict[str, int]
    days: tuple[Day, ...]
    samples: dict[str, tuple[Decision, ...]]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Users whom both sides, or only one of them, would have sent something, with some of their ids."""

    both: int
    only_first: int
    only_second: int
    first_samples: tuple[str, ...]
    second_samples: tuple[str, ...]


class Backtest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One backtest; `done` of `total` events were read. `start` and `end` bound when events arrived, half open."""

    id: str
    asked_at: datetime
    asked_by: str
    start: datetime
    end: datetime
    side: Side
    against: Side | None = None
    status: Status = "waiting"
    done: int = 0
    total: int = 0
    finished_at: datetime | None = None
    problem: str = ""
    result: Totals | None = None
    against_result: Totals | None = None
    difference: Difference | None = None


class Backtests(Protocol):
    """The backtests that were asked for."""

    def save(self, backtest: Backtest) -> None:
        """Insert or replace a backtest by its id."""
        ...

    def find(self, backtest: str) -> Backtest | None:
        """Return a backtest by its id."""
        ...

    def latest(self, limit: int = 100) -> list[Backtest]:
        """Return backtests, the one asked for last first."""
        ...

    def keep_latest(self, count: int) -> None:
        """Forget all but so many, those asked for last."""
        ...
