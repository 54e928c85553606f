"""Requests to addresses that others chose: nothing private is reached, whatever a name says, and each has its end."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme

from ensue.channels import outbound
from ensue.channels.outbound import Answer, Outbound, is_public, look_up
from ensue.parcels import Handed
from tests.channels.http_server import HANG_UP, HttpServer, Reply, http_server

LOOPBACK = ("127.0.0.0/8",)
ENDLESS = 100 * 2**20


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def always(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda _host, _port: addresses


def refused(url: str, outbound: Outbound) -> str:
    answer = outbound.ask("POST", url, {})
    assert isinstance(answer, Handed)
    assert answer.result == "permanent"
    return answer.detail


# ---------------------------------------------------------------- which addresses

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "10.0.0.7",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # where clouds keep their secrets
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  (refused, not listened on)
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "100.128.0.1", "172.32.0.1"]
)
def test_a_public_address_is(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_host_that_leads_to_a_private_address_is_refused_for_good(address: str) -> None:
    outbound = Outbound(resolve=always(address))
    assert "not a public address" in refused("https://shop.example/hook", outbound)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0x7f000001", "localhost", "0"]
)
def test_an_address_in_any_spelling_is_looked_at(host: str, server: HttpServer) -> None:
    assert "not a public address" in refused(f"http://{host}:{server.port}/", Outbound())
    assert server.asked == []


def test_one_private_address_among_public_ones_refuses_them_all() -> None:
    assert "10.0.0.1" in refused("https://shop.example/", Outbound(resolve=always("8.8.8.8", "10.0.0.1")))


def test_the_connection_goes_to_the_address_that_was_looked_at(server: HttpServer) -> None:
    """The name leads nowhere: only the address that the look-up gave can have been connected to."""
    outbound = Outbound(LOOPBACK, resolve=always("127.0.0.1"))
    answer = outbound.ask("GET", f"http://shop.invalid:{server.port}/a?b=c", {})
    outbound.close()
    assert answer == Answer(status=200, body=b"")
    assert server.asked[0].headers["host"] == f"shop.invalid:{server.port}"


def test_a_name_that_answers_differently_the_second_time_gains_nothing(server: HttpServer) -> None:
    """A good address for whoever looks, a private one for whoever connects: nothing looks twice."""
    answers = [["127.0.0.1"], ["10.1.2.3"]]
    looked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        looked.append(host)
        return answers[len(looked) - 1]

    outbound = Outbound(["127.0.0.1/32"], resolve=rebinding)
    url = f"http://shop.invalid:{server.port}/"
    assert outbound.ask("GET", url, {}) == Answer(status=200, body=b"")
    assert looked == ["shop.invalid"]
    outbound.close()
    assert "10.1.2.3" in refused(url, outbound)  # a further connection has a further look
    assert len(server.asked) == 1


def test_allowed_networks_are_reached_and_no_others(server: HttpServer) -> None:
    outbound = Outbound(["127.0.0.1/32"])
    assert outbound.ask("POST", server.url, {}) == Answer(status=200, body=b"")
    outbound.close()
    assert refused("http://10.0.0.1/", outbound)
    assert refused("http://127.0.0.2/", outbound)


def test_a_mapped_address_is_allowed_as_the_one_it_stands_for(server: HttpServer) -> None:
    outbound = Outbound(LOOPBACK, resolve=always("::ffff:10.0.0.1"))
    assert refused(f"http://shop.example:{server.port}/", outbound)


def test_the_system_knows_its_own_address() -> None:
    assert "127.0.0.1" in look_up("localhost", 80)


def test_a_host_that_has_no_address_is_a_passing_fault() -> None:
    def unknown(host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(f"no address of {host}")

    answer = Outbound(resolve=unknown).ask("GET", "https://shop.example/", {})
    assert isinstance(answer, Handed)
    assert (answer.result, "no address of shop.example" in answer.detail) == ("passing", True)


# ---------------------------------------------------------------- TLS


@pytest.mark.parametrize("name", ["shop.invalid", "another.invalid"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_server_must_be_vouched_for_by_the_name_in_the_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, *, is_trusted: bool
) -> None:
    """Not by the network address that the name leads to."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.invalid").configure_cert(tls)
    if is_trusted:
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    outbound = Outbound(LOOPBACK, resolve=always("127.0.0.1"))
    with http_server(tls=tls) as server:
        answer = outbound.ask("POST", f"https://{name}:{server.port}/", {}, b"body")
        outbound.close()
    if is_trusted and name == "shop.invalid":
        assert answer == Answer(status=200, body=b"")
    else:
        assert isinstance(answer, Handed)
        assert (answer.result, "certificate" in answer.detail) == ("passing", True)
        assert server.asked == []


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize("url", ["ftp://shop.example/", "file:///etc/passwd", "https://", "//x", "\x00"])
def test_what_is_no_web_address_is_refused_for_good(url: str) -> None:
    assert "cannot be asked" in refused(url, Outbound(LOOPBACK))


@pytest.mark.parametrize("headers", [{"X-A": "a\r\nX-B: b"}, {"X A": "a"}, {"X-ü": "a"}])
def test_headers_that_are_none_are_refused_for_good(server: HttpServer, headers: dict[str, str]) -> None:
    outbound = Outbound(LOOPBACK)
    answer = outbound.ask("POST", server.url, headers)
    outbound.close()
    assert isinstance(answer, Handed)
    assert answer.result == "permanent"
    assert server.asked == []


def test_letters_beyond_ascii_and_a_password_in_the_address_are_sent_as_they_must_be(server: HttpServer) -> None:
    outbound = Outbound(LOOPBACK)
    outbound.ask("PUT", f"http://ana:s%20t@127.0.0.1:{server.port}/ö?q=å", {"X-Name": "Åsa"}, b"body")
    outbound.close()
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/%C3%B6?q=%C3%A5", b"body")
    assert asked.headers["authorization"] == "Basic YW5hOnMgdA=="
    assert asked.headers["user-agent"] == "Ensue"
    assert asked.headers["x-name"].encode("latin-1").decode() == "Åsa"


def test_connections_are_kept_and_one_that_was_closed_is_opened_again(server: HttpServer) -> None:
    outbound = Outbound(LOOPBACK)
    server.replies(200, Connection="close")
    for _ in range(3):
        assert outbound.ask("GET", server.url, {}) == Answer(status=200, body=b"")
    outbound.close()
    assert len(server.asked) == 3


# ---------------------------------------------------------------- what is answered


def test_a_redirect_is_an_answer_and_is_not_followed(server: HttpServer) -> None:
    server.replies(302, Location=f"{server.url}/elsewhere")
    outbound = Outbound(LOOPBACK)
    assert outbound.ask("POST", f"{server.url}/", {}) == Answer(status=302, body=b"")
    outbound.close()
    assert [asked.path for asked in server.asked] == ["/"]


def test_only_a_beginning_of_the_answer_is_read(server: HttpServer) -> None:
    server.replies(200, b"x" * 10_000_000)
    outbound = Outbound(LOOPBACK)
    answer = outbound.ask("GET", server.url, {})
    assert isinstance(answer, Answer)
    assert answer.body == b"x" * 16 * 1024
    server.replies(200, b"short")
    assert outbound.ask("GET", server.url, {}) == Answer(status=200, body=b"short")
    outbound.close()


def test_an_answer_without_end_is_left() -> None:
    with endless() as (port, sent):
        answer = Outbound(LOOPBACK).ask("GET", f"http://127.0.0.1:{port}/", {})
    assert answer == Answer(status=200, body=b"x" * 16 * 1024, is_whole=False)
    assert sum(sent) < ENDLESS


def test_an_answer_that_is_cut_off_after_its_status_is_an_answer(server: HttpServer) -> None:
    server.answer = lambda _: Reply(200, b"half", {"Content-Length": "8", "Connection": "close"})
    outbound = Outbound(LOOPBACK)
    assert outbound.ask("GET", server.url, {}) == Answer(status=200, body=b"half", is_whole=False)
    outbound.close()


@pytest.mark.parametrize("what", ["no answer", "no server"])
def test_where_nobody_answers_it_is_a_passing_fault(server: HttpServer, what: str) -> None:
    server.replies(HANG_UP)
    url = server.url if what == "no answer" else "http://127.0.0.1:1"
    answer = Outbound(LOOPBACK).ask("POST", url, {})
    assert isinstance(answer, Handed)
    assert (answer.result, answer.detail.startswith("no answer from 127.0.0.1")) == ("passing", True)


@pytest.mark.parametrize("limit", ["STEP", "WHOLE"])
def test_a_server_that_keeps_silent_is_left(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(outbound, limit, 0.5)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = Outbound(LOOPBACK).ask("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/", {})
    assert isinstance(answer, Handed)
    assert answer.result == "passing"
    assert time.monotonic() - began < 5, "the other limit ended it"


def test_a_server_that_dribbles_its_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, the answer as a whole does not."""
    monkeypatch.setattr(outbound, "WHOLE", 0.2)
    with dribbling() as port:
        answer = Outbound(LOOPBACK).ask("GET", f"http://127.0.0.1:{port}/", {})
    assert isinstance(answer, Handed)
    assert (answer.result, "longer than" in answer.detail or "timed out" in answer.detail) == ("passing", True)


@contextmanager
def endless() -> Iterator[tuple[int, list[int]]]:
    """Run a server that answers with far more than anybody should read; it counts what it got rid of."""
    sent: list[int] = []

    def pour(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while sum(sent) < ENDLESS:
                connection.sendall(b"x" * 2**20)
                sent.append(2**20)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=pour, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1], sent
        finally:
            thread.join()


@contextmanager
def dribbling() -> Iterator[int]:
    """Run a server that sends the head of its answer byte by byte, without end."""
    done = threading.Event()

    def dribble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
            while not done.wait(0.01):
                connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dribble, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()
