"""Made-up timelines: launches, what people do, stops and edits, often at the same or at exactly the right instant.

One rule: whoever launches, resumes or edits does so only where it is allowed (L2, T4).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from ensue.core import records
from ensue.core.events import Event, UserDeleted

from .clocks import due_time, when_the_clock_shows, zone_or
from .dice import Dice
from .made_campaigns import edited, longest, named_in, originals, tamed
from .made_events import Frame, an_event, listened_event
from .made_filters import Names
from .world import Action, Edit, Lifecycle, Person, Step, UserDid

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REMEMBERED = 6 * DAY
Status = Literal["draft", "active", "stopped", "archived"]


@dataclass(kw_only=True)
class Draft:
    """A world in the making; `definitions` are the newest, `steps` what was written so far."""

    start: datetime
    campaigns: tuple[records.Campaign, ...]
    users: tuple[Person, ...]
    names: Names
    workspace_zone: str
    steps: list[Step] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    definitions: dict[str, records.Campaign] = field(default_factory=dict)
    focus: tuple[str, str] | None = None

    def now(self) -> datetime:
        """Return the time of the last step."""
        return self.steps[-1].at if self.steps else self.start

    def write(self, at: datetime, action: Action) -> None:
        """Add a step."""
        self.steps.append(Step(at=at, action=action))

    def change(self, at: datetime, kind: Literal["launch", "stop", "resume", "archive"], *ids: str) -> None:
        """Add a step of a life cycle."""
        after: dict[str, Status] = {"launch": "active", "resume": "active", "stop": "stopped", "archive": "archived"}
        self.statuses |= dict.fromkeys(ids, after[kind])
        self.write(at, Lifecycle(kind=kind, ids=tuple(sorted(ids))))

    def did(self) -> list[Event]:
        """Return the events so far."""
        return [step.action.event for step in self.steps if isinstance(step.action, UserDid)]


def a_timeline(dice: Dice, draft: Draft) -> tuple[Step, ...]:
    """Return the steps, in order of arrival."""
    draft.definitions = {campaign.id: campaign for campaign in draft.campaigns}
    draft.statuses = dict.fromkeys([*draft.definitions, *draft.names.cards], "draft")
    _launch_early(dice, draft)
    for _ in range(dice.between(6, 37)):
        at = _next_arrival(dice, draft)
        match dice.weighted({"listened": 72, "event": 12, "again": 5, "life": 6, "edit": 4, "delete": 1}):
            case "listened" | "event" as kind:
                draft.write(at, UserDid(event=_new_event(dice, draft, at, is_listened=kind == "listened")))
            case "again":
                _repeat(dice, draft, at)
            case "life":
                _change_a_life(dice, draft, at)
            case "edit":
                _edit(dice, draft, at)
            case _:
                user = dice.pick(draft.users).id
                draft.write(at, UserDid(event=UserDeleted(id=_new_id(draft), user=user, at=at, received_at=at)))
    return tuple(draft.steps)


def _new_event(dice: Dice, draft: Draft, at: datetime, *, is_listened: bool) -> Event:
    """Return an event, in half of the cases of the person and about the campaign that the last one was about."""
    if not draft.focus or dice.chance(35):
        active = [name for name in draft.definitions if draft.statuses[name] == "active"]
        listening = active if active and not dice.chance(10) else list(draft.definitions)
        draft.focus = (dice.pick(draft.users).id, dice.pick(listening))
    user, campaign = draft.focus
    frame = Frame(id=_new_id(draft), user=user, at=_happened(dice, draft, at), received_at=at)
    if is_listened:
        return listened_event(dice, frame, draft.definitions, campaign)
    may_move = not any(_is_local(campaign) for campaign in draft.campaigns)
    return an_event(dice, frame, draft.definitions, campaign, may_move=may_move)


def _is_local(campaign: records.Campaign) -> bool:
    return isinstance(campaign.delivery, records.Scheduled) and campaign.delivery.zone == "user"


def _launch_early(dice: Dice, draft: Draft) -> None:
    early = [name for name in draft.statuses if not dice.chance(15)]
    if dice.chance(40):
        draft.change(draft.start, "launch", *(name for name in early if _may_launch(draft, name, draft.start)))
        return
    while early:
        name = early.pop(dice.below(len(early)))
        at = draft.now() + dice.pick((timedelta(0), SECOND, MINUTE, HOUR))
        if _may_launch(draft, name, at):
            draft.change(at, "launch", name)


def _may_launch(draft: Draft, name: str, at: datetime) -> bool:
    """Tell whether nothing that it refers to is archived, and its times have not passed."""
    if name not in draft.definitions:
        return True
    campaign = draft.definitions[name]
    if not _may_refer(draft, campaign):
        return False
    delivery = campaign.delivery
    if isinstance(delivery, records.Scheduled):
        when = delivery.at if isinstance(delivery.at, datetime) else at + DAY
        if when.tzinfo is None:
            when = when_the_clock_shows(when.date(), when.time(), draft.workspace_zone)
        return when > at and (delivery.end is None or delivery.end > at)
    return (
        delivery is None
        or isinstance(delivery, records.External)
        or delivery.end is None
        or delivery.end > max(at, delivery.start or at) + longest(delivery.delay)
    )


def _may_refer(draft: Draft, campaign: records.Campaign) -> bool:
    """Tell whether nothing that it refers to is archived (T4)."""
    referred = originals(campaign) | named_in([conversion.event for conversion in campaign.conversions])
    return all(draft.statuses[name] != "archived" for name in referred)


# ---------------------------------------------------------------- times


def _next_arrival(dice: Dice, draft: Draft) -> datetime:
    now = draft.now()
    match dice.weighted({"same": 22, "soon": 30, "later": 18, "day": 6, "exactly": 24}):
        case "same":
            return now
        case "soon":
            return now + dice.pick((SECOND, MINUTE, 10 * MINUTE, timedelta(microseconds=1)))
        case "later":
            return now + dice.between(1, 9) * HOUR + dice.between(0, 3) * 7 * SECOND
        case "day":
            return now + dice.pick((DAY, DAY, 2 * DAY, 4 * DAY))
        case _:
            return max(now, _meaningful(dice, draft) + dice.pick((0, 0, 0, 1, -1)) * timedelta(microseconds=1))


def _meaningful(dice: Dice, draft: Draft) -> datetime:
    """Return an instant at which something is due, ends or begins, counted from one of the latest steps."""
    since = dice.pick([step.at for step in draft.steps[-6:]] or [draft.start])
    campaign = dice.pick(list(draft.definitions.values()))
    zone = zone_or(dice.pick(draft.users).attributes.get("time_zone"), "UTC")
    delivery = campaign.delivery
    delay = None if delivery is None or isinstance(delivery, records.Scheduled | records.External) else delivery.delay
    instants = [due_time(delay, since, user_zone=zone, workspace_zone=zone)] * 3
    if campaign.re_eligibility:
        instants.append(since + campaign.re_eligibility.window)
    instants += [since + conversion.window for conversion in campaign.conversions if conversion.window < 5 * DAY]
    instants += [since + HOUR, since + 90 * MINUTE]
    if delivery is not None and delivery.end is not None:
        instants.append(delivery.end)
    return dice.pick(instants)


def _happened(dice: Dice, draft: Draft, at: datetime) -> datetime:
    match dice.weighted({"now": 80, "late": 8, "then": 9, "future": 3}):
        case "late":
            return at - dice.pick((SECOND, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 2 * DAY))
        case "then":
            return dice.pick([step.at for step in draft.steps[-8:]] or [at])
        case "future":
            return at + dice.pick((HOUR, SECOND, DAY))
        case _:
            return at


def _new_id(draft: Draft) -> str:
    return f"e{len(draft.steps)}"


# ---------------------------------------------------------------- what is not a new event


def _repeat(dice: Dice, draft: Draft, at: datetime) -> None:
    """Let an event arrive twice, or another one with its id (O1)."""
    first: dict[str, Event] = {}
    for event in draft.did():
        first.setdefault(event.id, event)
    known = [event for event in first.values() if event.received_at > at - REMEMBERED]
    if not known:
        return
    event = dice.pick(known)
    if dice.chance(30):
        frame = Frame(id=event.id, user=event.user, at=at, received_at=at)
        other = listened_event(dice, frame, draft.definitions, dice.pick(list(draft.definitions)))
        draft.write(at, UserDid(event=other))
        return
    draft.write(at, UserDid(event=replace(event, received_at=at)))


def _change_a_life(dice: Dice, draft: Draft, at: datetime) -> None:
    name = dice.pick(list(draft.statuses))
    match draft.statuses[name]:
        case "draft":
            if _may_launch(draft, name, at):
                draft.change(at, "launch", name)
        case "active":
            draft.change(at, dice.weighted({"stop": 8, "archive": 1}), name)
        case "stopped":
            delivery = draft.definitions[name].delivery if name in draft.definitions else None
            once = isinstance(delivery, records.Scheduled) and delivery.at is not None
            if not once and _may_launch(draft, name, at):
                draft.change(at, "resume", name)
        case "archived":
            pass


def _edit(dice: Dice, draft: Draft, at: datetime) -> None:
    """Save another version of an active campaign that is not scheduled, if it would be accepted (L5)."""
    campaign = dice.pick(list(draft.definitions.values()))
    if draft.statuses[campaign.id] != "active" or isinstance(campaign.delivery, records.Scheduled):
        return
    new = edited(dice, campaign, draft.names, at=at)
    if not _may_refer(draft, new):
        return
    newest = tuple((draft.definitions | {new.id: new}).values())
    if tamed(newest, is_patient=True) == newest:
        draft.definitions[new.id] = new
        draft.write(at, Edit(campaign=new))
