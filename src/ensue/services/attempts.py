"""How often somebody may try a password.

One rule: attempts are counted before they are looked at, so that many at once count too; a right one is not counted.
Kept in memory: after a restart everybody begins anew.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

from ensue.ports import Clock

WINDOW = timedelta(minutes=15)
PAIR, NAME, ADDRESS = 5, 50, 30
"""Attempts within the window: for a name from an address, for a name, from an address."""
MOST = 20_000
"""Counters kept; beyond that the oldest are forgotten."""
LONGEST = 100


class Attempts:
    """Counts attempts by name and address."""

    def __init__(self, clock: Clock) -> None:
        """Begin with none."""
        self._clock = clock
        self._lock = Lock()
        self._times: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    def admit(self, name: str, address: str) -> bool:
        """Count an attempt and say whether it may be made; one that may not is not counted."""
        now = self._clock.now()
        with self._lock:
            counters = [(self._recent(key, now), most) for key, most in _counters(name, address)]
            if any(len(times) >= most for times, most in counters):
                return False
            for times, _ in counters:
                times.append(now)
            return True

    def forgive(self, name: str, address: str) -> None:
        """Forget the last attempt: it was right. What others tried with the name before stays counted."""
        with self._lock:
            for key, _ in _counters(name, address):
                if times := self._times.get(key):
                    times.pop()

    def _recent(self, key: tuple[str, str], now: datetime) -> deque[datetime]:
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        while len(self._times) > MOST:
            self._times.popitem(last=False)
        return times


def _counters(name: str, address: str) -> Iterable[tuple[tuple[str, str], int]]:
    called = name.strip().casefold()[:LONGEST]
    yield (called, address), PAIR
    yield (called, ""), NAME
    yield ("", address), ADDRESS
