"""The log of changes: what programs and the command line change over the API, beside what people do by mouse.

One rule: what changes definitions, launches, keys or people's existence is kept; what merely reports events is not.
"""

from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope

from ensue.web.site import site_of

KEPT = frozenset({"campaigns:write", "launch", "keys"})
"""Scopes of what is kept; of `users:write` only the deletion."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FAILED = 400


async def record(message: Message, scope: Scope) -> None:
    """Keep a change once it is made, before its answer goes out."""
    if message["type"] != "http.response.start" or message["status"] >= FAILED:
        return
    handler, method = scope.get("route_handler"), str(scope.get("method"))
    if isinstance(handler, HTTPRouteHandler) and method not in SAFE and _is_kept(handler, method):
        target = " ".join(str(value) for value in scope["path_params"].values())
        who = str(scope.get("auth") or "somebody")
        action = str(handler.operation_id).replace("_", " ")
        await sync_to_thread(site_of(scope).staff.log, who, action, target, "over the API")


def _is_kept(handler: HTTPRouteHandler, method: str) -> bool:
    scopes = set(str(handler.opt.get("scope", "")).split())
    return bool(scopes & KEPT) or ("users:write" in scopes and method == "DELETE")
