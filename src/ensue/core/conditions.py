"""Conditions: comparisons, filter trees, audiences.

One rule: in a file a filter is known by its first key: `attribute: country`, `event: viewed_item`, `all: […]`.
Not here: whether a condition holds (`filters`).
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from ensue.core.words import Record, Scalar, Slug, SubscribedChannel, Subscription, Value


class Comparison(Record, frozen=True, kw_only=True):
    """What a value must be like; several operators must all hold (A3: false on a missing value)."""

    is_: Value | UnsetType = msgspec.field(default=UNSET, name="is")
    is_not: Value | UnsetType = UNSET
    any_of: tuple[Scalar, ...] | UnsetType = UNSET
    none_of: tuple[Scalar, ...] | UnsetType = UNSET
    contains: str | UnsetType = UNSET
    matches: str | UnsetType = UNSET
    exists: bool | UnsetType = UNSET
    more_than: float | UnsetType = UNSET
    at_least: float | UnsetType = UNSET
    less_than: float | UnsetType = UNSET
    at_most: float | UnsetType = UNSET
    before: datetime | UnsetType = UNSET
    after: datetime | UnsetType = UNSET
    within_last: timedelta | UnsetType = UNSET
    not_within_last: timedelta | UnsetType = UNSET
    includes: Scalar | UnsetType = UNSET
    includes_none: tuple[Scalar, ...] | UnsetType = UNSET


class All(Record, frozen=True, kw_only=True):
    """Every branch holds; an empty list holds."""

    all: "tuple[Filter, ...]"


class Any(Record, frozen=True, kw_only=True):
    """At least one branch holds; an empty list does not hold."""

    any: "tuple[Filter, ...]"


class Not(Record, frozen=True, kw_only=True):
    """The branch does not hold."""

    not_: "Filter" = msgspec.field(name="not")


class AttributeFilter(Comparison, frozen=True, kw_only=True):
    """A standard or custom attribute by name; dots reach into nested objects."""

    attribute: str


class EventFilter(Record, frozen=True, kw_only=True):
    """How often a custom event happened, ever or within a span; by default at least once."""

    event: str
    count: Comparison | None = None
    within: timedelta | None = None


class PurchaseFilter(Record, frozen=True, kw_only=True):
    """How often, or for how much, a product (or `any`) was bought; by default at least once."""

    purchase: str
    count: Comparison | None = None
    spent: Comparison | None = None
    within: timedelta | None = None


class SessionFilter(Record, frozen=True, kw_only=True):
    """How often a session began; by default at least once."""

    session: Literal["any"]
    count: Comparison | None = None
    within: timedelta | None = None


class CampaignFilter(Record, frozen=True, kw_only=True):
    """What the user did with a campaign, ever or within a span."""

    campaign: Slug
    has: Literal["received", "viewed", "opened", "clicked", "converted", "control"]
    within: timedelta | None = None


class CardFilter(Record, frozen=True, kw_only=True):
    """What the user did with a card, ever or within a span."""

    card: Slug
    has: Literal["viewed", "clicked"]
    within: timedelta | None = None


class SubscriptionFilter(Record, frozen=True, kw_only=True):
    """The subscription state of a channel."""

    subscription: SubscribedChannel
    is_: Subscription = msgspec.field(name="is")


class ReachableFilter(Record, frozen=True, kw_only=True):
    """Whether a message of the channel could be handed over, by the default `send_to`."""

    reachable: SubscribedChannel


class SegmentFilter(Record, frozen=True, kw_only=True):
    """Membership in a segment."""

    segment: Slug


class BucketFilter(Record, frozen=True, kw_only=True):
    """The user's own bucket, 0 to 9,999 (V3)."""

    bucket: Comparison


class FirstSeenFilter(Record, frozen=True, kw_only=True):
    """When the user was first seen."""

    first_seen: Comparison


Filter = (
    All
    | Any
    | Not
    | AttributeFilter
    | EventFilter
    | PurchaseFilter
    | SessionFilter
    | CampaignFilter
    | CardFilter
    | SubscriptionFilter
    | ReachableFilter
    | SegmentFilter
    | BucketFilter
    | FirstSeenFilter
)


class Audience(Record, frozen=True, kw_only=True):
    """Any number of segments, all of which must hold, and one filter tree (A1)."""

    segments: tuple[Slug, ...] = ()
    filter: Filter | None = None
