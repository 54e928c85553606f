"""How many users an audience holds, and how many of them each channel reaches.

One rule: every user is asked by `core.filters`, as the decision asks (A5); what the time does not allow is said.
"""

import time
from collections.abc import Callable, Sequence

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
        return self.estimates([audience], send_to, seconds=seconds)[0]

    def estimates(
        self, audiences: Sequence[Audience], send_to: SendTo = "subscribed", *, seconds: float = QUICK
    ) -> list[Estimate]:
        """Count several audiences in one pass over the users, so that many take hardly longer than one."""
        end, now, segments = self._stopwatch() + seconds, self._clock.now(), self._runner.plan.segments
        total = self._runner.read(lambda store: store.journal.count_users())
        looked_at, cursor = 0, ""
        tallies = [_Tally(audience) for audience in audiences]
        while tallies and (batch := self._batch(cursor)):
            for state in batch:
                for tally in tallies:
                    if in_audience(tally.audience, state, now, segments):
                        tally.count(state, send_to)
            looked_at, cursor = looked_at + len(batch), batch[-1].user
            if self._stopwatch() > end:
                break
        return [tally.estimate(max(total, looked_at), looked_at) for tally in tallies]

    def _batch(self, cursor: str) -> list[UserState]:
        def read(store: Store) -> list[UserState]:
            users = store.journal.users_after(cursor, BATCH)
            states = store.journal.load(users)
            return [states[user] for user in users if user in states]

        return self._runner.read(read)


class _Tally:
    """Counts those who belong to one audience."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self._matched = 0
        self._reachable: dict[ChannelName, int] = dict.fromkeys(CHANNELS, 0)

    def count(self, state: UserState, send_to: SendTo) -> None:
        self._matched += 1
        for channel in CHANNELS:
            if is_reachable(state, channel, send_to):
                self._reachable[channel] += 1

    def estimate(self, total: int, looked_at: int) -> Estimate:
        return Estimate(total=total, looked_at=looked_at, matched=self._matched, reachable=self._reachable)
