import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from ensue.core.events import AttributesChanged, CustomEventLogged, Purchased
from ensue.runners.clock import VirtualClock
from ensue.runners.embedded import EmbeddedRunner
from ensue.store.sqlite import SqliteStore
from ensue.web.app import Application, create_app
from ensue.web.site import Site
from tests.channels.browser import Browser
from tests.web.asking import NOW, Api, Json, events_in, roomy, site_on, user

ATTRIBUTES: Json = {"external_id": "ana", "email": "ana@example.com", "plan": "pro"}
EVENT: Json = {"external_id": "ana", "name": "viewed_item", "time": NOW, "properties": {"price": 3}}
PURCHASE: Json = {"external_id": "ana", "product_id": "lamp", "currency": "EUR", "price": 12.5, "time": NOW}


@pytest.fixture
def api(site: Site) -> Iterator[Api]:
    with roomy(site, "track") as api:
        yield api


def test_attributes_events_and_purchases_are_taken_in_this_order(api: Api) -> None:  # T5
    answer = api.post("/users/track", {"purchases": [PURCHASE], "events": [EVENT], "attributes": [ATTRIBUTES]})
    assert answer["message"] == "success"
    counts = [answer[f"{name}_processed"] for name in ("attributes", "events", "purchases")]
    assert (counts, answer.get("errors")) == ([1, 1, 1], None)
    tales = api.site.runner.read(lambda store: store.ledger.events())
    assert [type(tale.event) for tale in tales] == [AttributesChanged, CustomEventLogged, Purchased]


def test_bad_items_are_reported_and_good_ones_are_kept(api: Api) -> None:
    bad = {"external_id": "bo", "name": "viewed_item", "time": "yesterday"}
    answer = api.post("/users/track", {"events": [EVENT, bad, {**EVENT, "external_id": "cy"}]})
    assert answer["events_processed"] == 2
    (error,) = answer["errors"]
    assert (error["input_array"], error["index"]) == ("events", 1)
    assert "time" in error["type"]
    assert "2026-03-02T09:00:00Z" in error["hint"]
    assert user(api.site, "bo") is None
    assert user(api.site, "cy") is not None


def test_only_bad_items_are_refused_and_nothing_is_kept(api: Api) -> None:
    answer = api.post("/users/track", {"events": [{"external_id": "ana"}]}, status=400)
    assert answer["message"]
    assert answer["errors"][0]["input_array"] == "events"
    assert events_in(api.site) == 0


@pytest.mark.parametrize("body", [{}, {"events": []}])
def test_a_request_with_nothing_in_it_is_refused(api: Api, body: Json) -> None:
    assert api.post("/users/track", body, status=400)["message"]


@pytest.mark.parametrize(("array", "item"), [("attributes", ATTRIBUTES), ("events", EVENT), ("purchases", PURCHASE)])
def test_at_most_seventy_five_items_of_a_kind_are_taken(api: Api, array: str, item: Json) -> None:
    answer = api.post("/users/track", {array: [item] * 76}, status=400)
    assert array in answer["message"]
    assert events_in(api.site) == 0
    assert api.post("/users/track", {array: [item] * 75})[f"{array}_processed"] == 75


@pytest.mark.parametrize(
    ("array", "change", "place"),
    [
        ("attributes", {"email": "nobody"}, "email"),
        ("attributes", {"visits": {"inc": 1}}, "visits"),
        ("attributes", {"sizes": {"add": ["m"]}}, "sizes"),
        ("attributes", {"email_subscribe": "perhaps"}, "email_subscribe"),
        ("attributes", {"external_id": ""}, "external_id"),
        ("attributes", {"bio": "x" * 50_001}, "bytes"),
        ("events", {"external_id": "x" * 513}, "external_id"),
        ("events", {"external_id": 5}, "external_id"),
        ("events", {"name": "x" * 256}, "name"),
        ("events", {"time": "2026-03-02T09:00:00"}, "time"),
        ("events", {"properties": [1]}, "properties"),
        ("events", {"properties": {"text": "x" * 50_001}}, "properties"),
        ("purchases", {"price": "12"}, "price"),
        ("purchases", {"quantity": 0}, "quantity"),
        ("purchases", {"quantity": 101}, "quantity"),
        ("purchases", {"quantity": 1.5}, "quantity"),
        ("purchases", {"currency": "EURO"}, "currency"),
    ],
)
def test_what_is_wrong_with_an_item_is_named(api: Api, array: str, change: Json, place: str) -> None:
    item = {"attributes": ATTRIBUTES, "events": EVENT, "purchases": PURCHASE}[array]
    answer = api.post("/users/track", {array: [{**item, **change}]}, status=400)
    assert place in answer["errors"][0]["type"]
    assert events_in(api.site) == 0


def test_an_unknown_time_zone_is_refused(api: Api) -> None:
    answer = api.post("/users/track", {"attributes": [{**ATTRIBUTES, "time_zone": "Mars/Olympus"}]}, status=400)
    assert "time_zone" in answer["errors"][0]["type"]


def test_what_has_no_time_happens_on_arrival(api: Api) -> None:
    without = {key: value for key, value in PURCHASE.items() if key != "time"}
    api.post("/users/track", {"purchases": [without]})
    (tale,) = api.site.runner.read(lambda store: store.ledger.events())
    assert tale.event.at == tale.event.received_at == api.site.clock.now()


def test_subscriptions_and_devices_come_with_the_attributes(api: Api) -> None:
    devices = [{"token": "t1", "platform": "ios"}]
    more = {"email_subscribe": "opted_in", "push_subscribe": "unsubscribed", "push_tokens": devices}
    api.post("/users/track", {"attributes": [{**ATTRIBUTES, **more}]})
    state = user(api.site, "ana")
    assert state is not None
    assert state.subscriptions == {"email": "opted_in", "push": "unsubscribed"}
    assert state.devices == {"t1": "ios"}
    assert state.attributes == {"email": "ana@example.com", "plan": "pro"}


def test_a_browser_comes_as_its_subscription_however_that_is_written(api: Api) -> None:
    subscription = Browser.made().subscription("https://push.example/1")
    devices = [
        {"token": json.dumps(json.loads(subscription), indent=1), "platform": "web"},
        {"token": subscription, "platform": "web"},
    ]
    api.post("/users/track", {"attributes": [{**ATTRIBUTES, "push_tokens": devices}]})
    state = user(api.site, "ana")
    assert state is not None
    assert state.devices == {subscription: "web"}
    wrong = {**ATTRIBUTES, "push_tokens": [{"token": "t", "platform": "web"}]}
    answer = api.post("/users/track", {"attributes": [wrong]}, 400)
    assert "push_tokens[0].token" in answer["errors"][0]["type"]


def test_null_removes_an_attribute(api: Api) -> None:
    api.post("/users/track", {"attributes": [ATTRIBUTES]})
    api.post("/users/track", {"attributes": [{"external_id": "ana", "plan": None}]})
    state = user(api.site, "ana")
    assert state is not None
    assert state.attributes == {"email": "ana@example.com"}


def test_a_request_with_the_same_idempotency_key_counts_once(api: Api) -> None:  # O1
    for _ in range(2):
        api.post("/users/track", {"events": [EVENT]}, Idempotency_Key="k1")
    state = user(api.site, "ana")
    assert state is not None
    assert state.events["viewed_item"].count == 1


def test_an_event_with_the_same_id_counts_once(api: Api) -> None:  # O1
    for _ in range(2):
        api.post("/users/track", {"events": [{**EVENT, "id": "e1"}]})
    state = user(api.site, "ana")
    assert state is not None
    assert state.events["viewed_item"].count == 1


def test_a_key_of_another_scope_opens_nothing(client: TestClient[Application], site: Site) -> None:
    Api(client, site, "users:read").post("/users/track", {"events": [EVENT]}, status=403)
    assert events_in(site) == 0


def test_what_was_answered_is_durable(tmp_path: Path) -> None:
    clock = VirtualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    runner = EmbeddedRunner(SqliteStore(tmp_path / "ensue.db"), clock, keeps_time=False)
    try:
        site = site_on(runner, clock)
        with TestClient(create_app(site)) as client:
            Api(client, site).post("/users/track", {"attributes": [ATTRIBUTES], "events": [EVENT]})
            # A second connection, while the first has not been closed: only what was committed is seen.
            other = SqliteStore(tmp_path / "ensue.db")
            try:
                assert other.journal.load(["ana"])["ana"].attributes["plan"] == "pro"
                assert [type(tale.event) for tale in other.ledger.events()] == [AttributesChanged, CustomEventLogged]
            finally:
                other.close()
    finally:
        runner.close()
