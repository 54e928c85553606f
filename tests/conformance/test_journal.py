"""What every Journal does."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ensue.core.state import Pending, Receipt, Sent, Tally, Touch, UserState
from ensue.ports import Journal, Queued, Store
from tests.conformance.samples import START, at, entry, message, run, state


@pytest.fixture
def journal(store: Store) -> Journal:
    return store.journal


def ids(queued: list[Queued]) -> list[str]:
    return [each.message.id for each in queued]


# ---------------------------------------------------------------- states


def test_a_saved_state_is_loaded_as_it_was(journal: Journal) -> None:
    full = UserState(
        user="ana",
        first_seen_at=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        attributes={"plan": "pro", "age": 41, "score": 0.1, "tags": ["a", None], "deep": {"of": True}},
        subscriptions={"email": "opted_in"},
        bounced_email="ana@example.com",
        devices={"token": "web"},
        events={"viewed": Tally(count=2, first_at=START, last_at=at(1), total=2.5, recent=b"\0\1", amounts=b"\2")},
        campaigns={"news": Touch(received_at=at(0.1), receipts=(Receipt(entry="e", at=START, variation="A"),))},
        entries=(msgspec.structs.replace(entry("news", 1), pending=(Pending(message="m", channel="email"),)),),
        sends=(Sent(at=START, campaign="news", channel="email", message="m"),),
        seen=((1, b"12345678"),),
    )
    journal.save([full])
    assert journal.load(["ana", "nobody"]) == {"ana": full}


def test_a_later_save_replaces_an_earlier_one(journal: Journal) -> None:
    journal.save([state("ana", plan="free"), state("bo")])
    journal.save([state("ana", plan="pro")])
    assert journal.load(["bo", "ana"]) == {"ana": state("ana", plan="pro"), "bo": state("bo")}


@pytest.mark.parametrize("user", ["", "o'hara", "ö😀", "nul\0inside", "\\u0000", '"', " "])
def test_any_text_is_an_id(journal: Journal, user: str) -> None:
    journal.save([state(user), state("ana")])
    assert journal.load([user, "ana"]) == {user: state(user), "ana": state("ana")}


def test_whole_numbers_of_any_size_are_attributes(journal: Journal) -> None:
    journal.save([state("ana", big=10**30, small=-(10**30))])
    assert journal.load(["ana"])["ana"].attributes == {"big": 10**30, "small": -(10**30)}


def test_thousands_of_states_are_loaded_at_once(journal: Journal) -> None:
    states = {f"user-{number}": state(f"user-{number}") for number in range(2_500)}
    journal.save(list(states.values()))
    assert journal.load(states.keys()) == states


def test_loading_nobody_gives_nothing(journal: Journal) -> None:
    assert journal.load([]) == {}


# ---------------------------------------------------------------- timers


def test_users_are_due_the_earliest_first_then_by_id(journal: Journal) -> None:
    journal.save([state("late", 3), state("bo", 2), state("ana", 2), state("first", 9, 1), state("never")])
    assert journal.due(at(3), 10) == ["first", "ana", "bo", "late"]
    assert journal.due(at(2), 10) == ["first", "ana", "bo"]
    assert journal.due(at(3), 2) == ["first", "ana"]
    assert journal.due(at(0), 10) == []
    assert journal.due(at(3), 10) == ["first", "ana", "bo", "late"], "asking takes nothing away"
    assert journal.next_due() == at(1)


def test_due_is_exact_to_the_microsecond(journal: Journal) -> None:
    journal.save([state("ana", 1)])
    assert journal.due(at(1) - timedelta(microseconds=1), 1) == []
    assert journal.due(at(1), 1) == ["ana"]


def test_a_due_time_that_changes_is_forgotten(journal: Journal) -> None:
    journal.save([state("ana", 1)])
    journal.save([state("ana", 5)])
    assert (journal.due(at(4), 10), journal.next_due()) == ([], at(5))
    journal.save([state("ana", 1)])
    assert (journal.due(at(4), 10), journal.next_due()) == (["ana"], at(1))
    journal.save([state("ana")])
    assert (journal.due(at(9), 10), journal.next_due()) == ([], None)


def test_a_due_time_that_comes_back_counts_once(journal: Journal) -> None:
    for minutes in (1, 5, 1):
        journal.save([state("ana", minutes)])
    journal.save([state("bo", 2)])
    assert journal.due(at(9), 10) == ["ana", "bo"]


def test_what_is_postponed_or_being_sent_is_due_then_or_not_at_all(journal: Journal) -> None:
    sending = msgspec.structs.replace(entry("news", 1), pending=(Pending(message="m", channel="email"),))
    postponed = entry("cart", 1, postponed=7)
    journal.save([msgspec.structs.replace(state("ana"), entries=(sending, postponed))])
    assert journal.next_due() == at(7)


# ---------------------------------------------------------------- finding users


def test_users_come_in_byte_order_of_their_ids(journal: Journal) -> None:
    users = ["Z", "a", "aa", "ä", "￿", "😀"]
    journal.save([state(user) for user in reversed(users)])
    assert journal.users_after("", 10) == sorted(users, key=str.encode)
    assert journal.users_after("a", 2) == ["aa", "ä"]
    assert journal.users_after("😀", 10) == []


def test_users_are_found_by_time_zone(journal: Journal) -> None:
    journal.save(
        [state("ana", time_zone="Asia/Tokyo"), state("bo"), state("cy", time_zone=5), state("di", time_zone="")]
    )
    journal.save([state("eve", time_zone="nonsense"), state("fay", time_zone="nul\0inside")])
    assert journal.time_zones() == ["", "Asia/Tokyo", "nonsense"]
    assert journal.users_after("", 10, ["Asia/Tokyo", "nonsense"]) == ["ana", "eve"]
    assert journal.users_after("bo", 2, [""]) == ["cy", "di"]
    assert journal.users_after("", 10, []) == []
    assert (journal.count_users(), journal.count_users([""]), journal.count_users([])) == (6, 4, 0)


def test_a_changed_time_zone_or_address_replaces_the_old_one(journal: Journal) -> None:
    journal.save([state("ana", time_zone="Asia/Tokyo", email="ana@example.com")])
    journal.save([state("ana", email="new@example.com")])
    assert journal.time_zones() == [""]
    assert journal.with_email("ana@example.com") == []
    assert journal.with_email("new@example.com") == ["ana"]
    journal.save([state("ana")])
    assert journal.with_email("new@example.com") == []


def test_addresses_are_compared_without_regard_to_case(journal: Journal) -> None:
    journal.save([state("bo", email="Öre@Example.com"), state("ana", email="öre@example.COM"), state("cy", email="")])
    assert journal.with_email("ÖRE@example.com") == ["ana", "bo"]
    assert journal.with_email("") == []
    assert journal.with_email("%") == []


def test_a_deleted_user_keeps_a_state_and_is_found_no_more(journal: Journal) -> None:
    journal.save([state("ana", email="ana@example.com", time_zone="Asia/Tokyo"), state("bo")])
    journal.save([state("ana", exists=False)])
    assert journal.users_after("", 10) == ["bo"]
    assert (journal.count_users(), journal.time_zones(), journal.with_email("ana@example.com")) == (1, [""], [])
    assert journal.load(["ana"]) == {"ana": state("ana", exists=False)}
    journal.save([state("ana", email="ana@example.com")])
    assert journal.users_after("", 10) == ["ana", "bo"]
    assert journal.with_email("ana@example.com") == ["ana"]


# ---------------------------------------------------------------- outbox


def test_messages_are_claimable_the_oldest_first_then_as_enqueued(journal: Journal) -> None:
    journal.enqueue([message("late", created=2), message("b"), message("a"), message("next", created=1)])
    assert ids(journal.claimable(at(5), 10)) == ["b", "a", "next", "late"]
    assert ids(journal.claimable(at(5), 2)) == ["b", "a"]
    assert ids(journal.claimable(at(1), 10)) == ["b", "a", "next"]
    assert journal.claimable(at(5), 1) == [Queued(message=message("b"))]
    assert (journal.queued(), journal.next_claimable()) == (4, at(0))


def test_a_message_that_is_there_already_stays_as_it_is(journal: Journal) -> None:
    journal.enqueue([message("a")])
    journal.defer("a", at(3))
    journal.enqueue([message("a", campaign="other", created=9)])
    assert journal.claimable(at(9), 9) == [Queued(message=message("a"), attempts=1, not_before=at(3))]


def test_a_withdrawn_message_is_gone(journal: Journal) -> None:
    journal.enqueue([message("a"), message("b")])
    journal.withdraw(["a", "absent"])
    assert (ids(journal.claimable(at(1), 10)), journal.queued()) == (["b"], 1)
    journal.withdraw(["b"])
    assert (journal.next_claimable(), journal.queued()) == (None, 0)


def test_a_leased_message_is_held_until_that_instant(journal: Journal) -> None:
    journal.enqueue([message("a"), message("b")])
    journal.lease(["a", "absent"], at(5))
    assert ids(journal.claimable(at(4.99), 10)) == ["b"]
    assert journal.claimable(at(5), 10)[1] == Queued(message=message("a"), leased_until=at(5))
    journal.withdraw(["b"])
    assert journal.next_claimable() == at(5)


def test_released_messages_can_be_claimed_at_once_and_keep_their_attempts(journal: Journal) -> None:
    journal.enqueue([message("a"), message("b")])
    journal.defer("a", at(2))
    journal.lease(["a", "b"], at(60))
    journal.release()
    assert journal.claimable(at(1), 10) == [Queued(message=message("b"))]
    assert journal.claimable(at(2), 10)[1] == Queued(message=message("a"), attempts=1, not_before=at(2))


def test_a_deferred_message_is_not_held_and_counts_its_attempts(journal: Journal) -> None:
    journal.enqueue([message("a")])
    journal.lease(["a"], at(60))
    journal.defer("a", at(5))
    journal.defer("a", at(6))
    journal.defer("absent", at(6))
    assert journal.claimable(at(5), 10) == []
    assert journal.claimable(at(6), 10) == [Queued(message=message("a"), attempts=2, not_before=at(6))]
    journal.lease(["a"], at(7))
    assert journal.claimable(at(7), 10)[0].attempts == 2


def test_campaigns_can_be_left_out(journal: Journal) -> None:
    names = ["news", "cart", "news", "shop", "cart", "shop"]
    journal.enqueue([message(f"{number}", campaign=name) for number, name in enumerate(names)])
    journal.lease(["3"], at(1))
    assert ids(journal.claimable(at(9), 10, without=["news"])) == ["1", "4", "5", "3"]
    assert ids(journal.claimable(at(9), 2, without=["news", "unknown"])) == ["1", "4"]
    assert ids(journal.claimable(at(0), 10, without=["cart"])) == ["0", "2", "5"]
    assert ids(journal.claimable(at(9), 10, without=["news", "cart", "shop"])) == []


# ---------------------------------------------------------------- runs


def test_a_run_is_found_as_it_was_saved_last(journal: Journal) -> None:
    journal.save_run(run("r"))
    later = msgspec.structs.replace(run("r"), done=11, cursor="bo", zones=None, finished_at=at(3))
    journal.save_run(later)
    assert (journal.find_run("r"), journal.find_run("other")) == (later, None)


def test_runs_come_by_time_then_id(journal: Journal) -> None:
    late, b, a = run("late", minutes=5), run("b", finished=9), run("a", campaign="cart")
    for each in (late, b, a):
        journal.save_run(each)
    assert journal.runs() == [a, b, late]
    assert journal.runs(unfinished=True) == [a, late]
    assert journal.runs("news") == [b, late]
    assert journal.runs("news", unfinished=True) == [late]
    assert journal.runs("unknown") == []
