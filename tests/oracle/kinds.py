"""Of which kind an event is: triggers, exceptions and conversions by name (T1, X1, C1).

One rule: an event is compared with a kind as the file wrote it; whether anybody listens is asked elsewhere (`judge`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from ensue.core import conditions, records, triggers
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

from .comparisons import compares, equals, same
from .history import History

Kind = triggers.Trigger | triggers.OpenEmail | triggers.ClickEmail


def what_changes(event: Event, history: History) -> Properties:
    """Return what the event really changes, with the new values (choices 7).

    Attributes by name, the subscription by channel, and `add_email` if there was no address before.
    """
    if isinstance(event, SubscriptionChanged):
        is_new = history.subscription(event.channel) != event.to
        return {event.channel: event.to} if is_new else {}
    if not isinstance(event, AttributesChanged):
        return {}
    before = history.attributes()
    changed = {name: value for name, value in event.attributes.items() if not same(before.get(name), value)}
    if changed.get("email") is not None and before.get("email") is None:
        changed["add_email"] = changed["email"]
    return changed


def trigger_of(campaign: records.Campaign, event: Event, changed: Mapping[str, Json]) -> str | None:
    """Return the name of the campaign's first trigger that the event is, if any."""
    match campaign.delivery:
        case records.ActionBased(triggers=triggers):
            return _first(triggers, event, changed, campaign.id)
        case records.Scheduled():
            return "scheduled" if isinstance(event, Targeted) and event.campaign == campaign.id else None
        case records.ApiTriggered():
            return "api" if isinstance(event, ApiCalled) and event.campaign == campaign.id else None
        case records.External() | None:
            return None


def exception_of(campaign: records.Campaign, event: Event, changed: Mapping[str, Json]) -> str | None:
    """Return the name of the campaign's first exception that the event is, if any."""
    delivery = campaign.delivery
    exceptions = () if isinstance(delivery, records.Scheduled | records.External | None) else delivery.exceptions
    return _first(exceptions, event, changed, campaign.id)


def _first(kinds: tuple[triggers.Trigger, ...], event: Event, changed: Mapping[str, Json], own: str) -> str | None:
    names = [kind_of(event, kind, changed, own) for kind in kinds]
    return next((name for name in names if name), None)


def kind_of(event: Event, kind: Kind, changed: Mapping[str, Json], own: str) -> str | None:
    """Return the name of the kind if the event is of that kind, else `None` (T1).

    `changed` is `what_changes`, `own` the campaign that a conversion belongs to.
    """
    match kind:
        case triggers.InteractWithCampaign():
            is_it = isinstance(event, CampaignInteracted) and _is_interaction(event, kind)
            return kind.interaction if is_it else None
        case triggers.InteractWithCard():
            is_it = isinstance(event, CardInteracted) and (event.card, event.interaction) == (
                kind.card,
                kind.interaction,
            )
            return kind.interaction if is_it else None
        case triggers.OpenEmail() | triggers.ClickEmail():
            name = "open_email" if isinstance(kind, triggers.OpenEmail) else "click_email"
            is_it = isinstance(event, CampaignInteracted) and (event.campaign, event.interaction) == (own, name)
            return name if is_it else None
        case triggers.MakePurchase():
            return "make_purchase" if isinstance(event, Purchased) and _is_purchase(event, kind) else None
        case triggers.CustomEvent():
            is_it = isinstance(event, CustomEventLogged) and event.name == kind.name
            return "custom_event" if is_it and _where(kind.where, _properties(event), event.received_at) else None
        case triggers.StartSession():
            return "start_session" if isinstance(event, SessionStarted) else None
        case triggers.ChangeAttribute():
            return "change_attribute" if isinstance(event, AttributesChanged) and _is_new(kind, changed) else None
        case triggers.AddEmail():
            return "add_email" if "add_email" in changed else None
        case triggers.ChangeSubscription():
            is_it = isinstance(event, SubscriptionChanged) and kind.channel in changed
            return "change_subscription" if is_it and kind.to in (None, changed[kind.channel]) else None
        case _:
            assert_never(kind)


def _is_interaction(event: CampaignInteracted, kind: triggers.InteractWithCampaign) -> bool:
    return (
        (event.campaign, event.interaction) == (kind.campaign, kind.interaction)
        and kind.link in (None, event.link)
        and kind.button in (None, event.button)
        and kind.opens in ("any", event.opens)
        and kind.conversion in (None, event.conversion)
    )


def _is_purchase(event: Purchased, kind: triggers.MakePurchase) -> bool:
    return kind.product in (None, event.product) and _where(kind.where, _properties(event), event.received_at)


def _properties(event: Event) -> Mapping[str, Json]:
    if isinstance(event, Purchased):
        bought: Properties = {"product": event.product, "price": event.price}
        return {**bought, "currency": event.currency, "quantity": event.quantity, **event.properties}
    return event.properties if isinstance(event, CustomEventLogged) else {}


def _where(where: Mapping[str, conditions.Comparison], properties: Mapping[str, Json], at: datetime) -> bool:
    return all(compares(asked, properties.get(name), at) for name, asked in where.items())


def _is_new(kind: triggers.ChangeAttribute, changed: Mapping[str, Json]) -> bool:
    value = changed.get(kind.name)
    return value is not None and (kind.to is None or equals(value, kind.to))
