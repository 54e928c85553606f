"""A world brought to the engine, so that its decisions can be laid beside the oracle's."""

from collections.abc import Iterator
from dataclasses import dataclass

from ensue.bootstrap import RunnerName, simulation_bench
from ensue.core.effects import Decision
from ensue.core.events import AttributesChanged, Event, PushRegistered, SubscriptionChanged
from ensue.ports import Catalog
from ensue.services.launching import MOVES
from ensue.services.simulation import Bench, advance, all_decisions, quiesce
from tests.oracle.world import Edit, Lifecycle, Person, UserDid, Verdict, World, device_of


def decide_world(world: World, runner: RunnerName = "simulated") -> list[Verdict]:
    """Return every decision of the engine at the end of the world, sorted."""
    with simulation_bench(runner, world.start) as bench:
        live(world, bench)
        return sorted(verdict_of(decision) for decision in all_decisions(bench))


def live(world: World, bench: Bench, done: "Done | None" = None) -> None:
    """Bring the world to a bench, step by step; after a crash, go on with what was not `done`."""
    done = done or Done()
    if done.steps == 0:
        bench.definitions.save_workspace(world.workspace)
        bench.definitions.apply([*world.segments, *world.cards, *world.campaigns])
        bench.runner.submit([event for person in world.users for event in _begin(person, world)])
    quiesce(bench)
    for step in world.timeline[done.steps :]:
        advance(bench, step.at)
        match step.action:
            case Lifecycle():
                _move(step.action, bench)
            case Edit(campaign=campaign):
                bench.definitions.save_campaign(campaign)
            case UserDid(event=event):
                bench.runner.submit([event])
        done.steps += 1
        quiesce(bench)
    advance(bench, world.end)


@dataclass
class Done:
    """How many steps of a world were acknowledged."""

    steps: int = 0


def _move(action: Lifecycle, bench: Bench) -> None:
    """Move campaigns or cards, unless that was done just before a crash: a set moves whole or not at all."""
    goal = MOVES[action.kind][1]
    statuses = bench.runner.read(lambda store: [_status(store.catalog, name) for name in action.ids])
    if any(status != goal for status in statuses):
        bench.launching.move(action.kind, action.ids)


def _status(catalog: Catalog, name: str) -> str | None:
    found = catalog.find_campaign(name) or catalog.find_card(name)
    return found.status if found else None


def _begin(person: Person, world: World) -> Iterator[Event]:
    name, at = f"begin-{person.id}", world.start
    yield AttributesChanged(id=name, user=person.id, at=at, received_at=at, attributes=person.attributes)
    if person.push:
        yield PushRegistered(id=f"{name}-p", user=person.id, at=at, received_at=at, token=device_of(person.id))
    for channel, to in person.subscriptions.items():
        yield SubscriptionChanged(id=f"{name}-{channel}", user=person.id, at=at, received_at=at, channel=channel, to=to)


def verdict_of(decision: Decision) -> Verdict:
    """Return a decision as the oracle writes it."""
    assert decision.outcome != "sending"
    return Verdict(
        user=decision.user,
        campaign=decision.campaign,
        outcome=decision.outcome,
        reason=decision.reason or "",
        exception=decision.exception or "",
        trigger=decision.trigger,
        triggered_at=decision.triggered_at,
        due_at=decision.due_at,
        at=decision.at,
        variation=decision.variation or "",
        channels=decision.channels,
    )
