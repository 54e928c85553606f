"""The browser SDK's scripts as they go over the wire.

One rule: comments and indentation stay at home; they are for readers of `static`, and would be a third of the bytes.
The scripts help by their form: block comments are `/** … */`, and `// ` follows a blank or begins the line.
"""

import gzip
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent / "static"
BLOCK = re.compile(r"/\*\*.*?\*/ ?", re.DOTALL)
LINE = re.compile(r"(^|\s)// .*", re.MULTILINE)
INDENT = re.compile(r"\n\s*")


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One script; `etag` is quoted, as the header is."""

    plain: bytes
    zipped: bytes
    etag: str


@cache
def scripts() -> dict[str, Script]:
    """Return all scripts by their file's name."""
    return {path.name: _script(path.read_text(encoding="utf-8")) for path in sorted(STATIC.glob("*.js"))}


def lean(text: str) -> str:
    """Return a script without its comments and indentation."""
    return INDENT.sub("\n", LINE.sub("", BLOCK.sub("", text))).strip() + "\n"


def _script(text: str) -> Script:
    plain = lean(text).encode()
    return Script(plain=plain, zipped=gzip.compress(plain, 9, mtime=0), etag=f'"{sha256(plain).hexdigest()[:32]}"')
