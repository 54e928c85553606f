"""Triggers, which are exception events and conversion events, too.

One rule: in a file a trigger is tagged outside: `make_purchase: {product: lamp}`.
Not here: which event meets a trigger (`occasions`).
"""

from typing import Literal

import msgspec

from ensue.core.conditions import Comparison
from ensue.core.words import CampaignInteraction, CardInteraction, Record, Slug, SubscribedChannel, Subscription, Value


class InteractWithCampaign(Record, frozen=True, kw_only=True, tag="interact_with_campaign"):
    """An interaction with a campaign; `link`, `button`, `opens` and `conversion` narrow it."""

    campaign: Slug
    interaction: CampaignInteraction
    link: str | None = None
    button: str | None = None
    opens: Literal["any", "human", "machine"] = "any"
    conversion: Literal["A", "B", "C", "D"] | None = None


class InteractWithCard(Record, frozen=True, kw_only=True, tag="interact_with_card"):
    """An interaction with a News Feed card."""

    card: Slug
    interaction: CardInteraction


class MakePurchase(Record, frozen=True, kw_only=True, tag="make_purchase"):
    """A purchase of any product, or of one; `where` compares properties (and `price`, `currency`, `quantity`)."""

    product: str | None = None
    where: dict[str, Comparison] = msgspec.field(default_factory=dict)


class CustomEvent(Record, frozen=True, kw_only=True, tag="custom_event"):
    """A custom event by name; `where` compares its properties."""

    name: str
    where: dict[str, Comparison] = msgspec.field(default_factory=dict)


class StartSession(Record, frozen=True, kw_only=True, tag="start_session"):
    """A session began."""


class ChangeAttribute(Record, frozen=True, kw_only=True, tag="change_attribute"):
    """An attribute took any new value, or the given one."""

    name: str
    to: Value | None = None


class AddEmail(Record, frozen=True, kw_only=True, tag="add_email"):
    """A user without an e-mail address got one."""


class ChangeSubscription(Record, frozen=True, kw_only=True, tag="change_subscription"):
    """A subscription state changed, to any or to the given state."""

    channel: SubscribedChannel
    to: Subscription | None = None


Trigger = (
    InteractWithCampaign
    | InteractWithCard
    | MakePurchase
    | CustomEvent
    | StartSession
    | ChangeAttribute
    | AddEmail
    | ChangeSubscription
)


class OpenEmail(Record, frozen=True, kw_only=True, tag="open_email"):
    """This campaign's e-mail was opened (conversions only)."""


class ClickEmail(Record, frozen=True, kw_only=True, tag="click_email"):
    """This campaign's e-mail was clicked (conversions only)."""
