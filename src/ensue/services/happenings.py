"""Events in plain words, for the timeline of a user.

One rule: every kind of event has its words, or is named among those that only the machinery needs.
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
from ensue.services.reasons import Telling
from ensue.services.terms import DEEDS, REASONS

LONGEST = 60
"""Letters of a property that are shown; the rest is left out."""
MOST = 6
"""Properties that are shown."""
DEVICES = {"web": "browser", "android": "Android device", "ios": "iOS device"}


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: a short sentence, and what else is known of it. `icon` is one of the dashboard's pictures."""

    title: str
    detail: str = ""
    icon: str = "pulse"


def happening(event: Event, telling: Telling) -> Happening | None:
    """Return an event in words, or `None` for one that only the machinery needs."""
    match event:
        case CampaignInteracted():
            return _with_campaign(event, telling)
        case CardInteracted():
            deed = _capital(DEEDS.get(event.interaction, event.interaction))
            return Happening(title=f"{deed} {telling.name(event.card)}", icon="card")
        case Purchased():
            count = f"{event.quantity} × " if event.quantity != 1 else ""
            sum_ = f"{event.price * event.quantity:,.2f} {event.currency}"
            return Happening(title=f"Bought {count}“{event.product}” for {sum_}", detail=listed(event.properties))
        case CustomEventLogged():
            return Happening(title=f"Did “{event.name}”", detail=listed(event.properties))
        case SessionStarted():
            return Happening(title="Started a session", icon="window")
        case AttributesChanged():
            return Happening(title="Attributes changed", detail=listed(event.attributes), icon="users")
        case SubscriptionChanged():
            channel = "E-mail" if event.channel == "email" else "Push"
            return Happening(title=f"{channel} subscription: {event.to.replace('_', ' ')}", icon="bell")
        case PushRegistered():
            return Happening(title=f"A {DEVICES[event.platform]} can be reached by push", icon="phone")
        case PushUnregistered():
            return Happening(title="A device can no longer be reached by push", icon="phone")
        case ApiCalled():
            title = f"The API asked for {telling.name(event.campaign)}"
            return Happening(title=title, detail=listed(event.properties), icon="hook")
        case UserDeleted():
            return Happening(title="Deleted", icon="trash")
        case Failed():
            return Happening(title=f"A message failed: {REASONS[event.reason]}", detail=event.detail, icon="warn")
        case Deferred():
            return Happening(title="A message could not be handed over, and is tried again", icon="clock")
        case Targeted() | Woken() | Claimed() | Accepted():
            return None
        case _:
            assert_never(event)


def listed(properties: Properties) -> str:
    """Return properties in one line, long ones shortened."""
    said = [f"{name}: {_short(value)}" for name, value in list(properties.items())[:MOST]]
    more = [f"and {len(properties) - MOST} more"] if len(properties) > MOST else []
    return " · ".join([*said, *more])


def _with_campaign(event: CampaignInteracted, telling: Telling) -> Happening:
    deed = _capital(DEEDS.get(event.interaction, event.interaction))
    if event.interaction == "perform_conversion_event":
        deed = f"Converted ({event.conversion})" if event.conversion else "Converted"
    details = {
        "Link": event.link,
        "Button": event.button,
        "Variation": event.variation if event.variation not in ("A", "control") else None,
        "Opened by": "a machine" if event.interaction == "open_email" and event.opens == "machine" else None,
    }
    detail = " · ".join(f"{name}: {value}" for name, value in details.items() if value)
    return Happening(title=f"{deed} · {telling.name(event.campaign)}", detail=detail, icon=_icon(event.interaction))


def _icon(interaction: str) -> str:
    if "email" in interaction:
        return "mail"
    if "push" in interaction:
        return "bell"
    if "in_app" in interaction:
        return "window"
    return "hook" if "webhook" in interaction else "check"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(value: Json) -> str:
    text = "removed" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
