"""What happened, in a few words behind the name of the user: `ana` *opened the e-mail* `Newsletter`.

One rule: every kind of event has its words; a new kind fails the type check.
"""

from typing import assert_never

import msgspec

from ensue.core.events import (
    Accepted,
    ApiCalled,
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    Claimed,
    CustomEventLogged,
    Deferred,
    Event,
    Failed,
    Purchased,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
    Targeted,
    UserDeleted,
    Woken,
)
from ensue.services.terms import called

MOST_NAMES = 4
"""Attributes that are named; the others are counted."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did, and with which campaign or card."""

    words: str
    campaign: str = ""
    card: str = ""
    detail: str = ""


def told(event: Event) -> Told:  # one case for each kind
    """Say what happened."""
    match event:
        case AttributesChanged():
            return Told(words="has new attributes:", detail=_listed(list(event.attributes)))
        case CustomEventLogged():
            return Told(words=f"did “{event.name}”")
        case Purchased():
            return Told(words=f"bought “{event.product}”", detail=_price(event))
        case SessionStarted():
            return Told(words="started a session")
        case SubscriptionChanged():
            channel = "e-mail" if event.channel == "email" else event.channel
            return Told(words=f"has a new {channel} subscription:", detail=event.to.replace("_", " "))
        case PushRegistered():
            return Told(words="can be reached by push", detail=event.platform)
        case PushUnregistered():
            return Told(words="has a device less")
        case CampaignInteracted():
            return Told(words=_deed(event), campaign=event.campaign, detail=_narrowed(event))
        case CardInteracted():
            return Told(words=called(event.interaction), card=event.card)
        case ApiCalled():
            return Told(words="is to be sent, says the API,", campaign=event.campaign)
        case UserDeleted():
            return Told(words="was deleted")
        case Targeted():
            return Told(words="is in the scheduled send of", campaign=event.campaign)
        case Woken():
            return Told(words="has something due")
        case Claimed() | Deferred() | Accepted() | Failed():
            return Told(words="has a message under way")
        case _:
            assert_never(event)


def _deed(event: CampaignInteracted) -> str:
    is_machine = event.interaction == "open_email" and event.opens == "machine"
    return called("open_email:machine" if is_machine else event.interaction)


def _narrowed(event: CampaignInteracted) -> str:
    parts = [
        ("conversion", event.conversion),
        ("link", event.link),
        ("button", event.button),
        ("by", called(event.trigger) if event.trigger else None),
        ("in", event.variation if event.variation == "control" else None),
    ]
    return ", ".join(f"{name} {value}" for name, value in parts if value)


def _price(event: Purchased) -> str:
    pieces = f"{event.quantity} × " if event.quantity != 1 else ""
    return f"{pieces}{event.price:,.2f} {event.currency}"


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
