"""The channel of in-app messages: what is put into inboxes, and who is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ensue.channels.inbox import InboxTransport
from ensue.core.effects import Message, Send
from ensue.errors import Unavailable
from ensue.inbox import Ready
from ensue.parcels import Email, Handed, InApp, Parcel
from ensue.runners.clock import VirtualClock
from ensue.runners.embedded import EmbeddedRunner
from ensue.store.memory import MemoryStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAYLOAD = {"message": "m1", "campaign": "hello", "layout": "modal", "priority": 0}
PARCEL = Parcel(id="m1", channel="in_app_message", content=InApp(user="ana", payload=PAYLOAD))
MESSAGE = Message(
    id="m1",
    entry="e1",
    user="ana",
    campaign="hello",
    version=1,
    variation="A",
    channel="in_app_message",
    created_at=NOON - timedelta(hours=1),
)


@pytest.fixture
def runner() -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(MemoryStore(), VirtualClock(NOON), keeps_time=False)
    yield runner
    runner.close()


def lying(runner: EmbeddedRunner) -> list[Ready]:
    return runner.read(lambda store: store.inbox.of("ana"))


def test_a_message_lies_ready_dated_to_its_decision_and_somebody_is_told(runner: EmbeddedRunner) -> None:
    runner.write(lambda store: store.ledger.append([], [Send(message=MESSAGE)]))
    told: list[Parcel] = []
    transport = InboxTransport(runner, VirtualClock(NOON), told.append)
    assert transport.send(PARCEL) == Handed(result="accepted")
    (ready,) = lying(runner)
    assert (ready.message, ready.campaign, ready.payload) == ("m1", "hello", PAYLOAD)
    assert ready.made_at == MESSAGE.created_at
    assert told == [PARCEL]


def test_a_test_message_was_made_now(runner: EmbeddedRunner) -> None:
    InboxTransport(runner, VirtualClock(NOON)).send(PARCEL)
    assert [one.made_at for one in lying(runner)] == [NOON]


def test_the_same_message_again_lies_ready_once(runner: EmbeddedRunner) -> None:  # O5
    transport = InboxTransport(runner, VirtualClock(NOON))
    assert [transport.send(PARCEL).result for _ in range(2)] == ["accepted"] * 2
    assert len(lying(runner)) == 1
    runner.write(lambda store: store.inbox.remove("m1"))
    assert transport.send(PARCEL).result == "accepted"
    assert lying(runner) == []


def test_what_is_no_in_app_message_is_refused_for_good(runner: EmbeddedRunner) -> None:
    transport = InboxTransport(runner, VirtualClock(NOON))
    email = Parcel(id="m2", channel="email", content=Email(sender="a@b", recipient="c@d", content=b""))
    assert transport.send(email).result == "permanent"
    transport.close()


def test_a_store_that_is_out_of_reach_is_a_passing_fault() -> None:
    runner = EmbeddedRunner(MemoryStore(), VirtualClock(NOON), keeps_time=False)
    runner.close()
    with pytest.raises(Unavailable):
        lying(runner)
    handed = InboxTransport(runner, VirtualClock(NOON)).send(PARCEL)
    assert (handed.result, bool(handed.detail)) == ("passing", True)
