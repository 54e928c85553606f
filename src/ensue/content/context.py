"""What templates can see: the user, the campaign, and what happened.

One rule: everything comes from the message and the user's state, so the preview is the message.

    ${first_name} …                the user's attributes by name, and email_address, phone_number, user_id, external_id
    custom_attribute.${plan}       the same attributes, where a name would be taken otherwise
    event_properties.${…}          the properties of the triggering event (T8); also as `api_trigger_properties`
    campaign.${name}               name, id, api_id (the same), message_name (the variation), dispatch_id (the entry)
    subscribed_state.${email_global}           opted_in, subscribed or unsubscribed
    subscription_state.${email}                the same; likewise `push`
    most_recently_used_device.${platform}      web, android or ios; `foreground_push_enabled` is true where there is one
    last_used_app_date                         when the last session began
    now, today                                 when the message was decided on, UTC

Each also works without `${}`. A name that is not known renders as nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

import msgspec

from ensue.content.fetching import FETCH, Fetch, silent
from ensue.core.effects import Message
from ensue.core.records import Campaign
from ensue.core.state import UserState
from ensue.core.words import SubscribedChannel


class Context(msgspec.Struct, frozen=True):
    """A message on its way to one user, and the names that its templates can see."""

    message: Message
    state: UserState
    names: Mapping[str, object]

    @property
    def address(self) -> str:
        """Return the user's e-mail address as it stands; empty where there is none."""
        address = self.state.attributes.get("email")
        return address.strip() if isinstance(address, str) else ""


def context_of(campaign: Campaign, message: Message, state: UserState, fetch: Fetch = silent) -> Context:
    """Build the context of a message; its templates ask other servers by `fetch`, or nobody."""
    names: dict[str, object] = {
        **names_of_user(state, message.created_at),
        FETCH: fetch,
        "event_properties": message.properties,
        "api_trigger_properties": message.properties,
        "campaign": {
            "id": campaign.id,
            "api_id": campaign.id,
            "name": campaign.name or campaign.id,
            "message_name": message.variation,
            "dispatch_id": message.entry,
        },
    }
    return Context(message, state, names)


def names_of_user(state: UserState, now: datetime) -> dict[str, object]:
    """Return what templates can see whatever they belong to: the user, and the time."""
    attributes = state.attributes
    subscriptions = {name: state.subscriptions.get(name, "subscribed") for name in get_args(SubscribedChannel)}
    return {
        "last_used_app_date": state.sessions.last_at,
        **attributes,
        "email_address": attributes.get("email"),
        "phone_number": attributes.get("phone_number", attributes.get("phone")),
        "user_id": state.user,
        "external_id": state.user,
        "custom_attribute": attributes,
        "subscription_state": subscriptions,
        "subscribed_state": {**subscriptions, "email_global": subscriptions["email"]},
        "most_recently_used_device": _device(state),
        "now": now,
        "today": now.date(),
    }


def _device(state: UserState) -> dict[str, object]:
    """Return what is known of the device that was registered last; its token is nobody's business."""
    platform = next(reversed(state.devices.values()), None)
    return {} if platform is None else {"platform": platform, "foreground_push_enabled": True}


def with_names(context: Context, **names: object) -> Context:
    """Return the context with further names."""
    return Context(context.message, context.state, {**context.names, **names})
