"""Events in plain words: what somebody did, behind their name: `ana` *opened the e-mail*.

One rule: every kind of event has its words; a new kind fails the type check.
Not here: decisions (`reasons`).
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
    Json,
    Properties,
    Purchased,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
    Targeted,
    UserDeleted,
    Woken,
)
from ensue.services.terms import REASONS, called, has_subject

LONGEST = 60
"""Letters of a property that are shown; the rest is left out."""
MOST = 6
"""Properties that are shown."""
DEVICES = {"web": "a browser", "android": "an Android device", "ios": "an iOS device"}


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, with which campaign or card, and what else is known of it.

    `words` begin with a verb, or have a subject of their own. `icon` is one of the dashboard's pictures.
    """

    words: str
    campaign: str = ""
    card: str = ""
    detail: str = ""
    icon: str = "pulse"

    @property
    def has_subject(self) -> bool:
        """Say whether the words are about something else than the user: `the e-mail bounced`."""
        return has_subject(self.words)


def happening(event: Event) -> Happening:
    """Return an event in words."""
    match event:
        case CampaignInteracted():
            return _with_campaign(event)
        case CardInteracted():
            return Happening(words=called(event.interaction), card=event.card, icon="card")
        case Purchased():
            return Happening(words=_bought(event), detail=listed(event.properties))
        case CustomEventLogged():
            return Happening(words=f"did “{event.name}”", detail=listed(event.properties))
        case SessionStarted():
            return Happening(words="started a session", icon="window")
        case AttributesChanged():
            return Happening(words="has new attributes", detail=listed(event.attributes), icon="users")
        case SubscriptionChanged():
            channel = "e-mail" if event.channel == "email" else "push"
            return Happening(words=f"has a new {channel} subscription: {event.to.replace('_', ' ')}", icon="bell")
        case PushRegistered():
            return Happening(words=f"can be reached by push on {DEVICES[event.platform]}", icon="phone")
        case PushUnregistered():
            return Happening(words="can no longer be reached by push on a device", icon="phone")
        case ApiCalled():
            words = called("api")
            return Happening(words=words, campaign=event.campaign, detail=listed(event.properties), icon="hook")
        case UserDeleted():
            return Happening(words="was deleted", icon="trash")
        case Targeted():
            return Happening(words="was in the audience when it was time", campaign=event.campaign, icon="clock")
        case Woken() | Claimed() | Accepted() | Deferred() | Failed():
            return _within(event)
        case _:
            assert_never(event)


def listed(properties: Properties) -> str:
    """Return properties in one line, long ones shortened."""
    said = [f"{name}: {_short(value)}" for name, value in list(properties.items())[:MOST]]
    more = [f"and {len(properties) - MOST} more"] if len(properties) > MOST else []
    return " · ".join([*said, *more])


def _bought(event: Purchased) -> str:
    count = f"{event.quantity} × " if event.quantity != 1 else ""
    return f"bought {count}“{event.product}” for {event.price * event.quantity:,.2f} {event.currency}"


def _with_campaign(event: CampaignInteracted) -> Happening:
    is_machine = event.interaction == "open_email" and event.opens == "machine"
    details = {
        "Conversion": event.conversion,
        "By": called(event.trigger) if event.trigger else None,
        "Link": event.link,
        "Button": event.button,
        "Variation": event.variation if event.variation not in ("A", "control") else None,
        "In": "the control group" if event.variation == "control" else None,
    }
    return Happening(
        words=called("open_email:machine" if is_machine else event.interaction),
        campaign=event.campaign,
        detail=" · ".join(f"{name}: {value}" for name, value in details.items() if value),
        icon=_icon(event.interaction),
    )


def _within(event: Woken | Claimed | Accepted | Deferred | Failed) -> Happening:
    """Return what the machinery tells itself; none of it is in the log."""
    match event:
        case Woken():
            return Happening(words="has something due", icon="clock")
        case Failed():
            detail = f"{REASONS[event.reason]}: {event.detail}" if event.detail else REASONS[event.reason]
            return Happening(words="has a message that failed", detail=detail, icon="warn")
        case _:
            return Happening(words="has a message under way", icon="send")


def _icon(interaction: str) -> str:
    if "email" in interaction:
        return "mail"
    if "push" in interaction:
        return "bell"
    if "in_app" in interaction:
        return "window"
    return "hook" if "webhook" in interaction else "check"


def _short(value: Json) -> str:
    text = "removed" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
