"""Scenarios: people, campaigns, a timeline, and what must come of it.

One rule: a scenario names only people that it brings along, and campaigns and cards that it brings along or that lie
beside it; `check` holds it to that.
Not here: running one (`services`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ensue.codec.findings import Findings, Path, nearest
from ensue.core.effects import Reason
from ensue.core.events import Properties
from ensue.core.records import Campaign, Card, Segment, Workspace
from ensue.core.words import (
    CampaignInteraction,
    CardInteraction,
    ChannelName,
    Record,
    Slug,
    SubscribedChannel,
    Subscription,
)

Moment: TypeAlias = Annotated[timedelta | datetime, Meta(extra={"moment": True})]
"""An offset from the scenario's start (`+1h`), or an instant."""
Ids: TypeAlias = Annotated[tuple[Slug, ...], Meta(min_length=1, extra={"one_or_many": True})]
"""One id, or a list of ids."""
Letter = Literal["A", "B", "C", "D"]
TriggerName = Literal[
    CampaignInteraction,
    CardInteraction,
    "make_purchase",
    "custom_event",
    "start_session",
    "change_attribute",
    "add_email",
    "change_subscription",
    "scheduled",
    "api",
]
"""What started an entry or cancelled it: the interaction, or the kind of event."""
ExpectedOutcome = Literal["sent", "control", "cancelled", "suppressed", "waiting", "none", "refused"]


class ScenarioUser(Record, frozen=True, kw_only=True):
    """A person who exists from the start; `push` gives a device."""

    id: str
    email: str | None = None
    push: bool = False
    time_zone: str | None = None
    attributes: Properties = msgspec.field(default_factory=dict)
    subscription: dict[SubscribedChannel, Subscription] = msgspec.field(default_factory=dict)


# ---------------------------------------------------------------- timeline: the life of campaigns and cards


class Launch(Record, frozen=True, kw_only=True):
    """Launch campaigns or cards, in the given order."""

    at: Moment
    launch: Ids


class Stop(Record, frozen=True, kw_only=True):
    """Stop campaigns or cards."""

    at: Moment
    stop: Ids


class Resume(Record, frozen=True, kw_only=True):
    """Resume stopped campaigns or cards."""

    at: Moment
    resume: Ids


class Archive(Record, frozen=True, kw_only=True):
    """Archive campaigns or cards."""

    at: Moment
    archive: Ids


# ---------------------------------------------------------------- timeline: what people do


class UserStep(Record, frozen=True, kw_only=True):
    """What all steps of a user share: it arrives at `at`, and happened then unless `happened` says otherwise."""

    at: Moment
    user: str
    happened: Moment | None = None
    id: str | None = None


class CampaignStep(UserStep, frozen=True, kw_only=True):
    """An interaction with a campaign."""

    does: CampaignInteraction
    campaign: Slug
    link: str | None = None
    button: str | None = None
    opens: Literal["human", "machine"] = "human"
    conversion: Letter | None = None


class CardStep(UserStep, frozen=True, kw_only=True):
    """An interaction with a card."""

    does: CardInteraction
    card: Slug


class PurchaseStep(UserStep, frozen=True, kw_only=True):
    """A purchase; `price` is per piece, in units of `currency`."""

    does: Literal["make_purchase"]
    product: str = ""
    price: Annotated[float, Meta(ge=0)] = 0
    currency: str = "USD"
    quantity: Annotated[int, Meta(ge=1)] = 1
    properties: Properties = msgspec.field(default_factory=dict)


class CustomEventStep(UserStep, frozen=True, kw_only=True):
    """A custom event."""

    does: Literal["custom_event"]
    name: str
    properties: Properties = msgspec.field(default_factory=dict)


class SessionStep(UserStep, frozen=True, kw_only=True):
    """A session begins."""

    does: Literal["start_session"]


class PushStep(UserStep, frozen=True, kw_only=True):
    """A device becomes reachable by push."""

    does: Literal["register_push"]
    platform: Literal["web", "android", "ios"] = "web"


class ApiStep(UserStep, frozen=True, kw_only=True):
    """The API asks for an API-triggered campaign."""

    does: Literal["api"]
    campaign: Slug
    properties: Properties = msgspec.field(default_factory=dict)


class AttributesStep(UserStep, frozen=True, kw_only=True):
    """Attributes are set; null removes one."""

    set_: Properties = msgspec.field(name="set")


class SubscriptionStep(UserStep, frozen=True, kw_only=True):
    """Subscription states are set."""

    subscription: dict[SubscribedChannel, Subscription]


class DeleteStep(UserStep, frozen=True, kw_only=True):
    """The user is deleted."""

    delete: Literal[True]


LifeStep: TypeAlias = Launch | Stop | Resume | Archive
Action: TypeAlias = (
    CampaignStep
    | CardStep
    | PurchaseStep
    | CustomEventStep
    | SessionStep
    | PushStep
    | ApiStep
    | AttributesStep
    | SubscriptionStep
    | DeleteStep
)
TimelineStep: TypeAlias = LifeStep | Action


# ---------------------------------------------------------------- the whole


class Expectation(Record, frozen=True, kw_only=True):
    """One outcome of a user and a campaign; a field that is not given is not compared."""

    user: str
    campaign: Slug
    outcome: ExpectedOutcome
    reason: Reason | None = None
    exception: TriggerName | None = None
    trigger: TriggerName | None = None
    triggered_at: Moment | None = None
    due_at: Moment | None = None
    at: Moment | None = None
    variation: str | None = None
    channels: tuple[ChannelName, ...] | None = None


class Scenario(Record, frozen=True, kw_only=True, tag_field="kind", tag="scenario"):
    """People, campaigns, a timeline from `start` to `until`, and what must come of it."""

    id: Slug
    start: datetime
    workspace: Workspace = Workspace()
    segments: tuple[Segment, ...] = ()
    cards: tuple[Card, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    users: tuple[ScenarioUser, ...] = ()
    timeline: tuple[TimelineStep, ...] = ()
    until: Moment
    expect: tuple[Expectation, ...] = ()


class Around(msgspec.Struct, frozen=True):
    """The campaigns, cards and segments beside a scenario, which it may name without bringing them along."""

    campaigns: tuple[Campaign, ...] = ()
    cards: tuple[Card, ...] = ()
    segments: tuple[Segment, ...] = ()


NOTHING_AROUND = Around()


def completed(scenario: Scenario, around: Around) -> Scenario:
    """Return a scenario with everything that is around it; what it defines itself stands in place of that."""
    own = {*_ids(scenario.campaigns), *_ids(scenario.cards)}
    segments = {one.id for one in scenario.segments}
    return msgspec.structs.replace(
        scenario,
        campaigns=(*scenario.campaigns, *(one for one in around.campaigns if one.id not in own)),
        cards=(*scenario.cards, *(one for one in around.cards if one.id not in own)),
        segments=(*scenario.segments, *(one for one in around.segments if one.id not in segments)),
    )


def check(scenario: Scenario, findings: Findings) -> None:
    """Note ids that are there twice, and steps and expectations that name somebody or something unknown."""
    _check_ids([("users", scenario.users)], findings)
    _check_ids([("segments", scenario.segments)], findings)
    _check_ids([("cards", scenario.cards), ("campaigns", scenario.campaigns)], findings)
    known = _Known(_ids(scenario.users), _ids(scenario.campaigns), _ids(scenario.cards), findings)
    for index, step in enumerate(scenario.timeline):
        _check_step(step, ("timeline", index), known)
    for index, expectation in enumerate(scenario.expect):
        known.check("user", expectation.user, ("expect", index, "user"))
        known.check("campaign", expectation.campaign, ("expect", index, "campaign"))


class _Known:
    """The ids that a scenario brings along, and where to note others."""

    def __init__(self, users: Ids, campaigns: Ids, cards: Ids, findings: Findings) -> None:
        names = {"user": users, "campaign": campaigns, "card": cards, "campaign or card": campaigns + cards}
        self._names = {kind: dict.fromkeys(ids) for kind, ids in names.items()}
        self._findings = findings

    def check(self, kind: Literal["user", "campaign", "card", "campaign or card"], name: str, at: Path) -> None:
        """Note a name that is not known."""
        known = self._names[kind]
        if name in known:
            return
        meant = nearest(name, known)
        hint = f"Did you mean '{meant}'?" if meant else f"Known: {', '.join(list(known)[:20]) or 'none'}."
        self._findings.add(f"unknown_{kind.replace(' ', '_')}", at, f"there is no {kind} '{name}'", hint)


def _check_step(step: TimelineStep, at: Path, known: _Known) -> None:
    match step:
        case Launch(launch=ids):
            _check_targets(ids, (*at, "launch"), known)
        case Stop(stop=ids):
            _check_targets(ids, (*at, "stop"), known)
        case Resume(resume=ids):
            _check_targets(ids, (*at, "resume"), known)
        case Archive(archive=ids):
            _check_targets(ids, (*at, "archive"), known)
        case _:
            known.check("user", step.user, (*at, "user"))
    if isinstance(step, CampaignStep | ApiStep):
        known.check("campaign", step.campaign, (*at, "campaign"))
    if isinstance(step, CardStep):
        known.check("card", step.card, (*at, "card"))


def _check_targets(ids: Sequence[str], at: Path, known: _Known) -> None:
    for index, name in enumerate(ids):
        known.check("campaign or card", name, (*at, index) if len(ids) > 1 else at)


def _check_ids(
    lists: Sequence[tuple[str, Sequence[ScenarioUser | Segment | Card | Campaign]]], findings: Findings
) -> None:
    taken: set[str] = set()
    for name, records in lists:
        for index, record in enumerate(records):
            if record.id in taken:
                findings.add("duplicate_id", (name, index, "id"), f"the id '{record.id}' is taken", "Choose another.")
            taken.add(record.id)


def _ids(records: Iterable[ScenarioUser | Card | Campaign]) -> tuple[str, ...]:
    return tuple(record.id for record in records)
