"""VAPID (RFC 8292): the key by which push services know who sends to a browser.

One rule: a subscription is bound to the key it was made with, so a key is kept for ever.
A private key is written as its 32 bytes in base64url, a public one as the uncompressed point of 65 bytes.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException

BYTES = 32
LIFE = timedelta(hours=12)
"""How long a token is valid; RFC 8292 allows a day."""
RENEWED = timedelta(hours=1)
"""How long before its end a token is made anew."""


def new_key() -> str:
    """Return a new private key."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encoded(number.to_bytes(BYTES, "big"))


def public_key(private: str) -> str:
    """Return the public key, in the form that a browser's `applicationServerKey` takes."""
    point = _private(private).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encoded(point)


class Vapid:
    """Signs requests to push services; the token for each is kept while it is valid."""

    def __init__(self, key: str, subject: str, now: Callable[[], datetime]) -> None:
        """Sign with a private `key`; `subject` (mailto: or https:) says whom a service may turn to."""
        self._signer = Vapid02(_private(key), conf={"no-strict": True})  # the subject was checked as a setting
        self._subject = subject
        self._now = now
        self._kept: dict[str, tuple[datetime, str]] = {}

    def authorization(self, endpoint: str) -> str:
        """Return the Authorization header for a push endpoint; raises ValueError for what is no address."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        now = self._now()
        ends, header = self._kept.get(audience, (now, ""))
        if ends - now <= RENEWED:
            ends = now + LIFE
            claims = {"aud": audience, "exp": int(ends.timestamp()), "sub": self._subject}
            header = self._signed(claims)
            self._kept[audience] = (ends, header)
        return header

    def _signed(self, claims: dict[str, object]) -> str:
        try:
            return str(self._signer.sign(claims)["Authorization"])
        except VapidException as error:
            raise ValueError(f"'{claims['aud']}' is no address of a push service") from error


def encoded(raw: bytes) -> str:
    """Return bytes as base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of base64url, padded or not; raises ValueError."""
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())
