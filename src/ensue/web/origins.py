"""Which pages may read the answers of the SDK's addresses (CORS, Fetch Standard 3.2).

One rule: a page may read what any app in use allows it, errors too, so that the SDK can tell what is wrong; whether a
request is taken is decided by its own app.
"""

from litestar.enums import ScopeType
from litestar.types import Scope

from ensue.web.site import Site

PREFIX = "/sdk/v1/"
PREFLIGHT = {
    b"access-control-allow-methods": b"GET, POST",
    b"access-control-allow-headers": b"content-type",
    b"access-control-max-age": b"7200",
}


def headers_for(site: Site, scope: Scope) -> dict[bytes, bytes]:
    """Return what the answer to a request says about the pages that may read it."""
    if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(PREFIX):
        return {}
    headers = {b"cross-origin-resource-policy": b"cross-origin", b"vary": b"Origin"}
    origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
    if origin is None or not site.apps.allows(origin.decode("latin-1")):
        return headers
    headers[b"access-control-allow-origin"] = origin
    return headers | PREFLIGHT if scope["method"] == "OPTIONS" else headers
