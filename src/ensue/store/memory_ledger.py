"""The Ledger in memory.

One rule: what can be counted from the decisions is counted when it is asked for, so it cannot be wrong.
Not here: what `decide` needs (`memory_journal`).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import islice
from typing import TypeVar

import msgspec

from ensue.core.effects import Decision, Effects, Message, Outcome
from ensue.core.events import CampaignInteracted, Event
from ensue.core.occasions import is_met, key_of, occasion_of
from ensue.history import Crossing, DailyFigure, Figure, Interacted, Question, Skimmed, Tale
from ensue.store.batch import EPOCH, gather
from ensue.store.turn import Turn, by_turns

Key = tuple[str, str, str]
K = TypeVar("K", bound=Hashable)


class MemoryLedger:
    """History: events, decisions, messages, counts."""

    def __init__(self, turn: Turn) -> None:
        """Begin empty."""
        self.turn = turn
        self._events: list[Event] = []
        self._decisions: list[Decision] = []
        self._numbers: dict[Key, int] = {}
        self._of_user: dict[str, list[int]] = {}
        self._of_campaign: dict[str, list[int]] = {}
        self._messages: dict[str, Message] = {}
        self._figures: dict[Key, float] = {}
        self._daily: dict[tuple[str, str, str, int], float] = {}

    @by_turns
    def append(self, events: Sequence[Event], effects: Sequence[Effects]) -> None:
        """Record events in order, then the interactions, decisions, messages and counts of the effects."""
        found = gather(effects)
        self.turn.undo_by(partial(self._cut_events, len(self._events)))
        self._events += events
        self._events += found.events
        for key, decision in found.kept.items():
            self._keep(key, decision)
        for message in found.messages:
            self._remember(message)
        self._count(self._figures, found.totals)
        self._count(self._daily, found.amounts)

    @by_turns
    def decisions(
        self,
        *,
        user: str | None = None,
        campaign: str | None = None,
        outcome: Outcome | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[tuple[int, Decision]]:
        """Return decisions, each as it stands last, with the number of its first appearance, ascending from `after`."""
        numbers = self._candidates(user, campaign)
        numbered = ((number, self._decisions[number - 1]) for number in numbers[bisect_right(numbers, after) :])
        found = (
            (number, decision)
            for number, decision in numbered
            if campaign in (None, decision.campaign) and outcome in (None, decision.outcome)
        )
        return list(islice(found, limit))

    @by_turns
    def latest_decisions(
        self, *, campaign: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, Decision]]:
        """Return decisions with numbers below `before`, the latest first."""
        numbers = self._candidates(None, campaign)
        end = len(numbers) if before is None else bisect_left(numbers, before)
        return [(number, self._decisions[number - 1]) for number in numbers[max(0, end - limit) : end][::-1]]

    @by_turns
    def waiting_users(self, campaign: str, after: str, limit: int) -> list[str]:
        """Return users with an entry of the campaign that waits or is being sent, ids above `after`, in byte order."""
        found = {
            decision.user
            for decision in self._decided(campaign)
            if decision.user > after and decision.outcome in ("waiting", "sending")
        }
        return sorted(found)[:limit]

    @by_turns
    def outcomes(self, campaign: str | None = None) -> dict[str, dict[str, int]]:
        """Return, by campaign, how many decisions stand at each outcome; refused and suppressed as `outcome:reason`."""
        names = sorted(self._of_campaign) if campaign is None else [campaign]
        found = {name: Counter(_stand(decision) for decision in self._decided(name)) for name in names}
        return {name: dict(sorted(counts.items())) for name, counts in found.items() if counts}

    @by_turns
    def figures(self, campaign: str | None = None) -> list[Figure]:
        """Return the counts by campaign, variation and name, sorted."""
        return [
            Figure(campaign=key[0], variation=key[1], name=key[2], amount=amount)
            for key, amount in sorted(self._figures.items())
            if campaign in (None, key[0])
        ]

    @by_turns
    def crossings(self, campaign: str | None = None) -> list[Crossing]:
        """Return the counts by connection, sorted by follow-on, original, interaction, name."""
        names = sorted(self._of_campaign) if campaign is None else [campaign]
        found = Counter(key for name in names for decision in self._decided(name) for key in _crossed(decision))
        found.update(key for event in self._events for key in self._converted(event) if campaign in (None, key[0]))
        return [
            Crossing(campaign=key[0], original=key[1], interaction=key[2], name=key[3], amount=amount)
            for key, amount in sorted(found.items())
        ]

    @by_turns
    def figures_by_day(self, campaign: str, since: date = date.min) -> list[DailyFigure]:
        """Return a campaign's counts by day (UTC), variation and name, sorted, from `since` on."""
        found = [
            DailyFigure(
                campaign=key[0], variation=key[1], name=key[2], day=date.fromordinal(key[3] + EPOCH), amount=amount
            )
            for key, amount in self._daily.items()
            if key[0] == campaign and key[3] + EPOCH >= since.toordinal()
        ]
        return sorted(found, key=lambda one: (one.day, one.variation, one.name))

    @by_turns
    def find_message(self, message: str) -> Message | None:
        """Return a message that was ever put into the outbox."""
        return self._messages.get(message)

    @by_turns
    def messages(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, Message]]:
        """Return messages that were ever put into the outbox, with their numbers, ascending above `after`."""
        return list(islice(enumerate(self._messages.values(), 1), after, after + limit))

    @by_turns
    def events(self, *, after: int = 0, limit: int = 1000) -> list[Tale]:
        """Return recorded events in order of the log."""
        return [
            Tale(number=number, event=event)
            for number, event in enumerate(self._events[after : after + limit], after + 1)
        ]

    @by_turns
    def latest_events(self, *, before: int | None = None, limit: int = 100) -> list[Tale]:
        """Return recorded events with numbers below `before`, the latest first."""
        end = len(self._events) if before is None else min(before - 1, len(self._events))
        return [Tale(number=number, event=self._events[number - 1]) for number in range(end, max(0, end - limit), -1)]

    @by_turns
    def skim(self, after: int, until: int, kinds: Collection[str] | None = None) -> list[Skimmed]:
        """Return recorded events, not read yet, with numbers above `after` and up to `until`, of these kinds."""
        skimmed = (
            (event.user, str(type(event).__struct_config__.tag), event) for event in self._events[max(after, 0) : until]
        )
        return [
            (user, kind, msgspec.json.encode(event).decode())
            for user, kind, event in skimmed
            if kinds is None or kind in kinds
        ]

    @by_turns
    def events_of(self, user: str, limit: int = 100, *, after: int = 0, before: int | None = None) -> list[Tale]:
        """Return a user's last events, the latest first. Slow: it reads the log from its end, or from `before`."""
        end = len(self._events) if before is None else min(before - 1, len(self._events))
        numbered = ((number, self._events[number - 1]) for number in range(end, after, -1))
        found = (Tale(number=number, event=event) for number, event in numbered if event.user == user)
        return list(islice(found, limit))

    @by_turns
    def interacted(self, questions: Sequence[Question]) -> Interacted:
        """Count, exactly, the users and recorded interactions that meet any of the questions. Slow: it reads all."""
        found = [event.user for event in self._events if any(_meets(event, one) for one in questions)]
        return Interacted(users=len(set(found)), interactions=len(found))

    def _converted(self, event: Event) -> Iterator[tuple[str, str, str, str]]:
        """Yield the connection that an event is a conversion A of."""
        if not isinstance(event, CampaignInteracted) or event.interaction != "perform_conversion_event":
            return
        number = self._numbers.get((event.user, event.campaign, event.entry or ""))
        if number is None or event.conversion != "A":
            return
        decision = self._decisions[number - 1]
        if decision.original is not None and decision.outcome != "control":
            yield decision.campaign, decision.original, decision.trigger, "converted"

    def _candidates(self, user: str | None, campaign: str | None) -> Sequence[int]:
        if user is not None:
            return self._of_user.get(user, [])
        if campaign is not None:
            return self._of_campaign.get(campaign, [])
        return range(1, len(self._decisions) + 1)

    def _decided(self, campaign: str) -> list[Decision]:
        return [self._decisions[number - 1] for number in self._of_campaign.get(campaign, [])]

    # ------------------------------------------------------------ writing and taking back

    def _keep(self, key: Key, decision: Decision) -> None:
        number = self._numbers.get(key)
        if number is None:
            self.turn.undo_by(self._forget_last)
            self._decisions.append(decision)
            self._numbers[key] = len(self._decisions)
            self._of_user.setdefault(decision.user, []).append(len(self._decisions))
            self._of_campaign.setdefault(decision.campaign, []).append(len(self._decisions))
            return
        self.turn.undo_by(partial(self._decisions.__setitem__, number - 1, self._decisions[number - 1]))
        self._decisions[number - 1] = decision

    def _forget_last(self) -> None:
        decision = self._decisions.pop()
        del self._numbers[decision.user, decision.campaign, decision.id]
        self._of_user[decision.user].pop()
        self._of_campaign[decision.campaign].pop()

    def _remember(self, message: Message) -> None:
        if message.id not in self._messages:
            self.turn.undo_by(partial(self._messages.__delitem__, message.id))
            self._messages[message.id] = message

    def _count(self, figures: dict[K, float], amounts: Mapping[K, float]) -> None:
        for key, amount in amounts.items():
            before = figures.get(key)
            if before is None:
                self.turn.undo_by(partial(figures.__delitem__, key))
            else:
                self.turn.undo_by(partial(figures.__setitem__, key, before))
            figures[key] = (before or 0.0) + amount

    def _cut_events(self, length: int) -> None:
        del self._events[length:]


def _crossed(decision: Decision) -> Iterator[tuple[str, str, str, str]]:
    """Yield, as follow-on, original, interaction and name, the connections that a decision counts for."""
    if decision.original is not None:
        why = decision.exception or decision.reason
        name = f"{decision.outcome}:{why}" if why else decision.outcome
        yield decision.campaign, decision.original, decision.trigger, name
    original = decision.facts.get("original") if decision.outcome == "cancelled" else None
    if original is not None:
        yield decision.campaign, str(original), decision.exception or "", "exception"


def _meets(event: Event, question: Question) -> bool:
    at = min(event.at, event.received_at)
    occasion = occasion_of(event, at, {})
    if key_of(question.trigger) not in occasion.keys or not is_met(question.trigger, occasion):
        return False
    return any(since <= at and (until is None or at < until) for since, until in question.spans)


def _stand(decision: Decision) -> str:
    if decision.outcome in ("suppressed", "refused"):
        return f"{decision.outcome}:{decision.reason}"
    return decision.outcome
