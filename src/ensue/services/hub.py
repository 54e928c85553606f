"""The open pages: who is there right now, and what they are told.

One rule: nobody waits for a page. Any thread may tell; a page that does not keep up is ended, and comes back by itself.
Not here: what is kept for those who are away (`inbox`), and how a page is written to (`web.sdk_stream`).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock

import msgspec

from ensue.inbox import Ready

MOST_NOTICES = 100
"""Notices that a page may be behind."""
MOST_PAGES = 20
"""Pages of one user that are open at a time; one more ends the oldest."""


class Withdrawn(msgspec.Struct, frozen=True):
    """A campaign was stopped or archived: its messages are to be taken off the page."""

    campaign: str


class FeedChanged(msgspec.Struct, frozen=True):
    """Cards changed: the feed is to be fetched anew."""


Notice = Ready | Withdrawn | FeedChanged


class Page:
    """One open page and what it is still to be told; but for the hub, it is touched in its event loop only."""

    def __init__(self, user: str) -> None:
        """Open it in the running event loop."""
        self.user = user
        self.loop = asyncio.get_running_loop()
        self.over = asyncio.Event()
        self.writer = asyncio.current_task()
        self._stirred = asyncio.Event()
        self._notices: deque[Notice] = deque()

    def take(self, notice: Notice) -> None:
        """Keep a notice until it can be written; one too many ends the page."""
        if isinstance(notice, FeedChanged) and notice in self._notices:
            return
        if len(self._notices) >= MOST_NOTICES:
            self._drop()
            return
        self._notices.append(notice)
        self._stirred.set()

    def end(self) -> None:
        """Tell it nothing more."""
        self._notices.clear()
        self.over.set()
        self._stirred.set()

    def _drop(self) -> None:
        """End it where it stands: its reader does not read, so its writer would wait for ever."""
        if self.writer is not None and not self.over.is_set():
            self.writer.cancel()
        self.end()

    async def next(self, patience: float) -> Notice | None:
        """Return the next notice; `None` where none came within so many seconds, or the page is over."""
        if not self._notices and not self.over.is_set():
            self._stirred.clear()
            try:
                await asyncio.wait_for(self._stirred.wait(), patience)
            except TimeoutError:
                return None
        return self._notices.popleft() if self._notices else None


class Hub:
    """Knows the open pages; safe to use from any thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = Lock()
        self._pages: dict[str, list[Page]] = {}
        self._closed = False

    def open(self, user: str) -> Page:
        """Open a page of a user, in the running event loop; from now on it is told everything."""
        page = Page(user)
        with self._lock:
            pages = self._pages.setdefault(user, [])
            pages.append(page)
            leaving = pages[:-MOST_PAGES]
            if self._closed:
                leaving = [page]
        _end(leaving)
        return page

    def leave(self, page: Page) -> None:
        """Forget a page."""
        with self._lock:
            pages = self._pages.get(page.user, [])
            if page in pages:
                pages.remove(page)
            if not pages:
                self._pages.pop(page.user, None)

    def tell(self, user: str, notice: Notice) -> None:
        """Tell all open pages of a user."""
        with self._lock:
            pages = list(self._pages.get(user, ()))
        self._tell(pages, notice)

    def tell_all(self, notice: Notice) -> None:
        """Tell all open pages."""
        self._tell(self._all(), notice)

    def count(self) -> int:
        """Return how many pages are open."""
        return len(self._all())

    def end_all(self) -> None:
        """End all pages; they come back by themselves, as far as they still may."""
        _end(self._all())

    def close(self) -> None:
        """End all pages, also those that are opened from now on."""
        with self._lock:
            self._closed = True
        self.end_all()

    def _tell(self, pages: Iterable[Page], notice: Notice) -> None:
        """Tell pages, each in its own event loop; all of one loop with one call."""

        def tell(mine: list[Page]) -> None:
            for page in mine:
                page.take(notice)
                if page.over.is_set():
                    self.leave(page)

        for loop, mine in _by_loop(pages).items():
            _call(loop, tell, mine)

    def _all(self) -> list[Page]:
        with self._lock:
            return [page for pages in self._pages.values() for page in pages]


def _end(pages: Iterable[Page]) -> None:
    def end(mine: list[Page]) -> None:
        for page in mine:
            page.end()

    for loop, mine in _by_loop(pages).items():
        _call(loop, end, mine)


def _by_loop(pages: Iterable[Page]) -> dict[asyncio.AbstractEventLoop, list[Page]]:
    found: dict[asyncio.AbstractEventLoop, list[Page]] = {}
    for page in pages:
        found.setdefault(page.loop, []).append(page)
    return found


def _call(loop: asyncio.AbstractEventLoop, work: Callable[[list[Page]], None], pages: list[Page]) -> None:
    with suppress(RuntimeError):  # the loop was closed meanwhile, and its pages with it
        loop.call_soon_threadsafe(work, pages)
