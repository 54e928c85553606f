"""What came of a replay, added up as the decisions come in.

One rule: what is kept grows with the entries that are open and the users who are sent something, not with the events.
"""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime

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
        self._outcomes: Counter[str] = Counter()
        self._variations: Counter[str] = Counter()
        self._days: defaultdict[date, Counter[str]] = defaultdict(Counter)
        self._samples: defaultdict[str, list[Decision]] = defaultdict(list)
        self.users_sent: set[str] = set()

    def take(self, decision: Decision) -> None:
        """Take up a decision; an entry that had its outcome already has it still."""
        key = decision.user, decision.id
        if decision.outcome in OPEN:
            self._open[key] = decision
        elif decision.outcome == "sent" and key not in self._open:
            return  # a further channel accepted its message
        else:
            self._open.pop(key, None)
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
        return Totals(
            entered=sum(count for name, count in self._outcomes.items() if not name.startswith("refused")),
            users_sent=len(self.users_sent),
            outcomes=dict(sorted(self._outcomes.items())),
            variations=dict(sorted(self._variations.items())),
            days=tuple(Day(day=day, **counts) for day, counts in sorted(self._days.items())),
            samples={name: tuple(some) for name, some in sorted(self._samples.items())},
        )

    def _end(self, decision: Decision, name: str) -> None:
        kind = name.partition(":")[0]
        self._outcomes[name] += 1
        if kind != "refused":
            self._days[_day(decision.triggered_at)]["entered"] += 1
        if kind != "waiting":
            self._days[_day(decision.at)][kind] += 1
        if kind == "sent":
            self._variations[decision.variation or ""] += 1
            self.users_sent.add(decision.user)
        if len(self._samples[name]) < SAMPLES:
            self._samples[name].append(decision)


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


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
