"""What every Transport does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ensue.channels.simulated import SimulatedTransport
from ensue.channels.smtp import SmtpSettings, SmtpTransport
from ensue.parcels import Email, Handed, Parcel
from ensue.ports import Transport
from tests.channels.mail_server import HANG_UP, serving


@dataclass
class Trial:
    """A transport, how its service is made to answer, and what the service received."""

    transport: Transport
    answer: Callable[[str], None]
    received: Callable[[], list[bytes]]


@contextmanager
def simulated() -> Iterator[Trial]:
    transport = SimulatedTransport()
    answers = {
        "accepted": Handed(result="accepted"),
        "busy": Handed(result="passing", detail="busy"),
        "gone": Handed(result="permanent", detail="no such user"),
        "broken": Handed(result="passing", detail="no connection"),
    }

    def answer(name: str) -> None:
        transport.answer = answers[name]

    def received() -> list[bytes]:
        return [one.content.content for one in transport.parcels if isinstance(one.content, Email)]

    yield Trial(transport, answer, received)


@contextmanager
def smtp() -> Iterator[Trial]:
    with serving() as server:
        answers = {"accepted": "250 OK", "busy": "451 busy", "gone": "550 no such user", "broken": HANG_UP}

        def answer(name: str) -> None:
            server.answers["RCPT"] = answers[name]

        def received() -> list[bytes]:
            return [envelope.content for envelope in server.received if isinstance(envelope.content, bytes)]

        transport = SmtpTransport(SmtpSettings(host="127.0.0.1", port=server.port, timeout=5, source_host="test"))
        yield Trial(transport, answer, received)
        transport.close()


MAKERS = {"simulated": simulated, "smtp": smtp}


@pytest.fixture(params=MAKERS)
def trial(request: pytest.FixtureRequest) -> Iterator[Trial]:
    with MAKERS[request.param]() as made:
        yield made


def parcel(number: int = 1) -> Parcel:
    content = f"Subject: {number}\r\n\r\nHello\r\n".encode()
    email = Email(sender="news@example.com", recipient="ana@example.com", content=content)
    return Parcel(id=f"e{number}.email", channel="email", content=email)


def test_what_is_accepted_was_received_in_order(trial: Trial) -> None:
    assert [trial.transport.send(parcel(number)) for number in (1, 2, 3)] == [Handed(result="accepted")] * 3
    assert [content[:10] for content in trial.received()] == [b"Subject: 1", b"Subject: 2", b"Subject: 3"]


@pytest.mark.parametrize(
    ("answer", "result"), [("busy", "passing"), ("gone", "permanent"), ("broken", "passing"), ("accepted", "accepted")]
)
def test_an_answer_is_told_and_never_raised(trial: Trial, answer: str, result: str) -> None:  # S12
    trial.answer(answer)

    handed = trial.transport.send(parcel())
    assert handed.result == result
    assert bool(handed.detail) == (result != "accepted")


@pytest.mark.parametrize("answer", ["busy", "gone", "broken"])
def test_after_a_refusal_or_fault_the_next_message_goes(trial: Trial, answer: str) -> None:
    trial.answer(answer)
    trial.transport.send(parcel(1))
    trial.answer("accepted")

    assert trial.transport.send(parcel(2)).result == "accepted"
    assert trial.received()[-1].startswith(b"Subject: 2")


def test_the_same_parcel_can_be_handed_over_again(trial: Trial) -> None:  # O5
    assert [trial.transport.send(parcel()).result for _ in range(2)] == ["accepted"] * 2
    first, second = trial.received()
    assert first == second


def test_closing_twice_is_harmless_and_it_can_be_used_again(trial: Trial) -> None:
    trial.transport.close()
    trial.transport.send(parcel(1))
    trial.transport.close()
    trial.transport.close()

    assert trial.transport.send(parcel(2)).result == "accepted"
