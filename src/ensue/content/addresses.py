"""E-mail addresses: which texts are one, and how they are written into a header.

One rule: an address that passes here cannot break out of a header or of an SMTP command.
Quoted local parts (`"a b"@example.com`) are not taken: nobody has them, and much goes wrong with them.
"""

import re
from email.header import Header
from email.utils import getaddresses

_ATOM = r"""[^\s\x00-\x1f\x7f"(),:;<>@\[\\\]]+"""
_ADDRESS = re.compile(rf"{_ATOM}@{_ATOM}")
LONGEST = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""


def is_address(text: str) -> bool:
    """Tell whether a text is one bare address that can be handed to a mail server."""
    return len(text) <= LONGEST and _ADDRESS.fullmatch(text) is not None


def split_address(text: str) -> tuple[str, str] | None:
    """Return name and address of `Ensue <news@example.com>` or `news@example.com`; `None` unless it is just one."""
    found = getaddresses([text])
    single_line = not any(ord(letter) < ord(" ") for letter in text)
    return found[0] if single_line and len(found) == 1 and is_address(found[0][1]) else None


def written(name: str, address: str) -> str:
    """Write name and address for a header; a name in other letters is encoded (RFC 2047)."""
    if not name:
        return address
    if not name.isascii():
        encoded = Header(name, "utf-8", header_name="Reply-To").encode(linesep="\r\n")
        return f"{encoded} <{address}>"
    plain = name.replace("\\", r"\\").replace('"', r"\"")
    return f'"{plain}" <{address}>'
