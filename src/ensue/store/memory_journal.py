"""The Journal in memory.

One rule: timers and outbox are heaps whose stale items are dropped when they come up, so nothing is ever searched.
Not here: history that people read (`memory_ledger`).
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from heapq import heappop, heappush

import msgspec

from ensue.core.effects import Message
from ensue.core.state import UserState, next_due
from ensue.ports import Queued, Run
from ensue.store.states import address_of, lowered, zone_of
from ensue.store.turn import Turn, by_turns


class Slot(msgspec.Struct, frozen=True):
    """A message's place in the outbox: `order` counts up with every message that is put there."""

    order: int
    available_at: datetime
    queued: Queued


class MemoryJournal:
    """Per user: state, timers, outbox."""

    def __init__(self, turn: Turn) -> None:
        """Begin empty."""
        self.turn = turn
        self._states: dict[str, UserState] = {}
        self._addresses: dict[str, set[str]] = {}
        self._sorted: list[str] | None = []
        self._due: dict[str, datetime] = {}
        self._timers: list[tuple[datetime, str]] = []
        self._outbox: dict[str, Slot] = {}
        self._available: list[tuple[datetime, int, str]] = []
        self._order = 0
        self._runs: dict[str, Run] = {}

    # ------------------------------------------------------------ states

    @by_turns
    def load(self, users: Collection[str]) -> dict[str, UserState]:
        """Return the states of those users that are known."""
        return {user: self._states[user] for user in users if user in self._states}

    @by_turns
    def save(self, states: Sequence[UserState]) -> None:
        """Insert or replace states; their next due times, addresses and time zones become findable."""
        for state in states:
            self.turn.undo_by(partial(self._put, state.user, self._states.get(state.user)))
            self._put(state.user, state)

    @by_turns
    def due(self, now: datetime, limit: int) -> list[str]:
        """Return users with something due at or before `now`, the earliest first, then by id."""
        found: list[tuple[datetime, str]] = []
        while len(found) < limit and self._drop_stale_timers() and self._timers[0][0] <= now:
            timer = heappop(self._timers)
            if timer not in found[-1:]:
                found.append(timer)
        for timer in found:
            heappush(self._timers, timer)
        return [user for _, user in found]

    @by_turns
    def next_due(self) -> datetime | None:
        """Return the earliest due time of all users."""
        return self._timers[0][0] if self._drop_stale_timers() else None

    @by_turns
    def users_after(self, cursor: str, limit: int, zones: Collection[str] | None = None) -> list[str]:
        """Return existing users with ids above `cursor` in byte order; with `zones`, only of those time zones."""
        users = self._existing()
        found: list[str] = []
        for place in range(bisect_right(users, cursor), len(users)):
            if len(found) >= limit:
                break
            if self._is_in(users[place], zones):
                found.append(users[place])
        return found

    @by_turns
    def time_zones(self) -> list[str]:
        """Return the distinct time zones of existing users, sorted; "" stands for none."""
        return sorted({zone_of(self._states[user]) for user in self._existing()})

    @by_turns
    def count_users(self, zones: Collection[str] | None = None) -> int:
        """Return how many users exist."""
        return sum(self._is_in(user, zones) for user in self._existing())

    @by_turns
    def with_email(self, address: str) -> list[str]:
        """Return the users with this address, compared without regard to case, in byte order of their ids."""
        return sorted(self._addresses.get(lowered(address) or "", ()))

    def _put(self, user: str, state: UserState | None) -> None:
        """Set or forget a state, and what is found by it."""
        old = self._states.pop(user, None)
        if state is not None:
            self._states[user] = state
        if _exists(old) != _exists(state):
            self._sorted = None
        self._put_address(user, old, state)
        self._put_timer(user, next_due(state) if state else None)

    def _put_address(self, user: str, old: UserState | None, new: UserState | None) -> None:
        before, after = _address(old), _address(new)
        if before == after:
            return
        if before:
            self._addresses[before].discard(user)
        if after:
            self._addresses.setdefault(after, set()).add(user)

    def _put_timer(self, user: str, due: datetime | None) -> None:
        if due == self._due.get(user):
            return
        if due is None:
            del self._due[user]
            return
        self._due[user] = due
        heappush(self._timers, (due, user))

    def _drop_stale_timers(self) -> bool:
        """Tell whether a timer is left, the first of which is then valid."""
        while self._timers and self._due.get(self._timers[0][1]) != self._timers[0][0]:
            heappop(self._timers)
        return bool(self._timers)

    def _existing(self) -> list[str]:
        if self._sorted is None:
            self._sorted = sorted(user for user, state in self._states.items() if state.exists)
        return self._sorted

    def _is_in(self, user: str, zones: Collection[str] | None) -> bool:
        return zones is None or zone_of(self._states[user]) in zones

    # ------------------------------------------------------------ outbox

    @by_turns
    def enqueue(self, messages: Sequence[Message]) -> None:
        """Put messages into the outbox; one that is there already stays as it is."""
        for message in messages:
            if message.id not in self._outbox:
                self._order += 1
                self._change(message.id, _slot(self._order, Queued(message=message)))

    @by_turns
    def withdraw(self, messages: Collection[str]) -> None:
        """Take messages out of the outbox; absent ones do not matter."""
        for message in messages:
            self._change(message, None)

    @by_turns
    def claimable(self, now: datetime, limit: int, *, without: Collection[str] = ()) -> list[Queued]:
        """Return messages that nobody holds and that may go now, none of the campaigns `without`.

        Those that could have gone for longest come first, then those that were enqueued first.
        """
        found: list[Queued] = []
        seen: list[tuple[datetime, int, str]] = []
        while len(found) < limit and self._drop_stale_messages() and self._available[0][0] <= now:
            item = heappop(self._available)
            if item in seen[-1:]:
                continue
            seen.append(item)
            queued = self._outbox[item[2]].queued
            if queued.message.campaign not in without:
                found.append(queued)
        for item in seen:
            heappush(self._available, item)
        return found

    @by_turns
    def lease(self, messages: Collection[str], until: datetime) -> None:
        """Hold messages until that instant; after it they are claimable again."""
        for message in messages:
            if slot := self._outbox.get(message):
                queued = msgspec.structs.replace(slot.queued, leased_until=until)
                self._change(message, _slot(slot.order, queued))

    @by_turns
    def release(self) -> None:
        """End all leases: whoever held them is known to be dead."""
        for message, slot in list(self._outbox.items()):
            if slot.queued.leased_until is not None:
                self._change(message, _slot(slot.order, msgspec.structs.replace(slot.queued, leased_until=None)))

    @by_turns
    def defer(self, message: str, until: datetime) -> None:
        """Give a message back after a passing fault: one attempt more, not before that instant."""
        if slot := self._outbox.get(message):
            queued = Queued(message=slot.queued.message, attempts=slot.queued.attempts + 1, not_before=until)
            self._change(message, _slot(slot.order, queued))

    @by_turns
    def next_claimable(self) -> datetime | None:
        """Return the earliest instant at which some message of the outbox can be claimed (it may lie in the past)."""
        return self._available[0][0] if self._drop_stale_messages() else None

    @by_turns
    def queued(self) -> int:
        """Return how many messages the outbox holds."""
        return len(self._outbox)

    def _change(self, message: str, slot: Slot | None) -> None:
        self.turn.undo_by(partial(self._place, message, self._outbox.get(message)))
        self._place(message, slot)

    def _place(self, message: str, slot: Slot | None) -> None:
        if slot is None:
            self._outbox.pop(message, None)
            return
        self._outbox[message] = slot
        heappush(self._available, (slot.available_at, slot.order, message))

    def _drop_stale_messages(self) -> bool:
        """Tell whether a message is left, the first of which is then valid."""
        while self._available and self._is_stale(*self._available[0]):
            heappop(self._available)
        return bool(self._available)

    def _is_stale(self, available_at: datetime, order: int, message: str) -> bool:
        slot = self._outbox.get(message)
        return slot is None or slot.available_at != available_at or slot.order != order

    # ------------------------------------------------------------ runs

    @by_turns
    def save_run(self, run: Run) -> None:
        """Insert or replace a run by its id."""
        self.turn.undo_by(partial(self._put_run, run.id, self._runs.get(run.id)))
        self._runs[run.id] = run

    @by_turns
    def find_run(self, run: str) -> Run | None:
        """Return a run by its id."""
        return self._runs.get(run)

    @by_turns
    def runs(self, campaign: str | None = None, *, unfinished: bool = False) -> list[Run]:
        """Return runs by time, then id."""
        found = [
            run
            for run in self._runs.values()
            if campaign in (None, run.campaign) and not (unfinished and run.finished_at)
        ]
        return sorted(found, key=lambda run: (run.at, run.id))

    def _put_run(self, identity: str, run: Run | None) -> None:
        if run is None:
            del self._runs[identity]
        else:
            self._runs[identity] = run


def _exists(state: UserState | None) -> bool:
    return state is not None and state.exists


def _address(state: UserState | None) -> str | None:
    return address_of(state) if state is not None and state.exists else None


def _slot(order: int, queued: Queued) -> Slot:
    created_at = queued.message.created_at
    available_at = max(created_at, queued.not_before or created_at, queued.leased_until or created_at)
    return Slot(order, available_at, queued)
