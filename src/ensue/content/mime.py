"""The bytes of an e-mail: headers and one text, or a text and its HTML as alternatives (RFC 5322, 2045, 2046).

One rule: the same message gives the same bytes at every attempt; boundary and Message-ID come from the message's id.
Written here and not by `email.message.EmailMessage`, because that one folds a long `List-Unsubscribe` into encoded
words, which providers do not read (RFC 8058), and takes most of the time of a rendering.
Values must be free of line breaks: whoever makes them sees to it, and this module refuses them once more.
"""

import binascii
import hashlib
import re
from collections.abc import Mapping
from email.header import Header

_SAFE_ID = re.compile(r"[^A-Za-z0-9!#$%&'*+/?^_`{|}~.-]")  # RFC 5322 atext and dots, less "=", which escapes
_LINE = re.compile(r"\r\n|\r|\n")
BREAKS = re.compile(r"[\r\n\x00]")


def message_id(message: str, domain: str) -> str:
    """Return `<id@domain>`; letters that may not stand there are written as `=2F`, so different ids stay different."""
    local = _SAFE_ID.sub(lambda found: "".join(f"={byte:02X}" for byte in found[0].encode()), message)
    return f"<{local}@{domain}>"


def assembled(headers: Mapping[str, str], *, text: str, html: str | None, boundary_of: str) -> bytes:
    """Return the whole message; `boundary_of` is what the boundary is derived from."""
    head = "".join(_header(name, value) for name, value in headers.items()) + "MIME-Version: 1.0\r\n"
    if html is None:
        return _raw(head) + _part("plain", text)
    boundary = "=_" + hashlib.sha256(boundary_of.encode()).hexdigest()[:32]  # "=_" is no quoted-printable
    line = f"--{boundary}".encode()
    head += f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    return b"".join(
        [_raw(head), line, b"\r\n", _part("plain", text), line, b"\r\n", _part("html", html), line, b"--\r\n"]
    )


def encoded(name: str, value: str) -> str:
    """Return a free text as a header value: folded at blanks, other letters encoded (RFC 2047)."""
    return Header(value, None if value.isascii() else "utf-8", header_name=name).encode(linesep="\r\n")


def _header(name: str, value: str) -> str:
    if BREAKS.search(re.sub(r"\r\n(?=[ \t])", "", value)):
        raise ValueError(f"a line break in the header {name}")
    return f"{name}: {value}\r\n"


def _raw(text: str) -> bytes:
    """Return headers as bytes; an address in other letters goes out as UTF-8 (RFC 6532)."""
    return text.encode("utf-8", "replace")


def _part(kind: str, text: str) -> bytes:
    lines = "\r\n".join(_LINE.split(text.rstrip("\r\n"))) + "\r\n"
    body = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + body
