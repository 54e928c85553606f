"""What came of a replay, added up as the decisions come in.

One rule: what is kept grows with the entries that are open and the users who are sent something, not with the events.
"""

from collections import Counter, defaultdict
from datetime import date

from ensue.backtests import Day, Difference, Totals
from ensue.core.effects import Decision, Outcome
from ensue.history import end_name

SAMPLES = 5
"""Decisions shown of each outcome, and users of each difference."""
OPEN: frozenset[Outcome] = frozenset({"waiting", "sending"})


class Adding:
    """Adds decisions up; of an entry, the last one counts."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._open: dict[tuple[str, str], Decision] = {}
        self._ends: Counter[tuple[str, date]] = Counter()
        self._entered: Counter[date] = Counter()
        self._variations: Counter[str] = Counter()
        self._samples: defaultdict[str, list[Decision]] = defaultdict(list)
        self.users_sent: set[str] = set()

    def take(self, decision: Decision) -> None:
        """Take up a decision; an entry that had its outcome already has it still."""
        if decision.outcome in OPEN:
            self._open[decision.user, decision.id] = decision
            return
        is_known = self._open.pop((decision.user, decision.id), None) is not None
        if is_known or decision.outcome != "sent":  # else a further channel accepted its message
            self._end(decision, end_name(decision))

    def end(self, decision: Decision) -> None:
        """Take up a decision as it stood last."""
        if decision.outcome in OPEN:
            self._open[decision.user, decision.id] = decision
        else:
            self._end(decision, end_name(decision))

    def totals(self) -> Totals:
        """Return what it came to; entries still open wait."""
        for decision in self._open.values():
            self._end(decision, "waiting")
        self._open.clear()
        outcomes: Counter[str] = Counter()
        for (name, _), amount in self._ends.items():
            outcomes[name] += amount
        return Totals(
            entered=self._entered.total(),
            users_sent=len(self.users_sent),
            outcomes=dict(sorted(outcomes.items())),
            variations=dict(sorted(self._variations.items())),
            days=self._days(),
            samples={name: tuple(some) for name, some in sorted(self._samples.items())},
        )

    def _days(self) -> tuple[Day, ...]:
        days: defaultdict[date, Counter[str]] = defaultdict(Counter)
        for day, amount in self._entered.items():
            days[day]["entered"] += amount
        for (name, day), amount in self._ends.items():
            if name != "waiting":
                days[day][name.partition(":")[0]] += amount
        return tuple(Day(day=day, **counts) for day, counts in sorted(days.items()))

    def _end(self, decision: Decision, name: str) -> None:
        self._ends[name, decision.at.date()] += 1  # instants are UTC
        if decision.outcome != "refused":
            self._entered[decision.triggered_at.date()] += 1
        if decision.outcome == "sent":
            self._variations[decision.variation or ""] += 1
            self.users_sent.add(decision.user)
        some = self._samples[name]
        if len(some) < SAMPLES:
            some.append(decision)


def difference(first: Adding, second: Adding) -> Difference:
    """Lay the users whom two sides would have sent something beside each other."""
    only_first = first.users_sent - second.users_sent
    only_second = second.users_sent - first.users_sent
    return Difference(
        both=len(first.users_sent & second.users_sent),
        only_first=len(only_first),
        only_second=len(only_second),
        first_samples=tuple(sorted(only_first)[:SAMPLES]),
        second_samples=tuple(sorted(only_second)[:SAMPLES]),
    )
