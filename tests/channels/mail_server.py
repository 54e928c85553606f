"""A real mail server on the loopback, which does as a test tells it."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG_UP = "hang up"
Step = Literal["MAIL", "RCPT", "DATA"]


@dataclass
class MailServer:
    """What it received, and what it answers: `answers` by step, to every message; `HANG_UP` closes the connection."""

    answers: dict[Step, str] = field(default_factory=dict)
    received: list[Envelope] = field(default_factory=list)
    connections: list[SMTP] = field(default_factory=list)
    offered: list[tuple[bytes, bytes]] = field(default_factory=list)
    port: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def hang_up(self) -> None:
        """Close all connections, as a server does with idle ones."""
        done = threading.Event()
        self.loop.call_soon_threadsafe(self._close_all, done)
        assert done.wait(5)

    def _close_all(self, done: threading.Event) -> None:
        for connection in self.connections:
            _abort(connection)
        self.loop.call_soon(done.set)

    def _answer(self, step: Step, server: SMTP) -> str:
        answer = self.answers.get(step, "250 OK")
        if answer == HANG_UP:
            _abort(server)
        return "250 OK" if answer == HANG_UP else answer

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del session
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._answer("MAIL", server)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del session, options
        answer = self._answer("RCPT", server)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        del session
        answer = self._answer("DATA", server)
        if answer.startswith("2"):
            self.received.append(envelope)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """Let in whoever has the password `sesame`."""
        del server, session, envelope, mechanism
        self.offered.append((data.login, data.password))
        return AuthResult(success=data.password == b"sesame", handled=False)


def _abort(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.WriteTransport):
        connection.transport.abort()


@contextmanager
def serving(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    smtputf8: bool = True,
    login: bool = False,
) -> Iterator[MailServer]:
    """Run a mail server at a free port of 127.0.0.1."""
    running = MailServer()

    def connected() -> SMTP:
        connection = SMTP(
            running,
            enable_SMTPUTF8=smtputf8,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=login and starttls is not None,
            auth_require_tls=starttls is not None,
            authenticator=running.authenticate if login else None,
            hostname="mail.test",
            loop=running.loop,
        )
        running.connections.append(connection)
        return connection

    server = running.loop.run_until_complete(running.loop.create_server(connected, "127.0.0.1", 0, ssl=tls))
    running.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=running.loop.run_forever)
    thread.start()
    try:
        yield running
    finally:
        running.hang_up()
        running.loop.call_soon_threadsafe(running.loop.stop)
        thread.join()
        server.close()
        running.loop.run_until_complete(_quiet(running.loop))
        running.loop.close()


async def _quiet(loop: asyncio.AbstractEventLoop) -> None:
    tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate of 127.0.0.1 that nobody signed; return its file and a server's context with it."""
    key, signed = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(signed)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return signed, context
