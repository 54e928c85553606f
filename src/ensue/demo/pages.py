"""The demo's pages: what happens, the mailbox, a shop.

One rule: documents that work without JavaScript; everything that comes from outside is escaped.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime

from jinja2 import Environment, PackageLoader
from litestar import MediaType, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from ensue.core.events import Purchased
from ensue.demo.mailbox import Letter, Mailbox
from ensue.demo.people import COUNT
from ensue.web.site import Shared

OUTCOMES = ("waiting", "sent", "control", "cancelled", "suppressed")
STARTS = {
    "newsletter": "… is there at the launch",
    "second-try": "… did not open the newsletter within a week",
    "clickers-offer": "… clicked in the newsletter and did not buy within a day",
    "control-letter": "… is in the newsletter's control group",
}
SHOWN = 200
VISITOR = "you"
"""Who comes to the shop by themselves, and not by a link in a message."""
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-src 'self'"
PAGES = Environment(loader=PackageLoader("ensue.demo"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


class Pages:
    """Makes the handlers of the demo's pages; `day` is how many seconds a day takes. `app` is the shop's app key."""

    def __init__(self, mailbox: Mailbox, day: float) -> None:
        """Show this mailbox."""
        self._mailbox = mailbox
        self._day = day
        self.app = ""

    def handlers(self) -> list[HTTPRouteHandler]:
        """Return the handlers."""
        return [*self._reading(), *self._shopping()]

    def _reading(self) -> list[HTTPRouteHandler]:
        @get("/demo", sync_to_thread=True, include_in_schema=False)
        def overview(site: Shared) -> Response[str]:
            outcomes = site.runner.read(lambda store: store.ledger.outcomes())
            rows = [_row(name, starts, outcomes.get(name, {})) for name, starts in STARTS.items()]
            now, day = _clock_text(site.clock.now()), f"{self._day:g}"
            return _page("overview", outcomes=OUTCOMES, rows=rows, day=day, people=COUNT, now=now, refresh=2)

        @get("/demo/mailbox", sync_to_thread=True, include_in_schema=False)
        def mailbox() -> Response[str]:
            return _page("mailbox", letters=self._mailbox.letters()[:SHOWN])

        @get("/demo/mailbox/{number:int}", sync_to_thread=True, include_in_schema=False)
        def letter(number: FromPath[int]) -> Response[str]:
            found = self._mailbox.find(number)
            if found is None:
                raise NotFoundException("There is no such message; perhaps it was one of the oldest.")
            return _page("letter", letter=found, srcdoc=_in_new_windows(found))

        return [overview, mailbox, letter]

    def _shopping(self) -> list[HTTPRouteHandler]:
        @get("/demo/shop", sync_to_thread=True, include_in_schema=False)
        def shop(person: FromQuery[str] = VISITOR) -> Response[str]:
            return self._shop(person, bought=False)

        @post("/demo/shop", sync_to_thread=True, include_in_schema=False, status_code=200)
        def buy(site: Shared, person: FromQuery[str] = VISITOR) -> Response[str]:
            known, now = site.people.load(person), site.clock.now()
            purchase = Purchased(
                id=site.new_id(), user=known.user, at=now, received_at=now, product="lamp", price=49.5, currency="EUR"
            )
            site.tracking.submit([purchase])
            return self._shop(person, bought=True)

        return [shop, buy, decisions]

    def _shop(self, person: str, *, bought: bool) -> Response[str]:
        nonce = secrets.token_urlsafe(16)
        policy = f"{POLICY}; connect-src 'self'; script-src 'nonce-{nonce}' 'self'"
        return _page("shop", policy, person=person, bought=bought, app=self.app, nonce=nonce)


@get("/demo/shop/decisions", sync_to_thread=True, include_in_schema=False)
def decisions(site: Shared, person: FromQuery[str] = VISITOR) -> Response[str]:
    """Show what was decided about a person, the latest first."""
    found = site.runner.read(lambda store: store.ledger.decisions(user=person))
    return _page("decisions", decisions=[one for _, one in reversed(found)], refresh=1)


def _row(name: str, starts: str, counts: Mapping[str, int]) -> dict[str, object]:
    return {"name": name, "starts": starts, "counts": [total_of(counts, outcome) for outcome in OUTCOMES]}


def total_of(counts: Mapping[str, int], outcome: str) -> int:
    """Add up an outcome with all its reasons; what is being sent counts as waiting."""
    named = (outcome, "sending") if outcome == "waiting" else (outcome,)
    return sum(count for key, count in counts.items() if key.split(":")[0] in named)


def _clock_text(now: datetime) -> str:
    return f"{now:%A, %d %B, %H:%M}"


def _in_new_windows(letter: Letter) -> str:
    return f'<base target="_blank">{letter.html}'


def _page(template: str, policy: str = POLICY, **values: object) -> Response[str]:
    text = PAGES.get_template(f"{template}.html").render(values)
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Frame-Options": "SAMEORIGIN"}
    return Response(text, media_type=MediaType.HTML, headers=headers)
