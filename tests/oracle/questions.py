"""Questions about a user's history: variations, audiences, filters, comparisons.

One rule: each question is answered from the lists of the history alone, at a given instant.
Not here: what follows from an answer (`judge`).
"""

from datetime import datetime
from hashlib import sha256
from typing import assert_never

from ensue.core import conditions, contents, records, triggers, words
from ensue.core.events import (
    CampaignInteracted,
    CardInteracted,
    CustomEventLogged,
    Event,
    Purchased,
    SessionStarted,
)

from .comparisons import compares
from .history import History
from .world import World

Kind = triggers.Trigger | triggers.OpenEmail | triggers.ClickEmail
DONE: dict[str, tuple[str, ...]] = {
    "viewed": ("view_in_app_message",),
    "opened": ("open_email", "directly_open_push"),
    "clicked": ("click_email", "click_in_app_message"),
    "converted": ("perform_conversion_event",),
    "control": ("enrolled_in_control_group",),
}


# ---------------------------------------------------------------- chance


def bucket(text: str) -> int:
    """Return the bucket, 0 to 9,999, of such a text (V1)."""
    number = 0
    for byte in sha256(text.encode()).digest()[:8]:
        number = number * 256 + byte
    return number % 10_000


def variation_of(campaign: records.Campaign, user: str) -> str:
    """Return the name of the user's variation, or `control` (V1)."""
    variations = campaign.variations or (
        contents.Variation(name="A", share=100 - campaign.control_group, channels=contents.Channels()),
    )
    names = [v.name for v in variations for _ in range(round(v.share * 100))]
    names += ["control"] * (10_000 - len(names))
    return names[bucket(f"{campaign.id}:{user}")]


# ---------------------------------------------------------------- audiences and filters


def in_audience(audience: conditions.Audience, history: History, world: World, at: datetime) -> bool:
    """Tell whether the user belongs to the audience (A1)."""
    segments = [conditions.SegmentFilter(segment=name) for name in audience.segments]
    filters = [*segments, *([] if audience.filter is None else [audience.filter])]
    return all(holds(one, history, world, at) for one in filters)


def holds(asked: conditions.Filter, history: History, world: World, at: datetime) -> bool:
    """Tell whether the filter holds (A2)."""
    match asked:
        case conditions.All():
            return all(holds(branch, history, world, at) for branch in asked.all)
        case conditions.Any():
            return any(holds(branch, history, world, at) for branch in asked.any)
        case conditions.Not():
            return not holds(asked.not_, history, world, at)
        case conditions.SegmentFilter():
            return _in_segment(asked.segment, history, world, at)
        case conditions.AttributeFilter():
            return compares(asked, history.attribute(asked.attribute), at)
        case conditions.BucketFilter():
            return compares(asked.bucket, bucket(f"user:{history.user}"), at)
        case conditions.FirstSeenFilter():
            return compares(asked.first_seen, history.first_seen_at.isoformat(), at)
        case conditions.SubscriptionFilter():
            return history.subscription(asked.subscription) == asked.is_
        case conditions.ReachableFilter():
            return is_reachable(history, asked.reachable, "subscribed")
        case conditions.EventFilter() | conditions.PurchaseFilter() | conditions.SessionFilter():
            return _counts(asked, history, at)
        case conditions.CampaignFilter() | conditions.CardFilter():
            return _did(asked, history, at)
        case _:
            assert_never(asked)


def _in_segment(name: str, history: History, world: World, at: datetime) -> bool:
    if name == "everyone":
        return True
    segment = next(segment for segment in world.segments if segment.id == name)
    return segment.filter is None or holds(segment.filter, history, world, at)


def is_reachable(history: History, channel: words.ChannelName, send_to: str) -> bool:
    """Tell whether a message of the channel could be handed over (F2, choices 17)."""
    if channel in ("in_app_message", "webhook"):
        return True
    state = history.subscription("email" if channel == "email" else "push")
    wanted = {"subscribed": ("subscribed", "opted_in"), "opted_in": ("opted_in",)}
    if send_to != "all" and state not in wanted[send_to]:
        return False
    return history.has_working_email() if channel == "email" else history.has_device()


def _counts(
    asked: conditions.EventFilter | conditions.PurchaseFilter | conditions.SessionFilter, history: History, at: datetime
) -> bool:
    found = sorted((c.event for c in history.counted if _is_counted(asked, c.event)), key=lambda event: event.at)
    if asked.within is not None:
        found = [event for event in found[-100:] if at - asked.within < event.at <= at]
    spent_asked = asked.spent if isinstance(asked, conditions.PurchaseFilter) else None
    if asked.count is None and spent_asked is None:
        return len(found) >= 1
    spent = sum(event.price * event.quantity for event in found if isinstance(event, Purchased))
    return (asked.count is None or compares(asked.count, len(found), at)) and (
        spent_asked is None or compares(spent_asked, spent, at)
    )


def _is_counted(
    asked: conditions.EventFilter | conditions.PurchaseFilter | conditions.SessionFilter, event: Event
) -> bool:
    match asked:
        case conditions.EventFilter():
            return isinstance(event, CustomEventLogged) and event.name == asked.event
        case conditions.PurchaseFilter():
            return isinstance(event, Purchased) and asked.purchase in ("any", event.product)
        case conditions.SessionFilter():
            return isinstance(event, SessionStarted)


def _did(asked: conditions.CampaignFilter | conditions.CardFilter, history: History, at: datetime) -> bool:
    times = [c.event.at for c in history.counted if _is_it(asked, c.event, was_receipt=c.receipt)]
    if not times:
        return False
    return asked.within is None or at - asked.within <= max(times) <= at


def _is_it(asked: conditions.CampaignFilter | conditions.CardFilter, event: Event, *, was_receipt: bool) -> bool:
    if isinstance(asked, conditions.CardFilter):
        done = {"viewed": "view_card", "clicked": "click_card"}[asked.has]
        return isinstance(event, CardInteracted) and (event.card, event.interaction) == (asked.card, done)
    if not isinstance(event, CampaignInteracted) or event.campaign != asked.campaign:
        return False
    if asked.has == "received":
        return was_receipt and event.interaction != "enrolled_in_control_group"
    return event.interaction in DONE[asked.has]
