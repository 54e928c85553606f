"""A browser that can be reached by push: its keys, and how it decrypts what comes (RFC 8291, RFC 8188).

One rule: written from the RFCs on `cryptography` alone, to be an oracle of what the project sends.
"""

import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def expand(secret: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869, 2.3, for at most one block."""
    return hmac.digest(secret, info + b"\x01", sha256)[:size]


class Browser:
    """One push subscription with its secret half."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, auth: bytes) -> None:
        self._private = private
        self._auth = auth

    @classmethod
    def made(cls, number: int = 1) -> "Browser":
        return cls(ec.derive_private_key(1000 + number, ec.SECP256R1()), bytes([number]) * 16)

    def subscription(self, endpoint: str) -> str:
        """Return what the browser's `JSON.stringify(subscription)` gives, with sorted keys."""
        keys = {"p256dh": b64(point(self._private.public_key())), "auth": b64(self._auth)}
        return json.dumps({"endpoint": endpoint, "keys": keys}, sort_keys=True, separators=(",", ":"))

    def decrypted(self, body: bytes) -> bytes:
        """Read a message (RFC 8188, 2): salt, record size, length of the key, key, then one record."""
        salt, (size, length) = body[:16], struct.unpack("!LB", body[16:21])
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "RFC 8291, 4: one record"
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._private.exchange(ec.ECDH(), theirs)
        # RFC 8291, 3.4
        info = b"WebPush: info\x00" + point(self._private.public_key()) + sender
        secret = expand(hmac.digest(self._auth, shared, sha256), info, 32)
        # RFC 8188, 2.2 and 2.3
        pseudo = hmac.digest(salt, secret, sha256)
        key = expand(pseudo, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = expand(pseudo, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert padded[-1:] == b"\x02", "the delimiter of the last record"
        return padded[:-1]
