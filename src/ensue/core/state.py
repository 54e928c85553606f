"""What is known of one user: the state that `decide` takes and gives back.

One rule: a state is bounded (see the limits below) and holds all that a decision about this user needs.
Instants are aware UTC. Times that are only counted are packed: eight bytes each, microseconds since 1970, ascending.
Not here: history that people read (the Ledger has it).
"""

from datetime import datetime
from typing import Literal

import msgspec

from ensue.core.events import Json, Properties
from ensue.core.words import ChannelName, SubscribedChannel, Subscription

RECENT = 100
"""Times kept per event name, product and session: a `count` with `within` sees at most so many."""
NAMES = 500
"""Event names, and products, kept per user; beyond, the one that has been quiet longest is forgotten."""
RECEIPTS = 10
"""Receipts kept per campaign, for the attribution of late conversions."""
OPEN_ENTRIES = 100
"""Entries of one campaign that may be open at a time, where its re-eligibility window is zero."""
SENDS = 500
"""Sends kept for the frequency caps, none older than 31 days."""
SEEN = 20_000
"""Event ids remembered per user, within at least seven days (O1)."""


Seen = tuple[tuple[int, bytes], ...]
"""Days (proleptic ordinals) with the marks of the event ids that arrived on them, oldest first."""


class Packed(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """The base of all parts of a state: written as arrays, so a state is small and quick to read.

    States are trees, so the garbage collector, which looks for circles, need not look at them.
    """


class Tally(Packed, frozen=True, kw_only=True, array_like=True):
    """How often something happened; `recent` packs the last `RECENT` times, `amounts` (float64) what each was worth."""

    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    total: float = 0.0
    recent: bytes = b""
    amounts: bytes = b""


class Receipt(Packed, frozen=True, kw_only=True, array_like=True):
    """One receipt of a campaign, or one enrolment in its control group; the conversion windows open at `at`."""

    entry: str
    at: datetime
    variation: str
    control: bool = False
    converted: str = ""


class Touch(Packed, frozen=True, kw_only=True, array_like=True):
    """What the user did with one campaign: the last time of each, and the latest receipts, oldest first.

    `unviewed` is the entry of an in-app message that lies ready and was not seen yet.
    """

    last_receipt_at: datetime | None = None
    received_at: datetime | None = None
    viewed_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    converted_at: datetime | None = None
    control_at: datetime | None = None
    receipts: tuple[Receipt, ...] = ()
    unviewed: str | None = None


class CardTouch(Packed, frozen=True, kw_only=True, array_like=True):
    """What the user did with one card: the last time of each."""

    viewed_at: datetime | None = None
    clicked_at: datetime | None = None
    dismissed_at: datetime | None = None


class Sent(Packed, frozen=True, kw_only=True, array_like=True):
    """A place that a message holds in the frequency caps."""

    at: datetime
    campaign: str
    channel: ChannelName
    message: str


class Pending(Packed, frozen=True, kw_only=True, array_like=True):
    """One message of an entry that is being sent."""

    message: str
    channel: ChannelName
    status: Literal["queued", "claimed", "accepted", "failed"] = "queued"
    reason: str | None = None
    detail: str = ""


class Entry(Packed, frozen=True, kw_only=True, array_like=True):
    """One pass of the user through one campaign that has no outcome yet, or messages still under way.

    `due_at` is as computed at the trigger; `postponed_to` is set while quiet hours hold it back.
    `properties` are what templates read as `event_properties` (T8). `hops` counts the links of the cascade (T11).
    """

    id: str
    campaign: str
    version: int
    trigger: str
    event: str
    triggered_at: datetime
    due_at: datetime
    entered_at: datetime
    properties: Properties = {}
    hops: int = 0
    postponed_to: datetime | None = None
    variation: str | None = None
    pending: tuple[Pending, ...] = ()


class UserState(Packed, frozen=True, kw_only=True, array_like=True):
    """Everything that decisions about one user rest on."""

    user: str
    first_seen_at: datetime
    exists: bool = True
    attributes: dict[str, Json] = {}
    subscriptions: dict[SubscribedChannel, Subscription] = {}
    bounced_email: str | None = None
    devices: dict[str, str] = {}
    events: dict[str, Tally] = {}
    purchases: dict[str, Tally] = {}
    sessions: Tally = Tally()
    campaigns: dict[str, Touch] = {}
    cards: dict[str, CardTouch] = {}
    entries: tuple[Entry, ...] = ()
    sends: tuple[Sent, ...] = ()
    seen: Seen = ()


def next_due(state: UserState) -> datetime | None:
    """Return the earliest instant at which an entry of this user is due, or `None`."""
    due = [entry.postponed_to or entry.due_at for entry in state.entries if not entry.pending]
    return min(due, default=None)
