"""The News Feed: which cards a user sees, in which order, with which words; and what a card needs for its launch."""

from datetime import timedelta

import pytest

from ensue.core.events import CardInteracted
from ensue.core.words import CardInteraction
from ensue.runners.clock import VirtualClock
from ensue.web.site import Site
from tests.web.asking import Api, Json, problem
from tests.web.mailing import Client


@pytest.fixture
def api(client: Client, site: Site) -> Api:
    site.people.put([("ana", {"first_name": "Ana", "country": "SE"}), ("bo", {})])
    return Api(client, site)


def launch(api: Api, card: str, **fields: object) -> None:
    api.post("/api/v1/cards", {"kind": "card", "id": card, "title": card.capitalize(), **fields})
    api.post(f"/api/v1/cards/{card}/launch", status=200)


def feed(api: Api, user: str = "ana") -> list[str]:
    return [card["card"] for card in api.get(f"/api/v1/users/{user}/feed")["cards"]]


def only(api: Api, user: str = "ana") -> Json:
    (card,) = api.get(f"/api/v1/users/{user}/feed")["cards"]
    found: Json = card
    return found


def does(site: Site, interaction: CardInteraction, card: str, user: str = "ana") -> None:
    now = site.clock.now()
    event = CardInteracted(
        id=f"{interaction}:{card}", user=user, at=now, received_at=now, card=card, interaction=interaction
    )
    site.tracking.submit([event])


# ---------------------------------------------------------------- which


def test_a_card_is_in_the_feed_with_its_texts_for_this_user(api: Api) -> None:
    launch(
        api,
        "sale",
        title="Hi {{ ${first_name} | default: 'you' }}",
        description="{{ card.${id} }} & <more>",
        link="https://shop.example/{{ ${user_id} }}",
        category="announcements",
        layout="banner",
        pinned=True,
        expires_at="2026-03-03T10:00:00+01:00",
    )
    assert only(api) == {
        "card": "sale",
        "category": "announcements",
        "layout": "banner",
        "title": "Hi Ana",
        "description": "sale & <more>",
        "link": "https://shop.example/ana",
        "pinned": True,
        "viewed": False,
        "clicked": False,
        "published_at": "2026-03-02T09:00:00Z",
        "expires_at": "2026-03-03T09:00:00Z",
    }
    assert only(api, "bo")["title"] == "Hi you"


def test_a_card_is_seen_from_its_publication_until_it_expires(api: Api, clock: VirtualClock) -> None:
    launch(api, "sale", publish_at="2026-03-02T10:00:00Z", expires_at="2026-03-02T11:00:00Z")
    begin = clock.now()
    seen = []
    for minutes in (59, 60, 119, 120):
        clock.set(begin + timedelta(minutes=minutes))
        seen.append(feed(api))
    assert seen == [[], ["sale"], ["sale"], []]


def test_only_its_audience_sees_a_card_as_it_is_at_the_look(api: Api, site: Site) -> None:  # A1
    launch(api, "sale", audience={"filter": {"attribute": "country", "is": "SE"}})
    assert (feed(api), feed(api, "bo")) == (["sale"], [])
    site.people.put([("bo", {"country": "SE"}), ("ana", {"country": "NO"})])
    assert (feed(api), feed(api, "bo")) == ([], ["sale"])


def test_launch_stop_resume_and_archive_hold_at_once(api: Api) -> None:
    api.post("/api/v1/cards", {"kind": "card", "id": "sale", "title": "Sale"})
    seen = [feed(api)]
    for move in ("launch", "stop", "resume", "archive"):
        api.post(f"/api/v1/cards/sale/{move}", status=200)
        seen.append(feed(api))
    assert seen == [[], ["sale"], [], ["sale"], []]


def test_somebody_unknown_or_deleted_sees_what_a_newcomer_does(api: Api, site: Site) -> None:
    launch(api, "hello", audience={"filter": {"first_seen": {"within_last": "1 day"}}})
    launch(api, "again", audience={"filter": {"session": "any"}})
    does(site, "dismiss_card", "hello", "bo")
    site.people.delete("bo")
    assert (feed(api, "nobody"), feed(api, "bo")) == (["hello"], ["hello"])
    assert site.runner.read(lambda store: store.journal.load(["nobody"])) == {}


def test_a_dismissed_card_stays_away_from_this_user_also_after_a_resume_and_an_edit(api: Api, site: Site) -> None:
    launch(api, "sale")
    does(site, "dismiss_card", "sale")
    for move in ("stop", "resume"):
        api.post(f"/api/v1/cards/sale/{move}", status=200)
    api.put("/api/v1/cards/sale", {"kind": "card", "id": "sale", "title": "Another"})
    assert (feed(api), feed(api, "bo")) == ([], ["sale"])


def test_looking_at_the_feed_is_no_view(api: Api, site: Site) -> None:
    launch(api, "sale")
    assert [only(api)["viewed"] for _ in range(2)] == [False, False]
    does(site, "view_card", "sale")
    does(site, "click_card", "sale")
    assert (only(api)["viewed"], only(api)["clicked"]) == (True, True)
    assert (only(api, "bo")["viewed"], only(api, "bo")["clicked"]) == (False, False)


# ---------------------------------------------------------------- in which order, with which words


def test_pinned_cards_come_first_then_unread_then_the_newest(api: Api, site: Site, clock: VirtualClock) -> None:
    cards: dict[str, Json] = {
        "old": {"publish_at": "2026-02-01T00:00:00Z"},
        "read": {},
        "pinned": {"pinned": True, "publish_at": "2026-01-01T00:00:00Z"},
        "first": {},
        "second": {},
    }
    for card, fields in cards.items():
        launch(api, card, **fields)
        clock.set(clock.now() + timedelta(minutes=1))
    does(site, "view_card", "read")
    does(site, "view_card", "pinned")
    assert feed(api) == ["pinned", "second", "first", "old", "read"]
    assert feed(api, "bo") == ["pinned", "second", "first", "read", "old"]


def test_cards_of_the_same_age_come_in_the_order_of_their_ids(api: Api) -> None:
    for card in ("b", "c", "a"):
        launch(api, card)
    assert feed(api) == ["a", "b", "c"]


def test_a_card_without_a_publication_time_is_as_old_as_its_first_launch(api: Api, clock: VirtualClock) -> None:
    launch(api, "sale")
    api.post("/api/v1/cards/sale/stop", status=200)
    clock.set(clock.now() + timedelta(days=1))
    api.post("/api/v1/cards/sale/resume", status=200)
    assert only(api)["published_at"] == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "{% if ${country} == 'NO' %}{{ 1 | divided_by: 0 }}{% endif %}"},
        {"description": "{% if ${country} == 'NO' %}{% abort_message('not here') %}{% endif %}"},
        {"link": "{% if ${country} == 'NO' %}javascript:alert(1){% else %}https://a.example{% endif %}"},
        {"image": "{% if ${country} == 'NO' %}x.png{% endif %}"},
        {"title": "{% if ${country} != 'NO' %}Title{% endif %}"},
    ],
    ids=["fault", "abort", "link", "image", "empty"],
)
def test_a_card_that_cannot_be_rendered_for_a_user_is_left_out_and_the_rest_is_seen(api: Api, fields: Json) -> None:
    launch(api, "good")
    api.site.people.put([("ana", {"country": "NO"})])  # the check tries an invented Swede
    launch(api, "odd", **fields)
    assert feed(api) == ["good"]
    assert sorted(feed(api, "bo")) == ["good", "odd"]


# ---------------------------------------------------------------- what a launch needs


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"title": ""}, ["missing at title"]),
        ({"title": "", "image": "https://a.example/x.png"}, []),
        (
            {"title": "{{ x | nope }}", "description": "{% if %}"},
            ["template_error at title", "template_error at description"],
        ),
        ({"link": "shop.example", "image": "data:x"}, ["bad_address at image", "bad_address at link"]),
        ({"link": "{{ ${shop} }}", "image": "https://{{ ${host} }}/x.png"}, []),
        (
            {"link": "javascript:{{ ${x} }}", "image": "a.example/{{ ${x} }}"},
            ["bad_address at image", "bad_address at link"],
        ),
        (
            {"publish_at": "2026-04-02T00:00:00Z", "expires_at": "2026-04-02T00:00:00Z"},
            ["duration at expires_at"],
        ),
        ({"expires_at": "2026-03-02T09:00:00Z"}, ["duration at expires_at"]),
        ({"audience": {"segments": ["swedes"]}}, ["unknown_segment at audience.segments[0]"]),
        (
            {"audience": {"filter": {"all": [{"campaign": "gone", "has": "received"}]}}},
            ["unknown_campaign at audience.filter.all[0].campaign"],
        ),
    ],
)  # L2
def test_a_launch_of_a_card_tells_all_problems_with_path_and_remedy(api: Api, fields: Json, found: list[str]) -> None:
    card: Json = {"kind": "card", "id": "sale", "title": "Sale", **fields}
    checked = api.post("/api/v1/validate", card, 200)["problems"]
    assert [f"{one['code']} at {one['path']}" for one in checked] == found
    assert all(one["hint"] for one in checked)
    api.post("/api/v1/cards", card)
    refused = api.post("/api/v1/cards/sale/launch", status=400 if found else 200).get("problems", [])
    assert [one["path"] for one in refused] == [f"sale: {one['path']}" for one in checked]


def test_a_draft_of_a_card_may_be_anything_and_an_active_one_must_stay_fit(api: Api) -> None:  # L2
    empty: Json = {"kind": "card", "id": "sale"}
    api.post("/api/v1/cards", empty)
    api.put("/api/v1/cards/sale", {**empty, "title": "Sale"})
    api.post("/api/v1/cards/sale/launch", status=200)
    assert problem(api.put("/api/v1/cards/sale", empty, 400))["path"] == "title"
    assert problem(api.post("/api/v1/apply", {"definitions": [empty]}, 400))["path"] == "definitions[0].title"
    assert only(api)["title"] == "Sale"


def test_what_an_active_card_refers_to_may_come_with_it(api: Api) -> None:
    launch(api, "sale")
    swedes: Json = {"kind": "segment", "id": "swedes", "filter": {"attribute": "country", "is": "SE"}}
    card: Json = {"kind": "card", "id": "sale", "title": "Sale", "audience": {"segments": ["swedes"]}}
    api.post("/api/v1/apply", {"definitions": [card, swedes]}, 200)
    assert (feed(api), feed(api, "bo")) == (["sale"], [])


def test_a_live_card_may_be_saved_with_an_expiry_that_has_passed(api: Api, clock: VirtualClock) -> None:
    launch(api, "sale")
    clock.set(clock.now() + timedelta(days=1))
    api.put("/api/v1/cards/sale", {"kind": "card", "id": "sale", "title": "S", "expires_at": "2026-03-02T12:00:00Z"})
    assert feed(api) == []


def test_a_card_that_has_expired_may_be_resumed_and_stays_out_of_sight(api: Api, clock: VirtualClock) -> None:
    launch(api, "sale", expires_at="2026-03-02T12:00:00Z")
    api.post("/api/v1/cards/sale/stop", status=200)
    clock.set(clock.now() + timedelta(days=1))
    assert api.post("/api/v1/cards/sale/resume", status=200)["status"] == "active"
    assert feed(api) == []
