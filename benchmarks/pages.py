"""`make bench-pages`: how long each page of the dashboard takes, with many people, campaigns and events.

One rule: the pages are those of a real Ensue, asked over HTTP by somebody who is signed in.
"""

import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import shop
from ensue.config import Settings
from ensue.ports import Store
from ensue.runners.clock import VirtualClock
from ensue.serving import Served, serving
from ensue.web.dashboard.guard import COOKIE

USERS, CAMPAIGNS, EVENTS = 100_000, 200, 2_000_000
BATCH = 2_000
TIMES = 5
AIM = 300
"""Milliseconds."""
PAGES = (
    "/campaigns",
    "/campaigns?status=active&search=c1",
    "/campaigns/c0",
    "/campaigns/c0/waiting",
    "/campaigns/c0/decisions",
    "/campaigns/c0/versions",
    "/campaigns/new",
    *(f"/campaigns/c1/edit/{step}" for step in ("compose", "delivery", "audience", "goals", "review")),
    "/map",
    "/launch?id=c1",
    "/cards",
    "/segments",
    "/users",
    "/users?search=user-77",
    "/users/user-77",
    "/activity",
    "/settings/workspace",
)


def main() -> None:
    """Fill a database, ask for each page, and print how long it took; a number of events may be given."""
    console = Console(width=120)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with TemporaryDirectory() as folder, _served(Path(folder)) as served:
        _fill(served, count)
        table = Table(title=f"{USERS:,} users, {CAMPAIGNS} campaigns, {count:,} events: milliseconds a page")
        for heading in ("page", "median", "slowest", f"aim: under {AIM}"):
            table.add_column(heading)
        with _signed_in(served) as client:
            for path in PAGES:
                table.add_row(path, *_row(client, path))
        console.print(table)


@contextmanager
def _served(folder: Path) -> Iterator[Served]:
    clock = VirtualClock(shop.START)
    with serving(Settings(database=folder / "pages.db", port=0), clock) as served:
        thread = threading.Thread(target=served.server.serve)
        thread.start()
        try:
            yield served
        finally:
            served.server.stop()
            thread.join()


def _fill(served: Served, count: int) -> None:
    runner = served.site.runner

    def launch(store: Store) -> None:
        for campaign in shop.campaigns(CAMPAIGNS):
            store.catalog.save_campaign(campaign)

    runner.change(launch)
    for first in track(range(0, USERS, BATCH), "users"):
        people = [f"user-{number}" for number in range(first, first + BATCH)]
        served.site.people.put([(one, {"email": f"{one}@shop.example", "country": "SE"}) for one in people])
    for first in track(range(0, count, BATCH), "events"):
        runner.submit(shop.events(BATCH, CAMPAIGNS, first=first, users=USERS))


@contextmanager
def _signed_in(served: Served) -> Iterator[httpx.Client]:
    staff = served.site.staff
    operator, _ = staff.create("reader", "owner", password="three plain words")  # noqa: S106  (it opens nothing)
    cookies = {COOKIE: staff.open_session(operator)}
    with httpx.Client(base_url=served.address.url, cookies=cookies, timeout=60, trust_env=False) as client:
        yield client


def _row(client: httpx.Client, path: str) -> tuple[str, str, str]:
    times = [_milliseconds(client, path) for _ in range(TIMES)]
    median = statistics.median(times)
    return f"{median:.0f}", f"{max(times):.0f}", "yes" if median < AIM else "MISSED"


def _milliseconds(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(f"/dashboard{path}").raise_for_status()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
