"""Which recorded events a campaign can see: its triggers and exceptions, and what its audience asks about.

One rule: whatever is passed over could not have changed a decision about this campaign; what is in doubt is looked at.
A glance reads two or three fields of an event, which is several times faster than reading it whole.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import get_args

import msgspec
from msgspec.structs import replace

from ensue.core import conditions
from ensue.core.events import AttributesChanged, CustomEventLogged, Event, Purchased, SessionStarted
from ensue.core.filters import leaves
from ensue.core.interacting import UNSUBSCRIBING
from ensue.core.occasions import ADD_EMAIL, PURCHASE, SESSION, campaign_key, event_key
from ensue.core.plan import Plan
from ensue.core.records import Campaign

_read = msgspec.json.Decoder(Event).decode
PROFILE = frozenset({"bounce_email", *UNSUBSCRIBING})
"""Interactions that change what is known of a person, whichever campaign they are with."""
ALWAYS = frozenset({"email", "time_zone"})
"""Attributes that decisions rest on by themselves."""
CUSTOM, PURCHASES, SESSIONS, ATTRIBUTES = "custom_event", "purchase", "session_started", "attributes_changed"
INTERACTED = "campaign_interacted"
GREETING = frozenset({CUSTOM, PURCHASES, SESSIONS, ATTRIBUTES})
"""Kinds of events that make a user known."""
KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Event))
DEVICES = frozenset({"push_registered", "push_unregistered"})


class Glance(msgspec.Struct, gc=False):
    """The few fields that say what an event is about."""

    name: str = ""
    product: str = ""
    campaign: str = ""
    card: str = ""
    interaction: str = ""


_glance = msgspec.json.Decoder(Glance).decode
_changed = msgspec.json.Decoder(AttributesChanged).decode


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What filters ask about."""

    attributes: frozenset[str]
    events: frozenset[str]
    products: frozenset[str]
    campaigns: frozenset[str]
    cards: frozenset[str]
    sessions: bool
    devices: bool

    def is_counted(self, event: Event) -> bool:
        """Tell whether some filter asks how often such an event happened; all other kinds change more than a count."""
        match event:
            case CustomEventLogged():
                return event.name in self.events
            case Purchased():
                return event.product in self.products or "any" in self.products
            case SessionStarted():
                return self.sessions
            case _:
                return True


class Interest:
    """What one campaign, in any of its versions, can see of the log."""

    def __init__(self, versions: Collection[Campaign], plans: Iterable[Plan]) -> None:
        """Gather what all versions listen to and ask about; `plans` are those that it is decided by."""
        known = list(plans)
        newest = known[-1]
        self.campaign = next(iter(versions)).id
        self.triggers = frozenset(key for plan in known for key in plan.triggers)
        self.listening = frozenset(key for plan in known for key in plan.listening)
        self.asked = _asked(versions, newest)
        self.names = self.asked.events | _names(self.listening, "event:")
        changing = _names(self.listening, "attribute:")
        self.attributes = self.asked.attributes | changing | ALWAYS
        self.campaigns = self.asked.campaigns | {self.campaign}
        self.kinds = KINDS if self.asked.devices else KINDS - DEVICES

    def find(self, kind: str, body: str, *, is_known: bool) -> Event | None:
        """Return an event if the campaign can see it, or if it makes a user known who is not."""
        if not is_known and kind in GREETING:
            return self._trimmed(_changed(body)) if kind == ATTRIBUTES else _read(body)
        if kind == CUSTOM:
            return _read(body) if _glance(body).name in self.names else None
        if kind == ATTRIBUTES:
            changed = self._trimmed(_changed(body))
            return changed if changed.attributes else None
        return _read(body) if self._sees(kind, body) else None

    def is_trigger(self, kind: str, body: str) -> bool:
        """Tell whether an event may trigger the campaign, as far as a glance can tell."""
        match kind:
            case "custom_event":
                return event_key(_glance(body).name) in self.triggers
            case "campaign_interacted":
                seen = _glance(body)
                is_change = seen.interaction in UNSUBSCRIBING and "subscription:email" in self.triggers
                return is_change or campaign_key(seen.campaign, seen.interaction) in self.triggers
            case "card_interacted":
                seen = _glance(body)
                return f"card:{seen.card}:{seen.interaction}" in self.triggers
            case "api_called" | "targeted":
                return _glance(body).campaign == self.campaign
            case "attributes_changed":
                named = _changed(body).attributes
                return any(f"attribute:{name}" in self.triggers for name in named) or (
                    ADD_EMAIL in self.triggers and "email" in named
                )
            case _:
                return True

    def triggering_kinds(self) -> frozenset[str]:
        """Return the kinds of events that may trigger the campaign."""
        found = {"targeted"}
        for key in self.triggers:
            found |= _KINDS_OF.get(key.split(":")[0], frozenset())
        return frozenset(found)

    def _sees(self, kind: str, body: str) -> bool:
        match kind:
            case "purchase":
                if PURCHASE in self.listening or "any" in self.asked.products:
                    return True
                return bool(self.asked.products) and _glance(body).product in self.asked.products
            case "campaign_interacted":
                return self._sees_interaction(_glance(body))
            case "card_interacted":
                seen = _glance(body)
                return seen.card in self.asked.cards or f"card:{seen.card}:{seen.interaction}" in self.listening
            case "api_called" | "targeted":
                return _glance(body).campaign == self.campaign
            case "session_started":
                return self.asked.sessions or SESSION in self.listening
            case _:
                return True

    def _sees_interaction(self, seen: Glance) -> bool:
        return (
            seen.campaign in self.campaigns
            or seen.interaction in PROFILE
            or campaign_key(seen.campaign, seen.interaction) in self.listening
        )

    def _trimmed(self, event: AttributesChanged) -> AttributesChanged:
        """Return the event with only the attributes that matter, so that what is kept of a user stays small."""
        kept = {name: value for name, value in event.attributes.items() if name in self.attributes}
        return replace(event, attributes=kept)


_KINDS_OF: dict[str, frozenset[str]] = {
    "event": frozenset({CUSTOM}),
    PURCHASE: frozenset({PURCHASES}),
    SESSION: frozenset({SESSIONS}),
    "campaign": frozenset({INTERACTED}),
    "card": frozenset({"card_interacted"}),
    "attribute": frozenset({ATTRIBUTES}),
    ADD_EMAIL: frozenset({ATTRIBUTES}),
    "subscription": frozenset({"subscription_changed", INTERACTED}),
    "api": frozenset({"api_called"}),
}
"""By the first word of a trigger's key, the kinds of events that may meet it."""


def _names(keys: Iterable[str], prefix: str) -> frozenset[str]:
    return frozenset(key.removeprefix(prefix) for key in keys if key.startswith(prefix))


def _asked(versions: Collection[Campaign], plan: Plan) -> Asked:
    found = [leaf for one in versions for leaf in _all_leaves(one.audience, plan)]
    used = [variation.channels for one in versions for variation in one.variations]
    used += [one.channels for one in versions if one.channels is not None]
    has_push = any(channels.push is not None for channels in used)
    return Asked(
        attributes=frozenset(
            name
            for one in found
            if isinstance(one, conditions.AttributeFilter)
            for name in (one.attribute, one.attribute.split(".")[0])
        ),
        events=frozenset(one.event for one in found if isinstance(one, conditions.EventFilter)),
        products=frozenset(one.purchase for one in found if isinstance(one, conditions.PurchaseFilter)),
        campaigns=frozenset(one.campaign for one in found if isinstance(one, conditions.CampaignFilter)),
        cards=frozenset(one.card for one in found if isinstance(one, conditions.CardFilter)),
        sessions=any(isinstance(one, conditions.SessionFilter) for one in found),
        devices=has_push or any(isinstance(one, conditions.ReachableFilter) for one in found),
    )


def _all_leaves(audience: conditions.Audience, plan: Plan) -> Iterator[conditions.Filter]:
    """Yield the leaves of an audience's filter and of all segments that it leads to."""
    ahead = [audience.filter, *(plan.segments.get(name) for name in audience.segments)]
    met = set(audience.segments)
    while ahead:
        for leaf in leaves(ahead.pop()):
            yield leaf
            if isinstance(leaf, conditions.SegmentFilter) and leaf.segment not in met:
                met.add(leaf.segment)
                ahead.append(plan.segments.get(leaf.segment))
