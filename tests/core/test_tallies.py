"""How often something happened: order, windows, bounds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ensue.core.state import NAMES, RECENT, Tally
from ensue.core.tallies import amount_since, count_since, counted, tallied

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
LATER = datetime(2200, 1, 1, tzinfo=UTC)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def tally_of(*minutes: int) -> Tally:
    tally = Tally()
    for number in minutes:
        tally = counted(tally, minute(number))
    return tally


def test_counting_keeps_the_number_the_first_and_the_last_time() -> None:
    tally = tally_of(5, 1, 9, 3)

    assert (tally.count, tally.first_at, tally.last_at) == (4, minute(1), minute(9))


def test_times_are_packed_as_microseconds_in_ascending_order_on_every_machine() -> None:
    tally = counted(counted(Tally(), datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC)), datetime(1970, 1, 1, tzinfo=UTC))

    assert tally.recent == bytes(8) + (1_000_002).to_bytes(8, "little")


def test_a_window_leaves_its_beginning_out_and_takes_its_end_in() -> None:
    tally = tally_of(1, 2, 3)

    assert count_since(tally, minute(1), minute(3)) == 2
    assert count_since(tally, minute(3), minute(9)) == 0
    assert count_since(tally, minute(2), minute(1)) == 0
    assert count_since(Tally(), LONG_AGO, LATER) == 0


def test_only_the_latest_times_are_kept_and_a_late_one_that_is_too_old_is_only_counted() -> None:
    tally = counted(tally_of(*range(RECENT + 20)), minute(3))

    assert tally.count == RECENT + 21
    assert count_since(tally, LONG_AGO, LATER) == RECENT
    assert count_since(tally, minute(19), minute(20)) == 1
    assert count_since(tally, LONG_AGO, minute(19)) == 0


def test_amounts_stay_beside_their_times_when_one_arrives_late() -> None:
    tally = counted(counted(counted(Tally(), minute(1), 10.0), minute(5), 50.0), minute(3), 30.0)

    assert tally.total == 90.0
    assert amount_since(tally, minute(1), minute(3)) == 30.0
    assert amount_since(tally, minute(3), minute(5)) == 50.0


def test_what_was_free_counts_as_worth_nothing() -> None:
    tally = counted(counted(counted(Tally(), minute(1)), minute(2), 7.0), minute(3))

    assert amount_since(tally, LONG_AGO, minute(1)) == 0.0
    assert amount_since(tally, LONG_AGO, LATER) == 7.0
    assert amount_since(tally_of(1, 2), LONG_AGO, LATER) == 0.0


def test_counting_by_name_leaves_the_given_dictionary_alone() -> None:
    before = {"viewed": tally_of(1)}

    after = tallied(before, "bought", minute(2), 5.0)

    assert list(before) == ["viewed"]
    assert after["bought"].total == 5.0
    assert after["viewed"] is before["viewed"]
    assert tallied(after, "bought", minute(3))["bought"].count == 2


def test_beyond_the_bound_the_name_that_was_quiet_longest_is_forgotten() -> None:
    names = {f"event-{number}": tally_of(number) for number in range(NAMES)}
    names["event-0"] = counted(names["event-0"], minute(NAMES))

    after = tallied(names, "new", minute(NAMES + 1))

    assert len(after) == NAMES
    assert "event-1" not in after
    assert {"new", "event-0", "event-2"} <= set(after)


@given(
    st.integers(0, 130),
    st.lists(st.tuples(st.integers(-20, 200), st.integers(0, 9)), max_size=40),
    st.integers(-30, 220),
    st.integers(0, 230),
)
def test_a_tally_agrees_with_a_list_of_all_that_happened(
    before: int, drawn: list[tuple[int, int]], after: int, length: int
) -> None:
    happened = [(number, 1) for number in range(before)] + drawn
    tally = Tally()
    for number, amount in happened:
        tally = counted(tally, minute(number), float(amount))
    kept = sorted(happened, key=lambda each: each[0])[-RECENT:]
    inside = [amount for number, amount in kept if after < number <= after + length]

    assert tally.count == len(happened)
    assert tally.total == sum(amount for _, amount in happened)
    assert tally.first_at == min((minute(number) for number, _ in happened), default=None)
    assert tally.last_at == max((minute(number) for number, _ in happened), default=None)
    assert count_since(tally, minute(after), minute(after + length)) == len(inside)
    assert amount_since(tally, minute(after), minute(after + length)) == sum(inside)
    assert len(tally.recent) == 8 * len(kept)
    assert len(tally.amounts) in {0, len(tally.recent)}
