"""The simulated channel."""

from ensue.channels.simulated import SimulatedTransport
from ensue.parcels import Handed, InApp, Parcel


def parcels(count: int) -> list[Parcel]:
    return [
        Parcel(id=str(number), channel="in_app_message", content=InApp(user="ana", payload={}))
        for number in range(count)
    ]


def test_it_accepts_and_remembers_in_order() -> None:
    transport = SimulatedTransport(keep=None)

    assert {transport.send(parcel).result for parcel in parcels(3)} == {"accepted"}
    assert transport.parcels == tuple(parcels(3))


def test_it_remembers_no_more_than_it_was_told() -> None:
    transport = SimulatedTransport(keep=2)
    for parcel in parcels(5):
        transport.send(parcel)

    assert [parcel.id for parcel in transport.parcels] == ["3", "4"]


def test_it_answers_as_it_was_told() -> None:
    busy = Handed(result="passing", detail="busy")

    assert SimulatedTransport(answer=busy).send(parcels(1)[0]) == busy
