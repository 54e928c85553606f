"""What the pages of a site tell: each kind of event, what is refused, and what is counted once."""

from datetime import UTC, datetime, timedelta

import pytest

from ensue.core.events import (
    AttributesChanged,
    CampaignInteracted,
    CardInteracted,
    CustomEventLogged,
    Purchased,
    PushRegistered,
    SessionStarted,
    SubscriptionChanged,
)
from ensue.runners.clock import VirtualClock
from ensue.web.site import Site
from tests.web.conftest import MORNING
from tests.web.mailing import Client, Mailing
from tests.web.shopping import BATCH, NOW, ORIGIN, START, Json, Shop, checked

BROWSER = {"endpoint": "https://push.example/1", "keys": {"p256dh": "BNc", "auth": "c2Vj"}}
TOKEN = '{"endpoint":"https://push.example/1","keys":{"auth":"c2Vj","p256dh":"BNc"}}'


@pytest.fixture
def shop(site: Site, client: Client) -> Shop:
    return Shop(site, client)


# ---------------------------------------------------------------- each kind


def test_events_are_taken_in_the_order_of_the_list(shop: Shop) -> None:
    shop.taken(
        "ana",
        START,
        {"type": "custom_event", "name": "viewed_item", "properties": {"sku": "lamp"}},
        {"type": "purchase", "product": "lamp", "price": 49.5, "currency": "eur", "quantity": 2},
        {"type": "attributes", "attributes": {"email": "ana@shop.example", "plan": "pro"}},
        {"type": "subscription", "channel": "email", "to": "opted_in"},
        {"type": "session_end", "seconds": 12.5},
    )
    session, viewed, bought, changed, subscribed, ended = shop.logged("ana")
    assert isinstance(session, SessionStarted)
    assert isinstance(viewed, CustomEventLogged)
    assert (viewed.id, viewed.name, viewed.properties) == ("event-2", "viewed_item", {"sku": "lamp"})
    assert isinstance(bought, Purchased)
    assert (bought.product, bought.price, bought.currency, bought.quantity) == ("lamp", 49.5, "EUR", 2)
    assert isinstance(changed, AttributesChanged)
    assert isinstance(subscribed, SubscriptionChanged)
    assert isinstance(ended, CustomEventLogged)
    assert (ended.name, ended.properties) == ("session_end", {"seconds": 12.5})
    assert shop.state("ana").attributes == {"email": "ana@shop.example", "plan": "pro"}
    assert shop.state("ana").subscriptions == {"email": "opted_in"}


def test_a_browser_is_a_device_once_whatever_the_order_of_its_keys(shop: Shop) -> None:
    shop.taken("ana", START, {"type": "push_register", "subscription": BROWSER})
    shop.taken("ana", {"type": "push_register", "subscription": dict(reversed(BROWSER.items()))})
    shop.taken("ana", {"type": "push_register", "subscription": {**BROWSER, "expirationTime": None}})
    assert shop.state("ana").devices == {TOKEN: "web"}


def test_a_browser_that_subscribes_anew_replaces_its_old_subscription(shop: Shop) -> None:
    anew = {**BROWSER, "keys": {"p256dh": "BNd", "auth": "c2Vj"}}
    shop.taken(
        "ana",
        START,
        {"type": "push_register", "subscription": BROWSER},
        {"type": "push_register", "subscription": anew},
        {"type": "push_register", "platform": "ios", "token": "apple"},
    )
    assert shop.state("ana").devices == {TOKEN.replace("BNc", "BNd"): "web", "apple": "ios"}


def test_a_device_is_taken_away_by_its_endpoint_or_token(shop: Shop) -> None:
    shop.taken(
        "ana",
        START,
        {"type": "push_register", "subscription": BROWSER},
        {"type": "push_register", "platform": "android", "token": "google"},
    )
    shop.taken("ana", {"type": "push_unregister", "endpoint": "https://push.example/none"})
    assert len(shop.state("ana").devices) == 2
    shop.taken("ana", {"type": "push_unregister", "endpoint": BROWSER["endpoint"]})
    assert shop.state("ana").devices == {"google": "android"}
    shop.taken("ana", {"type": "push_unregister", "token": "google"})
    assert shop.state("ana").devices == {}


def test_a_browser_may_come_and_go_in_one_request(shop: Shop) -> None:
    shop.taken(
        "ana",
        START,
        {"type": "push_register", "subscription": BROWSER},
        {"type": "push_unregister", "endpoint": BROWSER["endpoint"]},
    )
    assert shop.state("ana").devices == {}
    assert any(isinstance(one, PushRegistered) for one in shop.logged("ana"))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, ""),
        ({"platform": "ios"}, ""),
        ({"subscription": BROWSER, "token": "t"}, ""),
        ({"subscription": {"endpoint": "https://push.example/1"}}, ".subscription"),
        ({"subscription": {**BROWSER, "endpoint": "http://127.0.0.1/"}}, ".subscription.endpoint"),
        ({"platform": "ios", "token": "t" * 4097}, ".token"),
        ({"platform": "ios", "token": ""}, ".token"),
        ({"platform": "web", "token": "t"}, ".platform"),
    ],
)
def test_what_is_no_device_is_refused(shop: Shop, fields: Json, path: str) -> None:
    assert shop.refusal("ana", {"type": "push_register", **fields})["path"] == f"events[1]{path}"
    assert shop.state("ana").devices == {}


# ---------------------------------------------------------------- interactions


def test_interactions_are_attributed_by_the_message(shop: Shop) -> None:  # I2
    shop.launch()
    message = shop.message("ana")
    shop.taken(
        "ana",
        {"type": "view_in_app_message", "message": message},
        {"type": "click_in_app_message", "message": message, "button": "yes"},
        {"type": "dismiss_in_app_message", "message": message},
    )
    found = [one for one in shop.logged("ana") if isinstance(one, CampaignInteracted)]
    assert [one.interaction for one in found] == [
        "view_in_app_message",
        "click_in_app_message",
        "dismiss_in_app_message",
    ]
    assert {(one.campaign, one.message, one.channel, one.variation) for one in found} == {
        ("hello", message, "in_app_message", "A")
    }
    assert found[1].button == "yes"


def test_a_message_to_somebody_else_is_refused(shop: Shop) -> None:  # I2
    shop.launch()
    message = shop.message("ana")
    problem = shop.refusal("bo", {"type": "view_in_app_message", "message": message})
    assert (problem["code"], problem["path"]) == ("unknown_message", "events[1].message")
    assert [one["message"] for one in shop.sync("ana")["messages"]] == [message]


def test_a_message_of_another_channel_is_refused(shop: Shop, mailing: Mailing, site: Site) -> None:  # I2
    address = mailing.send(("ana", "ana@shop.example"))["ana"]
    letter = site.tracker.read(address.pixel.removeprefix("/o/")).mark.message
    for kind in ("view_in_app_message", "directly_open_push"):
        assert shop.refusal("ana", {"type": kind, "message": letter})["code"] == "mismatch"


def test_a_card_is_viewed_clicked_and_dismissed(shop: Shop) -> None:
    shop.launch_card()
    kinds = ["view_card", "click_card", "dismiss_card"]
    shop.taken("ana", START, *({"type": kind, "card": "sale"} for kind in kinds))
    assert [one.interaction for one in shop.logged("ana") if isinstance(one, CardInteracted)] == kinds
    assert shop.state("ana").cards["sale"].dismissed_at is not None


def test_a_card_that_is_not_there_is_refused(shop: Shop) -> None:  # I2
    problem = shop.refusal("ana", {"type": "view_card", "card": "nothing"})
    assert (problem["code"], problem["path"]) == ("unknown_card", "events[1].card")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "view_card", "card": "sale"},
        {"type": "subscription", "channel": "push", "to": "opted_in"},
        {"type": "push_register", "subscription": BROWSER},
    ],
)
def test_a_user_who_is_not_known_yet_is_known_by_a_session_and_not_by_this(shop: Shop, event: Json) -> None:
    shop.launch_card()
    answer = shop.batch("ana", event, START, event)
    assert answer["taken"] == 2
    assert [one["problems"][0]["code"] for one in answer["refused"]] == ["unknown_user"]


def test_a_deleted_user_begins_anew_with_a_session(shop: Shop) -> None:
    shop.launch_card()
    shop.taken("ana", START)
    shop.site.people.delete("ana")
    event = {"type": "view_card", "card": "sale"}
    assert shop.batch("ana", event)["taken"] == 0
    shop.taken("ana", START, event)


# ---------------------------------------------------------------- what is refused, and what counts once


@pytest.mark.parametrize(
    ("event", "path", "code"),
    [
        ({"type": "walk"}, "events[1].type", "wrong_value"),
        ({"type": 1}, "events[1].type", "wrong_value"),
        ({"type": "custom_event"}, "events[1].name", "missing_key"),
        ({"type": "custom_event", "name": ""}, "events[1].name", "length"),
        ({"type": "custom_event", "name": "n" * 256}, "events[1].name", "length"),
        ({"type": "custom_event", "name": "hi", "user": "bo"}, "events[1].user", "unknown_key"),
        ({"type": "custom_event", "name": "hi", "id": ""}, "events[1].id", "length"),
        ({"type": "custom_event", "name": "hi", "id": "i" * 256}, "events[1].id", "length"),
        ({"type": "custom_event", "name": "hi", "id": 7}, "events[1].id", "wrong_type"),
        ({"type": "custom_event", "name": "hi", "at": "2026-03-02"}, "events[1].at", "wrong_format"),
        ({"type": "custom_event", "name": "hi", "at": "2026-03-02T09:00:00"}, "events[1].at", "no_zone"),
        ({"type": "purchase", "product": "", "price": 1}, "events[1].product", "length"),
        ({"type": "purchase", "product": "p", "price": 1, "currency": "EURO"}, "events[1].currency", "currency"),
        ({"type": "purchase", "product": "p", "price": 1, "quantity": 0}, "events[1].quantity", "out_of_range"),
        ({"type": "attributes", "attributes": {"email": "no"}}, "events[1].attributes.email", "email"),
        ({"type": "attributes", "attributes": {"time_zone": "Mars"}}, "events[1].attributes.time_zone", "time_zone"),
        ({"type": "attributes", "attributes": {"": 1}}, "events[1].attributes", "length"),
        ({"type": "attributes", "attributes": []}, "events[1].attributes", "wrong_type"),
        ({"type": "subscription", "channel": "fax", "to": "opted_in"}, "events[1].channel", "wrong_value"),
        ({"type": "session_end", "seconds": -1}, "events[1].seconds", "out_of_range"),
        ({"type": "view_in_app_message", "message": "none"}, "events[1].message", "unknown_message"),
        ({"type": "push_unregister"}, "events[1]", "ambiguous"),
    ],
)
def test_a_wrong_event_is_refused_with_place_and_remedy(shop: Shop, event: Json, path: str, code: str) -> None:
    problem = shop.refusal("ana", event)
    assert (problem["path"].rstrip("."), problem["code"]) == (path, code)
    assert [type(one) for one in shop.logged("ana")] == [SessionStarted]


@pytest.mark.parametrize("event", [None, 1, "text", [], {}])
def test_what_is_no_event_is_refused_and_the_others_are_taken(shop: Shop, event: object) -> None:
    body = {"app": shop.app.id, "user": "ana", "events": [shop.event(START), event, shop.event(START)]}
    answer = checked(shop.post(BATCH, body), 200)
    assert (answer["taken"], [one["id"] for one in answer["refused"]]) == (2, [""])


def test_attributes_cannot_name_another_user(shop: Shop) -> None:
    shop.taken("bo", START)
    shop.taken("ana", START, {"type": "attributes", "attributes": {"external_id": "bo", "plan": "pro"}})
    assert shop.state("bo").attributes == {}
    assert shop.state("ana").attributes == {"plan": "pro"}


def test_properties_are_limited_as_for_the_api(site: Site, client: Client) -> None:
    shop = Shop(site, client)
    event = {"type": "custom_event", "name": "hi", "properties": {"text": "x" * 9_000}}
    shop.taken("ana", event)
    body = {"app": shop.app.id, "user": "ana", "events": [shop.event({**event, "properties": {"t": "x" * 11_000}})]}
    answer = shop.post(BATCH, body)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (413, ORIGIN)


def test_the_same_event_again_counts_once(shop: Shop) -> None:  # O1, I1
    shop.launch()
    message = shop.message("ana")
    click = {"id": "click-1", "at": NOW, "type": "click_in_app_message", "message": message}
    for _ in range(3):
        shop.taken("ana", click, click)
    assert sum(isinstance(one, CampaignInteracted) for one in shop.logged("ana")) == 1


def test_at_most_five_hundred_events_are_taken(shop: Shop) -> None:
    small = {"id": "a", "at": NOW, "type": "walk"}
    body: Json = {"app": shop.app.id, "user": "ana", "events": [None] * 501}
    (problem,) = checked(shop.post(BATCH, body), 400)["problems"]
    assert (problem["code"], problem["path"]) == ("too_many", "events")
    assert len(checked(shop.post(BATCH, {**body, "events": [small] * 100}), 200)["refused"]) == 100
    assert checked(shop.post(BATCH, {**body, "events": []}), 200) == {"taken": 0, "refused": []}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"events": None}, "events"),
        ({"events": {}}, "events"),
        ({"user": ""}, "user"),
        ({"user": "u" * 513}, "user"),
        ({"user": 1}, "user"),
        ({"sent_at": "now"}, "sent_at"),
        ({"more": 1}, "more"),
    ],
)
def test_a_request_that_is_wrong_in_itself_is_refused_whole(shop: Shop, change: Json, path: str) -> None:
    body = {"app": shop.app.id, "user": "ana", "events": [shop.event(START)], **change}
    (problem,) = checked(shop.post(BATCH, body), 400)["problems"]
    assert problem["path"] == path


@pytest.mark.parametrize("body", ["", "[]", "null", "{", "7", '"text"'])
def test_a_body_that_is_no_request_is_refused(client: Client, shop: Shop, body: str) -> None:
    del shop
    for path in (BATCH, "/sdk/v1/sync"):
        answer = client.post(path, content=body, headers={"Content-Type": "text/plain"})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("behind", [timedelta(hours=-3), timedelta(days=40)])
def test_times_are_corrected_by_the_clock_of_the_client(shop: Shop, behind: timedelta) -> None:
    sent_at = MORNING - behind
    at = sent_at - timedelta(minutes=5)
    shop.taken("ana", {**START, "at": at.isoformat()}, sent_at=sent_at.isoformat())
    (session,) = shop.logged("ana")
    assert session.at == MORNING - timedelta(minutes=5)
    assert session.received_at == MORNING


def test_without_the_clients_clock_times_are_as_given_and_the_future_is_now(shop: Shop, clock: VirtualClock) -> None:
    # O3
    early = MORNING - timedelta(hours=2)
    shop.taken("ana", {**START, "at": early.isoformat()})
    shop.taken("ana", {**START, "at": (clock.now() + timedelta(days=1)).isoformat()})
    assert shop.logged("ana")[0].at == early
    assert shop.state("ana").sessions.last_at == MORNING


def test_a_time_that_a_correction_moves_out_of_the_calendar_is_refused(shop: Shop) -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC).isoformat()
    answer = shop.batch("ana", {**START, "at": far}, sent_at="0001-01-02T00:00:00Z")
    assert answer["refused"][0]["problems"][0]["path"] == "events[0].at"
