"""Instants as the database keeps them: whole microseconds since 1970, UTC.

One rule: reading gives back exactly the instant that was written.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return an aware instant in microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def instant(number: int) -> datetime:
    """Return the instant so many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=number)


def micros_or_none(at: datetime | None) -> int | None:
    """Return an instant in microseconds, `None` for `None`."""
    return None if at is None else micros(at)


def instant_or_none(number: int | None) -> datetime | None:
    """Return the instant of a number, `None` for `None`."""
    return None if number is None else instant(number)
