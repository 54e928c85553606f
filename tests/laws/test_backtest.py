"""A backtest of a campaign that was live gives the decisions that were made live."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace as changed

from ensue.bootstrap import simulation_bench
from ensue.core.effects import Decision
from ensue.core.records import CampaignState
from ensue.errors import Rejected
from ensue.services.backtest_running import Period, relived
from ensue.services.simulation import Bench, all_decisions
from tests.laws.engine import live, verdict_of
from tests.oracle.world import Step, UserDid, World
from tests.oracle.worlds import world_from_seed

TICK = timedelta(microseconds=1)


class Unmeasured:
    """Nobody looks at how far it is."""

    def expect(self, events: int) -> None:
        """Do nothing."""

    def read(self, events: int) -> None:
        """Do nothing."""


def one_by_one(world: World) -> World:
    """Return the world with every step at an instant of its own: the log does not tell changes from events there."""
    steps: list[Step] = []
    for n, step in enumerate(world.timeline, 1):
        at = step.at + n * 10 * TICK
        action = step.action
        if isinstance(action, UserDid):
            action = UserDid(event=changed(action.event, received_at=at))
        steps.append(Step(at=at, action=action))
    return replace(world, timeline=tuple(steps), end=world.end + (len(steps) + 1) * 10 * TICK)


def compare(seed: int, only_checks: bool = False):
    world = one_by_one(world_from_seed(seed))
    with simulation_bench("simulated", world.start) as bench:
        try:
            live(world, bench)
        except Rejected:
            return None
        states = bench.runner.read(lambda store: store.catalog.campaigns())
        out = []
        for state in states:
            if not state.spells:
                continue
            happened = sorted(verdict_of(one) for one in all_decisions(bench) if one.campaign == state.id)
            got: dict[tuple[str, str], Decision] = {}

            def took(d: Decision) -> None:
                got[d.user, d.id] = d

            relived(bench.runner, state, Period(world.start - timedelta(days=9), world.end + TICK), took, Unmeasured())
            again = sorted(
                verdict_of(changed(one, outcome="suppressed", reason="SENDING") if one.outcome == "sending" else one)
                for one in got.values()
            )
            out.append((state.id, happened, again, world))
        return out
