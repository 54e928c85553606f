"""The only place that asks what time it is, and makes ids by chance."""

import threading
from datetime import UTC, datetime
from uuid import uuid4


class SystemClock:
    """The machine's clock; where that is set back, it stands still until the time has caught up."""

    def __init__(self) -> None:
        """Begin now."""
        self._last = datetime.now(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the present instant, aware UTC; it never runs backwards."""
        with self._lock:
            self._last = max(self._last, datetime.now(UTC))
            return self._last

    def seconds_until(self, at: datetime) -> float:
        """Return how many seconds there are until that instant, 0 where it has passed."""
        return max((at - self.now()).total_seconds(), 0)


class FastClock:
    """A clock that runs some times faster than the machine's; for demonstrations."""

    def __init__(self, factor: float) -> None:
        """Begin now; `factor` seconds pass in a second."""
        self._began = datetime.now(UTC)
        self._real = SystemClock()
        self._factor = factor

    def now(self) -> datetime:
        """Return the present instant of this clock, aware UTC."""
        return self._began + (self._real.now() - self._began) * self._factor

    def seconds_until(self, at: datetime) -> float:
        """Return how many seconds of the machine's clock there are until that instant, 0 where it has passed."""
        return max((at - self.now()).total_seconds() / self._factor, 0)


class VirtualClock:
    """A clock that stands until it is set; for simulations and tests."""

    def __init__(self, now: datetime) -> None:
        """Begin at that instant."""
        self._now = now

    def now(self) -> datetime:
        """Return the instant that it was set to."""
        return self._now

    def seconds_until(self, at: datetime) -> float:
        """Return 0 for what has passed; for what has not, nobody could wait long enough."""
        return 0 if at <= self._now else float("inf")

    def set(self, now: datetime) -> None:
        """Move forward to an instant; one that lies before the present is ignored."""
        self._now = max(self._now, now)


def fresh_id() -> str:
    """Return an id that nobody else has."""
    return uuid4().hex
