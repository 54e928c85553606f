"""What came of campaigns, in numbers: the list's key figures, the funnel, variations beside control, days.

One rule: numbers are read from outcomes and figures alone, so a report costs the same after ten and ten million people.
Not here: how sure a difference is (`comparing`), what things are called (`terms`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from ensue.core.records import Campaign, CampaignState, External, Status
from ensue.core.words import CHANNELS, ChannelName
from ensue.history import Figure
from ensue.ports import Store
from ensue.services.comparing import Comparison, Group, compare, rate
from ensue.services.definitions import load_campaign

CONTROL = "control"
ORDER: tuple[Status, ...] = ("active", "draft", "stopped", "archived")
OPENS = ("open_email", "open_email:machine", "directly_open_push")
CLICKS = ("click_email", "click_in_app_message")
VIEWS = ("view_in_app_message",)
UNSENT_SHARE = 0.05
"""Above this share of those chosen for a variation who were sent nothing, a comparison with control is doubtful."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign in the list, with its key figures; `changed_at` is its last save, launch or stop."""

    id: str
    name: str
    status: Status
    tags: tuple[str, ...]
    channels: tuple[ChannelName, ...]
    delivery: str
    changed_at: datetime
    waiting: int
    sent: int
    converted: int
    conversion_rate: float | None


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """People who went no further, and why: `cancelled:EXCEPTION`, `suppressed:REASON`, `control`."""

    name: str
    amount: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the funnel, and who was lost on the way to the next."""

    name: str
    amount: int
    lost: tuple[Loss, ...] = ()


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """A variation, or the control group: what came of those who were sent it, and how it does beside the baseline.

    `size` are those who were sent it, or enrolled; `chosen` also those who were to be sent it and were suppressed.
    """

    name: str
    size: int
    chosen: int
    viewed: int
    opened: int
    clicked: int
    conversions: dict[str, int]
    revenue: dict[str, float]
    rate: float | None = None
    comparison: Comparison | None = None

    @property
    def converted(self) -> int:
        """Return the conversions A."""
        return self.conversions.get("A", 0)

    @property
    def is_doubtful(self) -> bool:
        """Say whether so many were suppressed that control, which holds such people too, compares badly."""
        return self.chosen > 0 and (self.chosen - self.size) / self.chosen > UNSENT_SHARE


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that came of one campaign so far."""

    state: CampaignState
    entered: int
    outcomes: dict[str, int]
    funnel: tuple[Step, ...]
    refused: tuple[Loss, ...]
    arms: tuple[Arm, ...]
    baseline: str | None
    revenue: dict[str, float]
    figures: dict[str, float]

    @property
    def campaign(self) -> Campaign:
        """Return the newest definition."""
        return self.state.versions[-1].campaign


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on each day of UTC, or in spells of `step` days, from `first` on: names with a number for each."""

    first: date
    count: int
    step: int = 1
    series: dict[str, tuple[float, ...]]


# ---------------------------------------------------------------- the list


def overview(store: Store) -> list[Line]:
    """Return all campaigns: active ones first, then drafts, stopped and archived; within each the latest changed."""
    outcomes = store.ledger.outcomes()
    converted: dict[str, int] = {}
    for figure in store.ledger.figures():
        if figure.name == "perform_conversion_event:A" and figure.variation != CONTROL:
            converted[figure.campaign] = converted.get(figure.campaign, 0) + int(figure.amount)
    lines = [_line(one, outcomes.get(one.id, {}), converted.get(one.id, 0)) for one in store.catalog.campaigns()]
    lines.sort(key=lambda line: line.changed_at, reverse=True)
    return sorted(lines, key=lambda line: ORDER.index(line.status))


def matching(lines: Iterable[Line], *, words: str = "", tag: str = "", status: str = "") -> list[Line]:
    """Return the lines with all of the words in their name, id or tags; without a status, all but archived ones."""
    wanted = words.casefold().split()
    return [
        line
        for line in lines
        if (status in (line.status, "all") or (not status and line.status != "archived"))
        and (not tag or tag in line.tags)
        and all(word in " ".join((line.name, line.id, *line.tags)).casefold() for word in wanted)
    ]


def channels_of(campaign: Campaign) -> tuple[ChannelName, ...]:
    """Return the channels that a campaign uses in any of its variations, or that another system sends it by."""
    if isinstance(campaign.delivery, External):
        return campaign.delivery.channels
    contents = [campaign.channels, *(variation.channels for variation in campaign.variations)]
    return tuple(name for name in CHANNELS if any(one and getattr(one, name) is not None for one in contents))


def _line(state: CampaignState, outcomes: Mapping[str, int], converted: int) -> Line:
    campaign = state.versions[-1].campaign
    sent = outcomes.get("sent", 0)
    moments = [state.versions[-1].saved_at, *(at for spell in state.spells for at in (spell.begun_at, spell.ended_at))]
    return Line(
        id=state.id,
        name=campaign.name or state.id,
        status=state.status,
        tags=campaign.tags,
        channels=channels_of(campaign),
        delivery=str(campaign.delivery.__struct_config__.tag) if campaign.delivery else "",
        changed_at=max(at for at in moments if at is not None),
        waiting=outcomes.get("waiting", 0) + outcomes.get("sending", 0),
        sent=sent,
        converted=converted,
        conversion_rate=rate(Group(size=sent, converted=converted)) if campaign.conversions else None,
    )


# ---------------------------------------------------------------- one campaign


def report(store: Store, campaign: str) -> Report:
    """Return what came of a campaign; Rejected where there is none."""
    state = load_campaign(store.catalog, campaign)
    return reported(state, store.ledger.outcomes(campaign).get(campaign, {}), store.ledger.figures(campaign))


def reported(state: CampaignState, stands: Mapping[str, int], figures: Sequence[Figure]) -> Report:
    """Put a report together from the outcomes as they stand and the figures."""
    totals: dict[str, float] = {}
    for figure in figures:
        totals[figure.name] = totals.get(figure.name, 0) + figure.amount
    outcomes: dict[str, int] = {}
    for name, amount in stands.items():
        outcomes[name.split(":")[0]] = outcomes.get(name.split(":")[0], 0) + amount
    entered = sum(amount for name, amount in outcomes.items() if name != "refused")
    arms, baseline = _compared(_arms(state.versions[-1].campaign, figures))
    return Report(
        state=state,
        entered=entered,
        outcomes=outcomes,
        funnel=_funnel(state.versions[-1].campaign, entered, stands, totals, figures),
        refused=_losses(stands, "refused"),
        arms=arms,
        baseline=baseline,
        revenue=_revenue(one for one in figures if one.variation != CONTROL),
        figures=dict(sorted(totals.items())),
    )


def _funnel(
    campaign: Campaign,
    entered: int,
    stands: Mapping[str, int],
    totals: Mapping[str, float],
    figures: Sequence[Figure],
) -> tuple[Step, ...]:
    channels = channels_of(campaign)
    deeds = {
        "viewed": "in_app_message" in channels,
        "opened": "email" in channels or "push" in channels,
        "clicked": "email" in channels or "in_app_message" in channels,
        "converted": bool(campaign.conversions),
    }
    lost = [*_cancelled(stands, totals), *_losses(stands, "suppressed")]
    if stands.get(CONTROL):
        lost.append(Loss(name=CONTROL, amount=stands[CONTROL]))
    lost.sort(key=lambda one: -one.amount)
    waiting = stands.get("waiting", 0) + stands.get("sending", 0)
    steps = [Step(name="entered", amount=entered, lost=tuple(lost))]
    steps += [Step(name="waiting", amount=waiting)] if waiting else []
    steps.append(Step(name="sent", amount=stands.get("sent", 0)))
    return (*steps, *(Step(name=deed, amount=_people(figures, deed)) for deed, is_shown in deeds.items() if is_shown))


def _people(figures: Iterable[Figure], deed: str) -> int:
    """Count the people who did it, those in control aside."""
    return int(sum(one.amount for one in figures if one.name == f"people:{deed}" and one.variation != CONTROL))


def _cancelled(stands: Mapping[str, int], totals: Mapping[str, float]) -> list[Loss]:
    """Return who was cancelled by which exception."""
    found = [Loss(name=name, amount=int(amount)) for name, amount in totals.items() if name.startswith("cancelled:")]
    rest = stands.get("cancelled", 0) - sum(one.amount for one in found)
    return [*found, Loss(name="cancelled", amount=rest)] if rest > 0 else found


def _losses(stands: Mapping[str, int], outcome: str) -> tuple[Loss, ...]:
    found = [Loss(name=name, amount=amount) for name, amount in stands.items() if name.split(":")[0] == outcome]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.name)))


# ---------------------------------------------------------------- variations beside control


def _arms(campaign: Campaign, figures: Sequence[Figure]) -> list[Arm]:
    """Return the variations in their order, those that are no more, and the control group."""
    names = [one.name for one in campaign.variations] or ["A"]
    names += sorted({one.variation for one in figures} - {*names, CONTROL, ""})
    has_control = campaign.control_group or any(one.variation == CONTROL for one in figures)
    return [
        _arm(name, [one for one in figures if one.variation == name])
        for name in (*names, CONTROL)[: None if has_control else -1]
    ]


def _arm(name: str, figures: Sequence[Figure]) -> Arm:
    amounts = {one.name: one.amount for one in figures}
    size = int(amounts.get(CONTROL if name == CONTROL else "sent", 0))
    suppressed = sum(amount for key, amount in amounts.items() if key.startswith("suppressed:"))
    head = "perform_conversion_event:"
    conversions = {key.removeprefix(head): int(amount) for key, amount in amounts.items() if key.startswith(head)}
    return Arm(
        name=name,
        size=size,
        chosen=size + int(suppressed),
        viewed=int(amounts.get("people:viewed", 0)),
        opened=int(amounts.get("people:opened", 0)),
        clicked=int(amounts.get("people:clicked", 0)),
        conversions=conversions,
        revenue=_revenue(figures),
        rate=rate(Group(size=size, converted=conversions.get("A", 0))),
    )


def _compared(arms: Sequence[Arm]) -> tuple[tuple[Arm, ...], str | None]:
    """Lay every arm beside the control group, or beside the first variation where there is none."""
    if len(arms) == 1:
        return tuple(arms), None
    baseline = arms[-1] if arms[-1].name == CONTROL else arms[0]
    group = _group(baseline)
    compared = (
        one if one is baseline else msgspec.structs.replace(one, comparison=compare(_group(one), group)) for one in arms
    )
    return tuple(compared), baseline.name


def _group(arm: Arm) -> Group:
    return Group(size=arm.size, converted=arm.converted)


def _revenue(figures: Iterable[Figure]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in figures:
        if one.name.startswith("revenue:"):
            currency = one.name.removeprefix("revenue:")
            found[currency] = found.get(currency, 0) + one.amount
    return dict(sorted(found.items()))


# ---------------------------------------------------------------- day by day


def days(store: Store, campaign: str, last: date, count: int) -> Days:
    """Return what happened on each of the `count` days up to `last`; names that never occurred are left out."""
    first = last - timedelta(days=count - 1)
    series: dict[str, list[float]] = {}
    for figure in store.ledger.figures_by_day(campaign, first):
        name = _series(figure.name)
        place = (figure.day - first).days
        if name and place < count and figure.variation != CONTROL:
            series.setdefault(name, [0.0] * count)[place] += figure.amount
    order = ("sent", "viewed", "opened", "clicked", "converted", "cancelled", "suppressed")
    return Days(first=first, count=count, series={name: tuple(series[name]) for name in order if name in series})


def gathered(daily: Days, step: int) -> Days:
    """Return the days in spells of `step` days, the last of which is whole."""
    over = daily.count % step
    series = {
        name: tuple(sum(values[max(0, end - step) : end]) for end in range(over or step, daily.count + 1, step))
        for name, values in daily.series.items()
    }
    first = daily.first - timedelta(days=step - over if over else 0)
    return Days(first=first, count=(daily.count + step - 1) // step, step=step, series=series)


def _series(name: str) -> str:
    """Return the line of the chart that a figure belongs to, "" for none."""
    for line, names in (("opened", OPENS), ("clicked", CLICKS), ("viewed", VIEWS)):
        if name in names:
            return line
    head = name.split(":", maxsplit=1)[0]
    if head == "perform_conversion_event":
        return "converted"
    return head if head in ("sent", "cancelled", "suppressed") else ""
