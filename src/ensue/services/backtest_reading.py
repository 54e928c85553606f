"""Reading the log for a backtest: where a span lies, who may be concerned, and then all that they did.

One rule: the log is read twice, in short transactions of a bounded number of events, so that nobody waits for it. The
first time it is only asked who did something that triggers; the second time the events of those users are replayed.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from ensue.core.events import CampaignInteracted, Event
from ensue.history import Skimmed
from ensue.ports import Runner, Store
from ensue.services.backtest_answers import is_made_along
from ensue.services.backtest_interest import INTERACTED, Interest
from ensue.services.backtest_places import Places
from ensue.services.backtest_replay import Replay

PAGE = 10_000
"""Events asked for at a time."""


class Progress(Protocol):
    """Is told how the work gets on; raises to end it."""

    def expect(self, events: int) -> None:
        """Take note that so many more events are to be read."""
        ...

    def read(self, events: int) -> None:
        """Take note that so many were read."""
        ...


class Arrived(msgspec.Struct, gc=False):
    """When an event arrived."""

    received_at: datetime


_arrived = msgspec.json.Decoder(Arrived).decode


class Log:
    """The events that a runner has recorded."""

    def __init__(self, runner: Runner) -> None:
        """Read by the runner's own reading connections."""
        self._runner = runner

    def last(self) -> int:
        """Return the number of the last event, 0 where there is none."""
        latest = self._runner.read(lambda store: store.ledger.latest_events(limit=1))
        return latest[0].number if latest else 0

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
            yield end - begin, self._runner.read(partial(_skimmed, begin, end, kinds))

    def _arrival(self, number: int) -> datetime | None:
        tales = self._runner.read(lambda store: store.ledger.events(after=number - 1, limit=1))
        return tales[0].event.received_at if tales else None


def candidates(log: Log, interest: Interest, after: int, until: int, progress: Progress) -> set[str]:
    """Return the users who did something that may trigger the campaign."""
    found: set[str] = set()
    is_trigger = interest.is_trigger
    for covered, page in log.pages(after, until, interest.triggering_kinds()):
        found.update(user for user, kind, body in page if user not in found and is_trigger(kind, body))
        progress.read(covered)
    return found


class Past:
    """The events of some users from the beginning of the log up to a place in it, as they are to be replayed.

    What the system made of an event stands right after it in the log, and is decided on together with it.
    """

    def __init__(self, log: Log, interest: Interest, users: set[str], until: int) -> None:
        """Read this log."""
        self._log = log
        self._interest = interest
        self._users = users
        self._until = until
        self._head: Event | None = None
        self._along: list[CampaignInteracted] = []

    def replay(self, engine: Replay, places: Places | None, progress: Progress) -> None:
        """Take everything through the replay; `places` where frequency caps matter."""
        for covered, page in self._log.pages(0, self._until, self._interest.kinds):
            if places is not None and page:
                for place in places.until(_arrived(page[-1][2]).received_at):
                    engine.hold(place)
            self._take(page, engine)
            progress.read(covered)
        self._take_head(engine)

    def _take(self, page: list[Skimmed], engine: Replay) -> None:
        users, find, knows = self._users, self._interest.find, engine.knows
        for user, kind, body in page:
            if user not in users:
                continue
            if kind != INTERACTED and self._head is not None:
                self._take_head(engine)
            event = find(kind, body, is_known=knows(user))
            if event is None:
                continue
            if isinstance(event, CampaignInteracted) and self._head is not None and _belongs(event, self._head):
                self._along.append(event)
                continue
            if self._head is not None:
                self._take_head(engine)
            self._head = event

    def _take_head(self, engine: Replay) -> None:
        if self._head is not None:
            engine.take(self._head, self._along)
            self._head = None
            if self._along:
                self._along = []


def _belongs(event: CampaignInteracted, head: Event) -> bool:
    return event.user == head.user and event.received_at == head.received_at and is_made_along(event)


def _skimmed(after: int, until: int, kinds: frozenset[str] | None, store: Store) -> list[Skimmed]:
    return store.ledger.skim(after, until, kinds)
