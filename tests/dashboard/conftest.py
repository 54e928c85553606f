"""A dashboard for each test: `browser` is signed in as an owner; `sign_in(role)` makes another one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from ensue.channels.simulated import SimulatedTransport
from ensue.runners.clock import VirtualClock
from ensue.runners.embedded import EmbeddedRunner
from ensue.store.sqlite import SqliteStore
from ensue.web.app import create_app
from ensue.web.dashboard.guard import COOKIE
from ensue.web.site import Site
from tests.dashboard.world import World
from tests.web.asking import site_on
from tests.web.mailing import URL, Client

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
SignIn = Callable[[str], Client]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MORNING)


@pytest.fixture
def site(tmp_path: Path, clock: VirtualClock) -> Iterator[Site]:
    runner = EmbeddedRunner(SqliteStore(tmp_path / "e.db", synchronous="OFF"), clock, keeps_time=False)
    carriers = {channel: SimulatedTransport() for channel in ("email", "push", "in_app_message", "webhook")}
    yield site_on(runner, clock, carriers)
    runner.close()


@pytest.fixture
def anybody(site: Site) -> Iterator[Client]:
    """Return a browser in which nobody is signed in."""
    with TestClient(create_app(site), base_url=URL, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def sign_in(site: Site) -> Iterator[SignIn]:
    """Return what makes an operator of a role, and a browser in which it is signed in."""
    with ExitStack() as stack:

        def made(role: str) -> Client:
            operator, _ = site.staff.create(f"{role}-{len(site.staff.all())}", role, password="three plain words")
            client = TestClient(create_app(site), base_url=URL, raise_server_exceptions=False)
            client.follow_redirects = False
            client.cookies.set(COOKIE, site.staff.open_session(operator), domain="", path="/dashboard")
            return stack.enter_context(client)

        yield made


@pytest.fixture
def browser(sign_in: SignIn) -> Client:
    return sign_in("owner")


@pytest.fixture
def world(site: Site, clock: VirtualClock) -> World:
    """Return a shop that is under way."""
    world = World(site, clock)
    world.furnish()
    return world
