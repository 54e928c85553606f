"""When a message that met a passing fault is tried again, and when that ends (S10, S12).

One rule: pauses grow from seconds to an hour, and 72 hours after the decision it is over.
"""

from datetime import datetime, timedelta

PATIENCE = timedelta(hours=72)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_DOUBLINGS = 12


def is_over(created_at: datetime, now: datetime) -> bool:
    """Say whether a message has waited for too long."""
    return now - created_at > PATIENCE


def next_attempt_at(attempts: int, now: datetime) -> datetime:
    """Return when to try again after so many attempts that met a passing fault, this one included."""
    doublings = min(max(attempts - 1, 0), MOST_DOUBLINGS)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
