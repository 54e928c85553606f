"""A database as after a busy day: many people, campaigns and events, messages that were sent, segments and cards.

One rule: everything went through the runner, as in earnest; only the services that carry messages are left out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from rich.progress import track

from benchmarks import shop
from ensue.codec.build import build
from ensue.core.events import Accepted, AttributesChanged, CardInteracted, Event, PushRegistered
from ensue.core.records import Card, CardState, Segment, Spell
from ensue.ports import Claim, Store
from ensue.runners.clock import VirtualClock
from ensue.runners.embedded import EmbeddedRunner
from ensue.store.sqlite import SqliteStore

USERS, CAMPAIGNS, SEGMENTS, CARDS = 100_000, 200, 20, 20
BATCH = 2_000
REACHED = 3
"""Every so many-th user has a device that push messages go to."""
COUNTRIES = ("SE", "DE", "PT", "CA", "JP")
NOWHERE = "NL"
"""Where nobody comes from: the first segment asks for it, so that all users are looked at in vain."""


def fill(database: Path, count: int) -> datetime:
    """Let so many events happen in a new database; return the instant of the last."""
    clock = VirtualClock(shop.START)
    runner = EmbeddedRunner(SqliteStore(database, synchronous="OFF"), clock)
    try:
        runner.change(_furnish)
        for first in track(range(0, USERS, BATCH), "users"):
            runner.submit([one for number in range(first, first + BATCH) for one in _arriving(number)])
        for first in track(range(0, count, BATCH), "events"):
            events = shop.events(min(BATCH, count - first), CAMPAIGNS, first=first, users=USERS)
            clock.set(events[-1].at)
            runner.submit(events)
            _deliver(runner, clock)
    finally:
        runner.close()
    return clock.now()


def _furnish(store: Store) -> None:
    for campaign in shop.campaigns(CAMPAIGNS):
        store.catalog.save_campaign(campaign)
    for number in range(SEGMENTS):
        country = COUNTRIES[number % len(COUNTRIES)] if number else NOWHERE
        wanted = [{"attribute": "country", "is": country}, {"event": f"viewed_{number % 7}"}]
        store.catalog.save_segment(
            build(Segment, {"id": f"s{number}", "name": f"Segment {number}", "filter": {"all": wanted}})
        )
    for number in range(CARDS):
        card = build(Card, {"id": f"k{number}", "name": f"Card {number}", "title": f"News {number}"})
        spell = Spell(begun_at=shop.START - timedelta(days=1))
        store.catalog.save_card(CardState(id=card.id, status="active", card=card, spells=(spell,)))


def _arriving(number: int) -> Iterator[Event]:
    """Yield what makes a person known: attributes, a look at a card, for some a device."""
    user, country, at = f"user-{number}", COUNTRIES[number % len(COUNTRIES)], shop.START
    known = {"email": f"{user}@shop.example", "first_name": "Ana", "country": country, "visits": number % 50}
    yield AttributesChanged(id=f"{user}-known", user=user, at=at, received_at=at, attributes=known)
    card = f"k{number % CARDS}"
    yield CardInteracted(id=f"{user}-card", user=user, at=at, received_at=at, card=card, interaction="view_card")
    if number % REACHED == 0:
        token = f"device-{number}"
        yield PushRegistered(id=token, user=user, at=at, received_at=at, platform="android", token=token)


def _deliver(runner: EmbeddedRunner, clock: VirtualClock) -> None:
    """Say that everything which lies in the outbox was accepted."""
    while claims := runner.claim(BATCH):
        runner.submit([_accepted(claim, clock.now()) for claim in claims])


def _accepted(claim: Claim, now: datetime) -> Accepted:
    message = claim.queued.message
    return Accepted(id="", user=message.user, at=now, received_at=now, entry=message.entry, message=message.id)
