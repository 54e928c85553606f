"""The engine beside the naive oracle: the same decisions for every made-up world."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensue.errors import Rejected
from tests.laws.engine import decide_world
from tests.oracle.judge import judge
from tests.oracle.world import World
from tests.oracle.worlds import world_from_numbers, world_from_seed

SEEDS = 300
MANY_SEEDS = 3000


@pytest.mark.parametrize("block", range(4))
def test_the_engine_decides_like_the_oracle(block: int) -> None:
    # T1 to T11, D1 to D4, X1 to X5, S1 to S9, S13, R1 to R3, V1 to V3, C1 to C5, A1 to A3, F1 to F3, O1 to O4
    compared = sum(_compare(world_from_seed(seed)) for seed in range(block, SEEDS, 4))
    assert compared > SEEDS / 4 * 0.95


@pytest.mark.full
@pytest.mark.parametrize("block", range(8))
def test_the_engine_decides_like_the_oracle_over_many_worlds(block: int) -> None:
    compared = sum(_compare(world_from_seed(seed)) for seed in range(SEEDS + block, MANY_SEEDS, 8))
    assert compared > (MANY_SEEDS - SEEDS) / 8 * 0.95


@given(st.lists(st.integers(0, 2**16 - 1), max_size=400))
def test_the_engine_decides_like_the_oracle_in_worlds_that_shrink(numbers: list[int]) -> None:
    _compare(world_from_numbers(numbers))


def _compare(world: World) -> bool:
    """Compare both readings; say whether the world could be lived through (a launch in it may be refused)."""
    try:
        decided = decide_world(world)
    except Rejected:
        return False
    assert decided == judge(world)
    return True
