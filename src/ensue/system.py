"""A whole Ensue put together on one database, to be served.

One rule: nothing is decided here; with `bootstrap` it is the only place that picks implementations.
"""

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from ensue.bootstrap import renderer
from ensue.channels.smtp import SmtpSettings, SmtpTransport
from ensue.config import Settings
from ensue.content.check import check_content
from ensue.content.email import EmailSettings
from ensue.content.links import Tracker
from ensue.content.render import render
from ensue.ports import Clock, Runner, Transport
from ensue.runners.background import Background
from ensue.runners.clock import fresh_id
from ensue.runners.delivery import Delivery
from ensue.runners.embedded import EmbeddedRunner
from ensue.runners.serial import LEASE
from ensue.services.definitions import Definitions
from ensue.services.feed import Feed
from ensue.services.keys import Keys
from ensue.services.launching import Launching
from ensue.services.messaging import Messaging
from ensue.services.people import People
from ensue.services.scheduling import Scheduling
from ensue.services.tracking import Tracking
from ensue.store.sqlite import SqliteStore
from ensue.web.site import Site

IDLE = 0.02
"""Seconds after which delivery looks again where there was nothing to do."""
LONGEST_NAP = 1.0
"""Seconds after which scheduling looks at the clock again, whatever is next."""


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A whole Ensue on one database: what serves it, and what works behind it."""

    site: Site
    background: tuple[Background, ...]
    delivery: Delivery
    pool: ThreadPoolExecutor

    def close(self) -> None:
        """Finish what is under way and let go of the database: deliveries first, the runner last."""
        for task in self.background:
            task.stop()
        self.pool.shutdown()
        self.delivery.close()
        self.site.runner.close()


def open_system(settings: Settings, clock: Clock, *, speed: float = 1) -> System:
    """Open the database and start the writer, delivery and scheduled campaigns.

    `speed` is how much faster than the machine's the clock runs; leases are in the machine's time.
    """
    runner = EmbeddedRunner(SqliteStore(settings.database), clock, lease=LEASE * speed)
    runner.write(lambda store: store.journal.release())
    secret = runner.write(lambda store: store.catalog.secret("tracking", secrets.token_hex()))
    tracker = Tracker(secret, settings.url)
    mail = EmailSettings(sender=settings.mail_from, reply_to=settings.reply_to, list_id=settings.list_id)
    delivery = Delivery(runner, clock, carriers=lambda: _carriers(settings), render=renderer(runner, tracker, mail))
    pool = ThreadPoolExecutor(settings.delivery_threads, thread_name_prefix="ensue-delivery")
    scheduling = Scheduling(runner, clock)
    claims = settings.delivery_threads * 4

    def deliver() -> float:
        return 0 if delivery.run_once(claims, pool) else IDLE

    def schedule() -> float:
        scheduling.run_due()
        upcoming = scheduling.next_at()
        return LONGEST_NAP if upcoming is None else min(clock.seconds_until(upcoming), LONGEST_NAP)

    messaging = Messaging(
        runner,
        clock,
        fresh_id,
        render=partial(render, tracker=tracker, settings=mail),
        carriers=lambda: _carriers(settings),
    )
    site = _site(runner, clock, tracker, messaging)
    site.launching.finish_stops()
    return System(
        site=site,
        background=(Background("scheduling", schedule), Background("delivery", deliver)),
        delivery=delivery,
        pool=pool,
    )


def _site(runner: Runner, clock: Clock, tracker: Tracker, messaging: Messaging) -> Site:
    definitions = Definitions(runner, clock, check_content)
    return Site(
        runner=runner,
        clock=clock,
        definitions=definitions,
        launching=Launching(runner, clock, definitions),
        tracking=Tracking(runner, clock),
        people=People(runner, clock, fresh_id),
        keys=Keys(runner, clock, fresh_id),
        feed=Feed(runner, clock),
        messaging=messaging,
        tracker=tracker,
        new_id=fresh_id,
    )


def _carriers(settings: Settings) -> Mapping[str, Transport]:
    if settings.smtp is None:
        return {}
    return {"email": SmtpTransport(msgspec.convert(msgspec.structs.asdict(settings.smtp), SmtpSettings))}
