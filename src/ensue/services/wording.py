"""Campaigns in plain words: what starts one, what cancels it, whom it reaches and when.

One rule: words are made from the definition alone, and say nothing that is not in it.
`names` tells how campaigns, cards and segments are called; one that is not known is called by its id.
Not here: why a decision fell as it did (`reasons`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from ensue.codec.durations import format_duration
from ensue.core import triggers
from ensue.core.conditions import Audience, Comparison
from ensue.core.contents import Channels
from ensue.core.records import (
    ActionBased,
    After,
    ApiTriggered,
    Campaign,
    Conversion,
    Delay,
    External,
    InDays,
    OnNext,
    Scheduled,
)
from ensue.core.triggers import InteractWithCampaign, Trigger
from ensue.core.words import CHANNELS, CampaignInteraction, CardInteraction, ChannelName, Zone
from ensue.services.filter_wording import comparison_words, filter_words

Names = Mapping[str, str]

CHANNEL_WORDS: dict[ChannelName, str] = {
    "email": "e-mail",
    "push": "push message",
    "in_app_message": "in-app message",
    "webhook": "webhook",
}
INTERACTIONS: dict[CampaignInteraction, str] = {
    "view_in_app_message": "views the in-app message",
    "click_in_app_message": "clicks the in-app message",
    "dismiss_in_app_message": "dismisses the in-app message",
    "receive_email": "receives the e-mail",
    "open_email": "opens the e-mail",
    "click_email": "clicks a link in the e-mail",
    "bounce_email": "bounces the e-mail",
    "unsubscribe_email": "unsubscribes from the e-mail",
    "mark_email_as_spam": "marks the e-mail as spam",
    "receive_push": "receives the push message",
    "directly_open_push": "opens the push message",
    "receive_webhook": "is reached by the webhook",
    "perform_conversion_event": "converts",
    "enrolled_in_control_group": "is enrolled in the control group",
    "cancelled_by_exception": "leaves the waiting room by an exception",
}
CARD_INTERACTIONS: dict[CardInteraction, str] = {
    "view_card": "views the card",
    "click_card": "clicks the card",
    "dismiss_card": "dismisses the card",
}
_PLACES = {"converts": "in", "is enrolled in the control group": "of"}


def delivery_words(campaign: Campaign, names: Names) -> str:
    """Say what will happen, in a sentence or a few: what starts it, the wait, what cancels it, what is sent."""
    match campaign.delivery:
        case None:
            return "Nothing is sent yet: choose what starts this campaign."
        case Scheduled():
            return _scheduled(campaign, campaign.delivery)
        case ActionBased():
            return _started(campaign, campaign.delivery, names)
        case ApiTriggered():
            return _started(campaign, campaign.delivery, names)
        case External():
            return _external(campaign.delivery)
        case _:
            assert_never(campaign.delivery)


def trigger_words(trigger: Trigger, names: Names) -> str:
    """Say what a user does, as in `opens the e-mail of “Newsletter”`."""
    match trigger:
        case InteractWithCampaign():
            return _interaction_words(trigger, names)
        case triggers.InteractWithCard():
            return f"{CARD_INTERACTIONS[trigger.interaction]} {_named(trigger.card, names)}"
        case triggers.MakePurchase():
            what = f"buys “{trigger.product}”" if trigger.product is not None else "makes a purchase"
            return what + _where(trigger.where)
        case triggers.CustomEvent():
            return f"does “{trigger.name}”" + _where(trigger.where)
        case triggers.StartSession():
            return "starts a session"
        case triggers.ChangeAttribute():
            to = "" if trigger.to is None else f" to {_value(trigger.to)}"
            return f"gets a new value of “{trigger.name}”" if not to else f"has “{trigger.name}” changed{to}"
        case triggers.AddEmail():
            return "adds an e-mail address"
        case triggers.ChangeSubscription():
            to = f" to {trigger.to.replace('_', ' ')}" if trigger.to else ""
            return f"changes the {CHANNEL_WORDS[trigger.channel]} subscription{to}"
        case _:
            assert_never(trigger)


def delay_words(delay: Delay | None) -> str:
    """Say how long the wait is, as in `1 day` or `until the next Saturday at 09:00`; "" for none."""
    match delay:
        case None:
            return ""
        case After():
            return format_duration(delay.after) if delay.after else ""
        case OnNext():
            return f"until the next {delay.on_next.capitalize()} at {delay.at:%H:%M}{zone_words(delay.zone)}"
        case InDays():
            day = {0: "the same day", 1: "the next day"}.get(delay.in_days, f"{delay.in_days} days later")
            return f"until {delay.at:%H:%M} {day}{zone_words(delay.zone)}"
        case _:
            assert_never(delay)


def audience_words(audience: Audience, names: Names) -> str:
    """Say whom an audience holds, as in `everyone in “Big spenders” who has bought anything`."""
    segments = [_named(segment, names) for segment in audience.segments if segment != "everyone"]
    who = f"everyone in {listed(segments)}" if segments else "everyone"
    return who if audience.filter is None else f"{who} where {filter_words(audience.filter, names)}"


def conversion_words(conversion: Conversion, names: Names) -> str:
    """Say what counts as a conversion."""
    match conversion.event:
        case triggers.OpenEmail():
            what = "opens the e-mail"
        case triggers.ClickEmail():
            what = "clicks a link in the e-mail"
        case event:
            what = trigger_words(event, names)
    return f"{what} within {format_duration(conversion.window)}"


def channel_words(campaign: Campaign) -> str:
    """Say what is sent, as in `an e-mail and a push message`."""
    contents = [campaign.channels] if campaign.channels else [one.channels for one in campaign.variations]
    present = [name for name in CHANNELS if any(_has(content, name) for content in contents)]
    return listed([f"{'an' if name in ('email', 'in_app_message') else 'a'} {CHANNEL_WORDS[name]}" for name in present])


def zone_words(zone: Zone) -> str:
    """Say whose clock it is."""
    return " in the user's time zone" if zone == "user" else ""


def listed(parts: Sequence[str], word: str = "and") -> str:
    """Join parts as a sentence does."""
    *most, last = parts or ("nothing",)
    return f"{', '.join(most)} {word} {last}" if most else last


# ---------------------------------------------------------------- sentences


def _scheduled(campaign: Campaign, delivery: Scheduled) -> str:
    zone = zone_words(delivery.zone)
    if delivery.at == "launch":
        when = "At its launch"
    elif isinstance(delivery.at, datetime):
        when = f"On {_day(delivery.at)} at {delivery.at:%H:%M}{' UTC' if delivery.at.tzinfo else zone}"
    elif delivery.every:
        days = listed([f"{one}".capitalize() if isinstance(one, str) else f"day {one}" for one in delivery.on])
        on = f" on {days}" if delivery.on else ""
        at = f" at {delivery.at_time:%H:%M}" if delivery.at_time else ""
        when = f"Every {delivery.every}{on}{at}{zone}{_span(delivery.start, delivery.end)}"
    else:
        return "Nothing is sent yet: choose when."
    return f"{when}, {_sent(campaign)} to the audience."


def _started(campaign: Campaign, delivery: ActionBased | ApiTriggered, names: Names) -> str:
    if isinstance(delivery, ApiTriggered):
        start = "When the API starts it for somebody of the audience"
    elif delivery.triggers:
        start = (
            f"When somebody of the audience {listed([trigger_words(one, names) for one in delivery.triggers], 'or')}"
        )
    else:
        return "Nothing is sent yet: choose what starts it."
    waits = delay_words(delivery.delay)
    sent = _sent(campaign)
    if not waits:
        return f"{start}{_span(delivery.start, delivery.end)}, {sent} at once."
    wait = f"{start}{_span(delivery.start, delivery.end)}, Ensue waits {waits}, and then {sent}"
    if not delivery.exceptions:
        return f"{wait}."
    exceptions = listed([trigger_words(one, names) for one in delivery.exceptions], "or")
    return f"{wait}, unless the person {exceptions} in the meantime."


def _external(delivery: External) -> str:
    what = listed([CHANNEL_WORDS[one] for one in delivery.channels]) if delivery.channels else "any channel"
    return f"Another system sends it (by {what}); Ensue takes what people did with it, and starts what follows."


def _sent(campaign: Campaign) -> str:
    what = channel_words(campaign)
    if what == "nothing":
        return "nothing is sent yet (the message is missing)"
    return f"{what} {'are' if ' and ' in what else 'is'} sent"


def _span(start: datetime | None, end: datetime | None) -> str:
    since = f" from {_day(start)}" if start else ""
    until = f" until {_day(end)}" if end else ""
    return since + until


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _interaction_words(trigger: InteractWithCampaign, names: Names) -> str:
    what = INTERACTIONS[trigger.interaction]
    if trigger.interaction == "click_email" and trigger.link:
        what = f"clicks the link “{trigger.link}” in the e-mail"
    whose = f"{what} {_PLACES.get(what, 'of')} {_named(trigger.campaign, names)}"
    opens = {"human": " in person", "machine": " by a machine", "any": ""}[trigger.opens]
    button = f" by the button “{trigger.button}”" if trigger.button else ""
    conversion = f" ({trigger.conversion})" if trigger.conversion else ""
    return f"{whose}{opens}{button}{conversion}"


def _where(where: Mapping[str, Comparison]) -> str:
    parts = [f"{name} {comparison_words(comparison)}" for name, comparison in where.items()]
    return f" where {listed(parts)}" if parts else ""


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return listed([str(one) for one in value])
    return f"“{value}”"


def _named(name: str, names: Names) -> str:
    return f"“{names.get(name) or name}”"


def _has(content: Channels | None, channel: ChannelName) -> bool:
    return content is not None and getattr(content, channel) is not None
