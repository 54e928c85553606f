"""Made-up campaigns that may be launched: connected to one another, in chains and in cycles that end.

One rule: every definition is valid (L2): shares add up, exceptions have a delay, and no cycle runs without end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from msgspec.structs import replace

from ensue.core import conditions, contents, records, triggers, words

from .dice import Dice
from .made_filters import Names, a_doing, an_audience, an_interaction
from .words import BY_CHANNEL, CLOCKS, SPANS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONE_CHOICES: tuple[words.Zone, ...] = ("user", "workspace")
MIXES: dict[tuple[words.ChannelName, ...], int] = {
    ("email",): 8,
    ("push",): 4,
    ("in_app_message",): 3,
    ("webhook",): 2,
    ("email", "push"): 2,
    ("email", "in_app_message"): 2,
    ("push", "in_app_message"): 1,
    ("email", "push", "in_app_message", "webhook"): 1,
}


@dataclass(frozen=True)
class Sketch:
    """What the others need to know of a campaign before it is finished."""

    id: str
    mixes: tuple[tuple[words.ChannelName, ...], ...]
    control: int
    letters: int


def some_campaigns(dice: Dice, names: Names, start: datetime) -> tuple[records.Campaign, ...]:
    """Return finished campaigns with the ids of `names`."""
    sketches = tuple(_sketch(dice, name) for name in names.campaigns)
    made = tuple(a_campaign(dice, sketch, sketches, names, start=start) for sketch in sketches)
    if dice.chance(60):
        made = (_plain(dice, made[0]), *made[1:])
    if dice.chance(3):
        made = (*_chasing(names.campaigns[0], names.campaigns[1]), *made[2:])
    return tamed(made, is_patient=dice.chance(30))


def _sketch(dice: Dice, name: str) -> Sketch:
    versions = dice.weighted({1: 6, 2: 2, 3: 1})
    mixes = tuple(dice.weighted(MIXES) for _ in range(versions))
    control = dice.weighted({0: 6, 10: 2, 25: 2, 50: 2, 90: 1})
    return Sketch(id=name, mixes=mixes, control=control, letters=dice.weighted({0: 5, 1: 4, 2: 2, 4: 1}))


def a_campaign(
    dice: Dice, sketch: Sketch, sketches: tuple[Sketch, ...], names: Names, *, start: datetime
) -> records.Campaign:
    """Return the campaign of the sketch."""
    single = len(sketch.mixes) == 1 and dice.chance(70)
    campaign = records.Campaign(
        id=sketch.id,
        name=sketch.id,
        tags=dice.pick(((), ("promo",), ("promo", "news"))),
        channels=_content(sketch.mixes[0]) if single else None,
        variations=() if single else _variations(dice, sketch),
        control_group=sketch.control,
        delivery=_delivery(dice, sketches, names, start=start),
        audience=an_audience(dice, names),
        conversions=tuple(_conversion(dice, sketches) for _ in range(sketch.letters)),
        send_to=dice.weighted({"subscribed": 14, "all": 5, "opted_in": 1}),
        ignore_global_control_group=dice.chance(15),
    )
    return with_manners(dice, campaign)


def _plain(dice: Dice, campaign: records.Campaign) -> records.Campaign:
    """Return the campaign so that it is often sent: an original for the others to follow."""
    kinds = (triggers.CustomEvent(name="browsed"), triggers.StartSession(), triggers.MakePurchase(), a_doing(dice))
    delivery = dice.pick((records.ActionBased(triggers=(dice.pick(kinds),)), records.Scheduled(at="launch")))
    window = records.ReEligibility(window=dice.pick((timedelta(0), timedelta(0), HOUR)))
    return replace(campaign, delivery=delivery, audience=conditions.Audience(), quiet_hours=None, re_eligibility=window)


def with_manners(dice: Dice, campaign: records.Campaign) -> records.Campaign:
    """Return the campaign with other windows, quiet hours and caps."""
    windows = [None, None, timedelta(0), timedelta(0), timedelta(minutes=1), HOUR, DAY, 7 * DAY]
    window = dice.pick(windows)
    ignores = dice.chance(15)
    return replace(
        campaign,
        re_eligibility=None if window is None else records.ReEligibility(window=window),
        quiet_hours=_quiet_hours(dice) if dice.chance(35) else None,
        ignore_frequency_caps=ignores,
        count_toward_frequency_caps=True if ignores and dice.chance(50) else None,
    )


def _quiet_hours(dice: Dice) -> records.QuietHours:
    edges = [(time(22), time(8)), (time(0), time(12)), (time(1, 30), time(2, 30)), (time(8), time(20, 45))]
    begin, end = dice.pick(edges)
    return records.QuietHours(from_=begin, to=end, then=dice.pick(("postpone", "drop")))


def _content(mix: tuple[words.ChannelName, ...]) -> contents.Channels:
    buttons = (
        contents.Button(id="more", text="More", close=True),
        contents.Button(id="later", text="Later", close=True),
    )
    return contents.Channels(
        email=contents.Email(subject="S", html="<p>S</p>") if "email" in mix else None,
        push=contents.Push(title="T", body="B") if "push" in mix else None,
        in_app_message=contents.InAppMessage(heading="H", body="B", buttons=buttons)
        if "in_app_message" in mix
        else None,
        webhook=contents.Webhook(url="https://hooks.example/x", body="{}") if "webhook" in mix else None,
    )


def _variations(dice: Dice, sketch: Sketch) -> tuple[contents.Variation, ...]:
    left = 100 - sketch.control
    shares: list[float] = []
    for _ in sketch.mixes[1:]:
        shares.append(dice.between(0, (left - int(sum(shares))) // 2) + 0.25)
    shares.append(left - sum(shares))
    return tuple(
        contents.Variation(name=name, share=share, channels=_content(mix))
        for name, share, mix in zip("ABC", shares, sketch.mixes, strict=False)
    )


# ---------------------------------------------------------------- deliveries


def _delivery(dice: Dice, sketches: tuple[Sketch, ...], names: Names, *, start: datetime) -> records.Delivery:
    kind = dice.weighted({"action": 15, "scheduled": 3, "api": 2})
    if kind == "scheduled":
        return _scheduled(dice, start)
    delay = a_delay(dice)
    begin, end = _duration(dice, delay, start)
    exceptions = _exceptions(dice, sketches, names) if can_have_exceptions(delay) else ()
    kinds = tuple(a_kind(dice, sketches, names) for _ in range(dice.weighted({1: 5, 2: 3, 3: 1})))
    if any(isinstance(one, triggers.StartSession) for one in kinds):
        exceptions = tuple(one for one in exceptions if not isinstance(one, triggers.StartSession))
    if kind == "api":
        return records.ApiTriggered(
            delay=delay, exceptions=exceptions, start=begin, end=end, recheck_audience=dice.chance(50)
        )
    if exceptions and dice.chance(15) and not isinstance(kinds[0], triggers.StartSession):
        exceptions = (kinds[0], *exceptions)  # X4
    return records.ActionBased(
        triggers=kinds,
        delay=delay,
        exceptions=exceptions,
        start=begin,
        end=end,
        recheck_audience=dice.chance(50),
    )


def a_delay(dice: Dice) -> records.Delay | None:
    """Return a delay of any kind, none in a third of the cases."""
    zone = dice.pick(ZONE_CHOICES)
    match dice.weighted({"none": 5, "after": 11, "next": 3, "days": 3, "zero": 1}):
        case "none":
            return None
        case "zero":
            return records.After(after=timedelta(0))
        case "after":
            return records.After(after=dice.pick(SPANS))
        case "next":
            return records.OnNext(on_next=dice.pick(words.WEEKDAYS), at=dice.pick(CLOCKS), zone=zone)
        case _:
            return records.InDays(in_days=dice.pick((1, 0, 2, 3)), at=dice.pick(CLOCKS), zone=zone)


def can_have_exceptions(delay: records.Delay | None) -> bool:
    """Tell whether there is a delay to wait in (X1)."""
    return not (delay is None or (isinstance(delay, records.After) and not delay.after))


def longest(delay: records.Delay | None) -> timedelta:
    """Return a bound for how long the delay may be."""
    match delay:
        case records.After(after=span):
            return span
        case records.InDays(in_days=days):
            return (days + 2) * DAY
        case records.OnNext():
            return 9 * DAY
        case None:
            return timedelta(0)


def _duration(dice: Dice, delay: records.Delay | None, start: datetime) -> tuple[datetime | None, datetime | None]:
    begin = start + dice.pick((HOUR, 6 * HOUR, DAY)) if dice.chance(6) else None
    if not dice.chance(20):
        return begin, None
    return begin, (begin or start) + longest(delay) + dice.pick((2 * HOUR, 6 * HOUR, DAY, 3 * DAY))


def _scheduled(dice: Dice, start: datetime) -> records.Scheduled:
    zone = dice.pick(ZONE_CHOICES)
    local = (start + dice.between(1, 3) * DAY).date()
    end = start + dice.between(3, 6) * DAY if dice.chance(40) else None
    match dice.weighted({"launch": 4, "instant": 2, "local": 4, "day": 2, "week": 2, "month": 1}):
        case "launch":
            return records.Scheduled(at="launch")
        case "instant":
            return records.Scheduled(at=start + dice.pick((6 * HOUR, DAY, 30 * HOUR)), zone=zone)
        case "local":
            return records.Scheduled(at=datetime.combine(local, dice.pick(CLOCKS)), zone=zone)
        case "day":
            return records.Scheduled(
                every="day", at_time=dice.pick(CLOCKS), zone=zone, end=end, start=dice.pick((None, start + DAY))
            )
        case "week":
            days = dice.some(words.WEEKDAYS, 4) or ("sunday",)
            return records.Scheduled(every="week", on=days, at_time=dice.pick(CLOCKS), zone=zone, end=end)
        case _:
            near = [(start + n * DAY).day for n in dice.some((1, 2, 5), 2)]
            dates = tuple(sorted(day for day in near if day <= 28)) or (1,)
            return records.Scheduled(every="month", on=dates, at_time=dice.pick(CLOCKS), zone=zone)


# ---------------------------------------------------------------- kinds of events


def a_kind(dice: Dice, sketches: tuple[Sketch, ...], names: Names) -> triggers.Trigger:
    """Return a kind of event: a doing, or an interaction with one of the campaigns or cards."""
    kind = dice.weighted({"doing": 9, "campaign": 9, "card": 2})
    if kind == "card" and names.cards:
        return triggers.InteractWithCard(
            card=dice.pick(names.cards), interaction=dice.pick(("view_card", "click_card", "dismiss_card"))
        )
    if kind == "doing":
        return a_doing(dice)
    original = sketches[0] if dice.chance(40) else dice.pick(sketches)
    options: dict[words.CampaignInteraction, int] = {"cancelled_by_exception": 1}
    for channel in original.mixes[0]:
        options |= BY_CHANNEL[channel]
    if original.letters:
        options["perform_conversion_event"] = 4
    if original.control:
        options["enrolled_in_control_group"] = 3
    return an_interaction(dice, original.id, dice.weighted(options), original.letters)


def _exceptions(dice: Dice, sketches: tuple[Sketch, ...], names: Names) -> tuple[triggers.Trigger, ...]:
    return tuple(a_kind(dice, sketches, names) for _ in range(dice.weighted({1: 4, 2: 4, 0: 2})))


def _conversion(dice: Dice, sketches: tuple[Sketch, ...]) -> records.Conversion:
    own: list[triggers.OpenEmail | triggers.ClickEmail | triggers.Trigger] = [
        a_doing(dice),
        triggers.OpenEmail(),
        triggers.ClickEmail(),
    ]
    names = Names(tuple(sketch.id for sketch in sketches), (), ())
    event = dice.pick([*own, a_doing(dice), a_doing(dice), a_kind(dice, sketches, names)])
    return records.Conversion(event=event, window=dice.pick((DAY, timedelta(minutes=1), HOUR, 3 * DAY, 30 * DAY)))


# ---------------------------------------------------------------- edits


def channels_of(campaign: records.Campaign) -> list[words.ChannelName]:
    """Return the channels of the campaign's first variation."""
    content = campaign.channels or campaign.variations[0].channels
    return [channel for channel in words.CHANNELS if getattr(content, channel) is not None]


def edited(dice: Dice, campaign: records.Campaign, names: Names, *, at: datetime) -> records.Campaign:
    """Return another version of the campaign, as it may be saved while active at that instant."""
    match dice.weighted({"manners": 3, "audience": 2, "delivery": 4, "control": 2, "content": 1}):
        case "manners":
            return with_manners(dice, campaign)
        case "audience":
            return replace(campaign, audience=an_audience(dice, names))
        case "delivery":
            return replace(campaign, delivery=_edited_delivery(dice, campaign.delivery, at))
        case "control":
            return _shared(campaign, dice.pick((0, 10, 50, 90)))
        case _:
            mix = dice.weighted(MIXES)
            return replace(campaign, channels=_content(mix), variations=())


def _edited_delivery(dice: Dice, delivery: records.Delivery | None, at: datetime) -> records.Delivery | None:
    if delivery is None or isinstance(delivery, records.Scheduled | records.External):
        return delivery
    delay = a_delay(dice)
    begin, end = _duration(dice, delay, at)
    exceptions = delivery.exceptions[dice.below(2) :] if can_have_exceptions(delay) else ()
    return replace(delivery, delay=delay, exceptions=exceptions, start=begin, end=end, recheck_audience=dice.chance(50))


def _shared(campaign: records.Campaign, control: int) -> records.Campaign:
    each = (100 - control) / 4
    count = len(campaign.variations)
    shares = [each] * (count - 1) + [100 - control - each * (count - 1)]
    variations = tuple(replace(v, share=share) for v, share in zip(campaign.variations, shares, strict=False))
    return replace(campaign, control_group=control, variations=variations)


# ---------------------------------------------------------------- cycles


def tamed(campaigns: tuple[records.Campaign, ...], *, is_patient: bool = False) -> tuple[records.Campaign, ...]:
    """Return the campaigns with re-eligibility taken from enough of them that every cycle comes to its end.

    With `is_patient` a cycle may also go on for ever, once a day.
    """
    for campaign in campaigns:
        quick = [c for c in campaigns if _is_quick(c, is_patient=is_patient)]
        if campaign in quick and campaign.id in _reached(quick, campaign.id):
            slower = replace(campaign, re_eligibility=None)
            return tamed(tuple(slower if c is campaign else c for c in campaigns), is_patient=is_patient)
    return campaigns


def _is_quick(campaign: records.Campaign, *, is_patient: bool) -> bool:
    if campaign.re_eligibility is None or campaign.re_eligibility.window >= DAY:
        return False
    delay = campaign.delivery.delay if isinstance(campaign.delivery, records.ActionBased) else None
    return not (is_patient and isinstance(delay, records.After) and delay.after >= DAY)


def originals(campaign: records.Campaign) -> set[str]:
    """Return the campaigns and cards that triggers and exceptions refer to."""
    delivery = campaign.delivery
    if delivery is None or isinstance(delivery, records.Scheduled | records.External):
        return set()
    listed = delivery.triggers if isinstance(delivery, records.ActionBased) else ()
    return named_in((*listed, *delivery.exceptions))


def named_in(kinds: Sequence[triggers.Trigger | triggers.OpenEmail | triggers.ClickEmail]) -> set[str]:
    """Return the campaigns and cards that the kinds of events name."""
    cards = {kind.card for kind in kinds if isinstance(kind, triggers.InteractWithCard)}
    return cards | {kind.campaign for kind in kinds if isinstance(kind, triggers.InteractWithCampaign)}


def _reached(campaigns: list[records.Campaign], from_: str) -> set[str]:
    reached: set[str] = set()
    while True:
        more = {c.id for c in campaigns if originals(c) & (reached | {from_})} - reached
        if not more:
            return reached
        reached |= more


def _chasing(one: str, other: str) -> tuple[records.Campaign, records.Campaign]:
    """Return two campaigns that cancel and enter each other without end, were it not for the limit of hops (T11)."""

    def chases(chaser: str, chased: str) -> records.Campaign:
        left = triggers.InteractWithCampaign(campaign=chased, interaction="cancelled_by_exception")
        start = triggers.CustomEvent(name="browsed")
        delivery = records.ActionBased(triggers=(start, left), delay=records.After(after=DAY), exceptions=(start, left))
        return records.Campaign(id=chaser, name=chaser, channels=_content(("push",)), delivery=delivery)

    return chases(one, other), chases(other, one)
