"""What a launch still needs (L2): every problem with the path of its field and the remedy.

One rule: all problems are found in one go, and a warning never stops a launch.
Not here: the shape of the input (`codec`), and whether templates render (`content`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches

import msgspec

from ensue.core.conditions import Audience
from ensue.core.connections import cycle_through, following, runaway_cycle
from ensue.core.occasions import channel_of
from ensue.core.records import (
    ActionBased,
    After,
    ApiTriggered,
    Campaign,
    Card,
    Conversion,
    External,
    Scheduled,
    Segment,
    Status,
    Workspace,
)
from ensue.core.references import filter_problems, segment_cycle
from ensue.core.timing import due_at, zone_of
from ensue.core.triggers import InteractWithCampaign, InteractWithCard, StartSession, Trigger
from ensue.errors import Problem

MAX_VARIATIONS = 8
MAX_CONVERSIONS = 4
MAX_CONTROL = 90
FULL = 100
MIN_WINDOW, MAX_WINDOW = timedelta(minutes=1), timedelta(days=30)
MAX_RE_ELIGIBILITY = timedelta(days=720)
LONGEST_DELAY = timedelta(days=366)
NARROWS = {
    "link": ("click_email",),
    "button": ("click_in_app_message", "directly_open_push"),
    "conversion": ("perform_conversion_event",),
}


SENDING = (
    "channels",
    "variations",
    "control_group",
    "audience",
    "re_eligibility",
    "send_to",
    "quiet_hours",
    "ignore_frequency_caps",
    "count_toward_frequency_caps",
    "ignore_global_control_group",
    "rate_limit",
)
"""What a campaign says about how Ensue sends it."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a definition may refer to; `campaigns` holds the newest version of each, with its status."""

    campaigns: Mapping[str, tuple[Status, Campaign]] = {}
    cards: Mapping[str, Status] = {}
    segments: Mapping[str, Segment] = {}
    time_zone: str = "UTC"


def launch_problems(campaign: Campaign, known: Known, now: datetime | None) -> list[Problem]:
    """Return everything that forbids the launch of a campaign, in the order of its fields.

    With `now`, what lies in the past is a problem, too; for a campaign that is live already it is none.
    """
    if isinstance(campaign.delivery, External):
        return [*_unused(campaign), *_conversions(campaign, known)]
    found = [*_content(campaign), *_delivery(campaign, known, now), *_audience(campaign.audience, known)]
    found += [*_conversions(campaign, known), *_limits(campaign), *_runaway(campaign, known)]
    return found


def card_problems(card: Card, known: Known, now: datetime | None) -> list[Problem]:
    """Return everything that forbids the launch of a card; with `now`, an expiry in the past is a problem, too."""
    found = list(_audience(card.audience, known))
    if card.expires_at is not None and now is not None and card.expires_at <= now:
        found.append(_problem("duration", "expires_at", "lies in the past", "Choose a later time."))
    elif card.expires_at is not None and card.publish_at is not None and card.expires_at <= card.publish_at:
        found.append(_problem("duration", "expires_at", "lies before publish_at", "Choose a later time."))
    return found


def launch_warnings(campaign: Campaign, known: Known) -> list[Problem]:
    """Return what is allowed, but probably not meant."""
    others = [one for _, one in known.campaigns.values() if one.id != campaign.id]
    cycle = cycle_through(campaign.id, following([*others, campaign]))
    warned = [_cycle_warning(cycle)] if cycle else []
    for path, trigger in _triggers(campaign):
        if isinstance(trigger, InteractWithCampaign):
            warned += _unlikely(path, trigger, known)
    return warned


def workspace_problems(workspace: Workspace) -> list[Problem]:
    """Return what is wrong with the settings."""
    found = []
    if zone_of(workspace.time_zone, "UTC").key != workspace.time_zone:
        found.append(_problem("time_zone", "time_zone", f"'{workspace.time_zone}' is no time zone", _ZONE_HINT))
    for index, cap in enumerate(workspace.frequency_caps):
        if (cap.minutes is None) == (cap.days is None):
            found.append(_problem("cap", f"frequency_caps[{index}]", "a cap needs a window", "Give minutes or days."))
    if 0 < workspace.global_control_group < 1:
        found.append(_problem("share", "global_control_group", "must be 0, or 1 to 15 percent"))
    return found


def segment_problems(segment: Segment, known: Known) -> list[Problem]:
    """Return what is wrong with a segment: what it refers to, and cycles (A4)."""
    found = list(filter_problems("filter", segment.filter, known.campaigns, known.cards, known.segments))
    cycle = segment_cycle({**known.segments, segment.id: segment}, segment.id)
    if cycle:
        path = " → ".join((*cycle, cycle[0]))
        found.append(_problem("segment_cycle", "filter", f"the segment contains itself: {path}", "Remove one link."))
    return found


_ZONE_HINT = "Write it as in Europe/Stockholm."


def _problem(code: str, path: str, message: str, hint: str = "") -> Problem:
    return Problem(code=code, path=path, message=message, hint=hint)


def nearest(name: str, names: Mapping[str, object]) -> str:
    """Return the remedy for a name that does not exist."""
    close = get_close_matches(name, list(names), n=1)
    return f"Did you mean '{close[0]}'?" if close else "Create it first."


# ---------------------------------------------------------------- content


def _content(campaign: Campaign) -> Iterator[Problem]:
    if (campaign.channels is None) == (not campaign.variations):
        yield _problem("content", "channels", "a campaign has either channels or variations", "Give one of the two.")
        return
    if campaign.control_group > MAX_CONTROL:
        yield _problem("share", "control_group", "at most 90 percent", "Lower it.")
    if campaign.channels is not None:
        if campaign.channels == type(campaign.channels)():
            yield _problem("content", "channels", "no channel is given", "Add email, push, in_app_message or webhook.")
        return
    yield from _variations(campaign)


def _variations(campaign: Campaign) -> Iterator[Problem]:
    if len(campaign.variations) > MAX_VARIATIONS:
        yield _problem("variations", "variations", f"at most {MAX_VARIATIONS} variations", "Remove some.")
    names = [variation.name for variation in campaign.variations]
    for index, variation in enumerate(campaign.variations):
        if names.index(variation.name) != index or variation.name == "control":
            path = f"variations[{index}].name"
            yield _problem("name_taken", path, f"'{variation.name}' is taken", "Give each its own name.")
        if variation.channels == type(variation.channels)():
            path = f"variations[{index}].channels"
            yield _problem("content", path, "no channel is given", "Add email, push, in_app_message or webhook.")
    total = round(sum(variation.share for variation in campaign.variations) + campaign.control_group, 2)
    if total != FULL:
        hint = f"The shares and control_group must add up to 100; they add up to {total:g}."
        yield _problem("share", "variations", "the percentages do not add up", hint)


# ---------------------------------------------------------------- delivery


def _unused(campaign: Campaign) -> Iterator[Problem]:
    """Yield what says something about sending in a campaign that another system sends (B8)."""
    audience = campaign.audience
    is_everyone = audience.filter is None and not {*audience.segments} - {"everyone"}
    plain = Campaign(id=campaign.id, audience=audience if is_everyone else Audience())
    for name in SENDING:
        if getattr(campaign, name) != getattr(plain, name):
            hint = "Remove it, or choose another delivery."
            yield _problem("external", name, "has no effect where another system sends the campaign", hint)


def _delivery(campaign: Campaign, known: Known, now: datetime | None) -> Iterator[Problem]:
    delivery = campaign.delivery
    if delivery is None:
        hint = "Say when it is sent: scheduled, action_based, api_triggered, external."
        yield _problem("delivery", "delivery", "is missing", hint)
        return
    if isinstance(delivery, External):
        return
    yield from _duration(delivery.start, delivery.end, now)
    if isinstance(delivery, Scheduled):
        yield from _schedule(delivery, now, known.time_zone)
        return
    yield from _delay(delivery, now, known.time_zone)
    if isinstance(delivery, ActionBased) and not delivery.triggers:
        yield _problem("trigger", "delivery.triggers", "no trigger is given", "Add at least one.")
    for path, trigger in _triggers(campaign):
        yield from _trigger(path, trigger, known)
    yield from _both(delivery)


def _duration(start: datetime | None, end: datetime | None, now: datetime | None) -> Iterator[Problem]:
    if end is not None and now is not None and end <= now:
        yield _problem("duration", "delivery.end", "lies in the past", "Choose a later end.")
    elif start is not None and end is not None and end <= start:
        yield _problem("duration", "delivery.end", "lies before the start", "Choose a later end.")


def _schedule(delivery: Scheduled, now: datetime | None, time_zone: str) -> Iterator[Problem]:
    at = delivery.at if isinstance(delivery.at, datetime) else None
    if (delivery.at is None) == (delivery.every is None):
        yield _problem("schedule", "delivery", "give either `at` or `every`", "For example `at: launch`.")
    elif at is not None and now is not None and at < _local(now, at, time_zone):
        yield _problem("schedule", "delivery.at", "lies in the past", "Choose a later time, or `at: launch`.")
    if delivery.every is None:
        return
    if delivery.at_time is None:
        yield _problem("schedule", "delivery.at_time", "is missing", 'Give the time of day, for example "09:00".')
    wanted = int if delivery.every == "month" else str
    if any(not isinstance(day, wanted) for day in delivery.on) or (delivery.every == "day" and delivery.on):
        hint = "Weekdays go with `every: week`, days of the month with `every: month`."
        yield _problem("schedule", "delivery.on", f"does not fit `every: {delivery.every}`", hint)


def _local(now: datetime, at: datetime, time_zone: str) -> datetime:
    """Return `now` in the manner of `at`: aware, or local to the workspace."""
    return now if at.tzinfo is not None else now.astimezone(zone_of(time_zone, "UTC")).replace(tzinfo=None)


def _delay(delivery: ActionBased | ApiTriggered, now: datetime | None, time_zone: str) -> Iterator[Problem]:
    delay = delivery.delay
    is_immediate = delay is None or (isinstance(delay, After) and delay.after == timedelta(0))
    if delivery.exceptions and is_immediate:
        hint = "Add a delay, or remove the exceptions."
        yield _problem("exception_without_delay", "delivery.exceptions", "exceptions need a delay", hint)
    if isinstance(delay, After) and delay.after > LONGEST_DELAY:
        yield _problem("delay", "delivery.delay.after", "is longer than a year", "Shorten it.")
    elif delay is not None and delivery.end is not None:
        begin = max((one for one in (now, delivery.start) if one is not None), default=None)
        zone = zone_of(time_zone, "UTC")
        if begin is not None and due_at(delay, begin, zone, zone) > delivery.end:
            hint = "Shorten the delay, or choose a later end."
            yield _problem("delay_exceeds_duration", "delivery.delay", "is longer than the campaign lasts", hint)


def _triggers(campaign: Campaign) -> Iterator[tuple[str, Trigger]]:
    delivery = campaign.delivery
    if isinstance(delivery, ActionBased):
        for index, trigger in enumerate(delivery.triggers):
            yield f"delivery.triggers[{index}]", trigger
    if isinstance(delivery, ActionBased | ApiTriggered):
        for index, exception in enumerate(delivery.exceptions):
            yield f"delivery.exceptions[{index}]", exception


def _trigger(path: str, trigger: Trigger, known: Known) -> Iterator[Problem]:
    if isinstance(trigger, InteractWithCampaign):
        path = f"{path}.interact_with_campaign"
        yield from _refers(
            f"{path}.campaign", "campaign", trigger.campaign, {n: s for n, (s, _) in known.campaigns.items()}
        )
        for field, interactions in NARROWS.items():
            if getattr(trigger, field) is not None and trigger.interaction not in interactions:
                message = f"does not go with {trigger.interaction}"
                yield _problem("narrowing", f"{path}.{field}", message, f"It goes with {' or '.join(interactions)}.")
        if trigger.opens != "any" and trigger.interaction != "open_email":
            yield _problem("narrowing", f"{path}.opens", f"does not go with {trigger.interaction}", "Remove it.")
    elif isinstance(trigger, InteractWithCard):
        yield from _refers(f"{path}.interact_with_card.card", "card", trigger.card, known.cards)


def _refers(path: str, kind: str, name: str, known: Mapping[str, Status]) -> Iterator[Problem]:
    if name not in known:
        yield _problem(f"unknown_{kind}", path, f"there is no {kind} '{name}'", nearest(name, known))
    elif known[name] == "archived":
        yield _problem(f"archived_{kind}", path, f"the {kind} '{name}' is archived", "Unarchive it, or choose another.")


def _both(delivery: ActionBased | ApiTriggered) -> Iterator[Problem]:
    """X4: the start of a session cannot be trigger and exception."""
    triggers = delivery.triggers if isinstance(delivery, ActionBased) else ()
    for index, exception in enumerate(delivery.exceptions):
        if isinstance(exception, StartSession) and StartSession() in triggers:
            path = f"delivery.exceptions[{index}]"
            yield _problem("session_twice", path, "start_session is trigger and exception", "Remove one of the two.")


# ---------------------------------------------------------------- audience, conversions, limits


def _audience(audience: Audience, known: Known) -> Iterator[Problem]:
    for index, segment in enumerate(audience.segments):
        if segment != "everyone" and segment not in known.segments:
            path = f"audience.segments[{index}]"
            hint = nearest(segment, {**known.segments, "everyone": None})
            yield _problem("unknown_segment", path, f"there is no segment '{segment}'", hint)
    yield from filter_problems("audience.filter", audience.filter, known.campaigns, known.cards, known.segments)


def _conversions(campaign: Campaign, known: Known) -> Iterator[Problem]:
    if len(campaign.conversions) > MAX_CONVERSIONS:
        yield _problem("conversions", "conversions", f"at most {MAX_CONVERSIONS} conversion events", "Remove some.")
    for index, conversion in enumerate(campaign.conversions):
        yield from _conversion(f"conversions[{index}]", conversion, known)


def _conversion(path: str, conversion: Conversion, known: Known) -> Iterator[Problem]:
    if not MIN_WINDOW <= conversion.window <= MAX_WINDOW:
        yield _problem("window", f"{path}.window", "must be 1 minute to 30 days", "Change it.")
    if isinstance(conversion.event, InteractWithCampaign | InteractWithCard):
        yield from _trigger(path, conversion.event, known)


def _limits(campaign: Campaign) -> Iterator[Problem]:
    again = campaign.re_eligibility
    if again is not None and not timedelta(0) <= again.window <= MAX_RE_ELIGIBILITY:
        yield _problem("window", "re_eligibility.window", "must be 0 seconds to 720 days", "Change it.")
    hours = campaign.quiet_hours
    if hours is not None and hours.from_ == hours.to:
        yield _problem("quiet_hours", "quiet_hours", "begin and end at the same time", "Change one of the two.")


def _runaway(campaign: Campaign, known: Known) -> Iterator[Problem]:
    """T11: a cycle in which nobody waits and everybody may receive again at once."""
    others = [one for status, one in known.campaigns.values() if status != "archived" and one.id != campaign.id]
    cycle = runaway_cycle(campaign, others)
    if cycle:
        message = f"the campaigns would start one another for ever: {' → '.join((*cycle, cycle[0]))}"
        hint = "Give one of them a delay, or a re-eligibility window above zero."
        yield _problem("runaway_cycle", "delivery.triggers", message, hint)


def _cycle_warning(cycle: list[str]) -> Problem:
    path = " → ".join((*cycle, cycle[0]))
    return _problem(
        "cycle", "delivery.triggers", f"the campaigns start one another: {path}", "Check that this is meant."
    )


def _unlikely(path: str, trigger: InteractWithCampaign, known: Known) -> Iterator[Problem]:
    """Warn of an interaction that the original, as it is now, cannot bring about."""
    if trigger.campaign not in known.campaigns:
        return
    original = known.campaigns[trigger.campaign][1]
    where = f"{path}.interact_with_campaign"
    if isinstance(original.delivery, External):
        yield from _unclaimed(where, trigger, original.id, original.delivery)
    elif trigger.interaction == "enrolled_in_control_group" and not original.control_group:
        message = f"'{original.id}' has no control group"
        yield _problem("no_control_group", f"{where}.interaction", message, "Give it a control_group.")
    if trigger.interaction == "perform_conversion_event" and not original.conversions:
        message = f"'{original.id}' has no conversion events"
        yield _problem("no_conversions", f"{where}.interaction", message, "Give it conversions before its launch.")


def _unclaimed(path: str, trigger: InteractWithCampaign, original: str, delivery: External) -> Iterator[Problem]:
    """Warn of an interaction by a channel that the other system does not send by: such reports are refused."""
    channel = channel_of(trigger.interaction)
    if delivery.channels and channel is not None and channel not in delivery.channels:
        message = f"'{original}' is sent by another system, and not by {channel}"
        yield _problem("unclaimed_channel", f"{path}.interaction", message, f"It has {', '.join(delivery.channels)}.")
