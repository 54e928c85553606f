"""Webhooks: how a request is signed and made, and what the answer means."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from standardwebhooks import Webhook

from ensue.channels.outbound import Outbound
from ensue.channels.webhook import WebhookTransport
from ensue.parcels import Handed, Parcel, Request
from tests.channels.http_server import HANG_UP, HttpServer, http_server
from tests.channels.parcelling import webhook_parcel

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (receivers compare with their own clock)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def transport() -> Iterator[WebhookTransport]:
    transport = WebhookTransport(Outbound(["127.0.0.1"]), SECRET, now)
    yield transport
    transport.close()


def with_body(parcel: Parcel, body: str | None) -> Parcel:
    assert isinstance(parcel.content, Request)
    return replace(parcel, content=replace(parcel.content, body=body))


def test_a_receiver_can_verify_the_signature(server: HttpServer, transport: WebhookTransport) -> None:
    transport.send(webhook_parcel(server.url, X_Shop="lamps"))
    (asked,) = server.asked
    assert asked.headers["webhook-id"] == "e1.webhook"
    assert asked.headers["x-shop"] == "lamps"
    assert Webhook(SECRET).verify(asked.body, dict(asked.headers)) == {"greeting": "Hello 1 ü"}


def test_an_attempt_again_has_the_same_id(server: HttpServer, transport: WebhookTransport) -> None:  # O5
    for _ in range(2):
        transport.send(webhook_parcel(server.url))
    assert [asked.headers["webhook-id"] for asked in server.asked] == ["e1.webhook"] * 2


@pytest.mark.parametrize("body", [None, ""])
def test_a_request_without_a_body_is_signed_too(
    server: HttpServer, transport: WebhookTransport, body: str | None
) -> None:
    transport.send(with_body(webhook_parcel(server.url, method="GET"), body))
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("GET", b"")
    Webhook(SECRET).verify(asked.body, dict(asked.headers), json_parse=False)


@pytest.mark.parametrize(
    ("body", "kind"),
    [('{"a": 1}', "application/json"), ("a=1", "text/plain; charset=utf-8"), (None, None)],
)
def test_the_type_of_the_body_is_said(
    server: HttpServer, transport: WebhookTransport, body: str | None, kind: str | None
) -> None:
    transport.send(with_body(webhook_parcel(server.url), body))
    assert server.asked[0].headers.get("content-type") == kind


def test_the_campaign_may_say_the_type(server: HttpServer, transport: WebhookTransport) -> None:
    transport.send(webhook_parcel(server.url, content_type="application/ld+json"))
    assert server.asked[0].headers["content-type"] == "application/ld+json"


RESULTS = {
    **dict.fromkeys([200, 201, 202, 204, 299], "accepted"),
    **dict.fromkeys([301, 302, 307, 400, 401, 403, 404, 405, 409, 410, 413, 422, 451], "permanent"),
    **dict.fromkeys([408, 425, 429, 500, 501, 502, 503, 504, HANG_UP], "passing"),
}


@pytest.mark.parametrize(("status", "result"), RESULTS.items())
def test_an_answer_is_taken_for_what_it_means(
    server: HttpServer, transport: WebhookTransport, status: int, result: str
) -> None:  # S12
    server.replies(status, b"" if status == 204 else b"in its\n words", Location="/")
    handed = transport.send(webhook_parcel(server.url))
    assert handed.result == result
    if result != "accepted" and status != HANG_UP:
        assert handed.detail == f"the server answered {status} in its words"


def test_a_private_address_is_refused_for_good(server: HttpServer) -> None:
    handed = WebhookTransport(Outbound(), SECRET, now).send(webhook_parcel(server.url))
    assert handed.result == "permanent"
    assert "ENSUE_ALLOWED_NETWORKS" in handed.detail
    assert server.asked == []


def test_what_is_accepted_says_nothing_more(server: HttpServer, transport: WebhookTransport) -> None:
    server.replies(200, json.dumps({"ok": True}).encode())
    assert transport.send(webhook_parcel(server.url)) == Handed(result="accepted")
