"""An Ensue for each test: a site on a database of its own, and a client that knows no key until it is given one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from ensue.channels.simulated import SimulatedTransport
from ensue.content.check import check_content
from ensue.content.links import Tracker
from ensue.runners.clock import VirtualClock, fresh_id
from ensue.runners.embedded import EmbeddedRunner
from ensue.services.apps import AppRegistry
from ensue.services.attempts import Attempts
from ensue.services.backtests import BacktestJobs
from ensue.services.definitions import Definitions
from ensue.services.feed import Feed
from ensue.services.hub import Hub
from ensue.services.inbox import Inboxes
from ensue.services.keys import Keys
from ensue.services.launching import Launching
from ensue.services.people import People
from ensue.services.staff import Staff
from ensue.services.tickets import Tickets
from ensue.services.tracking import Tracking
from ensue.store.sqlite import SqliteStore
from ensue.web.app import create_app
from ensue.web.site import Site
from tests.web.asking import QUICK, messaging_on
from tests.web.mailing import URL, Client, Mailing

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
OWNER = "the owner's token"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MORNING)


@pytest.fixture
def carriers() -> dict[str, SimulatedTransport]:
    """Return what test messages go through; a channel that is not there is not set up."""
    return {channel: SimulatedTransport() for channel in ("email", "push", "in_app_message", "webhook")}


@pytest.fixture
def site(tmp_path: Path, clock: VirtualClock, carriers: dict[str, SimulatedTransport]) -> Iterator[Site]:
    runner = EmbeddedRunner(SqliteStore(tmp_path / "e.db"), clock, keeps_time=False)
    hub = Hub()
    definitions = Definitions(runner, clock, check_content, hub)
    tracker = Tracker("a secret of this test", URL)
    yield Site(
        runner=runner,
        clock=clock,
        definitions=definitions,
        launching=Launching(runner, clock, definitions, hub),
        tracking=Tracking(runner, clock),
        people=People(runner, clock, fresh_id),
        keys=Keys(runner, clock, fresh_id),
        feed=Feed(runner, clock),
        messaging=messaging_on(runner, clock, tracker, carriers),
        tracker=tracker,
        apps=AppRegistry(runner, clock, fresh_id),
        tickets=Tickets("a secret of this test", clock),
        hub=hub,
        inboxes=Inboxes(runner, hub),
        staff=Staff(runner, clock, fresh_id, QUICK),
        attempts=Attempts(clock),
        backtests=BacktestJobs(runner, clock, fresh_id),
        new_id=fresh_id,
        owner_token=OWNER,
        max_body=10_000,
    )
    runner.close()


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with TestClient(create_app(site), base_url=URL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    """Return the header of a key that may do everything."""
    return {"Authorization": f"Bearer {site.keys.create('all', ['all'])[1]}"}


@pytest.fixture
def mailing(site: Site, clock: VirtualClock) -> Mailing:
    return Mailing(site, clock)
