"""Letters that a preview shows: kept for a moment, and shown in a frame that may do nothing.

One rule: a letter is found by the digest of its content, so it can be guessed only by somebody who knows it.
The frame needs an address of its own: a document within the page would be bound to the page's strict policy.
"""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.web.dashboard.pages import framed
from ensue.web.problems import AnyRequest

MOST = 64
"""Letters that are kept; the oldest goes first."""


class Letters:
    """Keeps the last letters; for several threads at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def keep(self, html: str) -> str:
        """Keep a letter and return its address."""
        digest = sha256(html.encode()).hexdigest()[:40]
        with self._lock:
            self._kept[digest] = html
            self._kept.move_to_end(digest)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return f"/dashboard/letters/{digest}"

    def find(self, digest: str) -> str | None:
        """Return a letter that is still kept."""
        with self._lock:
            return self._kept.get(digest)


def letters_of(request: AnyRequest) -> Letters:
    """Return the letters that this process keeps."""
    found = request.app.state.get("letters")
    if not isinstance(found, Letters):
        found = request.app.state["letters"] = Letters()
    return found


@get("/letters/{digest:str}", role="viewer", sync_to_thread=False)
def show_letter(request: AnyRequest, digest: FromPath[str]) -> Response[str]:
    """Show a letter in its frame."""
    html = letters_of(request).find(digest)
    if html is None:
        raise NotFoundException
    return framed(html)


HANDLERS: list[HTTPRouteHandler] = [show_letter]
