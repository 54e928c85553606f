import pytest
from litestar.testing import TestClient

from ensue.web.app import Application
from ensue.web.site import Site
from tests.web.asking import CAMPAIGN, NOW, Api, Json, problem

CALLED: Json = {**CAMPAIGN, "id": "called", "delivery": {"type": "api_triggered"}}
CARD: Json = {"kind": "card", "id": "sale", "title": "Sale", "audience": {"segments": ["everyone"]}}
SEGMENT: Json = {"kind": "segment", "id": "swedes", "filter": {"attribute": "country", "is": "SE"}}


@pytest.fixture
def api(client: TestClient[Application], site: Site) -> Api:
    return Api(client, site)


@pytest.fixture
def saved(api: Api) -> Api:
    api.post("/api/v1/campaigns", CAMPAIGN)
    return api


def test_a_campaign_comes_back_as_it_was_sent(api: Api) -> None:
    created = api.post("/api/v1/campaigns", CAMPAIGN)
    assert (created["status"], created["version"], created["launched_at"]) == ("draft", 1, None)
    read = api.get("/api/v1/campaigns/hello")
    assert read["definition"]["channels"] == CAMPAIGN["channels"]
    assert api.post("/api/v1/validate", read["definition"], 200)["problems"] == []
    assert [one["id"] for one in api.get("/api/v1/campaigns")["campaigns"]] == ["hello"]


def test_an_id_that_is_taken_is_refused(saved: Api) -> None:
    answer = saved.post("/api/v1/campaigns", {**CAMPAIGN, "name": "Other"}, 409)
    assert problem(answer)["code"] == "id_taken"
    assert saved.get("/api/v1/campaigns/hello")["definition"]["name"] == "Hello"


def test_every_save_makes_a_version_that_is_kept(saved: Api) -> None:  # L5
    saved.put("/api/v1/campaigns/hello", {**CAMPAIGN, "name": "Hej"})
    assert len(saved.get("/api/v1/campaigns/hello/versions")["versions"]) == 2
    names = [saved.get(f"/api/v1/campaigns/hello/versions/{n}")["definition"]["name"] for n in (1, 2)]
    assert names == ["Hello", "Hej"]
    assert problem(saved.get("/api/v1/campaigns/hello/versions/3", 404))["path"] == "version"


def test_the_body_cannot_name_another_campaign_than_the_address(saved: Api) -> None:
    assert problem(saved.put("/api/v1/campaigns/hello", {**CAMPAIGN, "id": "other"}, 400))["path"] == "id"
    assert len(saved.get("/api/v1/campaigns")["campaigns"]) == 1


def test_a_campaign_goes_through_its_life(saved: Api) -> None:  # L1
    moves = [
        ("launch", "active"),
        ("stop", "stopped"),
        ("resume", "active"),
        ("archive", "archived"),
        ("unarchive", "stopped"),
    ]
    for move, status in moves:
        assert saved.post(f"/api/v1/campaigns/hello/{move}", status=200)["status"] == status
    read = saved.get("/api/v1/campaigns/hello")
    assert (read["launched_at"], read["active_since"]) == (NOW, None)


def test_a_move_that_the_state_forbids_is_refused(saved: Api) -> None:
    assert problem(saved.post("/api/v1/campaigns/hello/stop", status=409))["hint"] == "It must be active."


def test_a_copy_is_a_draft_of_its_own(saved: Api) -> None:  # L6
    saved.post("/api/v1/campaigns/hello/launch", status=200)
    copy = saved.post("/api/v1/campaigns/hello/duplicate", {"id": "hello-2"})
    assert (copy["id"], copy["status"], copy["version"]) == ("hello-2", "draft", 1)
    assert problem(saved.post("/api/v1/campaigns/hello/duplicate", {"id": "hello-2"}, 409))["code"] == "id_taken"


def test_validation_tells_problems_without_keeping_anything(api: Api) -> None:  # L2
    api.post("/api/v1/campaigns", {"kind": "campaign", "id": "empty"})
    assert api.post("/api/v1/campaigns/empty/validate", status=200)["problems"]
    found = api.post("/api/v1/validate", {**CAMPAIGN, "channel": {}}, 200)
    assert [one["path"] for one in found["problems"]] == ["channel"]
    assert [one["id"] for one in api.get("/api/v1/campaigns")["campaigns"]] == ["empty"]


def test_a_set_is_launched_whole_or_not_at_all(saved: Api) -> None:
    saved.post("/api/v1/campaigns", {"kind": "campaign", "id": "empty"})
    saved.post("/api/v1/launch", {"ids": ["hello", "empty"]}, 400)
    assert saved.get("/api/v1/campaigns/hello")["status"] == "draft"
    saved.post("/api/v1/launch", {"ids": ["hello"]}, 200)
    assert saved.get("/api/v1/campaigns/hello")["status"] == "active"


def test_definitions_are_applied_all_or_none(api: Api) -> None:
    wrong = {**CAMPAIGN, "id": "wrong", "nam": "x"}
    answer = api.post("/api/v1/apply", {"definitions": [SEGMENT, CARD, CAMPAIGN, wrong]}, 400)
    assert problem(answer)["path"] == "definitions[3].nam"
    assert [api.get(f"/api/v1/{kind}")[kind] for kind in ("campaigns", "cards", "segments")] == [[], [], []]
    api.post("/api/v1/apply", {"definitions": [SEGMENT, CARD, CAMPAIGN]}, 200)
    assert [len(api.get(f"/api/v1/{kind}")[kind]) for kind in ("campaigns", "cards", "segments")] == [1, 1, 1]


def test_cards_are_saved_and_launched(api: Api) -> None:
    api.post("/api/v1/cards", CARD)
    assert problem(api.post("/api/v1/cards", CARD, 409))["code"] == "id_taken"
    assert api.put("/api/v1/cards/sale", {**CARD, "title": "Rea"})["definition"]["title"] == "Rea"
    for move, status in (("launch", "active"), ("stop", "stopped"), ("archive", "archived")):
        assert api.post(f"/api/v1/cards/sale/{move}", status=200)["status"] == status
    assert "'sale'" in problem(api.get("/api/v1/cards/sal", 404))["hint"]


def test_segments_are_saved(api: Api) -> None:
    api.post("/api/v1/segments", SEGMENT)
    assert problem(api.post("/api/v1/segments", SEGMENT, 409))["code"] == "id_taken"
    assert api.put("/api/v1/segments/swedes", {**SEGMENT, "name": "Swedes"})["definition"]["name"] == "Swedes"
    assert "'swedes'" in problem(api.get("/api/v1/segments/swede", 404))["hint"]
    circle = {**SEGMENT, "filter": {"segment": "swedes"}}
    assert api.put("/api/v1/segments/swedes", circle, 400)["problems"][0]["path"] == "filter"  # A4
    assert api.get("/api/v1/segments/swedes")["definition"]["filter"] == SEGMENT["filter"]


def test_the_settings_are_replaced(api: Api) -> None:
    assert api.put("/api/v1/workspace", {"time_zone": "Europe/Stockholm"}) == api.get("/api/v1/workspace")
    assert problem(api.put("/api/v1/workspace", {"time_zone": "Mars"}, 400))["path"] == "time_zone"
    assert api.get("/api/v1/workspace")["time_zone"] == "Europe/Stockholm"


def test_an_api_triggered_campaign_is_called_for_users(api: Api) -> None:
    api.post("/api/v1/campaigns", CALLED)
    api.post("/api/v1/users", {"users": [{"external_id": "ana", "attributes": {"email": "ana@example.com"}}]})
    assert problem(api.post("/api/v1/campaigns/called/trigger", {"users": ["ana"]}, 409))["code"] == "not_active"
    api.post("/api/v1/campaigns/called/launch", status=200)
    for _ in range(2):
        api.post("/api/v1/campaigns/called/trigger", {"users": ["ana"], "id": "c1"})
    (decision,) = api.get("/api/v1/campaigns/called/decisions")["decisions"]
    told = decision.get("decision", decision)
    assert (told["user"], told["trigger"], told["triggered_at"]) == ("ana", "api", NOW)
    assert sum(api.get("/api/v1/campaigns/called/report")["outcomes"].values()) == 1
    answer = api.post("/api/v1/campaigns/called/trigger", {"users": ["ana", "nobody"]}, 400)
    assert problem(answer)["path"] == "users[1]"


def test_decisions_are_read_by_outcome_and_in_parts(saved: Api) -> None:  # S14
    saved.post("/api/v1/campaigns/hello/launch", status=200)
    people = [{"external_id": name, "name": "hi", "time": NOW} for name in ("ana", "bo", "cy")]
    saved.post("/users/track", {"events": people})
    path = "/api/v1/campaigns/hello/decisions?outcome="
    assert len(saved.get(f"{path}waiting")["decisions"]) == 3
    assert saved.get(f"{path}sent")["decisions"] == []
    first = saved.get(f"{path}waiting&limit=2")["decisions"]
    rest = saved.get(f"{path}waiting&after={first[-1]['number']}")["decisions"]
    assert (len(first), len(rest)) == (2, 1)
    assert "sent" in problem(saved.get(f"{path}perhaps", 400))["hint"]


def test_the_state_of_all_is_shown(saved: Api) -> None:
    saved.post("/api/v1/users", {"users": [{"external_id": "ana"}]})
    shown = saved.get("/api/v1/status")
    assert shown["users"] == 1
    assert saved.get("/api/v1/runs")["runs"] == []


def test_a_key_is_made_shown_once_and_revoked(api: Api, client: TestClient[Application]) -> None:
    made = api.post("/api/v1/keys", {"name": "shop", "scopes": ["campaigns:read"]})
    header = {"Authorization": f"Bearer {made['secret']}"}
    assert client.get("/api/v1/campaigns", headers=header).status_code == 200
    listed = api.get("/api/v1/keys")["keys"]
    shop = next(one for one in listed if one["name"] == "shop")
    assert "digest" not in shop
    assert "secret" not in shop
    api.delete(f"/api/v1/keys/{shop['id']}")
    assert client.get("/api/v1/campaigns", headers=header).status_code == 401
    assert problem(api.post("/api/v1/keys", {"name": "x", "scopes": ["fly"]}, 400))["path"].startswith("scopes")


def test_reading_does_not_open_writing_or_launching(client: TestClient[Application], site: Site) -> None:
    reader = Api(client, site, "campaigns:read")
    reader.post("/api/v1/campaigns", CAMPAIGN, 403)
    reader.post("/api/v1/launch", {"ids": ["hello"]}, 403)
    reader.get("/api/v1/keys", 403)
    assert reader.get("/api/v1/campaigns")["campaigns"] == []
