"""Web push, end to end: a browser of our own decrypts and verifies what its push service gets."""

import json
from collections.abc import Iterator
from datetime import timedelta

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from ensue.channels.outbound import Outbound
from ensue.channels.vapid import LIFE, Vapid, new_key, public_key
from ensue.channels.webpush import LARGEST, WebPushTransport, subscription_token, topic_of
from ensue.parcels import Handed
from tests.channels.browser import Browser, b64, point, unb64
from tests.channels.http_server import HANG_UP, Asked, HttpServer, Reply, http_server
from tests.channels.parcelling import NOON, noon, push_parcel

KEY = new_key()
SUBJECT = "mailto:push@shop.example"
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server(_service) as server:
        yield server


def _service(asked: Asked) -> Reply:
    """RFC 8030, 5: a request that it allows is answered with 201."""
    is_right = (
        asked.method == "POST"
        and asked.headers["ttl"].isdecimal()
        and asked.headers["urgency"] in {"very-low", "low", "normal", "high"}
        and len(asked.headers["topic"]) <= 32
        and asked.headers["content-encoding"] == "aes128gcm"
    )
    return Reply(201 if is_right else 400, headers={"Location": "/message/1"})


@pytest.fixture
def transport() -> Iterator[WebPushTransport]:
    transport = WebPushTransport(Outbound(["127.0.0.1"]), Vapid(KEY, SUBJECT, noon))
    yield transport
    transport.close()


def device(server: HttpServer, browser: Browser, path: str = "/push/1") -> dict[str, str]:
    return {browser.subscription(server.url + path): "web"}


# ---------------------------------------------------------------- the oracle itself


def test_the_browser_of_the_tests_reads_the_message_of_rfc_8291() -> None:
    """RFC 8291, 5 and Appendix A."""
    number = int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    private = ec.derive_private_key(number, ec.SECP256R1())
    public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    assert b64(point(private.public_key())) == public
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    browser = Browser(private, unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    assert browser.decrypted(unb64(body)) == b"When I grow up, I want to be a watermelon"


# ---------------------------------------------------------------- what is sent


def test_the_browser_reads_the_payload_and_nobody_else_does(server: HttpServer, transport: WebPushTransport) -> None:
    browser = Browser.made()
    parcel = push_parcel(device(server, browser), actions=[{"id": "buy", "text": "Buy"}])
    assert transport.send(parcel) == Handed(result="accepted")
    (asked,) = server.asked
    read = json.loads(browser.decrypted(asked.body))
    assert read == {
        "message": "e1.push",
        "campaign": "hello",
        "title": "Hello 1",
        "body": "How are you?",
        "tap": "https://news.shop.example/p/token",
        "actions": [{"id": "buy", "text": "Buy"}],
    }
    assert b"Hello" not in asked.body
    with pytest.raises(InvalidTag):
        Browser.made(2).decrypted(asked.body)


def test_the_request_is_as_rfc_8030_asks(server: HttpServer, transport: WebPushTransport) -> None:
    transport.send(push_parcel(device(server, Browser.made(), "/push/a?b=c")))
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/push/a?b=c")
    assert (asked.headers["ttl"], asked.headers["urgency"]) == ("3600", "normal")
    assert asked.headers["topic"] == topic_of("hello")
    assert asked.headers["content-encoding"] == "aes128gcm"
    assert int(asked.headers["content-length"]) == len(asked.body)


def test_a_topic_belongs_to_its_campaign_and_has_only_letters_that_rfc_8030_allows() -> None:
    topics = {topic_of(campaign) for campaign in ("hello", "hello-again", "ö" * 64)}
    assert len(topics) == 3
    assert all(len(topic) == 32 and set(topic) <= set(b64(bytes(range(256)) * 4) + "-_") for topic in topics)


def test_the_token_says_who_sends_and_is_signed_with_the_key_that_browsers_know(
    server: HttpServer, transport: WebPushTransport
) -> None:
    """RFC 8292, 2 and 3."""
    transport.send(push_parcel(device(server, Browser.made())))
    scheme, _, rest = server.asked[0].headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, set(given)) == ("vapid", {"t", "k"})
    assert given["k"] == public_key(KEY)
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(public_key(KEY)))
    options = {"verify_exp": False, "require": ["aud", "exp", "sub"]}
    claims = jwt.decode(given["t"], known, ["ES256"], audience=server.url, options=options)  # type: ignore[arg-type]  # its options are a TypedDict
    assert claims["sub"] == SUBJECT
    assert NOON.timestamp() < claims["exp"] <= (NOON + DAY).timestamp()


def test_a_token_is_kept_for_its_service_and_made_anew_in_time() -> None:
    times = [NOON]
    vapid = Vapid(KEY, SUBJECT, lambda: times[-1])
    first = vapid.authorization("https://push.example/1")
    assert vapid.authorization("https://push.example/2") == first
    assert vapid.authorization("https://other.example/1") != first
    times.append(NOON + LIFE - timedelta(minutes=59))
    later = vapid.authorization("https://push.example/1")
    assert later != first
    claims = jwt.decode(later.split("t=")[1].split(",")[0], options={"verify_signature": False})
    assert claims["exp"] == (times[-1] + LIFE).timestamp()


def test_a_public_key_has_the_form_that_browsers_take() -> None:
    raw = unb64(public_key(new_key()))
    assert (len(raw), raw[0]) == (65, 4)


# ---------------------------------------------------------------- what is answered

RESULTS = {
    **dict.fromkeys([200, 201, 202, 204], "accepted"),
    **dict.fromkeys([301, 400, 401, 403, 404, 410, 413], "permanent"),
    **dict.fromkeys([429, 500, 502, 503, HANG_UP], "passing"),
}


@pytest.mark.parametrize(("status", "result"), RESULTS.items())
def test_an_answer_is_taken_for_what_it_means(
    server: HttpServer, transport: WebPushTransport, status: int, result: str
) -> None:  # S12
    server.replies(status)
    devices = device(server, Browser.made())
    handed = transport.send(push_parcel(devices))
    assert handed.result == result
    assert handed.gone == (tuple(devices) if status in {404, 410} else ())


def at(endpoint: str) -> str:
    return Browser.made().subscription(endpoint)


@pytest.mark.parametrize(
    "token",
    [
        at("nowhere"),
        at(""),
        at("https://"),
        at("https://[::1]/1"),
        at("https://[x/1"),
        at("mailto:ana@example.com"),
        "t1",
        "{}",
        '{"endpoint": "https://push.example/1"}',
        '{"endpoint": "https://push.example/1", "keys": {"auth": "AA", "p256dh": "BA"}}',
        '{"endpoint": "https://push.example/1", "keys": {"auth": "!", "p256dh": "!"}}',
    ],
)
def test_a_token_that_is_no_subscription_is_gone(transport: WebPushTransport, token: str) -> None:
    handed = transport.send(push_parcel({token: "web"}))
    assert (handed.result, handed.gone) == ("permanent", (token,))


def test_a_browsers_endpoint_within_our_network_is_not_reached(server: HttpServer) -> None:
    guarded = WebPushTransport(Outbound(), Vapid(KEY, SUBJECT, noon))
    handed = guarded.send(push_parcel(device(server, Browser.made())))
    assert (handed.result, handed.gone) == ("permanent", ())
    assert server.asked == []


def test_a_payload_is_as_long_as_one_record_holds_and_no_longer(
    server: HttpServer, transport: WebPushTransport
) -> None:
    """RFC 8291, 4: at most 4,096 bytes."""
    browser = Browser.made()
    bare = len(json.dumps(push_parcel({}, more="").content.payload, separators=(",", ":")).encode())  # type: ignore[union-attr]  # a push
    assert transport.send(push_parcel(device(server, browser), more="x" * (LARGEST - bare))).result == "accepted"
    assert len(server.asked[0].body) == 4096
    assert len(browser.decrypted(server.asked[0].body)) == LARGEST
    handed = transport.send(push_parcel(device(server, browser), more="x" * (LARGEST - bare + 1)))
    assert (handed.result, "3994 bytes" in handed.detail) == ("permanent", True)


def test_the_same_subscription_is_always_the_same_token() -> None:
    one = '{"endpoint": "https://push.example/1", "expirationTime": null, "keys": {"p256dh": "B", "auth": "A"}}'
    other = '{"keys":{"auth":"A","p256dh":"B"},"endpoint":"https://push.example/1"}'
    assert (
        subscription_token(one)
        == subscription_token(other)
        == json.dumps(
            {"endpoint": "https://push.example/1", "keys": {"auth": "A", "p256dh": "B"}}, separators=(",", ":")
        )
    )
