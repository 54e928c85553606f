"""The scratch of one call of `decide`: the state as it becomes, the effects so far, what is still to be looked at.

One rule: a turn lives for one call, and nobody outside of `decide` sees it; what goes in and comes out are values.
"""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ensue.core.effects import Count, Decision, Effects, Keep, Log, Outcome, Reason, Withdraw
from ensue.core.events import CampaignInteracted, Event, Json
from ensue.core.plan import Compiled, Launched, Plan
from ensue.core.state import SENDS, Entry, Sent, Touch, UserState
from ensue.core.timing import zone_of
from ensue.core.words import INTERACTIONS, ChannelName

if TYPE_CHECKING:
    from collections.abc import Iterable

HELD_SENDS = timedelta(days=31)
NO_TOUCH = Touch()


class Turn:
    """What is under way while one event is decided on; `now` is the event's arrival."""

    __slots__ = ("effects", "entered", "now", "plan", "queue", "state")

    def __init__(self, state: UserState, now: datetime, plan: Plan) -> None:
        """Begin with the state before the event."""
        self.state = state
        self.now = now
        self.plan = plan
        self.effects: list[Effects] = []
        self.queue: list[Event] = []
        self.entered: list[str] = []

    # ------------------------------------------------------------ what holds for this user

    def user_zone(self) -> ZoneInfo:
        """Return the user's time zone, or the workspace's (D2)."""
        return zone_of(self.state.attributes.get("time_zone"), self.plan.workspace.time_zone)

    def workspace_zone(self) -> ZoneInfo:
        """Return the workspace's time zone."""
        return zone_of(self.plan.workspace.time_zone, "UTC")

    def touch(self, campaign: str) -> Touch:
        """Return what the user did with a campaign."""
        return self.state.campaigns.get(campaign, NO_TOUCH)

    def rules_of(self, entry: Entry) -> Compiled:
        """Return the version that a waiting entry lives by (L5)."""
        return self.plan.campaigns[entry.campaign].versions[entry.version]

    def is_open(self, campaign: str) -> int:
        """Count the open entries of a campaign."""
        count = 0
        for entry in self.state.entries:
            count += entry.campaign == campaign
        return count

    def find_entry(self, entry: str) -> Entry | None:
        """Return an open entry by its id."""
        for one in self.state.entries:
            if one.id == entry:
                return one
        return None

    # ------------------------------------------------------------ changes

    def set_touch(self, campaign: str, touch: Touch) -> None:
        """Replace what is known of the user and a campaign."""
        self.state = replace(self.state, campaigns={**self.state.campaigns, campaign: touch})

    def add_entry(self, entry: Entry) -> None:
        """Open an entry."""
        self.state = replace(self.state, entries=(*self.state.entries, entry))
        self.entered.append(entry.id)

    def replace_entry(self, entry: Entry) -> None:
        """Put an entry in the place of the one with its id."""
        entries = tuple(entry if one.id == entry.id else one for one in self.state.entries)
        self.state = replace(self.state, entries=entries)

    def close_entry(self, entry: Entry) -> None:
        """Drop an entry: it has its outcome, and no message of it is under way."""
        entries = tuple(one for one in self.state.entries if one.id != entry.id)
        self.state = replace(self.state, entries=entries)

    def close_when_answered(self, entry: Entry) -> None:
        """Drop an entry if its channels have answered for all of its messages."""
        if all(one.status in ("accepted", "failed") for one in entry.pending):
            self.close_entry(entry)

    def hold_places(self, places: "Iterable[Sent]") -> None:
        """Let messages count for the frequency caps (S9)."""
        kept = (sent for sent in self.state.sends if sent.at > self.now - HELD_SENDS)
        self.state = replace(self.state, sends=(*kept, *places)[-SENDS:])

    def give_back_place(self, message: str) -> None:
        """Let a message no longer count: it was not sent (S11)."""
        sends = tuple(sent for sent in self.state.sends if sent.message != message)
        self.state = replace(self.state, sends=sends)

    def withdraw(self, entry: Entry) -> None:
        """Take the messages of an entry out of the outbox and give their places back."""
        for pending in entry.pending:
            self.effects.append(Withdraw(message=pending.message))
            self.give_back_place(pending.message)

    # ------------------------------------------------------------ effects

    def keep(
        self,
        entry: Entry,
        outcome: Outcome,
        *,
        at: datetime | None = None,
        reason: Reason | None = None,
        exception: str | None = None,
        channels: tuple[ChannelName, ...] = (),
        facts: dict[str, Json] | None = None,
    ) -> None:
        """Keep what was decided about an entry, at `at` or now."""
        decision = Decision(
            id=entry.id,
            user=self.state.user,
            campaign=entry.campaign,
            version=entry.version,
            outcome=outcome,
            trigger=entry.trigger,
            event=entry.event,
            triggered_at=entry.triggered_at,
            at=at or self.now,
            original=original_of(entry),
            reason=reason,
            exception=exception,
            due_at=entry.due_at,
            variation=entry.variation,
            channels=channels,
            facts=facts or {},
        )
        self.effects.append(Keep(decision=decision))

    def suppress(
        self, entry: Entry, reason: Reason, *, at: datetime | None = None, facts: dict[str, Json] | None = None
    ) -> None:
        """Close an entry with the outcome `suppressed`."""
        self.keep(entry, "suppressed", reason=reason, at=at, facts=facts)
        self.withdraw(entry)
        self.close_entry(entry)

    def let_go(self, entry: Entry, reason: Reason, *, at: datetime | None = None) -> None:
        """Suppress an entry; if a channel has a message of it already, only withdraw those that lie in the outbox."""
        if not is_claimed(entry):
            self.suppress(entry, reason, at=at)
            return
        queued = tuple(one for one in entry.pending if one.status == "queued")
        if queued:
            self.withdraw(replace(entry, pending=queued))
            entry = replace(entry, pending=tuple(one for one in entry.pending if one.status != "queued"))
            self.replace_entry(entry)
            self.close_when_answered(entry)

    def count(self, campaign: str, variation: str | None, name: str, at: datetime, amount: float = 1) -> None:
        """Add to a figure of a campaign's report."""
        self.effects.append(Count(campaign=campaign, variation=variation or "", name=name, at=at, amount=amount))

    def happen(self, event: CampaignInteracted) -> None:
        """Record and queue an interaction that the system itself makes."""
        self.effects.append(Log(event=event))
        self.queue.append(event)


def hops_from(entry: Entry) -> int:
    """Return the hops of an interaction that an entry makes: one more than its own, which are 0 if it waited (T11)."""
    waited = entry.postponed_to is not None or entry.due_at > entry.triggered_at
    return 1 if waited else entry.hops + 1


def original_of(entry: Entry) -> str | None:
    """Return the campaign or card whose interaction triggered an entry; its templates read of it, too (T8)."""
    original = entry.properties.get("original") if entry.trigger in INTERACTIONS else None
    name = original.get("id") if isinstance(original, dict) else None
    return name if isinstance(name, str) else None


def is_dead(entry: Entry, launched: Launched | None) -> bool:
    """Say whether the campaign was stopped since the entry began (L4); a resume does not revive it."""
    return launched is None or launched.status != "active" or entry.entered_at < launched.active_since


def is_claimed(entry: Entry) -> bool:
    """Say whether a message of the entry is, or was, in the hands of its channel."""
    return bool(entry.pending) and any(pending.status in ("claimed", "accepted") for pending in entry.pending)


def digest(*parts: str) -> str:
    """Return an id that follows from its parts: 20 hexadecimal digits."""
    return blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
