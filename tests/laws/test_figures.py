"""The figures agree with the decisions they are counted from, whatever happened."""

from collections import Counter
from datetime import UTC, date

from hypothesis import given, settings

from ensue.bootstrap import simulation_bench
from ensue.services.simulation import all_decisions
from tests.laws.engine import live
from tests.laws.test_six_properties import SEEDS, valid_world

ENDS = ("sent", "control", "cancelled", "suppressed", "refused")


@settings(max_examples=40)
@given(SEEDS)
def test_every_outcome_is_counted_once_by_its_reason_and_on_its_day(seed: int) -> None:
    world = valid_world(seed)
    with simulation_bench("simulated", world.start) as bench:
        live(world, bench)
        decided = [one for one in all_decisions(bench) if one.outcome in ENDS]
        names = {one.campaign for one in decided}
        totals = bench.runner.read(lambda store: store.ledger.figures())
        daily = bench.runner.read(lambda store: [day for name in names for day in store.ledger.figures_by_day(name)])
    expected: Counter[tuple[str, str, str]] = Counter()
    days: Counter[tuple[str, date, str]] = Counter()
    for one in decided:
        why = one.exception if one.outcome == "cancelled" else one.reason
        name = f"{one.outcome}:{why}" if why else one.outcome
        expected[one.campaign, one.variation or "", name] += 1
        days[one.campaign, one.at.astimezone(UTC).date(), name] += 1
    found = {(one.campaign, one.variation, one.name): one.amount for one in totals if one.name.split(":")[0] in ENDS}
    by_day: Counter[tuple[str, date, str]] = Counter()
    for figure in daily:
        if figure.name.split(":")[0] in ENDS:
            by_day[figure.campaign, figure.day, figure.name] += int(figure.amount)
    assert found == expected
    assert by_day == days
