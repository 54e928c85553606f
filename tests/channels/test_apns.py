"""Push to iOS: what Apple gets over HTTP/2, how we prove who we are, and what its answers mean."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import replace

from ensue.channels.apns import ApnsTransport, ProviderToken, load_key
from ensue.errors import Rejected
from ensue.parcels import Handed, Push
from tests.channels.apns_service import (
    DEVICE,
    KEY_ID,
    TEAM_ID,
    TOPIC,
    Apns,
    apns_service,
    key_file,
    provider_key,
    refused,
    trust,
)
from tests.channels.http_server import HANG_UP, Reply
from tests.channels.parcelling import NOON, push_parcel

DEVICES = {DEVICE: "ios"}
OTHER = DEVICE[::-1]


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def pass_(self, minutes: int) -> None:
        self.time += timedelta(minutes=minutes)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def service(tmp_path: Path, time: Time) -> Iterator[Apns]:
    with apns_service(tmp_path, time.now) as service:
        yield service


def connected(service: Apns, token: ProviderToken, topic: str = TOPIC) -> ApnsTransport:
    return ApnsTransport(token, topic, service.now, base_url=service.url, trust=trust())


@pytest.fixture
def transport(service: Apns, tmp_path: Path) -> Iterator[ApnsTransport]:
    token = ProviderToken(load_key(key_file(tmp_path)), KEY_ID, TEAM_ID, service.now)
    transport = connected(service, token)
    yield transport
    transport.close()


def tokens(service: Apns) -> list[str]:
    return [asked.headers["authorization"].removeprefix("bearer ") for asked in service.asked]


def test_the_notification_is_as_apple_documents_it(service: Apns, transport: ApnsTransport) -> None:
    parcel = push_parcel(
        DEVICES,
        image="https://shop.example/lamp.png",
        link="https://shop.example/",
        actions=[{"id": "buy", "text": "Buy"}],
        data={"plan": "pro"},
    )
    assert transport.send(parcel) == Handed(result="accepted")
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", f"/3/device/{DEVICE}")
    assert asked.json == {
        "aps": {"alert": {"title": "Hello 1", "body": "How are you?"}, "sound": "default", "mutable-content": 1},
        "message": "e1.push",
        "campaign": "hello",
        "tap": "https://news.shop.example/p/token",
        "image": "https://shop.example/lamp.png",
        "link": "https://shop.example/",
        "actions": [{"id": "buy", "text": "Buy"}],
        "data": {"plan": "pro"},
    }
    expected = {
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-collapse-id": "hello",
        "apns-expiration": str(int(NOON.timestamp()) + 3600),
    }
    assert {name: asked.headers[name] for name in expected} == expected


def test_the_id_is_the_same_at_every_attempt_and_another_for_each_device(
    service: Apns, transport: ApnsTransport
) -> None:  # O5
    for _ in range(2):
        transport.send(push_parcel({DEVICE: "ios", OTHER: "ios"}))
    transport.send(push_parcel(DEVICES, 2))
    ids = [asked.headers["apns-id"] for asked in service.asked]
    assert ids[:2] == ids[2:4]
    assert len(set(ids)) == 3


def test_a_message_that_need_not_be_kept_expires_at_once(service: Apns, transport: ApnsTransport) -> None:
    parcel = push_parcel(DEVICES)
    assert isinstance(parcel.content, Push)
    transport.send(replace(parcel, content=replace(parcel.content, time_to_live=0)))
    assert service.asked[0].headers["apns-expiration"] == "0"


# ---------------------------------------------------------------- the token


def test_the_token_names_key_and_team(service: Apns, transport: ApnsTransport) -> None:
    transport.send(push_parcel(DEVICES))
    (token,) = tokens(service)
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": KEY_ID, "typ": "JWT"}
    claims = jwt.decode(token, provider_key().public_key(), ["ES256"], options={"verify_iat": False})
    assert claims == {"iss": TEAM_ID, "iat": int(NOON.timestamp())}


def test_a_token_is_used_for_more_than_20_and_less_than_60_minutes_by_all_threads(service: Apns, time: Time) -> None:
    token = ProviderToken(provider_key(), KEY_ID, TEAM_ID, time.now)
    for minutes in (0, 20, 20, 10, 10):  # after 0, 20, 40, 50, 60 minutes
        time.pass_(minutes)
        transport = connected(service, token)
        assert transport.send(push_parcel(DEVICES)).result == "accepted"
        transport.close()
    used = tokens(service)
    assert used[0] == used[1] == used[2] != used[3] == used[4]


def test_an_expired_token_is_made_anew_and_the_message_sent_again(
    service: Apns, transport: ApnsTransport, time: Time
) -> None:
    transport.send(push_parcel(DEVICES))
    service.expired.update(tokens(service))
    time.pass_(30)
    assert transport.send(push_parcel(DEVICES, 2)) == Handed(result="accepted")
    assert len(set(tokens(service))) == 2


def test_within_20_minutes_no_other_token_is_made_and_the_message_waits(
    service: Apns, transport: ApnsTransport, time: Time
) -> None:
    transport.send(push_parcel(DEVICES))
    service.expired.update(tokens(service))
    time.pass_(5)
    handed = transport.send(push_parcel(DEVICES, 2))
    assert (handed.result, handed.detail) == ("passing", "APNs answered 403 ExpiredProviderToken")
    assert len(set(tokens(service))) == 1


# ---------------------------------------------------------------- what is answered

ANSWERS = {
    (400, "BadDeviceToken"): "gone",
    (400, "DeviceTokenNotForTopic"): "gone",
    (410, "Unregistered"): "gone",
    (410, "ExpiredToken"): "gone",
    (400, "BadCollapseId"): "permanent",
    (400, "PayloadEmpty"): "permanent",
    (404, "BadPath"): "permanent",
    (405, "MethodNotAllowed"): "permanent",
    (413, "PayloadTooLarge"): "permanent",
    (400, "TopicDisallowed"): "passing",
    (403, "InvalidProviderToken"): "passing",
    (403, "ExpiredProviderToken"): "passing",
    (429, "TooManyRequests"): "passing",
    (429, "TooManyProviderTokenUpdates"): "passing",
    (500, "InternalServerError"): "passing",
    (503, "Shutdown"): "passing",
}


@pytest.mark.parametrize(("status", "reason"), ANSWERS)
def test_an_answer_is_taken_for_what_it_means(
    service: Apns, transport: ApnsTransport, status: int, reason: str
) -> None:  # S12
    service.verdict = refused(status, reason)
    handed = transport.send(push_parcel(DEVICES))
    result = ANSWERS[status, reason]
    assert handed.result == ("permanent" if result == "gone" else result)
    assert handed.gone == ((DEVICE,) if result == "gone" else ())
    assert handed.detail == f"APNs answered {status} {reason}"


@pytest.mark.parametrize("reply", [Reply(503, b"<html>"), Reply(HANG_UP)], ids=["no JSON", "cut off"])
def test_an_answer_that_is_none_is_a_passing_fault(service: Apns, transport: ApnsTransport, reply: Reply) -> None:
    service.verdict = reply
    assert transport.send(push_parcel(DEVICES)).result == "passing"


def test_a_token_that_is_no_device_is_gone(transport: ApnsTransport) -> None:
    assert transport.send(push_parcel({"../../x?y": "ios"})).gone == ("../../x?y",)


def test_a_server_that_nobody_vouches_for_is_not_told_anything(service: Apns, tmp_path: Path) -> None:
    token = ProviderToken(load_key(key_file(tmp_path)), KEY_ID, TEAM_ID, service.now)
    careful = ApnsTransport(token, TOPIC, service.now, base_url=service.url)
    assert careful.send(push_parcel(DEVICES)).result == "passing"
    careful.close()
    assert service.asked == []


def test_a_key_file_that_is_none_is_refused_at_start(tmp_path: Path) -> None:
    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"no key", pem):
        file = tmp_path / "key.p8"
        file.write_bytes(content)
        with pytest.raises(Rejected) as caught:
            load_key(file)
        (problem,) = caught.value.problems
        assert (problem.path, bool(problem.hint)) == ("ENSUE_APNS_KEY", True)
