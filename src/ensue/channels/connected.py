"""What templates ask of other servers (`connected_content`), asked over guarded HTTP.

One rule: only hosts that the settings name are asked, passwords go only to the host that they belong to, and no answer
is waited for longer than 2 seconds or taken where it is larger than 1 MB.

An answer to a `get` is kept for a while, as thousands of messages ask the same. Asked the same means: the same address,
headers, body and credentials, so what one person's message was told is never shown to another whose message asked
otherwise. What takes too long, breaks off or is too large is no answer.
"""

import threading
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus

import httpx
import structlog

from ensue.channels.outbound import Answer, Outbound, Resolve
from ensue.config import Credentials
from ensue.content.fetching import Found, Inquiry, Unasked
from ensue.errors import Unavailable

WAIT = 2.0
"""Seconds that one request may take as a whole."""
LARGEST = 1_000_000
"""Bytes of an answer."""
KEPT = (300, 14_400)
"""Seconds that an answer is kept, at least and at most."""
ENTRY = 500
"""Bytes that an answer takes beside itself, about."""
KEPT_BYTES = 32_000_000
"""Bytes of all answers that are kept; the oldest go first."""
PORTS = {"http": 80, "https": 443}
Question = tuple[str, str, tuple[tuple[str, str], ...], str, str]
"""Method, address, headers, body and credentials: what is asked the same."""
log = structlog.get_logger(__name__)


class ConnectedContent:
    """Asks servers, from any thread; each thread has its own connections."""

    def __init__(
        self,
        hosts: Sequence[str],
        credentials: Mapping[str, Credentials],
        networks: Sequence[str] = (),
        *,
        resolve: Resolve | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `hosts` such as `api.shop.example`, `*.shop.example` or `api.shop.example:8443`; none is off.

        Private addresses are reached in `networks` only; `now` counts seconds.
        """
        self._hosts = frozenset(hosts)
        self._credentials = credentials
        self._make: Callable[[], Outbound] = partial(Outbound, networks, resolve=resolve, whole=WAIT, most_read=LARGEST)
        self._own = threading.local()
        self._opened: list[Outbound] = []
        self._kept = _Kept(now)

    def look(self, inquiry: Inquiry) -> Found:
        """Refuse what may not be asked, and ask nobody."""
        self._refuse(inquiry)
        return Found()

    def fetch(self, inquiry: Inquiry) -> Found:
        """Ask, or return what was answered before.

        Raises `Unasked` for what the settings do not allow, and `Unavailable` where an inquiry that insists got no
        answer.
        """
        self._refuse(inquiry)
        if (found := self._kept.find(inquiry)) is not None:
            return found
        found = self._ask(inquiry)
        if inquiry.insists and (not found.status or found.status >= HTTPStatus.INTERNAL_SERVER_ERROR):
            raise Unavailable(f"connected_content got no answer from {httpx.URL(inquiry.url).host}")
        if HTTPStatus.OK <= found.status < HTTPStatus.MULTIPLE_CHOICES:
            self._kept.keep(inquiry, found)
        return found

    def close(self) -> None:
        """Close the connections of all threads, which must have stopped asking."""
        for outbound in self._opened:
            outbound.close()
        self._opened.clear()

    def _refuse(self, inquiry: Inquiry) -> None:
        if not self._hosts:
            hint = "ENSUE_CONNECTED_CONTENT names the hosts that templates may ask."
            raise Unasked("connected_content is off", hint)
        place = _host_and_port(inquiry.url)
        if place is None or not self._is_allowed(*place):
            what = f"{place[0]} (port {place[1]})" if place else repr(inquiry.url)
            hint = f"ENSUE_CONNECTED_CONTENT allows {', '.join(sorted(self._hosts))}."
            raise Unasked(f"connected_content may not ask {what}", hint)
        if inquiry.credentials:
            self._refuse_credentials(inquiry.credentials, place[0])

    def _refuse_credentials(self, name: str, host: str) -> None:
        known = self._credentials.get(name)
        if known is None:
            hint = f"ENSUE_CONNECTED_CREDENTIALS has {', '.join(sorted(self._credentials)) or 'none'}."
            raise Unasked(f"there are no credentials '{name}'", hint)
        if known.host != host:
            raise Unasked(f"the credentials '{name}' are not for {host}", f"They are for {known.host}.")

    def _is_allowed(self, host: str, port: int) -> bool:
        parents = [f"*.{host.split('.', number)[-1]}" for number in range(1, host.count(".") + 1)]
        names = {host, *parents} if port in PORTS.values() else {f"{name}:{port}" for name in (host, *parents)}
        return bool(names & self._hosts)

    def _ask(self, inquiry: Inquiry) -> Found:
        headers = {**inquiry.headers, **self._authorization(inquiry.credentials)}
        answer = self._outbound().ask(inquiry.method, inquiry.url, headers, inquiry.body.encode())
        if isinstance(answer, Answer) and answer.is_whole:
            return Found(status=answer.status, body=answer.body)
        why = f"it is not whole, or larger than {LARGEST} bytes" if isinstance(answer, Answer) else answer.detail
        log.info("connected_content got no answer", host=httpx.URL(inquiry.url).host, why=why)
        return Found()

    def _authorization(self, name: str) -> Mapping[str, str]:
        if not name:
            return {}
        known = self._credentials[name]
        pair = f"{known.username}:{known.password}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}

    def _outbound(self) -> Outbound:
        if not hasattr(self._own, "outbound"):
            self._own.outbound = self._make()
            self._opened.append(self._own.outbound)
        outbound: Outbound = self._own.outbound
        return outbound


def _host_and_port(url: str) -> tuple[str, int] | None:
    """Return what a request would go to; read as the request itself is, so that nothing can be read in two ways."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None
    if read.scheme not in PORTS or not read.raw_host or read.userinfo:
        return None
    return read.raw_host.decode().lower().rstrip("."), read.port or PORTS[read.scheme]


# ---------------------------------------------------------------- what is kept


class _Kept:
    """Answers by what was asked, each until its time is up."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._answers: OrderedDict[Question, tuple[float, Found]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, inquiry: Inquiry) -> Found | None:
        if not _seconds(inquiry):
            return None
        with self._lock:
            until, found = self._answers.get(_question(inquiry), (0.0, None))
        return found if until > self._now() else None

    def keep(self, inquiry: Inquiry, found: Found) -> None:
        seconds, question = _seconds(inquiry), _question(inquiry)
        if not seconds:
            return
        with self._lock:
            self._drop(question)
            self._answers[question] = (self._now() + seconds, found)
            self._bytes += _weight(question, found)
            while self._bytes > KEPT_BYTES:
                self._drop(next(iter(self._answers)))

    def _drop(self, question: Question) -> None:
        dropped = self._answers.pop(question, None)
        if dropped is not None:
            self._bytes -= _weight(question, dropped[1])


def _question(inquiry: Inquiry) -> Question:
    headers = tuple(sorted(inquiry.headers.items()))
    return inquiry.method, inquiry.url, headers, inquiry.body, inquiry.credentials


def _weight(question: Question, found: Found) -> int:
    return ENTRY + len(found.body) + sum(len(str(part)) for part in question)


def _seconds(inquiry: Inquiry) -> int:
    """Return how long an answer is kept; 0 for not at all."""
    if inquiry.keep is None:
        return KEPT[0] if inquiry.method == "GET" else 0
    return min(max(inquiry.keep, KEPT[0]), KEPT[1]) if inquiry.keep else 0
