"""What every inbox does."""

import pytest

from ensue.inbox import Inbox, Ready
from ensue.ports import Store
from tests.conformance.samples import at


@pytest.fixture
def inbox(store: Store) -> Inbox:
    return store.inbox


def ready(message: str, user: str = "ana", minutes: float = 0) -> Ready:
    payload = {"message": message, "campaign": "news", "priority": 1, "buttons": [{"id": "yes", "text": "Ja ü 😀"}]}
    return Ready(message=message, user=user, campaign="news", made_at=at(minutes), payload=payload)


def test_what_lies_ready_comes_in_the_order_in_which_it_was_put_in(inbox: Inbox) -> None:
    for one in (ready("m2", minutes=5), ready("m1"), ready("m3", "bo")):
        inbox.put(one)
    assert inbox.of("ana") == [ready("m2", minutes=5), ready("m1")]
    assert inbox.of("bo") == [ready("m3", "bo")]
    assert inbox.of("nobody") == []
    assert inbox.find("m3") == ready("m3", "bo")
    assert inbox.find("m4") is None


def test_a_message_that_is_there_stays_as_it_is(inbox: Inbox) -> None:  # O5
    inbox.put(ready("m1"))
    inbox.put(ready("m2"))
    inbox.put(ready("m1", minutes=9))
    assert inbox.of("ana") == [ready("m1"), ready("m2")]


def test_a_message_that_was_taken_out_does_not_come_back(inbox: Inbox) -> None:  # O5
    inbox.put(ready("m1"))
    inbox.put(ready("m2"))
    inbox.remove("m1")
    inbox.remove("m1")
    inbox.remove("absent")
    inbox.put(ready("m1"))
    assert inbox.of("ana") == [ready("m2")]
    assert inbox.find("m1") is None


def test_everything_of_one_user_is_taken_out_and_forgotten(inbox: Inbox) -> None:
    for one in (ready("m1"), ready("m2"), ready("m3", "bo")):
        inbox.put(one)
    inbox.remove("m2")
    inbox.remove_all("ana")
    inbox.remove_all("nobody")
    assert inbox.of("ana") == []
    assert inbox.of("bo") == [ready("m3", "bo")]
    inbox.put(ready("m2"))
    assert inbox.of("ana") == [ready("m2")]


@pytest.mark.parametrize("user", ["", "o'hara", "ö😀", "nul\0inside", '"'])
def test_any_text_is_an_id(inbox: Inbox, user: str) -> None:
    inbox.put(ready("m1", user))
    assert inbox.of(user) == [ready("m1", user)]
    inbox.remove_all(user)
    assert inbox.of(user) == []


def test_a_transaction_that_fails_leaves_the_inbox_as_it_was(store: Store) -> None:
    store.inbox.put(ready("m1"))
    store.inbox.put(ready("m2"))
    with pytest.raises(ZeroDivisionError):
        fail_amid_changes(store)
    assert store.inbox.of("ana") == [ready("m1"), ready("m2")]
    assert store.inbox.of("bo") == []
    store.inbox.put(ready("m5"))
    assert store.inbox.find("m5") == ready("m5")


def fail_amid_changes(store: Store) -> None:
    """Put messages in and take them out, in a transaction that comes to nothing."""
    with store.transaction():
        store.inbox.remove("m1")
        store.inbox.put(ready("m3"))
        store.inbox.put(ready("m4", "bo"))
        store.inbox.remove_all("ana")
        store.inbox.put(ready("m5"))
        raise ZeroDivisionError
