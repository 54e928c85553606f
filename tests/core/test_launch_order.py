"""The order of a launch: follow-ons before their originals, unless both lie on one circle (B1)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ensue.core.connections import circles, launch_order, missed_spans
from ensue.core.records import CampaignState, Spell, Version
from ensue.services.launching import edges_among
from tests.laws.test_six_properties import SEEDS, valid_world

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)
SPELLS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), max_size=4)


def edges_of(pairs: list[tuple[int, int]]) -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {}
    for original, follow_on in pairs:
        edges.setdefault(str(original), set()).add(str(follow_on))
    return edges


def leads(edges: dict[str, set[str]], one: str, other: str, within: set[str]) -> bool:
    """Say, slowly and by other means, whether a path leads from one node to another within a set."""
    found = {one}
    for _ in range(len(within) + 1):
        found = {after for node in found for after in edges.get(node, ()) if after in within}.union(found - {one})
        if other in found:
            return True
    return False


def check(names: list[str], edges: dict[str, set[str]]) -> None:
    order = launch_order(names, edges)
    assert sorted(order) == sorted(set(names))
    within = set(names)
    for original in order:
        for follow_on in edges.get(original, set()) & within:
            is_in_order = order.index(follow_on) < order.index(original)
            assert is_in_order or leads(edges, follow_on, original, within), (original, follow_on, order)
    told = [set(circle) for circle in circles(order, edges)]
    for one in order:
        for other in order:
            round_about = leads(edges, one, other, within) and leads(edges, other, one, within)
            assert any({one, other} <= circle for circle in told) == round_about
    assert sum(map(len, told)) == len(set[str]().union(*told))


@given(st.lists(st.integers(0, 9)), PAIRS)
def test_no_original_comes_before_its_follow_on_unless_both_lie_on_a_circle(
    numbers: list[int], pairs: list[tuple[int, int]]
) -> None:  # B1
    check([str(number) for number in numbers], edges_of(pairs))


@settings(max_examples=60)
@given(SEEDS, st.integers(1, 2**12))
def test_any_part_of_a_made_up_world_is_launched_in_order(seed: int, choice: int) -> None:  # B1
    world = valid_world(seed)
    states = [
        CampaignState(id=one.id, status="draft", versions=(Version(number=1, saved_at=START, campaign=one),))
        for one in world.campaigns
    ]
    names = [*(one.id for one in world.campaigns), *(card.id for card in world.cards)]
    check([name for place, name in enumerate(names) if choice >> place & 1], edges_among(states))


def test_what_nothing_connects_is_in_the_order_of_the_ids() -> None:
    assert launch_order(["c", "a", "b"], {}) == ["a", "b", "c"]
    assert launch_order(["a", "b", "c"], {"b": ["c"], "elsewhere": ["a"]}) == ["a", "c", "b"]


def test_a_circle_is_told_from_original_to_follow_on_and_launched_the_other_way_round() -> None:
    edges = {"news": ["offer"], "offer": ["thanks"], "thanks": ["news"], "first": ["news"]}
    order = launch_order(["first", "news", "offer", "thanks"], edges)
    assert order.index("first") == 3
    (circle,) = circles(order, edges)
    assert [edges[one] for one in circle] == [[after] for after in [*circle[1:], circle[0]]]
    assert circles(launch_order(["offer", "thanks"], edges), edges) == []


def test_a_campaign_that_follows_on_itself_is_a_circle_of_one() -> None:
    assert circles(["a", "b"], {"a": ["a"]}) == [["a"]]


def test_long_chains_do_not_exhaust_anything() -> None:
    names = [f"{number:05}" for number in range(5000)]
    assert launch_order(names, {one: [other] for one, other in pairwise(names)}) == names[::-1]


def made(lengths: list[tuple[int, int]], *, is_open: bool) -> tuple[Spell, ...]:
    spells: list[Spell] = []
    now = 0
    for gap, length in lengths:
        begin, now = now + gap, now + gap + length
        spells.append(Spell(begun_at=hour(begin), ended_at=hour(now)))
    if spells and is_open:
        spells[-1] = Spell(begun_at=spells[-1].begun_at)
    return tuple(spells)


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


@given(SPELLS, SPELLS, st.booleans(), st.booleans())
def test_missed_is_what_lies_in_a_spell_of_the_original_and_in_none_of_the_follow_on(
    first: list[tuple[int, int]],
    second: list[tuple[int, int]],
    first_lasts: bool,  # noqa: FBT001  (drawn)
    second_lasts: bool,  # noqa: FBT001  (drawn)
) -> None:  # T2, T3
    original, follow_on = made(first, is_open=first_lasts), made(second, is_open=second_lasts)
    spans = missed_spans(original, follow_on)
    for half in range(80):
        at = hour(half / 2)
        in_either = [
            any(one.begun_at <= at and (one.ended_at is None or at < one.ended_at) for one in spells)
            for spells in (original, follow_on)
        ]
        hits = sum(begin <= at and (end is None or at < end) for begin, end in spans)
        assert hits == (in_either == [True, False])
