"""Push to Android by Firebase Cloud Messaging (HTTP v1).

One rule: a refusal is permanent only where it is about this message or this device; what is wrong with the project or
its credentials is passing: somebody will mend it. A device that was uninstalled is gone.
"""

import functools
import ssl
import threading
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials

from ensue.channels.answers import ACCEPTED, gone, passing, permanent, push_of, readable, to_each_device
from ensue.errors import rejected
from ensue.parcels import Handed, Parcel, Push

BASE_URL = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TIMEOUT = 10.0
LONGEST_LIFE = 28 * 24 * 3600
"""Seconds that FCM keeps a message at most."""
OURS = ("message", "campaign", "link", "tap")
PERMANENT = {"INVALID_ARGUMENT", "SENDER_ID_MISMATCH"}
"""Error codes about the message or the device. The others, as QUOTA_EXCEEDED, UNAVAILABLE, INTERNAL, pass."""


class Violation(msgspec.Struct, frozen=True):
    """A field that FCM did not like."""

    field: str = ""


class Detail(msgspec.Struct, frozen=True, rename="camel"):
    """What FCM adds to an error: its own code, or the fields."""

    error_code: str = ""
    field_violations: tuple[Violation, ...] = ()


class Error(msgspec.Struct, frozen=True):
    """An error of a Google API."""

    status: str = ""
    message: str = ""
    details: tuple[Detail, ...] = ()


class Failure(msgspec.Struct, frozen=True):
    """The body of a refusal."""

    error: Error = Error()


class FcmAccount:
    """A service account, and its access token; shared by all threads."""

    def __init__(self, credentials: Credentials, project: str) -> None:
        """Ask for a token with the first message."""
        self.project = project
        self._credentials = credentials
        self._lock = threading.Lock()

    def token(self, *, other_than: str = "") -> str:
        """Return a valid access token; raises GoogleAuthError where there is none."""
        with self._lock:
            known = self._credentials
            if not known.valid or known.token == other_than:
                with requests.Session() as session:
                    session.trust_env = False
                    known.refresh(functools.partial(Request(session), timeout=TIMEOUT))  # type: ignore[no-untyped-call]  # google-auth has few types
            return str(known.token)


def load_account(path: Path) -> FcmAccount:
    """Read the file of a service account; Rejected says what is wrong with it."""
    hint = "Name the JSON file of a service account, from the Firebase console: Project settings, Service accounts."
    try:
        credentials = Credentials.from_service_account_file(str(path), scopes=[SCOPE])  # type: ignore[no-untyped-call]  # likewise
    except (OSError, ValueError, GoogleAuthError) as error:
        raise rejected("setting", "ENSUE_FCM_CREDENTIALS", f"cannot read {path}: {error}", hint) from error
    if not credentials.project_id:
        raise rejected("setting", "ENSUE_FCM_CREDENTIALS", f"{path} names no project", hint)
    return FcmAccount(credentials, credentials.project_id)


class FcmTransport:
    """Hands a message to each Android device of a user."""

    def __init__(self, account: FcmAccount, base_url: str = BASE_URL) -> None:
        """Send for the account's project."""
        self._account = account
        self._url = f"{base_url}/v1/projects/{account.project}/messages:send"
        self._client: httpx.Client | None = None

    def send(self, parcel: Parcel) -> Handed:
        """Hand a push message over; anything else is a bug."""
        push = push_of(parcel)
        return to_each_device(push, lambda token: self._hand_over(token, push))

    def close(self) -> None:
        """Close kept connections; it can be used again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _hand_over(self, token: str, push: Push) -> Handed:
        body = msgspec.json.encode({"message": message_to(token, push)})
        try:
            access = self._account.token()
            response = self._post(body, access)
            if response.status_code == HTTPStatus.UNAUTHORIZED:
                response = self._post(body, self._account.token(other_than=access))
        except GoogleAuthError as fault:
            return passing(f"no access token for FCM: {readable(str(fault))}")
        except httpx.HTTPError as fault:
            return passing(f"no answer from FCM: {str(fault) or type(fault).__name__}")
        return _verdict(token, response)

    def _post(self, body: bytes, access: str) -> httpx.Response:
        if self._client is None:
            trust = ssl.create_default_context()
            self._client = httpx.Client(timeout=TIMEOUT, verify=trust, trust_env=False)
        headers = {"Authorization": f"Bearer {access}", "Content-Type": "application/json; charset=utf-8"}
        return self._client.post(self._url, content=body, headers=headers)


def message_to(token: str, push: Push) -> dict[str, object]:
    """Return FCM's form of a message: all data are texts; of one campaign, a device that is off gets the last."""
    payload = push.payload
    notification = {name: payload[name] for name in ("title", "body", "image") if name in payload}
    return {
        "token": token,
        "notification": notification,
        "data": _data(payload),
        "android": {
            "ttl": f"{min(push.time_to_live, LONGEST_LIFE)}s",
            "collapse_key": str(payload["campaign"]),
        },
    }


def _data(payload: Mapping[str, object]) -> dict[str, str]:
    given = payload.get("data")
    data = {str(name): str(text) for name, text in given.items()} if isinstance(given, dict) else {}
    if "actions" in payload:
        data["actions"] = msgspec.json.encode(payload["actions"]).decode()
    return data | {name: str(payload[name]) for name in OURS if name in payload}


def _verdict(token: str, response: httpx.Response) -> Handed:
    if response.status_code == HTTPStatus.OK:
        return ACCEPTED
    try:
        error = msgspec.json.decode(response.content, type=Failure).error
    except msgspec.MsgspecError:
        error = Error(message=readable(response.content))
    code = next((detail.error_code for detail in error.details if detail.error_code), error.status)
    words = f"FCM answered {response.status_code} {code}: {readable(error.message)}"
    if code == "UNREGISTERED" or (code == "INVALID_ARGUMENT" and _is_about_the_token(error)):
        return gone(token, words)
    is_permanent = code in PERMANENT or (not code and response.status_code == HTTPStatus.BAD_REQUEST)
    return permanent(words) if is_permanent else passing(words)


def _is_about_the_token(error: Error) -> bool:
    fields = {violation.field for detail in error.details for violation in detail.field_violations}
    return "message.token" in fields or (not fields and "registration token" in error.message)
