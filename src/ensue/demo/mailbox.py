"""The demo's mail server: takes every message, and keeps the latest for reading in a browser.

One rule: it listens on loopback only and forwards nothing.
"""

import asyncio
import re
import socket
import threading
from collections import deque
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT = 2_000
"""Messages kept, the latest."""
PIXEL = re.compile(r'src="([^"]+/o/[^"]+)"')
LINK = re.compile(r'href="([^"]+/c/[^"]+)"')


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it arrived."""

    number: int
    recipient: str
    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]

    @property
    def pixel(self) -> str | None:
        """Return the address of the open pixel."""
        found = PIXEL.search(self.html)
        return found.group(1).replace("&amp;", "&") if found else None

    @property
    def link(self) -> str | None:
        """Return the address of the first tracked link."""
        found = LINK.search(self.html)
        return found.group(1).replace("&amp;", "&") if found else None


class Mailbox:
    """A mail server on loopback; `on_letter` is called with each message, in the server's thread."""

    def __init__(self, on_letter: Callable[[Letter], None]) -> None:
        """Start listening on a free port."""
        self._letters: deque[Letter] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._count = 0
        self._on_letter = on_letter
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="ensue-mailbox")
        self._thread.start()

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        port: int = self._listener.getsockname()[1]
        return port

    def letters(self) -> list[Letter]:
        """Return the messages, the latest first."""
        with self._lock:
            return list(reversed(self._letters))

    def find(self, number: int) -> Letter | None:
        """Return a message by its number."""
        return next((letter for letter in self.letters() if letter.number == number), None)

    def close(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, loop=self._loop), sock=self._listener)
        )
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Take a message (the name and the arguments are aiosmtpd's)."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        with self._lock:
            self._count += 1
            letter = _letter(self._count, envelope.rcpt_tos[0], content)
            self._letters.append(letter)
        self._on_letter(letter)
        return "250 taken"


def _letter(number: int, recipient: str, content: bytes) -> Letter:
    message = message_from_bytes(content, policy=default)
    return Letter(
        number=number,
        recipient=recipient,
        subject=str(message["Subject"]),
        html=_body(message, "html"),
        text=_body(message, "plain"),
        headers=tuple((name, str(value)) for name, value in message.items()),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
