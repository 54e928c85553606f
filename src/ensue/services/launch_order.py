"""The order of launches (B1): a follow-on that is launched after its original misses what happened before.

One rule: computed from the definitions and their states alone; what is archived is left out.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ensue.core.connections import Connection, connections_of
from ensue.core.records import Campaign, CampaignState, Status


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """An original that is active already: what happened with it so far never triggers the follow-on."""

    connection: Connection
    happened: int = 0
    """How often the interaction was counted so far."""


def waiting_follow_ons(campaign: str, states: Iterable[CampaignState]) -> list[CampaignState]:
    """Return drafts and stopped campaigns that follow on this one, or on one of those, the nearest first."""
    known = {state.id: state for state in states if state.status != "archived" and state.id != campaign}
    found: dict[str, CampaignState] = {}
    originals = [campaign]
    for original in originals:
        for state in known.values():
            if state.id not in found and original in _originals(state.versions[-1].campaign):
                originals.append(state.id)
                found[state.id] = state
    return [state for state in found.values() if state.status in ("draft", "stopped")]


def live_originals(
    campaign: Campaign, statuses: Mapping[str, Status], happened: Mapping[tuple[str, str], int]
) -> list[Live]:
    """Return the connections of a follow-on whose original is active; `happened` counts (original, interaction)."""
    edges = [edge for edge in connections_of(campaign) if edge.role == "trigger" and edge.original != campaign.id]
    return [
        Live(connection=edge, happened=happened.get((edge.original, edge.interaction), 0))
        for edge in dict.fromkeys(edges)
        if statuses.get(edge.original) == "active"
    ]


def _originals(campaign: Campaign) -> set[str]:
    return {edge.original for edge in connections_of(campaign) if edge.role == "trigger"}
