"""What an interaction leaves behind: receipts (R1), what was done with a campaign or card, and subscriptions (F3).

One rule: a receipt is noted before the interaction's triggers are looked at, all else after (T6).
"""

from datetime import datetime

from msgspec.structs import replace

from ensue.core.effects import Clear
from ensue.core.events import CampaignInteracted, CardInteracted, SubscriptionChanged
from ensue.core.state import RECEIPTS, CardTouch, Receipt, Touch
from ensue.core.turn import Turn
from ensue.core.words import CampaignInteraction

OPENED: frozenset[CampaignInteraction] = frozenset({"open_email", "directly_open_push"})
CLICKED: frozenset[CampaignInteraction] = frozenset({"click_email", "click_in_app_message"})
UNSUBSCRIBING: frozenset[CampaignInteraction] = frozenset({"unsubscribe_email", "mark_email_as_spam"})
DONE_WITH: frozenset[CampaignInteraction] = frozenset({"view_in_app_message", "dismiss_in_app_message"})
"""Interactions after which an in-app message does not lie ready any more."""


def note_receipt(turn: Turn, event: CampaignInteracted, at: datetime) -> bool:
    """Note the receipt, or enrolment, that an interaction makes; say whether it made one."""
    match event.interaction:
        case "receive_email" | "receive_push" | "receive_webhook":
            receipt = Receipt(entry=event.entry or event.id, at=at, variation=event.variation or "")
        case "enrolled_in_control_group":
            receipt = Receipt(entry=event.entry or event.id, at=at, variation="control", control=True)
        case "view_in_app_message":
            return _receive_by_view(turn, event, at)
        case _:
            return False
    _receive(turn, event.campaign, receipt)
    return True


def make_ready(turn: Turn, campaign: str, entry: str, variation: str) -> None:
    """Note that an in-app message lies ready for the user."""
    turn.set_touch(campaign, replace(turn.touch(campaign), unviewed=f"{entry} {variation}"))


def touched(turn: Turn, event: CampaignInteracted, at: datetime, *, is_receipt: bool) -> None:
    """Note what was done with a campaign, and count it for its report."""
    before, kind = turn.touch(event.campaign), event.interaction
    touch = before
    if kind == "enrolled_in_control_group":
        touch = replace(touch, control_at=later(touch.control_at, at))
    elif is_receipt:
        touch = replace(touch, received_at=later(touch.received_at, at))
    if kind == "view_in_app_message":
        touch = replace(touch, viewed_at=later(touch.viewed_at, at))
    elif kind in OPENED:
        touch = replace(touch, opened_at=later(touch.opened_at, at))
    elif kind in CLICKED:
        touch = replace(touch, clicked_at=later(touch.clicked_at, at))
    elif kind == "perform_conversion_event":
        touch = replace(touch, converted_at=later(touch.converted_at, at))
    if touch is not before:
        turn.set_touch(event.campaign, touch)
    _count(turn, event, touch, at)
    if touch is not before:
        _count_people(turn, event, before, at)
    _follow_up(turn, event, at)


def touched_card(turn: Turn, event: CardInteracted, at: datetime) -> None:
    """Note what was done with a card."""
    touch = turn.state.cards.get(event.card, CardTouch())
    match event.interaction:
        case "view_card":
            touch = replace(touch, viewed_at=later(touch.viewed_at, at))
        case "click_card":
            touch = replace(touch, clicked_at=later(touch.clicked_at, at))
        case "dismiss_card":
            touch = replace(touch, dismissed_at=later(touch.dismissed_at, at))
    turn.state = replace(turn.state, cards={**turn.state.cards, event.card: touch})
    turn.count(f"card:{event.card}", "", event.interaction, at)


def later(one: datetime | None, other: datetime) -> datetime:
    """Return the later of a time that may be missing and another."""
    return other if one is None or other > one else one


def _receive(turn: Turn, campaign: str, receipt: Receipt) -> None:
    """Conversion windows open at an entry's first receipt, re-eligibility counts from the last (R1, R2, C2)."""
    touch = turn.touch(campaign)
    receipts = touch.receipts
    if not any(known.entry == receipt.entry for known in receipts):
        receipts = tuple(sorted((*receipts, receipt), key=lambda known: known.at)[-RECEIPTS:])
    last = later(touch.last_receipt_at, receipt.at)
    turn.set_touch(campaign, replace(touch, last_receipt_at=last, receipts=receipts))


def _receive_by_view(turn: Turn, event: CampaignInteracted, at: datetime) -> bool:
    """Note the receipt by a view: of the message that lies ready, or else of a campaign that never was received."""
    touch = turn.touch(event.campaign)
    if touch.unviewed is not None:
        entry, variation = touch.unviewed.split(" ", 1)
        turn.set_touch(event.campaign, replace(touch, unviewed=None))
    elif not touch.receipts:
        entry, variation = event.entry or event.id, event.variation or ""
    else:
        return False
    _receive(turn, event.campaign, Receipt(entry=entry, at=at, variation=variation))
    return True


def _count(turn: Turn, event: CampaignInteracted, touch: Touch, at: datetime) -> None:
    variation = _variation(event, touch)
    name = event.interaction
    if name == "perform_conversion_event":
        turn.count(event.campaign, variation, f"{name}:{event.conversion}", at)
    elif name == "open_email" and event.opens == "machine":
        turn.count(event.campaign, variation, f"{name}:machine", at)
    else:
        turn.count(event.campaign, variation, name, at)


def _count_people(turn: Turn, event: CampaignInteracted, before: Touch, at: datetime) -> None:
    """Count everybody once: at the first view, open, click and conversion."""
    touch = turn.touch(event.campaign)
    for deed, was, is_now in (
        ("viewed", before.viewed_at, touch.viewed_at),
        ("opened", before.opened_at, touch.opened_at),
        ("clicked", before.clicked_at, touch.clicked_at),
        ("converted", before.converted_at, touch.converted_at),
    ):
        if was is None and is_now is not None:
            turn.count(event.campaign, _variation(event, touch), f"people:{deed}", at)


def _variation(event: CampaignInteracted, touch: Touch) -> str:
    return event.variation or (touch.receipts[-1].variation if touch.receipts else "")


def _follow_up(turn: Turn, event: CampaignInteracted, at: datetime) -> None:
    """Clear a seen message from the inbox; note a hard bounce; unsubscribe who complained or asked for it (F3)."""
    if event.interaction in DONE_WITH and event.message is not None:
        turn.effects.append(Clear(message=event.message))
    if event.interaction == "bounce_email" and event.permanent:
        address = turn.state.attributes.get("email")
        turn.state = replace(turn.state, bounced_email=str(address) if address else None)
    elif event.interaction in UNSUBSCRIBING:
        change = SubscriptionChanged(
            id=f"{event.id}:unsubscribed",
            user=event.user,
            at=at,
            received_at=turn.now,
            channel="email",
            to="unsubscribed",
        )
        turn.queue.insert(0, change)
