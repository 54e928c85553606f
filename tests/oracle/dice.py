"""Chance for the worlds: from a seed, or from a list of small integers that Hypothesis draws and shrinks.

One rule: a zero picks the first, plainest option, so a shrunk list makes a plain world.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
SIDES = 2**16


class Dice:
    """A source of integers from 0 to 65,535."""

    def __init__(self, roll: Callable[[], int]) -> None:
        self._roll = roll

    def below(self, limit: int) -> int:
        """Return an integer from 0 to `limit` - 1."""
        return self._roll() % limit

    def between(self, low: int, high: int) -> int:
        """Return an integer, both ends included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        """Tell, truly in so many of 100 cases; a zero says no."""
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.below(len(options))]

    def some(self, options: Sequence[T], most: int) -> tuple[T, ...]:
        """Return up to `most` different options."""
        left = list(options)
        return tuple(left.pop(self.below(len(left))) for _ in range(min(self.between(0, most), len(left))))

    def weighted(self, options: dict[T, int]) -> T:
        """Return one of the keys, each as often as its value says."""
        return self.pick([option for option, weight in options.items() for _ in range(weight)])


def seeded(seed: int) -> Dice:
    """Return dice that roll the same for the same seed."""
    random = Random(seed)
    return Dice(lambda: random.randrange(SIDES))


def loaded(numbers: Sequence[int]) -> Dice:
    """Return dice that roll these numbers, and zeros after them."""
    left = iter(numbers)
    return Dice(lambda: next(left, 0))
