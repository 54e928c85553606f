"""Places that other campaigns' messages hold in the frequency caps (F1), as far as it was recorded.

One rule: a message counts from the instant at which it was sent, if a channel accepted it or has not answered yet.
What was given back for a fault counts at no time: when that was is not recorded.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import msgspec

from ensue.core.effects import Message
from ensue.core.plan import Launched, Plan
from ensue.core.records import Campaign
from ensue.core.settling import UNHURRIED
from ensue.core.state import Sent
from ensue.ports import Runner, Store

PAGE = 5_000


class Place(msgspec.Struct, frozen=True):
    """A place of a user; `is_first` where a message of the tested campaign of the same instant is decided after it."""

    user: str
    sent: Sent
    is_first: bool


def counts(campaign: Campaign) -> bool:
    """Tell whether a campaign's messages hold places."""
    return not campaign.ignore_frequency_caps or bool(campaign.count_toward_frequency_caps)


class Places:
    """Reads the messages beside the events, in the order in which both came about."""

    def __init__(self, runner: Runner, plan: Plan, tested: str, users: set[str], since: datetime) -> None:
        """Begin with the messages sent since then, of all campaigns but the tested one, to these users."""
        self._runner = runner
        self._users = users
        self._others = {name: one for name, one in plan.campaigns.items() if name != tested}
        self._order = _order(plan.campaigns[tested])
        self._ahead = self._read(since)
        self._next: Message | None = next(self._ahead, None)

    def until(self, at: datetime) -> Iterator[Place]:
        """Yield the places taken up to an instant that were not yielded yet."""
        while self._next is not None and self._next.created_at <= at:
            message, self._next = self._next, next(self._ahead, None)
            if self._was_sent(message):
                sent = Sent(
                    at=message.created_at, campaign=message.campaign, channel=message.channel, message=message.id
                )
                is_first = _order(self._others[message.campaign]) < self._order
                yield Place(message.user, sent, is_first)

    def _read(self, since: datetime) -> Iterator[Message]:
        after = 0
        while page := self._runner.read(partial(_messages, after)):
            after = page[-1][0]
            yield from (message for _, message in page if message.created_at >= since and self._is_placing(message))

    def _is_placing(self, message: Message) -> bool:
        if message.user not in self._users or message.channel in UNHURRIED:
            return False
        other = self._others.get(message.campaign)
        return other is not None and counts(other.versions[message.version].campaign)

    def _was_sent(self, message: Message) -> bool:
        found = self._runner.read(lambda store: store.ledger.decisions(user=message.user, campaign=message.campaign))
        end = next((one for _, one in found if one.id == message.entry), None)
        return end is not None and (end.outcome == "sending" or message.channel in end.channels)


def _messages(after: int, store: Store) -> list[tuple[int, Message]]:
    return store.ledger.messages(after=after, limit=PAGE)


def _order(launched: Launched) -> tuple[datetime, str]:
    """Return what decides who comes first at one instant (T10)."""
    return launched.launched_at, launched.id
