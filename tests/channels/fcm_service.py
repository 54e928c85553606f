"""Firebase Cloud Messaging and Google's token service on the loopback, as their documents describe them.

One rule: a request that the documents do not allow is refused as the service would refuse it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.channels.http_server import Asked, HttpServer, Reply, http_server

ACCOUNT = "ensue@shop.iam.gserviceaccount.example"
SEND = "/v1/projects/shop/messages:send"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""Google's document: always this, when asking for an access token."""
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@cache
def account_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def refusal(status: int, name: str, message: str, *details: object) -> Reply:
    """Return an error in the form of Google's APIs."""
    error = {"code": status, "message": message, "status": name, "details": details}
    return Reply(status, json.dumps({"error": error}).encode(), {"Content-Type": "application/json; charset=UTF-8"})


def fcm_refusal(status: int, name: str, code: str, message: str = "Refused.") -> Reply:
    return refusal(status, name, message, {"@type": FCM_ERROR, "errorCode": code})


def bad_field(name: str, message: str = "Request contains an invalid argument.") -> Reply:
    violation = {"@type": BAD_REQUEST, "fieldViolations": [{"field": name, "description": message}]}
    return refusal(400, "INVALID_ARGUMENT", message, violation)


@dataclass
class Fcm:
    """The service: `verdicts` by token, or `verdict` for all; `tokens` counts the access tokens that were given."""

    server: HttpServer
    file: Path
    verdict: Reply | None = None
    verdicts: dict[str, Reply] = field(default_factory=dict)
    tokens: int = 0
    revoked: set[str] = field(default_factory=set)

    def answer(self, asked: Asked) -> Reply:
        return self._give_token(asked) if asked.path == "/token" else self._send(asked)

    @property
    def messages(self) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.path == SEND]

    def _give_token(self, asked: Asked) -> Reply:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        claims = jwt.decode(
            form["assertion"],
            account_key().public_key(),
            ["RS256"],
            audience=AUDIENCE,
            issuer=ACCOUNT,
        )
        assert (asked.method, form["grant_type"], claims["scope"]) == ("POST", GRANT, SCOPE)
        self.tokens += 1
        given = {"access_token": f"access-{self.tokens}", "expires_in": 3600, "token_type": "Bearer"}
        return Reply(200, json.dumps(given).encode(), {"Content-Type": "application/json"})

    def _send(self, asked: Asked) -> Reply:
        if (asked.method, asked.path) != ("POST", SEND):
            return refusal(404, "NOT_FOUND", "Not found")
        access = asked.headers.get("authorization", "")
        if access in self.revoked or access not in {f"Bearer access-{n + 1}" for n in range(self.tokens)}:
            return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if not asked.headers["content-type"].startswith("application/json"):
            return bad_field("", "not JSON")
        message = asked.json["message"]
        wrong = _wrong_with(message)
        if wrong:
            return bad_field(wrong)
        done = Reply(200, json.dumps({"name": "projects/shop/messages/1"}).encode())
        return self.verdicts.get(message["token"], self.verdict or done)


def _wrong_with(message: dict[str, dict[str, object]]) -> str:
    """Return a field that the reference of `projects.messages` does not allow."""
    if set(message) - {"token", "notification", "data", "android"}:
        return "message"
    for name in ("notification", "data"):
        if not all(isinstance(text, str) for text in message[name].values()):
            return f"message.{name}"
    if set(message["notification"]) - {"title", "body", "image"}:
        return "message.notification"
    if any(key in {"from", "message_type"} or key.startswith(("google", "gcm")) for key in message["data"]):
        return "message.data"
    life = re.fullmatch(r"(\d+)s", str(message["android"]["ttl"]))
    return "" if life and int(life[1]) <= 2_419_200 else "message.android.ttl"


@contextmanager
def fcm_service(folder: Path) -> Iterator[Fcm]:
    """Run the service, and write the file of a service account that it knows."""
    with http_server() as server:
        pem = account_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = folder / "service-account.json"
        account = {
            "type": "service_account",
            "project_id": "shop",
            "private_key_id": "k1",
            "private_key": pem.decode(),
            "client_email": ACCOUNT,
            "token_uri": f"{server.url}/token",
        }
        file.write_text(json.dumps(account), encoding="utf-8")
        service = Fcm(server, file)
        server.answer = service.answer
        yield service
