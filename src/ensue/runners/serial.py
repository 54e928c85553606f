"""The serial runner: brings events to `decide` in the caller's thread, one transaction a call.

One rule: states, timers, outbox and history change in one transaction, or not at all.
With a store in memory and a virtual clock it is the simulated runner; the embedded runner drives it in its writer.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from ensue.core.decide import INTERNAL, decide
from ensue.core.effects import Clear, Effects, Empty, HandOver, Log, Message, Send, Withdraw
from ensue.core.events import Claimed, Deferred, Event, Woken
from ensue.core.plan import Plan, compile_plan
from ensue.core.state import UserState
from ensue.ports import Claim, Clock, Store

T = TypeVar("T")

LEASE = timedelta(minutes=10)
"""How long delivery may hold a message before it counts as dead."""
BATCH = 2000
"""Users settled in one transaction."""


class SerialRunner:
    """Decides on events one call at a time. Not for several threads."""

    def __init__(self, store: Store, clock: Clock, *, lease: timedelta = LEASE) -> None:
        """Read the plan from the catalog and begin; delivery may hold a message for as long as `lease`."""
        self._lease = lease
        self._store = store
        self._clock = clock
        self.plan = _plan(store, None)

    def submit(self, events: Sequence[Event]) -> list[bool]:
        """Decide on events in order; on return they are durable. Tells for each whether it was new."""
        with self._store.transaction():
            return self._decide(events)[0]

    def submit_all(self, batches: Sequence[Sequence[Event]]) -> list[list[bool]]:
        """Decide on several submissions in one transaction (group commit)."""
        with self._store.transaction():
            news = self._decide([event for events in batches for event in events])[0]
        places = iter(news)
        return [[next(places) for _ in events] for events in batches]

    def settle(self) -> datetime | None:
        """Settle what is due by now; return the next due time."""
        while self.settle_some():
            pass
        return self._store.journal.next_due()

    def settle_some(self) -> bool:
        """Settle one batch of what is due by now; say whether there was any."""
        now = self._clock.now()
        users = self._store.journal.due(now, BATCH)
        if users:
            with self._store.transaction():
                self._decide([Woken(id="", user=user, at=now, received_at=now) for user in users])
        return bool(users)

    def claim(self, limit: int, *, quotas: Mapping[str, int] | None = None) -> list[Claim]:
        """Claim messages for delivery; ones that may no longer be sent are settled instead."""
        now = self._clock.now()
        left = dict(quotas or {})
        spent = [campaign for campaign, quota in left.items() if quota <= 0]
        candidates = [
            one for one in self._store.journal.claimable(now, limit, without=spent) if _take(left, one.message)
        ]
        if not candidates:
            return []
        with self._store.transaction():
            effects = self._decide([_claimed(one.message, now) for one in candidates])[1]
            granted = {effect.message for effect in effects if isinstance(effect, HandOver)}
            self._store.journal.lease(granted, now + self._lease)
            states = self._store.journal.load({one.message.user for one in candidates})
        return [Claim(queued=one, state=states[one.message.user]) for one in candidates if one.message.id in granted]

    def defer(self, claim: Claim, until: datetime) -> None:
        """Give a claimed message back after a passing fault."""
        now, message = self._clock.now(), claim.queued.message
        event = Deferred(id="", user=message.user, at=now, received_at=now, entry=message.entry, message=message.id)
        with self._store.transaction():
            self._decide([event])
            self._store.journal.defer(message.id, until)

    def change(self, change: Callable[[Store], T]) -> T:
        """Carry out a change of definitions, whole or not at all; later events see it."""
        with self._store.transaction():
            result = change(self._store)
            plan = _plan(self._store, self.plan)
        self.plan = plan
        return result

    def write(self, write: Callable[[Store], T]) -> T:
        """Write to the store what is no definition, whole or not at all."""
        with self._store.transaction():
            return write(self._store)

    def read(self, read: Callable[[Store], T]) -> T:
        """Read from the store."""
        return read(self._store)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _decide(self, events: Sequence[Event]) -> tuple[list[bool], list[Effects]]:
        """Decide on events within the transaction under way; return whether each was new, and the effects."""
        states = self._store.journal.load({event.user for event in events})
        changed: dict[str, UserState] = {}
        effects: list[Effects] = []
        news: list[bool] = []
        logged: list[Event] = []
        for event in events:
            before = states.get(event.user)
            step = decide(before, event, self.plan)
            news.append(step.is_new)
            if step.is_new and type(event) not in INTERNAL:
                logged.append(event)
            for effect in step.effects:  # what the system made of an event stands in the log right after it
                if isinstance(effect, Log):
                    logged.append(effect.event)
                else:
                    effects.append(effect)
            if step.state is not before:
                states[event.user] = changed[event.user] = step.state
        self._save(changed, logged, effects)
        return news, effects

    def _save(self, changed: Mapping[str, UserState], events: Sequence[Event], effects: Sequence[Effects]) -> None:
        self._store.journal.save(list(changed.values()))
        self._store.ledger.append(events, effects)
        sends: dict[str, Message] = {}
        withdrawn: list[str] = []
        for effect in effects:
            if isinstance(effect, Send):
                sends[effect.message.id] = effect.message
            elif isinstance(effect, Withdraw) and sends.pop(effect.message, None) is None:
                withdrawn.append(effect.message)
            elif isinstance(effect, Clear):
                self._store.inbox.remove(effect.message)
            elif isinstance(effect, Empty):
                self._store.inbox.remove_all(effect.user)
        if sends:
            self._store.journal.enqueue(list(sends.values()))
        if withdrawn:
            self._store.journal.withdraw(withdrawn)


def _plan(store: Store, before: Plan | None) -> Plan:
    catalog = store.catalog
    return compile_plan(catalog.workspace(), catalog.campaigns(), catalog.cards(), catalog.segments(), before)


def _claimed(message: Message, now: datetime) -> Claimed:
    return Claimed(id="", user=message.user, at=now, received_at=now, entry=message.entry, message=message.id)


def _take(left: dict[str, int], message: Message) -> bool:
    """Use up one of a campaign's quota; a campaign without one has no limit."""
    if message.campaign not in left:
        return True
    left[message.campaign] -= 1
    return left[message.campaign] >= 0
