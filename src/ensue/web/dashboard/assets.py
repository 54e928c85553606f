"""The style sheet and the script of the dashboard.

One rule: their addresses carry their digest, so a browser keeps them for good, and never an old one.
"""

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.web.problems import AnyRequest

FOLDER = files("ensue.web.dashboard") / "static"
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it goes over the wire."""

    plain: bytes
    zipped: bytes
    digest: str
    type: str


@cache
def assets() -> dict[str, Asset]:
    """Return all files by their names."""
    return {one.name: _asset(one.name, one.read_bytes()) for one in FOLDER.iterdir()}


def address(name: str) -> str:
    """Return where a page finds a file."""
    return f"/dashboard/static/{name}?v={assets()[name].digest}"


@get("/static/{name:str}", role="anyone", sync_to_thread=False)
def read_asset(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Serve a file of the dashboard."""
    found = assets().get(name)
    if found is None:
        raise NotFoundException
    is_current = request.query_params.get("v") == found.digest
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-cache",
        "Vary": "Accept-Encoding",
    }
    content = found.plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = found.zipped
    return Response(content, media_type=found.type, headers=headers)


HANDLERS: list[HTTPRouteHandler] = [read_asset]


def _asset(name: str, plain: bytes) -> Asset:
    return Asset(
        plain=plain,
        zipped=gzip.compress(plain, 9, mtime=0),
        digest=sha256(plain).hexdigest()[:16],
        type=TYPES[name.rpartition(".")[2]],
    )
