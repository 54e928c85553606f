"""The figures of campaigns, and history read from its end: what reports and the activity page rest on.

One rule: a figure is counted in total and by day, from the same amounts.
A part of the Ledger; `ports` has the rest.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import msgspec

from ensue.core.connections import Span
from ensue.core.effects import Decision
from ensue.core.events import Event
from ensue.core.triggers import InteractWithCampaign, InteractWithCard


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


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """How many decisions of a follow-on stand at one outcome, by the connection that led to them.

    `name` is the outcome, refused and suppressed as `outcome:reason`, cancelled as `cancelled:exception`. The name
    `exception` counts the entries that the interaction with the original cancelled, `converted` the conversions A of
    entries that were sent.
    """

    original: str
    interaction: str
    campaign: str
    name: str
    amount: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction, narrowed or not, in spans of time."""

    trigger: InteractWithCampaign | InteractWithCard
    spans: tuple[Span, ...]


class Interacted(msgspec.Struct, frozen=True, kw_only=True):
    """How many different users interacted, and how often in all."""

    users: int
    interactions: int


class Tale(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded event with its place in the log, counted from 1."""

    number: int
    event: Event


Skimmed = tuple[str, str, str]
"""A recorded event that was not read yet: its user, its kind, and all of it as JSON."""


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

    def crossings(self, campaign: str | None = None) -> list[Crossing]:
        """Return the counts by connection, sorted by follow-on, original, interaction, name."""
        ...

    def interacted(self, questions: Sequence[Question]) -> Interacted:
        """Count, by an index and exactly, the users and recorded interactions that meet any of the questions.

        The time of an interaction is that by which it was decided: a future one is its arrival (O3).
        """
        ...


def end_name(decision: Decision) -> str:
    """Return the name under which an outcome is counted: with the exception that cancelled, or the reason."""
    why = decision.exception if decision.outcome == "cancelled" else decision.reason
    return f"{decision.outcome}:{why}" if why else decision.outcome
