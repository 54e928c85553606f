"""In-app messages on their way to open pages: what lies ready, what comes, what is taken off again."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from ensue.core.records import Card, Segment
from ensue.inbox import Ready
from ensue.runners.clock import VirtualClock
from ensue.services.hub import MOST_NOTICES, MOST_PAGES
from ensue.web.app import create_app
from ensue.web.site import Site
from tests.acceptance.running import until
from tests.web.asking import problem
from tests.web.conftest import MORNING
from tests.web.listening import Stream, served
from tests.web.mailing import Client
from tests.web.shopping import ORIGIN, START, Shop

HI = {"type": "custom_event", "name": "hi", "properties": {"word": "Hej"}}
Open = Callable[[str], Stream]


@pytest.fixture
def shop(site: Site, client: Client) -> Shop:
    shop = Shop(site, client)
    shop.launch()
    return shop


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture
def opened(shop: Shop, address: str) -> Iterator[Open]:
    """Open pages of users; they are closed at the end."""
    with ExitStack() as stack:

        def open_page(user: str) -> Stream:
            stream = Stream(address + shop.sync(user)["stream"], {"Origin": ORIGIN})
            stack.callback(stream.close)
            return stream

        yield open_page


def open_pages(site: Site, count: int) -> None:
    """Wait until so many pages are open."""
    until(lambda: site.hub.count() == count, f"{count} open pages")


# ---------------------------------------------------------------- what lies ready


def test_a_message_lies_ready_until_it_was_seen(shop: Shop) -> None:  # S12
    message = shop.message("ana")
    expected = {"message": message, "campaign": "hello", "layout": "modal", "priority": 0, "heading": "hello"}
    assert shop.sync("ana")["messages"] == [{**expected, "body": "Hej"}]
    assert shop.sync("bo")["messages"] == []
    shop.taken("ana", {"type": "click_in_app_message", "message": message})
    assert len(shop.sync("ana")["messages"]) == 1
    shop.taken("ana", {"type": "view_in_app_message", "message": message})
    assert shop.sync("ana")["messages"] == []


def test_a_message_that_was_dismissed_lies_ready_no_more(shop: Shop) -> None:
    first, second = shop.message("ana"), shop.message("ana")
    shop.taken("ana", {"type": "dismiss_in_app_message", "message": first})
    assert [one["message"] for one in shop.sync("ana")["messages"]] == [second]


def test_nothing_lies_ready_for_a_user_who_was_deleted(shop: Shop) -> None:  # L4
    shop.message("ana")
    shop.site.people.delete("ana")
    assert shop.sync("ana")["messages"] == []
    shop.taken("ana", START)
    assert shop.sync("ana")["messages"] == []


def test_messages_of_a_stopped_campaign_vanish_and_do_not_come_back(shop: Shop, clock: VirtualClock) -> None:  # L4
    shop.message("ana")
    shop.site.launching.move("stop", ["hello"])
    assert shop.sync("ana")["messages"] == []
    clock.set(MORNING + timedelta(hours=1))
    shop.site.launching.move("resume", ["hello"])
    assert shop.sync("ana")["messages"] == []
    later = {**HI, "at": clock.now().isoformat()}
    shop.taken("ana", later)
    shop.deliver()
    assert len(shop.sync("ana")["messages"]) == 1
    shop.site.launching.move("archive", ["hello"])
    assert shop.sync("ana")["messages"] == []


def test_a_test_message_is_shown_once_and_not_recorded(shop: Shop) -> None:
    payload = {"message": "test-1", "campaign": "draft", "layout": "modal", "priority": 0}
    ready = Ready(message="test-1", user="ana", campaign="draft", made_at=MORNING, payload=payload)
    shop.site.runner.write(lambda store: store.inbox.put(ready))
    assert shop.sync("ana")["messages"] == [payload]
    shop.taken("bo", START, {"type": "view_in_app_message", "message": "test-1"})
    assert shop.sync("ana")["messages"] == [payload]
    shop.taken("ana", START, {"type": "view_in_app_message", "message": "test-1"})
    assert shop.sync("ana")["messages"] == []
    assert len(shop.logged("ana")) == 1


def test_the_feed_and_the_push_key_come_along(site: Site, client: Client) -> None:
    shop = Shop(site, client)
    assert shop.sync("ana")["cards"] == []
    shop.launch_card()
    assert [one["card"] for one in shop.sync("ana")["cards"]] == ["sale"]
    assert shop.sync("ana")["push_key"] is None
    with TestClient(create_app(replace(site, push_key="BNc"))) as other:
        answer = other.post("/sdk/v1/sync", json={"app": shop.app.id, "user": "ana"})
    assert answer.json()["push_key"] == "BNc"


# ---------------------------------------------------------------- open pages


def test_a_page_gets_first_what_lies_ready_and_then_what_comes_each_once(shop: Shop, opened: Open) -> None:  # B7
    waiting = [shop.message("ana"), shop.message("ana")]
    page, other = opened("ana"), opened("bo")
    assert [page.next()[1]["message"] for _ in waiting] == waiting
    third = shop.message("ana")
    shop.message("bo")
    name, data = page.next()
    assert (name, data["message"], data["body"]) == ("message", third, "Hej")
    assert other.next()[1]["message"] != third
    (ready,) = [one for one in shop.site.inboxes.of("ana") if one.message == third]
    shop.site.hub.tell("ana", ready)
    shop.site.hub.tell("ana", replace(ready, message=waiting[0]))
    fourth = shop.message("ana")
    assert page.next()[1]["message"] == fourth


def test_all_pages_of_a_user_get_it(shop: Shop, site: Site, opened: Open) -> None:
    pages = [opened("ana") for _ in range(3)]
    open_pages(site, 3)
    message = shop.message("ana")
    assert {page.next()[1]["message"] for page in pages} == {message}


def test_a_message_that_was_seen_elsewhere_does_not_come_to_a_new_page(shop: Shop, opened: Open) -> None:
    first = shop.message("ana")
    shop.taken("ana", {"type": "view_in_app_message", "message": first})
    second = shop.message("ana")
    assert opened("ana").next()[1]["message"] == second


@pytest.mark.parametrize("move", ["stop", "archive"])
def test_a_stop_takes_the_messages_off_open_pages(shop: Shop, site: Site, opened: Open, move: str) -> None:
    page = opened("ana")
    open_pages(site, 1)
    shop.message("ana")
    assert page.next()[0] == "message"
    site.launching.move(move, ["hello"])  # type: ignore[arg-type]  # one of the moves
    assert page.next() == ("withdraw", {"campaign": "hello"})


def test_a_message_that_was_on_its_way_at_the_stop_does_not_come(shop: Shop, site: Site, opened: Open) -> None:
    page = opened("ana")
    open_pages(site, 1)
    shop.message("ana")
    page.next()
    (ready,) = site.inboxes.of("ana")
    site.launching.move("stop", ["hello"])
    site.hub.tell("ana", replace(ready, message="late"))
    shop.launch_card()
    assert [page.next()[0] for _ in range(2)] == ["withdraw", "feed"]


def test_every_change_that_concerns_cards_tells_all_pages(shop: Shop, site: Site, opened: Open) -> None:
    pages = [opened("ana"), opened("bo")]
    open_pages(site, 2)

    def told() -> None:
        assert [page.next() for page in pages] == [("feed", {})] * 2

    shop.launch_card()
    told()
    site.definitions.save_card(Card(id="sale", title="Last chance"))
    told()
    site.definitions.save_segment(Segment(id="some"))
    told()
    site.definitions.apply([Card(id="sale", title="The very last")])
    told()
    site.launching.move("stop", ["sale"])
    told()
    site.launching.move("archive", ["sale"])
    told()
    site.definitions.save_card(Card(id="draft", title="Not yet"))
    shop.message("ana")
    assert pages[0].next()[0] == "message", "a draft changes no feed"


def test_a_page_that_goes_away_is_forgotten(shop: Shop, site: Site, address: str) -> None:
    page = Stream(address + shop.sync("ana")["stream"])
    open_pages(site, 1)
    page.close()
    open_pages(site, 0)


def test_a_page_that_does_not_read_is_cut_off_and_nobody_waits_for_it(
    shop: Shop, site: Site, address: str, opened: Open
) -> None:
    path = shop.sync("ana")["stream"]
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as deaf:
        deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: ensue\r\n\r\n".encode())
        open_pages(site, 1)
        reader = opened("bo")
        payload = {"text": "x" * 500_000}
        large = Ready(message="", user="ana", campaign="hello", made_at=MORNING, payload=payload)
        for number in range(4 * MOST_NOTICES):
            site.hub.tell("ana", replace(large, message=f"m{number}"))
        open_pages(site, 1)
        message = shop.message("bo")
        assert reader.next()[1]["message"] == message


def test_the_oldest_of_too_many_pages_of_one_user_is_ended(shop: Shop, site: Site, opened: Open) -> None:
    first = opened("ana")
    open_pages(site, 1)
    others = [opened("ana") for _ in range(MOST_PAGES)]
    assert first.wait_for_the_end() == []
    open_pages(site, MOST_PAGES)
    message = shop.message("ana")
    assert {page.next()[1]["message"] for page in others} == {message}


def test_open_pages_hold_no_thread(shop: Shop, site: Site, address: str, opened: Open) -> None:
    # more pages than the framework has threads
    pages = [opened(f"user-{number}") for number in range(80)]
    open_pages(site, len(pages))
    with httpx.Client(base_url=address, trust_env=False) as http:
        answer = http.post("/sdk/v1/sync", json={"app": shop.app.id, "user": "ana"})
    assert answer.status_code == 200
    message = shop.message("user-79")
    assert pages[-1].next()[1]["message"] == message


def test_the_end_of_the_server_ends_open_pages(shop: Shop, site: Site) -> None:
    with served(site) as address:
        page = Stream(address + shop.sync("ana")["stream"])
        open_pages(site, 1)
    assert page.wait_for_the_end() == []
    page.close()


def test_a_revoked_app_ends_open_pages(
    shop: Shop, site: Site, client: Client, key: dict[str, str], opened: Open
) -> None:
    page = opened("ana")
    open_pages(site, 1)
    client.delete(f"/api/v1/apps/{shop.app.id}", headers=key)
    assert page.wait_for_the_end() == []


# ---------------------------------------------------------------- who may listen


def test_a_stream_is_written_for_pages_of_the_app(shop: Shop, opened: Open) -> None:
    del shop
    headers = opened("ana").answer.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["cache-control"] == "no-cache"


def test_a_ticket_is_for_one_user_and_cannot_be_made_up(shop: Shop, client: Client) -> None:
    ticket = shop.sync("ana")["stream"].removeprefix("/sdk/v1/stream/")
    for bad in ("x", ticket[:-1], f"{ticket}x", ticket.swapcase(), "W10", f"W10.{ticket.split('.')[-1]}", "%00", "ü"):
        answer = client.get(f"/sdk/v1/stream/{bad}", headers={"Origin": ORIGIN})
        assert (bad, answer.status_code) == (bad, 403)
        assert problem(answer.json())["code"] == "ticket"
        assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_a_ticket_is_good_for_a_day(shop: Shop, client: Client, clock: VirtualClock) -> None:
    stream = shop.sync("ana")["stream"]
    clock.set(MORNING + timedelta(days=1))
    assert client.get(stream).status_code == 403
    assert shop.sync("ana")["stream"] != stream


def test_pages_from_elsewhere_may_not_listen(shop: Shop, client: Client) -> None:
    answer = client.get(shop.sync("ana")["stream"], headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert problem(answer.json())["code"] == "origin"
    assert "access-control-allow-origin" not in answer.headers
