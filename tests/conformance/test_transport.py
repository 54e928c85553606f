"""What every Transport does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ensue.channels.apns import ApnsTransport, ProviderToken
from ensue.channels.fcm import FcmTransport, load_account
from ensue.channels.outbound import Outbound
from ensue.channels.push import PushTransport
from ensue.channels.simulated import SimulatedTransport
from ensue.channels.smtp import SmtpSettings, SmtpTransport
from ensue.channels.vapid import Vapid, new_key
from ensue.channels.webhook import WebhookTransport
from ensue.channels.webpush import WebPushTransport
from ensue.parcels import Email, Handed, Parcel
from ensue.ports import Transport
from tests.channels import apns_service, fcm_service
from tests.channels.browser import Browser
from tests.channels.http_server import HANG_UP, Reply, http_server
from tests.channels.mail_server import HANG_UP as NO_ANSWER
from tests.channels.mail_server import serving
from tests.channels.parcelling import noon, push_parcel, webhook_parcel

LOOPBACK = ("127.0.0.0/8",)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Trial:
    """A transport, its parcels, how its service is made to answer, and the messages that the service took."""

    transport: Transport
    parcel: Callable[[int], Parcel]
    answer: Callable[[str], None]
    received: Callable[[], list[bytes]]


def email(number: int) -> Parcel:
    content = f"Subject: Hello {number}\r\n\r\nHow are you?\r\n".encode()
    mail = Email(sender="news@example.com", recipient="ana@example.com", content=content)
    return Parcel(id=f"e{number}.email", channel="email", content=mail)


@contextmanager
def simulated(_: Path) -> Iterator[Trial]:
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

    yield Trial(transport, email, answer, received)


@contextmanager
def smtp(_: Path) -> Iterator[Trial]:
    with serving() as server:
        answers = {"accepted": "250 OK", "busy": "451 busy", "gone": "550 no such user", "broken": NO_ANSWER}

        def answer(name: str) -> None:
            server.answers["RCPT"] = answers[name]

        def received() -> list[bytes]:
            return [envelope.content for envelope in server.received if isinstance(envelope.content, bytes)]

        transport = SmtpTransport(SmtpSettings(host="127.0.0.1", port=server.port, timeout=5, source_host="test"))
        yield Trial(transport, email, answer, received)
        transport.close()


STATUSES = {"accepted": 201, "busy": 503, "gone": 410, "broken": HANG_UP}


@contextmanager
def webhook(_: Path) -> Iterator[Trial]:
    with http_server() as server:
        transport = WebhookTransport(Outbound(LOOPBACK), SECRET, noon)
        yield Trial(
            transport,
            lambda number: webhook_parcel(f"{server.url}/hook", number),
            lambda name: server.replies(STATUSES[name]),
            lambda: [asked.body for asked in server.asked],
        )
        transport.close()


@contextmanager
def webpush(_: Path) -> Iterator[Trial]:
    with http_server() as server:
        browser = Browser.made()
        device = browser.subscription(f"{server.url}/push/1")
        transport = WebPushTransport(Outbound(LOOPBACK), Vapid(new_key(), "mailto:push@shop.example", noon))
        yield Trial(
            transport,
            lambda number: push_parcel({device: "web"}, number),
            lambda name: server.replies(STATUSES[name]),
            lambda: [browser.decrypted(asked.body) for asked in server.asked],
        )
        transport.close()


@contextmanager
def push(folder: Path) -> Iterator[Trial]:
    """Push is tried with one platform; `test_push` has several."""
    with webpush(folder) as trial:
        transport = PushTransport({"web": trial.transport})
        yield Trial(transport, trial.parcel, trial.answer, trial.received)


@contextmanager
def fcm(folder: Path) -> Iterator[Trial]:
    with fcm_service.fcm_service(folder) as service:
        verdicts = {
            "accepted": None,
            "busy": fcm_service.fcm_refusal(503, "UNAVAILABLE", "UNAVAILABLE"),
            "gone": fcm_service.fcm_refusal(404, "NOT_FOUND", "UNREGISTERED"),
            "broken": Reply(HANG_UP),
        }

        def answer(name: str) -> None:
            service.verdict = verdicts[name]

        transport = FcmTransport(load_account(service.file), service.server.url)
        yield Trial(
            transport,
            lambda number: push_parcel({"device-1": "android"}, number),
            answer,
            lambda: [asked.body for asked in service.messages],
        )
        transport.close()


@contextmanager
def apns(folder: Path) -> Iterator[Trial]:
    with apns_service.apns_service(folder, noon) as service:
        verdicts = {
            "accepted": Reply(),
            "busy": apns_service.refused(503, "ServiceUnavailable"),
            "gone": apns_service.refused(410, "Unregistered"),
            "broken": Reply(HANG_UP),
        }

        def answer(name: str) -> None:
            service.verdict = verdicts[name]

        token = ProviderToken(apns_service.provider_key(), apns_service.KEY_ID, apns_service.TEAM_ID, noon)
        trust = apns_service.trust()
        transport = ApnsTransport(token, apns_service.TOPIC, noon, base_url=service.url, trust=trust)
        yield Trial(
            transport,
            lambda number: push_parcel({apns_service.DEVICE: "ios"}, number),
            answer,
            lambda: [asked.body for asked in service.asked],
        )
        transport.close()


MAKERS = {
    "simulated": simulated,
    "smtp": smtp,
    "webhook": webhook,
    "webpush": webpush,
    "fcm": fcm,
    "apns": apns,
    "push": push,
}


@pytest.fixture(params=MAKERS)
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trial]:
    with MAKERS[request.param](tmp_path) as made:
        yield made


def test_what_is_accepted_was_received_in_order(trial: Trial) -> None:  # R1
    sent = [trial.transport.send(trial.parcel(number)) for number in (1, 2, 3)]
    assert sent == [Handed(result="accepted")] * 3
    received = trial.received()
    assert len(received) == 3
    assert [f"Hello {number}".encode() in received[number - 1] for number in (1, 2, 3)] == [True] * 3


@pytest.mark.parametrize(
    ("answer", "result"), [("busy", "passing"), ("gone", "permanent"), ("broken", "passing"), ("accepted", "accepted")]
)
def test_an_answer_is_told_and_never_raised(trial: Trial, answer: str, result: str) -> None:  # S12
    trial.answer(answer)

    handed = trial.transport.send(trial.parcel(1))
    assert handed.result == result
    assert bool(handed.detail) == (result != "accepted")


@pytest.mark.parametrize("answer", ["busy", "gone", "broken"])
def test_after_a_refusal_or_fault_the_next_message_goes(trial: Trial, answer: str) -> None:
    trial.answer(answer)
    trial.transport.send(trial.parcel(1))
    trial.answer("accepted")

    assert trial.transport.send(trial.parcel(2)).result == "accepted"
    assert b"Hello 2" in trial.received()[-1]


def test_the_same_parcel_can_be_handed_over_again(trial: Trial) -> None:  # O5
    assert [trial.transport.send(trial.parcel(1)).result for _ in range(2)] == ["accepted"] * 2
    first, second = trial.received()
    assert first == second


def test_closing_twice_is_harmless_and_it_can_be_used_again(trial: Trial) -> None:
    trial.transport.close()
    trial.transport.send(trial.parcel(1))
    trial.transport.close()
    trial.transport.close()

    assert trial.transport.send(trial.parcel(2)).result == "accepted"


@pytest.mark.parametrize("trial", [name for name in MAKERS if name != "simulated"], indirect=True)
def test_a_parcel_of_another_channel_is_a_bug(trial: Trial) -> None:
    mine = trial.parcel(1).channel
    with pytest.raises(TypeError):
        trial.transport.send(email(1) if mine != "email" else webhook_parcel("http://127.0.0.1"))
