"""`make bench-pages`: how long each page of the dashboard takes, with many people, campaigns and events.

One rule: the pages are those of a real Ensue, asked over HTTP by somebody who is signed in.
"""

import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks import crowd
from ensue.config import Settings
from ensue.runners.clock import VirtualClock
from ensue.serving import Served, serving
from ensue.web.dashboard.guard import COOKIE

EVENTS = 2_000_000
TIMES = 5
AIM = 300
"""Milliseconds."""
NOWHERE = "/nowhere"
STEPS = ("compose", "delivery", "audience", "goals", "review")
PAGES = (
    "/campaigns",
    "/campaigns?page=8",
    "/campaigns?status=active&q=c1",
    "/campaigns/new",
    "/campaigns/c0",
    "/campaigns/c0?span=365",
    "/campaigns/c1/figures",
    "/campaigns/c0/waiting",
    "/campaigns/c0/decisions",
    "/campaigns/c0/decisions?outcome=control",
    "/campaigns/c0/decisions?user=user-77",
    "/campaigns/c0/versions",
    *(f"/campaigns/c1/edit/{step}" for step in STEPS),
    "/map",
    "/map/now",
    "/map/c0/c1",
    "/launch?id=c1",
    "/cards",
    "/cards/new",
    "/cards/k0",
    "/cards/k0/edit",
    "/segments",
    "/segments/new",
    "/segments/s0",
    "/segments/s0/edit",
    "/users",
    "/users?q=user-77",
    "/users?q=user-77@shop.example",
    "/users?q=country=SE",
    "/users?q=country=NL",
    "/users/user-78",
    "/users/user-78/delete",
    "/users/{user}/messages/{message}",
    "/users/{user}/messages/{message}/frame",
    "/activity",
    "/activity/latest",
    "/activity?decisions=200000&events=1000000",
    "/settings/workspace",
    "/settings/channels",
    "/settings/keys",
    "/settings/apps",
    "/settings/operators",
    "/settings/changes",
    "/settings/me",
    NOWHERE,
)


def main() -> None:
    """Fill a database, ask for each page, and print how long it took; a number of events may be given."""
    console = Console(width=120)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with TemporaryDirectory() as folder:
        database = Path(folder) / "pages.db"
        console.print(measured(database, crowd.fill(database, count), count))


def measured(database: Path, now: datetime, count: int) -> Table:
    """Return how long each page takes, and how large it is."""
    table = Table(title=f"{crowd.USERS:,} users, {crowd.CAMPAIGNS} campaigns, {count:,} events")
    for heading in ("page", "median ms", "slowest ms", f"under {AIM} ms", "KiB"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    with _served(database, now) as served, _signed_in(served) as client:
        known = _sent(served)
        for path in PAGES:
            table.add_row(path, *_row(client, path.format_map(known)))
    return table


@contextmanager
def _served(database: Path, now: datetime) -> Iterator[Served]:
    with serving(Settings(database=database, port=0), VirtualClock(now)) as served:
        thread = threading.Thread(target=served.server.serve)
        thread.start()
        try:
            yield served
        finally:
            served.server.stop()
            thread.join()


def _sent(served: Served) -> dict[str, str]:
    """Return the ids of a message that was sent, and of its user."""
    ((_, one),) = served.site.runner.read(lambda store: store.ledger.decisions(outcome="sent", limit=1))
    return {"user": one.user, "message": f"{one.id}.{one.channels[0]}"}


@contextmanager
def _signed_in(served: Served) -> Iterator[httpx.Client]:
    staff = served.site.staff
    operator, _ = staff.create("reader", "owner", password="three plain words")  # noqa: S106  (it opens nothing)
    cookies = {COOKIE: staff.open_session(operator)}
    with httpx.Client(base_url=served.address.url, cookies=cookies, timeout=60, trust_env=False) as client:
        yield client


def _row(client: httpx.Client, path: str) -> tuple[str, str, str, str]:
    asked = [_asked(client, path) for _ in range(TIMES)]
    times = [milliseconds for milliseconds, _ in asked]
    median = statistics.median(times)
    return f"{median:.0f}", f"{max(times):.0f}", "yes" if median < AIM else "MISSED", f"{asked[0][1] / 1024:.0f}"


def _asked(client: httpx.Client, path: str) -> tuple[float, int]:
    """Return how many milliseconds a page took, and its bytes on the wire."""
    began = time.perf_counter()
    answer = client.get(f"/dashboard{path}")
    milliseconds = 1000 * (time.perf_counter() - began)
    if path != NOWHERE:
        answer.raise_for_status()
    return milliseconds, int(answer.headers["content-length"])


if __name__ == "__main__":
    main()
