"""The definitions that people write: campaigns, cards, segments and a workspace's settings.

One rule: a record is a frozen value whose fields are named as in the files (a trailing `_` is dropped there),
so files, the management API and the store share one structure, read and written by `codec`.
A draft may be incomplete, so almost every field has a default; `plan.validate` says what a launch still needs.
Not here: what happened (`events`), what is known of a user (`state`).

How a union is written in a file:
    tagged outside      `make_purchase: {product: lamp}`      triggers, exceptions, conversions
    tagged inside       `type: action_based`                  delivery
    by its first key    `after: 1 day`, `attribute: country`  delays, filters
"""

from datetime import datetime, time, timedelta
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from ensue.core.conditions import Audience, Filter
from ensue.core.contents import Channels, Variation
from ensue.core.triggers import ClickEmail, OpenEmail, Trigger
from ensue.core.words import ChannelName, Percent, Record, Slug, Weekday, Zone


class After(Record, frozen=True, kw_only=True):
    """Elapsed time after the trigger."""

    after: timedelta


class OnNext(Record, frozen=True, kw_only=True):
    """The next such weekday, strictly after the trigger's local day, at a clock time."""

    on_next: Weekday
    at: time
    zone: Zone = "workspace"


class InDays(Record, frozen=True, kw_only=True):
    """So many calendar days later, at a clock time."""

    in_days: Annotated[int, Meta(ge=0, le=365)]
    at: time
    zone: Zone = "workspace"


Delay = After | OnNext | InDays


class ActionBased(Record, frozen=True, kw_only=True, tag_field="type", tag="action_based"):
    """Started by what users do. `start` and `end` bound the duration (L7)."""

    triggers: tuple[Trigger, ...] = ()
    delay: Delay | None = None
    exceptions: tuple[Trigger, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    recheck_audience: bool = False


class Scheduled(Record, frozen=True, kw_only=True, tag_field="type", tag="scheduled"):
    """At launch, at a time, or recurring. A time without an offset is local to `zone`."""

    at: Literal["launch"] | datetime | None = None
    every: Literal["day", "week", "month"] | None = None
    on: tuple[Weekday | Annotated[int, Meta(ge=1, le=31)], ...] = ()
    at_time: time | None = None
    zone: Zone = "workspace"
    start: datetime | None = None
    end: datetime | None = None


class ApiTriggered(Record, frozen=True, kw_only=True, tag_field="type", tag="api_triggered"):
    """Started by a call of the API."""

    delay: Delay | None = None
    exceptions: tuple[Trigger, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    recheck_audience: bool = False


class External(Record, frozen=True, kw_only=True, tag_field="type", tag="external"):
    """Sent by another system, never by Ensue, which takes up the interactions with it (B8).

    With `channels`, interactions of other channels are refused; without, all are taken.
    """

    channels: tuple[ChannelName, ...] = ()
    start: ClassVar[datetime | None] = None
    end: ClassVar[datetime | None] = None


Delivery = ActionBased | Scheduled | ApiTriggered | External


# ---------------------------------------------------------------- campaign, card, segment


class ReEligibility(Record, frozen=True, kw_only=True):
    """A user may receive the campaign again when `window` has passed since the last receipt (R2)."""

    window: timedelta


class QuietHours(Record, frozen=True, kw_only=True):
    """No sends from `from_` to `to` in the user's time zone."""

    from_: time = msgspec.field(name="from")
    to: time
    then: Literal["postpone", "drop"] = "postpone"


class RateLimit(Record, frozen=True, kw_only=True):
    """At most so many messages of the campaign a minute."""

    per_minute: Annotated[int, Meta(ge=1)]


class Conversion(Record, frozen=True, kw_only=True):
    """A conversion event and the window after the receipt in which it counts.

    In a file the event and `window` are written side by side: `{make_purchase: {}, window: 3 days}`.
    """

    event: Annotated[Trigger | OpenEmail | ClickEmail, Meta(extra={"inline": True})]
    window: timedelta


class Campaign(Record, frozen=True, kw_only=True, tag_field="kind", tag="campaign"):
    """One message step: content, delivery, audience, conversions and controls."""

    id: Slug
    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    channels: Channels | None = None
    variations: tuple[Variation, ...] = ()
    control_group: Percent = 0
    delivery: Delivery | None = None
    audience: Audience = Audience()
    conversions: tuple[Conversion, ...] = ()
    re_eligibility: ReEligibility | None = None
    send_to: Literal["subscribed", "opted_in", "all"] = "subscribed"
    quiet_hours: QuietHours | None = None
    ignore_frequency_caps: bool = False
    count_toward_frequency_caps: bool | None = None
    ignore_global_control_group: bool = False
    rate_limit: RateLimit | None = None


class Card(Record, frozen=True, kw_only=True, tag_field="kind", tag="card"):
    """A News Feed card."""

    id: Slug
    name: str = ""
    tags: tuple[str, ...] = ()
    category: Literal["news", "announcements", "advertising", "social"] = "news"
    layout: Literal["classic", "captioned_image", "banner"] = "classic"
    title: str = ""
    description: str = ""
    image: str | None = None
    link: str | None = None
    pinned: bool = False
    audience: Audience = Audience()
    publish_at: datetime | None = None
    expires_at: datetime | None = None


class Segment(Record, frozen=True, kw_only=True, tag_field="kind", tag="segment"):
    """A named filter tree; without a filter it holds everyone."""

    id: Slug
    name: str = ""
    filter: Filter | None = None


class FrequencyCap(Record, frozen=True, kw_only=True):
    """At most N messages in a window: `minutes` that roll, or calendar `days` in the user's zone (F1)."""

    channel: Literal["email", "push", "webhook", "any"] = "any"
    at_most: Annotated[int, Meta(ge=1, le=100)]
    minutes: Annotated[int, Meta(ge=1, le=43_200)] | None = None
    days: Annotated[int, Meta(ge=1, le=30)] | None = None
    tag: str | None = None


class Workspace(Record, frozen=True, kw_only=True):
    """The settings that decisions rest on."""

    time_zone: str = "UTC"
    frequency_caps: Annotated[tuple[FrequencyCap, ...], Meta(max_length=10)] = ()
    global_control_group: Annotated[float, Meta(ge=0, le=15)] = 0


# ---------------------------------------------------------------- life cycle


class Spell(Record, frozen=True, kw_only=True):
    """One time of being active; `ended_at` is absent while it lasts. Half open: [begun_at, ended_at)."""

    begun_at: datetime
    ended_at: datetime | None = None


Status = Literal["draft", "active", "stopped", "archived"]


class Version(Record, frozen=True, kw_only=True):
    """One saved definition; numbers count from 1."""

    number: int
    saved_at: datetime
    campaign: Campaign


class CampaignState(Record, frozen=True, kw_only=True):
    """A campaign with its life so far (L1, L3, L5): every version, every spell, oldest first."""

    id: Slug
    status: Status
    versions: tuple[Version, ...]
    spells: tuple[Spell, ...] = ()


class CardState(Record, frozen=True, kw_only=True):
    """A card with its life so far."""

    id: Slug
    status: Status
    card: Card
    spells: tuple[Spell, ...] = ()
