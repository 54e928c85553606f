"""What in a definition looks like a secret: files are read by many, so a secret never stands in one (B5).

One rule: a secret is named, as in `{{ secret.crm_token }}`, and Ensue knows its value (`ENSUE_SECRET_CRM_TOKEN`).
Not here: putting it in (`content`).
"""

import re
from collections.abc import Iterator

from ensue.codec.documents import Document, kind_of
from ensue.codec.dump import dump
from ensue.codec.findings import Path

HINT = "Name it, as in {{ secret.crm_token }}, and set ENSUE_SECRET_CRM_TOKEN where Ensue runs."
_HEADER = re.compile(
    r"authorization|proxy-authorization|cookie|(.*[-_])?(api[-_]?key|token|secret|password|signature)", re.IGNORECASE
)
_IN_ADDRESS = re.compile(
    r"//[^/\s{}@]+:[^/\s{}@]+@|[?&](?:api[-_]?key|access[-_]?token|token|secret|password)=[^&\s{}]+", re.IGNORECASE
)
_KNOWN = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:sk|rk)_live_[0-9A-Za-z]{16,}|\bgh[pousr]_[0-9A-Za-z]{30,}|\bxox[abprs]-[0-9A-Za-z-]{10,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bwhsec_[0-9A-Za-z+/=]{24,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bek_[0-9A-Za-z_-]{20,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
)
_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey)\b", re.IGNORECASE)


def secrets_in(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield the place of everything that looks like a secret, and what it looks like."""
    if kind_of(document) != "scenario":
        yield from _in(dump(document), ())


def _in(value: object, at: Path) -> Iterator[tuple[Path, str]]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _in(item, (*at, str(key)))
        case list():
            for index, item in enumerate(value):
                yield from _in(item, (*at, index))
        case str():
            if what := _what(value, at):
                yield at, what
        case _:
            return


def _what(text: str, at: Path) -> str:
    """Say what a text looks like, or return an empty text."""
    if _KNOWN.search(text):
        return "holds what looks like a key or token"
    if "webhook" not in at:
        return ""
    if at[-1] == "url" and _IN_ADDRESS.search(text):
        return "holds a password or token in the address"
    is_header = at[-2] == "headers" and _HEADER.fullmatch(str(at[-1]))
    fixed = _SCHEME.sub("", _WORDS.sub("", text)).strip(" :;=,")
    return "holds a secret in plain text" if is_header and fixed else ""
