"""`ensue serve` and `ensue demo`: what runs until it is ended."""

import os

import structlog
from rich.console import Console

from ensue.config import read_settings
from ensue.demo.running import run_demo
from ensue.runners.clock import SystemClock
from ensue.serving import serving


def serve() -> None:
    """Serve dashboard, API and links, decide and deliver, until SIGTERM or Ctrl-C; settings come from ENSUE_…."""
    settings = read_settings(os.environ)
    with serving(settings, SystemClock()) as served:
        log = structlog.get_logger()
        log.info("Ensue is ready", address=served.address.url, database=str(settings.database))
        if first := served.site.staff.first_token():
            url = served.site.tracker.base_url
            log.info("Nobody can sign in yet: become the owner", link=f"{url}/dashboard/welcome/{first}")
        served.server.serve()


def demo(*, seconds: float | None = None) -> None:
    """Run Ensue with invented people, a mailbox and accelerated time, on a database of its own.

    Parameters
    ----------
    seconds:
        End after so many seconds; without it, Ctrl-C ends the demo.

    """
    run_demo(read_settings(os.environ), Console(), seconds)
