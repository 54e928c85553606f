"""Everything that ever happened to one user, as plain lists, and what a look through the lists says.

One rule: nothing is summed up on the way; every question goes through the lists again from the beginning.
Not here: filters (`questions`), decisions (`judge`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ensue.core.events import (
    AttributesChanged,
    CampaignInteracted,
    Event,
    Json,
    Properties,
    PushRegistered,
    PushUnregistered,
    SubscriptionChanged,
)
from ensue.core.records import Campaign
from ensue.core.words import CHANNELS, CampaignInteraction, ChannelName, SubscribedChannel, Subscription

from .clocks import zone_or
from .comparisons import same
from .world import Person, Verdict, device_of

RECEIVES: dict[ChannelName, CampaignInteraction] = {
    "email": "receive_email",
    "push": "receive_push",
    "webhook": "receive_webhook",
}


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One event on its way through the rules: links of the cascade so far, and the entry that it belongs to (T11)."""

    event: Event
    hops: int = 0
    entry: "Entry | None" = None


@dataclass(kw_only=True, eq=False)
class Entry:
    """One pass through one campaign, by the definition that it was entered with (choices 11)."""

    campaign: Campaign
    trigger: str
    triggered_at: datetime
    due_at: datetime
    entered_at: datetime
    hops: int
    postponed_to: datetime | None = None
    outcome: Literal["waiting", "sending", "sent", "control", "cancelled", "suppressed"] = "waiting"
    reason: str = ""
    exception: str = ""
    at: datetime
    variation: str = ""
    unanswered: list[ChannelName] = field(default_factory=list)
    accepted: list[ChannelName] = field(default_factory=list)

    def decide_at(self) -> datetime:
        """Return when the entry is to be decided: its due time, or the end of the quiet hours."""
        return self.postponed_to or self.due_at

    def is_open(self) -> bool:
        """Tell whether it waits, or a message of it has no answer yet (choices 3)."""
        return self.outcome == "waiting" or bool(self.unanswered)


@dataclass(frozen=True, kw_only=True, eq=False)
class Receipt:
    """The user received a campaign, or was enrolled in its control group (R1)."""

    campaign: str
    entry: Entry | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A letter that a receipt was converted with."""

    receipt: Receipt
    letter: str


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Something that happened, as filters see it; `receipt` tells whether it was one."""

    event: Event
    receipt: bool = False


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message that holds a place in the caps."""

    at: datetime
    channel: ChannelName
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class InApp:
    """An in-app message of the entry lay ready, or (without an entry) one of the campaign was viewed."""

    campaign: str
    entry: Entry | None


@dataclass(kw_only=True)
class History:
    """The lists. `profile` holds what changes a profile, in order of arrival; hard bounces are in there too."""

    user: str
    workspace_zone: str
    first_seen_at: datetime
    profile: list[Event] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    conversions: list[Converted] = field(default_factory=list)
    sends: list[Sent] = field(default_factory=list)
    in_app: list[InApp] = field(default_factory=list)

    def attributes(self) -> Properties:
        """Return the attributes that are set."""
        known: Properties = {}
        for event in self.profile:
            if isinstance(event, AttributesChanged):
                known |= event.attributes
        return {name: value for name, value in known.items() if value is not None}

    def attribute(self, dotted: str) -> Json:
        """Return an attribute by name, dots reaching into nested objects; `None` if there is none."""
        found: Json = self.attributes()
        for name in dotted.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def subscription(self, channel: SubscribedChannel) -> Subscription:
        """Return the state that was set last (F2)."""
        states = [e.to for e in self.profile if isinstance(e, SubscriptionChanged) and e.channel == channel]
        return states[-1] if states else "subscribed"

    def has_device(self) -> bool:
        """Tell whether any device is registered."""
        tokens: set[str] = set()
        for event in self.profile:
            if isinstance(event, PushRegistered):
                tokens.add(event.token)
            if isinstance(event, PushUnregistered):
                tokens.discard(event.token)
        return bool(tokens)

    def has_working_email(self) -> bool:
        """Tell whether there is an address that has not bounced since it was set (F3)."""
        address: Json = None
        bounced = False
        for event in self.profile:
            if isinstance(event, CampaignInteracted):
                bounced = True
            if isinstance(event, AttributesChanged) and "email" in event.attributes:
                bounced = bounced and same(address, event.attributes["email"])
                address = event.attributes["email"]
        return address is not None and not bounced

    def zone(self) -> str:
        """Return the user's time zone, or the workspace's where it is missing or invalid (D2)."""
        return zone_or(self.attribute("time_zone"), self.workspace_zone)

    def last_receipt_at(self, campaign: str) -> datetime | None:
        """Return the time of the latest receipt of any channel, or enrolment (R2)."""
        return max((r.at for r in self.receipts if r.campaign == campaign), default=None)

    def windows(self, campaign: str) -> list[Receipt]:
        """Return the receipts that conversions may go to: the first of each entry, the last ten, in order of time."""
        first: list[Receipt] = []
        for receipt in self.receipts:
            known = receipt.entry is not None and any(r.entry is receipt.entry for r in first)
            if receipt.campaign == campaign and not known:
                first.append(receipt)
        return sorted(first, key=lambda receipt: receipt.at)[-10:]

    def unseen(self, campaign: str) -> Entry | None:
        """Return the entry whose in-app message lies ready and was not viewed yet."""
        marks = [mark for mark in self.in_app if mark.campaign == campaign]
        return marks[-1].entry if marks else None

    def may_receive_again(self, campaign: Campaign, at: datetime) -> bool:
        """Tell whether the user, going by receipts, may receive the campaign at that instant (R2)."""
        last = self.last_receipt_at(campaign.id)
        if last is None:
            return True
        return campaign.re_eligibility is not None and last + campaign.re_eligibility.window <= at


def begin(user: str, workspace_zone: str, first_seen_at: datetime) -> History:
    """Return the history of somebody of whom nothing is known."""
    return History(user=user, workspace_zone=workspace_zone, first_seen_at=first_seen_at)


def of_person(person: Person, workspace_zone: str, start: datetime) -> History:
    """Return the history of somebody who is there from the start."""
    history = begin(person.id, workspace_zone, start)
    about = AttributesChanged(id="", user=person.id, at=start, received_at=start, attributes=dict(person.attributes))
    history.profile.append(about)
    if person.push:
        history.profile.append(
            PushRegistered(id="", user=person.id, at=start, received_at=start, token=device_of(person.id))
        )
    for channel, state in person.subscriptions.items():
        history.profile.append(
            SubscriptionChanged(id="", user=person.id, at=start, received_at=start, channel=channel, to=state)
        )
    return history


def verdict_of(entry: Entry, user: str) -> Verdict:
    """Return how the entry stands."""
    return Verdict(
        user=user,
        campaign=entry.campaign.id,
        outcome="sent" if entry.outcome == "sending" else entry.outcome,
        reason=entry.reason,
        exception=entry.exception,
        trigger=entry.trigger,
        triggered_at=entry.triggered_at,
        due_at=entry.due_at,
        at=entry.at,
        variation=entry.variation,
        channels=tuple(c for c in CHANNELS if c in entry.accepted),
    )
