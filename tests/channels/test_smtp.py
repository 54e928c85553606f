"""SMTP against a real server: what its answers mean, kept connections, encryption, login."""

import logging
import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from ensue.channels.smtp import SmtpSettings, SmtpTransport
from ensue.parcels import Email, Handed, InApp, Parcel
from tests.channels.mail_server import HANG_UP, MailServer, Step, certificate, serving
from tests.content.letters import rendered


def parcel(
    recipient: str = "ana@example.com", *, content: bytes = b"Subject: Hi\r\n\r\nHello\r\n", number: int = 1
) -> Parcel:
    email = Email(sender="news@example.com", recipient=recipient, content=content)
    return Parcel(id=f"e{number}.email", channel="email", content=email)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with serving() as running:
        yield running


@pytest.fixture
def mail(server: MailServer) -> MailServer:
    server.answers.clear()
    server.received.clear()
    server.connections.clear()
    return server


@pytest.fixture
def transport(mail: MailServer) -> Iterator[SmtpTransport]:
    made = SmtpTransport(SmtpSettings(host="127.0.0.1", port=mail.port, timeout=5, source_host="client.test"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("certificate"))


# ---------------------------------------------------------------- hand-over


def test_a_message_arrives_as_it_was_rendered(transport: SmtpTransport, mail: MailServer) -> None:
    email = rendered(html="<p>Hej å</p>\n.\n..\nFrom me")
    assert transport.send(Parcel(id="e1.email", channel="email", content=email)) == Handed(result="accepted")

    (envelope,) = mail.received
    assert (envelope.mail_from, envelope.rcpt_tos) == ("news@example.com", ["ana@example.com"])
    assert envelope.content == email.content
    assert message_from_bytes(email.content, policy=policy.default)["Message-ID"] == "<e1.email@example.com>"


def test_the_connection_is_kept(transport: SmtpTransport, mail: MailServer) -> None:
    for number in range(5):
        assert transport.send(parcel(number=number)).result == "accepted"

    assert len(mail.received) == 5
    assert len(mail.connections) == 1


def test_a_connection_that_the_server_closed_is_opened_again_at_once(
    transport: SmtpTransport, mail: MailServer
) -> None:
    transport.send(parcel())
    mail.hang_up()

    assert transport.send(parcel(number=2)).result == "accepted"
    assert len(mail.connections) == 2


def test_a_421_on_a_kept_connection_opens_a_new_one_and_a_second_is_passing(
    transport: SmtpTransport, mail: MailServer
) -> None:
    transport.send(parcel())
    mail.answers["MAIL"] = "421 too many messages"
    refused = transport.send(parcel(number=2))
    mail.answers.clear()

    assert refused == Handed(result="passing", detail="the mail server refused the sender: 421 too many messages")
    assert len(mail.connections) == 2
    assert transport.send(parcel(number=3)).result == "accepted"


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_breaks_within_a_message_is_passing(
    transport: SmtpTransport, mail: MailServer, step: Step
) -> None:
    mail.answers[step] = HANG_UP
    broken = transport.send(parcel())
    mail.answers.clear()

    assert broken.result == "passing"
    assert "onnection" in broken.detail
    assert transport.send(parcel(number=2)).result == "accepted"


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("step", "answer", "result", "what"),
    [
        ("RCPT", "550 5.1.1 no such user", "permanent", "recipient"),
        ("RCPT", "553 5.1.3 bad address", "permanent", "recipient"),
        ("RCPT", "450 4.2.1 mailbox busy", "passing", "recipient"),
        ("RCPT", "421 4.3.2 going down", "passing", "recipient"),
        ("RCPT", "530 5.7.0 authentication required", "passing", "recipient"),
        ("DATA", "554 5.7.1 spam", "permanent", "message"),
        ("DATA", "552 5.3.4 too big", "permanent", "message"),
        ("DATA", "452 4.3.1 disk full", "passing", "message"),
        ("MAIL", "451 4.7.1 slow down", "passing", "sender"),
        ("MAIL", "550 5.7.1 this sender may not", "passing", "sender"),
    ],
)
def test_a_refusal_is_permanent_only_where_it_is_about_message_or_recipient(
    transport: SmtpTransport, mail: MailServer, *, step: Step, answer: str, result: str, what: str
) -> None:  # S12
    mail.answers[step] = answer
    handed = transport.send(parcel())
    mail.answers.clear()

    assert (handed.result, handed.detail) == (result, f"the mail server refused the {what}: {answer}")
    assert transport.send(parcel(number=2)).result == "accepted"
    assert len(mail.received) == 1


@pytest.mark.parametrize(
    "recipient", ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "a@b>,<c@d", "a b@c", "a@b,c@d", "@b", "a@"]
)
def test_an_address_that_is_none_never_reaches_the_server(
    transport: SmtpTransport, mail: MailServer, recipient: str
) -> None:
    handed = transport.send(parcel(recipient))

    assert handed.result == "permanent"
    assert "is not an e-mail address" in handed.detail
    assert mail.connections == []


def test_an_address_in_other_letters_needs_smtputf8(transport: SmtpTransport, mail: MailServer) -> None:
    assert transport.send(parcel("åsa@exämple.com")).result == "accepted"
    assert mail.received[0].rcpt_tos == ["åsa@exämple.com"]
    assert "SMTPUTF8" in mail.received[0].mail_options

    with serving(smtputf8=False) as old:
        other = SmtpTransport(SmtpSettings(host="127.0.0.1", port=old.port, timeout=5))
        handed = other.send(parcel("åsa@exämple.com"))
        assert handed.result == "permanent"
        assert "SMTPUTF8" in handed.detail
        assert other.send(parcel()).result == "accepted"
        other.close()


def test_an_ordinary_address_after_one_in_other_letters_is_fine(transport: SmtpTransport) -> None:
    assert [transport.send(parcel(to)).result for to in ("åsa@exämple.com", "bo@example.com")] == ["accepted"] * 2


def test_a_parcel_of_another_channel_is_a_bug(transport: SmtpTransport) -> None:
    with pytest.raises(TypeError, match="InApp"):
        transport.send(Parcel(id="x", channel="in_app_message", content=InApp(user="ana", payload={})))


# ---------------------------------------------------------------- connections that do not come about


def test_a_server_that_is_not_there_is_passing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    handed = SmtpTransport(SmtpSettings(host="127.0.0.1", port=port, timeout=5)).send(parcel())

    assert handed.result == "passing"
    assert handed.detail.startswith("no connection to the mail server")


def test_a_server_that_never_answers_is_passing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = SmtpSettings(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.1)
        handed = SmtpTransport(settings).send(parcel())

    assert handed.result == "passing"
    assert "timed out" in handed.detail


# ---------------------------------------------------------------- encryption and login


def test_starttls_and_login(secure: tuple[Path, ssl.SSLContext], caplog: pytest.LogCaptureFixture) -> None:
    authority, context = secure
    with serving(starttls=context, login=True) as mail, caplog.at_level(logging.INFO):
        given = SmtpSettings(
            host="127.0.0.1",
            port=mail.port,
            security="starttls",
            username="ensue",
            password="sesame",
            ca_file=str(authority),
            timeout=5,
        )
        transport = SmtpTransport(given)
        assert transport.send(parcel()) == Handed(result="accepted")
        assert mail.offered == [(b"ensue", b"sesame")]
        transport.close()
    assert "sesame" not in repr(given) + str(given) + caplog.text


def test_tls_from_the_beginning(secure: tuple[Path, ssl.SSLContext]) -> None:
    authority, context = secure
    with serving(tls=context) as mail:
        transport = SmtpTransport(
            SmtpSettings(host="127.0.0.1", port=mail.port, security="tls", ca_file=str(authority), timeout=5)
        )
        assert transport.send(parcel()).result == "accepted"
        transport.close()


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(secure: tuple[Path, ssl.SSLContext]) -> None:
    with serving(starttls=secure[1]) as mail:
        transport = SmtpTransport(SmtpSettings(host="127.0.0.1", port=mail.port, security="starttls", timeout=5))
        handed = transport.send(parcel())

    assert handed.result == "passing"
    assert handed.detail.startswith("no secure connection to the mail server")
    assert mail.received == []


def test_a_server_without_starttls_gets_nothing(mail: MailServer) -> None:
    handed = SmtpTransport(SmtpSettings(host="127.0.0.1", port=mail.port, security="starttls", timeout=5)).send(
        parcel()
    )

    assert handed.result == "passing"
    assert "STARTTLS" in handed.detail
    assert mail.received == []


def test_a_refused_login_is_passing_and_the_password_stays_secret(secure: tuple[Path, ssl.SSLContext]) -> None:
    authority, context = secure
    with serving(starttls=context, login=True) as mail:
        handed = SmtpTransport(
            SmtpSettings(
                host="127.0.0.1",
                port=mail.port,
                security="starttls",
                username="ensue",
                password="pa55word",
                ca_file=str(authority),
                timeout=5,
            )
        ).send(parcel())

    assert handed.result == "passing"
    assert handed.detail.startswith("the mail server refused user name or password: 535")
    assert "pa55word" not in handed.detail
