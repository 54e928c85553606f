"""A real HTTP server on the loopback, which does as a test tells it."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_UP = 0
"""The status of an answer that does not come: the connection is closed instead."""


@dataclass(frozen=True)
class Reply:
    """What a server answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request that came; names of headers are in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  (a test reaches into it as it likes)
        return json.loads(self.body)


@dataclass
class HttpServer:
    """What came in, and what is answered to it."""

    answer: Callable[[Asked], Reply]
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def replies(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer so from now on; with `HANG_UP`, by closing the connection."""
        reply = Reply(status, body, {name.replace("_", "-"): text for name, text in headers.items()})
        self.answer = lambda _: reply


@contextmanager
def http_server(
    answer: Callable[[Asked], Reply] = lambda _: Reply(), *, tls: ssl.SSLContext | None = None
) -> Iterator[HttpServer]:
    """Run a server at a free port of 127.0.0.1."""
    running = HttpServer(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            reply = running.answer(asked)
            if reply.status == HANG_UP:
                self.close_connection = True
                return
            running.asked.append(asked)
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
            del format, args

    server = _Server(("127.0.0.1", 0), Handler)
    running.port = server.server_address[1]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.hang_up()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """A server that can close kept connections, so that nobody waits for them at the end."""

    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:  # noqa: ANN401  (socketserver's signature)
        super().__init__(*arguments)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  (as above)
        self._open.add(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is part of the tests."""
