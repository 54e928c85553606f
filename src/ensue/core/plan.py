"""The plan: all campaigns and cards that were ever launched, compiled and indexed by what they listen to.

One rule: a plan is a value; a change of definitions makes a new one. `compile_plan` reuses the compiled versions of the
plan before, so that one launch among thousands of campaigns is cheap.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from ensue.core.conditions import Filter
from ensue.core.contents import Channels
from ensue.core.occasions import Occasion, conversion_key, is_met, key_of, name_of
from ensue.core.records import (
    ActionBased,
    After,
    ApiTriggered,
    Campaign,
    CampaignState,
    CardState,
    Delay,
    Segment,
    Spell,
    Status,
    Workspace,
)
from ensue.core.triggers import ClickEmail, OpenEmail, Trigger

ZERO = timedelta(0)


Listed = tuple[tuple[int, Trigger, str], ...]
"""Triggers of one key, each with its place in the campaign's list, and its name."""


class Converting(msgspec.Struct, frozen=True):
    """One conversion event with its letter and window."""

    letter: str
    event: Trigger | OpenEmail | ClickEmail
    window: timedelta


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a campaign, ready for decisions.

    `elapsing` is the delay where it depends on no clock; `every_trigger_enters` where the re-eligibility window is
    zero (T9).
    """

    number: int
    campaign: Campaign
    triggers: dict[str, Listed]
    exceptions: dict[str, Listed]
    conversions: dict[str, tuple[Converting, ...]]
    delay: Delay | None
    elapsing: timedelta | None
    start: datetime | None
    end: datetime | None
    recheck_audience: bool
    every_trigger_enters: bool
    shares: tuple[tuple[str, float], ...]

    def channels(self, variation: str) -> Channels | None:
        """Return the content of a variation, if this version has it."""
        if self.campaign.channels is not None:
            return self.campaign.channels if variation == "A" else None
        return next((v.channels for v in self.campaign.variations if v.name == variation), None)


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that was launched at least once, with its life; `current` is its newest version.

    `launched_at` is when it first became active, `active_since` when the present, or last, spell began (L3).
    """

    id: str
    status: Status
    current: Compiled
    versions: dict[int, Compiled]
    spells: tuple[Spell, ...]
    launched_at: datetime
    active_since: datetime

    @property
    def stopped_at(self) -> datetime | None:
        """Return when the last spell ended, where it did."""
        return self.spells[-1].ended_at


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about definitions that decisions rest on; `triggers` lists campaigns in the order of T10.

    `exceptions` holds the keys of exception events, `listening` every key under which some campaign listens; `earning`
    the campaigns whose revenue is counted.
    """

    workspace: Workspace = Workspace()
    campaigns: dict[str, Launched] = {}
    cards: dict[str, CardState] = {}
    segments: dict[str, Filter | None] = {}
    triggers: dict[str, tuple[Launched, ...]] = {}
    exceptions: frozenset[str] = frozenset()
    conversions: dict[str, frozenset[str]] = {}
    listening: frozenset[str] = frozenset()
    earning: frozenset[str] = frozenset()
    rate_limits: dict[str, int] = {}

    def active_original(self, campaign: str, at: datetime) -> bool:
        """Say whether a campaign was active at that instant (T3)."""
        launched = self.campaigns.get(campaign)
        return launched is not None and _was_active(launched.spells, at)

    def active_card(self, card: str, at: datetime) -> bool:
        """Say whether a card was active at that instant (T3)."""
        state = self.cards.get(card)
        return state is not None and _was_active(state.spells, at)


def compile_plan(
    workspace: Workspace,
    campaigns: Iterable[CampaignState],
    cards: Iterable[CardState] = (),
    segments: Iterable[Segment] = (),
    before: Plan | None = None,
) -> Plan:
    """Compile everything that was launched; drafts take no part."""
    known = before.campaigns if before else {}
    launched = {state.id: _launched(state, known.get(state.id)) for state in campaigns if state.spells}
    ordered = sorted(launched.values(), key=lambda one: (one.launched_at, one.id))
    triggers, exceptions, conversions = _triggers(ordered), _exceptions(ordered), _conversions(ordered)
    return Plan(
        workspace=workspace,
        campaigns=launched,
        cards={card.id: card for card in cards if card.spells},
        segments={segment.id: segment.filter for segment in segments},
        triggers=triggers,
        exceptions=exceptions,
        conversions=conversions,
        listening=frozenset(triggers).union(exceptions, conversions),
        earning=frozenset(one.id for one in ordered if one.current.campaign.conversions),
        rate_limits={one.id: limit.per_minute for one in ordered if (limit := one.current.campaign.rate_limit)},
    )


def compile_version(number: int, campaign: Campaign) -> Compiled:
    """Compile one version of a campaign."""
    delivery = campaign.delivery
    acting = delivery if isinstance(delivery, ActionBased | ApiTriggered) else None
    triggers = delivery.triggers if isinstance(delivery, ActionBased) else ()
    return Compiled(
        number=number,
        campaign=campaign,
        triggers=_by_key(triggers),
        exceptions=_by_key(acting.exceptions if acting else ()),
        conversions=_converting(campaign),
        delay=acting.delay if acting else None,
        elapsing=_elapsing(acting.delay if acting else None),
        start=delivery.start if delivery else None,
        end=delivery.end if delivery else None,
        recheck_audience=acting is not None and acting.recheck_audience,
        every_trigger_enters=campaign.re_eligibility is not None and campaign.re_eligibility.window == ZERO,
        shares=shares_of(campaign),
    )


def _elapsing(delay: Delay | None) -> timedelta | None:
    if delay is None:
        return ZERO
    return delay.after if isinstance(delay, After) else None


def shares_of(campaign: Campaign) -> tuple[tuple[str, float], ...]:
    """Return the variations with their shares in percent, in order; the rest to 100 is the control group (V1)."""
    if campaign.channels is not None:
        return (("A", 100 - campaign.control_group),)
    return tuple((variation.name, variation.share) for variation in campaign.variations)


def _was_active(spells: Iterable[Spell], at: datetime) -> bool:
    return any(spell.begun_at <= at and (spell.ended_at is None or at < spell.ended_at) for spell in spells)


def _launched(state: CampaignState, known: Launched | None) -> Launched:
    old = known.versions if known else {}
    versions = {
        version.number: compiled
        if (compiled := old.get(version.number)) and compiled.campaign == version.campaign
        else compile_version(version.number, version.campaign)
        for version in state.versions
    }
    return Launched(
        id=state.id,
        status=state.status,
        current=versions[state.versions[-1].number],
        versions=versions,
        spells=state.spells,
        launched_at=state.spells[0].begun_at,
        active_since=state.spells[-1].begun_at,
    )


def first_met(listed: dict[str, Listed], occasion: Occasion) -> str | None:
    """Return the name of the trigger that the occasion meets, of several the one listed first."""
    first, name = sys.maxsize, None
    for key in occasion.keys:
        for place, trigger, its_name in listed.get(key, ()):
            if place < first and is_met(trigger, occasion):
                first, name = place, its_name
    return name


def _by_key(triggers: Iterable[Trigger]) -> dict[str, Listed]:
    keyed: defaultdict[str, list[tuple[int, Trigger, str]]] = defaultdict(list)
    for place, trigger in enumerate(triggers):
        keyed[key_of(trigger)].append((place, trigger, name_of(trigger)))
    return {key: tuple(group) for key, group in keyed.items()}


def _converting(campaign: Campaign) -> dict[str, tuple[Converting, ...]]:
    keyed: defaultdict[str, list[Converting]] = defaultdict(list)
    for letter, conversion in zip("ABCD", campaign.conversions, strict=False):
        key = conversion_key(campaign.id, conversion.event)
        keyed[key].append(Converting(letter, conversion.event, conversion.window))
    return {key: tuple(group) for key, group in keyed.items()}


def _triggers(ordered: Iterable[Launched]) -> dict[str, tuple[Launched, ...]]:
    keyed: defaultdict[str, list[Launched]] = defaultdict(list)
    for one in ordered:
        if one.status != "active":
            continue
        for key in one.current.triggers:
            keyed[key].append(one)
        if isinstance(one.current.campaign.delivery, ApiTriggered):
            keyed[f"api:{one.id}"].append(one)
    return {key: tuple(group) for key, group in keyed.items()}


def _exceptions(ordered: Iterable[Launched]) -> frozenset[str]:
    active = (one for one in ordered if one.status == "active")
    return frozenset(key for one in active for version in one.versions.values() for key in version.exceptions)


def _conversions(ordered: Iterable[Launched]) -> dict[str, frozenset[str]]:
    keyed: defaultdict[str, set[str]] = defaultdict(set)
    for one in ordered:
        for key in one.current.conversions:
            keyed[key].add(one.id)
    return {key: frozenset(group) for key, group in keyed.items()}
