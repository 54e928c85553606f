"""Searching users takes a limited time, and tells from where to look on."""

from datetime import UTC, datetime
from itertools import count

import pytest

from ensue.core.conditions import AttributeFilter, Audience
from ensue.core.events import Json
from ensue.core.state import UserState
from ensue.runners.clock import VirtualClock
from ensue.runners.serial import SerialRunner
from ensue.services.searching import BATCH, Searching, is_like
from ensue.store.memory import MemoryStore

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def searching(users: int, seconds: float) -> Searching:
    """Search among users of whom every tenth is from Sweden; each look at the stopwatch shows so much more."""
    store, clock = MemoryStore(), VirtualClock(START)
    states = [
        UserState(user=f"user-{number:05}", first_seen_at=START, attributes={"country": "NO" if number % 10 else "SE"})
        for number in range(users)
    ]
    with store.transaction():
        store.journal.save(states)
    ticks = count()
    return Searching(SerialRunner(store, clock), clock, lambda: next(ticks) * seconds)


def test_a_search_by_attribute_stops_when_its_time_is_over_and_goes_on_where_it_stopped() -> None:
    search = searching(3 * BATCH, seconds=1)
    first = search.search("country=nowhere")
    assert (first.users, first.looked_at, first.after) == ((), BATCH, f"user-{BATCH - 1:05}")
    last = search.search("country=nowhere", after=f"user-{2 * BATCH - 1:05}")
    assert (last.looked_at, last.after) == (BATCH, None)


@pytest.mark.parametrize("limit", [1, 7, 50, 1000])
def test_pages_together_hold_everybody_once(limit: int) -> None:
    search = searching(700, seconds=0)
    audience = Audience(filter=AttributeFilter(attribute="country", is_="SE"))
    found, after = [], ""
    while True:
        page = search.members(audience, after=after, limit=limit)
        found += [one.user for one in page.users]
        if page.after is None:
            break
        after = page.after
    assert found == [f"user-{number:05}" for number in range(0, 700, 10)]


def test_a_beginning_of_ids_is_paged_and_the_whole_id_comes_first() -> None:
    search = searching(120, seconds=0)
    page = search.search("user-000", limit=50)
    assert (len(page.users), page.users[0].user, page.after) == (50, "user-00000", "user-00049")
    assert [one.user for one in search.search("user-00117").users] == ["user-00117"]
    assert search.search("user-000", after="user-00099").users == ()


@pytest.mark.parametrize(
    ("value", "text", "is_found"),
    [
        ("SE", "se", True),
        (3, "3.0", True),
        (True, "TRUE", True),
        (True, "1", False),
        (["Tea", 3], "tea", True),
        (None, "", True),
        ({"a": 1}, "a", False),
        (3, "three", False),
    ],
)
def test_an_attribute_is_compared_as_people_write_it(value: Json, text: str, *, is_found: bool) -> None:
    assert is_like(value, text) is is_found
