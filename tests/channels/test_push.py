"""Push to all devices of a user: each by its platform, and what their answers come to (R1)."""

from itertools import product

import pytest

from ensue.channels.push import PushTransport
from ensue.channels.simulated import SimulatedTransport
from ensue.parcels import Handed, Push
from tests.channels.parcelling import push_parcel

DEVICES = {"w1": "web", "a1": "android", "w2": "web", "i1": "ios"}
ACCEPTED = Handed(result="accepted")
BUSY = Handed(result="passing", detail="busy")
REFUSED = Handed(result="permanent", detail="refused")


def devices_of(transport: SimulatedTransport) -> list[list[str]]:
    return [list(parcel.content.devices) for parcel in transport.parcels if isinstance(parcel.content, Push)]


def answers(*given: Handed) -> dict[str, SimulatedTransport]:
    return {
        name: SimulatedTransport(answer=answer) for name, answer in zip(("web", "android", "ios"), given, strict=True)
    }


def test_each_platform_gets_its_own_devices_under_the_same_id() -> None:
    carriers = answers(ACCEPTED, ACCEPTED, ACCEPTED)
    assert PushTransport(carriers).send(push_parcel(DEVICES)) == ACCEPTED
    assert {name: devices_of(carrier) for name, carrier in carriers.items()} == {
        "web": [["w1", "w2"]],
        "android": [["a1"]],
        "ios": [["i1"]],
    }
    assert {parcel.id for carrier in carriers.values() for parcel in carrier.parcels} == {"e1.push"}


@pytest.mark.parametrize("given", list(product([ACCEPTED, BUSY, REFUSED], repeat=3)))
def test_one_acceptance_is_one_then_a_passing_fault_counts_then_a_refusal(
    given: tuple[Handed, Handed, Handed],
) -> None:  # R1, S12
    result = PushTransport(answers(*given)).send(push_parcel(DEVICES)).result
    results = [answer.result for answer in given]
    expected = "accepted" if "accepted" in results else "passing" if "passing" in results else "permanent"
    assert result == expected


def test_what_the_services_say_is_told_once_each() -> None:
    handed = PushTransport(answers(REFUSED, REFUSED, BUSY)).send(push_parcel(DEVICES))
    assert sorted(handed.detail.split("; ")) == ["busy", "refused"]


def test_devices_that_are_gone_are_told_also_where_another_accepted() -> None:
    gone = Handed(result="permanent", detail="gone", gone=("w1",))
    handed = PushTransport(answers(gone, ACCEPTED, ACCEPTED)).send(push_parcel(DEVICES))
    assert (handed.result, handed.gone) == ("accepted", ("w1",))


def test_without_a_device_there_is_nothing_to_be_done() -> None:
    handed = PushTransport(answers(ACCEPTED, ACCEPTED, ACCEPTED)).send(push_parcel({}))
    assert (handed.result, "no device" in handed.detail) == ("permanent", True)


@pytest.mark.parametrize(
    ("platform", "setting"),
    [("android", "ENSUE_FCM_CREDENTIALS"), ("ios", "ENSUE_APNS_KEY"), ("web", "ENSUE_VAPID_KEY")],
)
def test_a_platform_that_is_not_set_up_waits_and_says_what_is_missing(platform: str, setting: str) -> None:
    handed = PushTransport({}).send(push_parcel({"x": platform}))
    assert (handed.result, setting in handed.detail) == ("passing", True)


def test_a_platform_that_is_not_set_up_holds_nobody_up_who_was_reached() -> None:
    assert PushTransport({"web": SimulatedTransport()}).send(push_parcel(DEVICES)).result == "accepted"
