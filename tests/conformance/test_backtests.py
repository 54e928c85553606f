"""What every store of backtests does."""

import pytest

from ensue.backtests import Backtest, Backtests, Day, Difference, Side, Totals
from ensue.ports import Store
from tests.conformance.samples import START, at, decision


@pytest.fixture
def backtests(store: Store) -> Backtests:
    return store.backtests


def backtest(identity: str, minutes: float = 0, **more: object) -> Backtest:
    side = Side(campaign="news", how="as_if_live", definition={"kind": "campaign", "id": "news", "name": "Ü 😀\0"})
    fields = {"side": side, "against": Side(campaign="news", how="what_happened"), **more}
    return Backtest(id=identity, asked_at=at(minutes), asked_by="Ana", start=START, end=at(9), **fields)  # type: ignore[arg-type]  # its fields


def test_a_backtest_comes_back_as_it_was_saved(backtests: Backtests) -> None:
    day = Day(day=START.date(), entered=2, sent=1, refused=3)
    totals = Totals(
        entered=2,
        users_sent=1,
        outcomes={"sent": 1, "refused:not_in_audience": 3},
        variations={"A": 1},
        days=(day,),
        samples={"sent": (decision("d", "sent"),)},
    )
    difference = Difference(both=1, only_first=2, only_second=0, first_samples=("ana", "bo"), second_samples=())
    saved = backtest("b", status="done", done=9, total=9, result=totals, against_result=totals, difference=difference)
    backtests.save(saved)
    assert backtests.find("b") == saved
    assert backtests.find("c") is None


def test_a_backtest_is_replaced_by_its_id(backtests: Backtests) -> None:
    backtests.save(backtest("b"))
    backtests.save(backtest("b", status="failed", problem="no"))
    assert backtests.latest() == [backtest("b", status="failed", problem="no")]


def test_the_latest_come_first_and_only_those_are_kept(backtests: Backtests) -> None:
    for identity, minutes in (("a", 2), ("b", 3), ("c", 1), ("d", 3)):
        backtests.save(backtest(identity, minutes))
    assert [one.id for one in backtests.latest()] == ["d", "b", "a", "c"]
    assert [one.id for one in backtests.latest(2)] == ["d", "b"]
    backtests.keep_latest(3)
    assert [one.id for one in backtests.latest()] == ["d", "b", "a"]


def test_a_transaction_that_fails_leaves_backtests_as_they_were(store: Store) -> None:
    store.backtests.save(backtest("a"))

    def fail() -> None:
        with store.transaction():
            store.backtests.save(backtest("b", 1))
            store.backtests.keep_latest(1)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert [one.id for one in store.backtests.latest()] == ["a"]
