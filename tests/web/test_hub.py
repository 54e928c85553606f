"""The hub of open pages, without a server: what a page is told, and when it is over."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import pytest

from ensue.services.hub import MOST_NOTICES, FeedChanged, Hub, Page, Withdrawn

T = TypeVar("T")


def run(story: Coroutine[object, object, T]) -> T:
    return asyncio.run(asyncio.wait_for(story, 30))


def test_notices_come_in_order_and_a_change_of_the_feed_once() -> None:
    async def story() -> list[object]:
        hub = Hub()
        page = hub.open("ana")
        for notice in (FeedChanged(), Withdrawn("a"), FeedChanged(), Withdrawn("b")):
            await asyncio.to_thread(hub.tell, "ana", notice)
        await asyncio.to_thread(hub.tell, "bo", Withdrawn("c"))
        return [await page.next(10) for _ in range(3)]

    assert run(story()) == [FeedChanged(), Withdrawn("a"), Withdrawn("b")]


def test_a_quiet_page_waits_no_longer_than_its_patience() -> None:
    async def story() -> tuple[object, bool]:
        page = Hub().open("ana")
        return await page.next(0.01), page.over.is_set()

    assert run(story()) == (None, False)


def test_a_page_that_is_told_while_it_waits_wakes_up() -> None:
    async def story() -> object:
        hub = Hub()
        page = hub.open("ana")
        waiting = asyncio.create_task(page.next(30))
        await asyncio.to_thread(hub.tell_all, Withdrawn("a"))
        return await waiting

    assert run(story()) == Withdrawn("a")


def test_a_page_that_does_not_keep_up_is_over_and_its_writer_cut_off() -> None:
    async def story() -> tuple[bool, object]:
        hub, pages = Hub(), list[Page]()

        async def write() -> None:
            pages.append(hub.open("ana"))
            await asyncio.Event().wait()  # a reader that does not read

        writer = asyncio.create_task(write())
        await asyncio.to_thread(lambda: None)
        for number in range(MOST_NOTICES + 1):
            hub.tell("ana", Withdrawn(str(number)))
        with pytest.raises(asyncio.CancelledError):
            await writer
        return pages[0].over.is_set(), await pages[0].next(10)

    assert run(story()) == (True, None)


def test_a_closed_hub_ends_pages_that_are_opened_later() -> None:
    async def story() -> list[bool]:
        hub = Hub()
        before = hub.open("ana")
        hub.close()
        after = hub.open("ana")
        assert await before.next(10) is None
        assert await after.next(10) is None
        return [before.over.is_set(), after.over.is_set()]

    assert run(story()) == [True, True]


def test_a_page_of_a_loop_that_ended_is_told_nothing_and_disturbs_nobody() -> None:
    hub = Hub()

    async def story() -> Page:
        return hub.open("ana")

    page = run(story())
    hub.tell("ana", Withdrawn("a"))
    hub.end_all()
    assert hub.count() == 1
    hub.leave(page)
    hub.leave(page)
    assert hub.count() == 0
