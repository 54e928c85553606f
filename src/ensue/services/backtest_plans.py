"""The plans by which a campaign is decided over a span: as if it had been live all the time, or as it really was.

One rule: only the tested campaign listens; all others are there as originals, with the spells that they had (T3), and
what they did is read from the log.
Settings, segments, and other campaigns' names and tags are those of today: the catalog keeps no earlier ones.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from ensue.core.plan import Plan, compile_plan
from ensue.core.records import Campaign, CampaignState, Spell, Version


class Since(msgspec.Struct, frozen=True):
    """A plan that holds from an instant on (of arrival)."""

    at: datetime
    plan: Plan


def plans_all_the_time(campaign: Campaign, start: datetime, today: Plan) -> list[Since]:
    """Return the plan of a campaign that is launched at the start and never changes."""
    version = Version(number=1, saved_at=start, campaign=campaign)
    spell = Spell(begun_at=start)
    state = CampaignState(id=campaign.id, status="active", versions=(version,), spells=(spell,))
    return [Since(start, _plan(state, today))]


def plans_as_recorded(state: CampaignState, today: Plan) -> list[Since]:
    """Return a plan for each time at which the campaign was launched, stopped, resumed or edited, in order."""
    ends = [spell.ended_at for spell in state.spells if spell.ended_at is not None]
    times = {spell.begun_at for spell in state.spells} | set(ends)
    first = min(times)
    times |= {version.saved_at for version in state.versions if version.saved_at > first}
    plans: list[Since] = []
    for at in sorted(times):
        plans.append(Since(at, _plan(_as_of(state, at), today, plans[-1].plan if plans else None)))
    return plans


def before_all(today: Plan, campaign: str) -> Plan:
    """Return the plan before the campaign was launched: nothing listens."""
    others = {name: one for name, one in today.campaigns.items() if name != campaign}
    return Plan(workspace=today.workspace, campaigns=others, cards=today.cards, segments=today.segments)


def _as_of(state: CampaignState, at: datetime) -> CampaignState:
    """Return a launched campaign as it was at an instant."""
    versions = tuple(version for version in state.versions if version.saved_at <= at) or state.versions[:1]
    spells = tuple(_so_far(spell, at) for spell in state.spells if spell.begun_at <= at)
    is_active = spells[-1].ended_at is None
    return replace(state, status="active" if is_active else "stopped", versions=versions, spells=spells)


def _so_far(spell: Spell, at: datetime) -> Spell:
    return replace(spell, ended_at=None) if spell.ended_at is not None and spell.ended_at > at else spell


def _plan(state: CampaignState, today: Plan, before: Plan | None = None) -> Plan:
    own = compile_plan(today.workspace, [state], before=before)
    return replace(
        own,
        campaigns={**today.campaigns, **own.campaigns},
        cards=today.cards,
        segments=today.segments,
        conversions={},
        listening=frozenset(own.triggers) | own.exceptions,
        earning=frozenset(),
    )


def versions_in(plans: Sequence[Since], campaign: str) -> list[Campaign]:
    """Return all versions of the campaign that some plan decides by."""
    return [version.campaign for version in plans[-1].plan.campaigns[campaign].versions.values()]
