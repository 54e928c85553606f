"""Signed addresses: the open pixel, tracked links, the unsubscribe link and the tap of one message.

One rule: what an address means is inside its signed token, the target of a link too. So nobody can make our server
redirect elsewhere, open in another's name, or turn one kind of address into another (each kind has its own salt).
Not here: what happens when an address is fetched (`web.links`).

    /o/<token>.gif   the open pixel        /c/<token>   a tracked link
    /u/<token>       unsubscribe           /p/<token>   a push message was tapped
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from ensue.core.effects import Message
from ensue.errors import rejected


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """The message that an address belongs to."""

    user: str
    campaign: str
    message: str
    entry: str
    variation: str


class OpenMark(msgspec.Struct, frozen=True, array_like=True):
    """The open pixel of a message."""

    mark: Mark


class ClickMark(msgspec.Struct, frozen=True, array_like=True):
    """A link of a message: where it leads, and its alias; a link without one is narrowed by its target."""

    mark: Mark
    target: str
    alias: str | None = None

    @property
    def link(self) -> str:
        """Return what `link` in a trigger is compared with: the alias, or the target."""
        return self.alias or self.target


class UnsubscribeMark(msgspec.Struct, frozen=True, array_like=True):
    """The unsubscribe link of a message."""

    mark: Mark


class TapMark(msgspec.Struct, frozen=True, array_like=True):
    """The tap on a push message."""

    mark: Mark


AnyMark = OpenMark | ClickMark | UnsubscribeMark | TapMark
_KINDS: tuple[type[OpenMark] | type[ClickMark] | type[UnsubscribeMark] | type[TapMark], ...] = (
    OpenMark,
    ClickMark,
    UnsubscribeMark,
    TapMark,
)


def mark_of(message: Message) -> Mark:
    """Return the mark of a message."""
    return Mark(message.user, message.campaign, message.id, message.entry, message.variation)


class Tracker:
    """Makes and reads signed addresses; whoever knows the secret can make them."""

    def __init__(self, secret: str, base_url: str) -> None:
        """Sign with `secret`; addresses begin with `base_url`."""
        self.base_url = base_url.rstrip("/")
        self._signers = {
            kind: URLSafeSerializer(
                secret,
                salt=f"ensue.{kind.__name__}",
                signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
            )
            for kind in _KINDS
        }

    def pixel_url(self, mark: Mark) -> str:
        """Return the address of the open pixel."""
        return f"{self.base_url}/o/{self._token(OpenMark(mark))}.gif"

    def click_url(self, mark: Mark, target: str, alias: str | None = None) -> str:
        """Return the address that leads to `target`, which is http or https."""
        return f"{self.base_url}/c/{self._token(ClickMark(mark, target, alias))}"

    def unsubscribe_url(self, mark: Mark) -> str:
        """Return the address that unsubscribes: by a page, or by one POST (RFC 8058); a GET changes nothing."""
        return f"{self.base_url}/u/{self._token(UnsubscribeMark(mark))}"

    def tap_url(self, mark: Mark) -> str:
        """Return the address that takes a POST when a push message was tapped."""
        return f"{self.base_url}/p/{self._token(TapMark(mark))}"

    def is_own(self, url: str) -> bool:
        """Tell whether an address is one of these."""
        return url.startswith(tuple(f"{self.base_url}/{kind}/" for kind in "ocup"))

    def read(self, token: str) -> AnyMark:
        """Return what a token means; raises `Rejected` for one that was not made here.

        Whoever expects a click must check that it is one: the kinds are told apart by their types.
        """
        for kind, signer in self._signers.items():
            try:
                content: Any = signer.loads(token.removesuffix(".gif"))
                mark = msgspec.convert(content, kind)
            except (BadData, msgspec.ValidationError, UnicodeError):
                continue
            if not isinstance(mark, ClickMark) or is_web_address(mark.target):
                return mark
        raise rejected("bad_link", "token", "the link is broken or was not made here", "Use the link from the message.")

    def _token(self, mark: AnyMark) -> str:
        return self._signers[type(mark)].dumps(msgspec.to_builtins(mark))


def is_web_address(url: str) -> bool:
    """Tell whether an address is http or https and names a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


# ---------------------------------------------------------------- machine opens (I3)

_EXACT_AGENTS = {
    "": "programs without a name; every mail reader has one",
    "Mozilla/5.0": "Apple Mail Privacy Protection fetches every picture ahead, under this bare name",
}
_AGENTS = {
    "YahooMailProxy": "fetches pictures ahead of the reader",
    "SafeLinks": "Microsoft Defender looks at links and pictures on arrival",
    "Barracuda": "scans on arrival",
    "Proofpoint": "scans on arrival",
    "Mimecast": "scans on arrival",
    "Cloudmark": "scans on arrival",
    "Symantec": "scans on arrival",
    "TrendMicro": "scans on arrival",
    "bot/": "names itself a robot (the stroke spares the telephones by Cubot)",
    "crawler": "names itself a robot",
    "spider": "names itself a robot",
    "preview": "makes previews of links",
    "headless": "a browser that nobody looks at",
    "curl/": "a program",
    "Wget/": "a program",
    "python-": "a program",
    "Go-http-client": "a program",
}
_PREFETCH_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def is_machine_open(user_agent: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> bool:
    """Tell whether an open was made by a machine and not by a person reading (I3).

    It was, if one of these holds, and otherwise it counts as human:

    1. the request is a HEAD: nothing is shown to anybody;
    2. it says that it fetches ahead: `Purpose`, `Sec-Purpose`, `X-Purpose` or `X-Moz` with `prefetch` or `preview`;
    3. its `User-Agent` is missing or a bare `Mozilla/5.0` (Apple Mail Privacy Protection);
    4. its `User-Agent` contains a name from the table above: a proxy that fetches ahead, a scanner, a robot, a program.

    `GoogleImageProxy` is human: Gmail fetches a picture when the person opens the message. The time between hand-over
    and open does not matter: people who see a notification open within seconds. Machines that pretend to be a browser
    are not seen.
    """
    agent = user_agent.strip()
    if method.upper() == "HEAD" or agent in _EXACT_AGENTS or _is_prefetch(headers or {}):
        return True
    lowered = agent.lower()
    return any(name.lower() in lowered for name in _AGENTS)


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    said = [value.lower() for name, value in headers.items() if name.lower() in _PREFETCH_HEADERS]
    return any("prefetch" in value or "preview" in value for value in said)
