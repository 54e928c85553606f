"""A whole Ensue put together on one database, to be served.

One rule: nothing is decided here; with `bootstrap` it is the only place that picks implementations.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parseaddr
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ensue.bootstrap import renderer
from ensue.channels.apns import BASE_URL, SANDBOX_URL, ApnsTransport, ProviderToken, load_key
from ensue.channels.connected import ConnectedContent
from ensue.channels.inbox import InboxTransport
from ensue.channels.outbound import Outbound
from ensue.channels.push import PushTransport
from ensue.channels.smtp import SmtpSettings, SmtpTransport
from ensue.channels.vapid import Vapid, new_key, public_key
from ensue.channels.webhook import WebhookTransport
from ensue.channels.webpush import WebPushTransport
from ensue.config import Settings
from ensue.content.check import check_content
from ensue.content.email import EmailSettings
from ensue.content.links import Tracker
from ensue.content.render import render
from ensue.content.secrets import Secrets
from ensue.ports import Clock, Runner, Transport
from ensue.runners.background import Background
from ensue.runners.clock import SystemClock, fresh_id
from ensue.runners.delivery import Carriers, Delivery
from ensue.runners.embedded import EmbeddedRunner
from ensue.runners.serial import LEASE
from ensue.services.apps import AppRegistry
from ensue.services.attempts import Attempts
from ensue.services.backtests import BacktestJobs
from ensue.services.definitions import Definitions
from ensue.services.feed import Feed
from ensue.services.hub import Hub
from ensue.services.inbox import Inboxes
from ensue.services.keys import Keys
from ensue.services.launching import Launching
from ensue.services.messaging import Messaging
from ensue.services.people import People
from ensue.services.scheduling import Scheduling
from ensue.services.staff import Staff
from ensue.services.tickets import Tickets
from ensue.services.tracking import Tracking
from ensue.store.sqlite import SqliteStore
from ensue.web.site import Carrier, Site

IDLE = 0.02
"""Seconds after which delivery looks again where there was nothing to do."""
WEBHOOK_SECRET = 32
"""Bytes of a webhook secret that is made here."""
LONGEST_NAP = 1.0
"""Seconds after which scheduling looks at the clock again, whatever is next."""


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A whole Ensue on one database: what serves it, and what works behind it."""

    site: Site
    background: tuple[Background, ...]
    delivery: Delivery
    connected: ConnectedContent
    pool: ThreadPoolExecutor

    def close(self) -> None:
        """Finish what is under way and let go of the database: deliveries first, the runner last."""
        self.site.backtests.close()
        for task in self.background:
            task.stop()
        self.pool.shutdown()
        self.delivery.close()
        self.connected.close()
        self.site.runner.close()


def open_system(settings: Settings, clock: Clock, *, speed: float = 1) -> System:
    """Open the database and start the writer, delivery and scheduled campaigns.

    `speed` is how much faster than the machine's the clock runs; leases are in the machine's time.
    """
    runner = EmbeddedRunner(SqliteStore(settings.database), clock, lease=LEASE * speed)
    try:
        return _opened(runner, settings, clock)
    except BaseException:
        runner.close()  # its thread would keep the process from ending
        raise


def _opened(runner: Runner, settings: Settings, clock: Clock) -> System:
    runner.write(lambda store: store.journal.release())
    secret = runner.write(lambda store: store.catalog.secret("tracking", secrets.token_hex()))
    settings = _with_keys(settings, runner)
    mail = EmailSettings(sender=settings.mail_from, reply_to=settings.reply_to, list_id=settings.list_id)
    connected = ConnectedContent(settings.connected_content, settings.connected_credentials, settings.allowed_networks)
    site = _site(runner, clock, secret, settings, mail, connected=connected)
    delivery = Delivery(
        runner,
        clock,
        carriers=_carriers(settings, lambda: InboxTransport(runner, clock)),
        render=renderer(runner, site.tracker, mail, secrets=Secrets(settings.secrets), fetch=connected.fetch),
        delivered=site.inboxes.tell,
    )
    pool = ThreadPoolExecutor(settings.delivery_threads, thread_name_prefix="ensue-delivery")
    scheduling = Scheduling(runner, clock)
    claims = settings.delivery_threads * 4

    def deliver() -> float:
        return 0 if delivery.run_once(claims, pool) else IDLE

    def schedule() -> float:
        if scheduling.run_due():
            return 0
        upcoming = scheduling.next_at()
        return LONGEST_NAP if upcoming is None else min(clock.seconds_until(upcoming), LONGEST_NAP)

    site.launching.finish_stops()
    site.backtests.mark_lost()
    return System(
        site=site,
        background=(
            Background("scheduling", schedule),
            Background("delivery", deliver),
            Background("backtests", site.backtests.work),
        ),
        delivery=delivery,
        connected=connected,
        pool=pool,
    )


def _site(
    runner: Runner, clock: Clock, secret: str, settings: Settings, mail: EmailSettings, *, connected: ConnectedContent
) -> Site:
    tracker, hub = Tracker(secret, settings.url), Hub()
    inboxes = Inboxes(runner, hub)
    definitions = Definitions(runner, clock, partial(check_content, fetch=connected.look), hub)
    rendering = partial(render, tracker=tracker, settings=mail)
    return Site(
        runner=runner,
        clock=clock,
        definitions=definitions,
        launching=Launching(runner, clock, definitions, hub),
        tracking=Tracking(runner, clock),
        people=People(runner, clock, fresh_id),
        keys=Keys(runner, clock, fresh_id),
        apps=AppRegistry(runner, clock, fresh_id),
        feed=Feed(runner, clock),
        messaging=Messaging(
            runner,
            clock,
            fresh_id,
            render=partial(rendering, fetch=connected.look),
            render_test=partial(rendering, fetch=connected.fetch, secrets=Secrets(settings.secrets)),
            carriers=_carriers(settings, lambda: InboxTransport(runner, clock, inboxes.tell)),
        ),
        tracker=tracker,
        tickets=Tickets(secret, clock),
        hub=hub,
        inboxes=inboxes,
        staff=Staff(runner, SystemClock(), fresh_id),
        attempts=Attempts(SystemClock()),
        backtests=BacktestJobs(runner, clock, fresh_id),
        channels=tuple(_carried(settings)),
        new_id=fresh_id,
        push_key=public_key(settings.vapid_key),
    )


# ---------------------------------------------------------------- channels


def _with_keys(settings: Settings, runner: Runner) -> Settings:
    """Return the settings with the keys that are made once and kept, where none are given."""

    def kept(name: str, new: str) -> str:
        return runner.write(lambda store: store.catalog.secret(name, new))

    return replace(
        settings,
        vapid_key=settings.vapid_key or kept("vapid", new_key()),
        webhook_secret=settings.webhook_secret
        or kept("webhook", f"whsec_{b64encode(secrets.token_bytes(WEBHOOK_SECRET)).decode()}"),
    )


def _carriers(settings: Settings, inbox: Callable[[], Transport]) -> Carriers:
    """Return what makes the transports of one thread, by channel; what all threads share is made here.

    Signatures carry the machine's time, whatever the clock: the services compare it with theirs.
    """
    makers = {"webhook": _webhooks(settings), "push": _push(settings), "in_app_message": inbox}
    if settings.smtp is not None:
        mail = msgspec.convert(msgspec.structs.asdict(settings.smtp), SmtpSettings)
        makers["email"] = lambda: SmtpTransport(mail)
    return lambda: {channel: make() for channel, make in makers.items()}


def _carried(settings: Settings) -> Iterator[Carrier]:
    """Yield how each channel is set up, in words; no secret is among them."""
    smtp = settings.smtp
    mail = (f"Through {smtp.host}:{smtp.port}", f"From {settings.mail_from}") if smtp else ("Set ENSUE_SMTP.",)
    yield Carrier(channel="email", is_ready=smtp is not None, says=mail)
    android = "Android through Firebase" if settings.fcm_credentials else "Android: set ENSUE_FCM_CREDENTIALS"
    ios = f"iOS as {settings.apns_topic}" if settings.apns_key else "iOS: set ENSUE_APNS_KEY and what belongs to it"
    yield Carrier(channel="push", is_ready=True, says=("Browsers through Web Push", android, ios))
    yield Carrier(channel="in_app_message", is_ready=True, says=("Sites and apps through the SDK",))
    private = ", ".join(settings.allowed_networks) or "none"
    yield Carrier(
        channel="webhook", is_ready=True, says=("Signed as Standard Webhooks", f"Private networks: {private}")
    )


def _webhooks(settings: Settings) -> Callable[[], Transport]:
    networks, secret, now = settings.allowed_networks, settings.webhook_secret, SystemClock().now
    return lambda: WebhookTransport(Outbound(networks), secret, now)


def _push(settings: Settings) -> Callable[[], Transport]:
    makers = {"web": _web_push(settings)}
    if settings.fcm_credentials is not None:
        makers["android"] = _fcm(settings.fcm_credentials)
    if settings.apns_key is not None:
        makers["ios"] = _apns(settings, settings.apns_key)
    return lambda: PushTransport({platform: make() for platform, make in makers.items()})


def _web_push(settings: Settings) -> Callable[[], Transport]:
    subject = settings.vapid_subject or f"mailto:{parseaddr(settings.mail_from)[1]}"
    networks, key, now = settings.allowed_networks, settings.vapid_key, SystemClock().now
    return lambda: WebPushTransport(Outbound(networks), Vapid(key, subject, now))


def _fcm(credentials: Path) -> Callable[[], Transport]:
    from ensue.channels.fcm import FcmTransport, load_account  # noqa: PLC0415  (Google's library takes long to load)

    account = load_account(credentials)
    return lambda: FcmTransport(account)


def _apns(settings: Settings, file: Path) -> Callable[[], Transport]:
    now = SystemClock().now
    token = ProviderToken(load_key(file), settings.apns_key_id, settings.apns_team_id, now)
    base_url = SANDBOX_URL if settings.apns_sandbox else BASE_URL
    return lambda: ApnsTransport(token, settings.apns_topic, now, base_url=base_url)
