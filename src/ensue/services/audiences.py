"""How many users an audience holds, and how many of them each channel reaches.

One rule: every user is asked by `core.filters`, as the decision asks (A5); what the time does not allow is said.
"""

import time
from collections.abc import Callable

import msgspec

from ensue.core.conditions import Audience
from ensue.core.filters import SendTo, in_audience, is_reachable
from ensue.core.state import UserState
from ensue.core.words import CHANNELS, ChannelName
from ensue.ports import Clock, Runner, Store

BATCH = 500
QUICK = 0.15
"""Seconds that a page waits for an estimate."""
THOROUGH = 60.0
"""Seconds that a count waits which somebody asked for."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Of `total` users, `looked_at` were asked, and `matched` belong; `reachable` counts those that a channel reaches.

    Where all were looked at, the numbers are exact; otherwise they are the least there are.
    """

    total: int
    looked_at: int
    matched: int
    reachable: dict[ChannelName, int]

    @property
    def is_exact(self) -> bool:
        """Say whether every user was asked."""
        return self.looked_at >= self.total


class Audiences:
    """Counts audiences over the journal; `stopwatch` tells seconds that only move on."""

    def __init__(self, runner: Runner, clock: Clock, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Work on the runner's journal and segments."""
        self._runner = runner
        self._clock = clock
        self._stopwatch = stopwatch

    def estimate(self, audience: Audience, send_to: SendTo = "subscribed", *, seconds: float = QUICK) -> Estimate:
        """Count the audience at this instant, batch by batch, until all were asked or the time is over."""
        end, now = self._stopwatch() + seconds, self._clock.now()
        total = self._runner.read(lambda store: store.journal.count_users())
        looked_at, matched, cursor = 0, 0, ""
        reachable: dict[ChannelName, int] = dict.fromkeys(CHANNELS, 0)
        while batch := self._batch(cursor):
            for state in batch:
                if in_audience(audience, state, now, self._runner.plan.segments):
                    matched += 1
                    _count(state, send_to, reachable)
            looked_at, cursor = looked_at + len(batch), batch[-1].user
            if self._stopwatch() > end:
                break
        return Estimate(total=max(total, looked_at), looked_at=looked_at, matched=matched, reachable=reachable)

    def _batch(self, cursor: str) -> list[UserState]:
        def read(store: Store) -> list[UserState]:
            users = store.journal.users_after(cursor, BATCH)
            states = store.journal.load(users)
            return [states[user] for user in users if user in states]

        return self._runner.read(read)


def _count(state: UserState, send_to: SendTo, reachable: dict[ChannelName, int]) -> None:
    for channel in CHANNELS:
        if is_reachable(state, channel, send_to):
            reachable[channel] += 1
