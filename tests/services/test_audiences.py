"""Audiences are counted exactly, or as far as the time allows; and they agree with the decision (A5)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest

from ensue.codec.build import build
from ensue.core.conditions import Audience
from ensue.core.events import Properties
from ensue.core.filters import in_audience
from ensue.core.records import Campaign, CampaignState, Segment, Status, Version
from ensue.core.state import UserState
from ensue.ports import Runner, Store
from ensue.runners.clock import VirtualClock, fresh_id
from ensue.runners.serial import SerialRunner
from ensue.services.audiences import BATCH, Audiences
from ensue.services.launch_order import live_originals, waiting_follow_ons
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


def follow_on(name: str, original: str, **more: object) -> Campaign:
    trigger = {"interact_with_campaign": {"campaign": original, "interaction": "open_email"}}
    return build(Campaign, {"id": name, "delivery": {"type": "action_based", "triggers": [trigger], **more}})


def test_follow_ons_that_are_not_launched_are_found_along_the_chain() -> None:  # B1
    def state(campaign: Campaign, status: Status = "draft") -> CampaignState:
        version = Version(number=1, saved_at=CLOCK.now(), campaign=campaign)
        return CampaignState(id=campaign.id, status=status, versions=(version,))

    first, second, third = follow_on("b", "a"), follow_on("c", "b"), follow_on("d", "c")
    states = [state(third, "stopped"), state(second, "active"), state(first), state(follow_on("e", "x"))]
    assert [one.id for one in waiting_follow_ons("a", states)] == ["b", "d"]
    assert waiting_follow_ons("a", [state(first, "archived")]) == []


def test_an_original_that_is_live_already_is_told_with_what_happened() -> None:  # B1
    found = live_originals(follow_on("b", "a"), {"a": "active"}, {("a", "open_email"): 3})
    assert [(one.connection.original, one.happened) for one in found] == [("a", 3)]
    assert live_originals(follow_on("b", "a"), {"a": "draft"}, {}) == []
