"""What is known of a person apart from campaigns: attributes, subscriptions, devices, counts, ids already seen.

One rule: every function takes a state and returns a state.
"""

from datetime import datetime
from hashlib import blake2b

from msgspec.structs import replace

from ensue.core.events import (
    AttributesChanged,
    CustomEventLogged,
    Event,
    Json,
    Properties,
    Purchased,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
)
from ensue.core.state import SEEN, Seen, UserState
from ensue.core.tallies import counted, tallied

WIDTH = 8
"""Bytes kept of an event id."""
MANY = SEEN * WIDTH // 8
"""Bytes of one day's ids from which on the bound is looked at."""
KEPT_DAYS = 7
_blank = blake2b(digest_size=WIDTH)


def remembered(seen: Seen, event_id: str, received_at: datetime) -> Seen | None:
    """Return the ids seen with one more, or `None` where it is among them already (O1)."""
    hashed = _blank.copy()  # cheaper than a new one
    hashed.update(event_id.encode())
    mark, today = hashed.digest(), received_at.toordinal()
    for _, marks in seen:
        if mark in marks and _contains(marks, mark):
            return None
    if not seen or seen[-1][0] != today:
        kept = (part for part in seen if part[0] >= today - KEPT_DAYS)
        return (*kept, (today, mark))
    marks = seen[-1][1]
    grown = (*seen[:-1], (today, marks + mark))
    return grown if len(marks) < MANY else _bounded(grown)


def set_attributes(state: UserState, event: AttributesChanged) -> tuple[UserState, Properties, bool]:
    """Return the state with the attributes, those that changed, and whether an e-mail address was added."""
    before = state.attributes
    changed: Properties = {name: value for name, value in event.attributes.items() if not _same(before, name, value)}
    if not changed:
        return state, changed, False
    after = {name: value for name, value in (before | changed).items() if value is not None}
    added = bool(changed.get("email")) and not before.get("email")
    bounced = None if "email" in changed else state.bounced_email
    return replace(state, attributes=after, bounced_email=bounced), changed, added


def set_subscription(state: UserState, event: SubscriptionChanged) -> UserState | None:
    """Return the state with the subscription, or `None` where nothing changed."""
    if state.subscriptions.get(event.channel, "subscribed") == event.to:
        return None
    return replace(state, subscriptions={**state.subscriptions, event.channel: event.to})


def set_device(state: UserState, event: PushRegistered | PushUnregistered) -> UserState:
    """Return the state with the device, or without it."""
    devices = {token: platform for token, platform in state.devices.items() if token != event.token}
    if isinstance(event, PushRegistered):
        devices[event.token] = event.platform
    return replace(state, devices=devices)


def counted_in(state: UserState, event: Event, at: datetime) -> UserState:
    """Return the state with the event counted, where it is one that filters count."""
    match event:
        case CustomEventLogged():
            return replace(state, events=tallied(state.events, event.name, at))
        case Purchased():
            amount = event.price * event.quantity
            return replace(state, purchases=tallied(state.purchases, event.product, at, amount))
        case SessionStarted():
            return replace(state, sessions=counted(state.sessions, at))
        case _:
            return state


def reborn(state: UserState, at: datetime) -> UserState:
    """Return the state of a user who is seen for the first time, or again after a deletion."""
    return replace(state, exists=True, first_seen_at=at)


def forgotten(state: UserState) -> UserState:
    """Return what is kept of a deleted user: ids already seen, and messages in the hands of a channel."""
    return UserState(
        user=state.user, first_seen_at=state.first_seen_at, exists=False, entries=state.entries, seen=state.seen
    )


def unknown(user: str, at: datetime) -> UserState:
    """Return the state of a user of whom nothing is known."""
    return UserState(user=user, first_seen_at=at, exists=False)


def _same(before: dict[str, Json], name: str, value: Json) -> bool:
    old = before.get(name)
    return old == value and isinstance(old, bool) == isinstance(value, bool)


def _contains(marks: bytes, mark: bytes) -> bool:
    place = marks.find(mark)
    while place > 0 and place % WIDTH:
        place = marks.find(mark, place + 1)
    return place >= 0


def _bounded(seen: Seen) -> Seen:
    """Drop the oldest days, then the oldest ids of the last, until `SEEN` are left."""
    while len(seen) > 1 and sum(len(marks) for _, marks in seen) > SEEN * WIDTH:
        seen = seen[1:]
    day, marks = seen[-1]
    return (*seen[:-1], (day, marks[-SEEN * WIDTH :]))
