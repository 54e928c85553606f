"""The Apple Push Notification service on the loopback: HTTP/2 over TLS, as Apple's documents describe it.

One rule: a request that the documents do not allow is refused with the reason that Apple would give.
"""

import asyncio
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.channels.http_server import HANG_UP, Asked, Reply

KEY_ID, TEAM_ID, TOPIC = "ABC123DEFG", "DEF123GHIJ", "example.shop.app"
DEVICE = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
LARGEST = 4096
ACCEPTED = Reply()
HOUR = 3600


@cache
def provider_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def trust() -> ssl.SSLContext:
    """Return what trusts the service of the tests, and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context


def key_file(folder: Path) -> Path:
    file = folder / "AuthKey_ABC123DEFG.p8"
    file.write_bytes(provider_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def refused(status: int, reason: str) -> Reply:
    return Reply(status, json.dumps({"reason": reason}).encode())


@dataclass
class Apns:
    """The service: `verdicts` by device, or `verdict` for all; `expired` holds tokens that it takes no more."""

    now: Callable[[], datetime]
    verdict: Reply = ACCEPTED
    verdicts: dict[str, Reply] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  (the form of ASGI)
        if scope["type"] != "http":
            return
        assert scope["http_version"] == "2"
        body = b""
        more = True
        while more:
            event = await receive()
            body += event["body"]
            more = event["more_body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        asked = Asked(scope["method"], scope["path"], headers, body)
        reply = self._wrong_with(asked) or self.verdicts.get(asked.path.rpartition("/")[2], self.verdict)
        if reply.status == HANG_UP:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
            await send({"type": "http.response.body", "body": b"cut off"})
            return
        self.asked.append(asked)
        named = [(b"apns-id", headers.get("apns-id", "").encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": named})
        await send({"type": "http.response.body", "body": reply.body})

    def _wrong_with(self, asked: Asked) -> Reply | None:
        headers = asked.headers
        checks = {
            (405, "MethodNotAllowed"): asked.method == "POST",
            (404, "BadPath"): asked.path.startswith("/3/device/"),
            (400, "BadDeviceToken"): re.fullmatch(r"[0-9a-f]{64}", asked.path.removeprefix("/3/device/")),
            (400, "MissingTopic"): headers.get("apns-topic"),
            (400, "DeviceTokenNotForTopic"): headers.get("apns-topic") == TOPIC,
            (400, "InvalidPushType"): headers.get("apns-push-type") == "alert",
            (400, "BadMessageId"): str(UUID(headers["apns-id"])) == headers["apns-id"],
            (400, "BadExpirationDate"): headers.get("apns-expiration", "").isdecimal(),
            (400, "BadPriority"): headers.get("apns-priority") in {"1", "5", "10"},
            (400, "BadCollapseId"): len(headers.get("apns-collapse-id", "").encode()) <= 64,
            (400, "PayloadEmpty"): asked.body,
            (413, "PayloadTooLarge"): len(asked.body) <= LARGEST,
        }
        wrong = [refused(*reason) for reason, holds in checks.items() if not holds]
        return wrong[0] if wrong else self._wrong_with_token(headers.get("authorization", ""))

    def _wrong_with_token(self, header: str) -> Reply | None:
        kind, _, token = header.partition(" ")
        if kind != "bearer":
            return refused(403, "MissingProviderToken")
        try:
            claims = jwt.decode(token, provider_key().public_key(), ["ES256"], options={"verify_iat": False})
        except jwt.InvalidTokenError:
            return refused(403, "InvalidProviderToken")
        if (claims["iss"], jwt.get_unverified_header(token)["kid"]) != (TEAM_ID, KEY_ID):
            return refused(403, "InvalidProviderToken")
        age = self.now().timestamp() - claims["iat"]
        return refused(403, "ExpiredProviderToken") if token in self.expired or not 0 <= age <= HOUR else None


def system_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  (the service has a clock of its own)


@contextmanager
def apns_service(folder: Path, now: Callable[[], datetime] = system_now) -> Iterator[Apns]:
    """Run the service at a free port of 127.0.0.1."""
    service = Apns(now)
    ready = socket.socket()
    ready.bind(("127.0.0.1", 0))
    ready.listen()
    service.port = ready.getsockname()[1]
    loop = asyncio.new_event_loop()
    done = asyncio.Event()
    thread = threading.Thread(target=_run, args=(loop, service, _config(folder, ready), done))
    thread.start()
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()


def _config(folder: Path, listener: socket.socket) -> Config:
    certificate = authority().issue_cert("127.0.0.1")
    chain, key = folder / "apns.pem", folder / "apns-key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile, config.keyfile = str(chain), str(key)
    config.alpn_protocols = ["h2"]
    config.errorlog = None
    config.graceful_timeout = config.shutdown_timeout = 0.1
    return config


def _run(loop: asyncio.AbstractEventLoop, service: Apns, config: Config, done: asyncio.Event) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(serve(service, config, shutdown_trigger=done.wait))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
