"""Backtests over a recorded log, beside reading and decoding the same events from it.

One rule: what is measured begins with a database and ends with totals, reading included.
"""

from datetime import timedelta
from pathlib import Path

import msgspec

from benchmarks import shop
from benchmarks.measuring import Figure, Work, measure
from ensue.core.conditions import Audience, Comparison, PurchaseFilter
from ensue.core.contents import Channels, Webhook
from ensue.core.events import Event
from ensue.core.records import ActionBased, After, Campaign
from ensue.core.triggers import CustomEvent, MakePurchase
from ensue.runners.clock import VirtualClock
from ensue.runners.serial import SerialRunner
from ensue.services.backtest_running import Period, relived, tried
from ensue.services.backtest_totals import Adding
from ensue.services.backtests import Meter
from ensue.store.sqlite import SqliteStore

COUNT, LISTENED, BATCH = 200_000, 20, 2_000
SPAN = Period(shop.START - timedelta(days=2), shop.START + timedelta(days=60))
FLOOR = "reading and decoding the same from the log"
AIM = "≥ 50,000/s"
BUSY = Campaign(
    id="busy",
    channels=Channels(webhook=Webhook(url="https://hooks.example/x")),
    delivery=ActionBased(
        triggers=tuple(CustomEvent(name=f"viewed_{kind}") for kind in range(7)),
        delay=After(after=timedelta(minutes=5)),
        exceptions=(MakePurchase(),),
    ),
    audience=Audience(filter=PurchaseFilter(purchase="any", count=Comparison(at_least=3))),
)
"""Listens to 60 % of all events, and its audience asks about another 10 %."""


def figures(folder: Path) -> list[Figure]:
    """Measure a draft, a live campaign, and one that nearly every event concerns."""
    runner = _recorded(folder)
    (state,) = runner.read(lambda store: [one for one in store.catalog.campaigns() if one.id == "c0"])
    draft = state.versions[-1].campaign
    last = runner.read(lambda store: store.ledger.latest_events(limit=1))[0].number

    def measured(what: str, subject: Work) -> Figure:
        return measure(what, FLOOR, AIM, count=last, pair=lambda: (subject, lambda: _decode(runner, last)))

    return [
        measured("backtest of a draft", lambda: tried(runner, draft, SPAN, Adding().take, Meter())),
        measured("backtest of a live campaign", lambda: relived(runner, state, SPAN, Adding().take, Meter())),
        measured("backtest, 70 % of events concern it", lambda: tried(runner, BUSY, SPAN, Adding().take, Meter())),
    ]


def _recorded(folder: Path) -> SerialRunner:
    store = SqliteStore(folder / "backtests.db", synchronous="OFF")
    runner = SerialRunner(store, VirtualClock(shop.START))

    def launch(_: object) -> None:
        for state in shop.campaigns(LISTENED):
            store.catalog.save_campaign(state)

    runner.change(launch)
    for first in range(0, COUNT, BATCH):
        runner.submit(shop.events(BATCH, LISTENED, first=first))
    return runner


def _decode(runner: SerialRunner, last: int) -> None:
    decoder = msgspec.json.Decoder(Event)
    for after in range(0, last, BATCH):
        skimmed = runner.read(lambda store, low=after: store.ledger.skim(low, low + BATCH))  # type: ignore[misc]  # a number
        for _, _, body in skimmed:
            decoder.decode(body)
