"""The figures of campaigns, and history read from its end: what reports and the activity page rest on.

One rule: a figure is counted in total and by day, from the same amounts.
A part of the Ledger; `ports` has the rest.
"""

from datetime import date
from typing import Protocol

import msgspec

from ensue.core.effects import Decision
from ensue.core.events import Event


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a campaign's report.

    `name` is an interaction's (`perform_conversion_event:A`); `revenue:EUR`; `people:opened` (how many at least
    once); or an outcome's: `sent`, `control`, `cancelled:EXCEPTION`, `suppressed:REASON`, `refused:REASON`.
    """

    campaign: str
    variation: str
    name: str
    amount: float


class DailyFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure came to on one day, of UTC."""

    campaign: str
    variation: str
    day: date
    name: str
    amount: float


class Tale(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event with its place in the log, counted from 1."""

    number: int
    event: Event


class History(Protocol):
    """The latest of what happened, and the counts by day."""

    def latest_decisions(
        self, *, campaign: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, Decision]]:
        """Return decisions with numbers below `before`, the latest first."""
        ...

    def figures_by_day(self, campaign: str, since: date = date.min) -> list[DailyFigure]:
        """Return a campaign's counts by day (UTC), variation and name, sorted, from `since` on."""
        ...

    def latest_events(self, *, before: int | None = None, limit: int = 100) -> list[Tale]:
        """Return recorded events with numbers below `before`, the latest first."""
        ...
