"""The scripts of the browser SDK, as sites load them.

One rule: they are the same for everybody, so any page may load them and any cache may keep them, for five minutes.
"""

import re
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.web.problems import AnyRequest

FOLDER = files("ensue.web") / "static"
NAME = re.compile(r"[a-z][a-z0-9-]*\.js")
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src *",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""The policy is that of a service worker which is one of these: it may load the others, and report taps."""
SERVICE_WORKER = "sw.js"


@get("/sdk/{script:str}", media_type="text/javascript", sync_to_thread=True, operation_id="read_script")
def read_script(request: AnyRequest, script: FromPath[str]) -> Response[bytes]:
    """Read a script of the browser SDK: `ensue.js`, `messages.js`, `feed.js`, `sw.js`, and what they import."""
    file = FOLDER / script
    if not NAME.fullmatch(script) or not file.is_file():
        raise NotFoundException
    content = file.read_bytes()
    headers = {**HEADERS, "ETag": f'"{sha256(content).hexdigest()[:32]}"'}
    if script == SERVICE_WORKER:
        headers["Service-Worker-Allowed"] = "/"
    is_known = headers["ETag"] in request.headers.get("if-none-match", "")
    return Response(
        b"" if is_known else content,
        status_code=HTTPStatus.NOT_MODIFIED if is_known else HTTPStatus.OK,
        media_type="text/javascript",
        headers=headers,
    )


HANDLERS: list[HTTPRouteHandler] = [read_script]
