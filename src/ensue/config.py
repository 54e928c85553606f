"""The settings of one installation, read from the environment.

One rule: every setting is named `ENSUE_…`, has a default that works on one machine, and says what is wrong with a
bad value.
"""

from collections.abc import Callable, Mapping
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


class Smtp(msgspec.Struct, frozen=True, kw_only=True):
    """Where e-mail is handed over."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = ""


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
    known = {setting.name for setting in SETTINGS}
    for name in environment:
        if name.startswith("ENSUE_") and name not in known | RESERVED:
            hint = f"Known settings: {', '.join(sorted(known))}."
            problems.append(Problem(code="setting", path=name, message="there is no such setting", hint=hint))
    if problems:
        raise Rejected(problems)
    return msgspec.convert(values, Settings)


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
)
"""Every setting there is."""
RESERVED = frozenset({"ENSUE_SHARED"})
"""Names that only the tests read."""
