"""Made-up events: mostly of a kind that some campaign listens to, sometimes narrowly beside it.

One rule: an event names only campaigns and cards that exist (I2), and only a person's own address (F3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ensue.core import events as e
from ensue.core import records, triggers, words

from .dice import Dice
from .made_campaigns import channels_of
from .words import ATTRIBUTES, BUTTONS, BY_CHANNEL, CITIES, COLORS, LINKS, MAKING_RECEIPTS, NAMES, PRODUCTS, ZONES
from .world import device_of

Kind = triggers.Trigger | triggers.OpenEmail | triggers.ClickEmail
BY_THE_SYSTEM = (
    "receive_email",
    "receive_push",
    "receive_webhook",
    "enrolled_in_control_group",
    "perform_conversion_event",
    "cancelled_by_exception",
)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What every event has: id, user and times."""

    id: str
    user: str
    at: datetime
    received_at: datetime


def listened_event(dice: Dice, frame: Frame, definitions: Mapping[str, records.Campaign], focus: str) -> e.Event:
    """Return an event that the campaign listens to, or one that may bring such an event about."""
    campaign = definitions[focus]
    if isinstance(campaign.delivery, records.ApiTriggered) and dice.chance(70):
        return _framed(frame, e.ApiCalled, campaign=campaign.id)
    for _ in range(4):
        kind = dice.pick(_kinds(campaign) or [triggers.CustomEvent(name=dice.pick(NAMES))])
        if (
            not isinstance(kind, triggers.InteractWithCampaign)
            or kind.interaction not in BY_THE_SYSTEM
            or dice.chance(20)
        ):
            return event_of(dice, frame, kind, campaign.id)
        campaign = definitions[kind.campaign]
    return an_event(dice, frame, definitions, focus)


def _kinds(campaign: records.Campaign) -> list[Kind]:
    delivery = campaign.delivery
    conversions: list[Kind] = [conversion.event for conversion in campaign.conversions]
    if delivery is None or isinstance(delivery, records.Scheduled | records.External):
        return conversions
    triggers = delivery.triggers if isinstance(delivery, records.ActionBased) else ()
    return [*triggers, *triggers, *delivery.exceptions, *delivery.exceptions, *conversions]


def event_of(dice: Dice, frame: Frame, kind: Kind, own: str) -> e.Event:
    """Return an event of the kind, mostly one that it matches."""
    match kind:
        case triggers.InteractWithCampaign():
            return _interacted(dice, frame, kind)
        case triggers.InteractWithCard():
            return _framed(frame, e.CardInteracted, card=kind.card, interaction=kind.interaction)
        case triggers.OpenEmail():
            return _framed(frame, e.CampaignInteracted, campaign=own, interaction="open_email")
        case triggers.ClickEmail():
            return _framed(frame, e.CampaignInteracted, campaign=own, interaction="click_email")
        case triggers.MakePurchase():
            return _purchased(dice, frame, kind.product)
        case triggers.CustomEvent():
            return _framed(frame, e.CustomEventLogged, name=kind.name, properties=_properties(dice))
        case triggers.StartSession():
            return _framed(frame, e.SessionStarted)
        case triggers.ChangeAttribute():
            return _changed(dice, frame, kind.name, kind.to)
        case triggers.AddEmail():
            return _changed(dice, frame, "email", None)
        case triggers.ChangeSubscription():
            to = kind.to or dice.pick(("unsubscribed", "subscribed", "opted_in"))
            return _framed(frame, e.SubscriptionChanged, channel=kind.channel, to=to)


def _framed(frame: Frame, event: type[e.Event], **fields: object) -> e.Event:
    return event(id=frame.id, user=frame.user, at=frame.at, received_at=frame.received_at, **fields)  # type: ignore[arg-type]  # checked by the tests


def _interacted(dice: Dice, frame: Frame, kind: triggers.InteractWithCampaign) -> e.Event:
    opens = kind.opens if kind.opens != "any" and dice.chance(80) else dice.pick(("human", "machine"))
    return _framed(
        frame,
        e.CampaignInteracted,
        campaign=kind.campaign,
        interaction=kind.interaction,
        link=kind.link if dice.chance(70) else dice.pick((None, *LINKS)),
        button=kind.button if dice.chance(70) else dice.pick((None, *BUTTONS)),
        opens=opens,
        conversion=kind.conversion or dice.pick((None, "A", "B")) if "conversion" in kind.interaction else None,
        permanent=not (kind.interaction == "bounce_email" and dice.chance(30)),
    )


def _properties(dice: Dice) -> e.Properties:
    properties: e.Properties = {}
    if dice.chance(60):
        properties["color"] = dice.pick(COLORS)
    if dice.chance(50):
        properties["size"] = dice.pick((1, 3, 5, 2.5, "4"))
    return properties


def _purchased(dice: Dice, frame: Frame, product: str | None) -> e.Event:
    return _framed(
        frame,
        e.Purchased,
        product=product or dice.pick(PRODUCTS),
        price=dice.pick((49.5, 10.0, 100.0, 0.25)),
        currency=dice.pick(("EUR", "USD")),
        quantity=dice.pick((1, 2)),
        properties=_properties(dice) if dice.chance(50) else {},
    )


def _changed(dice: Dice, frame: Frame, name: str, to: words.Value | None) -> e.Event:
    if name == "email":
        addresses = (f"{frame.user}@example.com", f"{frame.user}@mail.example", None)
        return _framed(frame, e.AttributesChanged, attributes={"email": dice.pick(addresses)})
    value = to if to is not None and dice.chance(75) else dice.pick(ATTRIBUTES[name])
    attributes: dict[str, object] = {name: value}
    if dice.chance(20):
        attributes["country"] = dice.pick(ATTRIBUTES["country"])
    return _framed(frame, e.AttributesChanged, attributes=attributes)


def an_event(
    dice: Dice, frame: Frame, definitions: Mapping[str, records.Campaign], focus: str, *, may_move: bool = False
) -> e.Event:
    """Return an event of any kind, interactions often with the focus; with `may_move` the time zone may change."""
    campaign = definitions[focus] if dice.chance(50) else dice.pick(list(definitions.values()))
    match dice.weighted({"custom": 4, "view": 8, "interact": 6, "profile": 4, "push": 3, "state": 3, "session": 2}):
        case "view":
            shown = [c for c in definitions.values() if "in_app_message" in channels_of(c)]
            shown = [campaign] if campaign in shown else shown
            viewed = dice.pick(shown or [campaign]).id
            return _framed(frame, e.CampaignInteracted, campaign=viewed, interaction="view_in_app_message")
        case "interact":
            channel = dice.pick(channels_of(campaign))
            one = MAKING_RECEIPTS[channel] if dice.chance(40) else dice.weighted(BY_CHANNEL[channel])
            return _interacted(dice, frame, triggers.InteractWithCampaign(campaign=campaign.id, interaction=one))
        case "profile":
            return _profile(dice, frame, may_move=may_move)
        case "push":
            token = dice.pick((device_of(frame.user), f"other-{frame.user}"))
            return _framed(frame, e.PushUnregistered if dice.chance(50) else e.PushRegistered, token=token)
        case "state":
            return event_of(dice, frame, triggers.ChangeSubscription(channel=dice.pick(("email", "push"))), "")
        case "session":
            return _framed(frame, e.SessionStarted)
        case _:
            return _framed(frame, e.CustomEventLogged, name=dice.pick(NAMES), properties=_properties(dice))


def _profile(dice: Dice, frame: Frame, *, may_move: bool) -> e.Event:
    if may_move and dice.chance(30):
        return _framed(frame, e.AttributesChanged, attributes={"time_zone": dice.pick((None, *ZONES))})
    if dice.chance(10):
        return _framed(frame, e.AttributesChanged, attributes={"address": {"city": dice.pick(CITIES)}})
    return _changed(dice, frame, dice.pick(("email", *ATTRIBUTES)), None)
