"""The composition root: the only module that picks implementations.

One rule: nothing is decided here; parts are made and put together.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from ensue.channels.simulated import SimulatedTransport
from ensue.content.check import check_content
from ensue.content.email import EmailSettings
from ensue.content.fetching import Fetch, silent
from ensue.content.links import Tracker
from ensue.content.render import find_content, render
from ensue.content.secrets import HIDDEN, Secrets
from ensue.core.records import Campaign
from ensue.parcels import Parcel
from ensue.ports import Claim, Runner, Store, Transport
from ensue.runners.clock import VirtualClock
from ensue.runners.delivery import Delivery, Render
from ensue.runners.embedded import EmbeddedRunner
from ensue.runners.serial import SerialRunner
from ensue.services.definitions import Definitions
from ensue.services.launching import Launching
from ensue.services.scheduling import Scheduling
from ensue.services.simulation import Bench
from ensue.services.tracking import Tracking
from ensue.store.memory import MemoryStore
from ensue.store.sqlite import SqliteStore

RunnerName = Literal["simulated", "embedded"]
RUNNERS: tuple[RunnerName, ...] = ("simulated", "embedded")
SIMULATED_MAIL = EmailSettings(sender="Ensue <news@ensue.example>", domain="ensue.example")


@contextmanager
def simulation_bench(runner_name: RunnerName, start: datetime) -> Iterator[Bench]:
    """Put together an Ensue on a virtual clock, with simulated channels, in memory or on a database of its own."""
    with TemporaryDirectory(prefix="ensue-") as folder:
        clock = VirtualClock(start)
        runner = _simulation_runner(runner_name, clock, Path(folder))
        try:
            yield bench_of(runner, clock)
        finally:
            runner.close()


def bench_of(runner: Runner, clock: VirtualClock) -> Bench:
    """Put together an Ensue with simulated channels around a runner."""
    definitions = Definitions(runner, clock, check_content)
    tracker = Tracker(secrets.token_hex(), "http://ensue.example")
    render_claim = renderer(runner, tracker, SIMULATED_MAIL)
    delivery = Delivery(runner, clock, carriers=_simulated_carriers, render=render_claim, is_paced=False)
    return Bench(
        clock=clock,
        runner=runner,
        definitions=definitions,
        launching=Launching(runner, clock, definitions),
        scheduling=Scheduling(runner, clock),
        tracking=Tracking(runner, clock),
        deliver=delivery.run_once,
    )


def renderer(
    runner: Runner, tracker: Tracker, settings: EmailSettings, *, secrets: Secrets = HIDDEN, fetch: Fetch = silent
) -> Render:
    """Return what renders a claimed message with the newest content of its campaign (L5).

    Its templates ask other servers by `fetch`, or nobody.
    """

    def render_claim(claim: Claim) -> Parcel:
        message = claim.queued.message
        campaign = _content_of(runner, claim)
        return render(campaign, message, claim.state, tracker=tracker, settings=settings, secrets=secrets, fetch=fetch)

    return render_claim


def _content_of(runner: Runner, claim: Claim) -> Campaign:
    """Return the newest version that has the message's variation and channel, or else the entry's own."""
    message = claim.queued.message
    launched = runner.plan.campaigns[message.campaign]
    newest = launched.current.campaign
    if find_content(newest, message.variation, message.channel) is not None:
        return newest
    return launched.versions[message.version].campaign


def _simulation_runner(name: RunnerName, clock: VirtualClock, folder: Path) -> Runner:
    if name == "embedded":
        store: Store = SqliteStore(folder / "simulation.db")
        return EmbeddedRunner(store, clock, keeps_time=False)
    return SerialRunner(MemoryStore(), clock)


def _simulated_carriers() -> Mapping[str, Transport]:
    transport = SimulatedTransport()
    return dict.fromkeys(("email", "push", "in_app_message", "webhook"), transport)
