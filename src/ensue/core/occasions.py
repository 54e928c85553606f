"""What an event can set off: its keys, which triggers it matches, and what templates may know of it.

One rule: a trigger and an event meet under a key (a text such as `event:signed_up`), so that only campaigns that listen
to that very thing are looked at; narrowing (`link`, `where`, `to`, …) is checked after that.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

import msgspec

from ensue.core.comparisons import holds, where_holds
from ensue.core.conditions import Comparison
from ensue.core.events import (
    ApiCalled,
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    CustomEventLogged,
    Event,
    Json,
    Properties,
    Purchased,
    SessionStarted,
    SubscriptionChanged,
    Targeted,
)
from ensue.core.triggers import (
    AddEmail,
    ChangeAttribute,
    ChangeSubscription,
    ClickEmail,
    CustomEvent,
    InteractWithCampaign,
    InteractWithCard,
    MakePurchase,
    OpenEmail,
    StartSession,
    Trigger,
)
from ensue.core.words import CampaignInteraction, ChannelName

ADD_EMAIL = "add_email"
PURCHASE = "make_purchase"
SESSION = "start_session"


class Occasion(msgspec.Struct, frozen=True, gc=False):
    """An event as exceptions, triggers and conversions see it.

    `changed` holds the attributes that took a new value. `hops` counts the links of the cascade so far (T11).
    """

    event: Event
    at: datetime
    keys: tuple[str, ...]
    changed: Mapping[str, Json] = {}
    hops: int = 0


def campaign_key(campaign: str, interaction: str) -> str:
    """Return the key of an interaction with a campaign."""
    return f"campaign:{campaign}:{interaction}"


def event_key(name: str) -> str:
    """Return the key of a custom event."""
    return f"event:{name}"


def key_of(trigger: Trigger) -> str:
    """Return the key that this trigger, exception or conversion event listens to."""
    match trigger:
        case InteractWithCampaign():
            return campaign_key(trigger.campaign, trigger.interaction)
        case InteractWithCard():
            return f"card:{trigger.card}:{trigger.interaction}"
        case MakePurchase():
            return PURCHASE
        case CustomEvent():
            return event_key(trigger.name)
        case StartSession():
            return SESSION
        case ChangeAttribute():
            return f"attribute:{trigger.name}"
        case AddEmail():
            return ADD_EMAIL
        case ChangeSubscription():
            return f"subscription:{trigger.channel}"
        case _:
            assert_never(trigger)


def conversion_key(campaign: str, event: Trigger | OpenEmail | ClickEmail) -> str:
    """Return the key of a conversion event of this campaign (C1)."""
    match event:
        case OpenEmail():
            return campaign_key(campaign, "open_email")
        case ClickEmail():
            return campaign_key(campaign, "click_email")
        case _:
            return key_of(event)


def occasion_of(event: Event, at: datetime, changed: Mapping[str, Json], *, email_added: bool = False) -> Occasion:
    """Return what the event can set off; `changed` are the attributes that took a new value."""
    match event:
        case CustomEventLogged():
            return Occasion(event, at, (event_key(event.name),))
        case Purchased():
            return Occasion(event, at, (PURCHASE,))
        case SessionStarted():
            return Occasion(event, at, (SESSION,))
        case CampaignInteracted():
            return Occasion(event, at, (campaign_key(event.campaign, event.interaction),), {}, event.hops)
        case CardInteracted():
            return Occasion(event, at, (f"card:{event.card}:{event.interaction}",))
        case AttributesChanged():
            keys = tuple(f"attribute:{name}" for name, value in changed.items() if value is not None)
            return Occasion(event, at, (*keys, ADD_EMAIL) if email_added else keys, changed)
        case SubscriptionChanged():
            return Occasion(event, at, (f"subscription:{event.channel}",))
        case ApiCalled():
            return Occasion(event, at, (f"api:{event.campaign}",))
        case _:
            return Occasion(event, at, ())


def is_met(trigger: Trigger | OpenEmail | ClickEmail, occasion: Occasion) -> bool:
    """Say whether the narrowing of a trigger holds; its key is known to be among the occasion's."""
    event, at = occasion.event, occasion.at
    match trigger, event:
        case CustomEvent(), CustomEventLogged():
            return not trigger.where or where_holds(trigger.where, event.properties, at)
        case InteractWithCampaign(), CampaignInteracted():
            return _interaction_is_met(trigger, event)
        case MakePurchase(), Purchased():
            if trigger.product is not None and trigger.product != event.product:
                return False
            return not trigger.where or where_holds(trigger.where, purchase_properties(event), at)
        case ChangeAttribute(), AttributesChanged():
            return trigger.to is None or holds(Comparison(is_=trigger.to), occasion.changed.get(trigger.name), at)
        case ChangeSubscription(), SubscriptionChanged():
            return trigger.to is None or trigger.to == event.to
        case _:
            return True


def _interaction_is_met(trigger: InteractWithCampaign, event: CampaignInteracted) -> bool:
    return (
        (trigger.link is None or trigger.link == event.link)
        and (trigger.button is None or trigger.button == event.button)
        and (trigger.opens in ("any", event.opens))
        and (trigger.conversion is None or trigger.conversion == event.conversion)
    )


def purchase_properties(event: Purchased) -> Properties:
    """Return what `where` and templates see of a purchase."""
    facts: Properties = {
        "product": event.product,
        "price": event.price,
        "currency": event.currency,
        "quantity": event.quantity,
    }
    return facts | event.properties


def name_of(trigger: Trigger) -> str:
    """Return the name under which a trigger or exception is shown: the interaction, or the kind."""
    if isinstance(trigger, InteractWithCampaign | InteractWithCard):
        return trigger.interaction
    return str(trigger.__struct_config__.tag)


def channel_of(interaction: CampaignInteraction) -> ChannelName | None:
    """Return the channel that an interaction is about."""
    if interaction.endswith(("_email", "_as_spam")):
        return "email"
    if interaction.endswith("_push"):
        return "push"
    if interaction.endswith("_in_app_message"):
        return "in_app_message"
    return "webhook" if interaction == "receive_webhook" else None


def template_properties(event: Event, original_name: str = "") -> Properties:
    """Return what the follow-on's templates read as `event_properties` (T8)."""
    match event:
        case CustomEventLogged() | ApiCalled():
            return event.properties
        case Purchased():
            return purchase_properties(event)
        case CampaignInteracted():
            original: Properties = {
                "id": event.campaign,
                "name": original_name,
                "variation": event.variation,
                "channel": event.channel or channel_of(event.interaction),
                "link": event.link,
                "button": event.button,
            }
            return {"interaction": event.interaction, "original": original, "conversion": event.conversion}
        case CardInteracted():
            return {"interaction": event.interaction, "original": {"id": event.card, "name": original_name}}
        case AttributesChanged():
            return dict(event.attributes)
        case SubscriptionChanged():
            return {"channel": event.channel, "to": event.to}
        case _:
            return {}


def original_in(event: Event) -> str | None:
    """Return the campaign or card that an interaction is with."""
    match event:
        case CampaignInteracted():
            return event.campaign
        case CardInteracted():
            return event.card
        case _:
            return None


def trigger_name(event: Event) -> str:
    """Return the name shown for entries that no trigger of the campaign started."""
    return "scheduled" if isinstance(event, Targeted) else "api"
