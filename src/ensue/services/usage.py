"""Who uses a segment: the campaigns and cards whose audiences name it, and other segments.

One rule: a name counts wherever in a tree it stands.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from ensue.core import conditions
from ensue.core.conditions import Audience, Filter
from ensue.core.records import CampaignState, CardState, Segment


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One definition that names a segment."""

    kind: Literal["campaign", "card", "segment"]
    id: str
    name: str
    status: str = ""


def uses_of(
    segment: str, campaigns: Iterable[CampaignState], cards: Iterable[CardState], segments: Iterable[Segment]
) -> list[Use]:
    """Return what names a segment: campaigns, then cards, then segments."""
    found: list[Use] = []
    for state in campaigns:
        campaign = state.versions[-1].campaign
        if segment in named(campaign.audience):
            found.append(Use(kind="campaign", id=state.id, name=campaign.name, status=state.status))
    found += [
        Use(kind="card", id=one.id, name=one.card.name, status=one.status)
        for one in cards
        if segment in named(one.card.audience)
    ]
    found += [
        Use(kind="segment", id=other.id, name=other.name)
        for other in segments
        if segment in named(Audience(filter=other.filter))
    ]
    return found


def named(audience: Audience) -> set[str]:
    """Return the segments that an audience names."""
    return {*audience.segments, *(_named_in(audience.filter) if audience.filter else ())}


def _named_in(tree: Filter) -> Iterator[str]:
    match tree:
        case conditions.All(all=branches) | conditions.Any(any=branches):
            for branch in branches:
                yield from _named_in(branch)
        case conditions.Not(not_=branch):
            yield from _named_in(branch)
        case conditions.SegmentFilter(segment=name):
            yield name
        case _:
            pass
