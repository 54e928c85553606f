"""What templates ask of other servers, asked of a real one: who may be asked, with what, how long, and what is kept."""

import socket
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from ensue.channels import connected
from ensue.channels.connected import ConnectedContent
from ensue.config import Credentials
from ensue.content.fetching import Found, Inquiry, Unasked
from ensue.errors import Unavailable
from tests.channels.http_server import HANG_UP, HttpServer, Reply, http_server

LOOPBACK = ("127.0.0.0/8",)
CREDENTIALS = {
    "shop": Credentials(username="ana", password="s3cret:", host="127.0.0.1"),
    "other": Credentials(username="x", password="y", host="api.example"),
}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server() as server:
        server.replies(200, b'{"left": 3}')
        yield server


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@contextmanager
def asking(*hosts: str, now: Callable[[], float] = time.monotonic) -> Iterator[ConnectedContent]:
    one = ConnectedContent(hosts, CREDENTIALS, LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"], now=now)
    yield one
    one.close()


def inquiry(url: str, **fields: object) -> Inquiry:
    return Inquiry(**{"method": "GET", "url": url, **fields})  # type: ignore[arg-type]  # a test names fields as it likes


def refused(one: ConnectedContent, url: str, **fields: object) -> Unasked:
    with pytest.raises(Unasked) as looked:
        one.look(inquiry(url, **fields))
    with pytest.raises(Unasked) as asked:
        one.fetch(inquiry(url, **fields))
    assert str(looked.value) == str(asked.value)
    return asked.value


# ---------------------------------------------------------------- who may be asked


def test_it_is_off_until_hosts_are_named(server: HttpServer) -> None:
    with asking() as one:
        refusal = refused(one, server.url)
    assert (str(refusal), "ENSUE_CONNECTED_CONTENT" in refusal.hint) == ("connected_content is off", True)
    assert server.asked == []


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("api.example", "https://api.example/x?y=z"),
        ("api.example", "http://API.example:80"),
        ("*.example", "https://a.b.example"),
        ("api.example:8443", "https://api.example:8443/x"),
        ("*.example:8443", "https://api.example:8443/x"),
        ("xn--bcher-kva.example", "https://bücher.example"),
    ],
)
def test_hosts_that_are_named_may_be_asked(allowed: str, url: str) -> None:
    with asking("other.example", allowed) as one:
        assert one.look(inquiry(url)) == Found()


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("api.example", "https://api.example.evil.example"),
        ("api.example", "https://evil.example/api.example"),
        ("api.example", "https://evil.example#@api.example"),
        ("api.example", "https://api.example@evil.example"),
        ("api.example", "https://user@api.example"),
        ("api.example", "https://evil.example\\@api.example"),
        ("api.example", "https://api.example\\.evil.example"),
        ("api.example", "https://api.example:8443"),
        ("api.example:8443", "https://api.example"),
        ("*.example", "https://example"),
        ("*.example", "https://evilexample"),
        ("api.example", "https://sub.api.example"),
        ("api.example", "ftp://api.example"),
        ("api.example", "file:///etc/passwd"),
        ("api.example", "api.example"),
        ("api.example", ""),
        ("api.example", "https://api.exa\tmple"),
        ("api.example", "https://[::1"),
        ("api.example", "https://api.example:99999999"),
    ],
)
def test_no_other_host_is_asked_however_it_is_written(allowed: str, url: str) -> None:
    with asking(allowed) as one:
        refusal = refused(one, url)
    assert str(refusal).startswith("connected_content may not ask")
    assert allowed in refusal.hint


def test_a_named_host_with_a_private_address_is_not_reached_unless_its_network_is_named(server: HttpServer) -> None:
    one = ConnectedContent([f"127.0.0.1:{server.port}"], {})
    assert one.fetch(inquiry(server.url)) == Found()
    one.close()
    assert server.asked == []


# ---------------------------------------------------------------- asking


def test_it_asks_with_method_headers_and_body(server: HttpServer) -> None:
    with asking(f"127.0.0.1:{server.port}") as one:
        found = one.fetch(inquiry(f"{server.url}/x?y=z", method="POST", headers={"X-Key": "k"}, body="a=1"))
    (asked,) = server.asked
    assert found == Found(status=200, body=b'{"left": 3}')
    assert (asked.method, asked.path, asked.headers["x-key"], asked.body) == ("POST", "/x?y=z", "k", b"a=1")


def test_passwords_come_from_the_settings_and_go_to_their_own_host_only(server: HttpServer) -> None:
    with asking(f"127.0.0.1:{server.port}", "api.example") as one:
        one.fetch(inquiry(server.url, credentials="shop"))
        assert "are not for 127.0.0.1" in str(refused(one, server.url, credentials="other"))
        assert "no credentials 'none'" in str(refused(one, server.url, credentials="none"))
    (asked,) = server.asked
    assert b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"ana:s3cret:"


def test_a_redirect_is_not_followed(server: HttpServer) -> None:
    server.replies(302, b"", Location="http://127.0.0.1:1/")
    with asking(f"127.0.0.1:{server.port}") as one:
        assert one.fetch(inquiry(server.url)).status == 302


def test_an_answer_that_is_too_large_is_none(server: HttpServer) -> None:
    with asking(f"127.0.0.1:{server.port}") as one:
        server.replies(200, b"x" * connected.LARGEST)
        assert len(one.fetch(inquiry(f"{server.url}/a")).body) == connected.LARGEST
        server.replies(200, b"x" * (connected.LARGEST + 1))
        assert one.fetch(inquiry(f"{server.url}/b")) == Found()


def test_an_answer_that_breaks_off_is_none(server: HttpServer) -> None:
    server.answer = lambda _: Reply(200, b'{"left": 30', {"Content-Length": "80", "Connection": "close"})
    with asking(f"127.0.0.1:{server.port}") as one:
        assert one.fetch(inquiry(server.url)) == Found()


def test_a_server_that_keeps_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connected, "WAIT", 0.2)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent, asking(f"127.0.0.1:{silent.getsockname()[1]}") as one:
        assert one.fetch(inquiry(f"http://127.0.0.1:{silent.getsockname()[1]}")) == Found()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("status", [HANG_UP, 500, 503])
def test_an_inquiry_that_insists_is_worth_another_try_where_no_answer_came(server: HttpServer, status: int) -> None:
    server.replies(status)
    with asking(f"127.0.0.1:{server.port}") as one:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
            one.fetch(inquiry(server.url, insists=True))
        assert one.fetch(inquiry(server.url)).status == status
        server.replies(404)
        assert one.fetch(inquiry(server.url, insists=True)).status == 404


def test_many_threads_ask_at_a_time(server: HttpServer) -> None:
    together = threading.Barrier(4, timeout=10)

    def answer(_: object) -> Reply:
        with suppress(threading.BrokenBarrierError):
            together.wait()
        return Reply(200, b"fine")

    server.answer = answer
    with asking(f"127.0.0.1:{server.port}") as one, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: one.fetch(inquiry(f"{server.url}/{number}")), range(4)))
    assert found == [Found(status=200, body=b"fine")] * 4


# ---------------------------------------------------------------- what is kept


@pytest.mark.parametrize(
    ("fields", "after", "times"),
    [
        ({}, 299, 1),
        ({}, 301, 2),
        ({"keep": 900}, 899, 1),
        ({"keep": 900}, 901, 2),
        ({"keep": 1}, 299, 1),
        ({"keep": 99_999}, 14_401, 2),
        ({"keep": 0}, 0, 2),
        ({"method": "POST"}, 0, 2),
        ({"method": "POST", "keep": 900}, 899, 1),
    ],
)
def test_an_answer_is_kept_for_its_time(
    server: HttpServer, fields: dict[str, object], after: float, times: int
) -> None:
    clock = Seconds()
    with asking(f"127.0.0.1:{server.port}", now=clock) as one:
        first = one.fetch(inquiry(server.url, **fields))
        clock.at += after
        assert one.fetch(inquiry(server.url, **fields)) == first
    assert len(server.asked) == times


def test_only_what_is_asked_the_same_is_answered_the_same(server: HttpServer) -> None:
    different: list[dict[str, object]] = [
        {},
        {"headers": {"X-User": "ana"}},
        {"headers": {"X-User": "bo"}},
        {"credentials": "shop"},
        {"method": "POST", "keep": 300},
        {"method": "POST", "keep": 300, "body": "a"},
        {"url": f"{server.url}/other"},
    ]
    with asking(f"127.0.0.1:{server.port}") as one:
        for fields in different * 2:
            one.fetch(inquiry(**{"url": server.url, **fields}))  # type: ignore[arg-type]  # as above
    assert len(server.asked) == len(different)


def test_errors_and_answers_that_did_not_come_are_not_kept(server: HttpServer) -> None:
    with asking(f"127.0.0.1:{server.port}") as one:
        server.replies(404)
        assert one.fetch(inquiry(server.url)).status == 404
        server.replies(200, b"fine")
        assert one.fetch(inquiry(server.url)).body == b"fine"


def test_what_is_kept_takes_no_more_than_its_space(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connected, "KEPT_BYTES", 5_000)
    server.replies(200, b"x" * 1_500)
    with asking(f"127.0.0.1:{server.port}") as one:
        for number in (1, 2, 3, 2, 3, 1):
            one.fetch(inquiry(f"{server.url}/{number}"))
    assert [asked.path for asked in server.asked] == ["/1", "/2", "/3", "/1"]
