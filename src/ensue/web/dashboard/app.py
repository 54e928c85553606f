"""All pages of the dashboard, and what they share: the guard, the form, and what a page shows where something fails.

One rule: one import for each group of pages; a group lists its handlers in `HANDLERS`, with paths below `/dashboard`.
"""

from litestar import Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware

from ensue.web.dashboard import (
    access,
    activity,
    assets,
    backtests,
    campaigns,
    cards,
    channels,
    connections,
    launch,
    letters,
    operators,
    report,
    segments,
    settings,
    signing,
    users,
    wizard,
)
from ensue.web.dashboard.failures import EXCEPTION_HANDLERS, find_nothing
from ensue.web.dashboard.guard import guard
from ensue.web.dashboard.pages import HOME, SECTIONS, redirect
from ensue.web.dashboard.submitted import read_form

ZIPPED = CompressionConfig(backend="gzip", gzip_compress_level=5, minimum_size=1_000, exclude="^/dashboard/static/")
"""Pages shrink to a fifth on the wire. Their size tells nothing: there are no hidden tokens in them; files are zipped
once and for all."""


@get("/", role="viewer", sync_to_thread=False)
def show_first() -> Response[None]:
    """Lead to the first section."""
    served = {f"{HOME}{path}" for handler in HANDLERS for path in handler.paths}
    return redirect(next(section.path for section in SECTIONS if section.path in served))


HANDLERS: list[HTTPRouteHandler] = [
    show_first,
    *assets.HANDLERS,
    *signing.HANDLERS,
    *campaigns.HANDLERS,
    *report.HANDLERS,
    *connections.HANDLERS,
    *launch.HANDLERS,
    *cards.HANDLERS,
    *segments.HANDLERS,
    *users.HANDLERS,
    *activity.HANDLERS,
    *settings.HANDLERS,
    *channels.HANDLERS,
    *operators.HANDLERS,
    *access.HANDLERS,
    *wizard.HANDLERS,
    *letters.HANDLERS,
    *backtests.HANDLERS,
    find_nothing,
]


def dashboard() -> Router:
    """Return the dashboard."""
    return Router(
        HOME,
        route_handlers=HANDLERS,
        guards=[guard],
        middleware=[DefineMiddleware(CompressionMiddleware, config=ZIPPED)],
        dependencies={"form": Provide(read_form)},
        exception_handlers=EXCEPTION_HANDLERS,
        include_in_schema=False,
    )


@get("/", include_in_schema=False, sync_to_thread=False)
def lead_home() -> Response[None]:
    """Lead from the address of the installation to the dashboard."""
    return redirect(HOME)
