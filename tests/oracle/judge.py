"""The rules of the system read once more, slowly: a whole world goes in, every decision comes out.

One rule: for each user alone, the world is lived through from start to end, and every question is answered by looking
through everything that happened (`history`, `questions`). Nothing is shared with the engine but the data types.
Not here: faults of channels (S10 to S12): every message is claimed and accepted at the instant at which it is sent, in
the order of the sends, so an exception event never finds a message in the outbox (X6).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ensue.core import records, words
from ensue.core.events import (
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    CustomEventLogged,
    Event,
    Json,
    Purchased,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
    Targeted,
    UserDeleted,
)

from .caps import CAPPED, take_places
from .catalog import catalog_of
from .clocks import due_time, end_of_quiet, is_quiet, occurrences
from .history import RECEIVES, Converted, Counted, Deed, Entry, InApp, Receipt, begin, of_person, verdict_of
from .kinds import exception_of, kind_of, trigger_of, what_changes
from .questions import bucket, in_audience, is_reachable, variation_of
from .world import Edit, Lifecycle, Person, Step, UserDid, Verdict, World

LETTERS: tuple[Literal["A", "B", "C", "D"], ...] = ("A", "B", "C", "D")
BEGINNINGS = (AttributesChanged, CustomEventLogged, Purchased, SessionStarted)
MOST_HOPS = 32
MOST_OPEN = 100
MOST_VERDICTS = 20_000


def judge(world: World) -> list[Verdict]:
    """Return every decision of the world as it stands at the end, sorted."""
    return sorted(verdict for person in world.users for verdict in _Life(world, person).lived())


class _Life:
    """One user's way through the world: what happened, what waits, what was decided."""

    def __init__(self, world: World, person: Person) -> None:
        self.world = world
        self.user = person.id
        self.now = world.start
        self.catalog = catalog_of(world)
        self.exists = True
        self.history = of_person(person, world.workspace.time_zone, world.start)
        self.seen: list[str] = []
        self.runs: list[tuple[str, str, datetime]] = []
        self.entries: list[Entry] = []
        self.refused: list[Verdict] = []
        self.queue: list[Deed] = []
        self.outbox: list[tuple[Entry, words.ChannelName]] = []

    def lived(self) -> list[Verdict]:
        for step in self.world.timeline:
            self.let_time_pass(step.at)
            self.take(step)
        self.let_time_pass(self.world.end)
        return self.refused + [verdict_of(entry, self.user) for entry in self.entries]

    # ------------------------------------------------------------ time

    def let_time_pass(self, until: datetime) -> None:
        """Do everything that is due at or before `until`, in order; at one instant what waits goes before new runs."""
        while True:
            waits = [entry.decide_at() for entry in self.waiting()]
            runs = self.runs_until(until)
            instant = min(waits + [at for at, *_ in runs], default=None)
            if instant is None or instant > until:
                break
            self.now = max(self.now, instant)
            if instant in waits:
                self.work([])
            else:
                self.run(*min(runs))
        self.now = until

    def runs_until(self, until: datetime) -> list[tuple[datetime, datetime, str, str]]:
        """Return the runs of scheduled campaigns that are still to come for this user (S13, choices 16)."""
        found = []
        done = [(campaign, run) for campaign, run, _ in self.runs]
        for campaign in self.catalog.ids():
            delivery = self.catalog.newest(campaign).delivery
            since = self.catalog.active_since(campaign)
            if not isinstance(delivery, records.Scheduled) or since is None:
                continue
            launched = self.catalog.launched_at(campaign)
            zone = self.history.zone() if delivery.zone == "user" else self.world.workspace.time_zone
            for run, at in occurrences(delivery, zone, launched_at=launched, until=until):
                if max(since, self.now) <= at <= until and (campaign, run) not in done:
                    found.append((at, launched, campaign, run))
        return found

    def run(self, at: datetime, _launched: datetime, campaign: str, run: str) -> None:
        self.runs.append((campaign, run, at))
        audience = self.catalog.newest(campaign).audience
        if self.exists and in_audience(audience, self.history, self.world, at):
            self.work([Deed(event=Targeted(id=run, user=self.user, at=at, received_at=at, campaign=campaign))])

    def take(self, step: Step) -> None:
        match step.action:
            case UserDid(event=event):
                if event.user == self.user:
                    self.arrive(msgspec.structs.replace(event, at=min(event.at, step.at)))  # O3
            case Lifecycle() | Edit():
                self.catalog.change(step.action, step.at)
                for entry in self.waiting():
                    if self.catalog.active_since(entry.campaign.id) is None:
                        self.suppress(entry, "campaign_stopped")  # L4

    def arrive(self, event: Event) -> None:
        if event.id in self.seen:
            return  # O1
        self.seen.append(event.id)
        if isinstance(event, UserDeleted):
            self.forget()
            return
        if not self.exists and not isinstance(event, BEGINNINGS):
            return  # choices 27
        if not self.exists:
            self.exists = True
            self.history = begin(self.user, self.world.workspace.time_zone, event.at)
        self.work([Deed(event=event)])

    def forget(self) -> None:
        for entry in self.waiting():
            self.suppress(entry, "user_deleted")  # L4
        self.exists = False
        self.runs = [run for run in self.runs if run[2] == self.now]
        self.history = begin(self.user, self.world.workspace.time_zone, self.now)

    # ------------------------------------------------------------ one event and all that comes of it

    def work(self, deeds: list[Deed]) -> None:
        """Go on until nothing is left at this instant: interactions, then what is due, then answers (choices 10)."""
        self.queue = deeds
        while True:
            due = [entry for entry in self.waiting() if entry.decide_at() <= self.now]
            if self.queue:
                self.happen(self.queue.pop(0))
            elif due:
                self.settle(min(due, key=self.order_of))
            elif self.outbox:
                self.answer(*self.outbox.pop(0))
            else:
                return
            if len(self.entries) + len(self.refused) > MOST_VERDICTS:
                raise RuntimeError("this world runs away")

    def order_of(self, entry: Entry) -> tuple[datetime, datetime, str, datetime]:
        campaign = entry.campaign.id
        return entry.decide_at(), self.catalog.launched_at(campaign), campaign, entry.entered_at

    def happen(self, deed: Deed) -> None:
        changed = what_changes(deed.event, self.history)
        if isinstance(deed.event, AttributesChanged | SubscriptionChanged | PushRegistered | PushUnregistered):
            self.history.profile.append(deed.event)
        was_receipt = self.note_receipt(deed)
        self.cancel_what_waits(deed, changed)
        self.trigger(deed, changed)
        self.count(deed, was_receipt=was_receipt)
        self.convert(deed, changed)

    def note_receipt(self, deed: Deed) -> bool:
        """Note the receipt that the interaction makes, if it makes one (R1, choices 21 and 22)."""
        event = deed.event
        if not isinstance(event, CampaignInteracted):
            return False
        entry = deed.entry
        if event.interaction == "view_in_app_message":
            entry = self.history.unseen(event.campaign)
            self.history.in_app.append(InApp(campaign=event.campaign, entry=None))
            if entry is None and self.history.last_receipt_at(event.campaign) is not None:
                return False
        elif event.interaction not in (*RECEIVES.values(), "enrolled_in_control_group"):
            return False
        self.history.receipts.append(Receipt(campaign=event.campaign, entry=entry, at=event.at))
        return True

    def count(self, deed: Deed, *, was_receipt: bool) -> None:
        """Let the filters know of it, and let a bounce, a complaint or an unsubscription have its effect (F3)."""
        event = deed.event
        self.history.counted.append(Counted(event=event, receipt=was_receipt))
        if not isinstance(event, CampaignInteracted):
            return
        if event.interaction == "bounce_email" and event.permanent:
            self.history.profile.append(event)
        ends_it = event.interaction in ("unsubscribe_email", "mark_email_as_spam")
        if ends_it and self.history.subscription("email") != "unsubscribed":
            change = SubscriptionChanged(
                id="", user=self.user, at=event.at, received_at=self.now, channel="email", to="unsubscribed"
            )
            self.queue.insert(0, Deed(event=change))  # "right after the interaction" (choices 28)

    # ------------------------------------------------------------ exceptions

    def cancel_what_waits(self, deed: Deed, changed: Mapping[str, Json]) -> None:
        """Cancel the entries that wait and have the event as an exception (X2, X5, choices 14)."""
        for campaign in self.catalog.ids():
            for entry in [entry for entry in self.waiting() if entry.campaign.id == campaign]:
                name = exception_of(entry.campaign, deed.event, changed)
                if name and entry.triggered_at <= deed.event.at < entry.decide_at():
                    self.cancel(entry, deed, name)

    def cancel(self, entry: Entry, deed: Deed, name: str) -> None:
        entry.outcome, entry.reason, entry.exception = "cancelled", "exception_event", name
        entry.at = deed.event.at
        self.do("cancelled_by_exception", entry, at=deed.event.at, hops=deed.hops + 1)

    # ------------------------------------------------------------ triggers

    def trigger(self, deed: Deed, changed: Mapping[str, Json]) -> None:
        """Enter the user into every active campaign that the event triggers, in order (T10)."""
        for campaign in self.catalog.ids():
            definition = self.catalog.newest(campaign)
            name = trigger_of(definition, deed.event, changed)
            if name is None or self.catalog.active_since(campaign) is None:
                continue
            reason = self.why_not(definition, deed)
            if reason is None:
                self.enter(definition, deed, name)
            else:
                self.refuse(campaign, deed, name, reason)

    def why_not(self, definition: records.Campaign, deed: Deed) -> str | None:
        """Return why the event starts no entry: the first that fails (choices 1)."""
        at = deed.event.at
        delivery = definition.delivery
        open_entries = [e for e in self.entries if e.campaign.id == definition.id and e.is_open()]
        one_at_a_time = definition.re_eligibility is None or definition.re_eligibility.window > timedelta(0)
        due_at = max(self.due_at(definition, at), self.now)
        checks = {
            "not_yet_active": at < (self.catalog.active_since(definition.id) or at),
            "outside_duration": delivery is not None
            and ((delivery.start is not None and at < delivery.start) or _is_after(at, delivery.end)),
            "original_not_active": not self.is_original_active(deed.event),
            "global_control_group": self.is_in_global_control() and not definition.ignore_global_control_group,
            "not_in_audience": not in_audience(definition.audience, self.history, self.world, self.now),
            "cascade_limit": deed.hops > MOST_HOPS,
            "already_waiting": len(open_entries) >= (1 if one_at_a_time else MOST_OPEN),
            "not_eligible_again": not self.history.may_receive_again(definition, due_at),
        }
        return next((reason for reason, applies in checks.items() if applies), None)

    def is_original_active(self, event: Event) -> bool:
        """Tell whether the original of an interaction was active when it happened (T3, choices 2)."""
        if isinstance(event, CampaignInteracted):
            return self.catalog.was_active(event.campaign, event.at)
        if isinstance(event, CardInteracted):
            return self.catalog.was_active(event.card, event.at)
        return True

    def is_in_global_control(self) -> bool:
        return bucket(f"user:{self.user}") < self.world.workspace.global_control_group * 100  # V3

    def due_at(self, definition: records.Campaign, at: datetime) -> datetime:
        delivery = definition.delivery
        delay = None if isinstance(delivery, records.Scheduled | records.External | None) else delivery.delay
        return due_time(delay, at, user_zone=self.history.zone(), workspace_zone=self.world.workspace.time_zone)

    def enter(self, definition: records.Campaign, deed: Deed, name: str) -> None:
        self.entries.append(
            Entry(
                campaign=definition,
                trigger=name,
                triggered_at=deed.event.at,
                due_at=self.due_at(definition, deed.event.at),
                entered_at=self.now,
                hops=deed.hops,
                at=self.now,
            )
        )

    def refuse(self, campaign: str, deed: Deed, name: str, reason: str) -> None:
        verdict = Verdict(
            user=self.user,
            campaign=campaign,
            outcome="refused",
            reason=reason,
            trigger=name,
            triggered_at=deed.event.at,
            due_at=None,
            at=self.now,
        )
        self.refused.append(verdict)

    # ------------------------------------------------------------ conversions

    def convert(self, deed: Deed, changed: Mapping[str, Json]) -> None:
        """Record the conversions that the event makes, each an interaction of its own (C1 to C5, choices 23)."""
        for campaign in self.catalog.ids():
            conversions = self.catalog.newest(campaign).conversions
            for letter, conversion in zip(LETTERS, conversions, strict=False):
                if kind_of(deed.event, conversion.event, changed, campaign) is None:
                    continue
                earlier = [w for w in self.history.windows(campaign) if w.at <= deed.event.at]
                if not earlier or deed.event.at >= earlier[-1].at + conversion.window:
                    continue
                converted = Converted(receipt=earlier[-1], letter=letter)
                if converted not in self.history.conversions:
                    self.history.conversions.append(converted)
                    self.queue.append(self.conversion_of(deed, campaign, letter))

    # ------------------------------------------------------------ the send decision

    def settle(self, entry: Entry) -> None:
        """Decide about an entry that is due: the first that fails gives the outcome (S1 to S9)."""
        campaign = entry.campaign
        delivery = campaign.delivery
        is_to_be_checked = (
            not isinstance(delivery, records.Scheduled | records.External | None) and delivery.recheck_audience
        )
        is_to_be_checked = is_to_be_checked or entry.postponed_to is not None
        if delivery is not None and _is_after(entry.decide_at(), delivery.end):
            self.suppress(entry, "outside_duration")
        elif is_to_be_checked and not in_audience(campaign.audience, self.history, self.world, self.now):
            self.suppress(entry, "no_longer_in_audience")
        elif not self.history.may_receive_again(campaign, self.now):
            self.suppress(entry, "not_eligible_again")
        elif variation_of(campaign, self.user) == "control":
            entry.outcome, entry.at, entry.variation = "control", self.now, "control"
            self.do("enrolled_in_control_group", entry, at=self.now, hops=self.next_hops(entry))
        else:
            self.choose_channels(entry)

    def choose_channels(self, entry: Entry) -> None:
        campaign = entry.campaign
        variation = variation_of(campaign, self.user)
        content = self.catalog.content(campaign, variation)
        reachable = [channel for channel in content if is_reachable(self.history, channel, campaign.send_to)]
        calm = reachable
        quiet = campaign.quiet_hours
        zone = self.history.zone()
        if quiet and any(c in CAPPED for c in reachable) and is_quiet(quiet, self.now, zone):
            if quiet.then == "postpone":
                entry.postponed_to = end_of_quiet(quiet, self.now, zone)
                return
            calm = [c for c in reachable if c not in CAPPED]
        entry.variation = variation
        held = take_places(self.history, campaign, calm, now=self.now, caps=self.world.workspace.frequency_caps)
        if not reachable:
            self.suppress(entry, "not_reachable")
        elif not calm:
            self.suppress(entry, "quiet_hours")
        elif not held:
            self.suppress(entry, "frequency_capped")
        else:
            entry.outcome, entry.unanswered = "sending", held
            self.outbox += [(entry, channel) for channel in held]

    def answer(self, entry: Entry, channel: words.ChannelName) -> None:
        """Let the channel accept the message, which makes the receipt (S12, R1, choices 20)."""
        entry.unanswered = [c for c in entry.unanswered if c != channel]
        entry.accepted.append(channel)
        if entry.outcome == "sending":
            entry.outcome, entry.at = "sent", self.now
        if channel == "in_app_message":
            self.history.in_app.append(InApp(campaign=entry.campaign.id, entry=entry))
        else:
            self.do(RECEIVES[channel], entry, at=self.now, hops=self.next_hops(entry))

    # ------------------------------------------------------------ small words

    def waiting(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.outcome == "waiting"]

    def suppress(self, entry: Entry, reason: str) -> None:
        entry.outcome, entry.reason, entry.at = "suppressed", reason, self.now

    def next_hops(self, entry: Entry) -> int:
        """Return the hops of what the entry brings about; one that waited starts again (choices 9)."""
        waited = entry.due_at > entry.triggered_at or entry.postponed_to is not None
        return (0 if waited else entry.hops) + 1

    def do(self, interaction: words.CampaignInteraction, entry: Entry, *, at: datetime, hops: int) -> None:
        self.queue.append(Deed(event=self.interaction(interaction, entry.campaign.id, at), hops=hops, entry=entry))

    def conversion_of(self, deed: Deed, campaign: str, letter: Literal["A", "B", "C", "D"]) -> Deed:
        event = self.interaction("perform_conversion_event", campaign, deed.event.at)
        return Deed(event=msgspec.structs.replace(event, conversion=letter), hops=deed.hops + 1)

    def interaction(self, name: words.CampaignInteraction, campaign: str, at: datetime) -> CampaignInteracted:
        return CampaignInteracted(
            id="", user=self.user, at=at, received_at=self.now, campaign=campaign, interaction=name
        )


def _is_after(at: datetime, end: datetime | None) -> bool:
    return end is not None and at > end
