"""Is it alive, and can it take work: two addresses for whoever watches over the process. Neither needs a key."""

import msgspec
import structlog
from litestar import get
from litestar.handlers import HTTPRouteHandler

from ensue.errors import Unavailable
from ensue.web.site import Shared

log = structlog.get_logger(__name__)


class Health(msgspec.Struct, frozen=True):
    """All is well."""

    status: str


@get("/healthz", sync_to_thread=False, operation_id="is_alive")
def is_alive() -> Health:
    """Answer as long as the process lives."""
    return Health("alive")


@get("/readyz", sync_to_thread=True, operation_id="is_ready")
def is_ready(site: Shared) -> Health:
    """Answer once the writer has done a transaction; 503 where it cannot."""
    try:
        site.runner.write(lambda store: store.journal.queued())
    except Unavailable:
        raise
    except Exception as error:
        log.exception("not ready")
        raise Unavailable("Ensue cannot write to its database.") from error
    return Health("ready")


HANDLERS: list[HTTPRouteHandler] = [is_alive, is_ready]
