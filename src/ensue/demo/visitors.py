"""Invented people who open, click and buy, over HTTP like anybody else, in the demo's accelerated time.

One rule: what somebody does with a message follows from the two of them, so every demo tells the same story.
"""

import heapq
import threading
import time
from collections.abc import Callable

import httpx
import structlog

from ensue.demo.mailbox import Letter
from ensue.demo.people import percent_of

OPENING, CLICKING, BUYING = 60, 50, 40
"""Of a hundred who get a message so many open it; of those so many click; of those so many buy."""
LONGEST_WAIT = 3.0
"""Days after which nobody opens a message any more."""
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0"
log = structlog.get_logger(__name__)
Deed = Callable[[httpx.Client], object]


class Visitors:
    """A thread that does what people planned; `day` is how many seconds a day of the demo takes."""

    def __init__(self, url: str, key: str, user_of: dict[str, str], day: float) -> None:
        """Start with no plans."""
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._user_of = user_of
        self._day = day
        self._plans: list[tuple[float, int, Deed]] = []
        self._changed = threading.Condition()
        self._count = 0
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="ensue-visitors")
        self._thread.start()

    def receive(self, letter: Letter) -> None:
        """Plan what the recipient of a message does with it."""
        who, what = letter.recipient, letter.subject
        if percent_of(who, what, "opens") >= OPENING or letter.pixel is None:
            return
        wait = LONGEST_WAIT * percent_of(who, what, "when") / 100
        pixel, link = letter.pixel, letter.link
        self._plan(wait, lambda http: http.get(pixel))
        if percent_of(who, what, "clicks") >= CLICKING or link is None:
            return
        self._plan(wait + 0.1, lambda http: http.get(link))
        if percent_of(who, what, "buys") < BUYING:
            self._plan(wait + 0.5, lambda http: self._buy(http, self._user_of[who]))

    def stop(self) -> None:
        """Forget all plans and end."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
        self._thread.join()

    def _buy(self, http: httpx.Client, user: str) -> None:
        purchase = {"external_id": user, "product_id": "reading-lamp", "currency": "EUR", "price": 49.5}
        answer = http.post(f"{self._url}/users/track", json={"purchases": [purchase]}, headers=self._headers)
        answer.raise_for_status()

    def _plan(self, days: float, deed: Deed) -> None:
        with self._changed:
            self._count += 1
            heapq.heappush(self._plans, (time.monotonic() + days * self._day, self._count, deed))
            self._changed.notify()

    def _run(self) -> None:
        with httpx.Client(headers={"User-Agent": READER}, timeout=10, trust_env=False) as http:
            while True:
                deed = self._next()
                if deed is None:
                    return
                try:
                    deed(http)
                except httpx.HTTPError as error:
                    log.warning("a visitor could not do what they wanted", error=str(error))

    def _next(self) -> Deed | None:
        """Wait for the next plan's time; `None` at the end."""
        with self._changed:
            while not self._is_stopped:
                wait = self._plans[0][0] - time.monotonic() if self._plans else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._plans)[2]
                self._changed.wait(wait)
            return None
