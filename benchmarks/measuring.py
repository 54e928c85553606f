"""How times are taken: several rounds, floor and subject in turns, the median and its spread.

One rule: a figure is a ratio to a floor that was measured in the same run, for these machines are noisy.
"""

import gc
import statistics
import time
from collections.abc import Callable

import msgspec

ROUNDS = 5
Work = Callable[[], object]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what was measured beside which floor, events per second of both, and their ratio."""

    what: str
    floor: str
    subject_rate: float
    floor_rate: float
    ratio: float
    lowest: float
    highest: float
    aim: str

    def row(self) -> tuple[str, ...]:
        """Return the cells of the printed table."""
        spread = f"{self.lowest:.2f} to {self.highest:.2f}"
        return (
            self.what,
            f"{self.subject_rate:,.0f}",
            self.floor,
            f"{self.floor_rate:,.0f}",
            f"{self.ratio:.2f} (1/{1 / self.ratio:.1f})",
            spread,
            self.aim,
        )


def measure(
    what: str,
    floor_name: str,
    aim: str,
    *,
    count: int,
    pair: Callable[[], tuple[Callable[[], object], Callable[[], object]]],
) -> Figure:
    """Time subject and floor in turns; `pair` prepares both anew for each round."""
    subject_times, floor_times = [], []
    for _ in range(ROUNDS):
        subject, floor = pair()
        floor_times.append(_seconds(floor))
        subject_times.append(_seconds(subject))
    ratios = [floor / subject for subject, floor in zip(subject_times, floor_times, strict=True)]
    return Figure(
        what=what,
        floor=floor_name,
        subject_rate=count / statistics.median(subject_times),
        floor_rate=count / statistics.median(floor_times),
        ratio=statistics.median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        aim=aim,
    )


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
