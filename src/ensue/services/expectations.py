"""Expectations of a scenario against what came of it.

One rule: for every user and campaign that is expected, the outcomes must be exactly those listed, in order of time;
a field that is not given is not compared. Refused triggers are compared only where one is expected.
"""

from collections.abc import Iterable, Sequence

import msgspec

from ensue.codec.scenario import Expectation, Scenario
from ensue.core.effects import Decision
from ensue.services.simulation import instant

Pair = tuple[str, str]
MOMENTS = ("triggered_at", "due_at", "at")
COMPARED = ("outcome", "reason", "exception", "trigger", "triggered_at", "due_at", "at", "variation", "channels")


class Comparison(msgspec.Struct, frozen=True):
    """One user and campaign: what was expected and what came, as rows to print; `holds` where they agree."""

    user: str
    campaign: str
    expected: tuple[dict[str, object], ...]
    actual: tuple[dict[str, object], ...]
    holds: bool


def compare(scenario: Scenario, decisions: Iterable[Decision]) -> list[Comparison]:
    """Compare each pair that appears in `expect`, in the order of first appearance."""
    expected: dict[Pair, list[Expectation]] = {}
    for one in scenario.expect:
        expected.setdefault((one.user, one.campaign), []).append(one)
    actual: dict[Pair, list[Decision]] = {pair: [] for pair in expected}
    for decision in decisions:
        if (decision.user, decision.campaign) in actual:
            actual[decision.user, decision.campaign].append(decision)
    return [_compare(scenario, pair, expected[pair], actual[pair]) for pair in expected]


def _compare(scenario: Scenario, pair: Pair, expected: Sequence[Expectation], actual: Sequence[Decision]) -> Comparison:
    wants_refused = any(one.outcome == "refused" for one in expected)
    wanted = [_wanted(one, scenario) for one in expected if one.outcome != "none"]
    came = [_row(one) for one in actual if one.outcome != "refused" or wants_refused]
    holds = len(wanted) == len(came) and all(map(_agrees, wanted, came))
    return Comparison(*pair, tuple(wanted), tuple(came), holds)


def _agrees(want: dict[str, object], have: dict[str, object]) -> bool:
    return all(have[name] == value for name, value in want.items())


def _wanted(one: Expectation, scenario: Scenario) -> dict[str, object]:
    given = {name: getattr(one, name) for name in COMPARED if getattr(one, name) is not None}
    return given | {name: instant(given[name], scenario) for name in MOMENTS if name in given}


def _row(one: Decision) -> dict[str, object]:
    return {name: getattr(one, name) for name in COMPARED}
