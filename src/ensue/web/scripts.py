"""The scripts of the browser SDK, as sites load them.

One rule: they are the same for everybody, so any page may load them and any cache may keep them, for five minutes.

Comments and indentation stay at home: they are for readers of `static`, and would be a third of the bytes. The scripts
help by their form: block comments are `/** … */`, and a line comment's `// ` begins the line or follows a blank.
"""

import gzip
import re
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.web.problems import AnyRequest

FOLDER = files("ensue.web") / "static"
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src *",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}
"""The policy is that of a service worker which is one of these: it may load the others, and report taps."""
SERVICE_WORKER = "sw.js"
BLOCK = re.compile(r"/\*\*.*?\*/ ?", re.DOTALL)
LINE = re.compile(r"(^|\s)// .*", re.MULTILINE)
INDENT = re.compile(r"\n\s*")


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One script as it goes over the wire; `etag` is quoted, as the header is."""

    plain: bytes
    zipped: bytes
    etag: str


@cache
def scripts() -> dict[str, Script]:
    """Return all scripts by the names of their files."""
    found = {one.name: one.read_text(encoding="utf-8") for one in FOLDER.iterdir() if one.name.endswith(".js")}
    return {name: _script(text) for name, text in found.items()}


def lean(text: str) -> str:
    """Return a script without its comments and indentation."""
    return INDENT.sub("\n", LINE.sub("", BLOCK.sub("", text))).strip() + "\n"


@get("/sdk/{script:str}", media_type="text/javascript", sync_to_thread=True, operation_id="read_script")
def read_script(request: AnyRequest, script: FromPath[str]) -> Response[bytes]:
    """Read a script of the browser SDK: `ensue.js`, `messages.js`, `feed.js`, `sw.js`, and what they import."""
    found = scripts().get(script)
    if found is None:
        raise NotFoundException
    headers = {**HEADERS, "ETag": found.etag}
    if script == SERVICE_WORKER:
        headers["Service-Worker-Allowed"] = "/"
    is_known = found.etag in request.headers.get("if-none-match", "")
    content = b"" if is_known else found.plain
    if not is_known and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = found.zipped
    return Response(
        content,
        status_code=HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK,
        media_type="text/javascript",
        headers=headers,
    )


HANDLERS: list[HTTPRouteHandler] = [read_script]


def _script(text: str) -> Script:
    plain = lean(text).encode()
    return Script(plain=plain, zipped=gzip.compress(plain, 9, mtime=0), etag=f'"{sha256(plain).hexdigest()[:32]}"')
