"""Campaigns that another system sends, and all definitions at once, over the API (B5, B8)."""

from datetime import timedelta

import pytest
from litestar.testing import TestClient

from ensue.runners.clock import VirtualClock
from ensue.services.connection_map import ConnectionMap
from ensue.web.app import Application
from ensue.web.site import Site
from tests.web.asking import CAMPAIGN, Api, Json, problem, user

LETTER: Json = {"kind": "campaign", "id": "letter", "delivery": {"type": "external", "channels": ["email"]}}
CLICK: Json = {"user": "ana", "campaign": "letter", "interaction": "click_email"}
CONVERTING: Json = {**LETTER, "conversions": [{"make_purchase": {}, "window": "1 day"}]}


def after(interaction: str) -> Json:
    """Return a campaign that follows on an interaction with the letter."""
    trigger = {"interact_with_campaign": {"campaign": "letter", "interaction": interaction}}
    return {**CAMPAIGN, "id": "reader", "delivery": {"type": "action_based", "triggers": [trigger]}}


@pytest.fixture
def api(client: TestClient[Application], site: Site) -> Api:
    api = Api(client, site)
    api.post("/api/v1/users", {"users": [{"external_id": "ana", "attributes": {"email": "ana@example.com"}}]})
    return api


def launch(api: Api, *definitions: Json) -> None:
    api.post("/api/v1/apply", {"definitions": definitions}, 200)
    api.post("/api/v1/launch", {"ids": [one["id"] for one in definitions]}, 200)


def decided(api: Api) -> list[tuple[str, str | None]]:
    found = api.get("/api/v1/campaigns/reader/decisions")["decisions"]
    return [(one["decision"]["outcome"], one["decision"].get("reason")) for one in found]


def test_an_external_campaign_sends_nothing_and_its_interactions_lead_on(api: Api, site: Site) -> None:  # T1
    launch(api, after("click_email"), LETTER)
    api.post("/api/v1/interactions", {"interactions": [CLICK]})
    assert [outcome for outcome, _ in decided(api)] == ["sending"]
    assert api.get("/api/v1/campaigns/letter/decisions")["decisions"] == []
    assert api.get("/api/v1/campaigns/letter/report")["outcomes"] == {}
    (strand,) = ConnectionMap(site.runner).load().links[0].strands
    assert (strand.interaction, strand.interacted) == ("click_email", 1)


@pytest.mark.parametrize("move", ["stop", "archive"])
def test_what_is_done_with_an_external_campaign_that_is_not_active_is_recorded_and_leads_to_nothing(
    api: Api, clock: VirtualClock, move: str
) -> None:  # T3, L3
    launch(api, after("click_email"), LETTER)
    api.post(f"/api/v1/campaigns/letter/{move}", status=200)
    clock.set(clock.now() + timedelta(minutes=1))
    api.post("/api/v1/interactions", {"interactions": [CLICK]})
    assert decided(api) == [("refused", "original_not_active")]
    assert [one["name"] for one in api.get("/api/v1/campaigns/letter/report")["figures"]] == [
        "click_email",
        "people:clicked",
    ]


def test_its_conversions_are_counted_from_the_receipt_that_was_reported(api: Api) -> None:  # C2
    launch(api, CONVERTING)
    api.post("/api/v1/interactions", {"interactions": [{**CLICK, "interaction": "receive_email"}]})
    purchase = {"external_id": "ana", "product_id": "lamp", "currency": "EUR", "price": 40}
    api.post("/users/track", {"purchases": [purchase]})
    names = [one["name"] for one in api.get("/api/v1/campaigns/letter/report")["figures"]]
    assert "perform_conversion_event:A" in names


def test_a_launch_refuses_what_only_a_sender_could_mean(api: Api) -> None:  # L2
    sending = {"channels": CAMPAIGN["channels"], "control_group": 10, "rate_limit": {"per_minute": 1}}
    api.post("/api/v1/campaigns", {**LETTER, **sending, "audience": {"segments": ["everyone"]}})
    answer = api.post("/api/v1/campaigns/letter/launch", status=400)
    assert [one["path"] for one in answer["problems"]] == [
        "letter: channels",
        "letter: control_group",
        "letter: rate_limit",
    ]
    narrow = {"segments": [], "filter": {"attribute": "country", "is": "SE"}}
    api.put("/api/v1/campaigns/letter", {**LETTER, "audience": narrow})
    assert problem(api.post("/api/v1/campaigns/letter/launch", status=400))["path"] == "letter: audience"


def test_an_interaction_by_a_channel_that_is_not_claimed_is_refused_and_warned_of(api: Api) -> None:
    launch(api, LETTER, after("receive_push"))
    warnings = api.post("/api/v1/campaigns/reader/validate", status=200)["warnings"]
    assert [(one["code"], one["hint"]) for one in warnings] == [("unclaimed_channel", "It has email.")]
    push = {**CLICK, "interaction": "directly_open_push"}
    found = problem(api.post("/api/v1/interactions", {"interactions": [CLICK, push]}, 400))
    assert (found["code"], found["path"]) == ("unclaimed_channel", "interactions[1].interaction")
    any_channel = {**CLICK, "interaction": "enrolled_in_control_group"}
    api.post("/api/v1/interactions", {"interactions": [any_channel]})
    api.put("/api/v1/campaigns/letter", {**LETTER, "delivery": {"type": "external"}})
    api.post("/api/v1/interactions", {"interactions": [push]})


def test_all_that_cannot_be_attributed_is_told_at_once(api: Api) -> None:  # I2
    api.post("/api/v1/campaigns", LETTER)
    wrong = [{**CLICK, "user": "bo"}, CLICK, {**CLICK, "campaign": "leter"}, {**CLICK, "user": "cy"}]
    answer = api.post("/api/v1/interactions", {"interactions": wrong}, 400)
    paths = [one["path"] for one in answer["problems"]]
    assert paths == ["interactions[0].user", "interactions[2].campaign", "interactions[3].user"]


def test_users_are_made_by_their_interactions_where_that_is_asked_for(api: Api, site: Site) -> None:
    api.post("/api/v1/campaigns", LETTER)
    api.delete("/api/v1/users/ana")
    bo = {**CLICK, "user": "bo", "at": "2026-03-01T09:00:00Z"}
    answer = api.post("/api/v1/interactions", {"interactions": [bo], "create_users": True})
    assert answer == {"taken": 1, "known_already": 0}
    made = user(site, "bo")
    assert made is not None
    assert made.first_seen_at.day == 1
    answer = api.post("/api/v1/interactions", {"interactions": [bo, CLICK], "create_users": True}, 400)
    assert problem(answer)["message"] == "the user 'ana' was deleted"


# ---------------------------------------------------------------- all definitions at once


def test_all_definitions_are_read_at_once_and_a_digest_tells_their_meaning(api: Api) -> None:
    card = {"kind": "card", "id": "sale", "title": "Sale"}
    segment = {"kind": "segment", "id": "swedes", "filter": {"attribute": "country", "is": "SE"}}
    api.post("/api/v1/apply", {"definitions": [segment, card, CAMPAIGN]}, 200)
    found = api.get("/api/v1/definitions")["definitions"]
    assert [(one["kind"], one["id"], one["status"], one["version"]) for one in found] == [
        ("campaign", "hello", "draft", 1),
        ("card", "sale", "draft", 0),
        ("segment", "swedes", "", 0),
    ]
    api.put("/api/v1/campaigns/hello", {**CAMPAIGN, "name": "Other"})
    api.put("/api/v1/campaigns/hello", {**CAMPAIGN, "tags": []})
    again = api.get("/api/v1/definitions")["definitions"]
    assert (again[0]["digest"], again[0]["version"]) == (found[0]["digest"], 3)


def test_applying_tells_what_became_of_each_and_saves_only_what_changed(api: Api) -> None:
    answer = api.post("/api/v1/apply", {"definitions": [CAMPAIGN, LETTER], "dry_run": True}, 200)
    assert [one["change"] for one in answer["definitions"]] == ["new", "new"]
    assert api.get("/api/v1/campaigns")["campaigns"] == []
    api.post("/api/v1/apply", {"definitions": [CAMPAIGN, LETTER]}, 200)
    answer = api.post("/api/v1/apply", {"definitions": [CAMPAIGN, {**LETTER, "name": "Letter"}]}, 200)
    assert [(one["change"], one["version"]) for one in answer["definitions"]] == [("unchanged", 1), ("changed", 2)]
    assert answer["saved"] == 1


def test_a_definition_that_changed_meanwhile_refuses_everything(api: Api) -> None:
    first = api.post("/api/v1/apply", {"definitions": [CAMPAIGN]}, 200)["definitions"][0]["digest"]
    api.put("/api/v1/campaigns/hello", {**CAMPAIGN, "name": "Other"})
    body = {"definitions": [LETTER, CAMPAIGN], "expected": {"campaign/hello": first, "campaign/letter": None}}
    found = problem(api.post("/api/v1/apply", body, 409))
    assert (found["code"], found["path"]) == ("changed", "definitions[1]")
    assert [one["id"] for one in api.get("/api/v1/campaigns")["campaigns"]] == ["hello"]
    api.post("/api/v1/campaigns", LETTER)
    body["expected"] = {"campaign/letter": None}
    assert problem(api.post("/api/v1/apply", body, 409))["path"] == "definitions[0]"
    body["expected"] = {"campaign/hello": first}
    body["definitions"] = [{**CAMPAIGN, "name": "Mine"}]
    assert api.post("/api/v1/apply", body, 409)["title"] == "Conflict"
