"""Simulation: a scenario's people, campaigns and timeline on a virtual clock, and what came of it (B4).

One rule: nothing here decides anything; a scenario is brought to a runner as the world would bring it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol, assert_never

import msgspec

from ensue.codec.scenario import (
    Action,
    ApiStep,
    Archive,
    AttributesStep,
    CampaignStep,
    CardStep,
    CustomEventStep,
    DeleteStep,
    Launch,
    Moment,
    PurchaseStep,
    PushStep,
    Resume,
    Scenario,
    ScenarioUser,
    SessionStep,
    Stop,
    SubscriptionStep,
    TimelineStep,
)
from ensue.core.effects import Decision
from ensue.core.events import (
    ApiCalled,
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    CustomEventLogged,
    Event,
    Properties,
    Purchased,
    PushRegistered,
    SessionStarted,
    SubscriptionChanged,
    UserDeleted,
)
from ensue.ports import Clock, Runner, Store
from ensue.services.definitions import Definitions
from ensue.services.launching import Launching
from ensue.services.scheduling import Scheduling
from ensue.services.tracking import Tracking

PAGE = 10_000


class SettableClock(Clock, Protocol):
    """A clock that stands until it is set."""

    def set(self, now: datetime) -> None:
        """Move forward to an instant."""
        ...


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """A whole Ensue on a virtual clock; `deliver` hands over what lies in the outbox and says how many those were."""

    clock: SettableClock
    runner: Runner
    definitions: Definitions
    launching: Launching
    scheduling: Scheduling
    tracking: Tracking
    deliver: Callable[[], int]


def simulate(scenario: Scenario, bench: Bench) -> list[Decision]:
    """Run a scenario to its end; return all decisions, by time, then in the order in which they came up.

    Raises `Rejected` where the scenario cannot be run, for example because a launch is refused.
    """
    _prepare(scenario, bench)
    steps = [(instant(step.at, scenario), place, step) for place, step in enumerate(scenario.timeline)]
    until = instant(scenario.until, scenario)
    for at, place, step in sorted(steps, key=lambda each: each[:2]):
        if at <= until:
            advance(bench, at)
            _take(step, bench, scenario, f"step:{place}")
            quiesce(bench)
    advance(bench, until)
    return sorted(all_decisions(bench), key=lambda decision: decision.at)


def instant(moment: Moment, scenario: Scenario) -> datetime:
    """Return the instant that an offset or timestamp of a scenario stands for."""
    return scenario.start + moment if isinstance(moment, timedelta) else moment


def _prepare(scenario: Scenario, bench: Bench) -> None:
    bench.definitions.save_workspace(scenario.workspace)
    bench.definitions.apply([*scenario.segments, *scenario.cards, *scenario.campaigns])
    bench.runner.submit([event for user in scenario.users for event in _begin(user, scenario.start)])


def _begin(user: ScenarioUser, at: datetime) -> Iterator[Event]:
    """Yield the events that make a person known at the start."""
    given: Properties = {"email": user.email, "time_zone": user.time_zone}
    attributes = {name: value for name, value in given.items() if value is not None} | user.attributes
    name = f"start:{user.id}"
    yield AttributesChanged(id=name, user=user.id, at=at, received_at=at, attributes=attributes)
    if user.push:
        yield PushRegistered(id=f"{name}:device", user=user.id, at=at, received_at=at, token=f"device of {user.id}")
    for channel, state in user.subscription.items():
        yield SubscriptionChanged(
            id=f"{name}:subscription:{channel}", user=user.id, at=at, received_at=at, channel=channel, to=state
        )


def advance(bench: Bench, until: datetime) -> None:
    """Let the time pass: everything due on the way happens at its own instant."""
    while True:
        times = (bench.runner.read(lambda store: store.journal.next_due()), bench.scheduling.next_at())
        at = min((time for time in times if time is not None), default=None)
        if at is None or at > until:
            break
        bench.clock.set(at)
        quiesce(bench)
    bench.clock.set(until)
    quiesce(bench)


def quiesce(bench: Bench) -> None:
    """Do all there is to do at this instant."""
    is_busy = True
    while is_busy:
        bench.runner.settle()
        is_busy = bool(bench.deliver() or bench.scheduling.run_due())


def _take(step: TimelineStep, bench: Bench, scenario: Scenario, name: str) -> None:
    match step:
        case Launch():
            bench.launching.move("launch", step.launch)
        case Stop():
            bench.launching.move("stop", step.stop)
        case Resume():
            bench.launching.move("resume", step.resume)
        case Archive():
            bench.launching.move("archive", step.archive)
        case _:
            now = bench.clock.now()
            at = instant(step.happened, scenario) if step.happened is not None else now
            bench.tracking.submit(list(_events(step, step.id or name, at, now)))


def _events(step: Action, name: str, at: datetime, now: datetime) -> Iterator[Event]:
    """Yield what a person's step stands for."""
    user = step.user
    match step:
        case CampaignStep():
            yield _interaction(step, name, at, now)
        case CardStep():
            yield CardInteracted(id=name, user=user, at=at, received_at=now, card=step.card, interaction=step.does)
        case PurchaseStep():
            yield _purchase(step, name, at, now)
        case CustomEventStep():
            yield CustomEventLogged(
                id=name, user=user, at=at, received_at=now, name=step.name, properties=step.properties
            )
        case SessionStep():
            yield SessionStarted(id=name, user=user, at=at, received_at=now)
        case PushStep():
            token = f"{step.platform} device of {user}"
            yield PushRegistered(id=name, user=user, at=at, received_at=now, platform=step.platform, token=token)
        case ApiStep():
            yield ApiCalled(
                id=name, user=user, at=at, received_at=now, campaign=step.campaign, properties=step.properties
            )
        case AttributesStep():
            yield AttributesChanged(id=name, user=user, at=at, received_at=now, attributes=step.set_)
        case SubscriptionStep():
            for channel, state in step.subscription.items():
                yield SubscriptionChanged(
                    id=f"{name}:{channel}", user=user, at=at, received_at=now, channel=channel, to=state
                )
        case DeleteStep():
            yield UserDeleted(id=name, user=user, at=at, received_at=now)
        case _:
            assert_never(step)


def _interaction(step: CampaignStep, name: str, at: datetime, now: datetime) -> CampaignInteracted:
    return CampaignInteracted(
        id=name,
        user=step.user,
        at=at,
        received_at=now,
        campaign=step.campaign,
        interaction=step.does,
        link=step.link,
        button=step.button,
        opens=step.opens,
        conversion=step.conversion,
    )


def _purchase(step: PurchaseStep, name: str, at: datetime, now: datetime) -> Purchased:
    return Purchased(
        id=name,
        user=step.user,
        at=at,
        received_at=now,
        product=step.product,
        price=step.price,
        currency=step.currency,
        quantity=step.quantity,
        properties=step.properties,
    )


def all_decisions(bench: Bench) -> list[Decision]:
    """Return every decision, in the order in which they came up."""

    def read(store: Store) -> list[Decision]:
        decisions: list[Decision] = []
        after = 0
        while page := store.ledger.decisions(after=after, limit=PAGE):
            decisions += [decision for _, decision in page]
            after = page[-1][0]
        return decisions

    return bench.runner.read(read)
