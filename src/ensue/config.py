"""The settings of one installation, read from the environment.

One rule: every setting is named `ENSUE_…`, has a default that works on one machine, and says what is wrong with a
bad value.
"""

import binascii
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from ensue.errors import Problem, Rejected

T = TypeVar("T")
Security = Literal["none", "starttls", "tls"]
PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}
SCHEMES: dict[str, Security] = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
MOST_THREADS = 64
HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?", re.IGNORECASE)
"""A host, all hosts of a domain, or an address, with a port or without."""
VAPID_KEY = 32
"""Bytes of a VAPID private key."""
WEBHOOK_SECRET = (24, 64)
"""Bytes of a webhook secret, at least and at most (Standard Webhooks)."""


class Smtp(msgspec.Struct, frozen=True, kw_only=True):
    """Where e-mail is handed over."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = ""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A user and password of one host that templates ask."""

    username: str
    password: str
    host: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, with their defaults."""

    database: Path = Path("ensue.db")
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str = ""
    smtp: Smtp | None = None
    mail_from: str = "Ensue <news@localhost>"
    reply_to: str = ""
    list_id: str = ""
    delivery_threads: int = 8
    allowed_networks: tuple[str, ...] = ()
    connected_content: tuple[str, ...] = ()
    connected_credentials: dict[str, Credentials] = {}
    webhook_secret: str = ""
    vapid_key: str = ""
    vapid_subject: str = ""
    fcm_credentials: Path | None = None
    apns_key: Path | None = None
    apns_key_id: str = ""
    apns_team_id: str = ""
    apns_topic: str = ""
    apns_sandbox: bool = False
    remote: str = ""
    remote_key: str = ""
    secrets: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Return the address under which people reach this installation."""
        return self.base_url or f"http://{self.host}:{self.port}"


class Setting(msgspec.Struct, frozen=True):
    """One setting as it is documented."""

    name: str
    field: str
    says: str
    read: Callable[[str], object]


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; Rejected names every bad one."""
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for setting in SETTINGS:
        text = environment.get(setting.name, "")
        if not text:
            continue
        try:
            values[setting.field] = setting.read(text)
        except ValueError as error:
            problems.append(Problem(code="setting", path=setting.name, message=str(error), hint=setting.says))
    problems += _halves(environment)
    known = {setting.name for setting in SETTINGS}
    values["secrets"] = {
        name.removeprefix(SECRET).lower(): environment[name] for name in environment if _is_secret(name)
    }
    for name in environment:
        if name.startswith("ENSUE_") and name not in known | RESERVED and not _is_secret(name):
            hint = f"Known settings: {', '.join(sorted(known))}."
            problems.append(Problem(code="setting", path=name, message="there is no such setting", hint=hint))
    if problems:
        raise Rejected(problems)
    return msgspec.convert(values, Settings)


def _is_secret(name: str) -> bool:
    return name.startswith(SECRET) and len(name) > len(SECRET)


def _halves(environment: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is missing of settings that belong together."""
    if environment.get("ENSUE_REMOTE") and not environment.get("ENSUE_REMOTE_KEY"):
        hint = "Make one with `ensue keys create` where that Ensue runs."
        yield Problem(code="setting", path="ENSUE_REMOTE_KEY", message="is missing", hint=hint)
    given = [name for name in (*APNS, "ENSUE_APNS_SANDBOX") if environment.get(name)]
    for name in APNS:
        if given and not environment.get(name):
            hint = f"Push to iOS needs all of {', '.join(APNS)}; or leave them all out."
            yield Problem(code="setting", path=name, message=f"is missing, as {given[0]} is given", hint=hint)


def _database(text: str) -> Path:
    scheme, _, path = text.partition("://")
    if scheme != "sqlite" or not path:
        raise ValueError(f"cannot read the database address '{text}'")
    return Path(path.removeprefix("/") or "ensue.db")


def _port(text: str) -> int:
    return _number(text, 0, 65_535)


def _threads(text: str) -> int:
    return _number(text, 1, MOST_THREADS)


def _number(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"'{text}' is no whole number from {least} to {most}")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"'{text}' is neither yes nor no")
    return text == "yes"


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"there is no file '{text}'")
    return path


def _networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(each.strip())) for each in text.split(",") if each.strip())


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(each.strip().lower() for each in text.split(",") if each.strip())
    for host in hosts:
        if not HOST.fullmatch(host):
            raise ValueError(f"'{host}' is no host")
    return hosts


def _credentials(text: str) -> dict[str, Credentials]:
    """Read `name=user:password@host, …`; a fault does not tell the password."""
    found = {}
    for number, each in enumerate(text.split(","), 1):
        name, _, rest = each.strip().partition("=")
        pair, _, host = rest.rpartition("@")
        username, colon, password = pair.partition(":")
        if not (name and username and colon and HOST.fullmatch(host)):
            raise ValueError(f"cannot read number {number}")
        found[name] = Credentials(username=unquote(username), password=unquote(password), host=host.lower())
    return found


def _webhook_secret(text: str) -> str:
    least, most = WEBHOOK_SECRET
    try:
        size = len(b64decode(text.removeprefix("whsec_"), validate=True))
    except binascii.Error:
        size = 0
    if not text.startswith("whsec_") or not least <= size <= most:
        raise ValueError(f"must be whsec_ and {least} to {most} bytes in base64")
    return text


def _vapid_key(text: str) -> str:
    try:
        size = len(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        size = 0
    if size != VAPID_KEY:
        raise ValueError(f"must be {VAPID_KEY} bytes in base64url")
    return text


def _subject(text: str) -> str:
    address = text.removeprefix("mailto:")
    is_mail = address != text and "@" in address
    if not is_mail and not (text.startswith("https://") and urlsplit(text).hostname):
        raise ValueError(f"'{text}' is neither a mailto: nor an https: address")
    return text


def _smtp(text: str) -> Smtp:
    parts = urlsplit(text)
    security = SCHEMES.get(parts.scheme)
    if security is None or not parts.hostname:
        raise ValueError("cannot read the address of the mail server")
    return Smtp(
        host=parts.hostname,
        port=parts.port or PORTS[security],
        security=security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{text}' is no address")
    return text.rstrip("/")


SETTINGS = (
    Setting(
        "ENSUE_DATABASE",
        "database",
        "The database file: sqlite:///ensue.db, or sqlite:////var/lib/ensue.db.",
        _database,
    ),
    Setting("ENSUE_HOST", "host", "The address to listen on; 127.0.0.1 is this machine only.", str),
    Setting("ENSUE_PORT", "port", "The port to listen on, 0 to 65535.", _port),
    Setting("ENSUE_BASE_URL", "base_url", "The address in links and pixels, as in https://news.shop.example.", _url),
    Setting("ENSUE_SMTP", "smtp", "The mail server: smtp, smtp+starttls or smtps, ://user:password@host:port.", _smtp),
    Setting("ENSUE_MAIL_FROM", "mail_from", "The sender, as in Shop <news@shop.example>.", str),
    Setting("ENSUE_REPLY_TO", "reply_to", "Where answers go, if not to the sender.", str),
    Setting("ENSUE_LIST_ID", "list_id", "The List-ID of e-mails, as in news.shop.example.", str),
    Setting(
        "ENSUE_DELIVERY_THREADS", "delivery_threads", "How many messages are handed over at a time, 1 to 64.", _threads
    ),
    Setting(
        "ENSUE_ALLOWED_NETWORKS",
        "allowed_networks",
        "Private networks that webhooks and web push may reach, as in 10.1.0.0/16, 192.168.7.4/32.",
        _networks,
    ),
    Setting(
        "ENSUE_CONNECTED_CONTENT",
        "connected_content",
        "Hosts that templates may ask by connected_content, as in api.shop.example, *.cdn.example, api.example:8443.",
        _hosts,
    ),
    Setting(
        "ENSUE_CONNECTED_CREDENTIALS",
        "connected_credentials",
        "Users and passwords for :basic_auth, by name, as in shop=user:password@api.shop.example; %2C is a comma.",
        _credentials,
    ),
    Setting(
        "ENSUE_WEBHOOK_SECRET",
        "webhook_secret",
        "What webhooks are signed with, as Standard Webhooks write it: whsec_ and base64.",
        _webhook_secret,
    ),
    Setting("ENSUE_VAPID_KEY", "vapid_key", "The private key of web push; `ensue vapid` makes one.", _vapid_key),
    Setting(
        "ENSUE_VAPID_SUBJECT",
        "vapid_subject",
        "Whom push services may turn to, as in mailto:push@shop.example or https://shop.example.",
        _subject,
    ),
    Setting("ENSUE_FCM_CREDENTIALS", "fcm_credentials", "The JSON file of a Firebase service account.", _file),
    Setting("ENSUE_APNS_KEY", "apns_key", "The .p8 file of Apple's push key.", _file),
    Setting("ENSUE_APNS_KEY_ID", "apns_key_id", "The ID of Apple's push key, as in ABC123DEFG.", str),
    Setting("ENSUE_APNS_TEAM_ID", "apns_team_id", "The ID of the team at Apple, as in DEF123GHIJ.", str),
    Setting("ENSUE_APNS_TOPIC", "apns_topic", "The app's bundle ID, as in example.shop.app.", str),
    Setting("ENSUE_APNS_SANDBOX", "apns_sandbox", "yes for apps in development, no for others.", _flag),
    Setting("ENSUE_REMOTE", "remote", "The Ensue that commands talk to, where it is not on this machine.", _url),
    Setting("ENSUE_REMOTE_KEY", "remote_key", "The API key that commands show to ENSUE_REMOTE.", str),
)
"""Every setting there is."""
APNS = ("ENSUE_APNS_KEY", "ENSUE_APNS_KEY_ID", "ENSUE_APNS_TEAM_ID", "ENSUE_APNS_TOPIC")
"""Settings of which all are given, or none."""
SECRET = "ENSUE_SECRET_"  # noqa: S105  # how the names begin, and no secret
"""How the names of secrets begin that webhooks use: `{{ secret.crm_token }}` is ENSUE_SECRET_CRM_TOKEN."""
RESERVED = frozenset({"ENSUE_SHARED"})
"""Names that only the tests read."""
