"""Conversions (C1 to C5): what a user did within the window after a receipt, or after an enrolment in control.

One rule: at most one conversion per letter and receipt, attributed to the latest receipt at or before the event.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from ensue.core.events import CampaignInteracted, Purchased
from ensue.core.occasions import Occasion, is_met
from ensue.core.plan import Compiled, Converting
from ensue.core.state import Receipt
from ensue.core.turn import Turn


def convert(turn: Turn, occasion: Occasion) -> None:
    """Record every conversion that the occasion is, campaign by campaign in the order of their ids."""
    if isinstance(occasion.event, Purchased):
        _add_revenue(turn, occasion.event, occasion.at)
    if turn.plan.conversions.keys().isdisjoint(occasion.keys):
        return
    listening = {campaign for key in occasion.keys for campaign in turn.plan.conversions.get(key, ())}
    for campaign in sorted(listening & turn.state.campaigns.keys()):
        conversions = turn.plan.campaigns[campaign].current.conversions
        heard = [one for key in occasion.keys for one in conversions.get(key, ())]
        for conversion in sorted(heard, key=lambda one: one.letter):
            _convert(turn, campaign, conversion, occasion)


def _convert(turn: Turn, campaign: str, conversion: Converting, occasion: Occasion) -> None:
    receipt = _receipt_for(turn, campaign, occasion.at)
    if receipt is None or conversion.letter in receipt.converted:
        return
    if occasion.at >= receipt.at + conversion.window or not is_met(conversion.event, occasion):
        return
    touch = turn.touch(campaign)
    converted = replace(receipt, converted=receipt.converted + conversion.letter)
    receipts = tuple(converted if known is receipt else known for known in touch.receipts)
    turn.set_touch(campaign, replace(touch, receipts=receipts))
    turn.happen(
        CampaignInteracted(
            id=f"{occasion.event.id}:{campaign}:{conversion.letter}",
            user=turn.state.user,
            at=occasion.at,
            received_at=turn.now,
            campaign=campaign,
            interaction="perform_conversion_event",
            entry=receipt.entry,
            variation=receipt.variation,
            conversion=conversion.letter,  # type: ignore[arg-type]  # zipped with "ABCD"
            hops=occasion.hops + 1,
        )
    )


def _add_revenue(turn: Turn, event: Purchased, at: datetime) -> None:
    """C3: a purchase within the primary window adds to the campaign's revenue."""
    if not turn.plan.earning:
        return
    for campaign in sorted(turn.plan.earning.intersection(turn.state.campaigns)):
        receipt = _receipt_for(turn, campaign, at)
        if receipt is not None and at < receipt.at + _primary_window(turn.plan.campaigns[campaign].current):
            amount = event.price * event.quantity
            turn.count(campaign, receipt.variation, f"revenue:{event.currency}", at, amount)


def _primary_window(rules: Compiled) -> timedelta:
    return rules.campaign.conversions[0].window


def _receipt_for(turn: Turn, campaign: str, at: datetime) -> Receipt | None:
    """Return the latest receipt at or before that time (C2)."""
    return next((one for one in reversed(turn.touch(campaign).receipts) if one.at <= at), None)
