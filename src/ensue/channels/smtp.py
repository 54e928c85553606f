"""E-mail by SMTP: one kept connection, and what the server's answers mean.

One rule: a refusal is permanent only where it is about this message or this recipient (5xx at RCPT or DATA); what is
wrong with the connection, the account or the sender is passing: somebody will mend it, and nothing is lost till then.
Not here: when to try again (`runners.delivery`).

A kept connection that the server has closed meanwhile is opened again at once, as nothing was handed over on it yet.
Later in a message a fault is passing, and the next attempt carries the same Message-ID (O5).
"""

import smtplib
import ssl
from typing import Literal

import msgspec

from ensue.content.addresses import is_address
from ensue.parcels import Email, Handed, Parcel

OK = 250
TO_FOLLOW = 251
CLOSING = 421
PERMANENT = 500
ABOUT_THE_ACCOUNT = {530, 534, 535, 538}
"""RFC 4954: authentication required or refused; said at any step, it is about us and not about the message."""
LONGEST_DETAIL = 500
ACCEPTED = Handed(result="accepted")


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the mail server is, and how to talk to it.

    `security` is `none`, `starttls` (as a rule port 587) or `tls` (465). `ca_file` holds the only certificates to
    trust; without it those of the system are. `timeout` is in seconds. `source_host` is what we call ourselves in EHLO.
    """

    host: str = "localhost"
    port: int = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: str = ""
    ca_file: str | None = None
    timeout: float = 30
    source_host: str | None = None

    def __repr__(self) -> str:
        """Leave the password out, as this may be logged."""
        return f"SmtpSettings({self.security} {self.username}@{self.host}:{self.port})"


class SmtpTransport:
    """Hands e-mails to a mail server, over one connection that is kept."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Connect with the first message, not before."""
        self._settings = settings
        self._server: smtplib.SMTP | None = None

    def send(self, parcel: Parcel) -> Handed:
        """Hand an e-mail over; anything but an e-mail is a bug."""
        content = parcel.content
        if not isinstance(content, Email):
            raise TypeError(f"no e-mail but {type(content).__name__}")
        if not is_address(content.recipient):
            return Handed(result="permanent", detail=f"{content.recipient!r} is not an e-mail address")
        try:
            return self._hand_over(content)
        except (OSError, smtplib.SMTPException) as fault:  # ssl.SSLError and timeouts are OSErrors
            self._drop()
            return Handed(result="passing", detail=_words(fault))

    def close(self) -> None:
        """Take leave of the server, if it is still there."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()

    def _hand_over(self, email: Email) -> Handed:
        was_kept = self._server is not None
        server = self._connected()
        options = _options(server, email)
        if options is None:
            detail = f"{email.recipient} has other than ASCII letters, and the mail server does not offer SMTPUTF8"
            return Handed(result="permanent", detail=detail)
        code, words = self._begin(server, email, options)
        if was_kept and code == CLOSING:
            server = self._connected()
            code, words = self._begin(server, email, options)
        if code != OK:
            return self._refused("sender", code, words)
        code, words = server.rcpt(email.recipient)
        if code not in {OK, TO_FOLLOW}:
            return self._refused("recipient", code, words)
        code, words = self._data(server, email)
        return ACCEPTED if code == OK else self._refused("message", code, words)

    def _begin(self, server: smtplib.SMTP, email: Email, options: list[str]) -> tuple[int, bytes]:
        """Send MAIL FROM; a connection that is gone reads as 421."""
        try:
            code, words = server.mail(email.sender, options)
        except smtplib.SMTPServerDisconnected as gone:
            code, words = CLOSING, str(gone).encode()
        if code == CLOSING:
            self._drop()
        return code, words

    def _data(self, server: smtplib.SMTP, email: Email) -> tuple[int, bytes]:
        try:
            return server.data(email.content)
        except smtplib.SMTPDataError as refusal:
            error = refusal.smtp_error
            return refusal.smtp_code, error if isinstance(error, bytes) else error.encode()

    def _refused(self, what: Literal["sender", "recipient", "message"], code: int, words: bytes) -> Handed:
        """Say what a refusal means, and make the connection ready for the next message."""
        detail = f"the mail server refused the {what}: {code} {_readable(words)}"
        self._reset(code)
        is_permanent = what != "sender" and code >= PERMANENT and code not in ABOUT_THE_ACCOUNT
        return Handed(result="permanent" if is_permanent else "passing", detail=detail[:LONGEST_DETAIL])

    def _reset(self, code: int) -> None:
        """End the transaction, or the connection where the server said that it closes."""
        if code == CLOSING or self._server is None:
            self._drop()
            return
        try:
            self._server.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    # ------------------------------------------------------------ connection

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        given = self._settings
        if given.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                given.host, given.port, given.source_host, timeout=given.timeout, context=self._trust()
            )
        else:
            server = smtplib.SMTP(given.host, given.port, given.source_host, timeout=given.timeout)
        try:
            if given.security == "starttls":
                server.starttls(context=self._trust())
            server.ehlo_or_helo_if_needed()
            if given.username:
                server.login(given.username, given.password)
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()


def _options(server: smtplib.SMTP, email: Email) -> list[str] | None:
    """Return the options of MAIL FROM; `None` where the addresses need an extension that is not offered."""
    if email.sender.isascii() and email.recipient.isascii():
        return []
    return ["SMTPUTF8", "BODY=8BITMIME"] if server.has_extn("smtputf8") else None


def _words(fault: Exception) -> str:
    """Return a fault in clear words; a refused login does not name the password."""
    match fault:
        case smtplib.SMTPAuthenticationError():
            words = f"the mail server refused user name or password: {fault.smtp_code} {_readable(fault.smtp_error)}"
        case smtplib.SMTPResponseException():
            words = f"the mail server answered {fault.smtp_code} {_readable(fault.smtp_error)}"
        case ssl.SSLError():
            words = f"no secure connection to the mail server: {fault}"
        case OSError():
            words = f"no connection to the mail server: {fault}"
        case _:
            words = str(fault)
    return words[:LONGEST_DETAIL]


def _readable(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())
