"""What happened to one user: the input of `decide`.

One rule: an event names one user and carries all that a decision may need from outside, the arrival time included.
`at` is when it happened, `received_at` when it arrived (aware UTC, to the microsecond); a future `at` is now (O3).
`id` is the client's, or one assigned on arrival: the same id twice counts once (O1).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ensue.core.words import CampaignInteraction, CardInteraction, ChannelName, SubscribedChannel, Subscription

if TYPE_CHECKING:
    Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
else:
    Json = Any  # msgspec cannot decode a recursive alias; JSON decoded as `Any` is exactly this
Properties = dict[str, Json]


class Occurrence(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True, gc=False):
    """The base of every event; events are trees, which the garbage collector need not look at."""

    id: str
    user: str
    at: datetime
    received_at: datetime


# ---------------------------------------------------------------- what the user did


class AttributesChanged(Occurrence, frozen=True, kw_only=True, tag="attributes_changed"):
    """Attributes were set; `None` removes one. Creates the user where there is none."""

    attributes: Properties


class CustomEventLogged(Occurrence, frozen=True, kw_only=True, tag="custom_event"):
    """A custom event."""

    name: str
    properties: Properties = {}


class Purchased(Occurrence, frozen=True, kw_only=True, tag="purchase"):
    """A purchase; `price` is per piece, in units of `currency` (ISO 4217)."""

    product: str
    price: float
    currency: str = "USD"
    quantity: int = 1
    properties: Properties = {}


class SessionStarted(Occurrence, frozen=True, kw_only=True, tag="session_started"):
    """A session began."""


class SubscriptionChanged(Occurrence, frozen=True, kw_only=True, tag="subscription_changed"):
    """A subscription state was set."""

    channel: SubscribedChannel
    to: Subscription


class PushRegistered(Occurrence, frozen=True, kw_only=True, tag="push_registered"):
    """A device can be reached by push; `token` is its address at the push service."""

    platform: Literal["web", "android", "ios"] = "web"
    token: str


class PushUnregistered(Occurrence, frozen=True, kw_only=True, tag="push_unregistered"):
    """A device can no longer be reached by push."""

    token: str


class CampaignInteracted(Occurrence, frozen=True, kw_only=True, tag="campaign_interacted"):
    """An interaction with a campaign.

    `message` is the message's id where it is known. `variation`, `entry` and `channel` are filled in by the core for
    the interactions that it makes itself. `hops` counts the links of a cascade so far (T11). `permanent` tells a hard
    bounce. `trigger` names, for `cancelled_by_exception`, the exception event.
    """

    campaign: str
    interaction: CampaignInteraction
    message: str | None = None
    entry: str | None = None
    variation: str | None = None
    channel: ChannelName | None = None
    link: str | None = None
    button: str | None = None
    opens: Literal["human", "machine"] = "human"
    conversion: Literal["A", "B", "C", "D"] | None = None
    permanent: bool = True
    trigger: str | None = None
    hops: int = 0


class CardInteracted(Occurrence, frozen=True, kw_only=True, tag="card_interacted"):
    """An interaction with a News Feed card."""

    card: str
    interaction: CardInteraction


class ApiCalled(Occurrence, frozen=True, kw_only=True, tag="api_called"):
    """The API asked for an API-triggered campaign."""

    campaign: str
    properties: Properties = {}


class UserDeleted(Occurrence, frozen=True, kw_only=True, tag="user_deleted"):
    """The user was deleted: what waits is suppressed, what was known is forgotten."""


# ---------------------------------------------------------------- what the system did


class Targeted(Occurrence, frozen=True, kw_only=True, tag="targeted"):
    """A scheduled campaign's time came for this user (S13). `id` follows from the run, so a resumed run is harmless."""

    campaign: str


class Woken(Occurrence, frozen=True, kw_only=True, tag="woken"):
    """The clock reached the user's next due time, or a campaign that the user waits for was stopped.

    A stale one is harmless. `id` may be empty.
    """


class Claimed(Occurrence, frozen=True, kw_only=True, tag="claimed"):
    """Delivery is about to hand a message over; from here on an exception event comes too late (X6)."""

    entry: str
    message: str


class Deferred(Occurrence, frozen=True, kw_only=True, tag="deferred"):
    """A passing fault: the message went back to the outbox."""

    entry: str
    message: str


class Accepted(Occurrence, frozen=True, kw_only=True, tag="accepted"):
    """The channel accepted the message (an in-app message: it lies ready)."""

    entry: str
    message: str


class Failed(Occurrence, frozen=True, kw_only=True, tag="failed"):
    """The message will not be delivered; `detail` is the provider's, the template's or the author's words."""

    entry: str
    message: str
    reason: Literal["aborted", "template_error", "delivery_failed", "rate_limited"]
    detail: str = ""


Event = (
    AttributesChanged
    | CustomEventLogged
    | Purchased
    | SessionStarted
    | SubscriptionChanged
    | PushRegistered
    | PushUnregistered
    | CampaignInteracted
    | CardInteracted
    | ApiCalled
    | UserDeleted
    | Targeted
    | Woken
    | Claimed
    | Deferred
    | Accepted
    | Failed
)
