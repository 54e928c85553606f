"""The words that definitions, events and decisions share, and the base of all definitions.

One rule: a word here means the same everywhere: in files, in the API, in the store and in code.
"""

from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Percent = Annotated[float, Meta(ge=0, le=100)]
ChannelName = Literal["email", "push", "in_app_message", "webhook"]
CHANNELS: tuple[ChannelName, ...] = ("email", "push", "in_app_message", "webhook")
Scalar = str | int | float | bool
Value = Scalar | datetime | tuple[Scalar, ...]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Zone = Literal["user", "workspace"]
Subscription = Literal["opted_in", "subscribed", "unsubscribed"]
SubscribedChannel = Literal["email", "push"]
CampaignInteraction = Literal[
    "view_in_app_message",
    "click_in_app_message",
    "dismiss_in_app_message",
    "receive_email",
    "open_email",
    "click_email",
    "bounce_email",
    "unsubscribe_email",
    "mark_email_as_spam",
    "receive_push",
    "directly_open_push",
    "receive_webhook",
    "perform_conversion_event",
    "enrolled_in_control_group",
    "cancelled_by_exception",
]
CardInteraction = Literal["view_card", "click_card", "dismiss_card"]
INTERACTIONS: frozenset[str] = frozenset({*get_args(CampaignInteraction), *get_args(CardInteraction)})


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of every definition: frozen, by keyword, no unknown fields."""
