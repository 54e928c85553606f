"""Connections: who follows on whom, in which order to launch, and which cycles could run away (T11, B1).

One rule: computed from definitions alone; drafts count.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from ensue.core.records import ActionBased, After, Campaign, CampaignState, CardState, InDays, Spell
from ensue.core.triggers import InteractWithCampaign, InteractWithCard, Trigger

Lateness = Literal["missing", "late"]
"""The original is active and the follow-on still a draft; or the follow-on was launched after its original."""


Span = tuple[datetime, datetime | None]
"""From an instant on, until before another, or without end."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One edge: what happens with the original triggers, or cancels, the follow-on."""

    original: str
    original_kind: Literal["campaign", "card"]
    interaction: str
    follow_on: str
    role: Literal["trigger", "exception"]


def connections_of(campaign: Campaign) -> list[Connection]:
    """Return the connections of which this campaign is the follow-on, triggers first."""
    delivery = campaign.delivery
    if not isinstance(delivery, ActionBased):
        return []
    found = [(trigger, "trigger") for trigger in delivery.triggers]
    found += [(exception, "exception") for exception in delivery.exceptions]
    edges = (_connection(trigger, campaign.id, role) for trigger, role in found)
    return [edge for edge in edges if edge is not None]


def is_undelayed(campaign: Campaign) -> bool:
    """Say whether an action-based campaign may send at the instant of its trigger."""
    delivery = campaign.delivery
    if not isinstance(delivery, ActionBased):
        return False
    delay = delivery.delay
    return (
        delay is None
        or (isinstance(delay, After) and delay.after == timedelta(0))
        or (isinstance(delay, InDays) and delay.in_days == 0)
    )


def cycle_through(node: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a shortest cycle through a node, beginning with it, or an empty list; found by breadth-first search."""
    paths, seen = deque([[node]]), {node}
    while paths:
        path = paths.popleft()
        for after in sorted(edges.get(path[-1], ())):
            if after == node:
                return path
            if after not in seen:
                seen.add(after)
                paths.append([*path, after])
    return []


def following(campaigns: Iterable[Campaign]) -> dict[str, set[str]]:
    """Return, by original campaign, the follow-ons that its interactions trigger."""
    edges: dict[str, set[str]] = {}
    for campaign in campaigns:
        for edge in connections_of(campaign):
            if edge.role == "trigger" and edge.original_kind == "campaign":
                edges.setdefault(edge.original, set()).add(campaign.id)
    return edges


def circling(edges: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    """Return the edges that lie on a cycle."""
    reached = {node: _reachable(node, edges) for node in edges}
    return {(one, other) for one, others in edges.items() for other in others if one in reached.get(other, ())}


def lateness(original: CampaignState | CardState, follow_on: CampaignState) -> Lateness | None:
    """Say whether a follow-on misses interactions because it is, or was, launched after its original (T2, B1)."""
    if original.status == "active" and follow_on.status == "draft":
        return "missing"
    if not original.spells or not follow_on.spells:
        return None
    return "late" if follow_on.spells[0].begun_at > original.spells[0].begun_at else None


def launch_order(nodes: Iterable[str], edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the nodes, each once, follow-ons before their originals; `edges` lead from originals to follow-ons.

    A search in depth: a node is left when all that follows on it is in the list, so only on a circle can an original
    come before its follow-on. Where the edges leave it open, the order is that of the ids, as in T10.
    """
    wanted, seen = set(nodes), set[str]()
    left: dict[str, None] = {}
    stack = sorted(wanted, reverse=True)
    while stack:
        node = stack[-1]
        if node in seen:
            left.setdefault(stack.pop())
            continue
        seen.add(node)
        stack += sorted((one for one in edges.get(node, ()) if one in wanted and one not in seen), reverse=True)
    return list(left)


def circles(order: Sequence[str], edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the circles among nodes in their launch order: groups in which each leads to each, from original on."""
    inner = {node: set(order).intersection(edges.get(node, ())) for node in order}
    reached = {node: _reachable(node, inner) for node in order}
    found: dict[str, list[str]] = {}
    for node in reversed(order):
        if node in reached[node]:
            first = next((one for one in found if one in reached[node] and node in reached[one]), node)
            found.setdefault(first, []).append(node)
    return list(found.values())


def missed_spans(original: Iterable[Spell], follow_on: Iterable[Spell]) -> tuple[Span, ...]:
    """Return when the original was active and the follow-on was not: what happened then triggered nothing (T2, T3)."""
    spans: list[Span] = [(spell.begun_at, spell.ended_at) for spell in original]
    for spell in follow_on:
        spans = [piece for span in spans for piece in _without(span, spell)]
    return tuple(spans)


def runaway_cycle(campaign: Campaign, others: Iterable[Campaign]) -> list[str]:
    """Return a cycle through a campaign in which nobody waits and everybody may receive again at once (T11)."""
    hasty = [one for one in (*others, campaign) if is_undelayed(one) and _may_repeat_at_once(one)]
    names = {one.id for one in hasty}
    edges = {original: ones for original, ones in following(hasty).items() if original in names}
    return cycle_through(campaign.id, edges)


def _reachable(node: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the nodes to which a path leads from a node; itself only where it lies on a cycle."""
    found: set[str] = set()
    paths = [node]
    while paths:
        fresh = [one for one in edges.get(paths.pop(), ()) if one not in found]
        found.update(fresh)
        paths += fresh
    return found


def _without(span: Span, spell: Spell) -> Iterator[Span]:
    """Yield what a spell leaves of a span."""
    begin, end = span
    if begin < spell.begun_at:
        yield begin, spell.begun_at if end is None else min(end, spell.begun_at)
    if spell.ended_at is not None and (end is None or spell.ended_at < end):
        yield max(begin, spell.ended_at), end


def _may_repeat_at_once(campaign: Campaign) -> bool:
    return campaign.re_eligibility is not None and campaign.re_eligibility.window == timedelta(0)


def _connection(trigger: Trigger, follow_on: str, role: str) -> Connection | None:
    named: Literal["trigger", "exception"] = "trigger" if role == "trigger" else "exception"
    match trigger:
        case InteractWithCampaign():
            return Connection(
                original=trigger.campaign,
                original_kind="campaign",
                interaction=trigger.interaction,
                follow_on=follow_on,
                role=named,
            )
        case InteractWithCard():
            return Connection(
                original=trigger.card,
                original_kind="card",
                interaction=trigger.interaction,
                follow_on=follow_on,
                role=named,
            )
        case _:
            return None
