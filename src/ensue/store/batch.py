"""What a batch of effects leaves in the Ledger, sorted by kind.

One rule: both stores record by this one reading, so they cannot differ in it.
Not here: how it is written.
"""

from collections.abc import Iterable
from typing import assert_never

import msgspec

from ensue.core.effects import Clear, Count, Decision, Effects, Empty, HandOver, Keep, Log, Message, Send, Withdraw
from ensue.core.events import CampaignInteracted


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a batch: of each decision only the last, at the place of the first; amounts added up.

    `kept` is keyed by user, campaign and id, `amounts` by campaign, variation and name.
    """

    events: list[CampaignInteracted]
    kept: dict[tuple[str, str, str], Decision]
    messages: list[Message]
    amounts: dict[tuple[str, str, str], float]

    @property
    def decisions(self) -> Iterable[Decision]:
        """Return the decisions in order of their first appearance."""
        return self.kept.values()


def gather(effects: Iterable[Effects]) -> Batch:
    """Sort the effects of a batch."""
    found = Batch(events=[], kept={}, messages=[], amounts={})
    for effect in effects:
        match effect:
            case Keep(decision=decision):
                found.kept[decision.user, decision.campaign, decision.id] = decision
            case Send(message=message):
                found.messages.append(message)
            case Log(event=event):
                found.events.append(event)
            case Count():
                key = (effect.campaign, effect.variation, effect.name)
                found.amounts[key] = found.amounts.get(key, 0.0) + effect.amount
            case Withdraw() | HandOver() | Clear() | Empty():
                pass  # the Journal's and the inbox's
            case _:
                assert_never(effect)
    return found
