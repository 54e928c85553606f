"""Web Push: a message encrypted for one browser (RFC 8291), handed to that browser's push service (RFC 8030).

One rule: the endpoint comes from a browser, so it is asked only by `outbound`.
A device's token is its subscription, as JSON text: `{"endpoint": …, "keys": {"auth": …, "p256dh": …}}`.

`Topic` is the same for all messages of one campaign: of those that a browser that is off has not got yet, the service
keeps the last.
"""

import hashlib
from http import HTTPStatus

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from ensue.channels.answers import ACCEPTED, gone, passing, permanent, push_of, readable, to_each_device
from ensue.channels.outbound import Answer, Outbound
from ensue.channels.vapid import Vapid, decoded, encoded
from ensue.parcels import Handed, Parcel, Push

LARGEST = 3993
"""Bytes of a payload: what is encrypted must fit into 4,096 (RFC 8291, 4)."""
AUTH = 16
"""Bytes of the secret that a browser shares with us (RFC 8291, 3.2)."""
TOPIC = 32
"""Letters of a topic (RFC 8030, 5.4)."""
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What a message to a browser is encrypted with."""

    auth: str
    p256dh: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser's push subscription, as `PushSubscription.toJSON()` gives it."""

    endpoint: str
    keys: Keys


def subscription_token(text: str) -> str:
    """Return the token of a subscription given as JSON: always the same for the same one; raises ValueError."""
    read = _subscription(text)
    return msgspec.json.encode(read, order="sorted").decode()


class WebPushTransport:
    """Hands a message to each browser of a user."""

    def __init__(self, outbound: Outbound, vapid: Vapid) -> None:
        """Sign with `vapid`."""
        self._outbound = outbound
        self._vapid = vapid

    def send(self, parcel: Parcel) -> Handed:
        """Hand a push message over; anything else is a bug."""
        push = push_of(parcel)
        payload = msgspec.json.encode(push.payload)
        if push.devices and len(payload) > LARGEST:
            return permanent(f"the push message has {len(payload)} bytes, at most {LARGEST} reach a browser")
        return to_each_device(push, lambda token: self._hand_over(token, push, payload))

    def close(self) -> None:
        """Close kept connections."""
        self._outbound.close()

    def _hand_over(self, token: str, push: Push, payload: bytes) -> Handed:
        try:
            subscription = _subscription(token)
            body = encrypted(payload, subscription.keys)
            headers = {**_headers(push), "Authorization": self._vapid.authorization(subscription.endpoint)}
        except ValueError as fault:
            return gone(token, f"the device is no push subscription: {fault}")
        answer = self._outbound.ask("POST", subscription.endpoint, headers, body)
        return _verdict(token, answer) if isinstance(answer, Answer) else answer


def encrypted(payload: bytes, keys: Keys) -> bytes:
    """Return the payload as only that browser can read it (RFC 8291); raises ValueError for keys that are none."""
    point, secret = decoded(keys.p256dh), decoded(keys.auth)
    if len(secret) != AUTH:
        raise ValueError(f"`auth` has {len(secret)} bytes instead of {AUTH}")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)  # raises where it is not on the curve
    body: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=point,
        auth_secret=secret,
        version="aes128gcm",
    )
    return body


def topic_of(campaign: str) -> str:
    """Return the topic of a campaign's messages: the beginning of a hash of its id."""
    return encoded(hashlib.sha256(campaign.encode()).digest())[:TOPIC]


def _subscription(text: str) -> Subscription:
    try:
        return msgspec.json.decode(text, type=Subscription)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def _headers(push: Push) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(push.time_to_live),
        "Urgency": "normal",
        "Topic": topic_of(str(push.payload["campaign"])),
    }


def _verdict(token: str, answer: Answer) -> Handed:
    status = answer.status
    words = f"the browser's push service answered {status} {readable(answer.body)}".rstrip()
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return ACCEPTED
    if status in GONE:
        return gone(token, words)
    is_passing = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return passing(words) if is_passing else permanent(words)
