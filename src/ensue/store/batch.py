"""What a batch of effects leaves in the Ledger, sorted by kind.

One rule: both stores record by this one reading, so they cannot differ in it.
Not here: how it is written.
"""

from collections.abc import Iterable
from datetime import date
from typing import assert_never

import msgspec

from ensue.core.effects import (
    Clear,
    Count,
    Decision,
    Effects,
    Empty,
    HandOver,
    Keep,
    Log,
    Message,
    Outcome,
    Send,
    Withdraw,
)
from ensue.core.events import CampaignInteracted
from ensue.history import end_name

EPOCH = date(1970, 1, 1).toordinal()
OPEN: frozenset[Outcome] = frozenset({"waiting", "sending"})


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a batch: of each decision only the last, at the place of the first; amounts added up.

    `kept` is keyed by user, campaign and id, `amounts` by campaign, variation, name and day (of UTC, since 1970).
    """

    events: list[CampaignInteracted]
    kept: dict[tuple[str, str, str], Decision]
    messages: list[Message]
    amounts: dict[tuple[str, str, str, int], float]

    @property
    def decisions(self) -> Iterable[Decision]:
        """Return the decisions in order of their first appearance."""
        return self.kept.values()

    @property
    def totals(self) -> dict[tuple[str, str, str], float]:
        """Return the amounts of all days together."""
        found: dict[tuple[str, str, str], float] = {}
        for (campaign, variation, name, _), amount in self.amounts.items():
            key = (campaign, variation, name)
            found[key] = found.get(key, 0.0) + amount
        return found


def gather(effects: Iterable[Effects]) -> Batch:
    """Sort the effects of a batch."""
    found = Batch(events=[], kept={}, messages=[], amounts={})
    for effect in effects:
        match effect:
            case Keep(decision=decision):
                found.kept[decision.user, decision.campaign, decision.id] = decision
                if _is_an_end(decision):
                    day = decision.at.toordinal() - EPOCH
                    key = (decision.campaign, decision.variation or "", end_name(decision), day)
                    found.amounts[key] = found.amounts.get(key, 0.0) + 1
            case Send(message=message):
                found.messages.append(message)
            case Log(event=event):
                found.events.append(event)
            case Count():
                key = (effect.campaign, effect.variation, effect.name, effect.at.toordinal() - EPOCH)
                found.amounts[key] = found.amounts.get(key, 0.0) + effect.amount
            case Withdraw() | HandOver() | Clear() | Empty():
                pass  # the Journal's and the inbox's
            case _:
                assert_never(effect)
    return found


def _is_an_end(decision: Decision) -> bool:
    """Say whether a decision is final; `sent` is kept again for each further channel, and counts at the first."""
    outcome = decision.outcome
    return outcome not in OPEN and (outcome != "sent" or len(decision.channels) <= 1)
