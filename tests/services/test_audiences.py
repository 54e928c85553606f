"""Audiences are counted exactly, or as far as the time allows; and they agree with the decision (A5)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest

from ensue.codec.build import build
from ensue.core.conditions import Audience
from ensue.core.events import Properties
from ensue.core.filters import in_audience
from ensue.core.records import Segment
from ensue.core.state import UserState
from ensue.ports import Runner, Store
from ensue.runners.clock import VirtualClock, fresh_id
from ensue.runners.serial import SerialRunner
from ensue.services.audiences import BATCH, Audiences
from ensue.services.people import People
from ensue.store.memory import MemoryStore

CLOCK = VirtualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
PEOPLE = 2 * BATCH + 10
SWEDES = build(Audience, {"segments": ["adults"], "filter": {"attribute": "country", "is": "SE"}})


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = SerialRunner(MemoryStore(), CLOCK)
    people: list[tuple[str, Properties]] = [
        (
            f"u{number:04}",
            {"country": "SE" if number % 2 else "NO", "age": number % 40, "email": f"u{number}@example.com"},
        )
        for number in range(PEOPLE)
    ]
    People(runner, CLOCK, fresh_id).put([*people, ("silent", {"country": "SE", "age": 30})])
    adults = build(Segment, {"id": "adults", "filter": {"attribute": "age", "at_least": 18}})
    runner.change(lambda store: store.catalog.save_segment(adults))
    yield runner
    runner.close()


def test_an_estimate_is_what_the_decision_says_of_each_user(runner: Runner) -> None:  # A5
    def read(store: Store) -> list[UserState]:
        return list(store.journal.load(store.journal.users_after("", 10_000)).values())

    decided = [in_audience(SWEDES, state, CLOCK.now(), runner.plan.segments) for state in runner.read(read)]
    found = Audiences(runner, CLOCK).estimate(SWEDES, seconds=60)
    assert found.is_exact
    assert found.total == found.looked_at == PEOPLE + 1
    assert found.matched == sum(decided)
    assert found.reachable == {
        "email": found.matched - 1,
        "push": 0,
        "in_app_message": found.matched,
        "webhook": found.matched,
    }


def test_several_audiences_are_counted_in_one_pass_as_each_alone(runner: Runner) -> None:
    audiences, counting = [SWEDES, Audience(), Audience(segments=("adults",))], Audiences(runner, CLOCK)
    assert counting.estimates(audiences, seconds=60) == [counting.estimate(one, seconds=60) for one in audiences]
    assert counting.estimates([]) == []


def test_when_the_time_is_over_it_says_how_many_were_looked_at(runner: Runner) -> None:
    seconds = count()
    found = Audiences(runner, CLOCK, lambda: float(next(seconds))).estimate(Audience(), seconds=0.5)
    assert not found.is_exact
    assert (found.total, found.looked_at, found.matched) == (PEOPLE + 1, BATCH, BATCH)
