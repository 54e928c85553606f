"""A backtest of a campaign that was live gives the decisions that were made live, where nothing else differed.

What the log does not tell is kept out of the worlds: changes of definitions at the very instant of an event.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec.structs import replace as changed

from ensue.bootstrap import simulation_bench
from ensue.core.effects import Decision
from ensue.errors import Rejected
from ensue.services.backtest_running import Period, relived
from ensue.services.backtests import Meter
from ensue.services.simulation import all_decisions
from tests.laws.engine import live
from tests.oracle.world import Step, UserDid, World
from tests.oracle.worlds import world_from_seed

TICK = timedelta(microseconds=1)
SEEDS = 400
MANY_SEEDS = 3000


@pytest.mark.parametrize("block", range(4))
def test_a_backtest_of_the_past_gives_the_decisions_that_were_made(block: int) -> None:  # B2
    compared = sum(_compare(seed) for seed in range(block, SEEDS, 4))
    assert compared > SEEDS / 2


@pytest.mark.full
@pytest.mark.parametrize("block", range(4))
def test_a_backtest_of_the_past_gives_the_decisions_that_were_made_in_many_worlds(block: int) -> None:  # B2
    compared = sum(_compare(seed) for seed in range(SEEDS + block, MANY_SEEDS, 4))
    assert compared > MANY_SEEDS / 2


def _compare(seed: int) -> int:
    """Compare every campaign of a world; return how many decisions there were (a launch in it may be refused)."""
    world = _one_by_one(world_from_seed(seed))
    with simulation_bench("simulated", world.start) as bench:
        try:
            live(world, bench)
        except Rejected:
            return 0
        made = {(one.user, one.campaign, one.id): one for one in all_decisions(bench)}
        span = Period(world.start - timedelta(days=9), world.end + TICK)
        found: dict[tuple[str, str, str], Decision] = {}

        def took(decision: Decision) -> None:
            found[decision.user, decision.campaign, decision.id] = decision

        for state in bench.runner.read(lambda store: store.catalog.campaigns()):
            if state.spells:
                relived(bench.runner, state, span, took, Meter())
    assert found == made, seed
    return len(made)


def _one_by_one(world: World) -> World:
    """Return the world with every step at an instant of its own."""
    steps = tuple(_later(step, place * TICK) for place, step in enumerate(world.timeline, 1))
    return replace(world, timeline=steps, end=world.end + (len(steps) + 1) * TICK)


def _later(step: Step, by: timedelta) -> Step:
    at, action = step.at + by, step.action
    if isinstance(action, UserDid):
        action = UserDid(event=changed(action.event, received_at=at))
    return Step(at=at, action=action)
