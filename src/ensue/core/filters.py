"""Who belongs to an audience: filter trees and segments asked of one user's state (A1, A2, F2, F3).

One rule: the answer depends on the definition, the state and the instant; asking changes nothing and never fails.
Not here: whether a tree is well made (`plan`), how whole audiences are counted (`store`).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, assert_never

from ensue.core import conditions
from ensue.core.buckets import own_bucket
from ensue.core.comparisons import find_value, holds
from ensue.core.conditions import Audience, Comparison, Filter
from ensue.core.state import CardTouch, Tally, Touch, UserState
from ensue.core.tallies import amount_since, count_since
from ensue.core.words import ChannelName, SubscribedChannel

EVERYONE = "everyone"
"""The segment that always exists (A1)."""
DEEPEST_SEGMENT = 32
"""Segments that may refer to one another in a row; a longer row, or a cycle, holds nobody."""

Segments = Mapping[str, Filter | None]
SendTo = Literal["subscribed", "opted_in", "all"]
_Has = Literal["received", "viewed", "opened", "clicked", "converted", "control"]
_Profile = (
    conditions.AttributeFilter
    | conditions.SubscriptionFilter
    | conditions.ReachableFilter
    | conditions.BucketFilter
    | conditions.FirstSeenFilter
)
_History = (
    conditions.EventFilter
    | conditions.PurchaseFilter
    | conditions.SessionFilter
    | conditions.CampaignFilter
    | conditions.CardFilter
)
_Known = dict[str, bool | None]  # answers so far, so each segment is asked once; `None` while it is being asked
_NEVER = Tally()
_UNTOUCHED = Touch()
_UNSEEN = CardTouch()
_BEGINNING = datetime.min.replace(tzinfo=UTC)


# ---------------------------------------------------------------- audiences and trees


def in_audience(audience: Audience, state: UserState, at: datetime, segments: Segments) -> bool:
    """Tell whether the user belongs to the audience; unknown segments hold nobody, deleted users belong to none."""
    if not state.exists:
        return False
    known: _Known = {}
    for segment in audience.segments:
        if segment != EVERYONE and not _in_segment(segment, state, at, segments, known):
            return False
    return audience.filter is None or _matches(audience.filter, state, at, segments, known)


def matches(tree: Filter, state: UserState, at: datetime, segments: Segments) -> bool:
    """Tell whether the filter tree holds for the user at that instant; never for a deleted one."""
    return state.exists and _matches(tree, state, at, segments, {})


def is_reachable(state: UserState, channel: ChannelName, send_to: SendTo) -> bool:
    """Tell whether a message could be handed over: an address or device, and the subscription asked for (F2, F3)."""
    match channel:
        case "email":
            return _has_address(state) and _is_subscribed(state, channel, send_to)
        case "push":
            return bool(state.devices) and _is_subscribed(state, channel, send_to)
        case "in_app_message" | "webhook":
            return True
        case _:
            assert_never(channel)


def segments_used(tree: Filter | None) -> frozenset[str]:
    """Return the segments that the tree refers to, itself and not through other segments."""
    return frozenset(leaf.segment for leaf in leaves(tree) if isinstance(leaf, conditions.SegmentFilter))


def campaigns_used(tree: Filter | None) -> frozenset[str]:
    """Return the campaigns that the tree refers to."""
    return frozenset(leaf.campaign for leaf in leaves(tree) if isinstance(leaf, conditions.CampaignFilter))


def cards_used(tree: Filter | None) -> frozenset[str]:
    """Return the cards that the tree refers to."""
    return frozenset(leaf.card for leaf in leaves(tree) if isinstance(leaf, conditions.CardFilter))


def leaves(tree: Filter | None) -> Iterator[Filter]:
    """Yield the leaves of the tree, from left to right."""
    match tree:
        case None:
            return
        case conditions.All(all=branches) | conditions.Any(any=branches):
            for branch in branches:
                yield from leaves(branch)
        case conditions.Not(not_=branch):
            yield from leaves(branch)
        case _:
            yield tree


def _matches(tree: Filter, state: UserState, at: datetime, segments: Segments, known: _Known) -> bool:
    match tree:
        case conditions.All(all=branches):
            return all(_matches(branch, state, at, segments, known) for branch in branches)
        case conditions.Any(any=branches):
            return any(_matches(branch, state, at, segments, known) for branch in branches)
        case conditions.Not(not_=branch):
            return not _matches(branch, state, at, segments, known)
        case conditions.SegmentFilter(segment=segment):
            return _in_segment(segment, state, at, segments, known)
        case (
            conditions.AttributeFilter()
            | conditions.SubscriptionFilter()
            | conditions.ReachableFilter()
            | conditions.BucketFilter()
            | conditions.FirstSeenFilter()
        ):
            return _is_like(tree, state, at)
        case _:
            return _has_done(tree, state, at)


def _in_segment(segment: str, state: UserState, at: datetime, segments: Segments, known: _Known) -> bool:
    if segment == EVERYONE:
        return True
    if segment in known:
        return known[segment] is True
    if segment not in segments or list(known.values()).count(None) >= DEEPEST_SEGMENT:
        return False
    known[segment] = None
    tree = segments[segment]
    known[segment] = holds_user = tree is None or _matches(tree, state, at, segments, known)
    return holds_user


def _is_like(leaf: _Profile, state: UserState, at: datetime) -> bool:
    match leaf:
        case conditions.AttributeFilter(attribute="external_id"):
            return holds(leaf, state.user, at)
        case conditions.AttributeFilter(attribute=name):
            return holds(leaf, find_value(state.attributes, name), at)
        case conditions.SubscriptionFilter(subscription=channel, is_=wanted):
            return state.subscriptions.get(channel, "subscribed") == wanted
        case conditions.ReachableFilter(reachable=channel):
            return is_reachable(state, channel, "subscribed")
        case conditions.BucketFilter(bucket=comparison):
            return holds(comparison, own_bucket(state.user), at)
        case conditions.FirstSeenFilter(first_seen=comparison):
            return holds(comparison, state.first_seen_at.isoformat(), at)
        case _:
            assert_never(leaf)


def _has_done(leaf: _History, state: UserState, at: datetime) -> bool:
    match leaf:
        case conditions.EventFilter(event=name):
            return _happened(leaf.count, _count((state.events.get(name, _NEVER),), leaf.within, at), at)
        case conditions.SessionFilter():
            return _happened(leaf.count, _count((state.sessions,), leaf.within, at), at)
        case conditions.PurchaseFilter():
            return _purchased(leaf, state, at)
        case conditions.CampaignFilter(campaign=campaign):
            return _is_within(_touched_at(state.campaigns.get(campaign, _UNTOUCHED), leaf.has), leaf.within, at)
        case conditions.CardFilter(card=card):
            seen = state.cards.get(card, _UNSEEN)
            return _is_within(seen.viewed_at if leaf.has == "viewed" else seen.clicked_at, leaf.within, at)
        case _:
            assert_never(leaf)


def _happened(asked: Comparison | None, count: int, at: datetime) -> bool:
    return count > 0 if asked is None else holds(asked, count, at)


def _purchased(leaf: conditions.PurchaseFilter, state: UserState, at: datetime) -> bool:
    any_product = leaf.purchase == "any"
    tallies = tuple(state.purchases.values()) if any_product else (state.purchases.get(leaf.purchase, _NEVER),)
    if leaf.spent is not None and not holds(leaf.spent, _spent(tallies, leaf.within, at), at):
        return False
    if leaf.count is None and leaf.spent is not None:
        return True
    return _happened(leaf.count, _count(tallies, leaf.within, at), at)


def _count(tallies: tuple[Tally, ...], within: timedelta | None, at: datetime) -> int:
    if within is None:
        return sum(tally.count for tally in tallies)
    after = _before(at, within)
    return sum(count_since(tally, after, at) for tally in tallies)


def _spent(tallies: tuple[Tally, ...], within: timedelta | None, at: datetime) -> float:
    if within is None:
        return sum(tally.total for tally in tallies)
    after = _before(at, within)
    return sum(amount_since(tally, after, at) for tally in tallies)


def _before(at: datetime, span: timedelta) -> datetime:
    return at - span if span < at - _BEGINNING else _BEGINNING


def _is_within(last: datetime | None, within: timedelta | None, at: datetime) -> bool:
    return last is not None and (within is None or timedelta(0) <= at - last <= within)


def _touched_at(touch: Touch, has: _Has) -> datetime | None:
    match has:
        case "received":
            return touch.received_at
        case "viewed":
            return touch.viewed_at
        case "opened":
            return touch.opened_at
        case "clicked":
            return touch.clicked_at
        case "converted":
            return touch.converted_at
        case "control":
            return touch.control_at
        case _:
            assert_never(has)


def _has_address(state: UserState) -> bool:
    address = state.attributes.get("email")
    if not isinstance(address, str) or not address:
        return False
    return state.bounced_email is None or state.bounced_email.casefold() != address.casefold()


def _is_subscribed(state: UserState, channel: SubscribedChannel, send_to: SendTo) -> bool:
    subscription = state.subscriptions.get(channel, "subscribed")
    return send_to == "all" or subscription in ("opted_in", send_to)
