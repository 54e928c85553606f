"""The six properties of the architecture, each on made-up worlds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.bootstrap import bench_of
from ensue.core.contents import Channels, Webhook
from ensue.core.decide import decide
from ensue.core.effects import Keep, Send
from ensue.core.entering import HOPS
from ensue.core.events import Accepted, AttributesChanged, Claimed, CustomEventLogged, Event, Purchased
from ensue.core.plan import compile_plan
from ensue.core.records import ActionBased, After, Campaign, CampaignState, ReEligibility, Spell, Version, Workspace
from ensue.core.state import NAMES, OPEN_ENTRIES, RECENT, SEEN, SENDS, UserState
from ensue.core.triggers import CustomEvent, InteractWithCampaign, MakePurchase, Trigger
from ensue.errors import Rejected
from ensue.ports import Store
from ensue.runners.clock import VirtualClock
from ensue.runners.serial import SerialRunner
from ensue.services.simulation import all_decisions
from ensue.store.sqlite import SqliteStore
from tests.laws.engine import Done, decide_world, live, verdict_of
from tests.oracle.world import UserDid, Verdict, World
from tests.oracle.worlds import world_from_seed

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONTENT = Channels(webhook=Webhook(url="https://hooks.example/x"))
SEEDS = st.integers(0, 5000)


def valid_world(seed: int) -> World:
    """Return the world of the first seed from this one on in which every launch is allowed."""
    for each in range(seed, seed + 100):
        world = world_from_seed(each)
        try:
            decide_world(world)
        except Rejected:
            continue
        return world
    pytest.fail("no valid world among a hundred")


# ---------------------------------------------------------------- crashes


class Crash(BaseException):
    """The process dies here."""


class DyingStore:
    """A store whose `crash_at`-th transaction is the last: it dies at its end, before or after the commit."""

    def __init__(self, store: Store, crash_at: int, *, is_committed: bool) -> None:
        self.journal, self.ledger, self.catalog, self.inbox = store.journal, store.ledger, store.catalog, store.inbox
        self.operators, self.backtests = store.operators, store.backtests
        self._store = store
        self._left = crash_at
        self._is_committed = is_committed

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._left -= 1
        with self._store.transaction():
            yield
            if self._left == 0 and not self._is_committed:
                raise Crash
        if self._left == 0:
            raise Crash

    def close(self) -> None:
        self._store.close()


def live_through_a_crash(world: World, path: Path, crash_at: int, *, is_committed: bool) -> list[Verdict]:
    """Live through a world whose process dies once, and is started again on the same database."""
    clock, done = VirtualClock(world.start), Done()
    runner = SerialRunner(DyingStore(SqliteStore(path), crash_at, is_committed=is_committed), clock)
    try:
        live(world, bench_of(runner, clock), done)
    except Crash:
        runner.close()
        runner = SerialRunner(SqliteStore(path), clock)
        bench = bench_of(runner, clock)
        runner.write(lambda store: store.journal.release())
        bench.launching.finish_stops()
        live(world, bench, done)
    verdicts = sorted(map(verdict_of, all_decisions(bench_of(runner, clock))))
    runner.close()
    return verdicts


# ---------------------------------------------------------------- plain deeds and campaigns


def deed(kind: int, name: str, number: int, at: datetime) -> Event:
    """Return one of a few kinds of events of one user."""
    if kind == 1:
        return Purchased(id=f"e{number}", user="ana", at=at, received_at=at, product=name, price=2)
    if kind == 2:
        return AttributesChanged(id=f"e{number}", user="ana", at=at, received_at=at, attributes={"step": number})
    return CustomEventLogged(id=f"e{number}", user="ana", at=at, received_at=at, name=name)


def live_campaign(campaign: Campaign) -> CampaignState:
    """Return a campaign that was launched at the start."""
    version = Version(number=1, saved_at=START, campaign=campaign)
    return CampaignState(id=campaign.id, status="active", versions=(version,), spells=(Spell(begun_at=START),))


def undelayed(following: list[int]) -> list[CampaignState]:
    """Return campaigns of which number n starts number `following[n]` at once; `go` starts number 0."""
    triggers: dict[int, list[Trigger]] = {n: [] for n in range(len(following))}
    triggers[0].append(CustomEvent(name="go"))
    for original, follow_on in enumerate(following):
        trigger = InteractWithCampaign(campaign=f"c{original}", interaction="receive_webhook")
        triggers[follow_on].append(trigger)
    return [
        live_campaign(
            Campaign(
                id=f"c{n}",
                channels=CONTENT,
                delivery=ActionBased(triggers=tuple(ones)),
                re_eligibility=ReEligibility(window=timedelta(0)),
            )
        )
        for n, ones in triggers.items()
    ]


def waiting_room() -> list[CampaignState]:
    """Return a campaign in which every trigger waits for a year, in an entry of its own."""
    delivery = ActionBased(triggers=(MakePurchase(),), delay=After(after=timedelta(days=365)))
    again = ReEligibility(window=timedelta(0))
    return [live_campaign(Campaign(id="slow", channels=CONTENT, delivery=delivery, re_eligibility=again))]


def within_limits(state: UserState) -> bool:
    """Say whether a state keeps the limits that its module names."""
    return (
        len(state.events) <= NAMES
        and len(state.purchases) <= NAMES
        and all(len(tally.recent) <= RECENT * 8 for tally in (*state.events.values(), *state.purchases.values()))
        and sum(len(marks) for _, marks in state.seen) <= 2 * SEEN * 8
        and len(state.sends) <= SENDS
        and len(state.entries) <= OPEN_ENTRIES
    )


# ---------------------------------------------------------------- the properties


@settings(max_examples=25)
@given(SEEDS)
def test_the_same_log_gives_the_same_decisions_on_every_runner(seed: int) -> None:
    # O4, property 1
    world = valid_world(seed)
    assert decide_world(world, "embedded") == decide_world(world, "simulated")


@settings(max_examples=40)
@given(SEEDS)
def test_an_event_delivered_twice_changes_nothing_the_second_time(seed: int) -> None:
    # O1, property 2
    world = valid_world(seed)
    doubled = [
        step for each in world.timeline for step in ((each, each) if isinstance(each.action, UserDid) else (each,))
    ]
    assert decide_world(replace(world, timeline=tuple(doubled))) == decide_world(world)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 120), st.booleans())
def test_a_crash_between_any_two_steps_loses_nothing(seed: int, crash_at: int, is_committed: bool) -> None:  # noqa: FBT001
    # O5, property 3: the process dies in, or right after, any transaction, and is started again
    world = valid_world(seed)
    with TemporaryDirectory() as folder:
        assert live_through_a_crash(
            world, Path(folder) / "ensue.db", crash_at, is_committed=is_committed
        ) == decide_world(world)


@settings(max_examples=40)
@given(SEEDS)
def test_users_are_independent_of_one_another(seed: int) -> None:
    # O2, property 4
    world = valid_world(seed)
    together = decide_world(world)
    alone: list[Verdict] = []
    for person in world.users:
        own = tuple(
            step
            for step in world.timeline
            if not isinstance(step.action, UserDid) or step.action.event.user == person.id
        )
        alone += decide_world(replace(world, users=(person,), timeline=own))
    assert sorted(alone) == together


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50_000), st.integers(0, 9)), max_size=60))
def test_the_state_of_a_user_is_bounded(bursts: list[tuple[int, int, int]]) -> None:
    # property 5: whatever one user does, the state does not grow beyond its limits
    state: UserState | None = None
    plan, at, number = compile_plan(Workspace(), waiting_room()), START, 0
    for kind, name, pause in bursts:
        for repeat in range(60):
            at += timedelta(hours=pause, microseconds=1)
            number += 1
            state = decide(state, deed(kind, f"{name}-{repeat}", number, at), plan).state
    assert state is None or within_limits(state)


def test_the_limits_of_a_state_are_kept_when_they_are_reached() -> None:
    # property 5, O1: more names, ids and times than are kept
    state: UserState | None = None
    plan, at = compile_plan(Workspace(), ()), START
    for number in range(SEEN + 2000):
        at += timedelta(seconds=1)
        state = decide(state, deed(number % 2, f"n{number % (3 * NAMES)}", number, at), plan).state
    assert state is not None
    assert within_limits(state)
    assert len(state.events) == NAMES
    assert sum(len(marks) for _, marks in state.seen) == SEEN * 8


@given(st.lists(st.integers(0, 5), min_size=6, max_size=6))
def test_cycles_of_campaigns_cannot_run_away(following: list[int]) -> None:
    # T11, property 6: every campaign starts another at once, as no launch would allow; it ends at the limit of hops
    plan = compile_plan(Workspace(), undelayed(following))
    state: UserState | None = None
    todo: list[Event] = [deed(0, "go", 1, START)]
    sent, reasons = 0, []
    while todo:
        step = decide(state, todo.pop(0), plan)
        state = step.state
        reasons += [effect.decision.reason for effect in step.effects if isinstance(effect, Keep)]
        for one in (effect.message for effect in step.effects if isinstance(effect, Send)):
            sent += 1
            todo.append(Claimed(id="", user="ana", at=START, received_at=START, entry=one.entry, message=one.id))
            todo.append(Accepted(id="", user="ana", at=START, received_at=START, entry=one.entry, message=one.id))
    assert sent == HOPS + 1
    assert reasons[-1] == "cascade_limit"
