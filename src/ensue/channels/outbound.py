"""HTTP to addresses that others chose: webhooks of campaigns, push endpoints that browsers name.

One rule: nothing private is ever reached. The host is resolved here, every address it has must be public, and the
connection goes to exactly the address that was looked at, so a name that answers differently the second time gains
nothing. Redirects are not followed, no proxy is asked, every step has a time limit, and of the answer only a beginning
is read.

`ENSUE_ALLOWED_NETWORKS` names private networks that may be reached after all.
"""

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore
import httpx
import msgspec

from ensue.channels.answers import passing, permanent
from ensue.parcels import Handed

STEP = 10.0
"""Seconds that connecting, and each read and write, may take."""
WHOLE = 30.0
"""Seconds that one request may take as a whole."""
MOST_READ = 16 * 1024
"""Bytes of an answer's body that are read."""
KEPT = 60.0
"""Seconds that an idle connection is kept for the next request to the same host."""
AGENT = "Ensue"

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host; raises OSError where it has none."""

NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address."""
NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # RFC 6890, protocol assignments
        "192.88.99.0/24",  # RFC 7526, what was 6to4's relay
        "64:ff9b:1::/48",  # RFC 8215, translation within one network
        "2002::/16",  # RFC 3056, 6to4: leads to an IPv4 address
        "fec0::/10",  # RFC 3879, what was site-local
    )
)
"""What older Pythons take for public, beside what `is_global` knows."""


class Refused(Exception):
    """The address must not be reached."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered; of the body the beginning, if not the whole."""

    status: int
    body: bytes
    is_whole: bool = True


class Outbound:
    """Makes requests of one thread, over kept connections."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        resolve: Resolve | None = None,
        whole: float | None = None,
        most_read: int | None = None,
    ) -> None:
        """Reach public addresses, and those in the `allowed` networks; `resolve` looks hosts up.

        A request takes at most `whole` seconds, and of its answer at most `most_read` bytes are read (defaults:
        `WHOLE` and `MOST_READ`).
        """
        self._most_read = most_read or MOST_READ
        self._clock = _Timer(whole or WHOLE)
        self._backend = _Guard(allowed, resolve or look_up, self._clock)
        self._pool: httpcore.ConnectionPool | None = None

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer | Handed:
        """Make a request; where no answer came, say what that means: a refused address is permanent, a fault passes."""
        try:
            request = _request(method, url, headers, body)
        except (httpx.InvalidURL, ValueError, TypeError) as fault:
            return permanent(f"{url!r} cannot be asked: {fault}")
        self._clock.start()
        try:
            return self._exchange(request)
        except Refused as refusal:
            return permanent(str(refusal))
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as fault:
            return permanent(f"no valid request to {request.url.host.decode()}: {fault}")
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as fault:
            words = str(fault) or type(fault).__name__
            return passing(f"no answer from {request.url.host.decode()}: {words}")

    def close(self) -> None:
        """Close kept connections; it can be used again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _exchange(self, request: httpcore.Request) -> Answer:
        if self._pool is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=ssl.create_default_context(),
                max_keepalive_connections=10,
                keepalive_expiry=KEPT,
                network_backend=self._backend,
            )
        response = self._pool.handle_request(request)
        try:
            return _answer(response, self._most_read)
        finally:
            response.close()


def _answer(response: httpcore.Response, most: int) -> Answer:
    """Return the answer with the beginning of its body; the status has been told, so a fault from here on is none."""
    found, is_whole = bytearray(), False
    with suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError):
        for chunk in response.iter_stream():
            found += chunk
            if len(found) > most:
                break
        else:
            is_whole = True
    return Answer(status=response.status, body=bytes(found[:most]), is_whole=is_whole)


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> httpcore.Request:
    read = httpx.URL(url)
    if read.scheme not in {"http", "https"} or not read.raw_host:
        raise ValueError("no http(s) address")
    named = {name.lower(): (name, text) for name, text in headers.items()}
    if read.userinfo and "authorization" not in named:
        pair = f"{read.username}:{read.password}".encode()
        named["authorization"] = ("Authorization", f"Basic {b64encode(pair).decode()}")
    named.setdefault("user-agent", ("User-Agent", AGENT))
    sent = [("Host", read.netloc), *((name, text.encode()) for name, text in named.values())]
    if body or method not in {"GET", "DELETE"}:
        sent.append(("Content-Length", str(len(body)).encode()))
    limits = dict.fromkeys(("connect", "read", "write", "pool"), STEP)
    return httpcore.Request(
        method.encode(),
        httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path),
        headers=[(name.encode(), value) for name, value in sent],
        content=body,
        extensions={"timeout": limits},
    )


# ---------------------------------------------------------------- which addresses


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public Internet, for one machine."""
    meant = _meant(address)
    if not meant.is_global or meant.is_multicast or meant.is_unspecified:
        return False
    if isinstance(meant, IPv6Address) and meant.is_reserved:
        return False
    return not any(meant in network for network in NOT_PUBLIC)


def _meant(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(address.packed[-4:])
    return address


class _Guard(httpcore.NetworkBackend):
    """Connects to addresses that were looked at."""

    def __init__(self, allowed: Sequence[str], resolve: Resolve, timer: "_Timer") -> None:
        self._allowed = tuple(ip_network(text) for text in allowed)
        self._resolve = resolve
        self._timer = timer
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers; refuse if one of them is not public."""
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._checked(host, port):
            left = self._timer.left(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return _Stream(stream, self._timer)
        raise fault

    def _checked(self, host: str, port: int) -> list[Address]:
        try:
            found = [ip_address(text) for text in self._resolve(host, port)]
        except UnicodeError as error:
            raise Refused(f"{host!r} is no name of a host") from error
        for address in found:
            if not is_public(address) and not self._is_allowed(address):
                hint = "ENSUE_ALLOWED_NETWORKS names networks that may be reached"
                raise Refused(f"{host} leads to {address}, which is not a public address; {hint}")
        return found

    def _is_allowed(self, address: Address) -> bool:
        return any(_meant(address) in network for network in self._allowed)


# ---------------------------------------------------------------- how long


class _Timer:
    """When the request under way must have ended."""

    def __init__(self, whole: float) -> None:
        self._whole = whole
        self._ends = 0.0

    def start(self) -> None:
        self._ends = time.monotonic() + self._whole

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        """Return how many seconds the next step may take; raise where none are left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise error(f"it took longer than {self._whole:g} seconds")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose steps, all together, keep within the time of the request."""

    def __init__(self, inner: httpcore.NetworkStream, timer: _Timer) -> None:
        self._inner = inner
        self._timer = timer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._timer.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._timer.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._timer.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._timer)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  (httpcore's signature)
        return self._inner.get_extra_info(info)
