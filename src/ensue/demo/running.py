"""`ensue demo`: a whole Ensue with invented people, a mailbox and accelerated time, on a database of its own.

One rule: everything takes the way that it takes in earnest: SMTP, tracking links over HTTP, the API, the real runner.
"""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace
from rich.console import Console

from ensue.codec.yaml import load_documents
from ensue.config import Settings, Smtp
from ensue.core.records import Campaign, Card
from ensue.demo.mailbox import Letter, Mailbox
from ensue.demo.pages import OUTCOMES, Pages, total_of
from ensue.demo.people import people
from ensue.demo.visitors import Visitors
from ensue.runners.clock import FastClock
from ensue.serving import Address, serving
from ensue.web.site import Site

DAY = 4.0
"""Seconds that a day of the demo takes."""
FACTOR = 24 * 60 * 60 / DAY
ORDER = ("second-try", "clickers-offer", "control-letter", "newsletter")
"""Follow-ons are launched before their original."""
SHOP = ("shop-offer", "shop-story", "shop-welcome", "reading-corner", "spring-sale")
"""What the shop's page shows, launched together."""
OPERATOR = "demo"
"""Who signs in to the demo's dashboard; the password is another one each time."""
PAUSE = 5.0
"""Seconds between two lines on the console."""


def run_demo(settings: Settings, console: Console, seconds: float | None) -> None:
    """Run the demo until Ctrl-C, or for so many seconds."""
    with ExitStack() as stack:
        visitors: list[Visitors] = []

        def arrive(letter: Letter) -> None:
            visitors[0].receive(letter)

        mailbox = Mailbox(arrive)
        stack.callback(mailbox.close)
        folder = stack.enter_context(TemporaryDirectory(prefix="ensue-demo-"))
        smtp = Smtp(host="127.0.0.1", port=mailbox.port, security="none")
        own = replace(settings, database=Path(folder) / "demo.db", smtp=smtp, mail_from="Lamps <news@lamps.example>")
        pages = Pages(mailbox, DAY)
        served = stack.enter_context(serving(own, FastClock(FACTOR), more=pages.handlers(), speed=FACTOR))
        pages.app = served.site.apps.create("the lamp shop", [served.address.url]).id
        key = served.site.keys.create("demo", ["all"])[1]
        user_of = {str(attributes["email"]): user for user, attributes in people()}
        visitors.append(Visitors(served.address.url, key, user_of, DAY))
        stack.callback(visitors[0].stop)
        ended = threading.Event()

        def end() -> None:
            visitors[0].stop()
            served.server.stop()

        _launch(served.site, served.address.url)
        password = secrets.token_urlsafe(9)
        served.site.staff.create(OPERATOR, "owner", password=password)
        _greet(served.address, key, password, console)
        story = threading.Thread(target=_tell, args=(served.site, console, ended, seconds, end))
        story.start()
        stack.callback(story.join)
        stack.callback(ended.set)
        served.server.serve()


def _greet(address: Address, key: str, password: str, console: Console) -> None:
    """Say where to look."""
    console.print(f"\n  The dashboard   [bold]{address.url}/dashboard[/]")
    console.print(f"  sign in as      [bold]{OPERATOR}[/], password [bold]{password}[/]", highlight=False)
    console.print(f"  what happens    [bold]{address.url}/demo[/]")
    console.print(f"  its mailbox at  [bold]{address.url}/demo/mailbox[/]")
    console.print(f"  a shop at       [bold]{address.url}/demo/shop[/]  (with in-app messages and a News Feed)")
    console.print(f"  API key         {key}\n  (a day takes {DAY:g} seconds; Ctrl-C ends it)\n", highlight=False)


def _tell(site: Site, console: Console, ended: threading.Event, seconds: float | None, end: Callable[[], None]) -> None:
    """Say every few seconds what has happened; end the demo after its time."""
    began = time.monotonic()
    while not ended.wait(PAUSE):
        line = f"{site.clock.now():%a %d %b %H:%M}  {_so_far(site)}"
        console.print(line, highlight=False, soft_wrap=True)
        if seconds is not None and time.monotonic() - began >= seconds:
            end()
            return


def _launch(site: Site, url: str) -> None:
    site.people.put(people())
    for file in ("newsletter.yaml", "shop.yaml"):
        text = files("ensue.demo").joinpath("definitions", file).read_text(encoding="utf-8")
        documents = load_documents(text.replace("SHOP?", f"{url}/demo/shop?"), file)
        site.definitions.apply([one for one in documents if isinstance(one, Campaign | Card)])
    site.launching.move("launch", SHOP)
    for name in ORDER:
        site.launching.move("launch", [name])


def _so_far(site: Site) -> str:
    """Return one line: sent and cancelled, by campaign."""
    outcomes = site.runner.read(lambda store: store.ledger.outcomes())
    parts = []
    for name in reversed(ORDER):
        counts = {outcome: total_of(outcomes.get(name, {}), outcome) for outcome in OUTCOMES}
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        parts.append(f"[bold]{name}[/] {told or 'nothing yet'}")
    return " · ".join(parts)
