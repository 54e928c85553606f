"""Reading the log for a backtest: where a span lies, who may be concerned, and then all that they did.

One rule: the log is read twice, in short transactions of a bounded number of events, so that nobody waits for it. The
first time it is only asked who did something that triggers; the second time the events of those users are replayed.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from ensue.history import Skimmed
from ensue.ports import Runner
from ensue.services.backtest_interest import Interest
from ensue.services.backtest_replay import Replay

PAGE = 10_000
"""Events asked for at a time."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Places in the log: events after `start` and up to `end` arrived within the span; `first` begins the candidates."""

    start: int
    end: int


Progress = Callable[[int], None]
"""Told how many events were read since the last time; raises to end the work."""


class Log:
    """The events that a runner has recorded."""

    def __init__(self, runner: Runner) -> None:
        """Read by the runner's own reading connections."""
        self._runner = runner

    def last(self) -> int:
        """Return the number of the last event, 0 where there is none."""
        return max((tale.number for tale in self._runner.read(lambda store: store.ledger.latest_events(limit=1))), default=0)

    def first_at(self) -> datetime | None:
        """Return when the first event arrived."""
        return self._arrival(1)

    def place_of(self, at: datetime) -> int:
        """Return the number of the last event that arrived before an instant; arrivals ascend, but for milliseconds."""
        low, high = 0, self.last()
        while low < high:
            middle = (low + high + 1) // 2
            arrived = self._arrival(middle)
            if arrived is None or arrived >= at:
                high = middle - 1
            else:
                low = middle
        return low

    def pages(self, after: int, until: int, kinds: frozenset[str] | None = None) -> Iterator[tuple[int, list[Skimmed]]]:
        """Yield how many numbers a page covers, and what of it is of these kinds."""
        for begin in range(after, until, PAGE):
            end = min(begin + PAGE, until)
            yield end - begin, self._runner.read(lambda store, low=begin, high=end: store.ledger.skim(low, high, kinds))

    def _arrival(self, number: int) -> datetime | None:
        tales = self._runner.read(lambda store: store.ledger.events(after=number - 1, limit=1))
        return tales[0].event.received_at if tales else None


def candidates(log: Log, interest: Interest, after: int, until: int, progress: Progress) -> set[str]:
    """Return the users who did something that may trigger the campaign."""
    found: set[str] = set()
    is_trigger = interest.is_trigger
    for covered, page in log.pages(after, until, interest.triggering_kinds()):
        found.update(user for user, kind, body in page if user not in found and is_trigger(kind, body))
        progress(covered)
    return found


def replay(log: Log, interest: Interest, users: set[str], until: int, engine: Replay, progress: Progress) -> None:
    """Take the users' events from the beginning of the log through the replay."""
    for covered, page in log.pages(0, until, interest.kinds):
        for user, kind, body in page:
            if user not in users:
                continue
            event = interest.find(kind, body, is_known=engine.knows(user))
            if event is None:
                continue
            is_place = interest.is_place(event)
            if is_place:
                engine.hold_place(event)
            if not is_place or interest.is_heard(event):
                engine.take(event)
        progress(covered)
