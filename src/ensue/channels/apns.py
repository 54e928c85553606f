"""Push to iOS by the Apple Push Notification service: HTTP/2, and a signed token that says who sends.

One rule: a refusal is permanent only where it is about this message or this device; what is wrong with our key, team or
topic is passing: somebody will mend it. A device that Apple does not know any more is gone.

`apns-id` follows from message and device, so it is the same at every attempt (O5). `apns-collapse-id` is the campaign:
a device shows the latest message of each.
"""

import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid5

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from h2.exceptions import H2Error

from ensue.channels.answers import ACCEPTED, gone, passing, permanent, push_of, readable, to_each_device
from ensue.errors import rejected
from ensue.parcels import Handed, Parcel, Push

BASE_URL = "https://api.push.apple.com"
SANDBOX_URL = "https://api.sandbox.push.apple.com"
TIMEOUT = 10.0
KEPT = 15 * 60.0
"""Seconds that an idle connection is kept; Apple wants connections to stay."""
RENEWED = timedelta(minutes=45)
"""Age at which a token is made anew: Apple takes none older than an hour."""
SOONEST = timedelta(minutes=20)
"""Age before which no other token may be made."""
MESSAGES = UUID("f1f7a3c4-2f0d-5d7e-9d3c-0f6f3f1c8a52")
"""The namespace of our notifications' ids."""
GONE = {"BadDeviceToken", "DeviceTokenNotForTopic", "ExpiredToken", "Unregistered"}
ABOUT_US = {"BadTopic", "MissingTopic", "TopicDisallowed"}
"""Reasons that name a wrong setting, beside everything that comes with 403."""


class Refusal(msgspec.Struct, frozen=True):
    """The body of a refusal."""

    reason: str = ""


class ProviderToken:
    """The signed token that says who sends; shared by all threads, as Apple refuses those who make many."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, key_id: str, team_id: str, now: Callable[[], datetime]) -> None:
        """Sign with `key`, which Apple knows by its id."""
        self._key = key
        self._key_id = key_id
        self._team_id = team_id
        self._now = now
        self._lock = threading.Lock()
        self._made_at: datetime | None = None
        self._token = ""

    def current(self, *, other_than: str = "") -> str:
        """Return the token; a new one where it is too old, or, not too soon, `other_than` one that was refused."""
        with self._lock:
            now = self._now()
            age = RENEWED if self._made_at is None else now - self._made_at
            if age >= RENEWED or (age >= SOONEST and self._token == other_than):
                claims = {"iss": self._team_id, "iat": int(now.timestamp())}
                self._token = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._key_id})
                self._made_at = now
            return self._token


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read the key file (.p8) that Apple gave; Rejected says what is wrong with it."""
    hint = "Name the .p8 file of an APNs key, from Apple's developer account: Keys."
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise rejected("setting", "ENSUE_APNS_KEY", f"cannot read {path}: {error}", hint) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise rejected("setting", "ENSUE_APNS_KEY", f"{path} holds no key of an elliptic curve", hint)
    return key


class ApnsTransport:
    """Hands a message to each iOS device of a user."""

    def __init__(
        self,
        token: ProviderToken,
        topic: str,
        now: Callable[[], datetime],
        *,
        base_url: str = BASE_URL,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Send to the app that `topic` names; `trust` holds the certificates to trust, by default the system's."""
        self._token = token
        self._topic = topic
        self._now = now
        self._base_url = base_url
        self._trust = trust
        self._client: httpx.Client | None = None

    def send(self, parcel: Parcel) -> Handed:
        """Hand a push message over; anything else is a bug."""
        push = push_of(parcel)
        body = msgspec.json.encode(notification(push))
        return to_each_device(
            push, lambda device: self._hand_over(device, body, self._headers(parcel.id, device, push))
        )

    def close(self) -> None:
        """Close kept connections; it can be used again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _hand_over(self, device: str, body: bytes, headers: dict[str, str]) -> Handed:
        try:
            token = self._token.current()
            response = self._post(device, body, headers, token)
            if _reason(response) == "ExpiredProviderToken":
                response = self._post(device, body, headers, self._token.current(other_than=token))
        except (httpx.HTTPError, H2Error) as fault:  # httpx lets some faults of HTTP/2 through as they are
            self.close()
            return passing(f"no answer from APNs: {str(fault) or type(fault).__name__}")
        return _verdict(device, response)

    def _post(self, device: str, body: bytes, headers: dict[str, str], token: str) -> httpx.Response:
        if self._client is None:
            self._client = httpx.Client(
                http1=False,
                http2=True,
                verify=self._trust or ssl.create_default_context(),
                timeout=TIMEOUT,
                limits=httpx.Limits(keepalive_expiry=KEPT),
                trust_env=False,
            )
        url = f"{self._base_url}/3/device/{quote(device, safe='')}"
        return self._client.post(url, content=body, headers={**headers, "authorization": f"bearer {token}"})

    def _headers(self, message: str, device: str, push: Push) -> dict[str, str]:
        ends = int(self._now().timestamp()) + push.time_to_live if push.time_to_live else 0
        return {
            "apns-topic": self._topic,
            "apns-push-type": "alert",
            "apns-id": str(uuid5(MESSAGES, f"{message}:{device}")),
            "apns-expiration": str(ends),
            "apns-priority": "10",
            "apns-collapse-id": str(push.payload["campaign"]),
        }


def notification(push: Push) -> dict[str, object]:
    """Return Apple's form of a message; what the app itself needs stands beside `aps`."""
    alert = {name: push.payload[name] for name in ("title", "body") if name in push.payload}
    aps: dict[str, object] = {"alert": alert, "sound": "default"}
    if "image" in push.payload:
        aps["mutable-content"] = 1  # the app's extension loads the picture
    own = {name: value for name, value in push.payload.items() if name not in alert}
    return {"aps": aps, **own}


def _reason(response: httpx.Response) -> str:
    if response.status_code == HTTPStatus.OK:
        return ""
    try:
        return msgspec.json.decode(response.content, type=Refusal).reason
    except msgspec.MsgspecError:
        return ""


def _verdict(device: str, response: httpx.Response) -> Handed:
    status, reason = response.status_code, _reason(response)
    if status == HTTPStatus.OK:
        return ACCEPTED
    words = f"APNs answered {status} {reason or readable(response.content)}".rstrip()
    if status == HTTPStatus.GONE or reason in GONE:
        return gone(device, words)
    is_passing = (
        status in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or reason in ABOUT_US
    )
    return passing(words) if is_passing else permanent(words)
