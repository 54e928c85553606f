"""A whole history in one value: definitions, people, and everything that arrives, in order of arrival.

One rule: a world holds inputs only, so that any two implementations of the rules can be asked about the same one.
Not here: what follows from it (`judge`), how one is made up (`worlds`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ensue.core.events import Event, Json
from ensue.core.records import Campaign, Card, Segment, Workspace
from ensue.core.words import ChannelName, SubscribedChannel, Subscription

Outcome = Literal["waiting", "sent", "control", "cancelled", "suppressed", "refused"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One who exists, and is first seen, at the start of the world; `push` gives one device, `device_of(id)`."""

    id: str
    attributes: dict[str, Json] = field(default_factory=dict)
    push: bool = False
    subscriptions: dict[SubscribedChannel, Subscription] = field(default_factory=dict)


def device_of(user: str) -> str:
    """Return the token of the device that a person with `push` has from the start."""
    return f"device-{user}"


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Somebody launched, stopped, resumed or archived campaigns or cards."""

    kind: Literal["launch", "stop", "resume", "archive"]
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Somebody saved a new version of an active campaign."""

    campaign: Campaign


@dataclass(frozen=True, kw_only=True)
class UserDid:
    """An event arrived; `event.at` may be earlier than its arrival (late) or later (O3)."""

    event: Event


Action = Lifecycle | Edit | UserDid


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that reaches the system at the instant `at`."""

    at: datetime
    action: Action


@dataclass(frozen=True, kw_only=True)
class World:
    """All that the decisions rest on; `timeline` is in order of arrival, `end` is included."""

    workspace: Workspace
    segments: tuple[Segment, ...] = ()
    cards: tuple[Card, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    users: tuple[Person, ...] = ()
    start: datetime
    end: datetime
    timeline: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True, order=True)
class Verdict:
    """One decision about a user and a campaign as it stands at the end of the world.

    `at` is the instant of the decision (cancelled: the exception event's time; waiting: the arrival of the trigger).
    `due_at` is as computed at the trigger, also where quiet hours postponed it; a refused trigger has none.
    `variation` is set once the bucket was asked (S5), `control` for the control group. `channels` are those accepted.
    """

    user: str
    campaign: str
    outcome: Outcome
    reason: str = ""
    exception: str = ""
    trigger: str
    triggered_at: datetime
    due_at: datetime | None
    at: datetime
    variation: str = ""
    channels: tuple[ChannelName, ...] = ()
