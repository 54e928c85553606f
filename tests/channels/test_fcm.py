"""Push to Android: what FCM gets, how we prove who we are, and what its answers mean."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from ensue.channels.fcm import FcmTransport, load_account
from ensue.errors import Rejected
from ensue.parcels import Handed, Parcel, Push
from tests.channels.fcm_service import Fcm, bad_field, fcm_refusal, fcm_service, refusal
from tests.channels.http_server import HANG_UP, Reply
from tests.channels.parcelling import push_parcel

DEVICE = {"device-1": "android"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Fcm]:
    with fcm_service(tmp_path) as service:
        yield service


@pytest.fixture
def transport(service: Fcm) -> Iterator[FcmTransport]:
    transport = FcmTransport(load_account(service.file), service.server.url)
    yield transport
    transport.close()


def for_days(parcel: Parcel, days: int) -> Parcel:
    assert isinstance(parcel.content, Push)
    return replace(parcel, content=replace(parcel.content, time_to_live=days * 24 * 3600))


def test_the_message_is_as_fcm_documents_it(service: Fcm, transport: FcmTransport) -> None:
    parcel = push_parcel(
        DEVICE,
        image="https://shop.example/lamp.png",
        link="https://shop.example/",
        icon="https://shop.example/icon.png",
        actions=[{"id": "buy", "text": "Buy"}],
        data={"plan": "pro", "tap": "not ours"},
    )
    assert transport.send(parcel) == Handed(result="accepted")
    (asked,) = service.messages
    assert asked.json == {
        "message": {
            "token": "device-1",
            "notification": {
                "title": "Hello 1",
                "body": "How are you?",
                "image": "https://shop.example/lamp.png",
            },
            "data": {
                "plan": "pro",
                "actions": '[{"id":"buy","text":"Buy"}]',
                "message": "e1.push",
                "campaign": "hello",
                "link": "https://shop.example/",
                "tap": "https://news.shop.example/p/token",
            },
            "android": {"ttl": "3600s", "collapse_key": "hello"},
        }
    }


def test_it_is_kept_for_four_weeks_at_most(service: Fcm, transport: FcmTransport) -> None:
    assert transport.send(for_days(push_parcel(DEVICE), 90)).result == "accepted"
    assert service.messages[0].json["message"]["android"]["ttl"] == "2419200s"


def test_one_access_token_serves_all_threads_while_it_is_valid(service: Fcm) -> None:
    account = load_account(service.file)
    for number in range(3):
        transport = FcmTransport(account, service.server.url)
        assert transport.send(push_parcel(DEVICE, number)).result == "accepted"
        transport.close()
    assert service.tokens == 1


def test_an_access_token_that_is_refused_is_made_anew_and_the_message_sent_again(
    service: Fcm, transport: FcmTransport
) -> None:
    transport.send(push_parcel(DEVICE))
    service.revoked.add("Bearer access-1")
    assert transport.send(push_parcel(DEVICE, 2)) == Handed(result="accepted")
    assert service.tokens == 2


def test_where_no_access_token_helps_it_is_a_passing_fault(service: Fcm, transport: FcmTransport) -> None:
    service.revoked.update(f"Bearer access-{number}" for number in range(1, 5))
    handed = transport.send(push_parcel(DEVICE))
    assert (handed.result, "401 UNAUTHENTICATED" in handed.detail) == ("passing", True)


def test_without_google_there_is_no_token_and_the_message_waits(service: Fcm, transport: FcmTransport) -> None:
    service.server.replies(HANG_UP)
    handed = transport.send(push_parcel(DEVICE))
    assert (handed.result, handed.detail.startswith("no access token for FCM")) == ("passing", True)


TOKEN_WORDS = "The registration token is not a valid FCM registration token"
ANSWERS = {
    "UNREGISTERED": (fcm_refusal(404, "NOT_FOUND", "UNREGISTERED"), "gone"),
    "a bad token by its field": (bad_field("message.token"), "gone"),
    "a bad token in words": (fcm_refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", TOKEN_WORDS), "gone"),
    "another bad field": (bad_field("message.data[0].value"), "permanent"),
    "INVALID_ARGUMENT": (fcm_refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), "permanent"),
    "SENDER_ID_MISMATCH": (fcm_refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "permanent"),
    "PERMISSION_DENIED": (refusal(403, "PERMISSION_DENIED", "The API is not enabled."), "passing"),
    "NOT_FOUND": (refusal(404, "NOT_FOUND", "There is no such project."), "passing"),
    "QUOTA_EXCEEDED": (fcm_refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), "passing"),
    "UNAVAILABLE": (fcm_refusal(503, "UNAVAILABLE", "UNAVAILABLE"), "passing"),
    "INTERNAL": (fcm_refusal(500, "INTERNAL", "INTERNAL"), "passing"),
    "THIRD_PARTY_AUTH_ERROR": (fcm_refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), "passing"),
    "a page of a proxy": (Reply(502, b"<!DOCTYPE html><title>Error 502</title>"), "passing"),
    "a page that says 400": (Reply(400, b"<title>Error 400</title>"), "permanent"),
    "nothing": (Reply(HANG_UP), "passing"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_taken_for_what_it_means(service: Fcm, transport: FcmTransport, name: str) -> None:  # S12
    service.verdict, result = ANSWERS[name]
    handed = transport.send(push_parcel(DEVICE))
    assert handed.result == ("permanent" if result == "gone" else result)
    assert handed.gone == (("device-1",) if result == "gone" else ())
    assert handed.detail


@pytest.mark.parametrize("text", ["", "{}", "no JSON", json.dumps({"type": "service_account", "project_id": "shop"})])
def test_a_file_that_is_no_service_account_is_refused_at_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "account.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Rejected) as caught:
        load_account(file)
    (problem,) = caught.value.problems
    assert (problem.path, bool(problem.hint)) == ("ENSUE_FCM_CREDENTIALS", True)
